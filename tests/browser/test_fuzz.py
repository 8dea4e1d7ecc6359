"""A reader without patience: anything is done to every control of every page, in an order that chance dictates.

The order is the same in every run. After each deed nothing may be wrong with the figure it was done to: readouts, controls
and address agree with its model, and nothing that does not exist is shown. Errors in the console fail the test, too.
"""

from random import Random
from urllib.parse import urlencode

import pytest
from livefigure.controls import Slider
from living import living, some_state
from reading import watched
from workspace import chapters

DEEDS = 100
SIZES = [(1280, 900), (360, 740)]
KEYS = ["ArrowLeft", "ArrowRight", "ArrowUp", "ArrowDown", "PageUp", "PageDown", "Home", "End"]
TEXTS = ["220k", "1.5 G", "3.8e25", "41 %", "16,384", "1e999", "-1", "0", "", " ", "many", "1..2", "٣", "<b>1</b>", "9" * 400]
NOT_NUMBERS = ["NaN", "Infinity", "undefined", "null"]
QUERIES = ["v=99", "nonsense=1", "__proto__=1", "%E0%A4%A", "speedup=NaN&gpus=Infinity", "=&=&&"]
REACHED = """(all) => [...all.keys()].filter((i) => {
    const { width, height } = all[i].getBoundingClientRect();
    return width && height && all[i].checkVisibility({ visibilityProperty: true }) && !all[i].matches(":disabled");
})"""
FAULTS = """(name) => {
    const figure = livefigure.figures[name];
    const { root, spec, state } = figure;
    const faults = [];
    const broken = /\\b(NaN|-?Infinity|undefined|null)\\b|\\[object /;
    const parts = [...root.querySelectorAll(".lf-drawing, .lf-readouts, .lf-controls, .lf-explore")];
    if (parts.some((part) => broken.test(part.outerHTML))) // then where, and whether it is a message, which may quote what was typed
        for (const element of root.querySelectorAll(".lf-drawing *, .lf-readouts *, .lf-controls *, .lf-explore :not(script)")) {
            const texts = [...element.attributes].map((a) => a.value);
            if (!element.children.length && !element.closest(".lf-error")) texts.push(element.textContent);
            const wrong = texts.find((text) => broken.test(text));
            if (wrong) faults.push(`<${element.tagName}> shows ${wrong.slice(0, 80)}`);
        }
    const values = figure.model.evaluate(state);
    for (const output of root.querySelectorAll(".lf-readouts output")) {
        const expected = Number.isFinite(values[output.name]) ? values[output.name] : "";
        const shown = output.dataset.value; // as printed, until something is done: Python's, whose sums differ in the last digits
        const same = shown === "" || expected === "" ? shown === String(expected) : Math.abs(shown - expected) <= 1e-9 * Math.abs(expected) + 1e-15;
        if (!same) faults.push(`${output.name} shows ${output.dataset.value}, the model gives ${expected}`);
    }
    for (const control of spec.controls) {
        const value = state[control.name];
        if (control.kind === "choice" ? !Object.hasOwn(control.options, value) : !(value >= (control.limits ?? [0])[0] && value <= (control.limits ?? [0, 1])[1]))
            faults.push(`${control.name} stands at ${value}`);
        for (const element of root.querySelectorAll(`[name="${control.name}"]`)) {
            const shown = { checkbox: () => Number(element.checked) === value, "select-one": () => element.value === value }[element.type];
            if (shown && !shown()) faults.push(`${control.name} shows ${element.value}, its state is ${value}`);
        }
    }
    return faults;
}"""


