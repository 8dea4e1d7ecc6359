"""What makes a build fail, and what makes it start anew: tried on books of one page."""

import re
import shutil
import zipfile
from pathlib import Path

import picture
import pytest
import sphinx_book_theme
import sphinx_togglebutton
from _ext.address import owner_and_name
from _ext.wheel import build_wheel
from house.tiny import TinyBook
from serve import serving
from sphinx.errors import ConfigError
from workspace import read_notebook, run_notebook


@pytest.fixture
def book(tmp_path, site) -> TinyBook:
    return TinyBook(tmp_path, site)


MISTAKES = {
    "See [](nowhere.md).": "'nowhere.md'",
    "{cite}`nobody2020`": 'could not find bibtex key "nobody2020"',
    "{eq}`no-such-equation`": "equation not found: no-such-equation",
    "```{claim} 004-99\n```": "unknown claim '004-99': no such id in book/data/claims.csv",
    "The {claimed}`004-1O` days.": "unknown claim '004-1O': no such id in book/data/claims.csv",
    "See {figref}`four-clock`.": "unknown figure 'four-clock': no chapter shows it",
    "```{kicker}\n```": "book/index is neither a chapter nor in a part with a caption",
    "$$\n\\nosuchcommand{x}\n$$": "formula not understood",
}


def test_mistakes_fail_the_build_and_are_named(book):
    result = book.build("\n\n".join(MISTAKES))
    assert result.returncode != 0
    complaints = [line for line in result.output.splitlines() if "WARNING" in line or "ERROR" in line]
    for mistake, complaint in MISTAKES.items():
        assert any(complaint in line for line in complaints), f"{mistake!r} went by unnoticed"


def test_an_error_in_a_cell_fails_the_build_even_if_the_cell_is_hidden(book):
    result = book.build("```{code-cell} ipython3\n:tags: [remove-cell]\nraise RuntimeError('from a hidden cell')\n```")
    assert result.returncode != 0
    assert "from a hidden cell" in result.output


def test_two_figures_of_one_name_on_a_page_fail_the_build(book):
    cell = "```{code-cell} ipython3\nfrom figures.gallery import ten_lines\n\nten_lines.figure()\n```\n"
    result = book.build(cell + cell.replace("figure()", "figure(model=lambda speedup, gpus: {'days': speedup})"))
    assert result.returncode != 0 and "2 figures are called gallery-ten-lines" in result.output


def test_cells_run_again_when_and_only_when_the_model_has_changed(book):
    cell = (
        "```{code-cell} ipython3\n"
        "import uuid\n"
        "from clustermath.run import training_flops\n"
        "print(f'run {uuid.uuid4()}, answer {training_flops(params=1e9, tokens=1e9):.0f}')\n"
        "```"
    )
    assert book.build(cell).returncode == 0
    run = re.search(r"run [0-9a-f]{8}-[0-9a-f-]+", book.html)[0]
    assert "answer 6000000000000000000" in book.html

    assert book.build(f"{cell}\n\nA new sentence.").returncode == 0
    assert "A new sentence." in book.html and run in book.html

    book.edit("book/clustermath/run.py", "def training_flops(params, tokens, flops_per_param=6.0)", "def training_flops(params, tokens, flops_per_param=7.0)")
    assert book.build().returncode == 0
    assert "answer 7000000000000000000" in book.html and run not in book.html
    assert len(list((book.root / "_build" / ".jupyter_cache").iterdir())) == 1, "the stale cache is still there"


RUN = "```{{code-cell}} ipython3\nimport uuid\n{code}\nprint(f'run {{uuid.uuid4()}}')\n```"


