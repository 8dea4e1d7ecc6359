"""A real JupyterLab, started as `make lab` starts it: the chapters run there, and a figure's page and Python agree."""

import json
import os
import shutil
import signal
import subprocess
import sys
import time

import pytest
from clustermath.run import amdahl, training_time
from clustermath.units import DAY
from figures import how_many_days
from living import living
from notebook_reader import HANDS, PATIENCE, Notebook, alive
from playwright.sync_api import expect
from reading import watched
from workspace import BOOK, ROOT

GPUS = how_many_days.RUN.gpus
OPTIONS = ["--no-browser", "--LabApp.expose_app_in_browser=True", "--LabApp.news_url=None", "--LabApp.check_for_updates_class=jupyterlab.NeverCheckForUpdate"]
OWN = ["JUPYTER_CONFIG_DIR", "JUPYTER_DATA_DIR", "JUPYTER_RUNTIME_DIR", "JUPYTERLAB_SETTINGS_DIR", "JUPYTERLAB_WORKSPACES_DIR", "IPYTHONDIR"]


@pytest.fixture(scope="module")
def jupyterlab(tmp_path_factory):
    """JupyterLab over a copy of the book, without this machine's settings; what it says of itself, such as its address."""
    root = tmp_path_factory.mktemp("lab")
    shutil.copytree(BOOK, root / "book", ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copytree(ROOT / "tools", root / "tools")
    command = [sys.executable, str(root / "tools" / "lab.py"), *OPTIONS]
    own = {name: str(root / name) for name in OWN}
    with open(root / "log", "w") as log:
        running = subprocess.Popen(command, env=os.environ | own, stdin=subprocess.DEVNULL, stdout=log, stderr=subprocess.STDOUT)
    while not (ready := [*root.glob("JUPYTER_RUNTIME_DIR/jpserver-*-open.html")]):
        assert running.poll() is None, (root / "log").read_text()
        time.sleep(0.1)
    server = json.loads(ready[0].with_name(ready[0].name.replace("-open.html", ".json")).read_text())
    yield server
    os.kill(server["pid"], signal.SIGTERM)
    try:
        running.wait(PATIENCE / 1000)
    except subprocess.TimeoutExpired:  # a kernel was just starting: then its threads may wait for each other
        os.kill(server["pid"], signal.SIGKILL)
        running.wait()


@pytest.fixture(scope="module")
def lab(browser, jupyterlab):
    """The page with JupyterLab: nothing may go wrong there, and nothing may be asked of any other server."""
    with watched(browser, jupyterlab["url"], viewport={"width": 1300, "height": 900}) as page:
        page.set_default_timeout(PATIENCE)
        expect.set_options(timeout=PATIENCE)
        page.goto(f"{jupyterlab['url']}?token={jupyterlab['token']}")
        page.wait_for_function("() => globalThis.jupyterapp?.shell.currentWidget?.context?.isReady")
        page.evaluate(HANDS)
        yield page


@pytest.fixture
def chapter(lab):
    """`chapter(name)`: that file, opened as a double click opens it."""

    def opened(name: str) -> Notebook:
        lab.evaluate("(path) => hands.open('docmanager:open', { path })", name)
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
    assert lab.evaluate("hands.panel.context.path") == "index.md"
    expect(lab.locator(".jp-NotebookPanel h1").first).to_contain_text("Fifty-Four Days")


@pytest.mark.parametrize("name", ["index.md", "fifty-four-days.md"])
def test_a_chapter_runs_and_its_figures_live(name, chapter):
    notebook = chapter(name)
    notebook.run_all()
    for card in notebook.cards((BOOK / name).read_text(encoding="utf-8").count(".figure()")):
        assert card.root.locator(".lf-wide svg").is_visible()
        card.shows(living(card.root.get_attribute("data-live-figure")).evaluate())


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
    assert outputs == pytest.approx(how_many_days.days(**inputs), rel=1e-12)
    assert heard == [pytest.approx(how_many_days.days(10, inputs["gpus"])), outputs]
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
    notebook = chapter("make-your-own.md")
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
