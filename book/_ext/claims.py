"""Claims from the news, by their number in the ledger `data/claims.csv`.

    ```{claim} 004-10
    ```

shows the claim with its bar, publisher, title and date; {claimed}`004-10` in a sentence gives its number alone,
{claimed}`004-22 value_to` the upper end of its range, and {row}`004-10` names it: "claim 004-10". All of them lead to the
claim's row on the page of the ledger (ledger.py). A claim whose source has a word instead of a number gives none.
"""

import difflib
from datetime import date

from docutils import nodes
from sphinx.util.docutils import SphinxDirective, SphinxRole

from clustermath.tables import DATA
from figures.ledger import CLAIMS, in_words, number

LEDGER = "book/claims"

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

    def row(self, name: str, *children, **attributes) -> nodes.reference:
        """A link to the claim's row."""
        self.find(name)
        page = "" if self.env.docname == LEDGER else self.env.app.builder.get_relative_uri(self.env.docname, LEDGER)
        return nodes.reference("", "", *children, internal=True, refuri=f"{page}#{anchor(name)}", **attributes)


def anchor(name: str) -> str:
    """The id of a claim's row: "claim-004-10"."""
    return f"claim-{name}"


class ClaimDirective(Ledger, SphinxDirective):
    """A claim as an opening quotes it, in our own words."""

    required_arguments = 1

    def run(self):
        try:
            claim = self.find(self.arguments[0])
        except LookupError as error:
            raise self.error(str(error)) from None
        children, messages = self.state.inline_text(in_words(claim), self.lineno)
        source = nodes.paragraph(classes=["claim-source"])
        source += nodes.Text("In our words, after ")
        source += nodes.reference("", "", nodes.Text(f"{claim['publisher']}, "), nodes.emphasis(text=claim["title"]), refuri=claim["address"])
        source += nodes.Text(f", {published(claim['date'])} · ")
        source += self.row(claim["id"], nodes.Text(f"claim {claim['id']} in the ledger"))
        block = nodes.container("", nodes.paragraph("", "", *children), source, classes=["claim"])
        self.set_source_info(block)
        return [block, *messages]


class ClaimedRole(Ledger, SphinxRole):
    """The number of a claim, in the colour of claims."""

    def run(self):
        name, _, column = self.text.partition(" ")
        try:
            claim = self.find(name)
            if f"{{{column or 'value'}}}" not in claim["claim"]:
                raise LookupError(f"claim {name!r} has a word where {column or 'value'} would be: use {{row}}`{name}`, and the source's own precision")
            shown = number(claim[column or "value"])
        except LookupError as error:
            message = self.inliner.reporter.error(str(error), line=self.lineno)
            return [self.inliner.problematic(self.rawtext, self.rawtext, message)], [message]
        return [self.row(name, nodes.inline("", shown, classes=["claimed"]), classes=["to-the-ledger"])], []


class RowRole(Ledger, SphinxRole):
    """A claim by its number: "claim 004-10"."""

    def run(self):
        try:
            return [self.row(self.text, nodes.Text(f"claim {self.text}"))], []
        except LookupError as error:
            message = self.inliner.reporter.error(str(error), line=self.lineno)
            return [self.inliner.problematic(self.rawtext, self.rawtext, message)], [message]


def setup(app):
    app.add_directive("claim", ClaimDirective)
    app.add_role("claimed", ClaimedRole())
    app.add_role("row", RowRole())
    return {"parallel_read_safe": True, "parallel_write_safe": True}
