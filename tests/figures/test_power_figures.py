"""The power chapter's figures: presets against the published numbers they are named after, and every joule accounted for."""

import json
from functools import cache
from importlib import import_module
from itertools import cycle
from random import Random

import numpy as np
import pytest
from clustermath import CHIPS
from clustermath.recorded import SAMPLES, Course, Recording
from figures import swings
from figures.island import course_power
from livefigure.assets import runtime_script
from livefigure.controls import Choice, Switch, own
from living import living
from pytest import approx

IN_TIME = ("swings", "ride-through")
OF_WHAT_CHIPS_DRAW = ("swings", "breathing-hall", "ride-through", "spectrum", "one-line")  # which take a measured load
EVALUATE = """([name, states]) => states.map((state) => {
    const values = livefigure.figures[name].model.evaluate(state);
    return Object.fromEntries(Object.entries(values).map(([key, value]) => [key, value.length === undefined ? value : [...value]]));
})"""


def states(figure) -> list[dict]:
    """The defaults, the presets, and inputs at random within their sliders."""
    random = Random(figure.name)

    def some(control):
        if isinstance(control, Choice):
            return random.choice(list(control.records))
        if isinstance(control, Switch):
            return random.choice([0, 1])
        value = random.choice([control.low, control.high, random.uniform(control.low, control.high)])
        return float(round(value)) if control.integer else float(value)

    drawn = [{name: some(control) for name, control in figure.controls.items()} for _ in range(12)]
    return [figure.defaults | state for state in ({}, *figure.presets.values(), *drawn)]


def assert_every_joule_is_accounted_for(values: dict, energies: dict):
    """generated = consumed + losses + change of stored energy, and at each instant in = out. energies: store → J / 10⁶."""
    load, drawn, turbines, battery, masses, shed, lost = (
        np.array(values[name]) for name in ("load", "drawn", "turbines", "battery", "masses", "shed", "lost")
    )
    time = np.array(values["seconds"])
    duration = time[1] - time[0]
    np.testing.assert_allclose(turbines + battery + masses + shed - drawn, 0, atol=1e-9 * load.max())
    gained = sum(values[f"{name}_stored"][-1] - energy / 2 for name, energy in energies.items())
    generated = (turbines + masses + shed).sum() * duration
    used = (load + lost).sum() * duration
    assert abs(generated - used - gained) <= 1e-9 * (used + sum(energies.values()))
    for name, energy in energies.items():
        stored = np.array(values[f"{name}_stored"])
        assert stored.min() >= 0 and stored.max() <= energy * (1 + 1e-12)
    assert min(shed.min(), lost.min()) >= 0


def energies(figure, state: dict) -> dict:
    """What the stores hold when full [MJ], from the inputs alone."""
    each = figure.resolve(state)
    pack = each["pack"].energy if "pack" in each else swings.BATTERY.energy
    return {"rack": each["gpus"] * each.get("energy_per_gpu", 65.0) / 1e6, "battery": each["packs"] * pack / 1e6}


@cache
def in_python(name: str) -> list[dict]:
    """What Python makes of the states of a figure."""
    return [living(name).evaluate(**state) for state in states(living(name))]


@pytest.mark.slow
@pytest.mark.parametrize("name", IN_TIME)
def test_python_conserves_energy(name):
    figure = living(name)
    for state, values in zip(states(figure), in_python(name), strict=True):
        assert_every_joule_is_accounted_for(values, energies(figure, state))


@pytest.fixture(scope="module")
def page(browser, tmp_path_factory):
    """A page with the figures in time, and nothing around them."""
    file = tmp_path_factory.mktemp("power") / "power.html"
    cards = "".join(figure.page_html() for figure in map(living, OF_WHAT_CHIPS_DRAW))
    file.write_text(f'<!doctype html><meta charset="utf-8">{cards}<script>{runtime_script()}</script>', encoding="utf-8")
    page = browser.new_page()
    page.goto(file.as_uri())
    yield page
    page.close()


@pytest.mark.slow
@pytest.mark.parametrize("name", IN_TIME)
def test_the_page_conserves_energy_and_agrees_with_python(name, page):
    figure = living(name)
    tried = states(figure)
    found = page.evaluate(EVALUATE, [name, json.loads(json.dumps(tried))])
    for state, values, python in zip(tried, found, in_python(name), strict=True):
        assert_every_joule_is_accounted_for(values, energies(figure, state))
        for output in ("load", "drawn", "turbines", "battery", "shown.frequency", "battery_stored"):
            np.testing.assert_allclose(values[output], python[output], rtol=1e-9, atol=1e-9)


