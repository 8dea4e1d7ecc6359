"""A site in MyST Markdown, with MyST-Parser: `sphinx-build examples/myst pendulum`."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))  # where live_figure.py and pendulum.py are

project = "Pendulum"
extensions = ["myst_parser", "live_figure"]
