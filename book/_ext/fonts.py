"""The book's faces, cut down to the glyphs it can need and written as WOFF2 into the built `_static/fonts`.

Text is Source Serif, figures and controls are Source Sans: the same files that matplotlib measures with. Formulas need
a face with a MATH table, or roots and braces cannot stretch: STIX Two Math, which the ziamath package carries. All are
under the SIL Open Font License.
"""

import hashlib
import re
from importlib.util import find_spec
from pathlib import Path

from fontTools.ttLib import TTFont
from livefigure.fonts import rule, subset
from matplotlib import get_data_path
from sphinx.util.display import status_iterator

LATIN = [*range(0x20, 0x7F), *range(0xA0, 0x180)]
GREEK = [*range(0x391, 0x3CA)]
PUNCTUATION = map(ord, "\u2009\u200a\u202f\u2010\u2011–—‘’‚“”„†‡•…‰′″‹›€™")
SIGNS = map(ord, "₀₁₂₃₄₅₆₇₈₉⁰⁴⁵⁶⁷⁸⁹⁻⁺←↑→↓↔⇒∂∆∏∑−∕√∞∫≈≠≡≤≥▲▶▼◀●○◊✓")
TEXT = {*LATIN, *GREEK, *PUNCTUATION, *SIGNS}
OPERATORS = map(ord, "‖…⋯⋮⋱′″⁡⁢∀∂∃∅∆∇∈∉∏∑−∓∕∗∘√∝∞∣∥∧∨∩∪∫∼≃≈≠≡≤≥≪≫⊂⊆⊕⊗⋅⌈⌉⌊⌋⟨⟩⏞⏟⇒⇔←↑→↓↔↦¯ˆ˜ℎℓℝℕℤ")
ITALIC_LETTERS = [*range(0x1D434, 0x1D468), *range(0x1D6E2, 0x1D71C)]  # how MathML sets a one-letter <mi>
MATHS = {*range(0x20, 0x7F), *map(ord, "±×÷·"), *GREEK, *OPERATORS, *ITALIC_LETTERS}

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


def write_fonts(app):
    """Write each face under a name with the hash of its recipe, once; the style sheet names the current ones."""
    if app.builder.format != "html":
        return
    static = Path(app.outdir) / "_static"
    (static / "fonts").mkdir(parents=True, exist_ok=True)
    rules, missing = [], []
    for family, package, file, weight, style, glyphs, features in FACES:
        path = source(package, file)
        recipe = hashlib.sha256(path.read_bytes() + repr((sorted(glyphs), features)).encode()).hexdigest()
        name = f"{path.stem}.{recipe[:10]}.woff2"
        rules.append(rule(family, weight, style, f"fonts/{name}"))
        if (family, weight, style) in STAND_INS:
            rules.append(stand_in(path, family, weight, style))
        if not (static / "fonts" / name).exists():
            missing.append((path, glyphs, features, static / "fonts" / name))
    for path, glyphs, features, target in status_iterator(missing, "cutting fonts... ", length=len(missing)):
        subset(path, glyphs, features).save(target)
    (static / "fonts.css").write_text("\n".join(rules), encoding="utf-8")


def setup(app):
    app.connect("builder-inited", write_fonts)
    app.add_css_file("fonts.css", priority=100)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
