"""The power of a cluster, and the turbines that carry it.

Example: python -m clustermath power --gpu gb300 --gpus 220k --pue 1.2 --turbine titan-350 --spares 3
"""

from dataclasses import replace

from ..cli import add_chip, add_precision, amount, bits_of, check_idle, field_of, one_of
from ..parameters import PARAMETERS
from ..power import PUE, WATTS, co2, flops_per_joule, gas_intensity, gpu_power, gpus_per_site, nox_intensity, site_power
from ..run import peak
from ..turbines import GENERATORS, RATED_AT, Generator, chance_at, output_share, share_short, units_needed
from ..units import GIGA, HOUR, KILO, MEGA, YEAR


TURBINES = {"spares": 2, "ambient": RATED_AT, "ppm": 9.0}


def add_arguments(parser):
    add_chip(parser)
    size = parser.add_mutually_exclusive_group(required=True)
    size.add_argument("--gpus", type=amount(parameter="gpus"), help="how many, e.g. 220k")
    size.add_argument("--site", type=amount("W", "site"), help="power of the site instead, e.g. 1.5GW")
    parser.add_argument("--watts", type=amount("W", WATTS), help="power of a GPU with its share of the server, as measured (the chip's)")
    parser.add_argument("--pue", type=amount(parameter="pue"), default=PUE, help=f"power usage effectiveness ({PUE})")
    parser.add_argument("--cap", type=amount(parameter="cap"), default=1.0, help="share of its TDP that the chip is held to (1)")
    parser.add_argument("--mfu", type=amount(parameter="mfu"), default=0.4, help="model FLOPs utilisation, for FLOPs per watt (0.4)")
    add_precision(parser)
    parser.add_argument("--turbine", type=one_of(GENERATORS), help="one of: " + ", ".join(GENERATORS))
    fields = {"power": ("W", "of one, e.g. 35MW"), "efficiency": ("", "by lower heating value"), "availability": ("", "share of the time that one can run")}
    for name, (unit, text) in fields.items():
        parser.add_argument(f"--turbine-{name}", type=amount(unit, field_of(Generator, name)), help=f"{text}, instead of the turbine's")
    parser.add_argument("--spares", type=amount(parameter="spares"), default=TURBINES["spares"], help="turbines beyond those needed (2)")
    parser.add_argument("--ambient", type=amount(parameter="ambient"), default=TURBINES["ambient"], help="temperature of the air in degrees Celsius (15)")
    parser.add_argument("--ppm", type=amount(parameter="ppm"), default=TURBINES["ppm"], help="nitrogen oxides in the flue gas, parts per million at 15 %% oxygen (9)")


def _turbine(args) -> Generator | None:
    """The turbine that is named, with what is said of it otherwise; from its fields alone, all three are needed."""
    said = {name: value for name in ("power", "efficiency", "availability") if (value := getattr(args, f"turbine_{name}")) is not None}
    if args.turbine or not said:
        return args.turbine and replace(args.turbine, **said)
    if len(said) < 3:
        raise ValueError("--turbine: name one, or say --turbine-power, --turbine-efficiency and --turbine-availability")
    return Generator(name="your own", **said)


def run(args):
    turbine = _turbine(args)
    check_idle(
        ("--cap", args.cap != 1, args.watts is None, "beside --watts, which are what a held chip draws"),
        *((f"--{name}", getattr(args, name) != TURBINES[name], turbine, "without --turbine") for name in TURBINES),
    )
    power = gpu_power(args.gpu, args.cap) if args.watts is None else args.watts
    gpus = gpus_per_site(args.site, power, args.pue) // 1 if args.gpus is None else args.gpus
    if gpus < 1:
        raise ValueError(f"--site: {args.site:,.0f} W feed no GPU; one takes {power * args.pue:,.0f} W")
    site = site_power(gpus, power, args.pue)
    result = {
        "gpus": gpus,
        "site_mw": site / MEGA,
        "it_watts_per_gpu": power,
        "site_kw_per_gpu": power * args.pue / KILO,
        "gpus_per_gigawatt": gpus_per_site(GIGA, power, args.pue) // 1,
        "gflops_per_watt": flops_per_joule(peak(args.gpu, bits_of(args)), args.mfu, power, args.pue) / GIGA,
        "gwh_per_year": site * YEAR / (GIGA * HOUR),
    }
    if turbine:
        units = units_needed(site, turbine.power)
        if units > (most := PARAMETERS["units"].high):
            raise ValueError(f"--turbine: {units:,.0f} of {turbine.name} would be needed; a fleet has at most {most:.0f}")
        short = chance_at(args.ambient, site, turbine.power, units + args.spares, turbine.availability)
        efficiency = turbine.efficiency
        result |= {
            "turbines": units + args.spares,
            "turbines_needed": units,
            "chance_of_falling_short": short,
            "hours_short_per_year": share_short(site, turbine.power, units + args.spares, turbine.availability) * 8760,
            "mw_per_turbine": turbine.power * output_share(args.ambient) / MEGA,
            "tonnes_co2_per_hour": co2(site * HOUR, gas_intensity(efficiency)) / KILO,
            "tonnes_nox_per_year": site * YEAR * nox_intensity(efficiency, args.ppm) / KILO,
        }
    return result
