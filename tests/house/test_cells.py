"""Cells that run in a process of the build show what they show in a kernel of their own."""

from functools import partial

import pytest
from _ext.cells import run
from nbclient import NotebookClient
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook
from sphinx.util.parallel import ParallelTasks

CELLS = {
    "two streams, a display and a result, in their order": "import sys\nfrom IPython.display import Markdown, display\nprint('one')\nprint('two', end=' ')\ndisplay(Markdown('**three**'))\nprint('four')\nprint('five', file=sys.stderr)\n{'six': 6}",
    "an earlier result, and a name": "seven = _['six'] + 1\nseven",
    "nothing": "",
    "no result": "seven;",
    "a number for the text": "from myst_nb import glue\nglue('eight', 8, display=False)",
    "a picture": "import matplotlib.figure\nfigure = matplotlib.figure.Figure(figsize=(1, 1))\nfigure",
    "bytes": "class Picture:\n    def _repr_png_(self):\n        return b'\\x89PNG'\n    def __repr__(self):\n        return 'a picture'\nPicture()",
    "a picture with its text alternative": "display({'image/png': 'aGk=', 'text/plain': 'a picture'}, raw=True, metadata={'image/png': {'alt': 'What it shows.'}})",
    "where it is": "import os\nimport beside\nprint(beside.NAME, os.listdir('.'), __name__)",
    "its own file, by which a refusal knows a cell": "import inspect\nfrom pathlib import Path\nprint(Path(inspect.currentframe().f_code.co_filename).parent.name.startswith('ipykernel_'))",
    "a warning": "import warnings\nwarnings.warn_explicit('nine', UserWarning, 'here', 1)",
    "a wait": "import asyncio\nawait asyncio.sleep(0)\nget_ipython().run_line_magic('pinfo2', 'no_such_name')",
}


def notebook(*sources: str, tags: list[str] = []):
    return new_notebook(cells=[new_markdown_cell("Words."), *(new_code_cell(source, metadata={"tags": tags}) for source in sources)])


def in_a_fork(wanted, folder, timeout=60):
    """What `run` gives in a process of its own, as the build runs it."""
    found = []
    tasks = ParallelTasks(1)
    tasks.add_task(partial(run, wanted, str(folder), timeout), None, lambda _, result: found.append(result))
    tasks.join()
    return found[0]


def shown(done) -> list:
    return [(cell.get("execution_count"), cell.get("outputs")) for cell in done.cells]


@pytest.mark.slow
def test_outputs_are_those_of_a_kernel(tmp_path, monkeypatch):
    (tmp_path / "beside.py").write_text("NAME = 'beside'\n")
    monkeypatch.setenv("PYTHONDONTWRITEBYTECODE", "1")
    monkeypatch.setattr("sys.dont_write_bytecode", True)
    by_kernel = notebook(*CELLS.values())
    NotebookClient(by_kernel, timeout=60, resources={"metadata": {"path": str(tmp_path)}}).execute()
    by_us = in_a_fork(notebook(*CELLS.values()), tmp_path)
    for name, (ours, theirs) in zip(["words", *CELLS], zip(shown(by_us), shown(by_kernel), strict=True), strict=True):
        assert ours == theirs, name
    assert by_us.metadata.language_info == by_kernel.metadata.language_info


def test_a_cell_that_is_not_to_run_does_not(tmp_path):
    assert shown(in_a_fork(notebook("1 / 0", tags=["skip-execution"]), tmp_path))[1] == (None, [])


@pytest.mark.slow
def test_an_error_and_an_endless_cell_give_no_notebook(tmp_path):
    assert in_a_fork(notebook("print('so far')", "1 / 0", "print('no further')"), tmp_path) is None
    assert in_a_fork(notebook("while True:\n    pass"), tmp_path, timeout=1) is None