def test_a_change_executes_what_depends_on_it_and_nothing_else(tmp_path, site):
    """One chip, one figure, one formula; a comment and the runtime's looks, which are in no cell's output."""
    pages = {
        "chip": RUN.format(code="from clustermath import CHIPS\nprint(f\"rated {CHIPS['A100 SXM'].tdp:.0f} W\")"),
        "other": RUN.format(code="from clustermath import CHIPS\nprint(CHIPS['H100 SXM'].tdp)"),
        "offers": RUN.format(code="from clustermath import CHIPS\nprint(list(CHIPS))"),
        "figure": "```{code-cell} ipython3\nfrom figures.gallery import ten_lines\nten_lines.figure()\n```\n" + RUN.format(code=""),
        "formula": RUN.format(code="from clustermath.failures import daly_interval"),
    }
    book = TinyBook(tmp_path, site, **pages)

    def executed() -> set[str]:
        """The pages whose cells have run since the last build."""
        before = dict(runs)
        result = book.build()
        assert result.returncode == 0, result.output
        runs.update({name: re.search(r"run ([0-9a-f-]{36})", book.page(name))[1] for name in pages})
        return {name for name in pages if runs[name] != before.get(name)}

    runs = {}
    book.build("Nothing to run.")
    assert executed() == set(pages)
    assert "rated 400 W" in book.page("chip") and "How many days?" in book.page("figure")

    book.edit("book/data/chips.csv", "A100 SXM,tdp,400,W", "A100 SXM,tdp,410,W")
    assert executed() == {"chip", "offers"} and "rated 410 W" in book.page("chip")

    book.edit("book/figures/gallery/ten_lines.py", '"""The smallest live figure."""', '"""The smallest live figure."""  # so far')
    book.edit("book/livefigure/runtime/card.css", ".live-figure .lf-kicker {", ".live-figure .lf-kicker { outline: 3px dotted teal;")
    assert executed() == set()
    assert any("3px dotted teal" in sheet.read_text() for sheet in (tmp_path / "_build/html/_static").glob("styles.*.css"))

    book.edit("book/figures/gallery/ten_lines.py", 'title="How many days?"', 'title="How many weeks?"')
    book.edit("book/clustermath/failures.py", '@checked(returns="s")\ndef daly_interval(', 'def first_guess():\n    return 0\n\n\n@checked(returns="s")\ndef daly_interval(')
    assert executed() == {"figure", "formula"} and "How many weeks?" in book.page("figure")


def test_address_is_one_setting(book):
    book.build("Nothing to launch.")
    assert not any(word in book.html for word in ("mybinder", "colab.research", "github.com", "og:url"))
    assert not (book.root / "_build/html/sitemap.xml").exists()

    book.edit("_config.yml", 'book_repository: ""', "book_repository: https://github.com/Someone/some-book")
    assert book.build().returncode == 0
    assert "https://mybinder.org/v2/gh/Someone/some-book/gh-pages?urlpath=lab%2Ftree%2Fnotebooks%2Findex.ipynb" in book.html
    assert "https://colab.research.google.com/github/Someone/some-book/blob/gh-pages/notebooks/index.ipynb" in book.html
    assert 'property="og:url" content="https://someone.github.io/some-book/book/index.html"' in book.html
    assert "https://github.com/Someone/some-book/edit/main/book/index.md" in book.html
    assert "https://someone.github.io/some-book/book/index.html" in (book.root / "_build/html/sitemap.xml").read_text()


def test_a_published_notebook_runs_alone(book, tmp_path, plain_kernel, monkeypatch):
    """In an empty folder, with what its first cell installs: the wheel from where the book is published (here from next door) and what that needs."""
    if plain_kernel is None:
        pytest.skip("no package index")
    cell = "```{code-cell} ipython3\nfrom myst_nb import glue\nfrom figures import how_many_days\n\nfigure = how_many_days.figure()\nglue('days', figure.outputs['days'])\nfigure\n```\n\nIt takes {glue:text}`days:.1f` days."
    assert book.build(cell).returncode == 0
    exports = book.root / "_build/html/notebooks"
    wheel = build_wheel(book.root / "book", exports)
    (alone := tmp_path.parent / f"{tmp_path.name}-alone").mkdir()

    def first_cell_says(place: str, last: str = "") -> str:
        monkeypatch.setenv("FIFTY_FOUR_DAYS", place)
        notebook = read_notebook(exports / "index.ipynb")
        assert "67.1 days" in notebook.cells[-1].source
        run_notebook(notebook, alone, plain_kernel, last=last)
        assert any("image/png" in output.get("data", {}) for cell in notebook.cells for output in cell.get("outputs", []))
        return "".join(output.get("text", "") for output in notebook.cells[0].outputs)

    with serving(exports) as there:
        says = first_cell_says(there)
    assert f"{there}/{wheel.name}" in says and "reload it and run all cells" in says
    monkeypatch.setenv("PIP_NO_INDEX", "1")  # from here on there is no network
    assert "Installing" not in first_cell_says(there, last="%pip uninstall -q -y fifty-four-days")
    with pytest.raises(Exception, match="put it beside this notebook"):
        first_cell_says("")
    shutil.copy(wheel, alone)
    assert f"{alone}/{wheel.name}" in first_cell_says("", last="%pip uninstall -q -y fifty-four-days")


