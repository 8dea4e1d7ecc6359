"""Make small mistakes, one at a time, and see which ones the tests notice: `make mutants`, or `make mutants COUNT=100 SEED=2`.

A mistake is a sign, a factor of two, a unit, an off-by-one, an operator, a comparison, a bound, or a value of a table, at a place
chosen by chance in what runs: no comment, no docstring. Each is made in a copy of the book, and its nearest tests run.
Those that pass are made at once, and what `make test-fast` runs, runs once for all of them; each of the tests that fail then is
tried with one mistake after the other, and with none: what fails without a mistake has noticed nothing. With WHOLE=1 all tests do
the same with what is left. Writes _build/mutants.json. A survivor is a test to write, or a change that changes nothing; which of
the two a person has to say.
"""

from __future__ import annotations

import argparse
import csv
import io
import itertools
import json
import os
import re
import shutil
import subprocess
import sys
import time
import tokenize
from collections import Counter
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from random import Random

ROOT = Path(__file__).resolve().parents[2]
COPY = ROOT / "_build" / "mutants"
# How many of a hundred mistakes are made where: folder, pattern, share.
AREAS = {
    "clustermath": ("book/clustermath", "**/*.py", 40), "livefigure": ("book/livefigure", "*.py", 17), "runtime": ("book/livefigure/runtime", "*.js", 15),
    "figures": ("book/figures", "*.py", 10), "extensions": ("book/_ext", "*.py", 8), "data": ("book/data", "*.csv", 10),
}  # fmt: skip
OPERATORS = {
    "+": "-", "-": "+", "*": "/", "/": "*", "**": "*", "//": "/", "%": "*", "<": "<=", "<=": "<", ">": ">=", ">=": ">", "==": "!=", "!=": "==", "&": "|", "|": "&",
    "===": "!==", "!==": "===", "&&": "||", "||": "&&",
}  # fmt: skip
FAST = ["-m", "not slow", "-n", "2", "--dist", "worksteal", "tests"]  # as in the Makefile
WORDS = {"maximum": "minimum", "minimum": "maximum", "ceil": "floor", "floor": "ceil", "and": "or", "or": "and", "True": "False", "False": "True", "KILO": "MEGA", "MEGA": "GIGA", "HOUR": "DAY", "DAY": "HOUR", "max": "min", "min": "max"}
SCRIPT = re.compile(r"""//[^\n]*|/[\^(].*?/[a-z]*(?=[;,.)])|/\*.*?\*/|`(?:\\.|[^`])*`|"(?:\\.|[^"])*"|'(?:\\.|[^'])*'|(?P<token>\b\d+(?:\.\d+)?(?:e-?\d+)?\b|=>|[=!]==|&&|\|\||\*\*|[<>]=?|[-+*/%](?![-+=])|\b(?:max|min|ceil|floor|true|false)\b)""", re.DOTALL)


@dataclass
class Mistake:
    area: str
    file: str
    line: int
    before: str
    after: str
    caught_by: str = ""  # "the nearest", "fast", "all" or nothing
    test: str = ""  # the one that noticed


def places(path: Path) -> list[tuple[int, int, str]]:
    """Where a mistake can be made in a file: (start, end, what stands there)."""
    text = path.read_text(encoding="utf-8")
    if path.suffix == ".csv":
        return cells(text)
    if path.suffix == ".js":
        return [(*found.span("token"), found["token"]) for found in SCRIPT.finditer(text) if found["token"]]
    starts = [0]
    for line in text.splitlines(keepends=True):
        starts.append(starts[-1] + len(line))
    found, last = [], ""
    for token in tokenize.generate_tokens(io.StringIO(text).readline):
        spreads = token.string in ("*", "**", "+") and last in ("(", "[", "{", ",", "=", ":", "import")  # *options, no product
        kind = token.string == "|" and ("None" in token.line or token.line.lstrip().startswith("def "))  # of a type
        if token.type in (tokenize.OP, tokenize.NUMBER, tokenize.NAME) and not spreads and not kind:
            at = starts[token.start[0] - 1] + token.start[1]
            found.append((at, at + len(token.string), token.string))
        last = token.string
    return found


