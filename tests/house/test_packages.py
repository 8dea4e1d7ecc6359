"""`livefigure` and `clustermath` each install by themselves, without the book, and then do what their README shows."""

import ast
import json
import os
import re
import subprocess
import sys
import tomllib
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest
from _ext.wheel import requirements, wheel_requirements
from workspace import BOOK

PACKAGES = ("livefigure", "clustermath")
FOUND_AT_RUN_TIME = {"font-source-sans-pro"}  # font_file asks for its folder, nobody imports it


@pytest.fixture(scope="module")
def installed(tmp_path_factory):
    """package → the folder into which it alone was installed. What it needs comes from the tests' environment."""
    targets = {}
    for package in PACKAGES:
        target = targets[package] = tmp_path_factory.mktemp(package)
        options = ["--quiet", "--no-deps", "--no-build-isolation", "--no-index", "--disable-pip-version-check", "--target", target]
        result = subprocess.run([sys.executable, "-m", "pip", "install", *options, BOOK / package], capture_output=True, text=True)
        assert result.returncode == 0, result.stderr
    return targets


def run(code: str, target: Path, cwd: Path) -> str:
    """What `code` prints in a Python that finds the package in `target`, and nothing of the book."""
    result = subprocess.run([sys.executable, "-I", "-c", f"import sys; sys.path.insert(0, {str(target)!r})\n{code}"], capture_output=True, text=True, cwd=cwd)
    assert result.returncode == 0, result.stderr
    return result.stdout


def example(package: str) -> str:
    return re.search(r"```python\n(.*?)```", (BOOK / package / "README.md").read_text(encoding="utf-8"), re.DOTALL)[1]


@pytest.mark.slow
def test_livefigure_makes_the_page_of_its_readme_without_the_book(installed, tmp_path):
    alone = "import livefigure; assert livefigure.__file__.startswith(sys.path[0])\n"
    other = "print([name for name in sys.modules if name.split('.')[0] in ('clustermath', 'figures')])"
    assert run(alone + example("livefigure") + other, installed["livefigure"], tmp_path).strip() == "[]"
    page = (tmp_path / "pendulum.html").read_text(encoding="utf-8")
    assert 'data-live-figure="pendulum"' in page and ">2.01<" in page.replace(" s<", "<")  # of a metre: 2 pi (1 / 9.81) ** 0.5
    assert (installed["livefigure"] / "livefigure" / "py.typed").exists()


@pytest.mark.slow
def test_clustermath_computes_with_its_own_tables_and_has_a_command(installed, tmp_path):
    target = installed["clustermath"]
    assert re.fullmatch(r"67\.\d days", run(example("clustermath"), target, tmp_path).strip())
    imported = run("import clustermath, pkgutil\nfor m in pkgutil.walk_packages(clustermath.__path__, 'clustermath.'):\n    m.name.endswith('__main__') or __import__(m.name)\nprint(*{n.split('.')[0] for n in sys.modules})", target, tmp_path).split()
    assert "clustermath" in imported and not {"livefigure", "figures", "matplotlib", "ipywidgets"} & set(imported)
    script = target / "bin" / "clustermath"
    command = [sys.executable, script] if script.exists() else [target / "Scripts" / "clustermath.exe"]
    words = [*command, "days", "--model", "llama-3.1-405b", "--gpu", "h100", "--gpus", "16384", "--mfu", "0.404", "--json"]
    result = subprocess.run(words, capture_output=True, text=True, cwd=tmp_path, env=os.environ | {"PYTHONPATH": str(target)})
    assert result.returncode == 0 and 60 < json.loads(result.stdout)["days"] < 75, result.stderr
    usage = subprocess.run([*command, "--help"], capture_output=True, text=True, cwd=tmp_path, env=os.environ | {"PYTHONPATH": str(target)})
    assert usage.stdout.startswith("usage: clustermath ")


@pytest.mark.slow
@pytest.mark.parametrize("package", PACKAGES)
def test_a_package_asks_for_what_it_imports_and_for_nothing_else(package):
    project = tomllib.loads((BOOK / package / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    optional = [name for names in project.get("optional-dependencies", {}).values() for name in names]
    declared = {re.match(r"[\w-]+", requirement)[0] for requirement in project["dependencies"]}
    imported = set()
    for file in (BOOK / package).rglob("*.py"):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else [node.module] if isinstance(node, ast.ImportFrom) and not node.level else []
            imported |= {name.split(".")[0] for name in names}
    distributions = packages_distributions()
    needed = {distributions[name][0].lower() for name in imported - set(sys.stdlib_module_names) - {package}}
    assert needed <= declared, needed - declared
    assert declared - needed <= FOUND_AT_RUN_TIME | {"ipywidgets"}, declared - needed
    assert not {re.match(r"[\w-]+", requirement)[0] for requirement in optional} & needed


def test_the_whole_code_asks_for_what_its_parts_do():
    """`pip install ./book`; only the wheel beside the notebooks has the faces in itself."""
    assert set(requirements(BOOK)) >= {*requirements(BOOK / "livefigure"), *requirements(BOOK / "clustermath")}
    assert {*requirements(BOOK)} - {*wheel_requirements(BOOK)} == {"font-source-sans-pro>=0.0.1"}


@pytest.mark.parametrize("package", PACKAGES)
def test_a_version_is_in_the_list_of_changes(package):
    version = re.search(r'__version__ = "([\d.]+)"', (BOOK / package / "__init__.py").read_text(encoding="utf-8"))[1]
    changes = (BOOK / package / "CHANGELOG.md").read_text(encoding="utf-8")
    assert re.search(r"^## ([\d.]+)", changes, re.MULTILINE)[1] == version
    assert (BOOK / package / "LICENSE").read_bytes() == (BOOK.parent / "LICENSE").read_bytes()
