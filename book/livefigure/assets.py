"""The browser's half of the library: scripts and one style sheet, put together from `runtime/`.

The same source runs in three homes. A page of a site has a classic deferred script (modules don't load from `file://`),
and a second one beside it, of what few readers ask for, which comes when one does. A page of one file has both in one.
In a notebook they are the ES module of one hidden widget, which all figures of the kernel have in common; a page that
nbconvert made of one has a small script for where nothing shows widgets.
"""

from __future__ import annotations

import hashlib
import json
import os
import threading
from base64 import b64encode
from functools import cache
from html import escape
from pathlib import Path

import anywidget
import traitlets
from IPython.core.interactiveshell import InteractiveShell
from IPython.display import publish_display_data

from .fonts import faces
from .look import css_variables

FOR_A_PAGE = "LIVEFIGURE_HTML"  # set in the environment of kernels whose outputs go into a page
RUNTIME = Path(__file__).parent / "runtime"
# In this order: each file uses only what stands above it.
PARTS = ("arithmetic", "numbers", "model", "geometry", "state", "controls", "guess", "figure")
LATER = ("crosshair", "download", "onward", "explore", "touch", "play", "bring", "warm")  # which fill the object `later` of figure.js


@cache
def _source(*parts: str) -> str:
    return "\n".join((RUNTIME / f"{part}.js").read_text(encoding="utf-8") for part in parts)


def _classic(source: str) -> str:
    return f'(() => {{\n"use strict";\n{source}\n}})();\n'


def runtime_script(later: str | None = None) -> str:
    """The runtime for a static page: a classic script that brings every figure of the page to life.

    later: address, from this script's own, of a file with `later_script()`; without it, all is in this one.
    """
    if later is None:
        return _classic(_source(*PARTS, *LATER, "page"))
    return _classic(f"const LATER = {json.dumps(later)};\n{_source(*PARTS, 'fetch', 'page')}")


def later_script() -> str:
    """What a page with `runtime_script(later)` loads when a reader first asks for it: a classic script, too."""
    return _classic(f"const {{ formatNumber, parseNumber, writeHash, later, fillText, number, resolve, valueAt, positionOf, STILL, path, round, numbersOf, called }} = livefigure;\n{_source(*LATER)}")


@cache
def widget_module() -> tuple[str, str]:
    """The runtime as anywidget's ES module, and the name under which a notebook's page keeps it."""
    source = _source(*PARTS, *LATER, "widget")
    key = hashlib.sha256(source.encode()).hexdigest()[:16]
    return f'const KEY = "{key}";\n{source}', key


def figure_module(model: str) -> str:
    """The ES module of one figure: its own `model` script (two figures may have one name), shown by the shared runtime."""
    return (
        f"const factory = {model};\n"
        "async function render(view) {\n"
        f'  const runtime = globalThis.livefigureRuntimes?.["{widget_module()[1]}"];\n'
        '  const { show } = runtime ?? (await view.host.getWidget(view.model.get("_runtime"))).exports;\n'
        "  return show(view, factory);\n"
        "}\n"
        "export default { render };\n"
    )


class Runtime(anywidget.AnyWidget):
    """What the figures of a notebook have in common: script, styles and fonts. It shows nothing itself."""

    _esm = traitlets.Unicode().tag(sync=True)
    _css = traitlets.Unicode().tag(sync=True)

    def __init__(self):
        super().__init__(_esm=widget_module()[0], _css=widget_stylesheet())


_kernel = threading.local()  # where several kernels share a process, as in marimo, each is a thread


def runtime_widget() -> Runtime:
    """The one runtime of this kernel; a new one when the last was closed, as `Widget.close_all` or a cell of marimo does."""
    known = getattr(_kernel, "runtime", None)
    if known is None or known.comm is None or getattr(known.comm, "_closed", False):
        _kernel.runtime = Runtime()
    return _kernel.runtime


def nobody_looks_on() -> bool:
    """Whether a notebook is run from end to end by a program such as `nbconvert --execute`, and not in front of a reader."""
    return InteractiveShell.initialized() and not {"JPY_SESSION_NAME", FOR_A_PAGE} & os.environ.keys() and "__vsc_ipynb_file__" not in InteractiveShell.instance().user_ns


def bring_saved(png: bytes, alt: str) -> None:
    """Give the cell that runs what shows its figure in a page of the notebook where no widget manager comes, nor any script."""
    once = "<style>.jp-OutputArea-child:has(noscript):has(~ .jp-OutputArea-child .jp-RenderedImage) { display: none }</style>"  # where the page has the picture itself
    picture = f'{once}<img alt="{escape(alt)}" src="data:image/png;base64,{b64encode(png).decode()}">'
    publish_display_data({"text/html": f"<script>{_classic(_source('saved'))}</script><noscript>{picture}</noscript>"})


@cache
def stylesheet() -> str:
    """How a live figure looks; colours come from `look.css_variables`."""
    return (RUNTIME / "card.css").read_text(encoding="utf-8")


@cache
def widget_stylesheet() -> str:
    """The style sheet of a figure away from the book, which brings fonts and colours along."""
    return faces() + css_variables() + stylesheet()
