"""The book's faces, cut down to the glyphs it needs and written as WOFF2 into the built `_static/fonts`.

Text is Source Serif, figures and controls are Source Sans: the same files that matplotlib measures with. Formulas need
a face with a MATH table, or roots and braces cannot stretch: STIX Two Math, which the ziamath package carries. All are
under the SIL Open Font License. A test finds a letter of a page that none of them has.

A page asks for the faces of its text beside its style sheet, and takes those that are there when it is first painted: no
line that somebody reads moves when others come, and the next page has them all. Formulas wait for theirs, and so do
drawings, where each word has its place.
"""

import hashlib
import re
import unicodedata
from importlib.util import find_spec
from pathlib import Path

from fontTools.ttLib import TTFont
from livefigure.fonts import rule, subset
from livefigure.look import FAMILY
from matplotlib import get_data_path
from sphinx.util import logging
from sphinx.util.parallel import ParallelTasks, SerialTasks, parallel_available

from .finished import rewrite_pages
from .policy import HTTP_EQUIV

LOGGER = logging.getLogger(__name__)


def italic(letter: str) -> str:
    """The character that MathML draws for a letter which is a name by itself: Unicode has italic letters beside the plain ones."""
    if letter == "h":
        return "\N{PLANCK CONSTANT}"
    return unicodedata.lookup("MATHEMATICAL ITALIC " + re.sub("LATIN |GREEK |LETTER ", "", unicodedata.name(letter)))


LATIN = [*range(0x20, 0x7F), 0xA0, *map(ord, "©°±²³µ·¹½×ä÷")]
GREEK = [*range(0x391, 0x3CA)]
PUNCTUATION = map(ord, "\u202f–—‘’“”…€")
SIGNS = map(ord, "⁰⁴⁵⁶⁷⁸⁹⁻₂→∑−√∞≈≤≥○✓")
TEXT = {*LATIN, *PUNCTUATION, *SIGNS}  # what the book says: a face of all Latin letters is half as large again
ITALIC = "ABCDFHLMNPRSTVabcdefgijkmnprstvwxΔΨαβημφ"  # letters that stand alone in formulas: a one-letter <mi> is another character
MATHS = {*range(0x20, 0x7F), *map(ord, "×⋯\u2061∑−∞≈≤≥⋅ℎ"), *(ord(italic(letter)) for letter in ITALIC)}

TEXT_FEATURES = ["ccmp", "kern", "liga", "lnum", "locl", "mark", "tnum"]

# (CSS family, package, file, weight, style, glyphs, layout features)
FACES = [
    ("Source Serif Pro", "font_source_serif_pro", "SourceSerifPro-Regular.ttf", "400", "normal", TEXT, TEXT_FEATURES),
    ("Source Serif Pro", "font_source_serif_pro", "SourceSerifPro-It.ttf", "400", "italic", TEXT, TEXT_FEATURES),
    ("Source Serif Pro", "font_source_serif_pro", "SourceSerifPro-Semibold.ttf", "600 700", "normal", TEXT, TEXT_FEATURES),
    ("Source Sans Pro", "font_source_sans_pro", "SourceSansPro-Regular.ttf", "400", "normal", TEXT, TEXT_FEATURES),
    ("Source Sans Pro", "font_source_sans_pro", "SourceSansPro-It.ttf", "400", "italic", TEXT, TEXT_FEATURES),
    ("Source Sans Pro", "font_source_sans_pro", "SourceSansPro-Semibold.ttf", "600 700", "normal", TEXT, TEXT_FEATURES),
    ("STIX Two Math", "ziamath", "STIXTwoMath-Regular.ttf", "400", "normal", MATHS, []),
]
LATE = {"STIXTwoMath-Regular.ttf"}  # worth waiting for: without it no root is as high as what is under it
EARLY = {"SourceSerifPro-Regular.ttf", "SourceSerifPro-Semibold.ttf", "SourceSansPro-Regular.ttf", "SourceSansPro-Semibold.ttf"}  # on every page


# What stands in until a face has come, and where none comes: a face that every system has, under its names, made as wide as
# ours, so that no line breaks elsewhere. Its widths are Adobe's for Helvetica and Times, which Arial, Times New Roman and
# Liberation have, too; matplotlib brings them.
STAND_INS = {
    ("Source Sans Pro", "400", "normal"): ("phvr8a", "Arial", "ArialMT", "Helvetica", "Liberation Sans", "Arimo"),
    ("Source Sans Pro", "400", "italic"): ("phvro8a", "Arial Italic", "Arial-ItalicMT", "Helvetica Oblique", "Liberation Sans Italic", "Arimo Italic"),
    ("Source Sans Pro", "600 700", "normal"): ("phvb8a", "Arial Bold", "Arial-BoldMT", "Helvetica Bold", "Liberation Sans Bold", "Arimo Bold"),
    ("Source Serif Pro", "400", "normal"): ("ptmr8a", "Times New Roman", "TimesNewRomanPSMT", "Times", "Liberation Serif", "Tinos"),
    ("Source Serif Pro", "400", "italic"): ("ptmri8a", "Times New Roman Italic", "TimesNewRomanPS-ItalicMT", "Liberation Serif Italic", "Tinos Italic"),
    ("Source Serif Pro", "600 700", "normal"): ("ptmb8a", "Times New Roman Bold", "TimesNewRomanPS-BoldMT", "Liberation Serif Bold", "Tinos Bold"),
}
SAMPLE = "the shares of letters and spaces are about those of this sentence, in which a reader would find nothing odd, we hope"


