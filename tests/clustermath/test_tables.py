"""Every value of every table has a source, and a name that isn't there is answered with the one that was meant."""

import csv
import dataclasses
import re

import numpy as np
import pytest
from clustermath import CHIPS, MODELS, Chip, measured_collectives, measured_gpu, solar, tables, turbines
from clustermath.architecture import ARCHITECTURES
from clustermath.chain import CHAIN
from clustermath.fabric import SWITCHES
from clustermath.failures import CAUSES, CHECKPOINTS, FAILURE_RATES
from clustermath.frequency import LIMITS
from clustermath.matmul import RATES
from clustermath.measured_collectives import MEASURED
from clustermath.power import DRAWN, SITES
from clustermath.runs import RUNS
from clustermath.supply import BATTERIES
from clustermath.tables import CONFIDENCE, UnknownName, read, records
from clustermath.turbines import GENERATORS
from workspace import BOOK

DATA = BOOK / "data"
TABLES = [CHIPS, MODELS, SWITCHES, MEASURED, SITES, BATTERIES, GENERATORS, FAILURE_RATES, CAUSES, CHECKPOINTS, CHAIN, LIMITS, RATES, DRAWN, RUNS]


@pytest.mark.parametrize("table", TABLES, ids=lambda table: table.kind)
def test_every_number_has_a_source(table):
    for name, record in table.items():
        for field in dataclasses.fields(record):
            value = getattr(record, field.name)
            if "unit" not in field.metadata or value == field.default:
                continue
            datum = table.sources[name][field.name]
            assert datum.number == value
            assert datum.source and datum.confidence in CONFIDENCE
            assert datum.note or datum.confidence != "assumed", f"{name}, {field.name}: an assumption needs its rule"


@pytest.mark.parametrize(
    "chip, capacity",
    [
        ("A100 SXM", 85_899_345_920),
        ("H100 SXM", 85_899_345_920),
        ("H200 SXM", 151_397_597_184),
        ("B200", 193_273_528_320),
        ("B300", 288_400_343_040),
        ("GB200 NVL72", 198_674_743_296),
        ("GB300 NVL72", 298_013_687_808),
    ],
)
def test_memory_is_in_bytes(chip, capacity):
    """Memory as aiconfigurator-core 0.12.0 has it (`mem_capacity`), from datasheets in GiB or from the driver, which
    keeps up to 1 %: a datasheet's gigabytes, read as 1e9 bytes, lie 7 % lower."""
    assert CHIPS[chip].hbm == pytest.approx(capacity, rel=0.01)


def test_unknown_name_suggests_what_was_meant():
    with pytest.raises(KeyError) as refusal:
        CHIPS["H10 SXM"]
    assert str(refusal.value).startswith("unknown chip 'H10 SXM'; did you mean 'H100 SXM'? Known: A100 SXM, ")


def test_unknown_name_without_likeness():
    with pytest.raises(UnknownName, match="unknown model 'zzz'. Known: Llama 3.1 405B, "):
        MODELS["zzz"]


@pytest.mark.parametrize(
    "text, name", [("h100", "H100 SXM"), ("gb300", "GB300 NVL72"), ("a100 sxm 40gb", "A100 SXM 40GB"), ("TPU-v5p", "TPU v5p")]
)
def test_find_completes_names(text, name):
    assert CHIPS.find(text).name == name


def test_find_in_the_command_lines_spelling():
    assert MODELS.find("llama-3.1-405b").name == "Llama 3.1 405B"


@pytest.mark.parametrize("text", ["", "tpu", "llama"])
def test_find_refuses_what_is_not_clear(text):
    with pytest.raises(UnknownName):
        (CHIPS if text == "tpu" else MODELS).find(text)


@pytest.mark.parametrize(
    "line, complaint",
    [
        ("X,hbm,80,parsec,a datasheet,seen,", "line 2: unknown unit 'parsec'"),
        ("X,hbm,80,GB,,seen,", "line 2: needs a source"),
        ("X,hbm,80,GB,a datasheet,certain,", "line 2: needs a source and a confidence"),
        ("X,hbm,80,GB,a,seen,\nX,hbm,81,GB,b,seen,", "line 3: X has a second hbm"),
        ("X,hbm,eighty,GB,a,seen,", "line 2: 'eighty' is not a number"),
    ],
)
def test_malformed_tables_are_named_by_line(tmp_path, monkeypatch, line, complaint):
    monkeypatch.setattr(tables, "DATA", tmp_path)
    (tmp_path / "bad.csv").write_text(f"name,field,value,unit,source,confidence,note\n{line}\n")
    with pytest.raises(ValueError, match=f"bad.csv, {complaint}"):
        read("bad.csv")


