"""Training steps that chapter 4 asks the network about: model, layout, batch, chip and software of each."""

from dataclasses import fields, replace
from types import SimpleNamespace

import numpy as np
from clustermath.architecture import ARCHITECTURES
from clustermath.layout import END_LAYERS, Batch, Layout, batch_of, gpus_used
from clustermath.assumptions import ASSUMED
from clustermath.matmul import Machine
from clustermath.software import CONSTANTS, stack_named
from clustermath.step import step_time
from clustermath.volume import SENT, mapped_ranks
from livefigure import Choice
from livefigure.bring import Computed, Path, Take

from . import brought
from .validated import MEASURED, beyond_measured, beyond_measured_links

LLAMA, LLAMA_GB300, DEEPSEEK, TEN_TRILLION = (
    "Llama 3.1 405B, 16,384 H100s",
    "Llama 3.1 405B, 256 GB300s",
    "DeepSeek-V3, 2,048 H800s",
    "10T mixture, 220,000 GB300s",
)
INFINITE = 1e18  # B/s
LINKED = [field.name for field in fields(Machine) if field.name != "name"]


def machine_with(machine, **changed):
    """A Machine with other links."""
    return SimpleNamespace(**{field: getattr(machine, field) for field in LINKED} | changed)


LAYOUTS = {
    # arXiv 2407.21783, table 4, second row; it says that schedules are interleaved, not how often: 8 layers a stage
    LLAMA: Layout(tp=8, pp=16, dp=128, interleave=8),
    # NVIDIA-NeMo/Megatron-Bridge, performance summary 25.11
    LLAMA_GB300: Layout(tp=2, pp=8, cp=2, dp=8, interleave=4),
    # arXiv 2412.19437, sections 3.2 and 4.2
    DEEPSEEK: Layout(tp=1, pp=16, ep=64, dp=128, schedule=3),
    # nothing of it is published: the book's own shape, in the layout that chapter 3's map finds fastest, with its batch
    TEN_TRILLION: Layout(tp=8, pp=9, ep=32, dp=2752, interleave=4),
}
STACKS = {LLAMA: stack_named("meta-llama3-2024"), LLAMA_GB300: stack_named("megatron-bridge-25.11"), DEEPSEEK: stack_named("deepseek-2024"), TEN_TRILLION: stack_named("2025")}
SAID = ("seq_len", "sequences", "bits", "blocked", "operand_bytes", "gradient_bytes")  # of a batch, by a reader's own launch


def alike(records) -> dict:
    """What is the same in all of the records, of one class."""
    first, *others = records
    return {field.name: getattr(first, field.name) for field in fields(first) if all(getattr(first, field.name) == getattr(other, field.name) for other in others)}


ALIKE = {
    "layout": alike(LAYOUTS.values()),
    "stack": alike(STACKS.values()),  # software stays, whatever a reader brings
    "batch": {name: number for name, number in alike([batch_of(1, 1)]).items() if name not in SAID},
}


def part(workload, name: str):
    """The layout, the stack or the batch of one of WORKLOADS; what is alike in all of them is a number, of which a page needs no branches."""
    record = {"layout": Layout, "stack": type(STACKS[LLAMA]), "batch": Batch}[name]
    differing = {field.name: getattr(workload[name], field.name) for field in fields(record) if field.name not in ALIKE[name]}
    return SimpleNamespace(**ALIKE[name], **differing)


def laid_out(workload):
    """The layout of one of WORKLOADS."""
    return part(workload, "layout")


def time_of_step(workload, machine):
    """Time of the workload's step on `machine` [s]."""
    return step_time(workload["shape"], machine, laid_out(workload), part(workload, "batch"), part(workload, "stack"), CONSTANTS)


def _workload(name, shape, chip, batch) -> dict:
    """The records of a step, and how long it takes if no link takes any time [s]."""
    found = {"shape": ARCHITECTURES[shape], "machine": MEASURED[chip], "layout": LAYOUTS[name], "batch": batch, "stack": STACKS[name]}
    instant = machine_with(found["machine"], nvlink=INFINITE, nic=INFINITE)
    return found | {"computing": float(time_of_step(found, instant))}


