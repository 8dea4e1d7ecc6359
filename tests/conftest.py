"""What all tests share: the import path, the built site, a server for it, and a browser.

Chapters run with `book/` as their working directory; so do the tests' imports.
"""

import json
import os
import subprocess
import sys
import warnings
from pathlib import Path

import pytest
from filelock import FileLock
from hypothesis import HealthCheck, settings

sys.path.insert(0, str(Path(__file__).resolve().parent))

from workspace import BOOK, BROWSER_FLAGS, ROOT, SITE, build  # noqa: E402  (found through the line above)

sys.path[:0] = [str(BOOK), str(ROOT / "tools")]

import find_browser  # noqa: E402
from serve import serving  # noqa: E402

# No test has a time limit, and each run tries the same examples: a slow or another machine is no failure.
settings.register_profile("book", deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("book")


# Fixtures that build the book, draw many figures for a page, read files by the hundred in one, start a kernel, fit the step
# model once for each source and fold, or find out what each chapter depends on.
NEEDS_MUCH = {"site", "server", "gallery", "shelf", "page_reads", "reading_page", "plain_kernel", "usual_kernel", "report", "chapters"}


def pytest_configure(config):
    config.addinivalue_line("markers", "slow: not in `make test-fast`; so are all tests that ask for the built book, all figures on a page, or a kernel")


def pytest_collection_modifyitems(config, items):
    """Mark what is slow, and run files in an order that keeps several workers busy to the end.

    One file that needs the built book begins it; those that need a browser and no book run beside that; then all others that
    need much, and at last the many short ones, so that no worker is left alone with a long file. Without the slow ones, those
    that ask for figures come first and those in a browser last: of two workers one makes the figures, the other opens the pages.
    """
    order = {}
    for item in items:
        if NEEDS_MUCH.intersection(item.fixturenames):
            item.add_marker("slow")
        turn = 2 if "site" in item.fixturenames else 1 if "browser" in item.fixturenames else 3 if item.get_closest_marker("slow") else 4
        before = order.get(item.path, 4)
        order[item.path] = 2 if 2 in (turn, before) else min(turn, before)
    if builds := next((item.path for item in items if order[item.path] == 2), None):
        order[builds] = 0
    if config.option.markexpr == "not slow":
        items.sort(key=lambda item: 3 if "browser" in item.fixturenames else 1 if hasattr(item.module, "living") else 2)
    else:
        items.sort(key=lambda item: order[item.path])


@pytest.fixture(scope="session")
def site(tmp_path_factory) -> Path:
    """The book, built into _build/html: once, also when several workers of pytest-xdist ask for it."""
    shared = tmp_path_factory.getbasetemp()
    if "PYTEST_XDIST_WORKER" in os.environ:
        shared = shared.parent
    with FileLock(shared / "site.lock"):
        if not (done := shared / "site.built").exists():
            built = build()
            assert built.returncode == 0, f"the book does not build:\n{built.stdout[-4000:]}\n{built.stderr}"
            done.touch()
    return SITE


@pytest.fixture(scope="session")
def plain_kernel(tmp_path_factory) -> str | None:
    """Name of a kernel in an environment that has a kernel and pip, and nothing else; None where pip reaches no index."""
    yield from kernel_with(["ipykernel"], tmp_path_factory.mktemp("plain"))


@pytest.fixture(scope="session")
def usual_kernel(tmp_path_factory) -> str | None:
    """Name of a kernel in an environment of what notebooks of figures usually have; None where pip reaches no index."""
    yield from kernel_with(["ipykernel", "numpy", "matplotlib", "ipywidgets", "anywidget"], tmp_path_factory.mktemp("usual"))


def kernel_with(packages: list[str], home: Path):
    """A kernel, under its folder's name, in a new environment that has these packages and what they need, and nothing else."""
    python = home / "env" / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
    pinned = [line for line in (ROOT / "requirements.txt").read_text(encoding="utf-8").splitlines() if line.partition("==")[0] in packages]
    assert len(pinned) == len(packages)
    subprocess.run([sys.executable, "-m", "venv", home / "env"], check=True)
    installed = subprocess.run([python, "-m", "pip", "install", "-q", "--disable-pip-version-check", "--no-compile", *pinned], capture_output=True, text=True)
    if installed.returncode:
        assert "No matching distribution" in installed.stderr, installed.stderr
        warnings.warn("no package index: exported notebooks are tried in the book's own environment only", stacklevel=1)
        yield None
        return
    spec = home / "kernels" / home.name / "kernel.json"
    spec.parent.mkdir(parents=True)
    argv = [str(python), "-m", "ipykernel_launcher", "-f", "{connection_file}"]
    spec.write_text(json.dumps({"argv": argv, "display_name": home.name, "language": "python"}), encoding="utf-8")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("JUPYTER_PATH", os.pathsep.join(filter(None, [str(home), os.environ.get("JUPYTER_PATH")])))
        yield home.name


@pytest.fixture(scope="session")
def server(site) -> str:
    """Address of the built site, served compressed from a free port, without a slash at the end."""
    with serving(site) as address:
        yield address


@pytest.fixture(scope="session")
def browser():
    """A headless Chrome, Chromium or Edge, driven by Playwright (its synchronous interface)."""
    from playwright.sync_api import expect, sync_playwright

    executable = find_browser.find()
    assert executable, f"no browser found; run: {find_browser.advice()}"
    expect.set_options(timeout=30_000)  # ms, as all else waits; five seconds are few on a busy machine
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=executable, args=BROWSER_FLAGS + find_browser.flags())
        yield chromium
        chromium.close()