HEAD = "name,field,value,unit,source,confidence,note\n"
CHIP = [("bf16", 989, "TFLOP/s"), ("hbm", 80, "GB"), ("hbm_bandwidth", 3.35, "TB/s"), ("nvlink", 450, "GB/s"), ("nvlink_domain", 8, "1"), ("nic", 400, "Gb/s"), ("tdp", 700, "W"), ("server_power", 1275, "W")]


def chip_table(**changed):
    """A table of one chip X, line 2 its peak, with some lines otherwise: field → (field, value, unit), or None to leave it out."""
    lines = [changed.get(field, (field, value, unit)) for field, value, unit in CHIP]
    return HEAD + "".join(f"X,{field},{value},{unit},a datasheet,seen,\n" for field, value, unit in filter(None, lines))


@pytest.mark.parametrize(
    "text, complaint",
    [
        (chip_table(hbm=("hmb", 80, "GB")), r"^chips.csv, line 3: Chip 'X' has no field 'hmb'; did you mean 'hbm'\?$"),
        (chip_table(hbm=("colour", 80, "GB")), "^chips.csv, line 3: Chip 'X' has no field 'colour'; known: .*bf16, fp8, "),
        (chip_table(hbm=None), "^chips.csv, line 8: Chip 'X' lacks hbm$"),
        (chip_table(hbm=("hbm", -80, "GB")), r"^chips.csv, line 3: Chip 'X': hbm = -8e\+10 is not possible. hbm must be a number from 1 to 1e\+15 B"),
        (chip_table(nvlink_domain=("nvlink_domain", 8.5, "1")), "^chips.csv, line 6: .* nvlink_domain must be a whole number"),
        (chip_table(tdp=("tdp", 1300, "W")), "^chips.csv, line 9: Chip 'X': server_power = 1275.0 is not possible: it must be at least tdp = 1300"),
        (chip_table(hbm=("hbm", "nan", "GB")), "^chips.csv, line 3: 'nan' is not a number"),
        (chip_table(hbm=("hbm", "80", "GB,more,and,more,text")), "^chips.csv, line 3: more values than columns"),
        (chip_table().replace(",", ";"), "^chips.csv, line 1: columns must be separated by commas, not by ';'"),
        (chip_table().replace("confidence", "Confidence", 1), r"^chips.csv, line 1: unknown column 'Confidence'; did you mean 'confidence'\?"),
        (chip_table().replace(",note\n", "\n", 1).replace(",seen,", ",seen"), "^chips.csv, line 1: no column 'note'; found: name, field"),
        (chip_table().replace("note", "unit", 1), "^chips.csv, line 1: column 'unit' is there twice"),
        (HEAD + ",hbm,80,GB,a datasheet,seen,\n", "^chips.csv, line 2: needs a name and a field"),
        (HEAD + "X,hbm\n", "^chips.csv, line 2: unknown unit ''"),
        (HEAD + 'X,hbm,80,GB,"a datasheet,seen,\n', "^chips.csv, line 2: unexpected end of data"),
        (chip_table().encode("utf-16"), "^chips.csv: byte 0 is not UTF-8; save the file as UTF-8$"),
        (chip_table().replace("datasheet", "Datenblatt für X").encode("latin-1"), "^chips.csv: byte .* is not UTF-8"),
    ],
)
def test_broken_tables_are_named_by_file_and_line(tmp_path, monkeypatch, text, complaint):
    monkeypatch.setattr(tables, "DATA", tmp_path)
    (tmp_path / "chips.csv").write_bytes(text if isinstance(text, bytes) else text.encode())
    with pytest.raises(ValueError, match=complaint):
        records("chip", Chip, read("chips.csv"))


def test_a_whole_table_is_read(tmp_path, monkeypatch):
    monkeypatch.setattr(tables, "DATA", tmp_path)
    (tmp_path / "chips.csv").write_bytes(b"\xef\xbb\xbf" + chip_table().replace("\n", "\r\n").encode())  # as Excel saves it
    assert records("chip", Chip, read("chips.csv"))["X"].hbm_bandwidth == 3.35e12


