"""Chapter 5: the harmonics of a training step, the bands that neighbours care for, and what an island answers."""

import numpy as np
from clustermath import CHIPS
from clustermath.frequency import sensitivity
from clustermath.load import load_of, swing_in_band
from clustermath.power import it_power
from clustermath.recorded import SAMPLES
from clustermath.scan import scan
from clustermath.units import MEGA
from livefigure import LiveFigure, Readout, Slider
from livefigure.look import COLOR

from . import brought
from .bounds import bounded
from .inputs import choice, gpus as count, share
from .island import draw_names, fleet_of, load_choice, running_power
from .pages import kicker
from .palette import POWER
from .swings import RUN, WAITING

HARMONICS = np.arange(1.0, 129.0)  # of a step: up to 20 Hz for steps of up to 6.4 s, to 128 / step for longer ones
PLACES = np.arange(160.0)  # along the axis of frequencies
SLOWEST, FASTEST = 0.05, 20.0  # Hz, its ends
LIMIT = 0.2  # of the energy from 0.1 to 20 Hz: an example of what a utility may allow (arXiv 2508.14318, second-hand)
WIDTH = 1.035  # of a bar, as a factor
APART = (FASTEST / SLOWEST) ** (1 / (len(HARMONICS) - 1))  # ratio of neighbours, where bars are as many between these ends
BANDS = (0.2, 3.0), (0.1, 20.0)  # Hz


def of_steps(gpus, chip, cap, exposed_share, floor_share, step, waiting, harmonic):
    """(Frequency [1/s] and amplitude [W] of a step's harmonics, the most that is drawn [W], shares of the energy in the two BANDS)."""
    exposed_share, floor_share = np.minimum(exposed_share, cap), np.minimum(floor_share, cap)
    load = load_of(chip, gpus, step * (1 - waiting), step * waiting, cap, exposed_share, floor_share=floor_share)
    swing = load.compute_power - np.maximum(load.exposed_power, load.floor)
    amplitude = 2 * swing * np.abs(np.sin(np.pi * harmonic * waiting)) / (np.pi * harmonic)
    shares = (np.where(swing > 0, swing_in_band(step * (1 - waiting), step * waiting, low, high, 256), 0) for low, high in BANDS)
    return harmonic / step, amplitude, load.compute_power, *shares


