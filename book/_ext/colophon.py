"""What stands at the foot of every page: of which day the book is, what may be done with it, where an error is told."""

from datetime import date
from html import escape
from pathlib import Path

import yaml


def colophon(citation: dict, repository: str) -> str:
    """One paragraph from CITATION.cff, and with the address of the repository where corrections go."""
    day = date.fromisoformat(citation["date-released"])
    sentences = [
        f"Version {escape(citation['version'])}, facts as of {day.day} {day:%B %Y}.",
        'Text and figures: <a href="https://creativecommons.org/licenses/by/4.0/">CC BY 4.0</a>; code: MIT.',
    ]
    if repository:
        sentences.append(f'<a href="{escape(repository)}/issues">Report an error</a>.')
    return f"<p>{' '.join(sentences)}</p>"


def add(app, config):
    citation = yaml.safe_load((Path(app.srcdir) / "CITATION.cff").read_text(encoding="utf-8"))
    config.html_theme_options["extra_footer"] = colophon(citation, config.book_repository.removesuffix("/"))


def setup(app):
    app.connect("config-inited", add, priority=100)  # before the theme reads its options
    return {"parallel_read_safe": True, "parallel_write_safe": True}
