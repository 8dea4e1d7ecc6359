"""What a chapter depends on, found by reading its code: on a small package, and on the book."""

import ast

import pytest
from figures.dependencies import BOOK, Code, numbers
from figures.pages import cells, pages
from living import NAMES
from workspace import ROOT

FILES = {
    "clustermath/__init__.py": "from .chips import CHIPS as ALL\n\nHERE = 1\n",
    "clustermath/chips.py": "from .tables import read\n\nCHIPS = read('chips.csv')\n",
    "clustermath/tables.py": '"""Reads models.csv, too."""\nimport numpy\n\n\ndef read(name):\n    return name\n',
    "clustermath/models.py": "from . import tables\n\n\ndef models():\n    return tables.read('models.csv')\n",
    "clustermath/lazy.py": "def late():\n    from .models import models\n\n    return models()\n",
    "clustermath/annotated.py": "from typing import TYPE_CHECKING\n\nif TYPE_CHECKING:\n    from .chips import CHIPS\nelse:\n    from .lazy import late\n",
    "clustermath/sorts.py": "from .tables import read, records\n\nSORTS = records('sort', dict, read('sorts.csv'))\n",
    "clustermath/all_sorts.py": "from .sorts import SORTS\n\nNUMBER = len(SORTS)\n",
    "clustermath/one_sort.py": "from .sorts import SORTS\n\nRED = SORTS['red']\n",
    "clustermath/used.py": "from .tables import read, records\n\nUSED = records('sort', dict, read('used.csv'))\n\n\ndef first():\n    return list(USED)[0]\n",
    "data/sorts.csv": "name,field,value\nred,size,1\nblue,size,2\n",
    "data/used.csv": "name,field,value\nred,size,1\n",
    "clustermath/brought.py": "class Model:\n    @classmethod\n    def from_file(cls):\n        from .chips import CHIPS\n\n    @classmethod\n    def from_log(cls):\n        from .models import models\n",
    "clustermath/caller.py": "from .brought import Model\n\nModel.from_log()\n",
    "clustermath/finder.py": "import importlib\n\n\ndef find(name):\n    return importlib.import_module(name)\n",
    "figures/__init__.py": "",
    "figures/one.py": "from clustermath import ALL\nfrom .shared import pick\n",
    "figures/shared.py": "pick = 1\n",
    "figures/small/__init__.py": "SIZE = 1\n",
    "figures/small/two.py": "from . import SIZE\nfrom ..shared import pick\nfrom livefigure import LiveFigure\n",
    "livefigure/__init__.py": "from .figure import LiveFigure\nfrom .page import page\n",
    "livefigure/figure.py": "from pathlib import Path\n\nfrom . import assets\n\nLOGIC = Path(__file__).parent / 'runtime' / 'logic.js'\n\n\nclass LiveFigure:\n    pass\n",
    "livefigure/page.py": "from .assets import RUNTIME\n\npage = 1\n",
    "livefigure/assets.py": "RUNTIME = 'runtime'\n",
    "livefigure/runtime/card.css": "a {}\n",
    "livefigure/runtime/logic.js": "1\n",
    "data/chips.csv": "name\n",
    "data/models.csv": "name\n",
    "data/tables/one.csv": "name\n",
    "data/tables/two.csv": "name\n",
}


@pytest.fixture
def code(tmp_path):
    for name, text in FILES.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
    return Code(tmp_path)


