"""Someone who works in a notebook that is open in JupyterLab."""

import pytest
from playwright.sync_api import expect
from reading import Reader

PATIENCE = 60_000  # ms that a slow machine may take for one thing, many times what it does take
# What a reader does through the menu and the keyboard of JupyterLab, by the commands behind them.
HANDS = """
globalThis.hands = {
  get panel() { return jupyterapp.shell.currentWidget; },
  get cells() { return this.panel.content.widgets; },
  async open(command, options) {
    const panel = await jupyterapp.commands.execute(command, options);
    await panel.context.ready;
    await panel.sessionContext.ready;
  },
  async close() {
    const { panel } = this;
    await panel.sessionContext.shutdown();
    panel.dispose();
  },
  outputs(cells) { return cells.flatMap((cell) => cell.model.outputs?.toJSON() ?? []); },
  async runAll() {
    await jupyterapp.commands.execute("notebook:run-all-cells");
    return this.outputs(this.cells);
  },
  async run(source, again) {
    const { content } = this.panel;
    content.activeCellIndex = this.cells.length - 1;
    if (!again) await jupyterapp.commands.execute("notebook:insert-cell-below");
    content.activeCell.model.sharedModel.setSource(source);
    await jupyterapp.commands.execute("notebook:run-cell");
    return this.outputs([content.activeCell]);
  },
  async ask(expression) {
    const code = `import json; print(json.dumps(${expression}))`;
    const answer = this.panel.sessionContext.session.kernel.requestExecute({ code, store_history: false });
    let text = "";
    answer.onIOPub = ({ content }) => (text += content.text ?? "");
    await answer.done;
    return JSON.parse(text);
  },
  async until(condition, patience) {
    const end = Date.now() + patience;
    while (!(await this.ask(condition))) if (Date.now() > end) throw new Error(`never so in Python: ${condition}`);
  },
};
"""


class Card(Reader):
    """A figure in a notebook, where there may be others of its name."""

    def __init__(self, root):
        self.page, self.root = root.page, root

    def shows(self, outputs) -> None:
        """The readouts show those of the `outputs` for which there is one."""
        assert self.shown == pytest.approx({name: outputs[name] for name in self.shown}, rel=1e-9)


class Notebook:
    """A notebook in front of its reader."""

    def __init__(self, page):
        self.page = page

    def run(self, source: str, again: bool = False) -> str:
        """A new last cell, or the last one `again` with another text; gives what it prints."""
        return self._text(self.page.evaluate("([source, again]) => hands.run(source, again)", [source, again]))

    def run_all(self) -> str:
        return self._text(self.page.evaluate("hands.runAll()"))

    @staticmethod
    def _text(outputs: list) -> str:
        errors = ["\n".join(output["traceback"]) for output in outputs if output["output_type"] == "error"]
        assert not errors, "\n".join(errors)
        return "".join(output.get("text", "") for output in outputs)

    def ask(self, expression: str):
        """What Python says now."""
        return self.page.evaluate("(expression) => hands.ask(expression)", expression)

    def until(self, condition: str) -> None:
        """Wait until it is true in Python."""
        self.page.evaluate("([condition, patience]) => hands.until(condition, patience)", [condition, PATIENCE])

    def cards(self, count: int) -> list[Card]:
        """The figures, once `count` of them are alive."""
        expect(self.page.locator('[data-live-figure][data-state="live"]')).to_have_count(count)
        found = self.page.locator("[data-live-figure]").all()
        assert len(found) == count
        return [Card(root) for root in found]


def alive(page) -> dict[str, int]:
    """How many listeners the whole page has, and how many observers there are, after everything unused is gone."""
    browser, found = page.context.new_cdp_session(page), {}

    def handle(expression: str) -> str:
        return browser.send("Runtime.evaluate", {"expression": expression})["result"]["objectId"]

    for target in ("window", "document", "document.body"):
        found[target] = len(browser.send("DOMDebugger.getEventListeners", {"objectId": handle(target)})["listeners"])
    for kind in ("MutationObserver", "ResizeObserver", "IntersectionObserver"):
        objects = browser.send("Runtime.queryObjects", {"prototypeObjectId": handle(f"{kind}.prototype")})["objects"]
        found[kind] = int(objects["description"].strip("Array()"))  # as in "Array(12)"
    return found