def test_an_export_names_the_wheel_and_where_it_is_published(book):
    book.edit("_config.yml", 'book_repository: ""', "book_repository: https://github.com/Someone/some-book")
    assert book.build("```{code-cell} ipython3\n1 + 1\n```").returncode == 0
    exports = book.root / "_build/html/notebooks"
    wheel = build_wheel(book.root / "book", exports)
    again = build_wheel(book.root / "book", book.root / "again")
    assert wheel.read_bytes() == again.read_bytes()
    source = read_notebook(exports / "index.ipynb").cells[0].source
    assert wheel.name in source and '"https://someone.github.io/some-book/notebooks"' in source
    environment = (book.root / "_build/html/.binder/requirements.txt").read_text().split()
    with zipfile.ZipFile(wheel) as archive:
        (metadata,) = (archive.read(name).decode() for name in archive.namelist() if name.endswith("/METADATA"))
        assert {"clustermath/data/chips.csv", "livefigure/runtime/figure.js", "figures/four_clocks.py"} <= set(archive.namelist())
    assert environment == ["jupyterlab", *re.findall(r"^Requires-Dist: (\S+)", metadata, re.MULTILINE)]


def test_one_book_built_in_two_folders_gives_the_same_bytes(tmp_path, site, monkeypatch):
    """Pages, fonts, scripts, notebooks: whatever is published, on a page with a figure, a formula and a claim.

    Each has the theme, and an extension that brings files, in a place of its own, as in an environment of its own.
    """
    body = "```{claim} 004-10\n```\n\n$$x = \\frac{1}{2}$$ (half)\n\n```{code-cell} ipython3\nfrom figures import four_clocks\nfour_clocks.figure()\n```"
    built = []
    for name in ("here", "elsewhere"):
        book = TinyBook(tmp_path / name, site)
        shutil.rmtree(book.root / "_build" / "html" / "_static" / "fonts")  # cut anew, too
        for package in (sphinx_book_theme, sphinx_togglebutton):
            shutil.copytree(Path(package.__file__).parent, book.root / "packages" / package.__name__)
        monkeypatch.setenv("PYTHONPATH", str(book.root / "packages"))
        result = book.build(body)
        assert result.returncode == 0, result.output
        place = book.root / "_build" / "html"
        built.append({path.relative_to(place).as_posix(): path.read_bytes() for path in place.rglob("*") if path.is_file()})
    here, elsewhere = built
    assert here.keys() == elsewhere.keys() and any(name.endswith(".woff2") for name in here) and "notebooks/index.ipynb" in here
    assert not [name for name in here if here[name] != elsewhere[name]]


STOPS = """

import os


def stop(app, pagename, templatename, context, doctree):
    if pagename == os.environ.get("STOP_AT"):
        os.kill(os.getpid(), 9)
"""


def test_a_build_that_is_stopped_while_it_writes_loses_nothing(book, monkeypatch):
    """Killed at the second of three pages; the next build has all pages whole, and all of them in the search."""
    (book.root / "_toc.yml").write_text("format: jb-book\nroot: book/index\nchapters:\n  - file: book/second\n  - file: book/third\n")
    for name in ("second", "third"):
        (book.root / "book" / f"{name}.md").write_text(f"# The {name} page\n\nIt has a word of its own, {name}ary.\n")
    extension = book.root / "book" / "_ext" / "accessible.py"
    text = extension.read_text(encoding="utf-8").replace("def setup(app):", "def setup(app):\n    app.connect('html-page-context', stop)")
    extension.write_text(text + STOPS, encoding="utf-8")
    monkeypatch.setenv("STOP_AT", "book/second")
    assert book.build("The first word is primary.").returncode == -9
    site = book.root / "_build" / "html"
    index = site / "_static" / "scripts" / "entries.js"
    assert (site / "book" / "index.html").exists() and not index.exists()
    monkeypatch.delenv("STOP_AT")
    for again in range(2):
        result = book.build()
        assert result.returncode == 0, result.output
        assert all(word in index.read_text(encoding="utf-8") for word in ("primary", "secondary", "thirdary"))
        assert all("Content-Security-Policy" in (site / "book" / f"{name}.html").read_text(encoding="utf-8") for name in ("index", "second", "third"))
    assert "updating environment: 0 added, 0 changed" in result.output.replace("\x1b", "") or "no targets are out of date" in result.output


