"""A plain Sphinx project: `sphinx-build examples/sphinx pendulum`."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))  # where live_figure.py and pendulum.py are

project = "Pendulum"
extensions = ["live_figure"]