def test_published_flops_agree_with_the_estimate():
    """6ND reproduces the published FLOPs to 3 %: PaLM's own count includes attention."""
    for name in ("Llama 3.1 405B", "GPT-3 175B", "PaLM 540B"):
        model = MODELS[name]
        assert model.flops == pytest.approx(6 * model.active_params * model.tokens, rel=0.03)
    assert MODELS.sources["DeepSeek-V3"]["flops"].confidence == "derived"


def test_what_a_table_does_not_hold_is_answered_with_where_the_nearest_stands(tmp_path, monkeypatch):
    """A misspelt field or name of a table that no record guards, when it is asked for by its right one."""
    monkeypatch.setattr(tables, "DATA", tmp_path)
    (tmp_path / "facts.csv").write_text(HEAD + "Site A,gpus,8,gpu,x,seen,\nSite A,powr,5,MW,x,seen,\nSite C,gpus,8,gpu,x,seen,\n")
    facts = read("facts.csv")
    for ask, complaint in (
        (lambda: facts["Site A"]["power"], "facts.csv, line 3: no 'power' here; found: gpus, powr"),
        (lambda: facts["Site A"]["colour"], "facts.csv, line 2, 'Site A': no 'colour' here; found: gpus, powr"),
        (lambda: facts["Site B"], "facts.csv: no 'Site B' here; found: Site A, Site C"),
        (lambda: facts["elsewhere"], "facts.csv: no 'elsewhere' here; found: Site A, Site C"),
    ):
        with pytest.raises(UnknownName) as unknown:
            ask()
        assert str(unknown.value) == complaint
    assert "power" not in facts["Site A"] and facts.get("Site B") is None


# Tables with one measurement a line --------------------------------------------------------------------------------------

PLAIN = {
    "measured_collectives.csv": (measured_collectives, measured_collectives.measured_collectives),
    "greensboro_hours.csv": (turbines, turbines._weather),
    "greensboro_sun.csv": (solar, solar._duration_curves),
    "h200_kernels.csv": (measured_gpu, lambda: measured_gpu.kernels("")),
    "h200_power.csv": (measured_gpu, measured_gpu.drawn),
    "h200_each_step.csv": (measured_gpu, measured_gpu.each_step),
    "mlperf_each_step.csv": (measured_gpu, lambda: measured_gpu.each_step("mlperf_each_step.csv")),
}


@pytest.mark.parametrize("name", PLAIN)
def test_a_slip_in_a_table_of_measurements_is_named_by_file_and_line(tmp_path, monkeypatch, name):
    """In each of its columns: one that is misspelt, and one of numbers that holds none."""
    module, read_it = PLAIN[name]
    head, first, *rest = (tables.DATA / name).read_text(encoding="utf-8").splitlines()
    columns, values = head.split(","), next(csv.reader([first]))
    monkeypatch.setattr(module, "DATA", tmp_path)

    def complaint(*lines):
        (tmp_path / name).write_text("\n".join(lines), encoding="utf-8")
        with pytest.raises(ValueError) as problem:
            read_it()
        return str(problem.value)

    for k, column in enumerate(columns):
        misspelt = ",".join([*columns[:k], column + "s", *columns[k + 1 :]])
        assert complaint(misspelt, first, *rest).startswith(f"{name}, line 1: unknown column '{column}s'; did you mean '{column}'?")
        if re.fullmatch(r"-?[\d.]+(e[-+]?\d+)?", values[k]):
            wrong = [*values[:k], "5o", *values[k + 1 :]]
            row = ",".join(f'"{value}"' for value in wrong)
            if column != "shape":
                assert complaint(head, first, row) == f"{name}, line 3: {column} '5o' is not a number"


def test_only_some_numbers_may_be_left_out(tmp_path):
    (tmp_path / "some.csv").write_text("name,watts,clock\na,1.5,\nb,,2\n")
    with pytest.raises(ValueError, match="^some.csv, line 3: watts '' is not a number$"):
        tables.measurements(tmp_path / "some.csv", ("watts", "clock"), ("name",), blank=("clock",))
    (first, second) = tables.measurements(tmp_path / "some.csv", ("watts", "clock"), ("name",), blank=("watts", "clock"))
    assert (first["name"], first["watts"], second["clock"]) == ("a", 1.5, 2.0) and np.isnan([first["clock"], second["watts"]]).all()


