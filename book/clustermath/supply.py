"""What stands between a swinging load and the fuel: storage in the racks, a battery, the turbines' rotating masses.

Every watt is accounted for at each instant:

    turbines + battery + masses = drawn - shed        at the site's bus
    drawn + rack storage        = load                in the racks

where storage counts positive when it discharges, and the masses when they slow down: what nobody else carries changes
the frequency. `shed` is load that a relay has cut off.
"""

from dataclasses import dataclass

import numpy as np

from .frequency import Fleet, Turbine, rotating_energy, swing_step
from .numeric import clip, minimum, sqrt, where
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
    battery: follows what its two measurements ask for, with a lag of battery_response seconds:
    load_following is the share that it takes of the load's deviation from the mean of `dispatch` seconds, and
    frequency_gain the share of its power that it gives for a frequency lower by all of it (100: droop of 1 %).
    fleet: the turbines that run. Below shed_below [Hz], shed_share of the load is cut, shed_delay seconds later.
    relay_time: over which relays smooth the rate of change of frequency.
    """

    rack: Store
    battery: Store
    fleet: Fleet
    rack_smoothing: float = quantity("s", 0.5, between=(1e-6, 1e9))
    dispatch: float = quantity("s", 60.0, between=(1e-6, 1e9))
    load_following: float = quantity("1", 1.0, between=(0, 10))
    frequency_gain: float = quantity("1", 0.0, between=(0, 1e4))
    battery_response: float = quantity("s", 0.1, between=(1e-4, 1e4))
    shed_below: float = quantity("1/s", 0.0, between=(0, 100))
    shed_share: float = quantity("1", 0.0, between=(0, 1))
    shed_delay: float = quantity("s", 0.1, between=(1e-4, 1e3))
    relay_time: float = quantity("s", 0.1, between=(1e-4, 1e3))


@checked(returns={"energy": "J", "power": "W", "round_trip": "1"})
def rack_store(gpus, energy_per_gpu=65.0, power_per_gpu=1000.0, round_trip=0.95):
    """The storage in the power shelves of `gpus` GPUs, as a Store.

    65 J per GPU is NVIDIA's figure for GB300 NVL72; the other two are assumed, as none is published.
    """
    return Store(energy=gpus * energy_per_gpu, power=gpus * power_per_gpu, round_trip=round_trip)


@checked(returns={"energy": "J", "power": "W", "round_trip": "1"})
def battery_store(battery: Battery, packs):
    """`packs` units of a battery product, as a Store."""
    return Store(energy=packs * battery.energy, power=packs * battery.power, round_trip=battery.round_trip)


@checked(returns={"delivered": "W", "stored": "J", "lost": "W"})
def storage_step(store: Store, stored, wanted, duration):
    """Let a store deliver `wanted` [W, negative to charge] for `duration` [s], as far as its limits allow.

    stored: energy in it [J]. Returns {"delivered" [W], "stored" [J], "lost" [W]}, for which
    stored falls by (delivered + lost) x duration, and never leaves 0..store.energy.
    """
    one_way = sqrt(store.round_trip)
    most_out = minimum(store.power, stored * one_way / duration)
    most_in = minimum(store.power, (store.energy - stored) / (one_way * duration))
    delivered = clip(wanted, -most_in, most_out)
    leaving = where(delivered > 0, delivered / one_way, delivered * one_way)
    return {
        "delivered": delivered,
        "stored": clip(stored - leaving * duration, 0, store.energy),
        "lost": leaving - delivered,
    }


@checked(
    returns={
        "drawn": "W", "turbines": "W", "battery": "W", "masses": "W", "shed": "W", "lost": "W", "frequency": "1/s",
        "rocof": "1/s**2", "rack_stored": "J", "battery_stored": "J",
    }
)  # fmt: skip
def follow(series, supply: Supply, duration, before):
    """The island under a load given by its means over steps of `duration` [s], as a dict of series: time is the first axis.

    Each value is the mean over its step; frequency and stored energies: at its end; rocof, the rate of change of the
    frequency, as a relay sees it. Stores start half full and the turbines in balance with
    `before` [W]. Nothing trips: what a protection would do at such a frequency is the reader's to judge.
    Power is at the IT level. Steps of 20 ms resolve a battery's response and 65 J for each GPU.
    """
    fleet = supply.fleet
    asked = minimum(before / fleet.capacity, fleet.governor.most)
    start = {
        "smooth": before,
        "slow": before,
        "rack": supply.rack.energy / 2,
        "battery": supply.battery.energy / 2,
        "answer": 0.0,
        "turbine": {"off": 0.0, "valve": asked, "generated": asked, "exhaust": asked, "reference": asked},
        "rocof": 0.0,
        "below": 0.0,
        "cut": 0.0,
        "clock": 0.0,
    }
    rack_pace = 1 - np.exp(-duration / supply.rack_smoothing)
    dispatch_pace = 1 - np.exp(-duration / supply.dispatch)
    relay_pace = 1 - np.exp(-duration / supply.relay_time)
    cut_pace = 1 - np.exp(-duration / supply.shed_delay)
    answered = supply.battery_response / duration * (1 - np.exp(-duration / supply.battery_response))
    left = np.exp(-duration / supply.battery_response)

    def step(state, wanted):
        smooth = state["smooth"] + (wanted - state["smooth"]) * rack_pace
        refill = (supply.rack.energy / 2 - state["rack"]) / (REFILL * supply.rack_smoothing)
        rack = storage_step(supply.rack, state["rack"], wanted - smooth - refill, duration)
        cut = state["cut"] + (state["below"] - state["cut"]) * cut_pace
        drawn = wanted - rack["delivered"]
        shed = drawn * supply.shed_share * cut
        served = drawn - shed

        running = 1 - where(state["clock"] >= fleet.lost_at, fleet.lost, 0)
        capacity, masses = fleet.capacity * running, rotating_energy(fleet) * running
        turbine = state["turbine"]
        slow = state["slow"] + (served - state["slow"]) * dispatch_pace
        slope = (turbine["generated"] * capacity + state["answer"] - served) / masses
        halfway = turbine["off"] + slope * duration / 2  # what the battery measures, in the middle of the step
        refill = (supply.battery.energy / 2 - state["battery"]) / (REFILL * supply.dispatch)
        wished = supply.load_following * (served - slow) - supply.frequency_gain * halfway * supply.battery.power - refill
        wished = clip(wished, -supply.battery.power, supply.battery.power)
        behind = state["answer"] - wished
        battery = storage_step(supply.battery, state["battery"], wished + behind * answered, duration)

        after = swing_step(fleet, Turbine(**turbine), served - battery["delivered"], duration, running)
        mean, slope = after.pop("mean"), after.pop("slope")
        rocof = state["rocof"] + (fleet.nominal * slope - state["rocof"]) * relay_pace
        frequency = fleet.nominal * (1 + after["off"])
        following = {
            "smooth": smooth,
            "slow": slow,
            "rack": rack["stored"],
            "battery": battery["stored"],
            "answer": wished + behind * left,
            "turbine": after,
            "rocof": rocof,
            "below": where(frequency < supply.shed_below, 1, state["below"]),
            "cut": cut,
            "clock": state["clock"] + duration,
        }
        return following, {
            "drawn": drawn,
            "turbines": mean * capacity,
            "battery": battery["delivered"],
            "masses": -slope * masses,
            "shed": shed,
            "lost": rack["lost"] + battery["lost"],
            "frequency": frequency,
            "rocof": rocof,
            "rack_stored": rack["stored"],
            "battery_stored": battery["stored"],
        }

    _, found = scan(step, start, series)
    return found


@checked(returns={"charge": "W", "discharge": "W", "energy": "J", "turbines": "W"})
def flat_battery(high_power, low_power, high_time, low_time, round_trip):
    """The least battery [W either way, J] behind which turbines don't move: a load of two levels [W, s], known beforehand."""
    one_way = np.sqrt(round_trip)
    # what is charged at the low level is what is discharged at the high one, less the losses
    kept = round_trip * low_time
    turbines = (high_power * high_time + low_power * kept) / (high_time + kept)
    charge, discharge = turbines - low_power, high_power - turbines
    return {"charge": charge, "discharge": discharge, "energy": charge * low_time * one_way, "turbines": turbines}


