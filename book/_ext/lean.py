"""What no page asks for is not published: maps for debuggers, translations, templates, fonts in an old format beside the new.

Code is coloured where a colour tells something: names and punctuation have the text's own, and need no mark; nor do the
words of code in a sentence. The theme's title page for printers is never seen: the page prints with its own title.

Nor are the style sheets that were joined into one (bundle.py): the next build finds them beside its own records.
"""

import re
import shutil
from pathlib import Path

from .address import PREVIEW
from .finished import rewrite, rewrite_pages

NEEDLESS = ("**/*.map", "**/locales", "**/*macros.html", "vendor/fontawesome/webfonts/*.ttf")
OF_A_MAP = re.compile(r"^//# sourceMappingURL=.*\n?", re.MULTILINE)  # for which a debugger would ask in vain
CODE = re.compile(r'<div class="highlight"><pre[^>]*>.*?</pre>', re.DOTALL)
UNCOLOURED = re.compile(r'<span class="(?:n|p|w)">([^<]*)</span>')  # Pygments' names, punctuation, space
IN_A_SENTENCE = re.compile(r'<code class="docutils literal notranslate">(.*?)</code>', re.DOTALL)
WORD = re.compile(r'<span class="pre">([^<]*)</span>')
FOR_PRINTERS = re.compile(r'<div id="jb-print-docs-body".*?(?=<div id="searchbox">)', re.DOTALL)
JOINED = "styles."  # how the names begin of the sheets that pages link to


def joined_sheets(app) -> Path:
    """The folder of the style sheets that the published ones were made of."""
    return Path(app.doctreedir) / "sheets"


def bring_back(app):
    """A build that has nothing to write does not copy them again."""
    if app.builder.format == "html":
        _move(joined_sheets(app), Path(app.outdir) / "_static", over=False)


def remove(app, exception):
    if exception or app.builder.format != "html":
        return
    static = Path(app.outdir) / "_static"
    for path in [path for pattern in NEEDLESS for path in static.glob(pattern)]:
        if path.is_dir():
            shutil.rmtree(path)
        else:
            path.unlink()
    if not app.config.book_repository:
        (static / PREVIEW).unlink(missing_ok=True)  # nobody links to a book without an address
    rewrite(static.rglob("*.js"), lambda script: OF_A_MAP.sub("", script))
    shutil.rmtree(joined_sheets(app), ignore_errors=True)
    _move(static, joined_sheets(app), over=True)


def _move(source: Path, target: Path, over: bool) -> None:
    """All style sheets that no page links to, in their folders."""
    for path in [path for path in source.rglob("*.css") if not path.name.startswith(JOINED)]:
        place = target / path.relative_to(source)
        if over or not place.exists():
            place.parent.mkdir(parents=True, exist_ok=True)
            path.replace(place)


def in_a_sentence(code: re.Match) -> str:
    words = WORD.sub(r"\1", code[1])
    return f'<code class="literal notranslate">{words}</code>'


def unmark(app, exception):
    def lighter(html: str) -> str:
        html = CODE.sub(lambda code: UNCOLOURED.sub(r"\1", code[0]), FOR_PRINTERS.sub("", html))
        return IN_A_SENTENCE.sub(in_a_sentence, html)

    rewrite_pages(app, exception, lighter)


def setup(app):
    app.connect("builder-inited", bring_back, priority=100)  # before others write theirs
    app.connect("build-finished", unmark)
    app.connect("build-finished", remove, priority=930)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
