"""What stands between a swinging load and the fuel: storage in the racks, a battery, turbines that ramp slowly.

Every watt is accounted for at each instant:

    turbines + battery + unserved = drawn + spilled        at the site's bus
    drawn + rack storage          = load                   in the racks

where storage counts positive when it discharges. `unserved` is load that nothing could carry; `spilled` is power
that nothing could take, because turbines come down as slowly as they go up.
"""

from dataclasses import dataclass

import numpy as np

from .load import mean_load
from .parameters import checked
from .scan import scan
from .records import Record, quantity
from .tables import read, records


REFILL = 10.0  # a store goes back to half full this many times slower than it smooths, so as not to add a swing


@dataclass(frozen=True, kw_only=True)
class Battery(Record):
    """A battery product: energy [J], power either way [W], and the share of energy that comes back out."""

    name: str
    energy: float = quantity("J", between=(0, 1e18))
    power: float = quantity("W", between=(0, 1e13))
    round_trip: float = quantity("1", between=(0.1, 1))


BATTERIES = records("battery", Battery, read("batteries.csv"))


@dataclass(frozen=True, kw_only=True)
class Store(Record):
    """Storage of one kind, all units together. round_trip: energy out over energy in; half of the loss at each end."""

    energy: float = quantity("J", between=(0, 1e18))
    power: float = quantity("W", between=(0, 1e13))
    round_trip: float = quantity("1", between=(0.1, 1))


@dataclass(frozen=True, kw_only=True)
class Supply(Record):
    """What feeds the cluster. Both stores aim to be half full, ready for either direction.

    rack: storage in the power shelves; it lets the racks draw the load's mean over rack_smoothing seconds.
    battery: covers what the turbines don't. capacity and ramp: of all running turbines together [W, W/s].
    dispatch: seconds over which the turbines follow the draw.
    """

    rack: Store
    battery: Store
    capacity: float = quantity("W", between=(0, 1e13))
    ramp: float = quantity("W/s", between=(0, 1e13))
    rack_smoothing: float = quantity("s", between=(1e-6, 1e9))
    dispatch: float = quantity("s", between=(1e-6, 1e9))


@checked(returns={"energy": "J", "power": "W", "round_trip": "1"})
def rack_store(gpus, energy_per_gpu=65.0, power_per_gpu=1000.0, round_trip=0.95):
    """The storage in the power shelves of `gpus` GPUs, as a Store.

    65 J per GPU is NVIDIA's figure for GB300 NVL72; the other two are assumed, as none is published.
    """
    return Store(energy=gpus * energy_per_gpu, power=gpus * power_per_gpu, round_trip=round_trip)


@checked(returns={"energy": "J", "power": "W", "round_trip": "1"})
def battery_store(battery, packs):
    """`packs` units of a battery product, as a Store."""
    return Store(energy=packs * battery.energy, power=packs * battery.power, round_trip=battery.round_trip)


@checked(returns={"delivered": "W", "stored": "J", "lost": "W"})
def storage_step(store, stored, wanted, duration):
    """Let a store deliver `wanted` [W, negative to charge] for `duration` [s], as far as its limits allow.

    stored: energy in it [J]. Returns {"delivered" [W], "stored" [J], "lost" [W]}, for which
    stored falls by (delivered + lost) x duration, and never leaves 0..store.energy.
    """
    one_way = np.sqrt(store.round_trip)
    most_out = np.minimum(store.power, stored * one_way / duration)
    most_in = np.minimum(store.power, (store.energy - stored) / (one_way * duration))
    delivered = np.clip(wanted, -most_in, most_out)
    leaving = np.where(delivered > 0, delivered / one_way, delivered * one_way)
    return {
        "delivered": delivered,
        "stored": np.clip(stored - leaving * duration, 0 * store.energy, store.energy),
        "lost": leaving - delivered,
    }


