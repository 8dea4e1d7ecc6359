"""The page's readers against Python's, on the same files: the same records and the same words."""

import pytest

from .conftest import difference, python_reads
from .examples import AS_BYTES, TEXTS

# Each text as a reader pastes it and as a file that is chosen, which is read in slices.
FILES = {name: text + "\n" for name, text in TEXTS.items()} | {f"{name} as a file": text.encode() for name, text in TEXTS.items()} | AS_BYTES


@pytest.fixture(scope="session")
def read_in_the_page(page_reads):
    """All of them at once: one crossing into the page."""
    return dict(zip(FILES, page_reads(FILES.values())))


@pytest.mark.parametrize("name", FILES)
def test_a_file_is_read_the_same(name, read_in_the_page):
    assert difference(read_in_the_page[name], python_reads(FILES[name])) == ""


def test_of_files_enough_are_read():
    assert len(TEXTS) > 120 and sum(isinstance(python_reads(text + "\n"), list) for text in TEXTS.values()) > 100
