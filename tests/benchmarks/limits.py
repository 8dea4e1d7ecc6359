"""What the benchmark's rows are held against: budgets that they must not exceed, peers, and floors that they can't go below.

A floor is measured in the same run, never typed: what is left once all that the book itself does takes no time. The table says
how many times as much is taken today.
"""

from __future__ import annotations

RATE = "M layouts/s"  # the one unit of which more is better
# What a row may be at most (a rate: at least), by the end of its name; a row's own name goes first.
BUDGETS = {
    "layout-map: tick, p95": 16, "layout-map: tick, processor p95": 16, "tick, p95": 4, "tick, processor p95": 4, "hydration": 50, "memory left by 10,000 ticks": 200,
    "scripts": 25, "interactive": 500, "search": 1, "memory of the search": 2000, "build of a fresh copy": 90, "build after one edited chapter": 15,
}  # fmt: skip
PEERS = {
    "scripts": "ipywidgets' html-manager 920 kB, Pyodide 6.3 MB", "interactive": "html-manager 2.0 s, Pyodide 5.1 s",
    "search": "Calculon 0.00019 on the same core",
}  # fmt: skip
# What a row can't go below, and what it is called on the page "How the live figures work", which has the worst of its kind.
FLOORS = {
    "page weight": ("the page’s own text and drawings", "a first visit of a page"),
    "scripts": ("the models of the page", "the runtime and a page’s models"),
    "interactive": ("until the browser has parsed the page", "until every figure of a page is live"),
    "tick, processor": ("style and layout of what the tick changes", "a tick of a figure"),
    "search": ("arithmetic that no two layouts share", "layouts searched, once Python and NumPy are there"),
    "search as a command": ("starting Python, loading NumPy", "layouts searched, from the command line"),
    "memory of the search": ("Python with NumPy", "memory of that search"),
    "first figure in a fresh kernel": ("loading matplotlib and anywidget", "the first figure in a fresh kernel"),
    "build after one edited chapter": ("a build with nothing to do", "a build after one edited chapter"),
}
# At the end of a process: the processor's time it took [s], and most memory it held [kB]. ru_maxrss alone counts what its parent held, too.
USED = """
import pathlib, resource
used, status = resource.getrusage(resource.RUSAGE_SELF), pathlib.Path("/proc/self/status")
held = status.read_text().partition("VmHWM:")[2].split()[0] if status.exists() else used.ru_maxrss
print(used.ru_utime + used.ru_stime, held)
"""
NUMPY = f"import numpy\n{USED}"
DRAWN_WITH = f"import anywidget, matplotlib.figure, matplotlib.backends.backend_svg\n{USED}"
SHARED_BY_NONE = """
import time
import clustermath.__main__ as command
from clustermath import search
spent = []
def timed(function):
    def run(*given):
        start = time.process_time()
        found = function(*given)
        spent.append(time.process_time() - start)
        return found
    return run
for name in ("time_from_pieces", "memory_from_portions"):
    setattr(search, name, timed(getattr(search, name)))
command.main("{arguments}".split())
print(sum(spent))
"""


def kind(name: str) -> str:
    """What is measured, without where: of "fat-tree: tick, processor" the second part."""
    return name.rpartition(": ")[2]


def by_name(table: dict, name: str):
    """What a table says of a row: of all its name, or of its kind."""
    return table.get(name, table.get(kind(name)))


def worst(rows: list[dict]) -> list[dict]:
    """Of each kind that has a floor the row that takes most, as the page shows it."""
    found: dict[str, dict] = {}
    for row in rows:
        name = kind(row["row"])
        if row["floor"] and (name not in found or row["median"] > found[name]["median"]):
            found[name] = row
    keys = ("unit", "median", "floor", "times", "budget")
    return [
        {"what": words, "where": found[name]["row"].rpartition(": ")[0], "limit": limit} | {key: found[name][key] for key in keys}
        for name, (limit, words) in FLOORS.items()
        if name in found
    ]