# What the rows say of themselves -------------------------------------------------------------------------------------

CARDS = {"ConnectX-6": 200, "ConnectX-7": 400, "ConnectX-8": 800, "ConnectX-9": 1600}  # Gb/s: NVIDIA's product pages


def rows_of(table: str) -> list[dict]:
    with (DATA / table).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_a_chip_s_network_card_is_as_fast_as_its_name_says():
    named = [(row, rate) for row in rows_of("chips.csv") if row["field"] == "nic" for card, rate in CARDS.items() if card in row["source"] + row["note"]]
    assert len(named) >= 5
    for row, rate in named:
        assert (float(row["value"]), row["unit"]) == (rate, "Gb/s"), row


def values(table: str) -> dict[tuple[str, str], float]:
    """(name, field) → value, of the lines of a table that hold a number."""
    return {(row["name"], row["field"]): float(row["value"]) for row in rows_of(table) if re.fullmatch(r"-?[\d.]+(e-?\d+)?", row["value"])}


def with_values() -> list[str]:
    """The tables that have one value a line."""
    return [table.name for table in DATA.glob("*.csv") if {"name", "field", "value", "note"} <= rows_of(table.name)[0].keys()]


def test_a_value_lies_in_the_range_that_its_note_or_source_prints():
    ranges = [(row, found) for table in with_values() for row in rows_of(table) if (found := re.search(r"(?:^|: )([\d.]+) to ([\d.]+) %$", row["note"] or row["source"]))]
    assert len(ranges) >= 2
    for row, found in ranges:
        assert float(found[1]) <= 100 * float(row["value"]) <= float(found[2]), row


SHARES = re.compile(r"efficiency|sustained|goodput|availability|round_trip|copied|exposed|jitter|selective|mean_over_peak_.*|narrow_head|second_flash|hidden|usual_.*|reserve|token_exchange")


def test_a_share_of_a_whole_is_no_more_than_all_of_it():
    """Efficiencies, losses, parts of a time or a rate: whatever has such a name and no unit."""
    shares = [(table, row) for table in with_values() for row in rows_of(table) if row["unit"] == "1" and re.search(SHARES, row["field"]) and table not in ("architectures.csv", "stacks.csv")]
    assert len(shares) > 60
    for table, row in shares:
        assert 0 < float(row["value"]) <= 1, (table, row)


def test_what_is_said_to_be_as_another_s_is_that():
    """Notes such as "as the H100 SXM" or "measured on the H100 SXM": the value is the one that stands there."""
    compared = 0
    for table in with_values():
        known = values(table)
        names = {name.lower(): name for name, _ in known}
        for row in rows_of(table):
            name, field = row["name"], row["field"]
            said = re.match(r"(?:as|measured on)(?: the)? (.+?)(?:$|[:,;]| at )", row["note"])
            if said and (name, field) in known and (meant := names.get(said[1].lower())):
                kind = " rack" * name.endswith(" rack")
                assert known[name, field] == known[meant + kind, field], (table, name, field)
                compared += 1
    assert compared > 25


def test_a_rate_was_measured_at_the_power_limit_of_the_chip_it_was_measured_on():
    """Both tables read the datasheet, each for itself."""
    chips, limits = values("chips.csv"), [row for row in rows_of("matmul_rates.csv") if row["field"] == "tdp"]
    assert {row["name"] for row in limits} == set(RATES)
    for row in limits:
        on = re.match(r"measured on the (.+?)(?: at (\d+) W)?$", row["note"])
        chip = on[1] if on and on[1] in CHIPS else row["name"]
        assert float(row["value"]) == chips[chip, "tdp"] == float((on and on[2]) or row["value"]), row


def test_rates_are_as_far_below_the_peak_as_the_assumptions_read_there():
    """The range that a note of assumptions.csv prints is that of the chips whose multiplies were timed; beyond it is what was assumed."""
    peaks, rates = values("chips.csv"), values("matmul_rates.csv")
    timed = {(row["name"], row["field"]) for row in rows_of("matmul_rates.csv") if row["confidence"] == "derived"}
    for row in rows_of("assumptions.csv"):
        if row["source"] == "data/matmul_rates.csv":
            field = row["field"].removeprefix("usual_")
            low, high = map(float, re.search(r"([\d.]+) to ([\d.]+)(?: of the peak)? on the chips", row["note"]).groups())
            shares = [rates[name, kind] / (1 if field == "sustained" else peaks[name, kind]) for name, kind in timed if kind == field]
            assert (round(min(shares), 2), round(max(shares), 2)) == (low, high) and low <= float(row["value"]) <= high, row
    for row in rows_of("matmul_rates.csv"):
        at = row["name"], row["field"]
        if found := re.match(r"(\d+) % of the peak", row["note"]):
            assert rates[at] == pytest.approx(peaks[at] * float(found[1]) / 100, rel=1e-3), at


