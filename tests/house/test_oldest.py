"""Whoever has the oldest packages that the book's code asks for gets no newer ones, and they do."""

import os
import subprocess
import sys

import pytest
from _ext.wheel import requirements
from house.test_packages import example
from workspace import BOOK


@pytest.mark.slow
@pytest.mark.skipif(sys.version_info[:2] != (3, 11), reason="the oldest packages are made for the oldest Python")
def test_the_oldest_packages_that_are_asked_for_will_do(tmp_path):
    """A figure draws itself with them, as a page and as a widget."""
    oldest = [package.replace(">=", "==") for package in requirements(BOOK)]
    environment = tmp_path / "env"
    subprocess.run([sys.executable, "-m", "venv", environment], check=True)
    python = environment / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
    installed = subprocess.run([python, "-m", "pip", "install", "-q", "--disable-pip-version-check", *oldest], capture_output=True, text=True)
    if "No matching distribution" in installed.stderr:
        pytest.skip("no package index")
    assert installed.returncode == 0, installed.stderr
    code = f"import sys; sys.path.insert(0, {str(BOOK)!r})\n" + example("livefigure") + "figure.open(); print(figure.get_state().keys() >= {'_card', '_esm'}, len(figure.picture()) > 1000)\n" + example("clustermath")
    result = subprocess.run([python, "-c", code], capture_output=True, text=True, cwd=tmp_path)
    assert result.returncode == 0 and result.stdout.startswith("True True\n"), result.stderr
