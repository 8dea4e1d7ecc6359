"""Measure what the design sets budgets for: `make bench`, or `make bench AGAINST=24884fd` beside an earlier state.

Prints one table, and writes it as _build/bench.json; KEEP=1 writes the worst of each kind for the page "How the live figures
work", too, as book/data/speed.json. Budgets, peers and floors stand beside the rows: see limits.py. Timings vary by half on a
shared machine, so both states are built and measured in turn, RUNS times each: medians, ranges, and the ratio of the medians.
ONLY=pages,figures,leaks,models,builds, or some.

pages    page weight: bytes that a first visit transfers, compressed; scripts: of these, the runtime and the page's models;
         interactive: from navigation until every figure is live
figures  hydration: from the printed card to a live one; tick: one input event until values, SVG and layout are current, by
         the slowest of the figure's sliders; tick, processor: the mean of such ticks in the time of the page's thread, which
         says the same on a busy machine, and its p95 where the mean is highest, each tick then alone and a little dearer for it
leaks    memory of the page's scripts that 10,000 ticks leave behind
models   a scalar step time; the layouts that a search evaluates per second, alone and with all that the command does; its
         memory; time until a fresh kernel has shown its first figure. All of the processor's time, on one core
builds   of a fresh copy, and again after one edited chapter
"""

from __future__ import annotations

import argparse
import gzip
import io
import json
import os
import platform
import re
import shutil
import statistics
import subprocess
import sys
import tarfile
import tempfile
import time
from collections import defaultdict
from collections.abc import Callable
from contextlib import contextmanager
from datetime import date
from pathlib import Path

from playwright.sync_api import sync_playwright

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
from benchmarks import limits  # noqa: E402
from workspace import BROWSER_FLAGS, ROOT, build  # noqa: E402

sys.path.insert(0, str(ROOT / "tools"))
import find_browser  # noqa: E402
from serve import serving  # noqa: E402

GROUPS = ("pages", "figures", "leaks", "models", "builds")
TICKS, HYDRATIONS, MANY = 100, 5, 10_000
MODEL = re.compile(r"<script>(\(globalThis\.livefigureModels.*?)</script>", re.DOTALL)
DRAG = """([figure, ticks, only]) => {
  const root = document.querySelector(`[data-live-figure="${figure}"]`);
  const times = {};
  for (const slider of root.querySelectorAll(`input[type="range"]${only ? `[name="${only}"]` : "[name]"}`)) {
    const start = slider.value, [low, high] = [Number(slider.min), Number(slider.max)];
    times[slider.name] = [];
    for (let i = 0; i < ticks; i++) {
      slider.value = String(low + (high - low) * ((i * 0.618034) % 1));
      const before = performance.now();
      slider.dispatchEvent(new Event("input", { bubbles: true }));
      root.getBoundingClientRect();
      times[slider.name].push(performance.now() - before);
    }
    slider.value = start;
    slider.dispatchEvent(new Event("change", { bubbles: true }));
  }
  return times;
}"""
ONE = """([figure, name]) => {
  const slider = document.querySelector(`[data-live-figure="${figure}"] input[type="range"][name="${name}"]`);
  const [low, high] = [Number(slider.min), Number(slider.max)];
  let i = 0;
  window.tickOnce = (value = String(low + (high - low) * ((i++ * 0.618034) % 1))) => {
    slider.value = value;
    slider.dispatchEvent(new Event("input", { bubbles: true }));
    slider.getBoundingClientRect();
  };
  return slider.value;
}"""
HYDRATE = """([figure, times]) => Array.from({ length: times }, () => {
  const { constructor: Figure, root, spec } = livefigure.figures[figure];
  const copy = root.cloneNode(true);
  root.after(copy);
  const before = performance.now();
  new Figure(copy, spec, livefigureModels[figure]);
  const took = performance.now() - before;
  copy.remove();
  return took;
})"""
LIVE = """new MutationObserver(() => {
  const all = [...document.querySelectorAll("[data-live-figure]")];
  if (document.readyState !== "loading" && all.every((f) => f.dataset.state === "live")) window.liveAt ??= performance.now();
}).observe(document, { subtree: true, childList: true, attributes: true, attributeFilter: ["data-state"] })"""
KEPT = ROOT / "book" / "data" / "speed.json"
PARTS = ("ScriptDuration", "LayoutDuration", "RecalcStyleDuration")
SEARCHED = "search --model llama-3.1-405b --gpu h100 --gpus 16384 --batch-tokens 16777216 --json"
STEP = """
import time
from clustermath.architecture import ARCHITECTURES
from clustermath.layout import Layout, batch_of
from clustermath.matmul import MACHINES
from clustermath.software import CONSTANTS, stack_named
from clustermath.step import step_time
given = ARCHITECTURES["Llama 3.1 405B"], MACHINES["H100 SXM"], Layout(tp=8.0, pp=16.0, dp=128.0), batch_of(8192.0, 2048.0), stack_named("2024"), CONSTANTS
times = []
for _ in range(30):
    start = time.process_time()
    for _ in range(100):
        step_time(*given)
    times.append((time.process_time() - start) / 100)
print(min(times))
"""
SEARCH = f"""
import time
import clustermath.__main__ as command
start = time.process_time()
command.main("{SEARCHED}".split())
print(time.process_time() - start)
{limits.USED}
"""
FIRST = f"from figures import how_many_days; how_many_days.figure()._repr_mimebundle_()\n{limits.USED}"


