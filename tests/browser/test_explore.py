"""What every figure answers because its model is in the page, held against Python."""

import csv
import re
from math import floor
from random import Random

import pytest
import toy
from livefigure.controls import Bound, Choice, Slider
from livefigure.numbers import format_number
from livefigure.trace import flat
from living import NAMES, SMALL, living, sliders
from reading import ALL_OPEN, each, watched


def explored(reader, name: str):
    """The figure's reader with Explore open, and the panel."""
    here = reader(name)
    here.root.get_by_role("button", name="Explore").click()
    panel = here.root.locator(".lf-explore")
    panel.wait_for()  # its script comes with the first press
    return here, panel


@pytest.mark.parametrize("name", ["energy-bill", "two-months"])
def test_on_a_phone_it_is_no_wider_than_its_card(name, browser, server, homes):
    """However long the names of what there is to choose: a line that says what stands in the way is read to its end."""
    page = browser.new_page(viewport={"width": 360, "height": 740}, has_touch=True)
    page.goto(f"{server}/{homes[name]}")
    root = page.locator(f'[data-live-figure="{name}"]')
    root.get_by_role("button", name="Explore").click()
    root.locator(".lf-explore section").first.wait_for()
    beyond = root.locator(".lf-explore").evaluate("(panel) => [...panel.querySelectorAll('*')].filter((e) => e.getBoundingClientRect().right > panel.getBoundingClientRect().right).map((e) => e.outerHTML.slice(0, 60))")
    assert not beyond
    page.close()


SCRIPT = re.compile(r"/_static/explore\.[0-9a-f]+\.js$")


def test_its_script_comes_with_the_first_press_and_once(browser, server, homes):
    """Not before; for every figure of the page; focus stays on the button, which says what is open."""
    with watched(browser, server) as page:
        asked = []
        page.on("request", lambda request: SCRIPT.search(request.url) and asked.append(request.url))
        page.goto(f"{server}/{homes['fifty-four-days']}", wait_until="networkidle")
        buttons = page.locator('[data-action="explore"]')
        assert not asked and buttons.count() > 1 and not page.locator(".lf-explore").count()
        assert set(buttons.evaluate_all("(all) => all.map((b) => b.getAttribute('aria-expanded'))")) == {"false"}
        buttons.evaluate_all("(all) => all.forEach((b) => (b.click(), b.click()))")  # the second presses come before the script
        page.wait_for_function(ALL_OPEN)
        assert len(asked) == 1
        buttons.first.press("Enter")
        assert buttons.first.get_attribute("aria-expanded") == "false" and not page.locator(".lf-explore").first.is_visible()
        buttons.first.press("Enter")
        assert buttons.first.get_attribute("aria-expanded") == "true" and page.locator(".lf-explore").first.is_visible()
        assert buttons.first.evaluate("(b) => b === document.activeElement && !b.hasAttribute('aria-busy')")
        assert len(asked) == 1


@pytest.mark.parametrize("fault", ["unreachable", "broken"])
def test_a_script_that_does_not_come_is_said_and_asked_for_again(fault, browser, server, homes):
    page = browser.new_page()
    page.route(SCRIPT, lambda route: route.abort() if fault == "unreachable" else route.fulfill(body="", content_type="text/javascript"))
    page.goto(f"{server}/{homes['fifty-four-days']}")
    root = page.locator('[data-live-figure="fifty-four-days"]')
    button, message = root.locator('[data-action="explore"]'), root.locator(".lf-message")
    button.press("Enter")
    message.wait_for()
    assert "Explore did not load" in message.inner_text() and message.get_attribute("role") == "alert"
    assert button.get_attribute("aria-expanded") == "false" and button.evaluate("(b) => b === document.activeElement")
    root.locator("input[type=range]").first.press("ArrowRight")  # the figure is alive as before
    assert root.get_attribute("data-state") == "live"
    page.unroute(SCRIPT)
    button.press("Enter")
    root.locator(".lf-explore").wait_for()
    assert button.get_attribute("aria-expanded") == "true" and not message.is_visible()
    page.close()