WORKLOADS = {
    LLAMA: _workload(LLAMA, "Llama 3.1 405B", "H100 SXM", batch_of(8192, 2048)),
    LLAMA_GB300: _workload(LLAMA_GB300, "Llama 3.1 405B", "GB300 NVL72", batch_of(8192, 1536, 8)),
    DEEPSEEK: _workload(DEEPSEEK, "DeepSeek-V3", "H800 SXM", batch_of(4096, 15360, 8, 1)),
    TEN_TRILLION: _workload(TEN_TRILLION, "Grok 10T (mixture)", "GB300 NVL72", batch_of(8192, 24768, 8, 1)),
}
PRESETS = {  # of a figure that shows the first of them
    "405B on H100s": {},
    "DeepSeek-V3": {"workload": DEEPSEEK},
    "405B on GB300s": {"workload": LLAMA_GB300},
    "10T mixture": {"workload": TEN_TRILLION},
}
DOMAINS = {"as built": 0, "1": 1, "8": 8, "72": 72, "576": 576}


def workload(value: str = LLAMA) -> Choice:
    """Which training step."""
    return Choice(WORKLOADS, value, "training step", own=True)


STAYS = "The rest of the step stays as it was: its layout and batch, its chip and its software."
LAUNCHED = "The model, the chip and the software stay as they were. Data-parallel ranks share the optimizer’s states, and tensor-parallel ones the norms, whatever it says of these."
ELSEWHERE = "It has {}: there is no place for them in this figure; there is in Your run."
WITHOUT = "It does not say {}; Your run asks for them."


def takes() -> list[Take]:
    """A reader's own model, or layout and batch, in the step that stands there. How long it computes follows from all of them."""
    computing = Computed("workload.computing", "network-bound", "alone", {"workload.machine.nvlink": INFINITE})
    no_place = {"microbatch": "microbatches of several sequences", "expert_tp": "experts that tensor parallelism leaves whole"}
    no_place |= dict.fromkeys(("recompute", "recompute_simple", "recompute_up"), "layers or parts of them that are repeated")
    refuses = {f"layout.{name}": (ALIKE["layout"][name], ELSEWHERE.format(what)) for name, what in no_place.items()}
    refuses["layout.zero"] = (0.0, ALIKE["layout"]["zero"], ELSEWHERE.format("weights that ranks share (FSDP)"))
    lacks = {"gpus": WITHOUT.format("how many GPUs there are (nodes, and GPUs in each)"), "batch": WITHOUT.format("the batch (sequences, and tokens in each)")}
    return [
        replace(brought.config(), sets={"workload": Path("", into="shape")}, computes=computing, says=STAYS),
        Take("recipe", brought.LAUNCH, {"workload": Path("", into="")}, refuses=refuses, lacks=lacks, computes=computing, says=LAUNCHED),
    ]


def domain() -> Choice:
    """How many GPUs share an NVLink domain."""
    return Choice(DOMAINS, "as built", "NVLink domain")


def beyond(workload, domain, nic=None):
    """1 where no run was measured that is like this workload, or its layers, with embedding and head, are fewer than the pieces they are cut into, with `domain` GPUs in an NVLink domain and a NIC of `nic` [B/s]."""
    machine = workload["machine"]
    run = beyond_measured(machine, workload["batch"].bits, gpus_used(laid_out(workload)))
    uncut = np.where(workload["shape"].layers + END_LAYERS < workload["layout"].pp * workload["layout"].interleave, 1, 0)  # a reader's own model in another's layout
    return np.maximum(np.maximum(run, uncut), beyond_measured_links(machine.nic / ASSUMED.nic_in_a_step if nic is None else nic, domain))


def bytes_of_step(workload, local) -> dict:
    """What a GPU sends in a step [B]: parallelism → {"nvlink", "nic"}, for `local` ranks of each group in a domain."""
    return {name: SENT[name](workload["shape"], laid_out(workload), part(workload, "batch"), part(workload, "stack"), near) for name, near in local.items()}


def in_order(workload, domain) -> dict:
    """Ranks of each group in an NVLink domain of `domain` GPUs, mapped exactly."""
    return mapped_ranks(laid_out(workload), SimpleNamespace(domain=domain))