class Tree:
    """A state of the book in a folder of its own, built, and what was measured of it: row → values, row → floors."""

    def __init__(self, root: Path):
        self.root, self.site = root, root / "_build" / "html"
        self.values: dict[tuple[str, str], list[float]] = defaultdict(list)
        self.floors: dict[str, list[float]] = defaultdict(list)
        if build(root).returncode:
            sys.exit(f"the book in {root} does not build")

    def note(self, name: str, unit: str, value: float, floor: float | None = None) -> None:
        self.values[name, unit].append(value)
        if floor is not None:
            self.floors[name].append(floor)

    def python(self, code: str) -> str:
        """What a fresh process prints that runs `code` in the book's folder, on one core, with modules compiled as a user has them."""
        environment = os.environ | {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "PYTHONDONTWRITEBYTECODE": ""}
        return subprocess.run([sys.executable, "-c", code], cwd=self.root / "book", capture_output=True, text=True, check=True, env=environment).stdout

    def live_pages(self) -> list[str]:
        found = ((path, path.read_text(encoding="utf-8")) for path in sorted((self.site / "book").glob("*.html")))
        return [f"book/{path.name}" for path, html in found if "data-live-figure" in html]


def earlier(revision: str) -> Path:
    """The state of `revision`, under the ignored _build/."""
    commit = subprocess.run(["git", "rev-parse", "--short", f"{revision}^{{commit}}"], cwd=ROOT, capture_output=True, text=True, check=True).stdout.strip()
    folder = ROOT / "_build" / "against" / commit
    if not folder.exists():
        archive = subprocess.run(["git", "archive", commit], cwd=ROOT, capture_output=True, check=True).stdout
        with tarfile.open(fileobj=io.BytesIO(archive)) as files:
            files.extractall(folder, filter="data")
    return folder


# One run of each group ------------------------------------------------------------------------------------------------


def pages(tree: Tree, browser, address: str) -> None:
    for page in tree.live_pages():
        live_at, parsed, weight = visit(browser, f"{address}/{page}")
        tree.note(f"{page}: page weight", "kB", weight, compressed((tree.site / page).read_bytes()))
        tree.note(f"{page}: scripts", "kB", scripts(tree.site, page), models_of(tree.site, page))
        tree.note(f"{page}: interactive", "ms", live_at, parsed)


def compressed(content: bytes) -> float:
    """kB, as the server would send it."""
    return len(gzip.compress(content)) / 1000


def models_of(site: Path, page: str) -> float:
    """kB of the models in a page."""
    return compressed("".join(MODEL.findall((site / page).read_text(encoding="utf-8"))).encode())


def scripts(site: Path, page: str) -> float:
    """kB of the runtime and the models in a page."""
    return compressed(next((site / "_static").glob("livefigure.*.js")).read_bytes()) + models_of(site, page)


def visit(browser, address: str) -> tuple[float, float, float]:
    """(ms until every figure is live, ms until the page is parsed, kB transferred) of a first visit."""
    context = browser.new_context()
    page = context.new_page()
    client = context.new_cdp_session(page)
    client.send("Network.enable")
    sizes = []
    client.on("Network.loadingFinished", lambda event: sizes.append(event["encodedDataLength"]))
    page.add_init_script(LIVE)
    page.goto(address, wait_until="networkidle")
    live_at, parsed = page.evaluate("[window.liveAt, performance.getEntriesByType('navigation')[0].domInteractive]")
    context.close()
    return live_at, parsed, sum(sizes) / 1000


