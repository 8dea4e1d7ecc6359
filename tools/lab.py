"""Open the chapters in JupyterLab: `python tools/lab.py [--sources] [options of jupyter lab]`.

As a reader has them: the exports of the built book, with every number, claim and citation in their text, as copies in
`notebooks/` that are the reader's own. One that has not been changed follows the book; one that has stays as it is.

With --sources, as an author has them: the Markdown in `book/` that the exports and the pages are made from, as
notebooks. JupyterLab opens a Markdown file as text unless told otherwise; the setting goes into this environment, not
into the author's own configuration.
"""

import hashlib
import json
import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
BOOK, EXPORTS, COPIES = ROOT / "book", ROOT / "_build" / "html" / "notebooks", ROOT / "notebooks"
SETTINGS = Path(sys.prefix) / "share" / "jupyter" / "lab" / "settings" / "overrides.json"


def bring_up_to_date(exports: Path, copies: Path) -> list[str]:
    """Copy each export that the reader has not changed; give the names of those that were changed and are older now."""
    copies.mkdir(exist_ok=True)
    record = copies / ".copied.json"  # what each was when it was copied
    copied = json.loads(record.read_text(encoding="utf-8")) if record.exists() else {}
    kept = []
    for export in sorted(exports.glob("*.ipynb")):
        new, copy = export.read_bytes(), copies / export.name
        digest = hashlib.sha256(new).hexdigest()
        if not copy.exists() or hashlib.sha256(copy.read_bytes()).hexdigest() == copied.get(export.name):
            copy.write_bytes(new)
            copied[export.name] = digest
        elif copied.get(export.name) != digest:
            kept.append(export.name)
    record.write_text(json.dumps(copied, indent=1), encoding="utf-8")
    return kept


def keep_pictures(model: dict, **about) -> None:
    """Save of a figure its picture and not the widget, which would be an error message wherever its kernel is not running."""
    cells = model["content"]["cells"] if model["type"] == "notebook" and model["content"] else []
    for data in (output.get("data", {}) for cell in cells for output in cell.get("outputs", [])):
        if "image/png" in data:
            data.pop("application/vnd.jupyter.widget-view+json", None)


def main() -> None:
    from jupyterlab.labapp import main as start  # which takes a second, and isn't needed for what stands above

    options = sys.argv[1:]
    if sources := "--sources" in options:
        options.remove("--sources")
        subprocess.run([Path(sys.executable).parent / "jupytext-config", "--settings-file", SETTINGS, "set-default-viewer", "markdown", "myst"], check=True)
    elif not any(EXPORTS.glob("*.ipynb")):
        sys.exit("The chapters are made with the book, which is not built yet: run `make lab`, or `jupyter-book build .` and then this again.")
    elif kept := bring_up_to_date(EXPORTS, COPIES):
        print(f"You have changed {', '.join(kept)} in {COPIES.name}/, and the book has, too. Rename or delete yours to get the book's.")
    first = "book/index.md" if sources else f"{COPIES.name}/index.ipynb"
    lab = [f"--ServerApp.root_dir={ROOT}", f"--LabApp.default_url=/lab/tree/{first}", "--ContentsManager.pre_save_hook=lab.keep_pictures"]
    if hasattr(os, "geteuid") and os.geteuid() == 0:
        lab.append("--allow-root")  # in a container; JupyterLab refuses otherwise
    os.environ["PYTHONPATH"] = os.pathsep.join(filter(None, [str(BOOK), os.environ.get("PYTHONPATH")]))  # for a new notebook beside them
    start([*lab, *options])


if __name__ == "__main__":
    main()