class Impatient:
    """One reader of one page; the same `seed` does the same deeds."""

    def __init__(self, page, names: list[str], seed: str):
        self.page, self.names, self.random = page, names, Random(seed)

    def act(self) -> tuple[str, str]:
        """Do something to some figure; gives the figure's name and what was done."""
        self.name = self.random.choice(self.names)
        self.figure = living(self.name)
        self.root = self.page.locator(f'[data-live-figure="{self.name}"]')
        deeds = [self.drag, self.drag, self.press_keys, self.type, self.type, self.choose, self.click, self.click, self.point,
                 self.fold, self.follow, self.go_back, self.go_forward, self.turn]  # fmt: skip
        deed = self.random.choice(deeds)
        return self.name, f"{deed.__name__} {deed() or ''}"

    def any_of(self, selector: str):
        """One of the figure's elements that can be reached now, or nothing."""
        elements = self.root.locator(selector)
        found = elements.evaluate_all(REACHED)
        return elements.nth(self.random.choice(found)) if found else None

    def drag(self):
        if slider := self.any_of("input[type=range]:not([inert] *)"):
            slider.scroll_into_view_if_needed()
            box, mouse = slider.bounding_box(), self.page.mouse
            places = [box["x"] + box["width"] * self.random.uniform(-0.1, 1.1) for _ in range(4)]
            mouse.move(places[0], box["y"] + box["height"] / 2)
            mouse.down()
            for place in places[1:]:
                mouse.move(place, box["y"] + self.random.uniform(-40, 60), steps=2)
            mouse.up()

    def press_keys(self):
        if element := self.any_of("input[type=range], input[type=checkbox]"):
            element.focus()
            for key in self.random.choices([*KEYS, "Space"], k=4):
                self.page.keyboard.press(key)

    def type(self):
        if box := self.any_of("input[type=text]"):
            name = box.get_attribute("name")
            control = self.figure.controls.get(name)
            text = self.random.choice(TEXTS + NOT_NUMBERS * bool(control))  # Explore repeats what it was asked
            if isinstance(control, Slider) and self.random.random() < 0.6:
                text = f"{some_state(self.random, self.figure)[name] / control.scale:.9g} {control.unit}"
            box.fill(text)
            box.press(self.random.choice(["Enter", "Tab", "Escape"]))
            return f"{text[:20]!r} into {name}"

    def choose(self):
        if select := self.any_of("select"):
            select.select_option(index=self.random.randrange(select.locator("option").count()))

    def click(self):
        if button := self.any_of("button, input[type=checkbox]"):
            text = button.inner_text()
            button.click()
            return text

    def point(self):
        drawing = self.root.locator(".lf-drawing")
        drawing.scroll_into_view_if_needed()
        box = drawing.bounding_box()
        for _ in range(3):
            self.page.mouse.move(box["x"] + box["width"] * self.random.random(), box["y"] + box["height"] * self.random.random())

    def fold(self):
        if summary := self.any_of("summary"):
            summary.click()

    def follow(self):
        query = urlencode(some_state(self.random, self.figure)) if self.random.random() < 0.6 else self.random.choice(QUERIES)
        self.page.evaluate("(address) => void (location.hash = address)", f"#fig-{self.name}?{query}")
        return query[:80]

    def go_back(self):
        if self.page.evaluate("navigation.currentEntry.index > 0"):
            self.page.go_back()

    def go_forward(self):
        if self.page.evaluate("navigation.canGoForward"):
            self.page.go_forward()

    def turn(self):
        width, height = self.random.choice(SIZES)
        self.page.set_viewport_size({"width": width, "height": height})


def answers(page, name: str) -> bool:
    """Whether a control of figure `name` still moves it, from one end to the other."""
    root = page.locator(f'[data-live-figure="{name}"]')
    root.locator('[data-action="reset"]').click()
    root.locator("details").evaluate_all("(all) => all.forEach((d) => (d.open = true))")
    control = root.locator(":is(input[type=range], input[type=checkbox], select)[name]:visible:enabled").first
    moves = {
        "range": [lambda: control.press("Home"), lambda: control.press("End")],
        "checkbox": [lambda: control.set_checked(False), lambda: control.set_checked(True)],
        "select-one": [lambda: control.select_option(index=0), lambda: control.select_option(index=control.locator("option").count() - 1)],
    }
    found = []
    for move in moves[control.evaluate("(e) => e.type")]:
        move()
        found.append(page.evaluate("([figure, input]) => livefigure.figures[figure].state[input]", [name, control.get_attribute("name")]))
    return found[0] != found[1]


@pytest.mark.parametrize("address", chapters())
def test_nothing_breaks_whatever_is_done_to_a_page(address, browser, server):
    with watched(browser, server, viewport={"width": 1280, "height": 900}) as page:
        page.goto(f"{server}/{address}.html")
        names = page.locator("[data-live-figure]").evaluate_all("(all) => all.map((f) => f.dataset.liveFigure)")
        reader = Impatient(page, names, address)
        for step in range(DEEDS):
            name, deed = reader.act()
            faults = page.evaluate(FAULTS, name)
            assert not faults, f"{name}, deed {step}, {deed}: {faults[:5]}"
        for name in names:
            assert page.evaluate(FAULTS, name) == []
            assert answers(page, name), name
