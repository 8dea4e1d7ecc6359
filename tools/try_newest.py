"""Which of the book's packages could be newer, and what breaks if they are: `python tools/try_newest.py [NAME …] [--tests PATH]`.

Each pinned package that has a newer version is tried by itself: the book is copied, all versions are installed as they
are pinned, then this one as new as it comes; the book is built, and the tests are run. Nothing in this folder changes.
It takes minutes a package. Jupyter Book is not tried: 2.x is another program (see MAINTAINING.md).
"""

import argparse
import json
import re
import shutil
import subprocess
import sys
import tempfile
import venv
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
REQUIREMENTS = ("requirements.txt", "tests/requirements.txt")
PIN = re.compile(r"^([A-Za-z][\w.-]*)==(\S+)", re.MULTILINE)
STAYS = {"jupyter-book"}
TOLD = 6  # lines of a complaint


@dataclass(frozen=True)
class Pin:
    """A package as a file of requirements has it, and the newest version there is."""

    name: str
    version: str
    newest: str = ""


def pins(text: str) -> list[Pin]:
    """The packages that a file of requirements pins, without those that stay."""
    return [Pin(name, version) for name, version in PIN.findall(text) if name not in STAYS]


def moved(text: str, pin: Pin) -> str:
    """The file with one package at its newest version."""
    return re.sub(rf"^{re.escape(pin.name)}==\S+", f"{pin.name}=={pin.newest}", text, flags=re.MULTILINE)


def complaint(output: str) -> str:
    """The lines that say what went wrong, or the last ones."""
    lines = [line for line in output.splitlines() if line.strip()]
    telling = [line for line in lines if re.search(r"\b(ERROR|WARNING|FAILED|Error|conflict)", line) and "IPKernelApp" not in line]
    return "\n".join(f"    {line[:200]}" for line in (telling or lines)[-TOLD:])


def attempt(steps: list[tuple[str, list]], folder: Path) -> str:
    """Run the steps in order: "works", or which of them failed, and its complaint."""
    for what, command in steps:
        done = subprocess.run(list(map(str, command)), cwd=folder, capture_output=True, text=True)
        if done.returncode:
            return f"{what}: failed\n{complaint(done.stdout + done.stderr)}"
    return "works"


def newer(python: Path, folder: Path) -> list[Pin]:
    """The pinned packages of the copy in `folder` that have a newer version, by pip."""
    listed = subprocess.run([python, "-m", "pip", "list", "--outdated", "--format", "json"], capture_output=True, text=True, check=True)
    newest = {row["name"].lower().replace("_", "-"): row["latest_version"] for row in json.loads(listed.stdout)}
    known = [pin for name in REQUIREMENTS for pin in pins((folder / name).read_text(encoding="utf-8"))]
    return [Pin(pin.name, pin.version, newest[pin.name.lower().replace("_", "-")]) for pin in known if pin.name.lower().replace("_", "-") in newest]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("names", nargs="*", metavar="NAME", help="try these packages only")
    parser.add_argument("--tests", default="tests/house/test_site.py", help="what pytest runs after the build (default: %(default)s)")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as home:
        folder = Path(home) / "book"
        shutil.copytree(ROOT, folder, ignore=shutil.ignore_patterns(".venv", "_build", ".git", "__pycache__", "notebooks"))
        venv.create(folder / ".venv", with_pip=True)
        bin_ = folder / ".venv" / ("Scripts" if sys.platform == "win32" else "bin")
        python = bin_ / "python"
        install = [python, "-m", "pip", "install", "-q", "--disable-pip-version-check", "-r", REQUIREMENTS[-1]]
        build = [bin_ / "jupyter-book", "build", ".", "-W", "--keep-going", "-n"]
        test = [python, "-m", "pytest", "-q", *arguments.tests.split()]
        print("As pinned:", attempt([("the installation", install), ("the build", build), ("the tests", test)], folder), flush=True)
        for pin in newer(python, folder):
            if arguments.names and pin.name not in arguments.names:
                continue
            before = {name: (folder / name).read_text(encoding="utf-8") for name in REQUIREMENTS}
            for name, text in before.items():
                (folder / name).write_text(moved(text, pin), encoding="utf-8")
            found = attempt([("the installation", install), ("the build", build), ("the tests", test)], folder)
            print(f"{pin.name} {pin.version} → {pin.newest}: {found}", flush=True)
            for name, text in before.items():
                (folder / name).write_text(text, encoding="utf-8")
            attempt([("the installation", install)], folder)
    return 0


if __name__ == "__main__":
    sys.exit(main())
