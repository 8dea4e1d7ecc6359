"""A page of its own with live figures: one file that needs nothing else, from a web server or from disk."""

from __future__ import annotations

from collections import Counter
from html import escape

from .assets import runtime_script, widget_stylesheet
from .card import BRING
from .figure import LiveFigure

LAYOUT = "html{color-scheme:var(--lf-scheme)}body{max-width:46rem;margin:0 auto;padding:1rem;background:var(--lf-paper)}"
# Before anything is painted: the colours that the reader's system is set to.
SCHEME = 'document.documentElement.dataset.theme=matchMedia("(prefers-color-scheme: dark)").matches?"dark":"light"'


def page(*figures: LiveFigure, title: str = "Live figures", lang: str = "en") -> str:
    """The HTML of a page with these figures, one below the other. ValueError for none, for what is no figure, and for two of one
    name, which no link could tell apart."""
    if not figures or (others := [figure for figure in figures if not isinstance(figure, LiveFigure)]):
        raise ValueError(f"a page shows live figures, {f'not {others[0]!r}' if figures else 'at least one'}.")
    names = Counter(figure.name for figure in figures)
    if twice := [name for name, count in names.items() if count > 1]:
        raise ValueError(f"two figures are called {twice[0]!r}; give one of them another name.")
    cards = "".join(figure.page_html() for figure in figures).replace(BRING, "")  # one file has no readers
    return (
        f'<!doctype html><html lang="{escape(lang)}"><meta charset="utf-8"><meta name="viewport" content="width=device-width">'
        f"<title>{escape(title)}</title><style>{widget_stylesheet()}{LAYOUT}</style><script>{SCHEME}</script>"
        f"<body>{cards}<script>{runtime_script()}</script></body></html>"
    )
