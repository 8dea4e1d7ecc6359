"""A real JupyterLab, started as `make lab` and `make edit` start it: the chapters can be read and run, and a figure's page
and Python agree."""

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from contextlib import contextmanager

import lab as lab_starter
import pytest
from clustermath.run import amdahl, training_time
from clustermath.units import DAY
from figures import how_many_days
from living import living
from notebook_reader import HANDS, PATIENCE, Notebook, alive
from playwright.sync_api import expect
from reading import watched
from workspace import BOOK, ROOT, read_notebook

GPUS = how_many_days.RUN.gpus
OPTIONS = ["--no-browser", "--LabApp.expose_app_in_browser=True", "--LabApp.news_url=None", "--LabApp.check_for_updates_class=jupyterlab.NeverCheckForUpdate"]
# JupyterLab's own words on a busy machine, and about a notebook that is closed while it still opens.
SLOW = (
    r"^Plugin \S+ .*to activate|Could not restore the debugger state|WebSocket is closed before|History was unable to be retrieved"
    r"|Canceled future for create_subshell_request"
)
OWN = ["JUPYTER_CONFIG_DIR", "JUPYTER_DATA_DIR", "JUPYTER_RUNTIME_DIR", "JUPYTERLAB_SETTINGS_DIR", "JUPYTERLAB_WORKSPACES_DIR", "IPYTHONDIR"]


