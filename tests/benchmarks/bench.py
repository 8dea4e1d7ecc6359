"""Measure what the design sets budgets for, and print it: `make bench`. Timings vary by half on a shared machine.

page weight    bytes that a first visit transfers, compressed
scripts        of these, the runtime and the page's models
interactive    from navigation until every figure is live, median of several visits
hydration      of one figure: from the printed card to a live one
tick           one input event until values, SVG and layout are current, by the slowest of a figure's sliders
memory         of the page's scripts that 10,000 ticks leave behind
layouts        that the search evaluates per second, and its memory
build          of a fresh copy, and again after one edited chapter
"""

from __future__ import annotations

import gzip
import json
import os
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from threading import Thread

from playwright.sync_api import sync_playwright

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
from workspace import BROWSER_FLAGS, ROOT, SITE, build  # noqa: E402

sys.path.insert(0, str(ROOT / "tools"))
import find_browser  # noqa: E402
from serve import local_server  # noqa: E402

VISITS, TICKS, MANY = 9, 200, 10_000
SEARCHES = {"layout-map": 16}  # ms a tick: figures that search 5,000 layouts in each
MODEL = re.compile(r"<script>(\(globalThis\.livefigureModels.*?)</script>", re.DOTALL)
DRAG = """([figure, ticks]) => {
  const root = document.querySelector(`[data-live-figure="${figure}"]`);
  const times = {};
  for (const slider of root.querySelectorAll('input[type="range"][name]')) {
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


def report(what: str, value: float, unit: str, budget: float | None = None) -> None:
    verdict = "" if budget is None else f"   budget {budget:g} {unit}{'' if value <= budget else '   OVER'}"
    print(f"{what:<52} {value:>9.2f} {unit}{verdict}", flush=True)


def scripts(site: Path, page: str) -> float:
    """kB of the runtime and the models in a page, each compressed as the server would."""
    html = (site / page).read_text(encoding="utf-8")
    runtime = next((site / "_static").glob("livefigure.*.js")).read_bytes()
    return (len(gzip.compress(runtime)) + len(gzip.compress("".join(MODEL.findall(html)).encode()))) / 1000


def visit(browser, address: str) -> tuple[float, float]:
    """(ms until every figure is live, kB transferred) of a first visit."""
    context = browser.new_context()
    page = context.new_page()
    client = context.new_cdp_session(page)
    client.send("Network.enable")
    sizes = []
    client.on("Network.loadingFinished", lambda event: sizes.append(event["encodedDataLength"]))
    page.add_init_script(
        "new MutationObserver(() => { const all = [...document.querySelectorAll('[data-live-figure]')];"
        " if (document.readyState !== 'loading' && all.every(f => f.dataset.state === 'live')) window.liveAt ??= performance.now(); })"
        ".observe(document, { subtree: true, childList: true, attributes: true, attributeFilter: ['data-state'] })"
    )
    page.goto(address, wait_until="networkidle")
    live_at = page.evaluate("window.liveAt")
    context.close()
    return live_at, sum(sizes) / 1000


def p95(times: list[float]) -> float:
    return statistics.quantiles(times, n=20)[-1]


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


def pages(site: Path, browser) -> None:
    server = local_server(site)
    Thread(target=server.serve_forever, daemon=True).start()
    for page in sorted(f"book/{path.name}" for path in (site / "book").glob("*.html")):
        if "data-live-figure" not in (site / page).read_text(encoding="utf-8"):
            continue
        address = f"http://127.0.0.1:{server.server_port}/{page}"
        visits = [visit(browser, address) for _ in range(VISITS)]
        report(f"{page}: page weight", statistics.median(weight for _, weight in visits), "kB")
        report(f"{page}: runtime and models", scripts(site, page), "kB", 25)
        report(f"{page}: interactive", statistics.median(live for live, _ in visits), "ms", 500)
        tab = browser.new_page()
        tab.goto(address)
        for figure in tab.eval_on_selector_all("[data-live-figure]", "all => all.map(f => f.dataset.liveFigure)"):
            report(f"{figure}: hydration", statistics.median(tab.evaluate(HYDRATE, [figure, VISITS])), "ms", 50)
            if ticks := tab.evaluate(DRAG, [figure, TICKS]):
                slowest, times = max(ticks.items(), key=lambda item: p95(item[1]))
                report(f"{figure}: tick of {slowest}, p95", p95(times), "ms", SEARCHES.get(figure, 4))
                report(f"{figure}: memory left by {MANY} ticks", growth(tab, figure, len(ticks)), "kB", 200)
        tab.close()
    server.shutdown()


def layouts() -> None:
    """Complete layouts of Llama 3.1 405B on 16,384 H100s that the search evaluates, in a process of its own."""
    command = "search --model llama-3.1-405b --gpu h100 --gpus 16384 --batch-tokens 16777216 --json"
    code = f"import sys, resource, clustermath.__main__ as c; c.main({command.split()!r}); print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)"
    runs = []
    for _ in range(3):
        found, memory = subprocess.run([sys.executable, "-c", code], cwd=ROOT / "book", capture_output=True, text=True, check=True).stdout.rsplit("\n", 2)[:2]
        found = json.loads(found)
        runs.append((found["evaluated"] / found["seconds"], int(memory) / 1e6))
    rate, memory = statistics.median(rate for rate, _ in runs), max(memory for _, memory in runs)
    print(f"{'layouts searched per second':<52} {rate / 1e6:>9.2f} M   at least 1 M{'' if rate >= 1e6 else '   UNDER'}")
    report("memory of the search", memory, "GB", 2)


def builds() -> None:
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder) / "book"
        ignored = shutil.ignore_patterns(".git", ".venv", "_build", "__pycache__", "node_modules")
        shutil.copytree(ROOT, copy, ignore=ignored)
        for what, budget in (("build of a fresh copy", 90), ("build after one edited chapter", 15)):
            start = time.perf_counter()
            if build(copy).returncode:
                sys.exit("the book does not build")
            report(what, time.perf_counter() - start, "s", budget)
            chapter = copy / "book" / "fifty-four-days.md"
            chapter.write_text(chapter.read_text(encoding="utf-8") + "\n\nOne more sentence.\n", encoding="utf-8")


def main() -> None:
    print("Building the book ...", flush=True)
    if build().returncode:
        sys.exit("the book does not build")
    as_root = ["--no-sandbox"] if hasattr(os, "geteuid") and os.geteuid() == 0 else []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=find_browser.find(), args=BROWSER_FLAGS + as_root)
        print(f"{browser.browser_type.name} {browser.version}, {os.cpu_count()} cores, Python {sys.version.split()[0]}")
        pages(SITE, browser)
        browser.close()
    layouts()
    builds()


if __name__ == "__main__":
    main()