def stand_in(path: Path, family: str, weight: str, style: str) -> str:
    """The rule for what stands in for the face in `path`, a family of its own."""
    metrics, *names = STAND_INS[family, weight, style]
    afm = (Path(get_data_path()) / "fonts" / "afm" / f"{metrics}.afm").read_text(encoding="ascii", errors="replace")
    theirs = {name: int(width) for width, name in re.findall(r"^C \S+ ; WX (\d+) ; N (\w+)", afm, re.MULTILINE)}
    ours = TTFont(path)
    units, line = ours["head"].unitsPerEm, ours["hhea"]
    width = sum(ours["hmtx"][ours.getBestCmap()[ord(letter)]][0] for letter in SAMPLE) / units
    size = width / (sum(theirs[{" ": "space", ",": "comma"}.get(letter, letter)] for letter in SAMPLE) / 1000)
    sizes = {"size-adjust": size, "ascent-override": line.ascent / units / size, "descent-override": -line.descent / units / size, "line-gap-override": line.lineGap / units / size}
    local = ",".join(f'local("{name}")' for name in names)
    return f'@font-face{{font-family:"{family} stand-in";font-weight:{weight};font-style:{style};src:{local};{";".join(f"{name}:{part:.1%}" for name, part in sizes.items())}}}'


def source(package: str, name: str) -> Path:
    """Where an installed package keeps the font file `name`, found without importing the package."""
    root = Path(find_spec(package).origin).parent
    return next(root.rglob(name))


def written_name(path: Path, glyphs: set[int], features: list[str]) -> str:
    """A cut face's file, named after the face and all that it is made of."""
    recipe = hashlib.sha256(path.read_bytes() + repr((sorted(glyphs), features)).encode()).hexdigest()
    return f"{path.stem}.{recipe[:10]}.woff2"


def write_fonts(app):
    """Write each face once, in place of earlier cuts of it; the style sheet names the current ones. They are cut beside this
    process, which has other things to do until the site is whole."""
    app.cutting = ParallelTasks(1) if parallel_available else SerialTasks()
    if app.builder.format != "html":
        return
    static = Path(app.outdir) / "_static"
    (static / "fonts").mkdir(parents=True, exist_ok=True)
    rules, missing, app.early_faces = [], {}, []
    for family, package, file, weight, style, glyphs, features in FACES:
        path = source(package, file)
        name = written_name(path, glyphs, features)
        rules.append(rule(family, weight, style, f"fonts/{name}", "swap" if file in LATE else "optional"))
        if family == FAMILY:
            rules.append(rule(f"{family} drawn", weight, style, f"fonts/{name}", "swap"))
        if (family, weight, style) in STAND_INS:
            rules.append(stand_in(path, family, weight, style))
        if file in EARLY:
            app.early_faces.append(name)
        if not (static / "fonts" / name).exists():
            missing[static / "fonts" / name] = path, glyphs, features
    if missing:
        LOGGER.info("cutting %d fonts ...", len(missing))
        app.cutting.add_task(cut, missing)
    (static / "fonts.css").write_text("\n".join(rules), encoding="utf-8")


def cut(faces: dict[Path, tuple]):
    for target, recipe in faces.items():
        for earlier in target.parent.glob(f"{target.name.split('.')[0]}.*"):
            earlier.unlink()
        subset(*recipe).save(target)


def wait_for_fonts(app, exception):
    app.cutting.join()


# By a script, since a page that is opened from a disk must not ask ahead: a browser refuses, and calls it an error.
ASK = """<script data-faces="{faces}">if (location.protocol !== "file:")
  for (const href of document.currentScript.dataset.faces.split(" "))
    document.head.append(Object.assign(document.createElement("link"), {{ rel: "preload", as: "font", type: "font/woff2", crossOrigin: "", href }}));
</script>
"""
ASKED = re.compile(r"<script data-faces=.*?</script>\n", re.DOTALL)
SHEET = re.compile(r'<link rel="stylesheet" href="([^"]*?_static/)')


def ask_early(app, exception):
    def asking(html: str) -> str:
        if HTTP_EQUIV in html and not ASKED.search(html):
            return html  # its policy lets no further script run
        faces = lambda sheet: ASK.format(faces=" ".join(f"{sheet[1]}fonts/{name}" for name in app.early_faces)) + sheet[0]
        return SHEET.sub(faces, ASKED.sub("", html), count=1)

    rewrite_pages(app, exception, asking)


def setup(app):
    app.connect("builder-inited", write_fonts)
    app.connect("build-finished", wait_for_fonts, priority=100)
    app.connect("build-finished", ask_early, priority=905)  # when there is one style sheet, and before scripts are put in their places
    app.add_css_file("fonts.css", priority=100)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
