"""What stands at the foot of every page: of which day the book is, what may be done with it, where an error is told."""

from datetime import date
from html import escape
from pathlib import Path

import yaml


ABOUT = "book/about"


def citation(app) -> dict:
    """What CITATION.cff says of the book."""
    return yaml.safe_load((Path(app.srcdir) / "CITATION.cff").read_text(encoding="utf-8"))


def colophon(book: dict, repository: str) -> str:
    """One paragraph from CITATION.cff, and with the address of the repository where corrections go."""
    day = date.fromisoformat(book["date-released"])
    sentences = [
        f"Version {escape(book['version'])}, facts as of {day.day} {day:%B %Y}.",
        'Text and figures: <a href="https://creativecommons.org/licenses/by/4.0/">CC BY 4.0</a>; code: MIT.',
    ]
    if repository:
        sentences.append(f'<a href="{escape(repository)}/issues">Report an error</a>.')
    return f"<p>{' '.join(sentences)}</p>"


def add(app, config):
    config.html_theme_options["extra_footer"] = colophon(citation(app), config.book_repository.removesuffix("/"))


def corrections(app, pagename, templatename, context, doctree):
    """A book without a repository has a section to which errors are told."""
    if ABOUT in app.env.found_docs and not app.config.book_repository:
        context["theme_extra_footer"] = f"{context.get('theme_extra_footer', '')}<p><a href=\"{'' if pagename == ABOUT else context['pathto'](ABOUT)}#corrections\">Corrections</a> are welcome.</p>"


def setup(app):
    app.connect("config-inited", add, priority=100)  # before the theme reads its options
    app.connect("html-page-context", corrections)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
