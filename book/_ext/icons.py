"""The theme's icon font with the dozen icons in use, instead of two thousand: 270 kB less on a first visit."""

import hashlib
import re
import shutil
from pathlib import Path

from fontTools.ttLib import TTFont
from sphinx.util.display import progress_message

from .fonts import subset

ICON_CLASS = re.compile("fa-[a-z0-9-]+")  # begins with letters, so that a page is looked through fast
RULE = re.compile(r'((?:\.fa-[\w-]+::?before,?)+)\{content:"(\\[0-9a-f]+|[^"\\])"\}')
VARIABLE = re.compile(r'--pst-icon-[\w-]+:"([^"]+)"')


def codepoint(content: str) -> int:
    """The character that CSS's `content` names, as itself or as an escape."""
    return int(content[1:], 16) if content.startswith("\\") else ord(content)


def cut(font: Path, glyphs: set[int], kept: Path) -> Path:
    """The face with these glyphs only, in the folder `kept`, where the last build may have left it: to read two thousand takes most of a second."""
    digest = hashlib.sha256(font.read_bytes() + repr(sorted(glyphs)).encode()).hexdigest()[:16]
    place = kept / f"{digest}.woff2"
    if not place.exists():
        kept.mkdir(exist_ok=True)
        subset(font, glyphs & set(TTFont(font).getBestCmap()), []).save(place)
    return place


def thin_out(app, exception):
    """Cut the theme's style sheet and icon fonts down to the icons that pages and scripts name."""
    if exception or app.builder.format != "html":
        return
    static = Path(app.outdir) / "_static"
    theme = static / "styles" / "pydata-sphinx-theme.css"
    css = theme.read_text(encoding="utf-8")
    sources = [*Path(app.outdir).rglob("*.html"), *(static / "scripts").glob("*.js")]
    named = {name for path in sources for name in ICON_CLASS.findall(path.read_text(encoding="utf-8"))}
    glyphs = {codepoint(content) for content in VARIABLE.findall(css)}

    def keep_if_named(rule: re.Match) -> str:
        if named.isdisjoint(ICON_CLASS.findall(rule[1])):
            return ""
        glyphs.add(codepoint(rule[2]))
        return rule[0]

    with progress_message("thinning out icons"):
        theme.write_text(RULE.sub(keep_if_named, css), encoding="utf-8")
        for font in (static / "vendor" / "fontawesome" / "webfonts").glob("*.woff2"):
            shutil.copy(cut(font, glyphs, Path(app.doctreedir) / "icons"), font)


def setup(app):
    app.connect("build-finished", thin_out)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
