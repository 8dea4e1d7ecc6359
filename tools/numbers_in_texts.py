"""Every number of the five news texts that the ledger answers, and every word that stands for one, in their order.

`python tools/numbers_in_texts.py FOLDER` reads the texts, one file each, named as in book/data/texts.csv, and writes the
list that the tests hold against the ledger: each number as it is printed, with the rows that it is in, which a person
adds to a number that is new. The texts themselves are their publishers' and aren't in this repository.
"""

import csv
import re
import sys
from difflib import SequenceMatcher
from pathlib import Path

LIST = Path(__file__).resolve().parent.parent / "tests" / "house" / "printed_numbers.csv"
COLUMNS = ("text", "printed", "row")
ONES = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve")
SCALES = {"hundred": 1e2, "thousand": 1e3, "million": 1e6, "billion": 1e9, "trillion": 1e12, "k": 1e3, "B": 1e9, "T": 1e12}
WORDS = {"half": 0.5, "third": 3, "double": 2, "twice": 2, "gigawatt": 1, "terawatt": 1} | {word: k for k, word in enumerate(ONES)}
POWERS = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹", "0123456789")
DIGITS = r"\d+(?:,\d{3})*(?:\.\d+)?"
SCALE = r"(?:hundred|thousand|million|billion|trillion)"
NUMBER = re.compile(
    rf"""(?<![\w.])(?:
        {DIGITS}\s*×\s*10[⁰¹²³⁴⁵⁶⁷⁸⁹]+                         # 3.8 × 10²⁵
      | \$?{DIGITS}(?:\+|%|×|-fold\b|[xkTB]\b|\s{SCALE}\b)?    # 200,000+, 10x, $20 billion
      | (?:one|a)-tenth\b | (?:{"|".join(ONES)})(?:[\s-]{SCALE})?\b
      | (?:ten|hundred|thousand|million|billion)s(?:\sof\s{SCALE}s)?\b | orders\sof\smagnitude\b
      | (?:half|third|double|twice|first|single|monthly|quarterly|gigawatt|terawatt|months|weeks|years|a\syear)\b
    )""",
    re.VERBOSE | re.IGNORECASE,
)


def numbers_in(text: str) -> list[str]:
    """The numbers of a text as they are printed, digits and words, in their order."""
    return [found[0] for found in NUMBER.finditer(text)]


def value_of(printed: str) -> float | None:
    """What a printed number says; None for one that leaves it open, such as "months"."""
    if power := re.fullmatch(rf"({DIGITS})\s*×\s*10([⁰¹²³⁴⁵⁶⁷⁸⁹]+)", printed):
        return float(power[1].replace(",", "")) * 10.0 ** int(power[2].translate(POWERS))
    if printed.lower().endswith("-tenth"):
        return 0.1
    if digits := re.match(rf"\$?({DIGITS})", printed):
        rest = printed[digits.end() :].strip()
        return float(digits[1].replace(",", "")) * (0.01 if rest == "%" else SCALES.get(rest, 1))
    first, *scale = re.split(r"[\s-]", printed.lower())
    if first not in WORDS or scale[:1] == ["of"]:
        return None
    return WORDS[first] * (SCALES[scale[0]] if scale else 1)


def listed(folder: Path) -> list[dict]:
    """The numbers of the texts in `folder`, without rows."""
    return [{"text": file.name[:3], "printed": printed, "row": ""} for file in sorted(folder.glob("*.txt")) for printed in numbers_in(file.read_text(encoding="utf-8"))]


def with_rows(found: list[dict], known: list[dict]) -> list[dict]:
    """The same with the rows that a person gave to them before; what is new has none."""
    one, other = ([(number["text"], number["printed"]) for number in numbers] for numbers in (found, known))
    for same in SequenceMatcher(None, one, other, autojunk=False).get_matching_blocks():
        for k in range(same.size):
            found[same.a + k]["row"] = known[same.b + k]["row"]
    return found


if __name__ == "__main__":
    with LIST.open(newline="", encoding="utf-8") as lines:
        known = list(csv.DictReader(lines))
    with LIST.open("w", newline="", encoding="utf-8") as lines:
        writer = csv.DictWriter(lines, COLUMNS, lineterminator="\n")
        writer.writeheader()
        writer.writerows(with_rows(listed(Path(sys.argv[1])), known))
