"""Where the step model was held against measured runs, and how far off it was there: the band around a step's time."""

from dataclasses import asdict, dataclass

import numpy as np
from clustermath.fit import usable
from clustermath.layout import gpus_used
from clustermath.matmul import MACHINES, Machine
from clustermath.measured import PUBLISHED, read_runs
from clustermath.records import quantity
from clustermath.software import BY_DATE, DENSE, MIXTURE, PREDICTION_INTERVAL, PREDICTION_INTERVALS
from clustermath.tables import Table
from livefigure import Uncertainty

RUNS = usable(read_runs(PUBLISHED))
GPUS = gpus_used(RUNS.layout)
CHIPS = np.array([run.chip.name for run in RUNS.runs])
NICS = 0.99 * np.min(RUNS.chip.nic), 1.01 * np.max(RUNS.chip.nic)  # as one types them
DOMAINS = np.min(RUNS.chip.nvlink_domain), np.max(RUNS.chip.nvlink_domain)
BAND = {
    "uncertainty": Uncertainty("stretch", *PREDICTION_INTERVAL),
    "note": f"ranges hold nine of ten of {len(RUNS.runs)} measured runs",
    "extrapolated": "beyond",
    "sources": [f"range of the step’s time: {len(RUNS.runs)} measured runs of data/published_runs.csv, each predicted with constants fitted to the other sources’ runs"],
}
OF_KIND = BAND | {
    "uncertainty": Uncertainty("stretch", "range.low", "range.high"),
    "note": f"ranges hold nine of ten runs of a kind: dense or a mixture, its software described or known by its year alone; by {len(RUNS.runs)} measured runs",
}
SHORTEST = float(np.min(RUNS.measured))  # s: the shortest step that was measured


def of_kind(model, software) -> dict:
    """The ends of the range for runs of this kind, as a figure's output `range`: see software.PREDICTION_INTERVALS."""
    return {
        name: np.where(
            software.by_date > 0,
            np.where(model.experts > 0, PREDICTION_INTERVALS[MIXTURE + BY_DATE][end], PREDICTION_INTERVALS[DENSE + BY_DATE][end]),
            np.where(model.experts > 0, PREDICTION_INTERVALS[MIXTURE][end], PREDICTION_INTERVALS[DENSE][end]),
        )
        for end, name in enumerate(("low", "high"))
    }


@dataclass(frozen=True, kw_only=True)
class Measured(Machine):
    """A machine, and by precision the most GPUs of it in a measured run; 0 where there is no such run."""

    gpus16: float = quantity("gpu")
    gpus8: float = quantity("gpu")
    gpus4: float = quantity("gpu")


def _measured(machine: Machine) -> Measured:
    most = {f"gpus{bits}": float(np.max(GPUS, where=(CHIPS == machine.name) & (RUNS.batch.bits == bits), initial=0)) for bits in (16, 8, 4)}
    return Measured(**asdict(machine), **most)


MEASURED: Table = Table("chip", {name: _measured(machine) for name, machine in MACHINES.items()}, MACHINES.sources)


def beyond_measured(machine, bits, gpus, step=SHORTEST):
    """1 where no measured run has this chip at this precision on as many GPUs, or so short a step [s]."""
    return np.where((gpus > np.select([bits > 8, bits > 4], [machine.gpus16, machine.gpus8], machine.gpus4)) | (step < SHORTEST), 1, 0)


def beyond_measured_links(nic, domain):
    """1 where no chip of the measured runs has so slow or fast a NIC [B/s], or so small or large an NVLink domain."""
    return np.where((nic < NICS[0]) | (nic > NICS[1]) | (domain < DOMAINS[0]) | (domain > DOMAINS[1]), 1, 0)
