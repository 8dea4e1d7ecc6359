"""Public functions and the command line used wrongly: what was meant is asked for by its name, value and range, or the file is named."""

import re
import shlex

import numpy as np
import pytest
from clustermath import CHIPS
from clustermath.__main__ import main
from clustermath.architecture import ARCHITECTURES
from clustermath.layout import Layout, batch_of
from clustermath.matmul import MACHINES, machine, measured_rate, with_share
from clustermath.measured import stacked
from clustermath.measured_gpu import kernels
from clustermath.nic import nic_bandwidth, with_network
from clustermath.power import flops_per_joule, gpus_per_site
from clustermath.recorded import Recording
from clustermath.run import implied_mfu, training_time
from clustermath.search import check, search
from clustermath.software import CONSTANTS, stack_named
from clustermath.stages import in_flight, memory_of_stages
from clustermath.step import step_mfu, throughput
from clustermath.tables import UnknownName
from clustermath.tuning import lora

LLAMA, H100, CHIP = ARCHITECTURES["Llama 3 8B"], MACHINES["H100 SXM"], CHIPS["H100 SXM"]
BATCH, STACK = batch_of(8192.0, 64.0), stack_named("2024")
RECORDING = Recording(seconds=np.array([0.0, 1.0]), watts=np.array([100.0, 200.0]))


def found(shape=LLAMA, chip=H100, batch=BATCH, gpus=8, stack=STACK, **options):
    return search(shape, chip, batch, gpus, stack, **options)


def stages(**layout):
    return memory_of_stages(LLAMA, H100, Layout(**layout), BATCH, STACK)


IMPOSSIBLE = {
    "no layouts": (lambda: found(top=0), "search(): top = 0 is not possible"),
    "fewer than none, which left out the slowest": (lambda: found(top=-1), "search(): top = -1 is not possible"),
    "half a layout": (lambda: found(top=2.5), "top (layouts that are listed) must be a whole number"),
    "layouts in words": (lambda: found(top="3"), "search(): top = '3' is not a number"),
    "searches for two clusters": (lambda: found(gpus=[8, 16]), "search(): gpus = [8, 16] is several numbers"),
    "searches for two batches": (lambda: found(batch=batch_of(8192, np.array([64, 128]))), "is several numbers; one search is for one"),
    "half a sequence": (lambda: found(batch=batch_of(8192, 64.5)), "search(): sequences = 64.5 is not possible"),
    "layouts checked at once": (lambda: check(LLAMA, Layout(tp=np.array([1, 2])), BATCH, 8), "check(): tp is an array"),
    "no share of the peak": (lambda: with_share(CHIP, 0), "with_share(): share = 0 is not possible"),
    "twice the peak": (lambda: with_share(CHIP, 2), "share (share of its peak that a chip sustains) must be a number from 0.0001 to 1"),
    "a share that is no number": (lambda: with_share(CHIP, float("nan")), "with_share(): share = nan"),
    "a server without GPUs": (lambda: nic_bandwidth("8x400G", 0), "domain = 0 is not possible"),
    "a server of fewer": (lambda: nic_bandwidth("8x400G", -8), "domain = -8 is not possible"),
    "a server of no number": (lambda: nic_bandwidth("8x400G", float("nan")), "domain = nan is not possible"),
    "a speed without its unit": (lambda: nic_bandwidth(400, 8), "400 is no text; say a speed of a network and its unit"),
    "no speed": (lambda: with_network(CHIP, None), "None is no text"),
    "no cards": (lambda: nic_bandwidth("0x400G", 8), "'0x400G' is no speed of a network"),
    "a node's and a GPU's": (lambda: nic_bandwidth("400 Gb/s per node per GPU", 8), "'400 Gb/s per node per GPU' is no speed"),
    "a rank in words": (lambda: lora(LLAMA, "x"), "Tuning: rank = 'x' is not a number"),
    "adapters beside nothing": (lambda: lora(LLAMA, 16, "experts"), "'experts' names no matrix; known: query"),
    "all trained, the rest frozen": (lambda: lora(LLAMA, 0, trained=1, frozen="nf4"), "frozen = 'nf4' is for frozen weights"),
    "two stages of four": (lambda: stages(pp=4, stages=(16, 16)), "stages = [16, 16] is not possible: there must be as many as pp = 4"),
    "a layer too few": (lambda: stages(pp=2, stages=(30, 1)), "they must hold 32 layers"),
    "lists of stages": (lambda: Layout(stages=np.array([[1, 2]])), "are several lists"),
    "microbatches below 0": (lambda: in_flight(Layout(pp=4), -1), "in_flight(): count = -1 is not possible"),
    "microbatches of no number": (lambda: in_flight(Layout(pp=4), float("nan")), "in_flight(): count = nan"),
    "nothing stacked": (lambda: stacked([]), "records of one class are stacked, not none"),
    "unlike things stacked": (lambda: stacked([Layout(), BATCH]), "not Batch beside Layout"),
    "one reading": (lambda: Recording(seconds=[0], watts=[1]), "as long and of at least two"),
    "readings without their time": (lambda: Recording(seconds=[0, 1], watts=[1]), "as long and of at least two"),
    "time that goes back": (lambda: Recording(seconds=[1, 0], watts=[1, 2]), "seconds must be finite and grow"),
    "watts that are none": (lambda: Recording(seconds=[0, 1], watts=[1, np.nan]), "watts finite and at least 0"),
    "watts below 0": (lambda: Recording(seconds=[0, 1], watts=[1, -2]), "watts finite and at least 0"),
    "no means": (lambda: RECORDING.means(0), "means(): samples = 0 is not possible"),
    "half a mean": (lambda: RECORDING.means(2.5), "samples = 2.5 is not possible"),
    "means of no time": (lambda: RECORDING.means(3, window=0), "means(): window = 0 is not possible"),
    "means of time that goes back": (lambda: RECORDING.means(3, window=-1), "means(): window = -1"),
    "a step that takes no time": (lambda: throughput(BATCH, 0.0), "throughput(): time = 0 is not possible here, where something is divided by it"),
    "an MFU of no time": (lambda: step_mfu(LLAMA, H100, Layout(), BATCH, 0), "step_mfu(): time = 0 is not possible here"),
    "a run that takes no time": (lambda: implied_mfu(1e25, 1000, 1e15, 0), "implied_mfu(): time = 0"),
    "GPUs that draw nothing": (lambda: gpus_per_site(1e9, 0.0, 1.2), "gpus_per_site(): power = 0 is not possible here"),
    "FLOPs for nothing": (lambda: flops_per_joule(1e15, 0.4, 0.0, 1.2), "flops_per_joule(): power = 0"),
    "a function for its value": (lambda: training_time(lambda: 1e25, 1000, 1e15, 0.4), "training_time(): flops = <function"),
    "a list that is used up": (lambda: training_time(iter([1e25]), 1000, 1e15, 0.4), "training_time(): flops = <list_iterator"),
    "a function for a degree": (lambda: Layout(tp=lambda: 8), "Layout: tp = <function"),
    "a class for a degree": (lambda: Layout(tp=Layout), "is not a number. tp must be a whole number"),
    "a layout for a degree": (lambda: Layout(tp=Layout()), "is not a number. tp must be a whole number"),
    "a module for a degree": (lambda: Layout(tp=np), "Layout: tp = <module"),
    "a range from 0": (lambda: Layout(tp=range(8)), "Layout: tp = 0 is not possible"),
}


