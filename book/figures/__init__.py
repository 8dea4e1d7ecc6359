"""One module per live figure: its model, its controls, its drawing. The only place where physics and figures meet.

Each module offers `figure()`, which makes a new LiveFigure; `figure(model=...)` makes it with a reader's own model.
A figure is called after its module: `four_clocks` makes "four-clocks", `gallery.curve` makes "gallery-curve".
"""

import importlib
import pkgutil
from collections.abc import Mapping


class Figures(Mapping):
    """Every live figure of the book by name, found by looking at the modules; each is made when it is first asked for."""

    def __init__(self):
        found = (importlib.import_module(module.name) for module in pkgutil.walk_packages(__path__, f"{__name__}."))
        self._modules = {_name(module): module for module in found if hasattr(module, "figure")}
        self._made = {}

    def __getitem__(self, name):
        if name not in self._made:
            self._made[name] = self._modules[name].figure()
        return self._made[name]

    def __iter__(self):
        return iter(self._modules)

    def __len__(self):
        return len(self._modules)


def _name(module) -> str:
    return module.__name__.removeprefix(f"{__name__}.").replace(".", "-").replace("_", "-")


def all_figures() -> Figures:
    """Every live figure of the book by name."""
    return Figures()