@pytest.mark.slow
def test_a_page_of_one_file_has_it_inside(examples):
    assert examples.evaluate("livefigure.later.Explore instanceof Function && livefigure.later.load === undefined")


def moving(here, output: str) -> list[str]:
    """The sliders that an output depends on and that move freely and evenly."""
    free = (key for key in sliders(here.figure) if not here.figure.controls[key].values)
    return [key for key in free if key in here.figure.spec["depends"][output]]


@each
def test_what_it_would_take_gives_the_number_asked_for(name, reader):
    here, panel = explored(reader, name)
    output = here.figure.readouts[0].output
    for key in moving(here, output):
        control = here.figure.controls[key]
        if control.integer:
            continue
        value = control.low + 0.37 * (control.high - control.low)
        goal = here.figure.evaluate(**{key: value})[output]
        panel.get_by_label("to make it").fill(repr(goal))
        panel.get_by_label("by changing").select_option(key)
        panel.get_by_role("button", name="Solve").click()
        panel.get_by_role("button", name="Set").click()
        assert here.agrees()[key] != here.figure.defaults[key]
        assert here.shown[output] == pytest.approx(goal, rel=1e-6), key
        here.root.get_by_role("button", name="Reset").click()


@each
def test_what_cannot_be_reached_is_said(name, reader):
    here, panel = explored(reader, name)
    before, said = here.agrees(), panel.locator("p[role=status]")
    if not panel.get_by_label("to make it").count():
        assert not moving(here, here.figure.readouts[0].output)
        return
    panel.get_by_label("to make it").fill("-1e99")
    panel.get_by_role("button", name="Solve").click()
    assert "No value of" in said.inner_text()
    panel.get_by_label("to make it").fill("soon")
    panel.get_by_role("button", name="Solve").click()
    assert "is not a number" in said.inner_text()
    assert here.agrees() == before


def nudged(control: Slider, value: float) -> list[float]:
    """A tenth less and a tenth more, as far as may be typed; whole numbers move by one at least."""
    low, high = control.limits or (control.low, control.high)
    moved = [0.9 * value, 1.1 * value]
    if control.integer:
        moved = [min(floor(moved[0] + 0.5), value - 1), max(floor(moved[1] + 0.5), value + 1)]
    return [min(max(x, low), high) for x in moved]


@each
def test_what_moves_the_number_is_what_python_finds(name, reader):
    here, panel = explored(reader, name)
    readout = here.figure.readouts[0]
    bars = panel.locator(".lf-moves li:has(.lf-bar)")
    shown = dict(line.locator("span").all_inner_texts()[::2] for line in bars.all())
    now = format_number(here.figure.evaluate()[readout.output], readout.format)
    for key in moving(here, readout.output):
        control = here.figure.controls[key]
        ends = [format_number(here.figure.evaluate(**{key: value})[readout.output], readout.format) for value in nudged(control, control.value)]
        assert shown.get(control.label) == (None if ends == [now, now] else " … ".join(ends))  # what moves nothing is left out
    assert all(ends != f"{now} … {now}" for ends in shown.values()) and (shown or "None of them" in panel.locator(".lf-moves").inner_text())
    for line in bars.all():
        low, high = (float(line.locator(".lf-bar").evaluate("(bar, edge) => parseFloat(bar.style.getPropertyValue(edge))", edge)) for edge in ("--lf-from", "--lf-to"))
        assert 0 <= low <= 50 and 0 <= high <= 50, line.inner_text()  # the bar starts where the number stands


FILES = """(names) => names.map((name) => {
  const figure = livefigure.figures[name];
  figure.set(figure.defaults); // the page is shared with tests that move it
  return [name, livefigure.later.csv(figure, "https://example.org/page.html")];
})"""


