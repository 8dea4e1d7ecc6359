"""Claims from the news, by their number in the ledger `data/claims.csv`.

    ```{claim} 004-10
    ```

shows the claim with its bar, publisher, title and date; {claimed}`004-10` in a sentence gives its number alone,
{claimed}`004-22 value_to` the upper end of its range.
"""

import difflib
from datetime import date

from docutils import nodes
from sphinx.util.docutils import SphinxDirective, SphinxRole

from clustermath.tables import DATA
from figures.ledger import CLAIMS

SUPERSCRIPT = str.maketrans("0123456789", "⁰¹²³⁴⁵⁶⁷⁸⁹")


def number(text: str) -> str:
    """A number as people read it: "54", "16,000", "3.8 × 10²⁵"."""
    value = float(text)
    if value >= 1e15:
        digits, exponent = f"{value:e}".split("e")
        return f"{float(digits):g} × 10{str(int(exponent)).translate(SUPERSCRIPT)}"
    return f"{value:,.15g}"


def published(text: str) -> str:
    """A date as people read it: "2026" is itself, "2026-05" is "May 2026", "2026-05-28" is "28 May 2026"."""
    parts = [int(part) for part in text.split("-")]
    day = date(*parts, *[1] * (3 - len(parts)))
    return (f"{day:%Y}", f"{day:%B %Y}", f"{day.day} {day:%B %Y}")[len(parts) - 1]


class Ledger:
    """What the directive and the role share: finding a claim, or saying which one was probably meant."""

    def find(self, name: str) -> dict[str, str]:
        self.env.note_dependency(str(DATA / "claims.csv"))
        if name not in CLAIMS:
            close = difflib.get_close_matches(name, CLAIMS, n=1)
            hint = f"; did you mean {close[0]}?" if close else ""
            raise LookupError(f"unknown claim {name!r}: no such id in book/data/claims.csv{hint}")
        return CLAIMS[name]


class ClaimDirective(Ledger, SphinxDirective):
    """A claim as an opening quotes it, in our own words."""

    required_arguments = 1

    def run(self):
        try:
            claim = self.find(self.arguments[0])
        except LookupError as error:
            raise self.error(str(error)) from None
        text = claim["claim"].format(value=number(claim["value"]), value_to=number(claim["value_to"] or "nan"))
        children, messages = self.state.inline_text(text, self.lineno)
        source = nodes.paragraph(classes=["claim-source"])
        source += nodes.Text(f"{claim['publisher']}, ")
        source += nodes.emphasis(text=claim["title"])
        source += nodes.Text(f", {published(claim['date'])}, in our words · claim {claim['id']} in the ledger")
        block = nodes.container("", nodes.paragraph("", "", *children), source, classes=["claim"])
        self.set_source_info(block)
        return [block, *messages]


class ClaimedRole(Ledger, SphinxRole):
    """The number of a claim, in the colour of claims."""

    def run(self):
        name, _, column = self.text.partition(" ")
        try:
            shown = number(self.find(name)[column or "value"])
        except LookupError as error:
            message = self.inliner.reporter.error(str(error), line=self.lineno)
            return [self.inliner.problematic(self.rawtext, self.rawtext, message)], [message]
        return [nodes.inline("", shown, classes=["claimed"])], []


def setup(app):
    app.add_directive("claim", ClaimDirective)
    app.add_role("claimed", ClaimedRole())
    return {"parallel_read_safe": True, "parallel_write_safe": True}
