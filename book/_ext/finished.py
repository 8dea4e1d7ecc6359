"""The pages of a finished build, for the extensions that mend what others have written."""

from collections.abc import Callable
from pathlib import Path


def pages(app) -> list[Path]:
    """The site's HTML files, without the theme's templates."""
    return [path for path in Path(app.outdir).rglob("*.html") if "_static" not in path.relative_to(app.outdir).parts]


def rewrite_pages(app, exception, change: Callable[[str], str]) -> None:
    """Put every HTML page through `change`, unless the build has failed or made something else than HTML."""
    if exception or app.builder.format != "html":
        return
    for path in pages(app):
        html = path.read_text(encoding="utf-8")
        changed = change(html)
        if changed != html:
            path.write_text(changed, encoding="utf-8")