def test_a_page_that_the_book_no_longer_has_is_gone(book):
    """Of an earlier build, it would be published on, with links to scripts and sheets that are no longer there."""
    contents = book.root / "_toc.yml"
    alone = contents.read_text(encoding="utf-8")
    contents.write_text("format: jb-book\nroot: book/index\nchapters:\n  - file: book/second\n")
    (book.root / "book" / "second.md").write_text("# The second page\n\nIts text.\n")
    site = book.root / "_build" / "html"
    assert book.build("The first page.").returncode == 0
    made = {page.relative_to(site).as_posix() for page in site.rglob("*.html") if "_static" not in page.parts}
    assert "book/second.html" in made
    contents.write_text(alone)
    (book.root / "book" / "second.md").unlink()
    assert book.build("The first page.").returncode == 0
    assert {page.relative_to(site).as_posix() for page in site.rglob("*.html") if "_static" not in page.parts} == made - {"book/second.html"}


def test_a_new_finding_is_told_by_the_next_build(book):
    (book.root / "_toc.yml").write_text("format: jb-book\nroot: book/index\nchapters:\n  - file: book/what-tools-do\n")
    (book.root / "book" / "what-tools-do.md").write_text("# What the tools really do\n\n```{findings}\n```\n")
    (book.root / "findings").mkdir()
    page = book.root / "_build" / "html" / "book" / "what-tools-do.html"
    for name in ("first", "second"):
        (book.root / "findings" / f"{name}.sh").write_text(f"#!/usr/bin/env bash\n# a tool: the {name} surprise\n#\n# It does so.\n")
        assert book.build("The first page.").returncode == 0
        assert f"the {name} surprise" in page.read_text(encoding="utf-8")


def test_previews_are_the_books_own_words(book):
    """A claim that a chapter examines is nobody's summary of the chapter."""
    body = '```{div} lede\nWhat would have to be true, "for once"?\n```\n\n```{claim} 004-10\n```\n\nText.'
    assert book.build(body).returncode == 0
    described = '<meta name="description" content="What would have to be true, “for once”?" />'
    assert described in book.html and "<title>A page &#8212; Fifty-Four Days</title>" in book.html
    book.edit("_config.yml", 'book_repository: ""', "book_repository: https://github.com/Someone/some-book")
    assert book.build().returncode == 0
    assert described in book.html and book.html.count('name="description"') == 1
    preview = dict(re.findall(r'<meta property="(og:[\w:]+)" content="([^"]*)"', book.html))
    assert preview["og:description"] == "What would have to be true, “for once”?"
    assert preview["og:site_name"] == "Fifty-Four Days" and preview["og:title"] == "A page"
    assert "not set" not in book.html
    book.edit("book/index.md", "# A page", "# Fifty-Four Days")
    assert book.build().returncode == 0
    assert "<title>Fifty-Four Days</title>" in book.html


def test_previews_show_the_machine(book):
    """The picture that README shows, at the address that a page names; a book that lives nowhere doesn't carry it."""
    published = book.root / "_build" / "html"
    assert book.build("Text.").returncode == 0
    assert not list(published.rglob(picture.OUT.name))
    book.edit("_config.yml", 'book_repository: ""', "book_repository: https://github.com/Someone/some-book")
    assert book.build().returncode == 0
    (shown,) = re.findall(r'<meta property="og:image" content="https://someone.github.io/some-book/([^"]*)"', book.html)
    assert (published / shown).read_bytes() == picture.OUT.read_bytes()


@pytest.mark.parametrize("wrong", ["github.com/Someone/book", "https://github.com/Someone", "http://github.com/a/b", "https://example.org/a/b"])
def test_a_wrong_address_is_refused(wrong):
    with pytest.raises(ConfigError, match="it must be empty or https://github.com/OWNER/NAME"):
        owner_and_name(wrong)
