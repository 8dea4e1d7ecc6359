"""Small books that are built for one test: the real configuration, extensions and code, and pages of the test's own."""

import shutil
import subprocess
from pathlib import Path

from workspace import BOOK, ROOT, build

CODE = ("clustermath", "livefigure", "figures", "data", "_ext", "_root", "_static")
PAGE = """---
jupytext:
  text_representation:
    extension: .md
    format_name: myst
kernelspec:
  display_name: Python 3
  language: python
  name: python3
---

# A page

{body}
"""


class TinyBook:
    """A book of one page in `root`, and perhaps some `others`, with the fonts that were already cut for `site`."""

    def __init__(self, root: Path, site: Path, **others: str):
        self.root = root
        root.mkdir(exist_ok=True)
        for name in ("_config.yml", "requirements.txt", "CITATION.cff", "CHANGELOG.md"):
            shutil.copy(ROOT / name, root)
        files = "".join(f"      - file: book/{name}\n" for name in others)
        (root / "_toc.yml").write_text("format: jb-book\nroot: book/index\n" + (f"parts:\n  - caption: More\n    chapters:\n{files}" if others else ""))
        for folder in CODE:
            shutil.copytree(BOOK / folder, root / "book" / folder, ignore=shutil.ignore_patterns("__pycache__"))
        (root / "tools").mkdir()
        shutil.copy(ROOT / "tools" / "build.py", root / "tools")
        for name in ("references.bib", "pyproject.toml"):
            shutil.copy(BOOK / name, root / "book")
        for name, body in others.items():
            (root / "book" / f"{name}.md").write_text(PAGE.format(body=body), encoding="utf-8")
        shutil.copytree(site / "_static" / "fonts", root / "_build" / "html" / "_static" / "fonts")

    def build(self, body: str | None = None) -> subprocess.CompletedProcess:
        """Build it, with a new text if there is one. The result's `output` is all that the build printed."""
        if body is not None:
            (self.root / "book" / "index.md").write_text(PAGE.format(body=body), encoding="utf-8")
        result = build(self.root)
        result.output = result.stdout + result.stderr
        return result

    def edit(self, path: str, old: str, new: str) -> None:
        """Replace `old`, which must be there once, in a file of the book."""
        text = (self.root / path).read_text(encoding="utf-8")
        assert text.count(old) == 1, f"{path} holds {old!r} {text.count(old)} times"
        (self.root / path).write_text(text.replace(old, new), encoding="utf-8")

    @property
    def html(self) -> str:
        return self.page("index")

    def page(self, name: str) -> str:
        """A page's HTML."""
        return (self.root / "_build" / "html" / "book" / f"{name}.html").read_text(encoding="utf-8")
