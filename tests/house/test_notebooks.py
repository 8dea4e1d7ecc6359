"""The exported notebooks: nothing raw in the text, and every cell runs, in a Python that knows nothing of the book."""

import ast
import os
import re
import shutil
import subprocess
import sys
from importlib.util import source_from_cache
from pathlib import Path

import pytest
from _ext.plain import PLACEHOLDER, asides, cells
from _ext.spoken import leave_out
from _ext.wheel import build_wheel
from docutils import nodes
from figures.dependencies import NOT_IN_A_PAGE, Code
from workspace import BOOK, chapters, read_notebook, run_notebook

NAMES = [page.removeprefix("book/") for page in chapters()]
RAW = re.compile(
    r"\{[a-zA-Z][\w:.-]*\}\s*`"  # a role
    r"|^\s*(?:`{3,}|:{3,}|~{3,})\s*\{"  # a directive
    r"|^\s*:{3,}|^\([\w-]+\)=\s*$|^\s*:(?:label|class|name|filter|tags):"  # a colon fence, a target, an option
    r"|<(?!sup>|/sup>|a |/a>)[a-z/]|\ufffc"  # HTML, a placeholder
    r"|^\$\$\s*\([\w-]+\)",  # a formula's label
    re.MULTILINE,
)


@pytest.fixture(params=NAMES)
def notebook(request, site):
    return read_notebook(site / "notebooks" / f"{request.param}.ipynb")


def test_text_has_no_raw_role_or_directive(notebook):
    import nbformat

    nbformat.validate(notebook)
    found = [match[0] for cell in notebook.cells if cell.cell_type == "markdown" for match in RAW.finditer(cell.source)]
    assert not found


@pytest.mark.parametrize(
    "raw", ["{cite}`x`", "{glue:text}`x:.1f`", "```{note}\nx", ":::{tip}", "(label)=", "$$ (label)", ":label: x", "<div class='x'>"]
)
def test_the_search_for_raw_text_finds(raw):
    assert RAW.search(raw)


def test_a_code_cell_leaves_its_number_and_words_stay():
    inside = nodes.container("", nodes.literal_block(text="1 + 1"), nb_element="cell_code_source")
    page = nodes.section("", nodes.paragraph(text="Before."), nodes.container("", inside, nb_element="cell_code", cell_index=3), nodes.paragraph(text="After."))
    cells(page)
    assert [PLACEHOLDER.sub(r"cell \1", part.astext()) for part in page] == ["Before.", "cell 3", "After."]


def test_exercises_are_numbered_as_on_the_page(site):
    notebook = read_notebook(site / "notebooks" / "fifty-four-days.ipynb")
    text = "\n".join(cell.source for cell in notebook.cells if cell.cell_type == "markdown")
    source = (BOOK / "fifty-four-days.md").read_text(encoding="utf-8")
    titles = re.findall(r"\{exercise\} (.+)", source)
    assert titles
    for number, title in enumerate(titles, 1):
        assert f"**Exercise {number} ({title})**" in text
        assert f"**Solution to Exercise {number} ({title})**" in text


def test_links_lead_somewhere(notebook, site):
    text = "\n".join(cell.source for cell in notebook.cells if cell.cell_type == "markdown")
    targets = re.findall(r"(?<!!)\[[^\]]*\]\(([^)\s]+)\)", text)
    assert not [target for target in targets if not target.startswith(("https://", "#")) and not (site / "notebooks" / target).is_file()]


def statements(source: str) -> list[str]:
    return [ast.unparse(statement) for statement in ast.parse(source).body]


def test_code_is_the_chapters_own_in_its_order(notebook, request):
    """All that the page shows; of what it leaves out what that needs, and no more."""
    name = request.node.callspec.params["notebook"]
    source = (BOOK / f"{name}.md").read_text(encoding="utf-8")
    cells = re.findall(r"^```\{code-cell\}[^\n]*\n((?:---\n.*?\n---\n|(?::[\w-]+:[^\n]*\n)+)?)(.*?)^```", source, re.MULTILINE | re.DOTALL)
    exported = [cell.source for cell in notebook.cells if cell.cell_type == "code"][1:]
    assert not [cell for cell in exported if "glue" in cell]
    spoken = ("glue(", "show(", "def show(", "import ", "from ")
    kept = [statement for cell in exported for statement in statements(cell)]
    shown = [statement for options, cell in cells if "remove-cell" not in options for statement in statements(cell)]
    assert [statement for statement in shown if not statement.startswith(spoken)] == [statement for statement in kept if statement in shown and not statement.startswith(spoken)]
    left = [statement for options, cell in cells if "remove-cell" in options for statement in statements(cell) if not statement.startswith(spoken)]
    assert all(statement in shown + left or statement.startswith(spoken) for statement in kept)
    unchanged = [cell.strip() for _, cell in cells if not any(statement not in kept for statement in statements(cell))]
    assert sorted(cell for cell in exported if cell in unchanged) == sorted(unchanged)


