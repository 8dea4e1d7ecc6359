"""The look: one palette and one typeface for page and figure, in both colour schemes.

Colours have meanings, not names: *computed* by the model, *claimed* by a source, *measured* or published. matplotlib
draws with the light values; in the page each becomes a CSS variable (svg.py), so that one drawing serves both schemes.
"""

from __future__ import annotations

from functools import cache
from importlib.resources import files
from pathlib import Path

import matplotlib
from cycler import cycler
from matplotlib import font_manager

# name: (light, dark)
PALETTE = {
    "computed": ("#1f5fa8", "#7db3f0"),
    "claimed": ("#c8501e", "#ff9a6b"),
    "measured": ("#1d2129", "#e8e6e1"),
    "outline": ("#8b929c", "#8b929c"),
    "teal": ("#0f7f6e", "#5fcfbb"),
    "ochre": ("#a87508", "#e3b549"),
    "purple": ("#7d4a9e", "#c9a0e8"),
    "rose": ("#9c2257", "#ec6fa0"),
    "grey": ("#6c7480", "#9aa3af"),
    "paper": ("#fffdf8", "#14171c"),
    "card": ("#ffffff", "#1a1e25"),
    "soft": ("#f5f2ec", "#20252d"),
    "rule": ("#e3e0d7", "#2f353e"),
    "ink": ("#1d2129", "#e8e6e1"),
    "muted": ("#5b6472", "#a4abb6"),
}
SERIES = ("computed", "claimed", "teal", "ochre", "purple", "grey")
FAMILY = "Source Sans Pro"
FACES = Path(__file__).parent / "faces"
WEIGHTS = {"Regular": "400", "Semibold": "600 700"}

COLOR = {name: light for name, (light, _) in PALETTE.items()}


def css_variables() -> str:
    """Custom properties `--lf-<name>` for the light scheme, and for the dark one of the book and of JupyterLab.

    `--lf-scheme` is the scheme itself, for `color-scheme` of what is ours: around it may be somebody else's page.
    """
    light, dark = (";".join(f"--lf-{name}:{both[i]}" for name, both in PALETTE.items()) for i in (0, 1))
    light, dark = f"{light};--lf-scheme:light", f"{dark};--lf-scheme:dark"
    return (
        f":root,:host{{{light}}}\n"
        f'html[data-theme="dark"],body[data-jp-theme-light="false"]{{{dark}}}\n'
        f':host-context(body[data-jp-theme-light="false"]),:host-context(.dark){{{dark}}}\n'
        f"@media print{{html[data-theme]{{{light}}}}}\n"
    )


def font_file(face: str) -> Path:
    """Where a face of Source Sans Pro is kept: among our own, as in the book's wheel, or in the package that has all of them."""
    name = f"SourceSansPro-{face}.ttf"
    return own if (own := FACES / name).is_file() else files("font_source_sans_pro") / "files" / name


@cache
def register_fonts() -> None:
    """Make Source Sans Pro known to matplotlib: the faces that a page has, too, so that bold letters are measured as they are shown."""
    for face in WEIGHTS:
        font_manager.fontManager.addfont(str(font_file(face)))


def style() -> dict:
    """matplotlib settings of every figure in the book, for `matplotlib.rc_context`."""
    register_fonts()
    return {
        "font.family": [FAMILY],
        "font.size": 10.5,
        "axes.labelsize": 10.5,
        "xtick.labelsize": 10,
        "ytick.labelsize": 10,
        "text.color": COLOR["ink"],
        "axes.labelcolor": COLOR["ink"],
        "axes.edgecolor": COLOR["outline"],
        "axes.linewidth": 0.8,
        "axes.spines.top": False,
        "axes.spines.right": False,
        "axes.grid": True,
        "axes.axisbelow": True,
        "axes.prop_cycle": cycler(color=[COLOR[name] for name in SERIES]),
        "grid.color": COLOR["rule"],
        "grid.linewidth": 0.6,
        "xtick.color": COLOR["outline"],
        "ytick.color": COLOR["outline"],
        "xtick.labelcolor": COLOR["muted"],
        "ytick.labelcolor": COLOR["muted"],
        "xtick.minor.visible": False,
        "ytick.minor.visible": False,
        "lines.linewidth": 2,
        "lines.solid_capstyle": "round",
        "figure.facecolor": "none",
        "axes.facecolor": "none",
        "savefig.facecolor": "none",
        "figure.dpi": 72,
        "path.simplify": False,
        "svg.fonttype": "none",
        "svg.hashsalt": "livefigure",
    }


def use() -> None:
    """Give plain matplotlib figures in a notebook the same look."""
    matplotlib.rcParams.update({k: v for k, v in style().items() if k != "figure.dpi"})