def test_what_a_chip_sustains_is_what_its_note_prints():
    """A rate at its best and the share that remains of it are the rate that large multiplies were seen to reach [TFLOP/s]."""
    rates, printed = values("matmul_rates.csv"), 0
    for row in rows_of("matmul_rates.csv"):
        if found := re.search(r"FLOP: ([\d,]+)(?: (?:to|and) ([\d,]+))?", row["note"] if row["field"] == "sustained" else ""):
            seen = sorted(float(number.replace(",", "")) for number in found.groups() if number)
            assert seen[0] * 0.99 <= rates[row["name"], "bf16"] * float(row["value"]) <= seen[-1] * 1.01, row
            printed += 1
    assert printed >= 7


def test_a_switch_carries_what_its_name_says():
    """51.2T 128x400G: 128 ports of 400 Gb/s, 51.2 Tb/s in all."""
    table = values("fabrics.csv")
    for name in SWITCHES:
        total, ports, rate = map(float, re.fullmatch(r"([\d.]+)T (\d+)x(\d+)G", name).groups())
        assert (table[name, "radix"], table[name, "bandwidth"]) == (ports, rate) and ports * rate == pytest.approx(1000 * total), name


LIVES = {"Colossus 1": ("H100 SXM", "H200 SXM", "GB200 NVL72"), "Colossus 2": ("GB200 NVL72", "GB300 NVL72"), "Meta, GB200": ("GB200 NVL72",)}  # what its chips are, by sites.csv


def test_a_site_has_the_power_of_its_servers():
    """For each GPU between what its server draws in training, four fifths of the nameplate (data/measured_power.csv), and all of
    it with the average PUE of data centres, 1.56 (Uptime Institute, Global Data Center Survey 2024)."""
    for name, site in SITES.items():
        (chips,) = [chips for start, chips in LIVES.items() if name.startswith(start)]
        servers = [CHIPS[chip].server_power for chip in chips]
        assert 0.8 * min(servers) <= site.power / site.gpus <= 1.56 * max(servers), name


def test_an_efficiency_is_the_heat_rate_beside_it():
    """Of a generator whose note prints British thermal units for a kilowatt-hour: 3,412.14 of them are one (ISO 31-4)."""
    noted = [(row, found) for row in rows_of("generators.csv") if (found := re.match(r"([\d,]+) Btu/kWh lower heating value", row["note"]))]
    assert noted
    for row, found in noted:
        assert float(row["value"]) == pytest.approx(3412.14 / float(found[1].replace(",", "")), rel=2e-3), row


def test_the_lower_end_of_what_is_known_between_two_ends_is_the_lower():
    outside = values("outside.csv")
    ends = [(name, field) for name, field in outside if field.endswith("_low")]
    assert ends
    for name, field in ends:
        assert outside[name, field] < outside[name, field.removesuffix("low") + "high"], (name, field)


def test_gpus_multiply_half_as_wide_numbers_twice_as_fast():
    """NVIDIA's Hopper and AMD's CDNA 3 white papers, and those since. Not so where FP8 came later or stronger: TPU v5p, Trainium2, Rubin."""
    gpus = [chip for name, chip in CHIPS.items() if chip.fp8 and not name.startswith(("TPU", "Trainium", "Vera Rubin"))]
    assert len(gpus) > 10
    for chip in gpus:
        assert chip.fp8 == pytest.approx(2 * chip.bf16, rel=1e-3), chip.name


def test_every_attention_of_deepseek_v4_sees_the_same_window():
    """The sparse one sees it beside the 512 tokens that its indexer chooses."""
    windows = {mixer.name: mixer.window for mixer in ARCHITECTURES["DeepSeek-V4 Flash"].mixers}
    assert windows["window"] == windows["heavily compressed attention"] == windows["compressed sparse attention"] - 512