@pytest.mark.parametrize(
    "cell, wanted",
    [
        ("import numpy", ""),
        ("from clustermath import ALL", "clustermath/__init__ clustermath/chips clustermath/tables data/chips.csv"),
        ("from clustermath import HERE", "clustermath/__init__ clustermath/chips clustermath/tables data/chips.csv"),
        ("from clustermath.tables import read", "clustermath/__init__ clustermath/tables"),
        ("from clustermath.lazy import late", "clustermath/__init__ clustermath/lazy clustermath/models clustermath/tables data/models.csv"),
        ("from clustermath.annotated import late", "clustermath/__init__ clustermath/annotated clustermath/lazy clustermath/models clustermath/tables data/models.csv"),
        ("from clustermath.sorts import SORTS\nSORTS['red'], SORTS['blue']", "clustermath/__init__ clustermath/sorts clustermath/tables data/sorts.csv/red data/sorts.csv/blue"),
        ("from clustermath.one_sort import RED", "clustermath/__init__ clustermath/one_sort clustermath/sorts clustermath/tables data/sorts.csv/red"),
        ("from clustermath import one_sort\none_sort.SORTS['blue']", "clustermath/__init__ clustermath/one_sort clustermath/sorts clustermath/tables data/sorts.csv/red data/sorts.csv/blue"),
        ("from clustermath import one_sort\none_sort.SORTS", "clustermath/__init__ clustermath/one_sort clustermath/sorts clustermath/tables data/sorts.csv"),
        ("from clustermath.one_sort import SORTS", "clustermath/__init__ clustermath/one_sort clustermath/sorts clustermath/tables data/sorts.csv"),
        ("from clustermath.sorts import SORTS\nSORTS['red'], list(SORTS)", "clustermath/__init__ clustermath/sorts clustermath/tables data/sorts.csv"),
        ("from clustermath.sorts import SORTS\nwhich = 'red'\nSORTS[which]", "clustermath/__init__ clustermath/sorts clustermath/tables data/sorts.csv"),
        ("from clustermath.sorts import SORTS as S\nS['red']", "clustermath/__init__ clustermath/sorts clustermath/tables data/sorts.csv"),
        ("from clustermath.all_sorts import NUMBER\nfrom clustermath.sorts import SORTS\nSORTS['red']", "clustermath/__init__ clustermath/all_sorts clustermath/sorts clustermath/tables data/sorts.csv"),
        ("from clustermath.used import USED\nUSED['red']", "clustermath/__init__ clustermath/used clustermath/tables data/used.csv"),
        ("from clustermath.brought import Model", "clustermath/__init__ clustermath/brought clustermath/models clustermath/tables data/models.csv"),  # from_log is called somewhere, from_file isn't
        ("if 1:\n    from clustermath import models", "clustermath/__init__ clustermath/models clustermath/tables data/models.csv"),
        ("open('data/models.csv')", "data/models.csv"),
        ("DATA / 'tables'", "data/tables/one.csv data/tables/two.csv"),
        ("from figures import one", "figures/__init__ figures/one figures/shared clustermath/__init__ clustermath/chips clustermath/tables data/chips.csv"),
        ("from figures.small import two", "figures/__init__ figures/small/__init__ figures/small/two figures/shared livefigure/__init__ livefigure/figure livefigure/runtime/logic.js"),
        ("from livefigure import page", "livefigure/__init__ livefigure/page livefigure/assets livefigure/runtime/card.css livefigure/runtime/logic.js"),
    ],
)
def test_what_a_cell_depends_on(code, cell, wanted):
    found = {file.relative_to(code.book).as_posix().removesuffix(".py") for file in code.of_code(cell)}
    assert found == set(wanted.split())


@pytest.mark.parametrize(
    "cell", ["import clustermath", "from clustermath.finder import find", "from clustermath import *"]
)
def test_who_may_use_any_module_depends_on_all(code, cell):
    assert {file for file in code.everything if file.parent.name == "clustermath"} <= code.of_code(cell)


@pytest.mark.parametrize("cell", ["%run something", "import subprocess", "from importlib import import_module", "__import__(name)", "import os\nos.system('x')"])
def test_a_cell_that_may_run_anything_depends_on_everything(code, cell):
    assert code.of_code(cell) >= code.everything


def test_the_hash_sees_what_runs_and_not_how_it_is_laid_out(code):
    files = code.of_code("from figures import one")
    before = code.digest(files)
    for name, text, same in [
        ("figures/shared.py", "# a comment\npick  =  1\n", True),
        ("figures/shared.py", "pick = 2\n", False),
        ("data/chips.csv", "name\n\n", False),
        ("data/models.csv", "other\n", True),
        ("figures/small/two.py", "from . import SIZE\n\nSIZE += 1\n", True),
    ]:
        (code.book / name).write_text(text)
        assert (Code(code.book).digest(files) == before) == same, text
        (code.book / name).write_text(FILES[name])
    assert Code(code.book).digest(files) == before and code.digest(files, {"one": "1.2"}) != before