def courses(random: Random) -> list[str]:
    """Measured loads as links hold them: a chip that shuts down, one that never changes, and some at random."""
    lone = np.zeros(SAMPLES)
    lone[:7] = 700.0
    found = [Course(50.0, 900.0, lone), Course(0.3, 700.0, np.full(SAMPLES, 700.0))]
    for seconds in (0.05, 7.3, 25.8, 49.9):
        watts = np.repeat([random.uniform(100, 1400) for _ in range(SAMPLES // 5)], 5)
        found.append(Course(seconds, float(watts.max()), watts))
    return [own(course) for course in found]


@pytest.mark.slow
@pytest.mark.parametrize("name", OF_WHAT_CHIPS_DRAW)
def test_the_page_makes_of_a_measured_load_what_python_makes(name, page):
    """In every preset. (A gigawatt of batteries that hold the frequency of half a megawatt would shake by their last bits.)"""
    figure, random = living(name), Random(name)
    between = {"time": 5.0} if "time" in figure.controls else {}  # two samples: at the ends of the slider a last bit says which
    tried = [state | {"recorded": text} | between for text, state in zip(courses(random), cycle(figure.defaults | preset for preset in figure.presets.values()))]
    for state, values in zip(tried, page.evaluate(EVALUATE, [name, json.loads(json.dumps(tried))]), strict=True):
        python = figure.evaluate(**state)
        assert name == "breathing-hall" or values["modelled"] == 0
        still = python.get("flow", 1) < 1e-6  # then a last bit says whether the battery gives or takes
        for output in (*figure.trace.numbers, *figure.trace.arrays):
            if still and output.startswith(("wire.", "said.")):
                continue
            np.testing.assert_allclose(np.array(values[output], float), python[output], rtol=1e-9, atol=1e-9 + 1e-9 * np.abs(python[output]).max(), err_msg=output)
        if name in IN_TIME:
            assert_every_joule_is_accounted_for(values, energies(figure, state))


@pytest.mark.parametrize("length", [0.5, 12.0, 50.0])
def test_a_measured_load_keeps_its_energy(length):
    """Over whole repetitions the mean is the recording's, however its parts and the figure's samples lie."""
    watts = np.random.default_rng(5).uniform(100, 1400, SAMPLES)
    samples = 1320
    means = course_power(Course(length, 1400.0, watts), np.arange(samples), 3 * length / samples)
    assert means.mean() == approx(watts.mean(), rel=1e-12)
    assert course_power(Course(length, 1400.0, watts), np.arange(SAMPLES), length / SAMPLES) == approx(watts, rel=1e-9)


def test_a_measured_sine_lies_at_its_own_frequency():
    """A sine of amplitude a in one chip moves as many chips, servers and switches by as much, at its frequency and nowhere else."""
    time = np.arange(SAMPLES) * 0.05
    figure = measured_figure("spectrum", Recording(seconds=time, watts=500 + 100 * np.sin(2 * np.pi * 0.5 * time)))
    values = figure.evaluate(gpus=1e6)
    bars = np.array(values["bars.before"])
    largest = int(np.argmax(bars))
    assert bars[largest] == approx(100 * 1.1, rel=0.01) and values["bars.x0"][largest] <= 0.5 <= values["bars.x1"][largest]
    assert np.delete(bars, largest).max() < 0.001 * bars[largest]
    assert values["inside"] == approx(1, abs=1e-4) and values["wide"] == approx(1, abs=1e-4)


def test_a_site_that_trips_says_so():
    """Without batteries the swing of 220,000 GB300s moves the sets by more than itself; the frequency decides, in readout and picture."""
    figure = living("swings")
    values, steady = figure.evaluate(packs=0), figure.evaluate(response=0.02)
    assert values["at_turbines"] > 1.4 * values["asked"]
    assert values["beyond"] == approx(values["highest"] - 61.8) and values["beyond"] > 0.1
    assert steady["beyond"] == 0 and steady["at_turbines"] < 0.15 * steady["asked"]


def test_the_restart_is_the_dangerous_half():
    """An outside integration without packs: 62.8 Hz when 878 MW stop, 56.75 when 948 come back, 57.97 over 2 s; three spares that spin
    hold 1 GW when a set trips. Here steps go on swinging, which takes another third of a hertz."""
    figure = living("ride-through")
    bare, slow = (figure.evaluate(**figure.presets[name]) for name in ("… without Megapacks", "… restarted over 2 s, without Megapacks"))
    assert bare["highest"] == approx(63.0, abs=0.3) and bare["lowest"] == approx(56.75, abs=0.3)
    assert slow["lowest"] == approx(57.97, abs=0.5) and slow["lowest"] > bare["lowest"] + 0.5
    one, spare = (figure.evaluate(**figure.presets[name]) for name in ("… one set trips", "… one set trips, three spares spin"))
    assert one["beyond"] > 0 == spare["beyond"]


def test_load_that_is_shed_saves_the_rest():
    figure = living("ride-through")
    preset = figure.presets["… one set trips"]
    dark, rescued = figure.evaluate(**preset), figure.evaluate(**preset | {"shed_share": 0.2})
    assert rescued["lowest"] > dark["lowest"] + 1 and rescued["short"] > 100


@pytest.mark.parametrize(
    "preset, published, band",
    [
        ("Meta, measured", 83_000, 0.01),  # arXiv 2605.24461; the PUE is chosen so
        ("Colossus 1, 150 MW", 100_000, 0.08),  # SemiAnalysis: 150 MW for 100k H100
        ("Colossus 1, 300 MW", 222_000, 0.17),  # joint announcement, May 2026: "300+" MW, and not all at full power
        ("Colossus 2 as seen, January 2026", 190_000, 0.03),  # Epoch AI's 350 MW at 1.82 kW each
        ("1 GW, claimed for January 2026 (disputed)", 555_000, 0.23),  # FrontierNews.ai; at full power they don't fit
        ("2 GW, claimed", 1_000_000, 0.14),  # Bloomberg, quoted by the gigawatt article; at full power
    ],
)
def test_sites_feed_the_gpus_reported(preset, published, band):
    figure = living("gigawatt")
    values = figure.evaluate(**figure.presets[preset])
    assert values["reported"] == published
    assert values["fed"] == approx(published, rel=band)


def test_the_claim_at_full_power():
    """Facts: 1.12 to 1.40 GW for racks of 132 to 140 kW and a PUE of 1.1 to 1.3."""
    assert 1.12 < living("gigawatt").evaluate()["needed"] < 1.40


def test_overbuild_as_announced():
    """VoltaGrid and Vantage: 2.3 GW for a campus of 1.4 GW, 64 % more."""
    figure = living("turbine-fleet")
    values = figure.evaluate(**figure.presets["2.3 GW for 1.4 GW"])
    assert values["installed"] == approx(2300, rel=0.01)
    assert values["overbuild"] == approx(0.64, abs=0.015)


def test_no_shortage_worth_a_name_is_written_as_none():
    """Two dozen spares: short for less than a second in a century, which would be twenty decimals."""
    figure = living("turbine-fleet")
    assert figure.evaluate(spares=24)["hours"] == 0 < figure.evaluate(spares=8)["hours"]


def test_colossus_1_has_35_sets_of_over_400_megawatts():
    """Southern Environmental Law Center: up to 35 turbines, over 400 MW."""
    figure = living("turbine-fleet")
    values = figure.evaluate(**figure.presets["Colossus 1: 35 sets, over 400 MW"])
    assert values["units"] + 8 == 35 and values["installed"] == approx(400)


def test_megapacks_of_the_presets():
    """Derived from Tesla's figures: 168 packs hold 655 MWh; Teslarati: about 156 of them for 150 MW."""
    figure = living("ride-through")
    assert figure.evaluate()["pack_mwh"] == approx(655, rel=0.01)
    assert figure.evaluate(**figure.presets["Colossus 1, 150 MW"])["pack_mw"] == approx(150, rel=0.03)


def test_solar_farm():
    """Facts: 10 % of Colossus 1 by rating; by energy 2 to 2.5 % of it and 0.6 to 0.75 % of a gigawatt."""
    values = living("solar-farm").evaluate()
    assert values["by_rating"] == approx(0.10)
    assert 0.02 <= values["by_energy"] <= 0.025
    assert 0.006 <= values["energy.row2"] <= 0.0075


def test_gas_at_498_grams():
    """EIA's carbon of natural gas at 8,495 Btu/kWh: 498 g/kWh."""
    assert living("energy-bill").evaluate()["grams"] == approx(498, abs=1)


def test_a_floor_costs_about_what_engineers_say():
    """arXiv 2508.14318: a floor at 90 % of the rated power takes about 10.5 % more energy; ours has other waits."""
    assert living("swings").evaluate(floor_share=0.9)["floor_cost"] == approx(0.105, abs=0.03)


def measured_figure(module, recording):
    return import_module(f"figures.{module}").figure(trace=recording)


@pytest.mark.parametrize("name, module, output", [("swings", "swings", "load"), ("breathing-hall", "breathing_hall", "course.load"), ("ride-through", "ride_through", "load"), ("spectrum", "spectrum", "bars.before")])
def test_a_measured_trace_replaces_the_square_wave(name, module, output):
    """A chip that draws the same all the time leaves no swing, whatever the model's step would do."""
    figure = measured_figure(module, Recording(seconds=np.arange(40.0), watts=np.full(40, 700.0)))
    measured = np.array(figure.evaluate()[output])
    square = np.array(living(name).evaluate()[output])
    assert np.ptp(measured) <= 1e-9 * max(measured.max(), 1) < np.ptp(square)


@pytest.fixture(scope="module")
def recorded_steps():
    """Four steps of a GB300 as the model draws them, as a meter would write them down each tenth of a per cent of a step."""
    chip, samples = CHIPS["GB300 NVL72"], np.arange(4000)
    busy = samples % 1000 < 1000 * (1 - swings.WAITING)
    return Recording(seconds=samples * swings.RUN.measured / 1000, watts=np.where(busy, chip.tdp, 0.4 * chip.tdp))


@pytest.mark.slow
@pytest.mark.parametrize(
    "name, module, same, inputs",
    [
        ("swings", "swings", {"asked": 0.001, "running_mw": 0, "lowest": 0.001, "highest": 0.001, "at_turbines": 0.02}, {}),
        ("breathing-hall", "breathing_hall", {"asked": 0.001, "now.load": 0.001, "now.turbines": 0.02, "hall.fill": 0, "of_load": 0.02, "at_turbines": 0.02}, {}),
        ("ride-through", "ride_through", {"full": 0.001, "running_mw": 0, "lowest": 0.005, "highest": 0.005}, {"outage_time": 0, "cap": 1}),
        ("spectrum", "spectrum", {"inside": 0.015, "wide": 0.005, "left_share": 0.05, "resonance": 0, "most": 0.02}, {}),
        ("one-line", "one_line", {"turbines": 1e-9, "masses_ms": 1e-9, "rack_ms": 1e-9, "cooling": 1e-9}, {}),
    ],
)
def test_a_trace_of_the_models_own_steps_says_the_same(name, module, same, inputs, recorded_steps):
    """What a meter would have written down of the model's steps, in all figures that take a trace; and each makes a page.
    The spectrum of the model ends at its 128th harmonic, near 20 Hz, a course of 600 means in 26 s at 11.6. A mean over
    dt blurs two edges a step of T: dt / (3 T p (1 - p)) of the swing's energy is lost, 1.1 % where p = 0.28 of it waits."""
    figure = measured_figure(module, recorded_steps)
    model, measured = living(name).evaluate(**inputs), figure.evaluate()
    for output, within in same.items():
        assert measured[output] == approx(model[output], rel=within, abs=1e-9), output
    assert "measured" in figure.page_html()


@pytest.mark.parametrize("share", [0, 0.3, 0.36, 0.49, 0.51, 0.99, 1])
def test_the_hall_says_what_its_load_does(share):
    """Squares, words and megawatts are those of one sample, at the very end of the time, too."""
    figure = living("breathing-hall")
    slider = figure.controls["time"]
    values = figure.evaluate(time=slider.low + share * (slider.high - slider.low))
    low, high = min(values["course.load"]), max(values["course.load"])
    if values["now.load"] in (approx(low), approx(high)):  # and not a sample in which both happen
        computes = values["now.load"] == approx(high)
        assert (values["said.computing"] == 1) == computes and (values["said.waiting"] == 1) != computes
        assert set(values["hall.fill"]) == {0.0 if computes else 1.0}