def figures(tree: Tree, browser, address: str) -> None:
    for page in tree.live_pages():
        tab = browser.new_page()
        tab.goto(f"{address}/{page}")
        for figure in tab.eval_on_selector_all("[data-live-figure]", "all => all.map(f => f.dataset.liveFigure)"):
            tree.note(f"{figure}: hydration", "ms", statistics.median(tab.evaluate(HYDRATE, [figure, HYDRATIONS])))
            if ticks := tab.evaluate(DRAG, [figure, TICKS]):
                tree.note(f"{figure}: tick, p95", "ms", max(statistics.quantiles(times, n=20)[-1] for times in ticks.values()))
                means = {slider: processor(tab, figure, slider) for slider in ticks}
                slowest = max(means, key=lambda slider: means[slider][0])
                tree.note(f"{figure}: tick, processor", "ms", *means[slowest])
                alone = one_by_one(tab, figure, slowest)
                tree.note(f"{figure}: tick, processor p95", "ms", statistics.quantiles(alone, n=20)[-1])
        tab.close()


def leaks(tree: Tree, browser, address: str) -> None:
    if any(name.endswith("ticks") for name, _ in tree.values):
        return  # once is enough, and takes long
    for page in tree.live_pages():
        tab = browser.new_page()
        tab.goto(f"{address}/{page}")
        for figure in tab.eval_on_selector_all("[data-live-figure]", "all => all.map(f => f.dataset.liveFigure)"):
            if ticks := tab.evaluate(DRAG, [figure, 1]):
                tree.note(f"{figure}: memory left by {MANY:,} ticks", "kB", growth(tab, figure, len(ticks)))
        tab.close()


@contextmanager
def thread_time(tab):
    """A client of the page, and how many ms its thread has spent so far on script, style and layout, and on the latter two,
    whatever else the machine does."""
    client = tab.context.new_cdp_session(tab)
    client.send("Performance.enable", {"timeDomain": "threadTicks"})

    def spent() -> tuple[float, float]:
        metrics = {metric["name"]: 1e3 * metric["value"] for metric in client.send("Performance.getMetrics")["metrics"]}
        script, *others = (metrics[part] for part in PARTS)
        return script + sum(others), sum(others)

    yield client, spent
    client.detach()


def processor(tab, figure: str, slider: str) -> tuple[float, ...]:
    """ms of the page's thread that a tick of a slider takes, on average, and its floor: what of that isn't script."""
    with thread_time(tab) as (_, spent):
        before = spent()
        tab.evaluate(DRAG, [figure, TICKS, slider])
        return tuple((now - then) / TICKS for now, then in zip(spent(), before))


def one_by_one(tab, figure: str, slider: str) -> list[float]:
    """ms of the page's thread for each of many ticks of a slider, with what it takes to ask for one."""
    start, took = tab.evaluate(ONE, [figure, slider]), []
    with thread_time(tab) as (client, spent):
        for _ in range(TICKS):
            before, _ = spent()
            client.send("Runtime.evaluate", {"expression": "tickOnce()"})
            took.append(spent()[0] - before)
        client.send("Runtime.evaluate", {"expression": f"tickOnce({json.dumps(start)})"})
    return took


