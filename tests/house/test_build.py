"""What makes a build fail, and what makes it start anew: tried on books of one page."""

import json
import re

import pytest
from _ext.address import owner_and_name
from house.tiny import TinyBook
from sphinx.errors import ConfigError


@pytest.fixture
def book(tmp_path, site) -> TinyBook:
    return TinyBook(tmp_path, site)


MISTAKES = {
    "See [](nowhere.md).": "'nowhere.md'",
    "{cite}`nobody2020`": 'could not find bibtex key "nobody2020"',
    "{eq}`no-such-equation`": "equation not found: no-such-equation",
    "```{claim} 004-99\n```": "unknown claim '004-99': no such id in book/data/claims.csv",
    "The {claimed}`004-1O` days.": "unknown claim '004-1O': no such id in book/data/claims.csv",
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


def test_address_is_one_setting(book):
    book.build("Nothing to launch.")
    assert not any(word in book.html for word in ("mybinder", "colab.research", "github.com", "og:url"))
    assert not (book.root / "_build/html/sitemap.xml").exists()

    book.edit("_config.yml", 'book_repository: ""', "book_repository: https://github.com/Someone/some-book")
    assert book.build().returncode == 0
    assert "https://mybinder.org/v2/gh/Someone/some-book/main?urlpath=lab%2Ftree%2Fbook%2Findex.md" in book.html
    assert "https://colab.research.google.com/github/Someone/some-book/blob/gh-pages/notebooks/index.ipynb" in book.html
    assert 'property="og:url" content="https://someone.github.io/some-book/book/index.html"' in book.html
    assert "https://github.com/Someone/some-book/edit/main/book/index.md" in book.html
    assert "https://someone.github.io/some-book/book/index.html" in (book.root / "_build/html/sitemap.xml").read_text()
    notebook = json.loads((book.root / "_build/html/notebooks/index.ipynb").read_text(encoding="utf-8"))
    assert "git clone -q --depth 1 https://github.com/Someone/some-book" in "".join(notebook["cells"][0]["source"])


@pytest.mark.parametrize("wrong", ["github.com/Someone/book", "https://github.com/Someone", "http://github.com/a/b", "https://example.org/a/b"])
def test_a_wrong_address_is_refused(wrong):
    with pytest.raises(ConfigError, match="it must be empty or https://github.com/OWNER/NAME"):
        owner_and_name(wrong)