def cells(text: str) -> list[tuple[int, int, str]]:
    """The numbers in the column `value` of a table with one line for each."""
    found, at = [], 0
    for number, line in enumerate(text.splitlines(keepends=True)):
        row = next(csv.reader([line]), [])
        if number == 0:
            column = row.index("value") if "value" in row else None
        elif column is not None and line.count('"') == 0 and len(row) > column and re.fullmatch(r"-?[\d.]+(e-?\d+)?", row[column]):
            start = at + len(",".join(row[:column])) + bool(column)
            found.append((start, start + len(row[column]), row[column]))
        at += len(line)
    return found


def wrong(token: str, random: Random) -> str | None:
    """A mistake in the place of a token, if there is one."""
    if re.fullmatch(r"-?\d+(\.\d+)?(e-?\d+)?", token):
        whole, value = re.fullmatch(r"-?\d+", token), float(token)
        other = random.choice([2 * value or 1.0, value + 1, value / 2 or 1.0])
        if other == value:  # one more of very many is as many
            return None
        return repr(int(other) if whole and other == int(other) else other)
    return OPERATORS.get(token, WORDS.get(token, {"true": "false", "false": "true"}.get(token)))


def mistakes(count: int, seed: int) -> list[Mistake]:
    random, found = Random(seed), []
    for area, (folder, pattern, share) in AREAS.items():
        files = [path for path in sorted((ROOT / folder).glob(pattern)) if path.name != "measured_matmuls.csv"]
        choices = [(path, place, after) for path in files for place in places(path) if (after := wrong(place[2], random))]
        for path, (start, end, token), after in random.sample(choices, round(count * share / 100)):
            text = path.read_text(encoding="utf-8")
            left, right = text.rfind("\n", 0, start) + 1, text.find("\n", end)
            before = text[left:right]
            found.append(Mistake(area, path.relative_to(ROOT).as_posix(), text.count("\n", 0, start) + 1, before, before[: start - left] + after + before[end - left :]))
    return found


def nearest(file: str) -> list[str]:
    """The tests that are called after a file or import it, and those of what lies around it where that says little."""
    path, tests = Path(file), {test.relative_to(ROOT).as_posix(): test.read_text(encoding="utf-8") for test in sorted((ROOT / "tests").rglob("test_*.py"))}
    package, stem = ".".join(path.parts[1:-1]), path.stem
    alive = [test for test, text in tests.items() if "browser/" in test and "examples" in text]
    uses = re.compile(rf"\b{re.escape(package)}\.{stem}\b|from {re.escape(package)} import [^\n]*\b{stem}\b|{re.escape(path.name)}")
    named = [test for test in tests if re.fullmatch(rf"test_{stem}(s|_figures)?\.py", Path(test).name)]
    around = {
        "runtime": ["tests/livefigure", *alive], "readers": ["tests/clustermath/readers"], "commands": ["tests/clustermath/test_cli.py"], "figures": ["tests/figures"],
        "data": ["tests/clustermath/test_tables.py", "tests/house/test_claims.py"], "livefigure": ["tests/livefigure"], "_ext": ["tests/house/test_mended.py"],
    }.get(path.parts[-2], [])  # fmt: skip
    return list(dict.fromkeys([*named, *(test for test, text in tests.items() if uses.search(text)), *around])) or ["tests/clustermath"]


seconds = itertools.count(int(time.time()))


def write(file: Path, text: str) -> None:
    """Write a file with a date of its own: Python keeps what it compiled as long as date, to the second, and length stay."""
    file.write_text(text, encoding="utf-8")
    os.utime(file, (second := next(seconds), second))


@contextmanager
def standing(*mistakes: Mistake):
    """The copy with these mistakes in it, and then without them again. Of two in one line only the later one is there."""
    kept = {COPY / mistake.file: (COPY / mistake.file).read_text(encoding="utf-8") for mistake in mistakes}
    for file, text in kept.items():
        lines = text.split("\n")
        for mistake in (each for each in mistakes if COPY / each.file == file):
            lines[mistake.line - 1] = mistake.after
        write(file, "\n".join(lines))
    yield
    for file, text in kept.items():
        write(file, text)


