"""A notebook's cells, run in this process: what they show becomes its outputs, as a kernel would send them.

A kernel starts with nothing and imports all that the cells of a chapter need; a process forked from one that has it
begins at once. So this runs in such a process (side_by_side.py), once: the cells leave their names behind.
"""

import importlib
import json
import os
import signal
import sys
import warnings
from contextlib import redirect_stderr, redirect_stdout
from io import TextIOBase

from ipykernel.compiler import XCachingCompiler
from ipykernel.ipkernel import IPythonKernel
from IPython.core.displayhook import DisplayHook
from IPython.core.displaypub import DisplayPublisher
from IPython.core.interactiveshell import InteractiveShell
from jupyter_client.jsonutil import json_default
from nbformat import NotebookNode
from nbformat.v4 import new_output
from traitlets import Type

SHOWN: list[NotebookNode] = []  # the outputs of the cell that runs, in their order


def show(kind: str, data: dict, metadata: dict | None, **more) -> None:
    message = json.dumps({"data": data, "metadata": metadata or {}}, default=json_default)
    SHOWN.append(new_output(kind, **json.loads(message), **more))


class Stream(TextIOBase):
    """What a cell writes to one of the two; what follows without a display between is one output."""

    def __init__(self, name: str):
        self.name = name

    def write(self, text: str) -> int:
        if not SHOWN or SHOWN[-1].get("name") != self.name:
            SHOWN.append(new_output("stream", name=self.name, text=""))
        SHOWN[-1].text += text
        return len(text)


class Publisher(DisplayPublisher):
    def publish(self, data, metadata=None, **more):
        show("display_data", data, metadata)


class Hook(DisplayHook):
    """What a cell ends in."""

    def write_output_prompt(self):
        pass

    def write_format_data(self, data, metadata=None):
        show("execute_result", data, metadata, execution_count=self.prompt_count)

    def finish_displayhook(self):
        pass


class Shell(InteractiveShell):
    compiler_class = Type(XCachingCompiler)  # a kernel's names of cells, by which others know them
    displayhook_class = Type(Hook)
    display_pub_class = Type(Publisher)


def run(notebook: NotebookNode, folder: str, timeout: int) -> NotebookNode | None:
    """The notebook, run in `folder`, or nothing if a cell fails or takes longer than `timeout` seconds."""
    importlib.reload(warnings)  # a cell's go to its outputs, whatever this process does with its own
    os.chdir(folder)
    sys.path.insert(0, folder)
    signal.signal(signal.SIGALRM, lambda *_: sys.exit("a cell took too long"))
    shell = Shell.instance()
    shell.history_manager.enabled = False
    with redirect_stdout(Stream("stdout")), redirect_stderr(Stream("stderr")):
        for cell in notebook.cells:
            if cell.cell_type != "code" or "skip-execution" in cell.metadata.get("tags", []) or not cell.source.strip():
                continue
            SHOWN.clear()
            signal.alarm(timeout)
            if not shell.run_cell(cell.source, store_history=True).success:
                return None
            cell.outputs, cell.execution_count = list(SHOWN), shell.execution_count - 1
    signal.alarm(0)
    notebook.metadata["language_info"] = IPythonKernel.language_info
    return notebook