@pytest.mark.parametrize("what", IMPOSSIBLE)
def test_the_impossible_is_refused_by_name(what):
    call, complaint = IMPOSSIBLE[what]
    with pytest.raises(ValueError, match=re.escape(complaint)):
        call()


OTHER_KINDS = {
    "shape: Architecture": lambda: found(shape="Llama 3 8B"),
    "machine: Machine": lambda: found(chip=CHIP),
    "stack: Stack": lambda: found(stack="2024"),
    "constants: Constants": lambda: found(constants=None),
    "batch: Batch": lambda: check(LLAMA, Layout(), None, 8),
    "chip: Chip": lambda: machine("H100 SXM"),
    "chip: Chip, not its machine": lambda: machine(H100),
    "chip: Chip, not its name": lambda: measured_rate("H100"),
    "chip: Chip, for its network": lambda: with_network("H100", "400G"),
    "shape: Architecture, for its adapters": lambda: lora("Llama 3 8B", 16),
    "layout: Layout": lambda: memory_of_stages(LLAMA, H100, CONSTANTS, BATCH, STACK),
    "layout: Layout, not the class": lambda: in_flight(Layout, 4),
}


@pytest.mark.parametrize("what", OTHER_KINDS)
def test_another_kind_of_record_is_refused_by_the_name_of_its_argument(what):
    name, kind = re.match(r"(\w+): (\w+)", what).groups()
    with pytest.raises(TypeError, match=rf"\(\): {name} (must be a record of the class {kind}, not|is the class {kind} itself)"):
        OTHER_KINDS[what]()


def test_ranges_are_as_good_as_lists():
    np.testing.assert_array_equal(training_time(range(1, 3), 1, 1e15, 0.5), training_time([1, 2], 1, 1e15, 0.5))


def test_kernels_of_a_kind_that_was_not_measured():
    with pytest.raises(UnknownName, match="none begins with 'matmull'; known: .*matmul"):
        kernels("matmull")


# Own files and the command line -----------------------------------------------------------------------------------------

