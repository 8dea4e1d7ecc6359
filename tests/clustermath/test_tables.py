"""Every value of every table has a source, and a name that isn't there is answered with the one that was meant."""

import dataclasses

import pytest
from clustermath import CHIPS, MODELS, tables
from clustermath.fabric import SWITCHES
from clustermath.failures import CAUSES, CHECKPOINTS, FAILURE_RATES
from clustermath.measured_collectives import MEASURED
from clustermath.power import SITES
from clustermath.supply import BATTERIES
from clustermath.tables import CONFIDENCE, UnknownName, read
from clustermath.turbines import GENERATORS

TABLES = [CHIPS, MODELS, SWITCHES, MEASURED, SITES, BATTERIES, GENERATORS, FAILURE_RATES, CAUSES, CHECKPOINTS]


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


def test_published_flops_agree_with_the_estimate():
    """6ND reproduces the published FLOPs to 3 %: PaLM's own count includes attention."""
    for name in ("Llama 3.1 405B", "GPT-3 175B", "PaLM 540B"):
        model = MODELS[name]
        assert model.flops == pytest.approx(6 * model.active_params * model.tokens, rel=0.03)
    assert MODELS.sources["DeepSeek-V3"]["flops"].confidence == "derived"
