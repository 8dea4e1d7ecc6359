"""The examples in `examples/`: a figure that isn't about clusters, in a page of its own, a Sphinx project, a MyST site and a marimo notebook (of which only the names it asks for are checked)."""

import ast
import os
import subprocess
import sys

import numpy as np
import pytest
from scipy.special import ellipk
from workspace import BOOK, ROOT

EXAMPLES = ROOT / "examples"
pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def pendulum():
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(str(EXAMPLES))
        import pendulum

        yield pendulum


@pytest.mark.parametrize("swing", [1, 60, 120, 170])
def test_the_period_is_the_elliptic_integral(pendulum, swing):
    exact = 4 * np.sqrt(2 / 9.81) * ellipk(np.sin(np.radians(swing) / 2) ** 2)
    assert pendulum.pendulum(2, 9.81, swing)["period"] == pytest.approx(exact, rel=1e-12)


def made(home: str, folder) -> str:
    """The HTML that an example writes into `folder`."""
    environment = os.environ | {"PYTHONPATH": str(BOOK)}
    command = [EXAMPLES / "page.py"] if home == "page" else ["-m", "sphinx", "-W", "-q", EXAMPLES / home, folder]
    subprocess.run([sys.executable, *map(str, command)], cwd=folder, env=environment, check=True, capture_output=True)
    return "pendulum.html" if home == "page" else "index.html"


@pytest.mark.parametrize("home", ["page", "sphinx", "myst"])
def test_the_pendulum_swings_in_a_page_from_disk(home, browser, tmp_path):
    page = browser.new_page()
    broken = []
    page.on("pageerror", lambda error: broken.append(str(error)))
    page.goto((tmp_path / made(home, tmp_path)).as_uri())
    figure = page.locator("[data-live-figure=pendulum]")
    figure.and_(page.locator("[data-state=live]")).wait_for()
    before = float(figure.locator("output[name=period]").get_attribute("data-value"))
    figure.locator("input[type=text][name=length]").fill("4")
    figure.locator("input[type=text][name=length]").press("Enter")
    after = float(figure.locator("output[name=period]").get_attribute("data-value"))
    assert after == pytest.approx(2 * before, rel=1e-9) and not broken  # four times as long
    page.close()


def test_the_marimo_notebook_asks_for_what_the_figure_has(pendulum):
    tree = ast.parse((EXAMPLES / "notebook.py").read_text(encoding="utf-8"))
    asked = {node.slice.value for node in ast.walk(tree) if isinstance(node, ast.Subscript) and getattr(node.value, "attr", "") == "outputs"}
    assert asked and asked <= set(pendulum.figure().outputs)
