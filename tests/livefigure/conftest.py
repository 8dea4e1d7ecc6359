"""The browser's half of livefigure under test: its own source, loaded into an empty page."""

import numpy as np
import pytest
from livefigure.assets import PARTS, RUNTIME
from livefigure.javascript import model_script, to_javascript
from livefigure.trace import Trace

CALL = """([name, inputs, outputs, text]) => {
    const run = livefigureModels[name](Math, own);
    const [a, o] = [new Float64Array(inputs), new Float64Array(outputs)];
    return text.split(";").map((row) => {
        a.set(row.split(",").map(Number));
        run(a, o);
        return Array.from(o, (x) => (Object.is(x, -0) ? "-0" : x)).join(",");
    }).join(";");
}"""
SWEEP = """([inputs, fixed, outputs, along, x, wanted]) => {
    const sweeps = [{ along, outputs: wanted, over: [0, 1, x.length, false] }];
    const model = new Model({ controls: [], inputs, outputs, arrays: {}, sweeps }, livefigureModels.probe);
    model.arguments.set(fixed);
    model.grids[0].set(x);
    model.sweep();
    return model.curves[0].map((row) => row.join(",")).join(";");
}"""


def written(values) -> str:
    """Doubles as text that JavaScript's Number() reads back exactly."""
    return ",".join(map(repr, map(float, values))).replace("inf", "Infinity").replace("nan", "NaN")


def read(text: str) -> np.ndarray:
    return np.array([[float(number) for number in row.split(",")] for row in text.split(";")])


@pytest.fixture(scope="session")
def runtime(browser):
    """A page in which the runtime's functions (formatNumber, parseNumber, resolve, own, ...) are global."""
    page = browser.new_page()
    page.add_script_tag(content="\n".join((RUNTIME / f"{part}.js").read_text(encoding="utf-8") for part in PARTS))
    yield page
    page.close()


@pytest.fixture
def in_javascript(runtime):
    """`in_javascript(trace, columns)`: the trace's outputs by name, computed in the browser, one value per row."""

    def compute(trace: Trace, columns: dict) -> dict[str, np.ndarray]:
        assert "," not in "".join(trace.inputs)
        runtime.add_script_tag(content=model_script("probe", trace))
        rows = np.broadcast_arrays(*(np.asarray(columns[name], float) for name in trace.inputs))
        text = ";".join(written(row) for row in np.stack(rows, axis=-1).reshape(-1, len(rows)))
        found = read(runtime.evaluate(CALL, ["probe", len(trace.inputs), len(trace.outputs), text]))
        return {name: found[:, i] for i, name in enumerate(trace.outputs)}

    return compute


@pytest.fixture
def swept_in_javascript(runtime):
    """`swept_in_javascript(trace, along, outputs, fixed, grid)`: the sweep's outputs, one row each."""

    def compute(trace: Trace, along: str, outputs, fixed: dict, grid) -> np.ndarray:
        runtime.add_script_tag(content=model_script("probe", trace))
        values = [float(fixed[name]) for name in trace.inputs]
        return read(runtime.evaluate(SWEEP, [trace.inputs, values, trace.numbers, along, [float(x) for x in grid], outputs]))

    return compute


@pytest.fixture
def in_page(runtime):
    """`in_page(trace, inputs)`: all outputs by name, numbers and arrays, as `to_javascript`'s function gives them."""

    def compute(trace: Trace, inputs: dict) -> dict[str, float | np.ndarray]:
        text = f"(inputs) => Object.entries(({to_javascript(trace)})(inputs)).map(([name, x]) => [name, typeof x === 'number' ? x : [...x]])"
        return {name: x if isinstance(x, (int, float)) else np.array(x) for name, x in runtime.evaluate(text, inputs)}

    return compute
