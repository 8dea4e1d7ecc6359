"""The browser's half of the library: one script and one style sheet, put together from `runtime/`.

The same source runs in two homes: as a classic deferred script in a static page (modules don't load from `file://`)
and as the ES module of the notebook widget.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path

from .fonts import faces
from .look import css_variables

RUNTIME = Path(__file__).parent / "runtime"
# In this order: each file uses only what stands above it.
PARTS = ("arithmetic", "numbers", "model", "geometry", "crosshair", "state", "controls", "guess", "explore", "figure")


@cache
def _source(*parts: str) -> str:
    return "\n".join((RUNTIME / f"{part}.js").read_text(encoding="utf-8") for part in parts)


def runtime_script() -> str:
    """The runtime for a static page: a classic script that brings every figure of the page to life."""
    return f'(() => {{\n"use strict";\n{_source(*PARTS, "page")}\n}})();\n'


def widget_module(model: str) -> str:
    """The runtime as anywidget's ES module, with the figure's own `model` script in it: two figures may have one name."""
    return f"const factory = {model};\n{_source(*PARTS, 'widget')}\n"


@cache
def stylesheet() -> str:
    """How a live figure looks; colours come from `look.css_variables`."""
    return (RUNTIME / "card.css").read_text(encoding="utf-8")


@cache
def widget_stylesheet() -> str:
    """The style sheet of a figure away from the book, which brings fonts and colours along."""
    return faces() + css_variables() + stylesheet()
