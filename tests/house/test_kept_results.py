"""Where the build keeps what cells have printed: apart for each page, and anew when what a page runs with has changed."""

from types import SimpleNamespace

import pytest
from _ext.models import cache_folder
from figures.dependencies import Code
from workspace import BOOK, ROOT

PAGES = ("book/failures", "book/units-lab")


@pytest.fixture(scope="module")
def folders():
    app = SimpleNamespace(srcdir=ROOT, outdir=ROOT / "_build" / "html", code_of_the_book=Code(BOOK), hashes_of_code={})
    return [cache_folder(app, page) for page in PAGES]


@pytest.mark.slow
def test_results_of_each_page_are_kept_apart_beside_the_site(folders):
    assert {folder.parent for folder in folders} == {ROOT / "_build" / ".jupyter_cache"}
    assert len({*folders}) == len(PAGES) and all(page.split("/")[1] in folder.name for page, folder in zip(PAGES, folders))


@pytest.mark.slow
def test_other_packages_are_another_folder(folders, tmp_path):
    page = tmp_path / f"{PAGES[0]}.md"
    page.parent.mkdir()
    page.write_bytes((ROOT / f"{PAGES[0]}.md").read_bytes())
    code = Code(BOOK)
    for packages in ("requirements.txt", "tests/requirements.txt"):
        app = SimpleNamespace(srcdir=tmp_path, outdir=ROOT / "_build" / "html", code_of_the_book=code, hashes_of_code={})
        (tmp_path / "requirements.txt").write_bytes((ROOT / packages).read_bytes())
        assert (cache_folder(app, PAGES[0]) == folders[0]) == (packages == "requirements.txt")
