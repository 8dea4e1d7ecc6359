"""The pages of a finished build, for the extensions that mend what others have written."""

import shutil
from collections.abc import Callable, Iterable
from pathlib import Path


def pages(app) -> list[Path]:
    """The site's HTML files, without the theme's templates."""
    return [path for path in Path(app.outdir).rglob("*.html") if "_static" not in path.relative_to(app.outdir).parts]


def rewrite(files: Iterable[Path], change: Callable[[str], str]) -> None:
    """Put the text of every file through `change`; what stays as it is isn't written."""
    for path in files:
        text = path.read_text(encoding="utf-8")
        if (changed := change(text)) != text:
            path.write_text(changed, encoding="utf-8")


def rewrite_pages(app, exception, change: Callable[[str], str]) -> None:
    """Put every HTML page through `change`, unless the build has failed or made something else than HTML."""
    if not exception and app.builder.format == "html":
        rewrite(pages(app), change)


def offer(app, exception, page: str, folder: str, files: Iterable[Path]) -> None:
    """Put copies of `files` into downloads/FOLDER of a site that has the page which links to them."""
    if exception or app.builder.format != "html" or page not in app.env.found_docs:
        return
    place = Path(app.outdir) / "downloads" / folder
    place.mkdir(parents=True, exist_ok=True)
    for path in files:
        shutil.copy(path, place)