def growth(tab, figure: str, sliders: int) -> float:
    """kB by which the heap of a page's scripts grows over many ticks of a figure that has been used, all garbage collected."""
    client = tab.context.new_cdp_session(tab)

    def used_after(ticks: int) -> float:
        tab.evaluate(f"(asked) => void ({DRAG})(asked)", [figure, ticks])
        tab.wait_for_timeout(1000)  # until the summary has been announced
        for _ in range(3):  # what is only held by garbage goes in the next round
            client.send("HeapProfiler.collectGarbage")
        return client.send("Runtime.getHeapUsage")["usedSize"] / 1000

    before = used_after(MANY // sliders // 5)
    return used_after(MANY // sliders) - before


def models(tree: Tree, *_) -> None:
    tree.note("step time of one layout", "µs", 1e6 * float(tree.python(STEP)))
    printed, searched, used = tree.python(SEARCH).rsplit("\n", 3)[:3]
    (seconds, memory), evaluated = map(float, used.split()), json.loads(printed)["evaluated"]
    begun, loaded = map(float, tree.python(limits.NUMPY).split())
    arithmetic = tree.python(limits.SHARED_BY_NONE.format(arguments=SEARCHED)) if tree.root == ROOT else None  # an earlier state has other functions
    tree.note("search", limits.RATE, evaluated / float(searched) / 1e6, arithmetic and evaluated / float(arithmetic.rsplit("\n", 2)[-2]) / 1e6)
    tree.note("search as a command", limits.RATE, evaluated / seconds / 1e6, evaluated / begun / 1e6)
    tree.note("memory of the search", "MB", memory / 1e3, loaded / 1e3)
    tree.note("first figure in a fresh kernel", "s", *(float(tree.python(code).split()[0]) for code in (FIRST, limits.DRAWN_WITH)))


def builds(tree: Tree, *_) -> None:
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder) / "book"
        shutil.copytree(tree.root, copy, ignore=shutil.ignore_patterns(".git", ".venv", "_build", "__pycache__", "node_modules"))
        chapter = copy / "book" / "fifty-four-days.md"

        def built() -> float:
            start = time.perf_counter()
            if build(copy).returncode:
                sys.exit("the book does not build")
            return time.perf_counter() - start

        tree.note("build of a fresh copy", "s", built())
        nothing = built()
        chapter.write_text(chapter.read_text(encoding="utf-8") + "\n\nOne more sentence.\n", encoding="utf-8")
        tree.note("build after one edited chapter", "s", built(), nothing)


# The table ------------------------------------------------------------------------------------------------------------


def table(now: Tree, before: Tree | None) -> list[dict]:
    """A row for each thing measured; ratio: how many times as much as before, of a rate as before over now: below 1
    is better; times: how many times as much as the floor."""
    rows = []
    for (name, unit), values in now.values.items():
        median, budget = statistics.median(values), limits.by_name(limits.BUDGETS, name)
        row = {"row": name, "unit": unit, "median": median, "low": min(values), "high": max(values), "budget": budget, "peer": limits.by_name(limits.PEERS, name)}
        floor = statistics.median(now.floors[name]) if name in now.floors else None
        row |= {"floor": floor, "times": floor and (floor / median if unit == limits.RATE else median / floor)}
        row["over"] = budget is not None and (median < budget if unit == limits.RATE else median > budget)
        if then := before and before.values.get((name, unit)):
            row |= {"before": statistics.median(then), "before_low": min(then), "before_high": max(then)}
            row["ratio"] = row["before"] / median if unit == limits.RATE else median / row["before"] if row["before"] else None
        rows.append(row)
    return rows


def line(row: dict) -> str:
    def measured(prefix: str = "") -> str:
        value = row.get(prefix or "median")
        ends = (f"{prefix}_low", f"{prefix}_high") if prefix else ("low", "high")
        return "" if value is None else f"{value:.4g} ({row[ends[0]]:.3g}–{row[ends[1]]:.3g})"

    ratio = "" if row.get("ratio") is None else f"{row['ratio']:.2f} ×"
    floor = "" if row["floor"] is None else f"{row['floor']:.4g}, {row['times']:.2f} × that"
    budget = "" if row["budget"] is None else f"{row['budget']:g}{' OVER' if row['over'] else ''}"
    return f"{row['row']:<58} {row['unit']:<11} {measured():<24} {measured('before'):<24} {ratio:<8} {budget:<10} {floor:<18} {row['peer'] or ''}"


def chip() -> str:
    """The processor's name, where the system tells it."""
    told = Path("/proc/cpuinfo")
    return re.search(r"model name\s*: (.*)|$", told.read_text(encoding="utf-8"))[1] or "" if told.exists() else platform.processor()


def main() -> None:
    asked = argparse.ArgumentParser()
    asked.add_argument("--against", metavar="REV")
    asked.add_argument("--runs", type=int, default=7)
    asked.add_argument("--only", default=",".join(GROUPS))
    asked.add_argument("--keep", action="store_true")
    asked = asked.parse_args()
    groups: list[Callable] = [globals()[group] for group in GROUPS if group in asked.only.split(",")]
    print("Building ...", flush=True)
    trees = [Tree(ROOT), *([Tree(earlier(asked.against))] if asked.against else [])]
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=find_browser.find(), args=BROWSER_FLAGS + find_browser.flags())
        machine = {
            "date": date.today().isoformat(), "browser": browser.version, "chip": chip(), "cores": os.cpu_count(),
            "python": platform.python_version(), "runs": asked.runs, "against": asked.against,
        }  # fmt: skip
        print(", ".join(f"{key} {value}" for key, value in machine.items()), flush=True)
        for run in range(asked.runs):
            for tree in trees if run % 2 else reversed(trees):
                with serving(tree.site) as address:
                    for group in groups:
                        group(tree, browser, address)
        browser.close()
    rows = table(*trees, *([None] if len(trees) == 1 else []))
    print(f"{'':<58} {'':<11} {'now: median (range)':<24} {asked.against or '':<24} {'ratio':<8} {'budget':<10} {'floor':<18} peers")
    for row in rows:
        print(line(row))
    (ROOT / "_build" / "bench.json").write_text(json.dumps({**machine, "rows": rows}, indent=1, ensure_ascii=False), encoding="utf-8")
    if asked.keep:
        KEPT.write_text(json.dumps({**machine, "rows": limits.worst(rows)}, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
