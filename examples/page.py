"""A page of its own, in one file: `python examples/page.py` writes pendulum.html, which opens from disk."""

from pathlib import Path

import pendulum

from livefigure import page

if __name__ == "__main__":
    Path("pendulum.html").write_text(page(pendulum.figure(), title="A pendulum"), encoding="utf-8")
