"""One module per live figure: its model, its controls, its drawing. The only place where physics and figures meet.

Each module offers `figure()`, which makes a new LiveFigure; `figure(model=...)` makes it with a reader's own model.
"""

import importlib
import pkgutil


def all_figures() -> dict:
    """Every live figure of the book by name, found by looking at the modules of this package."""
    modules = (importlib.import_module(f"{__name__}.{found.name}") for found in pkgutil.iter_modules(__path__))
    figures = [module.figure() for module in modules if hasattr(module, "figure")]
    return {figure.name: figure for figure in figures}
