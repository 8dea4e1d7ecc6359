"""One module per live figure: its model, its controls, its drawing. The only place where physics and figures meet.

Each module offers `figure()`, which makes a new LiveFigure; `figure(model=...)` makes it with a reader's own model.
A figure is called after its module: `four_clocks` makes "four-clocks", `gallery.curve` makes "gallery-curve".
`all_figures()` knows them all without importing any: where each stands (pages.py), and what the news claims that it
answers (ledger.py).

Figures are made once in a process and not kept on disk. All 68 take 23 s of one core, of which a cache would save what the
build keeps already, each chapter's outputs under a hash of all that they depend on (_ext/models.py, dependencies.py), and
in a run of the tests one part in a hundred: most need the drawings themselves.
"""

import re
from collections.abc import Mapping
from functools import cache
from importlib import import_module
from pathlib import Path

from .pages import Place, name_of, places

HERE = Path(__file__).resolve().parent
FIGURE = re.compile(r"^def figure\(", re.MULTILINE)

from livefigure import LiveFigure

LiveFigure.credit = "Fifty-Four Days, by its authors. Numbers, text and figures: CC BY 4.0, https://creativecommons.org/licenses/by/4.0/"


class Figures(Mapping):
    """Every live figure of the book by name, found by reading the modules; each is imported and made when it is first asked for."""

    def __init__(self):
        files = sorted(file for file in HERE.rglob("*.py") if FIGURE.search(file.read_text(encoding="utf-8")))
        modules = [".".join(file.relative_to(HERE).with_suffix("").parts) for file in files]
        self._modules = {name_of(module): f"{__name__}.{module}" for module in modules}
        self._made = {}

    def __getitem__(self, name):
        if name not in self._made:
            figure = import_module(self._modules[name]).figure()
            if figure.name != name:
                raise ValueError(f"{self._modules[name]} makes a figure called {figure.name!r}; it must be called {name!r}, after its module.")
            self._made[name] = figure
        return self._made[name]

    def __iter__(self):
        return iter(self._modules)

    def __len__(self):
        return len(self._modules)

    def module(self, name: str) -> str:
        """The module that makes a figure, as in "figures.four_clocks"."""
        return self._modules[name]

    def place(self, name: str) -> Place | None:
        """The page on which a figure stands, and its number there; nothing if no page shows it."""
        return places().get(name) if name in self._modules else None

    def claims(self, name: str) -> list[str]:
        """The ledger numbers of the claims that are held against a figure."""
        from .ledger import CLAIMS  # which reads a table: not needed to list names

        return [number for number, claim in CLAIMS.items() if claim["figure"] == name]


@cache
def all_figures() -> Figures:
    """Every live figure of the book by name: the same ones in all of a process."""
    return Figures()
