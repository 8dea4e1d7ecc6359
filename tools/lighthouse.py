"""Let Lighthouse judge the built pages, as on a phone: `python tools/lighthouse.py [book/power ...]`; all of them by default.

It needs Node, whose npx fetches Lighthouse, and the tests' browser. The site is served compressed, and cached as a host
should. Performance is a measurement: of several runs (--runs 3) the middle one is told, with how fast Lighthouse found
the machine (its benchmarkIndex: a desktop of today has 2,000 to 3,000). On a busy one it says little, so it decides
nothing here. The rest, and that no page moves while it loads, holds anywhere.
"""

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import find_browser
from serve import SITE, serving

LIGHTHOUSE = "lighthouse@12.8.2"
KINDS = ("performance", "accessibility", "best-practices", "seo")
WANTED = 98


def judge(address: str, browser: str) -> dict:
    """Lighthouse's report of one page, with its own settings for a phone."""
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder) / "report.json"
        flags = " ".join(["--headless=new", "--disable-gpu", *find_browser.flags()])
        command = ["npx", "--yes", LIGHTHOUSE, address, "--quiet", "--output=json", f"--output-path={report}", f"--chrome-flags={flags}"]
        subprocess.run(command, check=True, env=os.environ | {"CHROME_PATH": browser})
        return json.loads(report.read_text(encoding="utf-8"))


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("pages", nargs="*", help="as in book/power; all by default")
    parser.add_argument("--runs", type=int, default=1, help="of each page; default: %(default)s")
    asked = parser.parse_args()
    pages = asked.pages or sorted(path.relative_to(SITE).with_suffix("").as_posix() for path in [*(SITE / "book").glob("*.html"), SITE / "search.html"])
    if not (browser := find_browser.find()) or not shutil.which("npx"):
        print("Lighthouse needs Node (npx) and a browser: " + (find_browser.advice() if not browser else "install Node, https://nodejs.org"), file=sys.stderr)
        return 2
    with serving(SITE) as address:
        return judge_all(pages, address, browser, asked.runs)


def judge_all(pages: list[str], address: str, browser: str, runs: int) -> int:
    """A line for each page; 1 if one of them is too low or moves."""
    low = 0
    print(f"{'page':32}{''.join(f'{kind:>16}' for kind in KINDS)}{'shift':>8}{'painted, ms':>13}{'blocked, ms':>13}{'machine':>9}")
    for page in pages:
        reports = [judge(f"{address}/{page}.html", browser) for _ in range(runs)]
        report = sorted(reports, key=lambda report: report["categories"]["performance"]["score"] or 0)[len(reports) // 2]
        scores = [round(100 * (report["categories"][kind]["score"] or 0)) for kind in KINDS]
        shift, painted, blocked = (report["audits"][name]["numericValue"] for name in ("cumulative-layout-shift", "largest-contentful-paint", "total-blocking-time"))
        held = [score for kind, score in zip(KINDS, scores, strict=True) if kind != "performance"]
        low += min(held) < WANTED or round(shift, 3) > 0
        print(f"{page:32}{''.join(f'{score:16}' for score in scores)}{shift:8.3f}{painted:13.0f}{blocked:13.0f}{report['environment']['benchmarkIndex']:9.0f}", flush=True)
    print(f"{low} of {len(pages)} pages are below {WANTED} somewhere, performance aside, or move while they load")
    return 1 if low else 0


if __name__ == "__main__":
    sys.exit(main())
