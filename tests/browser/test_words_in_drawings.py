"""What a drawing says stays readable where a control is at its end: no text on another, none beyond the picture."""

import pytest
from living import NAMES, ends, living

SIZES = {"wide": 1280, "narrow": 360}
BEYOND = 3  # px: a turned name's box is a little larger than its letters

# What stands on what, and what is cut off, for each state of a figure. A box of letters is the line's without what hangs and rises.
TROUBLE = """([name, states]) => {
    const figure = livefigure.figures[name];
    const found = [];
    for (const state of states) {
        figure.set({ ...figure.defaults, ...state });
        figure.catchUp();
        const svg = [...figure.root.querySelectorAll(".lf-drawing svg")].find((e) => e.checkVisibility());
        const all = svg.getBoundingClientRect();
        const boxes = [...svg.querySelectorAll("text")].filter((e) => e.textContent.trim() && e.checkVisibility({ visibilityProperty: true, opacityProperty: true })).map((e) => {
            const { left, right, top, bottom, width, height } = e.getBoundingClientRect();
            const [across, down] = /rotate/.test(e.getAttribute("transform")) ? [width / 4, 1] : [1, height / 4];
            return { text: e.textContent, out: Math.max(all.left - left, right - all.right, all.top - top - down, bottom - down - all.bottom), left: left + across, right: right - across, top: top + down, bottom: bottom - down };
        });
        boxes.forEach((a, k) => {
            if (a.out > BEYOND) found.push([state, a.text, "is cut off"]);
            for (const b of boxes.slice(k + 1)) if (Math.min(a.right, b.right) - Math.max(a.left, b.left) > 1 && Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top) > 1) found.push([state, a.text, b.text]);
        });
    }
    figure.set(figure.defaults);
    return found;
}""".replace("BEYOND", str(BEYOND))


@pytest.mark.parametrize("layout", SIZES)
def test_texts_stay_apart_and_in_the_picture(gallery, layout):
    """At the defaults, in each preset, and with each control at its ends, all others as they were."""
    before = gallery.viewport_size
    gallery.set_viewport_size({"width": SIZES[layout], "height": 900})
    found = {}
    for name in NAMES:
        figure = living(name)
        states = [{}, *figure.presets.values(), *({key: value} for key, control in figure.controls.items() for value in shown(control))]
        found[name] = gallery.evaluate(TROUBLE, [name, states])
    gallery.set_viewport_size(before)
    assert {name: trouble for name, trouble in found.items() if trouble} == {}


def shown(control) -> list:
    """What a reader can drag or choose it to; what may only be typed lies further out."""
    return [control.low, control.high] if hasattr(control, "low") else ends(control)