@pytest.fixture(scope="module")
def checkout(tmp_path_factory, site):
    """A copy of the book, built."""
    root = tmp_path_factory.mktemp("lab")
    shutil.copytree(BOOK, root / "book", ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copytree(ROOT / "tools", root / "tools")
    shutil.copytree(site / "notebooks", root / "_build" / "html" / "notebooks")
    return root


@contextmanager
def started(root, *options):
    """JupyterLab over the book in `root`, without this machine's settings; what it says of itself, such as its address."""
    command = [sys.executable, str(root / "tools" / "lab.py"), *options, *OPTIONS]
    home = root.parent / f"{root.name}-home{len(options)}"
    home.mkdir()
    own = {name: str(home / name) for name in OWN}
    with open(home / "log", "w") as log:
        running = subprocess.Popen(command, env=os.environ | own, stdin=subprocess.DEVNULL, stdout=log, stderr=subprocess.STDOUT)
    while not (ready := [*home.glob("JUPYTER_RUNTIME_DIR/jpserver-*-open.html")]):
        assert running.poll() is None, (home / "log").read_text()
        time.sleep(0.1)
    server = json.loads(ready[0].with_name(ready[0].name.replace("-open.html", ".json")).read_text())
    yield server
    os.kill(server["pid"], signal.SIGTERM)
    try:
        running.wait(PATIENCE / 1000)
    except subprocess.TimeoutExpired:  # a kernel was just starting: then its threads may wait for each other
        os.kill(server["pid"], signal.SIGKILL)
        running.wait()


@contextmanager
def in_front_of(browser, jupyterlab):
    """The page with JupyterLab: nothing may go wrong there, and nothing may be asked of any other server."""
    with watched(browser, jupyterlab["url"], ignored=SLOW, viewport={"width": 1300, "height": 900}) as page:
        page.set_default_timeout(PATIENCE)
        expect.set_options(timeout=PATIENCE)
        page.goto(f"{jupyterlab['url']}?token={jupyterlab['token']}")
        page.wait_for_function("() => globalThis.jupyterapp?.shell.currentWidget?.context?.isReady")
        page.evaluate(HANDS)
        yield page


@pytest.fixture(scope="module")
def lab(browser, checkout):
    with started(checkout) as jupyterlab, in_front_of(browser, jupyterlab) as page:
        yield page


@pytest.fixture
def chapter(lab):
    """`chapter(name)`: that notebook, opened as a double click opens it."""

    def opened(name: str) -> Notebook:
        lab.evaluate("(path) => hands.open('docmanager:open', { path })", f"notebooks/{name}.ipynb")
        return Notebook(lab)

    yield opened
    lab.evaluate("hands.close()")


@pytest.fixture
def notebook(lab):
    """A new notebook that knows the smallest figure of the book."""
    lab.evaluate("hands.open('notebook:create-new', { kernelName: 'python3' })")
    new = Notebook(lab)
    new.run("from figures import how_many_days")
    yield new
    lab.evaluate("hands.close()")


def test_make_lab_opens_the_first_page_as_a_notebook(lab):
    assert lab.evaluate("hands.panel.context.path") == "notebooks/index.ipynb"
    expect(lab.locator(".jp-NotebookPanel h1").first).to_contain_text("Fifty-Four Days")


# JupyterLab keeps in the document what is near the window: go through the cells as a reader does.
READ = """async () => {
  let text = "";
  for (const cell of hands.cells) {
    await hands.panel.content.scrollToCell(cell);
    await cell.ready;
    if (cell.model.type !== "markdown") continue;
    while (!cell.node.querySelector(".jp-RenderedMarkdown")?.innerText) await new Promise(requestAnimationFrame);
    text += cell.node.innerText + "\\n";
  }
  return text;
}"""
RAW = re.compile(r"\{[a-z][\w:]*\}|:list:|\([\w-]+\)=|\bglue\b")


def test_a_chapter_reads_with_its_numbers_and_its_claim(chapter, lab):
    """What a reader sees before anything has run: sentences with numbers, the claim, a picture of each figure, no code first."""
    notebook = chapter("fifty-four-days")
    panel = lab.locator(".jp-NotebookPanel:visible")
    source = read_notebook(ROOT / "_build/html/notebooks/fifty-four-days.ipynb")
    cells = lab.evaluate("hands.cells.map((cell) => cell.model.type)")
    assert cells == [cell.cell_type for cell in source.cells]
    text = lab.evaluate(READ)
    assert not RAW.search(text), RAW.search(text)
    assert re.search(r"the arithmetic alone takes 67\.\d days", text) and "claim 004-10 in the ledger" in text
    shown = lab.evaluate("hands.cells.filter((cell) => cell.model.type === 'code' && !cell.inputHidden).map((cell) => cell.model.sharedModel.getSource())")
    assert shown[0] == "four_clocks.figure()"
    assert notebook.page.evaluate("hands.panel.content.scrollToCell(hands.cells[0])") is None
    expect(panel.locator("h1").first).to_contain_text("Fifty-four days")
    expect(panel.locator(".jp-RenderedImage img").first).to_be_visible()


def test_saving_changes_the_readers_copy_alone(chapter, lab, checkout):
    before = {path: path.read_bytes() for path in (checkout / "book").glob("*.md")}
    notebook = chapter("index")
    notebook.run_all()
    (card,) = notebook.cards(1)
    card.slider("speedup").press("Control+s")  # with a hand still at the slider
    lab.wait_for_function("() => !hands.panel.context.model.dirty")
    assert {path: path.read_bytes() for path in (checkout / "book").glob("*.md")} == before
    mine, made = (checkout / folder / "index.ipynb" for folder in ("notebooks", "_build/html/notebooks"))
    assert mine.read_bytes() != made.read_bytes()


def test_a_figure_in_a_box_has_room(notebook):
    """Alone or beside others, in every box of ipywidgets; and a width that is asked for is given."""
    notebook.run(
        "from ipywidgets import Box, HBox, IntSlider, VBox, GridBox, Layout\n"
        "made = [how_many_days.figure() for _ in range(9)]\n"
        "half = made[8]\n"
        "half.layout.width = '50%'\n"
        "VBox([HBox([made[0]]), Box([made[1]]), HBox([made[2], made[3]]), HBox([made[4], IntSlider()]), VBox([made[5]]), GridBox([made[6], made[7]], layout=Layout(grid_template_columns='1fr 1fr')), HBox([half])])"
    )
    cards = notebook.cards(9)
    whole = cards[5].root.evaluate("(e) => e.offsetWidth")
    for k, part in enumerate((1, 1, 1 / 2, 1 / 2, 1 / 3, 1, 1 / 2, 1 / 2, 1 / 2)):
        assert cards[k].root.evaluate("(e) => e.offsetWidth") > 0.9 * part * whole > 200, f"figure {k}"
    assert cards[8].root.evaluate("(e) => e.offsetWidth") < 0.6 * whole


def test_a_saved_notebook_shows_pictures_without_a_kernel(chapter, lab, checkout):
    """Opened again after its kernel is gone, and as HTML: the figure as it stood, not an error or a dead slider."""
    notebook = chapter("index")
    notebook.run_all()
    notebook.cards(1)
    notebook.run("figure = how_many_days.figure()\nfigure.inputs = {'speedup': 3}\nfigure")
    notebook.cards(2)
    lab.evaluate("hands.panel.context.save()")
    lab.evaluate("hands.close()")
    saved = checkout / "notebooks" / "index.ipynb"
    chapter("index")
    lab.evaluate("async () => { for (const cell of hands.cells) { await hands.panel.content.scrollToCell(cell); await cell.ready; } }")
    panel = lab.locator(".jp-NotebookPanel:visible")
    expect(panel.locator(".jp-RenderedImage img")).to_have_count(2)
    assert "Error displaying widget" not in panel.inner_text()
    subprocess.run([sys.executable, "-m", "nbconvert", "--to", "html", saved], check=True, capture_output=True)
    html = saved.with_suffix(".html").read_text(encoding="utf-8")
    shutil.copy(checkout / "_build" / "html" / "notebooks" / "index.ipynb", saved)  # as other tests expect it
    pictures = re.findall(r'<img[^>]+src="(data:image/png[^"]+)', html)
    assert len(pictures) == len(set(pictures)) == 2 and "data-live-figure" not in html


def test_a_readers_changes_stay_and_other_copies_follow_the_book(tmp_path):
    exports, copies = tmp_path / "exports", tmp_path / "notebooks"
    exports.mkdir()
    for name in "abc":
        (exports / f"{name}.ipynb").write_text("first")
    assert lab_starter.bring_up_to_date(exports, copies) == []
    (copies / "a.ipynb").write_text("mine")
    (copies / "c.ipynb").unlink()
    assert lab_starter.bring_up_to_date(exports, copies) == [], "the book has nothing newer"
    for name in "abc":
        (exports / f"{name}.ipynb").write_text("second")
    for _ in range(2):
        assert lab_starter.bring_up_to_date(exports, copies) == ["a.ipynb"]
        assert [(copies / f"{name}.ipynb").read_text() for name in "abc"] == ["mine", "second", "second"]


@pytest.mark.parametrize("name", ["index", "fifty-four-days"])
def test_a_chapter_runs_and_its_figures_live(name, chapter):
    notebook = chapter(name)
    notebook.run_all()
    for card in notebook.cards((BOOK / f"{name}.md").read_text(encoding="utf-8").count(".figure()")):
        assert card.root.locator(".lf-wide svg").is_visible()
        card.shows(living(card.root.get_attribute("data-live-figure")).evaluate())


def numbers(**inputs) -> dict[str, float]:
    """The outputs of the smallest figure that are one number, as Python has them."""
    return {name: value for name, value in living("how-many-days").evaluate(**inputs).items() if isinstance(value, float)}


def test_keys_on_a_slider_reach_python(notebook):
    notebook.run("heard, figure = [], how_many_days.figure()\nfigure.observe(lambda change: heard.append(change['new']), 'outputs')\nfigure")
    (card,) = notebook.cards(1)
    cells = notebook.page.evaluate("hands.cells.length")
    card.slider("speedup").press("End")
    notebook.until("figure.inputs['speedup'] == 10")
    for key in ("ArrowLeft", "d", "d"):  # two d delete a cell, unless they are the slider's
        card.slider("speedup").press(key)
    notebook.until("figure.inputs['speedup'] < 10")
    inputs, outputs, heard = json.loads(notebook.run("import json\nprint(json.dumps([figure.inputs, figure.outputs, heard]))"))
    assert outputs == pytest.approx(numbers(**inputs), rel=1e-12)
    first = numbers(speedup=10, gpus=inputs["gpus"])
    assert first["days"] == pytest.approx(how_many_days.days(10, inputs["gpus"])["days"], rel=1e-12)
    assert heard == [pytest.approx(first, rel=1e-12), outputs]
    card.shows(outputs)
    assert notebook.page.evaluate("hands.cells.length") == cells + 1


def test_python_moves_slider_and_readouts(notebook):
    notebook.run("figure = how_many_days.figure()\nfigure")
    (card,) = notebook.cards(1)
    notebook.run("figure.inputs = {'speedup': 10, 'gpus': 1024}")
    expect(card.box("gpus")).to_have_value("1,024")
    assert card.slider("speedup").input_value() == card.slider("speedup").get_attribute("max")
    card.shows(how_many_days.days(10, 1024))
    notebook.run("figure.inputs = {'gpus': 2048}")
    expect(card.box("gpus")).to_have_value("2,048")
    card.shows(how_many_days.days(1, 2048))


def test_copies_are_their_own_and_views_of_one_are_in_step(notebook):
    notebook.run(
        "from ipywidgets import VBox\n"
        "def slower(speedup, gpus):\n    return how_many_days.days(speedup / 2, gpus)\n"
        "one, other, slow = how_many_days.figure(), how_many_days.figure(), how_many_days.figure(model=slower)\n"
        "VBox([one, other, slow])"
    )
    notebook.run("one")
    one, other, slow, again = notebook.cards(4)
    again.slider("speedup").press("End")
    notebook.until("one.inputs['speedup'] == 10")
    assert notebook.ask("[other.inputs, slow.inputs]") == [{"speedup": 1, "gpus": GPUS}] * 2
    for card, speedup in ((one, 10), (again, 10), (other, 1), (slow, 0.5)):
        card.shows(how_many_days.days(speedup, GPUS))
    ids = notebook.page.locator("[data-live-figure] [id]").evaluate_all("(all) => all.map((element) => element.id)")
    assert len(ids) == len(set(ids))


def test_make_your_own_does_what_it_says(chapter):
    """All its cells, also those that no build runs: `interact`, two figures tied in the browser, a text tied through Python."""
    notebook = chapter("make-your-own")
    assert "days have become" in notebook.run_all()
    figure, published, mine = notebook.cards(3)
    figure.shows(how_many_days.days(amdahl(2, serial=0.1), GPUS))
    published.slider("speedup").press("End")
    expect(mine.box("speedup")).to_have_value(published.box("speedup").input_value())
    published.shows(how_many_days.days(10, GPUS))
    mine.shows(how_many_days.days(amdahl(10, serial=0.1), GPUS))
    expect(notebook.page.locator(".widget-label").last).to_have_text(f"The slow tenth leaves {mine.shown['days']:.1f} days.")
    plain = notebook.page.locator(".widget-interact")
    plain.locator(".noUi-handle").first.press("ArrowRight")
    expect(plain.locator("pre")).to_have_text(f"'{training_time(3.8e25, 16384 + 1024, 989e12, 0.41) / DAY:.1f} days'")


def test_a_cell_that_runs_again_leaves_nothing_behind(notebook):
    """No card, no listener or observer of the whole page, and the figure that was shown before moves no more."""
    times, source = 3, "past = globals().get('figure')\nfigure = how_many_days.figure()\nfigure"
    notebook.run(source)
    (card,) = notebook.cards(1)
    before = alive(notebook.page)
    for round in range(times):
        left = card.root.element_handle() if round == times - 1 else None  # what is held here is kept alive
        notebook.run(source, again=True)
        (card,) = notebook.cards(1)
    after = alive(notebook.page)
    assert not [kind for kind in after if after[kind] - before[kind] >= times]  # JupyterLab's own come and go by one
    text = left.inner_html()
    notebook.run("past.inputs = {'speedup': 5}\nfigure.inputs = {'speedup': 3}")
    expect(card.box("speedup")).to_have_value("3")
    assert left.inner_html() == text, "a figure that is no longer shown still moves"


def test_an_edited_model_shows_its_number(notebook):
    model = "def mine(speedup, gpus):\n    return how_many_days.days(speedup / {}, gpus)\nhow_many_days.figure(model=mine)"
    for slower, again in ((2, False), (4, True)):
        notebook.run(model.format(slower), again)
        (card,) = notebook.cards(1)
        card.shows(how_many_days.days(1 / slower, GPUS))


def test_make_edit_opens_the_source_and_saves_it_as_it_was(browser, checkout):
    """An author's home: the Markdown as a notebook, which runs, and of which saving changes no byte but those that were edited."""
    source = checkout / "book" / "fifty-four-days.md"
    before = source.read_text(encoding="utf-8")
    with started(checkout, "--sources") as jupyterlab, in_front_of(browser, jupyterlab) as page:
        assert page.evaluate("hands.panel.context.path") == "book/index.md"
        page.evaluate("hands.open('docmanager:open', { path: 'book/fifty-four-days.md' })")
        notebook = Notebook(page)
        notebook.run_all()
        notebook.cards(before.count(".figure()"))
        page.evaluate("hands.panel.context.save()")
        assert source.read_text(encoding="utf-8") == before
        page.evaluate("() => { const cell = hands.cells.find((cell) => cell.model.type === 'markdown').model.sharedModel; cell.setSource(cell.getSource() + '\\n\\nA new sentence.'); }")
        page.evaluate("hands.panel.context.save()")
        after = source.read_text(encoding="utf-8")
        assert after != before and after.replace("\n\nA new sentence.", "", 1) == before
        page.evaluate("hands.close()")
