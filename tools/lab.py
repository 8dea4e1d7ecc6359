"""Open the chapters as notebooks in JupyterLab: `python tools/lab.py [options of jupyter lab]`.

JupyterLab opens a Markdown file as text unless told otherwise; the setting goes into this environment, not into the
reader's own configuration.
"""

import os
import subprocess
import sys
from pathlib import Path

BOOK = Path(__file__).resolve().parent.parent / "book"
SETTINGS = Path(sys.prefix) / "share" / "jupyter" / "lab" / "settings" / "overrides.json"


def main() -> int:
    scripts = Path(sys.executable).parent
    subprocess.run([scripts / "jupytext-config", "--settings-file", SETTINGS, "set-default-viewer", "markdown", "myst"], check=True)
    lab = [scripts / "jupyter", "lab", f"--ServerApp.root_dir={BOOK}", "--LabApp.default_url=/lab/tree/index.md"]
    if hasattr(os, "geteuid") and os.geteuid() == 0:
        lab.append("--allow-root")  # in a container; JupyterLab refuses otherwise
    try:
        return subprocess.run([*lab, *sys.argv[1:]]).returncode
    except KeyboardInterrupt:
        return 0


if __name__ == "__main__":
    sys.exit(main())