def failing(*arguments: str) -> list[str]:
    """The tests that fail in the copy, as pytest keeps their names for its next run; what it says instead where it can't run them."""
    shutil.rmtree(COPY / ".pytest_cache", ignore_errors=True)
    (COPY / "arguments").write_text("\n".join(arguments), encoding="utf-8")
    ran = subprocess.run([sys.executable, "-m", "pytest", "-q", "--no-header", "@arguments"], cwd=COPY, capture_output=True, text=True)
    if ran.returncode in (0, 5):  # 5: there is none to run
        return []
    names = COPY / ".pytest_cache" / "v" / "cache" / "lastfailed"
    return list(json.loads(names.read_text(encoding="utf-8"))) if names.exists() else [f"{ran.stdout}{ran.stderr}"[-2000:]]


def try_each(mistakes: list[Mistake]) -> None:
    """Each mistake with the tests nearest to it."""
    for mistake in mistakes:
        with standing(mistake):
            mistake.test = next(iter(failing("-x", "-m", "not slow", *nearest(mistake.file))), "")
        print(f"{mistake.file}:{mistake.line}\n    {mistake.before.strip()}\n    {mistake.after.strip()}\n    {mistake.test or 'passed by the nearest'}", flush=True)
    noticed = {mistake.test for mistake in mistakes if mistake.test.startswith("tests/")}
    noisy = failing(*noticed) if noticed else []
    for mistake in mistakes:
        if mistake.test and mistake.test not in noisy:
            mistake.caught_by = "the nearest"


def try_together(mistakes: list[Mistake], stage: str, tests: list[str]) -> None:
    """All mistakes at once with many tests, and then each of them with those tests that have failed."""
    with standing(*mistakes):
        failed = failing(*tests)
    named = [test for test in failed if test.startswith("tests/")]
    noisy = failing(*named) if named else []
    telling = [test for test in named if test not in noisy] if named or not failed else tests  # pytest itself may have been broken
    for mistake in mistakes if telling else []:
        with standing(mistake):
            if noticed := failing("-x", *telling):
                mistake.caught_by, mistake.test = stage, noticed[0]


def main() -> None:
    asked = argparse.ArgumentParser()
    asked.add_argument("--count", type=int, default=60)
    asked.add_argument("--seed", type=int, default=1)
    asked.add_argument("--whole", action="store_true")
    asked.add_argument("--only", default="", help="areas, joined by commas")
    asked = asked.parse_args()
    tracked = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=True).stdout.split("\0")
    shutil.rmtree(COPY, ignore_errors=True)
    for name in filter(None, tracked):
        (COPY / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / name, COPY / name)
    made = [mistake for mistake in mistakes(asked.count, asked.seed) if not asked.only or mistake.area in asked.only.split(",")]
    try_each(made)
    for stage, tests in {"fast": FAST, **({"all": ["-n", "2", "tests"]} if asked.whole else {})}.items():
        if left := [mistake for mistake in made if not mistake.caught_by]:
            try_together(left, stage, tests)
    (ROOT / "_build" / "mutants.json").write_text(json.dumps([asdict(each) for each in made], indent=1), encoding="utf-8")
    for mistake in made:
        if not mistake.caught_by:
            print(f"SURVIVED  {mistake.file}:{mistake.line}\n    {mistake.before.strip()}\n    {mistake.after.strip()}")
    for area in {mistake.area: None for mistake in made}:
        caught = Counter(mistake.caught_by or "survived" for mistake in made if mistake.area == area)
        print(f"{area:<12} {sum(caught.values()):>3}: " + ", ".join(f"{number} {stage}" for stage, number in caught.items()))
    print(f"{sum(bool(mistake.caught_by) and mistake.caught_by != 'all' for mistake in made) / len(made):.0%} of {len(made)} caught by what make test-fast runs")


if __name__ == "__main__":
    main()