def tables(text: str) -> tuple[list[str], list[list[list[str]]]]:
    """The lines of a file's head, and its tables, each with its names first."""
    head = [line.removeprefix("# ") for line in text.splitlines() if line.startswith("#")]
    body = "\n".join(line for line in text.splitlines() if not line.startswith("#"))
    return head, [list(csv.reader(table.splitlines())) for table in body.strip().split("\n\n")]


def test_the_file_of_every_figure_holds_what_it_draws(gallery):
    files_hold_what_is_drawn(gallery, list(NAMES))


def test_the_files_of_small_figures_hold_what_they_draw(examples):
    files_hold_what_is_drawn(examples, SMALL)


def files_hold_what_is_drawn(page, names: list[str]):
    """Curves and the model's own arrays are Python's numbers; the head says at which inputs, in which units, from where."""
    for name, text in page.evaluate(FILES, names):
        figure, (head, found) = living(name), tables(text)
        spec = figure.spec
        assert head[0] == f"{figure.title} ({name})" and head[1].startswith("https://") and "CC BY 4.0" in text and re.search(r"Computed on 20\d\d-\d\d-\d\d", text)
        said = "\n".join(head)
        assert all(control.label in said for control in figure.controls.values())
        assert all(readout.label in said and readout.unit in said for readout in figure.readouts)
        assert all(source in said for source in figure.sources)
        at = figure.evaluate()
        if not spec["sweeps"] and not spec["arrays"]:
            assert found[0][0] == ["output", "value", "unit", "meaning"]
            for (output, value, *_), readout in zip(found[0][1:], figure.readouts, strict=True):
                assert output == readout.output and float(value) == pytest.approx(at[output], rel=1e-9, nan_ok=True)
            continue
        for sweep, ((along, *outputs), *rows) in zip(spec["sweeps"], found):
            assert (along, outputs, len(rows)) == (sweep["along"], sweep["outputs"], sweep["over"][2])
            for row in Random(name).sample(rows, min(3, len(rows))):
                value = float(row[0]) * figure.controls[along].scale
                there = flat(figure.run(**figure.resolve({}) | {along: value}, **figure.fixed))
                for output, number in zip(outputs, row[1:]):
                    assert float(number) == pytest.approx(float(there[output]), rel=1e-9, nan_ok=True), (name, output)
        written = {column[0]: column[1:] for table in found[len(spec["sweeps"]) :] for column in zip(*table, strict=True)}
        assert written.keys() == spec["arrays"].keys()
        for output, numbers in written.items():
            assert [float(number) for number in numbers] == pytest.approx([*at[output]], rel=1e-9, abs=1e-12, nan_ok=True), (name, output)
        assert all(column in said for column in written)


@each
def test_the_file_is_downloaded(name, reader):
    here, panel = explored(reader, name)
    with here.page.expect_download() as download:
        panel.get_by_role("button", name="Download the data (CSV)").click()
    assert download.value.suggested_filename == f"{name}.csv"
    with open(download.value.path(), newline="", encoding="utf-8") as file:
        head, found = tables(file.read())
    assert head[1] == here.page.url.partition("#")[0] + f"#fig-{name}" and found


@each
def test_the_copied_python_gives_the_number(name, reader):
    here, panel = explored(reader, name)
    here.page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    key = sliders(here.figure)[0]
    here.slider(key).press("End")
    panel.get_by_role("button", name="Copy as Python").click()
    here.page.wait_for_function("(name) => document.querySelector(`[data-live-figure=\"${name}\"] .lf-explore`).textContent.includes('Copied')", arg=name)
    *imports, call = here.page.evaluate("navigator.clipboard.readText()").splitlines()
    assert imports[0].startswith("# Needs the book’s code")
    names = {}
    exec("\n".join(imports), names)
    assert eval(call, names) == pytest.approx(here.shown[here.figure.readouts[0].output], rel=1e-9)


