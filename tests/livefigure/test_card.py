"""A figure's card: what it prints for a page and for a cell, which no text of an author can break out of."""

import base64
import json
import re
from xml.etree import ElementTree

from livefigure import Readout
from livefigure.figure import FOR_A_PAGE
from probe_figure import DAYS, FIGURE, Elements, make


def test_what_lies_outside_the_axes_is_not_printed():
    """A reader without scripts sees no marker or number where the model puts none; the page can still move them in."""

    def draw(plot):
        ax = plot.subplots()
        ax.set(xlim=(0, 1e5), ylim=(0, 1))
        for bind, y in ((plot.marker, "days"), (plot.marker, "mfu")):
            bind(ax, "gpus", y)
        for y in ("days", "mfu"):
            plot.label(ax, "gpus", y, "{days:.1f}")

    for layout in re.findall(r"<svg.*?</svg>", make(draw=draw).card, re.S):
        seen = []
        for mark in range(4):
            (group,) = ElementTree.fromstring(layout).findall(f".//*[@data-mark='mark-{mark}']")
            drawn = [element for element in group.iter() if element.tag.rpartition("}")[2] in ("use", "text")]
            assert drawn
            seen.append(not any(element.get("visibility") == "hidden" for element in drawn))
        assert seen == [False, True, False, True]


def test_the_card_keeps_the_html_contract():
    page = Elements(FIGURE.page_html())
    (root,) = [attributes for _, attributes in page.found if "data-live-figure" in attributes]
    assert root["data-live-figure"] == "probe" and root["data-state"] == "static" and root["id"] == "fig-probe"
    inputs, selects, outputs = (page.named(tag) for tag in ("input", "select", "output"))
    assert {i["name"] for i in inputs} == {"gpus", "mfu"} and {s["name"] for s in selects} == {"chip"}
    for name in ("gpus", "mfu"):
        kinds = {i["type"]: i for i in inputs if i["name"] == name}
        assert kinds.keys() == {"text", "range"} and kinds["text"]["inputmode"] == "decimal"
    assert {o["name"]: float(o["data-value"]) for o in outputs} == FIGURE.evaluate()
    assert all("name" not in button for button in page.named("button"))


def test_texts_are_escaped():
    figure = make(presets={"a < b & \"c\"": {}}, kicker="<i>", readouts=[Readout("days", "<b>days</b>", unit="<u>")])  # fmt: skip
    html = figure.page_html()
    assert not {"i", "b", "u", "days"} & {tag for tag, _ in Elements(html.split("<script")[0]).found if tag != "b" or "<b></b>" not in html}


def test_the_sign_for_a_prefix_may_stand_in_a_text():
    html = make(title="Who is @@title?").page_html()
    assert "Who is @&#64;title?" in html and 'id="probe--title"' in html


def test_data_cannot_close_its_script():
    figure = make(presets={"</script><script>alert(1)</script>": {}})
    html = figure.page_html()
    data = re.search(r'<script type="application/json" id="[^"]*--spec">(.*?)</script>', html, re.S)[1]
    assert json.loads(data)["presets"][0]["label"].startswith("</script>") and len(Elements(html).named("script")) == 2


def test_the_same_figure_has_the_same_bytes():
    assert make().page_html() == FIGURE.page_html()


def test_the_four_forms_of_a_cell_s_output(monkeypatch):
    """The HTML, which needs a page's style and script, only where a page is being made."""
    bundle, metadata = FIGURE._repr_mimebundle_()
    assert bundle.keys() == {"application/vnd.jupyter.widget-view+json", "image/png", "text/plain"}
    assert base64.b64decode(bundle["image/png"]).startswith(b"\x89PNG")
    assert bundle["text/plain"] == metadata["image/png"]["alt"] == f"16,384 H100 take {DAYS:.1f} days."
    monkeypatch.setenv(FOR_A_PAGE, "1")
    bundle, _ = FIGURE._repr_mimebundle_()
    assert bundle["text/html"] == FIGURE.page_html()


def test_the_picture_follows_the_inputs():
    figure = make()
    at_first = figure.picture()
    figure.inputs = {"gpus": 1024}
    assert figure.picture() != at_first
    figure.inputs = {}
    assert figure.picture() == at_first


def test_the_text_alternative_follows_the_inputs():
    assert FIGURE.describe(gpus=1024, chip="A100") == f"1,024 A100 take {DAYS * 16 * 989 / 312:.1f} days."