def test_hidden_cells_hold_only_what_a_shown_one_needs(notebook):
    """Every name that a folded cell makes is used further on, so no reader meets arithmetic that leads to nothing."""
    code = [cell for cell in notebook.cells if cell.cell_type == "code"][1:]
    for at, cell in enumerate(code):
        if cell.metadata.get("jupyter", {}).get("source_hidden"):
            for statement in ast.parse(cell.source).body:
                own = {node.id for node in ast.walk(statement) if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)} | {getattr(statement, "name", "")}
                own |= {(alias.asname or alias.name).partition(".")[0] for alias in getattr(statement, "names", [])}
                elsewhere = {node.id for other in code for s in ast.parse(other.source).body if ast.dump(s) != ast.dump(statement) for node in ast.walk(s) if isinstance(node, ast.Name)}
                assert own & elsewhere, ast.unparse(statement)


def test_what_only_the_text_needs_is_left_out_with_what_it_alone_imports():
    first = "import math\nimport numpy as np\nfrom myst_nb import glue\n\n\ndef show(**numbers):\n    for name, value in numbers.items():\n        glue(name, value)\n\n\nx = np.sqrt(2)"
    second = "show(\n    x=x,\n    angle=math.tau,\n)\nx + 1"
    cells = [first, second, 'glue("x", x)', "%pip list", "glue = x"]
    assert leave_out(cells, [False] * 5) == ["import numpy as np\n\n\nx = np.sqrt(2)", "x + 1", "", "%pip list", "glue = x"]


def test_arithmetic_for_the_text_alone_is_left_out_where_the_page_hides_it():
    hidden = "import math\nimport cmath\n# for the text\nhalf = math.pi / 2\nrows = []\nfor k in range(3):\n    rows.append(f(k))\n\n\ndef f(k):\n    return cmath.sqrt(k)\n\n\nunused = half\nunused += 1"
    shown = "rows"
    assert leave_out([hidden, shown], [True, False])[0] == "import cmath\nrows = []\nfor k in range(3):\n    rows.append(f(k))\n\n\ndef f(k):\n    return cmath.sqrt(k)"
    assert leave_out([hidden, shown], [False, False]) == [hidden, shown]
    assert leave_out(["x = 1\ny = 2", "%timeit x"], [True, False]) == ["x = 1", "%timeit x"]


def test_a_note_keeps_its_title_and_all_of_its_words():
    """Its title, or what kind of note it is, and every paragraph after that."""
    words = [nodes.paragraph("", text) for text in ("One.", "Two.")]
    page = nodes.section("", nodes.admonition("", nodes.title("", "Head"), *words), nodes.warning("", *(word.deepcopy() for word in words)))
    asides(page)
    assert [part.astext() for part in page.children] == ["Head", "One.", "Two.", "Warning", "One.", "Two."]


def test_pictures_have_a_text_alternative(notebook):
    pictures = [output for cell in notebook.cells for output in cell.get("outputs", []) if "image/png" in output.get("data", {})]
    assert pictures and all(" " in picture.metadata["image/png"]["alt"] for picture in pictures), "each a sentence"


def test_preparations_are_folded(notebook):
    """What a page leaves out is there for whoever wants it, and does not stand before the text."""
    code = [cell for cell in notebook.cells if cell.cell_type == "code"]
    assert all(cell.metadata.get("jupyter", {}).get("source_hidden", False) == ("remove-cell" in cell.metadata.get("tags", [])) for cell in code)
    assert code[0].metadata.jupyter.source_hidden


def test_live_figures_are_pictures(notebook):
    outputs = [output for cell in notebook.cells for output in cell.get("outputs", []) if "data" in output]
    assert any("image/png" in output.data for output in outputs)
    assert not any("text/html" in output.data and "data-live-figure" in output.data["text/html"] for output in outputs)
    assert not any("widget" in kind or "papermill" in kind for output in outputs for kind in output.data)


WATCH = """import sys
opened_files = set()
sys.addaudithook(lambda event, about: opened_files.add(str(about[0])) if event == "open" else None)"""


@pytest.mark.parametrize("name", NAMES)
def test_every_cell_runs_and_opens_nothing_that_the_build_does_not_know_of(site, name, plain_kernel):
    """Where it lies in a copy of the book, and with no more than its first cell installs.

    Were a file opened of which the build does not know, a change in it would leave the chapter's numbers as they are.
    (What a package imports only to hand it on is opened by all who import anything of it, and changes nothing for them.)
    """
    notebook = read_notebook(site / "notebooks" / f"{name}.ipynb")
    run_notebook(notebook, site / "notebooks", plain_kernel or "python3", first=WATCH, last='print("\\n".join(opened_files))')
    assert not [output for cell in notebook.cells for output in cell.get("outputs", []) if output.get("name") == "stderr"]
    files = (Path(source_from_cache(line) if line.endswith(".pyc") else line) for line in notebook.cells[-1].outputs[0].text.splitlines())
    opened = {file for file in files if file.is_relative_to(BOOK) and file.is_file() and file.suffix != ".md"}
    code = Code()
    known = code.of_page((BOOK / f"{name}.md").read_text(encoding="utf-8"))
    known |= {record.parent for record in known if record.parent.suffix == ".csv"}  # a table is read whole for one of its records
    packages = ("clustermath", "livefigure", "figures")
    handed_on = "\n".join(ast.unparse(code.tree(BOOK / f"{package}/__init__.py")).replace("from .", f"from {package}.") for package in packages)
    runtime = "\n".join(f"from {other.removesuffix('.py').replace('/', '.')} import *" for _, other in NOT_IN_A_PAGE)
    assert len(opened & known) > 10
    assert not opened - known - code.of_code(handed_on) - code.of_code(runtime)


