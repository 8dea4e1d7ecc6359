"""A missing prerequisite gets one clear sentence, and a port in use the next one."""

import os
import shutil
import subprocess
import sys
from pathlib import Path
from urllib.request import urlopen

import find_browser
import pytest
from serve import local_server, serving
from workspace import ROOT


@pytest.fixture
def checkout(tmp_path) -> Path:
    """A copy of what `make` needs before anything is installed."""
    for name in ("Makefile", "requirements.txt"):
        shutil.copy(ROOT / name, tmp_path)
    return tmp_path


def make(checkout: Path, target: str, python: str) -> str:
    """What `make target PYTHON=python` prints; it must fail."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("MAKE")}  # of `make test` itself
    command = ["make", target, f"PYTHON={python}"]
    result = subprocess.run(command, cwd=checkout, env=environment, capture_output=True, text=True)
    assert result.returncode != 0
    return result.stdout


def fake_python(folder: Path, script: str) -> str:
    path = folder / "fakepython"
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)
    return str(path)


def test_python_that_is_too_old(checkout):
    old = fake_python(checkout, 'case "$1" in --version) echo "Python 3.9.2";; *) exit 1;; esac')
    (sentence,) = make(checkout, "book", old).splitlines()
    assert sentence.startswith(f"Fifty-Four Days needs Python 3.11 or newer, and {old} is Python 3.9.2:")


def test_python_that_is_missing(checkout):
    (sentence,) = make(checkout, "serve", "nosuchpython").splitlines()
    assert sentence.startswith("Fifty-Four Days needs Python 3.11 or newer, and nosuchpython is missing:")


def test_python_without_venv(checkout):
    bare = fake_python(checkout, f'case "$2" in *ensurepip*) exit 1;; esac\nexec {sys.executable} "$@"')
    (sentence,) = make(checkout, "lab", bare).splitlines()
    assert sentence.startswith(f"{bare} cannot make virtual environments: install its venv module")


def test_a_port_in_use_gives_the_next_one(tmp_path):
    first = local_server(tmp_path)
    second = local_server(tmp_path, first.server_port)
    try:
        assert second.server_port > first.server_port
    finally:
        first.server_close()
        second.server_close()


def test_what_is_named_by_its_content_is_kept_and_all_else_asked_for_again(tmp_path):
    names = {"_static/livefigure.0123456789.js": "public, max-age=31536000, immutable", "book/power.html": "no-cache", "_static/scripts/search.js": "no-cache"}
    for name in names:
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("text", encoding="utf-8")
    with serving(tmp_path) as there:
        for name, said in names.items():
            with urlopen(f"{there}/{name}?v=1") as answer:
                assert answer.headers.get_all("Cache-Control") == [said]


def test_a_browser_that_is_missing(monkeypatch, capsys):
    monkeypatch.setattr(find_browser, "candidates", lambda: iter([]))
    monkeypatch.setattr(find_browser, "on_debian", lambda: False)
    assert find_browser.main() == 1
    (sentence,) = capsys.readouterr().err.splitlines()
    assert sentence.endswith("chromium") and "To get one, run: " in sentence


def test_debian_is_told_its_own_command(monkeypatch):
    monkeypatch.setattr(find_browser, "on_debian", lambda: True)
    assert find_browser.advice() == "sudo apt-get install -y chromium"


def test_a_named_browser_comes_first(monkeypatch):
    monkeypatch.setenv("BROWSER_FOR_TESTS", sys.executable)
    assert find_browser.find() == sys.executable


def test_continuous_integration_runs_make_test():
    run = ROOT / ".ci" / "run"
    assert "make test" in run.read_text(encoding="utf-8")
    assert os.access(run, os.X_OK)


@pytest.mark.slow
@pytest.mark.parametrize("port", ["99999", "65536", "-1", "8000.5", "http"])
def test_a_port_that_can_not_be_is_refused_in_one_sentence(port):
    result = subprocess.run([sys.executable, ROOT / "tools" / "serve.py", f"--port={port}"], capture_output=True, text=True, check=False)
    assert result.returncode == 2 and "Traceback" not in result.stderr
    assert f"'{port}' is not a port: a whole number from 0 to 65535" in result.stderr


def test_the_last_port_has_none_above_it(tmp_path, monkeypatch):
    first = local_server(tmp_path)
    monkeypatch.setattr("serve.LAST_PORT", first.server_port)
    try:
        with pytest.raises(OSError, match=f"no free port from {first.server_port} to {first.server_port}"):
            local_server(tmp_path, first.server_port)
    finally:
        first.server_close()