def test_the_curve_is_read_by_keyboard(reader):
    here, panel = explored(reader, "fifty-four-days")
    panel.get_by_label("Read the curve").press("ArrowRight")
    said = panel.locator("output").inner_text()
    assert said.startswith(here.figure.controls["speedup"].label)
    assert here.root.locator(".lf-cross:visible").count() == 1
    here.page.keyboard.press("Tab")
    assert here.root.locator(".lf-cross:visible").count() == 0


def test_a_curve_is_read_where_the_slider_stands_on_its_axis(examples):
    figure = living("gallery-curve")
    root = examples.locator('[data-live-figure="gallery-curve"]')
    if not root.locator(".lf-explore:visible").count():
        root.get_by_role("button", name="Explore").click()
    low, high = figure.drawing("wide").fig.axes[0].get_xlim()
    for place in (25, 50, 100):  # where the curve is within the picture
        root.get_by_label("Read the curve").fill(str(place))
        said = root.locator(".lf-explore output").first.inner_text()
        at = low + place / 100 * (high - low)
        numbers = [float(number) for number in re.findall(r"\d+(?:\.\d+)?", said)]
        assert numbers[0] == pytest.approx(at, rel=5e-3) and numbers[1] == pytest.approx(figure.evaluate(speed=at)["minutes"], abs=0.5), said
    examples.evaluate("document.activeElement.blur()")


def test_a_number_on_an_uncertain_curve_is_read_with_its_range(reader):
    here, panel = explored(reader, "gallery-uncertainty")
    for place, range in (("50", r"\d+ to \d+"), ("100", "extrapolated")):
        panel.get_by_label("Read the curve").fill(place)
        assert re.search(rf"\d+ {here.figure.readouts[0].label} \({range}\)", panel.locator("output").inner_text())


@each
def test_it_says_where_a_number_comes_from(name, reader):
    here, panel = explored(reader, name)
    lines = panel.locator(".lf-from li").all_inner_texts()
    for key in here.figure.spec["depends"][here.figure.readouts[0].output]:
        control = here.figure.controls[key]
        text = here.state[key] if isinstance(control, Choice) else control.label
        assert any(text in line for line in lines), text
    assert not [line for line in lines if re.search(r"(?<![\w/])[a-z]+_[a-z_]+\b|\d[eE]\+|seen-2nd|\(seen\)", line)], "prose, not the names of fields"
    papers = {number for line in lines for number in re.findall(r"arXiv (\d{4}\.\d{5})", line)}
    links = set(panel.locator(".lf-from a").evaluate_all("(all) => all.map((a) => a.href)"))
    assert {f"https://arxiv.org/abs/{number}" for number in papers} <= links


SOLVED = [
    ("share", "x", "55 %", "No value of x"),  # which share does not depend on
    ("share", "share", "55 %", "It takes share = 55 %. "),
    ("share", "share", "0.55", "It takes share = 55 %. "),
    ("root", "x", "1.51", "It takes x = 3.28"),  # of whose square it is the root, and one
    ("pole", "x", "0", "No value of x that is possible gives 0"),  # it jumps from one infinity to the other
    ("steps", "x", "5.5", ", where it jumps to"),
    ("wave", "x", "many", "is not a number"),
]


@pytest.mark.parametrize("output, by, wanted, answer", SOLVED)
def test_what_it_would_take_answers_only_what_is_so(output, by, wanted, answer, examples):
    root = examples.locator('[data-live-figure="toy"]')
    if not root.locator(".lf-explore:visible").count():
        root.get_by_role("button", name="Explore").click()
    panel = root.locator(".lf-explore")
    panel.locator("select").first.select_option(index=[r["output"] for r in toy.figure().spec["readouts"]].index(output))
    panel.locator("form select").select_option(by)
    panel.locator("form input").fill(wanted)
    panel.get_by_role("button", name="Solve").click()
    assert answer in panel.locator("[role=status]").inner_text()


