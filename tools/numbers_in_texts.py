"""Every number of the five news texts that the ledger answers, and every word that stands for one, in their order.

`python tools/numbers_in_texts.py FOLDER` reads the texts, one file each, named as in book/data/texts.csv, and writes the
list that the tests hold against the ledger: each number as it is printed, with the rows that it is in, which a person
adds to a number that is new. Where a row answers words without a number, such as "most powerful", the list has each place
that prints them, too. The texts themselves are their publishers' and aren't in this repository.
"""

import csv
import re
import sys
from difflib import SequenceMatcher
from pathlib import Path

HOUSE = Path(__file__).resolve().parent.parent / "tests" / "house"
LIST = HOUSE / "printed_numbers.csv"
AS_PRINTED = HOUSE / "as_printed.csv"  # a few words of the text for each row of the ledger
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


def statements() -> dict[str, str]:
    """The rows of the ledger that answer words and no number, with these words."""
    with AS_PRINTED.open(newline="", encoding="utf-8") as lines:
        return {row["id"]: row["printed"] for row in csv.DictReader(lines) if not numbers_in(row["printed"])}


def places_of(words: str, text: str) -> list[int]:
    """Where a text prints these words, over ends of lines and with either apostrophe."""
    pattern = r"\s+".join(map(re.escape, words.split())).replace("'", "['’]")
    return [found.start() for found in re.finditer(pattern, text)]


def listed(folder: Path) -> list[dict]:
    """The numbers of the texts in `folder`, without rows; and, with theirs, the words that a row answers without a number."""
    found = []
    for file in sorted(folder.glob("*.txt")):
        name, text = file.name[:3], file.read_text(encoding="utf-8")
        here = [(number.start(), number[0], "") for number in NUMBER.finditer(text)]
        here += [(place, words, row) for row, words in statements().items() if row.startswith(name) for place in places_of(words, text)]
        found += [{"text": name, "printed": printed, "row": row} for _, printed, row in sorted(here)]
    return found


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
