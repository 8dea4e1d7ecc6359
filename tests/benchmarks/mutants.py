"""Make small mistakes, one at a time, and see which ones the tests notice: `make mutants`, or `make mutants COUNT=100 SEED=2`.

A mistake is a sign, a factor of two, a unit, an off-by-one, an operator, a comparison, a bound, or a value of a table, at a place
chosen by chance in what runs: no comment, no docstring. Each is made in a copy of the book: the tests that mirror the file run
first, then what `make test-fast` runs, which must pass before any mistake is made, and with WHOLE=1 all tests. Writes
_build/mutants.json. A survivor is a test to write, or a change that changes nothing; which of the two a person has to say.
"""

from __future__ import annotations

import argparse
import csv
import io
import json
import re
import shutil
import subprocess
import sys
import time
import tokenize
from collections import Counter
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
    caught_by: str = ""  # "its own tests", "fast", "all" or nothing
    seconds: float = 0.0


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


def mirrored(file: str) -> list[str]:
    """The tests of a file, and of what lies around it."""
    path = Path(file)
    stem, folder = path.stem, Path("tests", *path.parts[1:-1])
    names = [folder / f"test_{stem}.py", *{"runtime": [Path("tests/livefigure"), Path("tests/browser")], "_ext": [Path("tests/house/test_claims.py")], "data": [Path("tests/clustermath/test_tables.py"), Path("tests/house/test_claims.py")]}.get(path.parts[-2], [folder])]
    return [name.as_posix() for name in names if (ROOT / name).exists()]


def fails(*arguments: str) -> bool:
    """Whether pytest, run in the copy, finds something wrong; a run that ends for want of tests finds nothing."""
    command = [sys.executable, "-m", "pytest", "-x", "-q", "-p", "no:cacheprovider", "--no-header", *arguments]
    return subprocess.run(command, cwd=COPY, capture_output=True).returncode not in (0, 5)


def try_out(mistake: Mistake, whole: bool) -> None:
    file = COPY / mistake.file
    kept, start = file.read_text(encoding="utf-8"), time.perf_counter()
    lines = kept.split("\n")
    assert lines[mistake.line - 1] == mistake.before
    lines[mistake.line - 1] = mistake.after
    file.write_text("\n".join(lines), encoding="utf-8")
    stages = {"its own tests": ["-m", "not slow", *mirrored(mistake.file)], "fast": FAST, **({"all": ["-n", "2", "tests"]} if whole else {})}
    mistake.caught_by = next((stage for stage, arguments in stages.items() if fails(*arguments)), "")
    mistake.seconds = time.perf_counter() - start
    file.write_text(kept, encoding="utf-8")


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
    if fails(*FAST):
        sys.exit("The tests fail in a copy of the book without any mistake: what they would say of one means nothing.")
    for mistake in made:
        try_out(mistake, asked.whole)
        print(f"{mistake.caught_by or 'SURVIVED':<14} {mistake.seconds:>6.1f} s  {mistake.file}:{mistake.line}\n    {mistake.before.strip()}\n    {mistake.after.strip()}", flush=True)
        (ROOT / "_build" / "mutants.json").write_text(json.dumps([asdict(each) for each in made], indent=1), encoding="utf-8")
    for area in {mistake.area: None for mistake in made}:
        caught = Counter(mistake.caught_by or "survived" for mistake in made if mistake.area == area)
        print(f"{area:<12} {sum(caught.values()):>3}: " + ", ".join(f"{number} {stage}" for stage, number in caught.items()))
    print(f"{sum(bool(mistake.caught_by) and mistake.caught_by != 'all' for mistake in made) / len(made):.0%} of {len(made)} caught by what make test-fast runs")


if __name__ == "__main__":
    main()
