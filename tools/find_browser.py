"""Find a Chromium-family browser for the tests, or say how to get one.

`python tools/find_browser.py` prints the path. On Debian, as root, it installs the distribution's chromium first.
"""

from __future__ import annotations

import os
import platform
import shutil
import subprocess
import sys
from pathlib import Path

COMMANDS = (
    "google-chrome", "google-chrome-stable", "chromium", "chromium-browser", "chrome",
    "microsoft-edge", "microsoft-edge-stable", "msedge",
)
MAC = ("Google Chrome", "Chromium", "Microsoft Edge")
WINDOWS = (r"Google\Chrome\Application\chrome.exe", r"Chromium\Application\chrome.exe", r"Microsoft\Edge\Application\msedge.exe")
WINDOWS_ROOTS = ("PROGRAMFILES", "PROGRAMFILES(X86)", "LOCALAPPDATA")


def candidates():
    """Every place a browser may be, best first: $BROWSER_FOR_TESTS, the PATH, macOS, Windows, Playwright's own."""
    if chosen := os.environ.get("BROWSER_FOR_TESTS"):
        yield chosen
    yield from filter(None, map(shutil.which, COMMANDS))
    yield from (f"/Applications/{name}.app/Contents/MacOS/{name}" for name in MAC)
    roots = filter(None, map(os.environ.get, WINDOWS_ROOTS))
    yield from (os.path.join(root, path) for root in roots for path in WINDOWS)
    yield playwrights_own()


def playwrights_own() -> str:
    """Where `playwright install chromium` puts its browser, whether or not it has been run."""
    ask = "from playwright.sync_api import sync_playwright as s\nwith s() as p: print(p.chromium.executable_path)"
    answer = subprocess.run([sys.executable, "-c", ask], capture_output=True, text=True)
    return answer.stdout.strip()


def find() -> str | None:
    """The path of the first browser that exists, or None."""
    return next((path for path in candidates() if path and Path(path).is_file()), None)


def flags() -> list[str]:
    """What a Chromium has to be started with here: root has no sandbox."""
    return ["--no-sandbox"] if hasattr(os, "geteuid") and os.geteuid() == 0 else []


def on_debian() -> bool:
    """Debian itself: Ubuntu's package of that name is a snap, which does not work in containers."""
    try:
        return platform.freedesktop_os_release()["ID"] == "debian"
    except OSError:
        return False


def install() -> None:
    """Debian's chromium, as root; the package lists are fetched only if the first try fails."""
    print("No Chrome, Chromium or Edge found: installing Debian's chromium (about a minute) ...", file=sys.stderr, flush=True)
    get = ["apt-get", "install", "-y", "--no-install-recommends", "chromium"]
    quiet = {"env": os.environ | {"DEBIAN_FRONTEND": "noninteractive"}, "stdout": sys.stderr}
    if subprocess.run(get, **quiet).returncode:
        subprocess.run(["apt-get", "update"], **quiet)
        subprocess.run(get, **quiet)


def advice() -> str:
    """The one command that gets a browser on this machine."""
    if on_debian():
        return "sudo apt-get install -y chromium"
    with_libraries = "--with-deps " if sys.platform == "linux" else ""
    return f"{sys.executable} -m playwright install {with_libraries}chromium"


def main() -> int:
    if find() is None and on_debian() and os.geteuid() == 0:
        install()
    if path := find():
        print(path)
        return 0
    print(f"The tests drive a browser and found no Chrome, Chromium or Edge. To get one, run: {advice()}", file=sys.stderr)
    return 1


if __name__ == "__main__":
    sys.exit(main())