def of_course(course, rate):
    """(Amplitude [W] of what one chip's measured power swings by around each `rate` [1/s], shares of the energy in the two BANDS).

    By a discrete Fourier transform of the course, which repeats.
    """
    mean = np.mean(course.watts)
    size = np.abs(np.fft.rfft(course.watts - mean)) / SAMPLES
    mirrored = np.where(np.arange(SAMPLES // 2 + 1) * 2 == SAMPLES, 1, 2)  # a real series has each harmonic twice, but for the one in the middle
    total, slower = scan(lambda so_far, energy: (so_far + energy, so_far), 0.0, mirrored * size**2)

    def below(rate):  # the energy of all that swings more slowly
        return np.take(slower, np.clip(np.ceil(rate * course.seconds), 0, SAMPLES // 2).astype(int))

    amplitude = np.sqrt(2 * np.maximum(below(rate * APART**0.5) - below(rate / APART**0.5), 0))
    return amplitude, *((below(high) - below(low)) / np.maximum(total, 1e-12 * mean**2 + 1e-300) for low, high in BANDS)


def spectrum(gpus, chip, response, inertia, droop, recorded, place, harmonic, cap=1.0, exposed_share=0.4, floor_share=0.0, step=RUN.measured, waiting=WAITING):
    """Amplitudes of a step's harmonics before and after a battery that follows the load `response` seconds late.

    recorded: a measured Course in place of the step, where it has a length.
    """
    measured = recorded.seconds > 0
    centre = SLOWEST * APART ** (harmonic - 1)
    of_step, of_load = of_steps(gpus, chip, cap, exposed_share, floor_share, step, waiting, harmonic), of_course(recorded, centre)
    frequency, width = np.where(measured, centre, of_step[0]), np.where(measured, APART**0.5, WIDTH)
    amplitude = np.where(measured, gpus * (it_power(chip, of_load[0]) - it_power(chip, 0.0)), of_step[1])
    most = np.where(measured, gpus * it_power(chip, recorded.peak), of_step[2])
    inside, wide = (np.where(measured, ours, theirs) for ours, theirs in zip(of_load[1:], of_step[3:]))
    fleet = fleet_of(running_power(most, 0), inertia, droop)
    late = 2 * np.pi * frequency * response
    left = amplitude * late / np.sqrt(1 + late**2)
    hertz = left * sensitivity(fleet, frequency)
    rate = SLOWEST * (FASTEST / SLOWEST) ** (place / (len(PLACES) - 1))
    answer = sensitivity(fleet, rate) * 100 * MEGA
    energy = np.sum(amplitude**2)
    return {
        "bars": {"x0": frequency / width, "x1": frequency * width, "y0": 0 * amplitude, "before": amplitude / MEGA, "left": left / MEGA},
        "rate": rate,
        "answer": answer,
        "modelled": np.where(measured, 0, 1),
        "most": np.max(amplitude) / MEGA,
        "worst_answer": np.max(answer),
        "resonance": np.max(np.where(answer >= np.max(answer), rate, 0)),
        "inside": inside,
        "wide": wide,
        "left_share": np.where(energy > 0, np.sum(left**2) / np.maximum(energy, 1), 0),
        "shakes": np.sqrt(np.sum(hertz**2) / 2),
    }


def upto(high, tick, room=1.12):
    return 0, high * room, {value: f"{value:,g}" for value in np.arange(0, high + tick / 2, tick)}


def draw(plot):
    top, low = plot.subplots(2, 1, height_ratios=(1.6, 1), sharex=True)
    top.set(xscale="log", xlim=(0.05, 25), ylabel="MW")
    low.set(xlabel="times a second (Hz)", ylabel="Hz for\n100 MW")
    low.set_xticks([0.1, 0.2, 0.5, 1, 3, 20], ["0.1", "0.2", "0.5", "1", "3", "20"])
    top.minorticks_off()
    low.minorticks_off()
    plot.limits(top, "y", ["most"], [upto(high, tick, 1.45) for high, tick in ((0.2, 0.1), (1, 0.5), (10, 5), (40, 20), (100, 50), (200, 100), (500, 200), (1000, 500), (3000, 1000))])
    plot.limits(low, "y", ["worst_answer"], [upto(high, tick) for high, tick in ((0.5, 0.25), (2, 1), (5, 2), (10, 5), (20, 10), (100, 50))])
    for ax in (top, low):
        ax.axvspan(0.1, 20, color=COLOR["measured"], alpha=0.05, linewidth=0)
        ax.axvspan(0.2, 3, color=COLOR["measured"], alpha=0.08, linewidth=0)
    plot.rectangles(top, "bars.x0", "bars.x1", "bars.y0", "bars.before", [COLOR["outline"]])
    plot.rectangles(top, "bars.x0", "bars.x1", "bars.y0", "bars.left", [COLOR["computed"]])
    plot.curve(low, "rate", "answer", color=COLOR[POWER["turbines"]], linewidth=2)
    plot.vline(low, "resonance", color=COLOR[POWER["turbines"]], linewidth=1, linestyle=":")
    plot.label(low, "resonance", 0.9, "{resonance:.2g} Hz", dx=12, flip=0.7, fraction="y", va="center", color=COLOR[POWER["turbines"]], fontweight="semibold")
    draw_names(top, {"asked by the chips": "muted", "left by a battery that follows": "computed"}, 1 if plot.narrow else 2)
    limit = f"limit: {LIMIT:.0%}" if plot.narrow else f"a published limit: {LIMIT:.0%} of the energy"
    for x, y, text, align, color in ((0.21, 0.93, "0.2 to 3 Hz", "left", "muted"), (19, 0.93, "0.1 to 20 Hz", "right", "muted"), (19, 0.82, limit, "right", "claimed")):
        top.text(x, y, text, transform=top.get_xaxis_transform(), ha=align, va="center", color=COLOR[color])


def figure(model=spectrum, trace=None) -> LiveFigure:
    """The spectrum. trace: a Recording of one chip's power, which replaces the step."""
    presets = {"A step of 6.5 s": {}, "… of 5.00 s": {"step": 5.0}, "… of 5.01 s": {"step": 5.01}, "… of 2 s": {"step": 2}}
    controls = {
        "step": Slider(0.5, 12, RUN.measured, "training step", unit="s", limits=(0.1, 60), enabled="modelled", log=True),
        "waiting": Slider(0.02, 0.5, WAITING, "share of it that all wait", unit="%", scale=0.01, limits=(0.01, 0.9), enabled="modelled", steps=96),
        "response": Slider(0.01, 1, 0.1, "battery is late by", unit="ms", scale=1e-3, log=True, limits=(0.001, 10)),
        "gpus": count(220_000, folded=True),
        "recorded": load_choice(trace),
        "chip": choice(CHIPS, "GB300 NVL72", "chip", folded=True),
        "cap": share("cap", 1.0, "chip held to, of its TDP", enabled="modelled", folded=True, steps=50),
        "exposed_share": share("exposed_share", 0.4, "chip’s power while it waits, of its TDP", enabled="modelled", folded=True, steps=100),
        "floor_share": share("floor_share", 0.0, "power floor, of the chip’s TDP", enabled="modelled", folded=True, steps=100),
        "inertia": Slider(1, 6, 2.0, "inertia H of the sets", unit="s", limits=(0.2, 20), folded=True, steps=100),
        "droop": Slider(0.02, 0.08, 0.05, "droop of the sets", unit="%", scale=0.01, limits=(0.01, 0.2), folded=True, steps=60),
    }
    return LiveFigure(
        "spectrum",
        model,
        draw,
        kicker=kicker(__name__),
        title="At which frequencies does a training step shake?",
        finding="{inside:.0%} of the swing’s energy lies at 0.2 to 3 Hz; the battery leaves {left_share:.1%} of it.",
        controls=bounded(controls),
        fixed={"place": PLACES, "harmonic": HARMONICS},
        presets=presets if trace is None else {"as measured": {}},
        takes=[brought.power(controls), brought.log({"step": "step_time"})],
        readouts=[
            Readout("inside", "of the swing’s energy at 0.2 to 3 Hz", ".1%"),
            Readout("wide", "of it at 0.1 to 20 Hz", ".1%", limit=LIMIT, beyond=f"of it at 0.1 to 20 Hz, where {LIMIT:.0%} is a published limit"),
            Readout("left_share", "of it left by the battery", ".1%"),
            Readout("resonance", "where the island answers most", ".2g", "Hz"),
        ],
        summary=(
            "Of what chips draw, {recorded} (the model’s: a step of {step:.2f} s, {waiting:.0%} of it waiting), {inside:.1%} of the swing’s energy lies at 0.2 to 3 Hz and {wide:.1%} at 0.1 to 20 Hz; "
            "a battery that follows {response:.3g} seconds late leaves {left_share:.1%} of it. The island answers most at {resonance:.2g} Hz, with {worst_answer:.2g} Hz for each 100 MW of amplitude."
        ),
        sources=["bands of 0.2 to 3 Hz and 0.1 to 20 Hz, and an example limit of 20% of the energy in the latter: arXiv 2508.14318, second-hand"],
        note="small swings, batteries with power to spare, governor within its limits",
        sizes={"wide": (6.9, 3.6), "narrow": (3.6, 3.8)},
    )
