"""The exported notebooks: nothing raw in the text, and every cell runs."""

import re

import nbformat
import pytest
from nbclient import NotebookClient
from workspace import BOOK, chapters

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
    return nbformat.read(site / "notebooks" / f"{request.param}.ipynb", as_version=4)


def test_text_has_no_raw_role_or_directive(notebook):
    nbformat.validate(notebook)
    found = [match[0] for cell in notebook.cells if cell.cell_type == "markdown" for match in RAW.finditer(cell.source)]
    assert not found


@pytest.mark.parametrize(
    "raw", ["{cite}`x`", "{glue:text}`x:.1f`", "```{note}\nx", ":::{tip}", "(label)=", "$$ (label)", ":label: x", "<div class='x'>"]
)
def test_the_search_for_raw_text_finds(raw):
    assert RAW.search(raw)


def test_exercises_are_numbered_as_on_the_page(site):
    notebook = nbformat.read(site / "notebooks" / "fifty-four-days.ipynb", as_version=4)
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


def test_code_is_the_chapters_own_in_its_order(notebook, request):
    name = request.node.callspec.params["notebook"]
    source = (BOOK / f"{name}.md").read_text(encoding="utf-8")
    cells = re.findall(r"^```\{code-cell\}[^\n]*\n(?:---\n.*?\n---\n|(?::[\w-]+:[^\n]*\n)+)?(.*?)^```", source, re.MULTILINE | re.DOTALL)
    exported = [cell.source for cell in notebook.cells if cell.cell_type == "code"]
    assert sorted(exported[1:]) == sorted(cell.strip() for cell in cells)


def test_live_figures_are_pictures(notebook):
    outputs = [output for cell in notebook.cells for output in cell.get("outputs", []) if "data" in output]
    assert any("image/png" in output.data for output in outputs)
    assert not any("text/html" in output.data and "data-live-figure" in output.data["text/html"] for output in outputs)
    assert not any("widget" in kind or "papermill" in kind for output in outputs for kind in output.data)


@pytest.mark.parametrize("name", NAMES)
def test_every_cell_runs(site, name, tmp_path):
    notebook = nbformat.read(site / "notebooks" / f"{name}.ipynb", as_version=4)
    NotebookClient(notebook, timeout=600, resources={"metadata": {"path": str(BOOK)}}).execute()


@pytest.mark.parametrize("name", NAMES)
def test_page_offers_its_notebook(site, name):
    assert f'href="../notebooks/{name}.ipynb"' in (site / "book" / f"{name}.html").read_text(encoding="utf-8")