FIELDS = {
    "bf16": "989,TFLOP/s", "hbm": "80,GB", "hbm_bandwidth": "3.35,TB/s", "nvlink": "450,GB/s", "nvlink_domain": "8,1", "nic": "400,Gb/s", "tdp": "700,W",
    "server_power": "1275,W",
}  # fmt: skip
STEP = "step --model llama-3-8b --gpu h100 --gpus 8 --batch-tokens 131072"


def chip_file(folder, name="Mine", **changed) -> str:
    rows = "".join(f"{name},{field},{value},a datasheet,seen,\n" for field, value in (FIELDS | changed).items())
    (folder / "chip.csv").write_text("name,field,value,unit,source,confidence,note\n" + rows)
    return str(folder / "chip.csv")


@pytest.mark.parametrize(
    "changed, complaint",
    [
        ({"hbm": "80,W"}, "chip.csv, line 3: Chip 'Mine': hbm can't be in W; it is in B"),
        ({"tdp": "700,GB"}, "chip.csv, line 8: Chip 'Mine': tdp can't be in GB; it is in W/gpu"),
        ({"hbm_bandwidth": "26800,Gb/s", "nic": "50,GB"}, "chip.csv, line 7: Chip 'Mine': nic can't be in GB; it is in B/s"),
        ({"bf16": "989,1"}, "chip.csv, line 2: Chip 'Mine': bf16 can't be in 1; it is in FLOP/s"),
        ({"name": "H100 SXM"}, "H100 SXM is a chip of the book, with what was measured on it; give yours a name of its own"),
    ],
)
def test_a_chip_s_fields_are_in_units_of_their_own(changed, complaint, tmp_path, capsys):
    """80 W of memory were 80 bytes."""
    file = chip_file(tmp_path, **changed)
    with pytest.raises(SystemExit):
        main(shlex.split(f"step --model llama-3-8b --chip-file {file} --gpus 8 --batch-tokens 131072"))
    assert complaint in capsys.readouterr().err


LOG = "completed step: 1, seconds: 3.2, TFLOP/s/device: 450.0, Tokens/s/device: 3200.0, total_weights: 1, loss: 7.8\n"
FILES = {"train.log": LOG * 5, "power.csv": "seconds,watts\n0,100\n1,200\n2,300\n", "latin.csv": "id,source\nm\xfcne,me\n".encode("latin-1"), "cut.json": "{"}


@pytest.mark.parametrize(
    "line, complaint",
    [
        (f"{STEP} --recompute moe_act", "--recompute: it changes nothing for Llama 3 8B: moe_act is of experts"),
        (f"{STEP} --trained 1 --frozen nf4", "--frozen: it changes nothing beside --trained 1"),
        (f"{STEP} --network 0x400G", "--network: '0x400G' is no speed of a network"),
        (f"{STEP} --network '400 Gb/s per node per GPU'", "--network: '400 Gb/s per node per GPU' is no speed"),
        (f"{STEP} --network 400G".replace("step", "memory"), "--network: it changes nothing of a GPU's memory"),
        (f"{STEP} --top 1.5".replace("step", "search"), "--top: top = 1.5 is not possible. top (layouts that are listed) must be a whole number from 1"),
        ("read train.log --gpu h100", "--gpu: it changes nothing without --model"),
        ("read train.log --precision fp8", "--precision: it changes nothing without --gpu"),
        ("read power.csv --model llama-3-8b", "--model: it changes nothing of what is no log of training"),
        ("read power.csv --seq-len 8192", "--seq-len: it changes nothing of what is neither a config.json nor a log"),
        ("row train.log --model llama-3-8b --gpu h100 --gpus 8 --sequences 16 --network fast", "--network: 'fast' is no speed of a network"),
        ("row train.log --model llama-3-8b --gpu h100 --gpus 8 --sequences 16 --out latin.csv", "latin.csv: byte 11 is not UTF-8"),
    ],
)
def test_the_command_line_names_option_or_file(line, complaint, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    for name, content in FILES.items():
        (tmp_path / name).write_bytes(content if isinstance(content, bytes) else content.encode())
    assert main(shlex.split(line)) == 2
    said = capsys.readouterr().err
    assert complaint in said and "Traceback" not in said


@pytest.mark.parametrize("unit, possible", [("Gb/s", True), ("GB/s", True), ("TB/s", True), ("W", False), ("s", False), ("B", False), ("%", False), ("token", False)])
def test_a_bandwidth_is_in_bytes_a_second(unit, possible, tmp_path, capsys):
    file = chip_file(tmp_path, nic=f"1e11,{unit}" if not possible else f"2,{unit}")
    if possible:
        assert main(shlex.split(f"power --chip-file {file} --gpus 8")) == 0
    else:
        with pytest.raises(SystemExit):
            main(shlex.split(f"power --chip-file {file} --gpus 8"))
        assert f"nic can't be in {unit}; it is in B/s" in capsys.readouterr().err