@checked(returns="1")
def band_share(series, duration, slowest=0.2, fastest=3.0, harmonics=64):
    """Share [1] of the swing of a power series, by energy, between two frequencies [1/s]: summed over its harmonics.

    series: samples [W] over whole periods, time along the first axis, `duration` [s] apart: 20 ms or less, to reach
    3 Hz and to resolve the 65 J that a GB300 stores per GPU. harmonics: of the whole series; they must reach
    fastest x its length, which 64 do up to 20 s. Raises ValueError if they don't.
    """
    count = series.shape[0]
    known = isinstance(duration, float) and isinstance(fastest, (int, float))
    if known and harmonics < (needed := min(fastest * count * duration, count // 2)):
        raise ValueError(f"band_share(): harmonics = {harmonics} is not possible. To reach fastest = {fastest:g} a series of {count * duration:g} s needs {np.ceil(needed):.0f}.")
    centred = series - np.mean(series, axis=0)
    angle = {k: 2 * np.pi * k / count for k in range(1, min(harmonics, count // 2) + 1)}
    turn = {k: 2 * np.cos(angle[k]) for k in angle}

    def goertzel(state, sample):
        """One more sample into every harmonic (Goertzel, 1958)."""
        after = {k: (sample + turn[k] * last - before, last) for k, (last, before) in state.items()}
        return after, sample

    state, _ = scan(goertzel, {k: (0.0, 0.0) for k in turn}, centred)
    inside = 0
    for k, (last, before) in state.items():
        mirrored = 1 if 2 * k == count else 2  # a real series has each harmonic twice, but for the one in the middle
        energy = mirrored * ((last - turn[k] / 2 * before) ** 2 + (np.sin(angle[k]) * before) ** 2)
        frequency = k / (count * duration)
        inside = np.where((frequency >= slowest) & (frequency <= fastest), energy, 0) + inside
    total = count**2 * np.mean(centred**2, axis=0)
    with np.errstate(invalid="ignore"):  # a constant series has no swing to share
        return np.where(total > 0, inside / total, 0)