def test_the_first_cell_is_plain_python(notebook):
    """`marimo convert` makes a script of a notebook, and a magic command in it would end that."""
    compile(notebook.cells[0].source, "first cell", "exec")


def test_the_first_cell_tells_the_code_of_another_day(site, tmp_path):
    """As installed by the wheel of today it is silent, of a module that was changed it says so, and how to have the right one."""
    installed = tmp_path / "installed"
    for package in ("clustermath", "figures", "livefigure"):
        shutil.copytree(BOOK / package, installed / package, ignore=shutil.ignore_patterns("__pycache__"))
    source = read_notebook(site / "notebooks" / "index.ipynb").cells[0].source
    cell = source.replace('    print("Installing", *missing)', "    raise SystemExit('nothing is missing')")

    def says() -> str:
        return subprocess.run([sys.executable, "-c", cell], cwd=tmp_path, env=os.environ | {"PYTHONPATH": str(installed)}, capture_output=True, text=True, check=True).stdout

    assert f"The book's code is in {installed}" in says() and "CAUTION" not in says()
    (installed / "clustermath/units.py").open("a").write("# of another day\n")
    assert "CAUTION: that is older or newer code" in says() and "%pip uninstall -y fifty-four-days" in says()


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    return build_wheel(BOOK, tmp_path_factory.mktemp("wheel"))


@pytest.fixture
def alone(wheel, usual_kernel, tmp_path, monkeypatch):
    """An empty folder with the wheel in it, and no network: pip has no index, and nothing of a machine's own to find packages in."""
    if usual_kernel is None:
        pytest.skip("no package index")
    for name in [name for name in os.environ if name.startswith("PIP_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("PIP_CONFIG_FILE", os.devnull)
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    shutil.copy(wheel, tmp_path)
    return tmp_path


@pytest.mark.parametrize("name", NAMES)
def test_a_notebook_beside_the_wheel_runs_without_a_network(site, name, alone, usual_kernel):
    """From top to bottom, in a Python that has NumPy, matplotlib, ipywidgets and anywidget, and without a word of complaint."""
    notebook = read_notebook(site / "notebooks" / f"{name}.ipynb")
    run_notebook(notebook, alone, usual_kernel, last="%pip uninstall -q -y fifty-four-days")
    says = "".join(output.get("text", "") for output in notebook.cells[0].outputs)
    assert "Installing" in says and "reload" not in says, "the page has known of anywidget before"
    assert not [output for cell in notebook.cells[:-1] for output in cell.get("outputs", []) if output.get("name") == "stderr"]


DRAWN = "from figures import measured_gain, one_step\nfor module in (measured_gain, one_step):\n    figure = module.figure()\n    print(*map(figure._svg, figure.sizes))"


def test_a_figure_of_the_wheel_is_drawn_as_in_the_book(site, alone, usual_kernel):
    """With the same faces, so that its labels stand where they stand in the page: to the last digit."""
    notebook = read_notebook(site / "notebooks" / "index.ipynb")
    notebook.cells = notebook.cells[:1]
    run_notebook(notebook, alone, usual_kernel, last=DRAWN)
    in_the_book = subprocess.run([sys.executable, "-c", DRAWN], cwd=BOOK, capture_output=True, text=True, check=True).stdout
    assert "".join(output.text for output in notebook.cells[1].outputs) == in_the_book and "<svg" in in_the_book


@pytest.mark.slow
def test_a_notebook_that_nbconvert_runs_is_a_page_with_pictures(tmp_path):
    """As *Make your own* says: with this option nothing in the page waits for a network."""
    option = "--ExecutePreprocessor.store_widget_state=False"
    assert option in (BOOK / "make-your-own.md").read_text(encoding="utf-8")
    import nbformat  # here, as in workspace.read_notebook

    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell("from figures import how_many_days\nhow_many_days.figure()")])
    nbformat.write(notebook, tmp_path / "mine.ipynb")
    command = [sys.executable, "-m", "nbconvert", "--execute", option, "--to", "html", tmp_path / "mine.ipynb"]
    subprocess.run(command, check=True, capture_output=True, env=os.environ | {"PYTHONPATH": str(BOOK)})
    html = (tmp_path / "mine.html").read_text(encoding="utf-8")
    shown = re.sub(r"<noscript>.*?</noscript>", "", html, flags=re.DOTALL)  # which a style sheet hides beside the picture itself
    assert shown.count("<img") == shown.count('src="data:image/png') == 1 and "widget-view" not in html


@pytest.mark.parametrize("name", NAMES)
def test_page_offers_its_notebook(site, name):
    assert f'href="../notebooks/{name}.ipynb"' in (site / "book" / f"{name}.html").read_text(encoding="utf-8")
