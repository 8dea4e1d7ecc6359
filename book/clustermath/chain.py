"""From generator to chip: what each stage of a site loses, and how long it holds up what hangs on it."""

from dataclasses import dataclass

from .frequency import Fleet
from .parameters import checked
from .records import Record, quantity
from .tables import read, records


@dataclass(frozen=True, kw_only=True)
class Stage(Record):
    """A stage of the power chain: the share that comes out of it, and for how long [s] it goes on when nothing comes in."""

    name: str
    efficiency: float = quantity("1", between=(0.5, 1))
    holds: float = quantity("s", between=(0, 1e6))


CHAIN = records("stage", Stage, read("power_chain.csv"))


@checked(returns="W")
def fed(wanted, part: Stage):
    """Power [W] that goes into a `part` of the chain for `wanted` [W] out of it."""
    return wanted / part.efficiency


@checked(returns="s")
def time_to_limit(fleet: Fleet, wanted, limit):
    """How long [s] the rotating masses alone carry `wanted` [W] until the frequency has fallen to `limit` [Hz]."""
    return 2 * fleet.inertia * fleet.capacity / fleet.power_factor * (1 - limit / fleet.nominal) / wanted