@checked(
    returns={
        "time": "s", "load": "W", "drawn": "W", "turbines": "W", "battery": "W", "unserved": "W",
        "spilled": "W", "lost": "W", "rack_stored": "J", "battery_stored": "J",
    }
)  # fmt: skip
def follow(load, supply, window, samples=1000):
    """The site over `window` seconds in `samples` steps, as a dict of series with time along the first axis.

    Each value is the mean over its step (stored energies: at its end). Stores start half full and the turbines at
    the mean of a training step, as if the job had run for long. Power is at the IT level.
    """
    duration = window / samples
    step_mean = mean_load(load, 0 * window, load.compute_time + load.exposed_time)
    start = {
        "smooth": step_mean,
        "slow": step_mean,
        "turbines": np.minimum(step_mean, supply.capacity),
        "rack": supply.rack.energy / 2,
        "battery": supply.battery.energy / 2,
    }
    rack_pace = 1 - np.exp(-duration / supply.rack_smoothing)
    dispatch_pace = 1 - np.exp(-duration / supply.dispatch)

    def step(state, index):
        wanted = mean_load(load, index * duration, duration)
        smooth = state["smooth"] + (wanted - state["smooth"]) * rack_pace
        refill = (supply.rack.energy / 2 - state["rack"]) / (REFILL * supply.rack_smoothing)
        rack = storage_step(supply.rack, state["rack"], wanted - smooth - refill, duration)
        drawn = wanted - rack["delivered"]

        slow = state["slow"] + (drawn - state["slow"]) * dispatch_pace
        refill = (supply.battery.energy / 2 - state["battery"]) / (REFILL * supply.dispatch)
        most = supply.ramp * duration
        turbines = state["turbines"] + np.clip(slow + refill - state["turbines"], -most, most)
        turbines = np.clip(turbines, 0 * supply.capacity, supply.capacity)
        battery = storage_step(supply.battery, state["battery"], drawn - turbines, duration)
        missing = drawn - turbines - battery["delivered"]
        after = {
            "smooth": smooth,
            "slow": slow,
            "turbines": turbines,
            "rack": rack["stored"],
            "battery": battery["stored"],
        }
        return after, {
            "time": (index + 0.5) * duration,
            "load": wanted,
            "drawn": drawn,
            "turbines": turbines,
            "battery": battery["delivered"],
            "unserved": np.where(missing > 0, missing, 0 * supply.capacity),
            "spilled": np.where(missing < 0, -missing, 0 * supply.capacity),
            "lost": rack["lost"] + battery["lost"],
            "rack_stored": rack["stored"],
            "battery_stored": battery["stored"],
        }

    _, series = scan(step, start, np.arange(samples))
    return series


@checked(returns="1")
def band_share(series, duration, slowest=0.2, fastest=3.0, harmonics=64):
    """Share [1] of the swing of a power series, by energy, between two frequencies [1/s]: summed over its harmonics.

    series: samples [W] over whole periods, time along the first axis, `duration` [s] apart: 20 ms or less, to reach
    3 Hz and to resolve the 65 J that a GB300 stores per GPU. harmonics: of the whole series; they must reach
    fastest x its length, which 64 do up to 20 s.
    """
    count = series.shape[0]
    centred = series - np.mean(series, axis=0)
    angle = {k: 2 * np.pi * k / count for k in range(1, min(harmonics, count // 2) + 1)}
    turn = {k: 2 * np.cos(angle[k]) for k in angle}

    def goertzel(state, sample):
        """One more sample into every harmonic (Goertzel, 1958)."""
        after = {k: (sample + turn[k] * last - before, last) for k, (last, before) in state.items()}
        return after, sample

    nothing = 0 * np.mean(series, axis=0)
    state, _ = scan(goertzel, {k: (nothing, nothing) for k in turn}, centred)
    inside = 0
    for k, (last, before) in state.items():
        mirrored = 1 if 2 * k == count else 2  # a real series has each harmonic twice, but for the one in the middle
        energy = mirrored * ((last - turn[k] / 2 * before) ** 2 + (np.sin(angle[k]) * before) ** 2)
        frequency = k / (count * duration)
        inside = np.where((frequency >= slowest) & (frequency <= fastest), energy, 0 * energy) + inside
    total = count**2 * np.mean(centred**2, axis=0)
    with np.errstate(invalid="ignore"):  # a constant series has no swing to share
        return np.where(total > 0, inside / total, 0)