def test_a_record_s_lines_are_what_counts_of_a_table(code):
    files = code.of_code("from clustermath.sorts import SORTS\nSORTS['red']")
    before = code.digest(files)
    for text, same in [("blue,size,3\nblue,age,1\nred,size,1\n", True), ("blue,size,2\nred,size,9\n", False), ("red,size,1\nred,age,4\n", False), ("redder,size,1\n", False)]:
        (code.book / "data/sorts.csv").write_text("name,field,value\n" + text)
        assert (Code(code.book).digest(files) == before) == same, text


# The book -------------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def chapters() -> dict[str, set[str]]:
    """Each page with cells, and what it depends on."""
    code, found = Code(), {}
    for page in pages():
        text = (ROOT / f"{page.file}.md").read_text(encoding="utf-8")
        if "{code-cell}" in text:
            found[page.file.split("/")[-1]] = {file.relative_to(BOOK).as_posix() for file in code.of_page(text)}
    return found


def test_a_figure_s_module_concerns_the_pages_that_import_it(chapters):
    imports = {page: {f"{node.module}.{alias.name}" for cell in cells((BOOK / f"{page}.md").read_text(encoding="utf-8")) for node in ast.walk(cell) if isinstance(node, ast.ImportFrom) for alias in node.names} for page in chapters}
    for name, module in NAMES.items():
        importing = {page for page in chapters if module in imports[page]}
        concerned = {page for page, files in chapters.items() if f"{module.replace('.', '/')}.py" in files}
        assert importing and importing <= concerned, name
        assert len(concerned) < len(chapters) / 2, name


def test_what_a_chapter_does_not_use_does_not_concern_it(chapters):
    assert {page for page, files in chapters.items() if "data/batteries.csv" in files} == {"power", "claims", "design-a-cluster"}, "the ledger holds claims against every chapter's figures"
    assert "data/interruptions.csv" in chapters["failures"] and "data/interruptions.csv" not in chapters["power"]
    assert {page for page, files in chapters.items() if "clustermath/supply.py" in files} == {"power", "claims", "design-a-cluster"}
    assert not {page for page, files in chapters.items() if "data/chips.csv" in files} & {"failures", "which-counter"}, "they compute with run.py, and no chip"
    assert [page for page, files in chapters.items() if "livefigure/runtime/card.css" in files] == ["how-the-figures-work"]


def test_a_changed_chip_concerns_the_pages_that_name_or_offer_it(chapters):
    """Pages that offer all chips print each one's numbers; the others ask for some by name."""

    def concerned(chip: str) -> set[str]:
        return {page for page, files in chapters.items() if {"data/chips.csv", f"data/chips.csv/{chip}"} & files}

    offering = {page for page, files in chapters.items() if "data/chips.csv" in files}
    assert concerned("B200 SXM") == offering and not offering & {"index", "units-lab", "make-your-own", "failures", "which-counter"}
    assert concerned("A100 SXM") == offering | {"units-lab"}
    assert concerned("H100 SXM") == offering | {"units-lab", "index", "make-your-own"}


@pytest.mark.slow
def test_every_table_is_named_by_a_module_or_a_cell_that_reads_it():
    """A table that is found in another way than by its name would be missing from what a chapter depends on. (Examples are for the command line, measured_matmuls.csv for a test.)"""
    code = [ast.parse(file.read_text(encoding="utf-8")) for file in BOOK.rglob("*.py")]
    code += [cell for page in BOOK.glob("*.md") for cell in cells(page.read_text(encoding="utf-8"))]
    said = {node.value.split("/")[-1] for tree in code for node in ast.walk(tree) if isinstance(node, ast.Constant) and isinstance(node.value, str)}
    tables = [set(file.relative_to(BOOK / "data").parts) for file in (BOOK / "data").rglob("*") if file.is_file() and "schema" not in file.name and file.parent.name != "examples" and file.name != "measured_matmuls.csv"]
    assert not [table for table in tables if not table & said]


def test_the_numbers_of_its_figures_concern_a_chapter(chapters):
    found = numbers({BOOK / file for file in chapters["power"]})
    assert set(found.values()) == {f"5.{n}" for n in range(1, len(found) + 1)}
