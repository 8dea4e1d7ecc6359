"""Find numbers in a chapter's prose that nothing stands behind: neither code, nor a source, nor a claim of the ledger."""

import re
from dataclasses import dataclass
from pathlib import Path

UNITS = (
    r"%|‰|per cent|×|times|"
    r"days?|weeks?|months?|years?|hours?|h|minutes?|min|seconds?|s|ms|µs|"
    r"GPUs?|GPU-hours?|[HA]\d00s?|GB[23]00s?|TPUs?|racks?|switches|turbines?|"
    r"[kMGTPEZ]?FLOPs?(?:/s)?|[kKMGT]i?B(?:/s)?|[kMGT]b(?:it)?/s|"
    r"[kMGT]?W|[kMGT]?Wh|[kMG]?J|Hz|°C|tonnes?|kg|"
    r"dollars?|tokens?|parameters?|operations"
)
NUMBER = r"\d[\d,]*(?:\.\d+)?(?:\s?×\s?10[⁰¹²³⁴⁵⁶⁷⁸⁹⁻]+)?(?:\s(?:thousand|million|billion|trillion))?"
QUANTITY = re.compile(rf"(?<![\w.,])(?:\$\d[\d,.]*\d*(?:\s(?:million|billion|trillion))?|{NUMBER}(?:[\s\u00a0\u2009\u202f-]?(?:{UNITS}))(?!\w))")

FENCE = re.compile(r"(?P<mark>`{3,}|:{3,})\s*(?P<opens>\{(?P<directive>[\w:-]+)\}|\w+)?")
PROSE_DIRECTIVES = {
    "admonition", "card", "div", "dropdown", "exercise", "exercise-end", "exercise-start", "figure", "grid", "grid-item-card",
    "hint", "important", "note", "seealso", "solution", "solution-end", "solution-start", "tab-item", "tab-set", "table",
    "tip", "warning",
}
EVIDENCE = re.compile(r"\{(?:cite(?::\w+)?|footcite|claimed|row)\}`")
MADE_BY_CODE = re.compile(r"\{[\w:-]+\}`[^`]*`|`[^`]*`|\$[^$\n]+\$|\]\([^)]*\)|^:[\w-]+:.*$", re.MULTILINE)


@dataclass(frozen=True)
class Unsupported:
    """A quantity in the prose with nothing behind it."""

    path: Path
    line: int
    quantity: str

    def __str__(self):
        return f'{self.path}:{self.line}: "{self.quantity}" is neither computed (glue) nor cited nor a claim ({{claimed}}) in its paragraph'


def paragraphs(text: str):
    """(first line number, text) of each paragraph of prose: no front matter, headings, code or formulas."""
    lines = text.splitlines()
    start = lines.index("---", 1) + 1 if lines[0] == "---" else 0
    current, begun, skip_to, in_formula = [], 0, None, False
    for number, line in enumerate([*lines[start:], ""], start + 1):
        stripped = line.strip()
        fence = FENCE.match(stripped)
        if skip_to:  # in a block that is not prose, until a fence of its own kind closes it
            skip_to = None if fence and fence["mark"] == skip_to and not fence["opens"] else skip_to
            continue
        if in_formula or stripped.startswith("$$"):
            in_formula ^= stripped.count("$$") == 1
            stripped = ""
        elif fence:
            skip_to = fence["mark"] if fence["opens"] and fence["directive"] not in PROSE_DIRECTIVES else None
            stripped = ""
        elif stripped.startswith("#"):
            stripped = ""
        if stripped:
            begun = begun or number
            current.append(line)
        elif current:
            yield begun, "\n".join(current)
            current, begun = [], 0


def unsupported(path: Path) -> list[Unsupported]:
    """Every quantity of a chapter that has neither a citation nor a claim in its paragraph, and was typed by hand."""
    found = []
    for first, text in paragraphs(path.read_text(encoding="utf-8")):
        if EVIDENCE.search(text):
            continue
        typed = MADE_BY_CODE.sub(lambda match: re.sub(r"[^\n]", " ", match[0]), text)
        for match in QUANTITY.finditer(typed):
            line = first + typed[: match.start()].count("\n")
            found.append(Unsupported(path, line, match[0]))
    return found
