"""A reader at a figure: everything dragged, typed, chosen and pressed; the numbers are those of Python each time."""

from random import Random

import pytest
from livefigure.controls import Choice, Slider, Switch
from livefigure.numbers import NOTHING, format_number
from living import NAMES, SMALL, ends, living, possible_state, sliders
from reading import agree, each


DRIVE = """(root, steps) => steps.map(([name, kind, value]) => {
    if (kind === "preset" || kind === "reset") {
        root.querySelector(kind === "reset" ? '[data-action="reset"]' : `[data-preset="${value}"]`).click();
    } else {
        const element = root.querySelector(`[name="${name}"]:is(${kind})`);
        if (element.type === "checkbox") element.checked = Boolean(value);
        else element.value = value;
        for (const event of ["input", "change"]) element.dispatchEvent(new Event(event, { bubbles: true }));
    }
    const shown = Object.fromEntries([...root.querySelectorAll("output[name]")].map((o) => [o.name, o.dataset.value]));
    return [{ ...livefigure.figures[root.dataset.liveFigure].state }, shown, location.hash];
})"""


def steps(figure) -> list[tuple]:
    """Every control taken to its ends and into the middle, every box typed into, every preset pressed, then reset."""
    found, random = [], Random(figure.name)
    for key, control in figure.controls.items():
        if isinstance(control, Slider):
            count = control.count()
            found += [(key, "[type=range]", position) for position in (count, 0, count // 2)]
            found.append((key, "[type=text]", repr(float(possible_state(random, figure)[key] / control.scale))))
        elif isinstance(control, Switch):
            found += [(key, "[type=checkbox]", value) for value in (1, 0)]
        else:
            found += [(key, "select", record) for record in random.sample(ends(control), min(4, len(control.records)))]
    found += [(None, "preset", k) for k in range(len(figure.presets))]
    return [*random.sample(found, min(len(found), 25)), (None, "reset", None)]


@pytest.mark.parametrize("name", NAMES)
def test_every_control_of_every_figure_moves_the_numbers_to_what_python_computes(name, chapter, server, homes):
    address = f"{server}/{homes[name]}"
    if not chapter.url.startswith(address):
        chapter.goto(address)
    every_control_moves_the_numbers(chapter, name)


@pytest.mark.parametrize("name", SMALL)
def test_so_does_every_control_of_small_figures_without_a_book_around_them(name, examples):
    every_control_moves_the_numbers(examples, name)


def every_control_moves_the_numbers(page, name):
    figure = living(name)
    seen = {readout.output: set() for readout in figure.readouts if readout.role == "computed"}
    for state, shown, address in page.locator(f'[data-live-figure="{name}"]').evaluate(DRIVE, steps(figure)):
        numbers = {output: float(text) if text else None for output, text in shown.items()}
        agree(numbers, figure.evaluate(**state))
        assert address.startswith(f"#fig-{name}")
        for output, values in seen.items():
            values.add(numbers[output])
    assert state == figure.defaults and address == f"#fig-{name}"
    assert [output for output, values in seen.items() if len(values) == 1] == [], "these readouts depend on nothing"


def thumb(slider) -> tuple[float, float, float]:
    """Left end, right end and height of the way of a slider's thumb, in page pixels."""
    slider.scroll_into_view_if_needed()
    box = slider.bounding_box()
    return box["x"] + 10, box["x"] + box["width"] - 10, box["y"] + box["height"] / 2


@each
def test_every_slider_is_dragged(name, reader):
    here = reader(name)
    for key in sliders(here.figure):
        left, right, y = thumb(here.slider(key))
        position = here.slider(key).evaluate("(e) => e.value / e.max")
        mouse, before = here.page.mouse, here.state
        mouse.move(left + (right - left) * position, y)
        mouse.down()
        for share in (0.98, 0.02) if position < 0.5 else (0.02, 0.98):
            mouse.move(left + (right - left) * share, y, steps=4)
            after = here.agrees()
            assert after[key] != before[key]
            others = [k for k in after if k != key and not getattr(here.figure.controls[k], "at_most", "")]
            assert [after[k] for k in others] == [before[k] for k in others]
            before = after
        mouse.up()
        assert (f"{key}=" in here.address) == (after[key] != here.figure.defaults[key])


@each
def test_every_box_is_typed(name, reader):
    here, random = reader(name), Random(name)
    for key in sliders(here.figure):
        control = here.figure.controls[key]
        value = possible_state(random, here.figure)[key]
        typed = value / control.scale
        here.box(key).click()
        here.box(key).press("ControlOrMeta+a")
        here.box(key).type(f"{typed:.12g} {control.unit}")
        here.agrees(**{key: float(f"{typed:.12g}") * control.scale})
        here.box(key).press("Enter")
        assert here.box(key).input_value() == format_number(typed, control.format)
        assert here.box(key).get_attribute("aria-invalid") == "false"
        assert here.slider(key).get_attribute("aria-valuetext").startswith(format_number(typed, control.format))


@each
def test_the_slider_is_driven_by_keyboard(name, reader):
    here = reader(name)
    for key in sliders(here.figure):
        control, slider = here.figure.controls[key], here.slider(key)
        slider.focus()
        slider.press("Home")
        here.agrees(**{key: control.low})
        slider.press("ArrowRight")
        one = here.agrees()[key]
        assert one > control.low
        slider.press("Home")
        slider.press("PageUp")
        assert here.agrees()[key] >= one
        slider.press("End")
        here.agrees(**{key: control.high})
        slider.press("ArrowLeft")
        assert here.agrees()[key] < control.high
        slider.press("ArrowRight")
        here.agrees(**{key: control.high})


@each
def test_every_arrow_key_moves_the_number(name, reader):
    """No position of a slider repeats its neighbour's value: a key press that does nothing looks broken."""
    here = reader(name)
    for key in sliders(here.figure):
        values = here.slider(key).evaluate(
            """(slider, [name, key]) => Array.from({ length: Number(slider.max) + 1 }, (_, i) => {
                slider.value = i;
                slider.dispatchEvent(new Event("input"));
                return livefigure.figures[name].state[key];
            })""",
            [name, key],
        )
        repeated = [v for v, following in zip(values, values[1:]) if v == following]
        assert not repeated, f"{key} stays at {repeated[:5]}"
        assert values == sorted(values)


@each
def test_tab_reaches_everything_in_reading_order(name, reader):
    here = reader(name)
    wanted = here.root.evaluate(
        """(root) => {
            const all = [...root.querySelectorAll("a[href], button, input, select, summary, [tabindex]")];
            const reachable = all.filter((e) => e.checkVisibility({ visibilityProperty: true }) && !e.disabled && e.tabIndex >= 0 && !e.closest("[inert]"));
            reachable.forEach((e, i) => (e.dataset.order = i));
            reachable[0].focus();
            return reachable.length;
        }"""
    )
    order = []
    for _ in range(wanted):
        order.append(here.page.evaluate("document.activeElement.dataset.order"))
        here.page.keyboard.press("Tab")
    assert order == [str(i) for i in range(wanted)]


@each
def test_focus_can_be_seen(name, reader):
    here = reader(name)
    here.page.keyboard.press("Tab")
    for element in here.root.locator("button:visible:enabled, input:visible:enabled, select:visible:enabled, summary:visible").all():
        if element.evaluate("(e) => Boolean(e.closest('[inert]'))"):
            continue  # behind a guess that isn't made yet
        element.focus()
        assert element.evaluate("(e) => e.matches(':focus-visible') && getComputedStyle(e).outlineStyle !== 'none'"), element.evaluate("(e) => e.outerHTML.slice(0, 99)")


def choose(here, key: str, record: str) -> None:
    here.root.locator(f'select[name="{key}"]').select_option(record)
    here.agrees(**{key: record})


def make_room(here, key: str) -> None:
    """Choose something else, where `key` is greyed out, that leaves it to the reader."""
    figure = here.figure
    enabled = figure.controls[key].enabled
    if enabled and not figure.evaluate(**here.state)[enabled]:
        others = [(other, record) for other, control in figure.controls.items() if isinstance(control, Choice) for record in control.records]
        choose(here, *next(one for one in others if figure.evaluate(**here.state | dict([one]))[enabled]))


@each
def test_every_record_is_chosen(name, reader):
    here = reader(name)
    for key, control in here.figure.controls.items():
        if isinstance(control, Choice):
            make_room(here, key)
            select = here.root.locator(f'select[name="{key}"]')
            assert select.locator("option").all_inner_texts() == list(control.records)
            for record in control.records:
                choose(here, key, record)
            select.focus()
            select.press("Home")
            select.press("ArrowDown")
            here.agrees(**{key: list(control.records)[min(1, len(control.records) - 1)]})


@each
def test_every_switch_is_thrown(name, reader):
    here = reader(name)
    for key, control in here.figure.controls.items():
        if isinstance(control, Switch):
            box = here.root.locator(f'input[type=checkbox][name="{key}"]')
            for _ in range(2):
                before = here.state[key]
                box.focus()
                box.press("Space")
                here.agrees(**{key: 1 - before})
                assert box.is_checked() == (not before)


@each
def test_every_preset_and_reset(name, reader):
    here = reader(name)
    defaults = here.state
    random = Random(name)
    for label, preset in here.figure.presets.items():
        here.page.evaluate("([name, state]) => livefigure.figures[name].set(state)", [name, possible_state(random, here.figure)])
        button = here.root.get_by_role("button", name=label, exact=True)
        button.click()
        here.agrees(**(defaults | dict(preset)))
        assert button.get_attribute("aria-pressed") == "true"
        pressed = here.root.locator('[data-preset][aria-pressed="true"]').all_inner_texts()
        same = [other for other, inputs in here.figure.presets.items() if defaults | dict(inputs) == defaults | dict(preset)]
        assert pressed == same
    here.root.get_by_role("button", name="Reset").click()
    here.agrees(**defaults)
    assert here.address == f"fig-{name}"


@each
def test_the_readout_s_text_is_its_number_as_python_writes_it(name, reader):
    here, random = reader(name), Random(name)
    for _ in range(10):
        here.page.evaluate("([name, state]) => livefigure.figures[name].set(state)", [name, possible_state(random, here.figure)])
        for readout in here.figure.readouts:
            text = here.root.locator(f'output[name="{readout.output}"] .lf-number').inner_text()
            shown = here.shown[readout.output]
            assert text == (NOTHING if shown is None else format_number(shown, readout.format))


@pytest.mark.parametrize("name", NAMES)
def test_a_range_is_where_python_says_that_the_number_lies(name, reader):
    """Where the model is extrapolated it says so instead. A figure without a range shows none."""
    if not {f"low.{readout.output}" for readout in living(name).readouts} & living(name).evaluate().keys():
        assert "lf-range" not in living(name).card
        return
    here, random = reader(name), Random(name)
    figure, said = here.figure, set()
    for state in [*figure.presets.values(), *(possible_state(random, figure) for _ in range(10))]:
        here.page.evaluate("([name, state]) => { const figure = livefigure.figures[name]; figure.set({ ...figure.defaults, ...state }); }", [name, state])
        found = figure.evaluate(**state)
        ranged = [readout for readout in figure.readouts if f"low.{readout.output}" in found]
        assert ranged and here.root.locator(".lf-range").count() == len(ranged)
        for readout in ranged:
            low, high = (format_number(found[f"{end}.{readout.output}"], readout.format) for end in ("low", "high"))
            expected = "extrapolated" if figure.extrapolated and found[figure.extrapolated] else f"{low} to {high}" if low != high else ""
            assert here.root.locator(f'.lf-readout:has(output[name="{readout.output}"]) .lf-range').inner_text() == (expected and f"({expected})")
            said.add(expected)
    assert ("extrapolated" in said) == bool(figure.extrapolated) and len(said) > 2


def test_what_a_message_offers_is_taken(gallery):
    """The ends of every box, as its message writes them."""
    refused = gallery.evaluate(
        """() => Object.values(livefigure.figures).flatMap((figure) => figure.spec.controls.filter((c) => c.kind === "slider" && !c.values).flatMap((c) =>
            c.limits.filter((limit) => {
                const box = figure.root.querySelector(`input[type=text][name="${c.name}"]`);
                box.value = livefigure.formatNumber(limit / c.scale, ",.6g");
                box.dispatchEvent(new Event("change", { bubbles: true }));
                const taken = figure.state[c.name];
                const bounded = c.atMost && taken < limit;
                figure.set(figure.defaults);
                return taken !== limit && !bounded;
            }).map((limit) => [figure.spec.name, c.name, limit])))"""
    )
    assert not refused


def test_two_readouts_of_one_output_are_two(examples):
    examples.evaluate("livefigure.figures.toy.set({ x: 1.5, share: 0.9 })")
    wave = examples.locator('[data-live-figure="toy"] output[name="wave"] .lf-number').all_inner_texts()
    value = examples.evaluate("livefigure.figures.toy.values.wave")
    assert wave == [format_number(value, ".3f"), format_number(value, ".0f")]


def test_a_number_that_another_one_bounds_is_shown_as_it_is(reader):
    here = reader("gallery-stacked", "experts=8&active=2")
    assert here.figure.controls["active"].at_most == "experts"
    here.box("active").fill("12")
    here.box("active").press("Enter")
    assert here.state["active"] == 8 and here.box("active").input_value() == "8"
    assert "at most" in here.root.locator(".lf-message").inner_text()
    here = reader("gallery-stacked", "experts=4&active=12")
    assert here.state["active"] == 4 and "at most" in here.root.locator(".lf-message").inner_text()


BAD = ["many", "", "1e999", "-1e999", "NaN", "Infinity", "12abc", "<b>1</b>", "1,5", "0x10", "9" * 400, "−99999999999999", "5 __proto__"]


@each
def test_bad_text_in_a_box_is_answered_and_changes_nothing(name, reader):
    here = reader(name)
    for key in sliders(here.figure):
        control, box, before = here.figure.controls[key], here.box(key), here.agrees()
        for bad in BAD if key == sliders(here.figure)[0] else BAD[:3]:
            box.fill(bad)
            box.press("Enter")
            assert here.agrees() == before, bad
            assert box.get_attribute("aria-invalid") == "true", bad
            message = here.root.locator(f"#{box.get_attribute('aria-errormessage')}")
            text = message.inner_text()
            assert message.is_visible() and control.label in text and bad.strip()[:24] in text
            for limit in control.values or control.limits or (control.low, control.high):
                assert format_number(limit / control.scale, ",.6g") in text
            assert control.unit in text
        box.press("Escape")
        assert box.input_value() == format_number(before[key] / control.scale, control.format)
        assert box.get_attribute("aria-invalid") == "false" and not message.is_visible()


@each
def test_a_good_value_after_a_bad_one_clears_the_message(name, reader):
    here = reader(name)
    key = sliders(here.figure)[0]
    here.box(key).fill("many")
    here.box(key).press("Enter")
    here.slider(key).press("Home")
    here.slider(key).press("End")
    here.agrees(**{key: here.figure.controls[key].high})
    assert here.box(key).get_attribute("aria-invalid") == "false"


@each
def test_values_are_current_when_an_event_has_been_dispatched(name, reader):
    """Other people's scripts may set a control, dispatch `input` or `change`, and read the readouts on the next line."""
    here, random = reader(name), Random(name)
    for key in sliders(here.figure):
        control = here.figure.controls[key]
        for event in ("input", "change"):
            value = possible_state(random, here.figure)[key]
            shown = here.box(key).evaluate(
                """(box, [text, event]) => {
                    box.value = text;
                    box.dispatchEvent(new Event(event, { bubbles: true }));
                    return Object.fromEntries([...box.closest("[data-live-figure]").querySelectorAll("output[name]")].map((o) => [o.name, o.dataset.value]));
                }""",
                [repr(value / control.scale), event],
            )
            here.agrees(**{key: value})
            assert {output: float(text) if text else None for output, text in shown.items()} == here.shown


@each
def test_a_change_without_a_new_value_costs_nothing(name, reader):
    here = reader(name)
    touched = here.root.evaluate(
        """(root) => {
            const seen = [];
            const observer = new MutationObserver((records) => seen.push(...records));
            observer.observe(root.querySelector(".lf-drawing"), { subtree: true, childList: true, attributes: true, characterData: true });
            observer.observe(root.querySelector(".lf-readouts"), { subtree: true, childList: true, attributes: true, characterData: true });
            for (const control of root.querySelectorAll("[name]:not(output)"))
                for (const event of ["input", "change"]) control.dispatchEvent(new Event(event, { bubbles: true }));
            return [...seen, ...observer.takeRecords()].length;
        }"""
    )
    assert touched == 0


@each
def test_opening_a_page_does_not_write_to_the_address(name, reader):
    assert reader(name).address == ""