def test_what_it_would_take_names_the_wall(reader):
    """A tenth of the 54 days by speed-up: a number, where the chips' peak stops it (arXiv 2407.21783, table 4), and how far beyond it lies."""
    here = reader("fifty-four-days")
    here.root.get_by_role("button", name="Explore").click()
    panel = here.root.locator(".lf-explore")
    panel.wait_for()
    panel.locator("select").first.select_option(index=[r.output for r in here.figure.readouts].index("days"))
    panel.locator("form select").select_option("speedup")
    panel.locator("form input").fill("5.4")
    panel.get_by_role("button", name="Solve").click()
    answer = panel.locator("[role=status]").inner_text()
    needed = float(re.search(r"= ([\d.]+)", answer)[1])
    found = here.figure.evaluate(speedup=needed)
    assert found["days"] == pytest.approx(5.4, abs=0.005) and " stops at " in answer
    (limit,) = [r for r in here.figure.readouts if r.beyond and found[r.output] > r.limit]
    assert limit.beyond in answer and format_number(found[limit.output], limit.format) in answer
    assert "speed-up stops at 2.47 ×" in answer and format_number(989 / 400, ".2f") == "2.47"  # 989 TFLOP/s, of which the run got 400
    assert "more than there is" in answer and "slider" not in answer


OUTSIDE = """(names) => Object.fromEntries(names.map((name) => [name, Object.fromEntries(livefigure.figures[name].spec.controls
  .filter(({ kind, values }) => kind === "slider" && !values)
  .map((control) => {
    const ends = ["possible", "published"].flatMap((which) => (control[which] ?? []).slice(0, 2).map((end, side) => [which, side, end]));
    return [control.name, ends.filter(([, , end]) => end !== null).map(([which, side, end]) => {
      const beyond = end + (side ? 1 : -1) * Math.max(1e-6, Math.abs(end) / 100);
      return [which, livefigure.later.past(control, end), livefigure.later.past(control, beyond)];
    })];
  }))]))"""


def test_beyond_every_bound_it_is_named(gallery):
    """Of all figures: at an end nothing is said of it, beyond it what can't be, or what nobody has published."""
    count = 0
    for name, controls in gallery.evaluate(OUTSIDE, list(NAMES)).items():
        for key, ends in controls.items():
            control = living(name).controls[key]
            for which, at_end, beyond in ends:
                count += 1
                words = Bound(*getattr(control, which)).words
                assert words not in at_end, (name, key, at_end)
                if which == "published" and control.possible and "which can’t be" in beyond:
                    continue  # both end there, and that it can't be says more
                assert words in beyond and beyond.startswith(", which can’t be" if which == "possible" else ", outside"), (name, key, beyond)
    assert count > 200


def asked(here, panel, output: str, by: str, wanted: str) -> str:
    """What *What would it take?* answers."""
    panel.locator("select").first.select_option(index=[r.output for r in here.figure.readouts].index(output))
    panel.locator("form select").select_option(by)
    panel.locator("form input").fill(wanted)
    panel.get_by_role("button", name="Solve").click()
    return panel.locator("[role=status]").inner_text()


def test_what_it_would_take_names_what_can_not_be(reader):
    """By goodput at most the days of no interruption: 3.8e25 FLOP over 16,384 times 400 TFLOP/s (arXiv 2407.21783)."""
    here, panel = explored(reader, "fifty-four-days")
    least = format_number(3.8e25 / (16_384 * 400e12) / 86_400, ",.3g")
    answer = asked(here, panel, "days", "goodput", "54")
    assert f"it comes nearest with {least}, at 100 %: no run gets on for more than all of its time" in answer
    assert "it does not depend on it" in asked(here, panel, "days", "price", "54")
    assert "outside any job whose goodput is published (1 to 100,000)" in asked(here, panel, "days", "gpus", "5.4")
    here, panel = explored(reader, "four-clocks")
    assert "which can’t be: an H100 has no more than its peak (up to 989 TFLOP/s)" in asked(here, panel, "compute", "rate", "20")
