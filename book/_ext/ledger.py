"""The page of the ledger: every claim with what the book computes for it, as a table that needs no script, and its downloads.

    ```{ledger}
    ```

is the table, a row for each claim of data/claims.csv with an anchor of its own; `_static/scripts/ledger.js` adds filter,
sort and search. {downloads}`claims` links to the same rows as downloads/claims.csv and downloads/claims.json.
"""

import csv
import io
import json
import math
import re
from pathlib import Path
from urllib.parse import parse_qsl, urlencode, urlsplit

from docutils import nodes
from sphinx.util.docutils import SphinxDirective, SphinxRole

from clustermath.tables import DATA, read
from figures import all_figures
from figures.ledger import CLAIMS, MODEL, in_words, read_texts, said
from figures.pages import pages
from figures.verdicts import Held, held

from .claims import LEDGER, Ledger, anchor, published
from .colophon import citation

LICENCE = "CC BY 4.0, https://creativecommons.org/licenses/by/4.0/"
COLUMNS = {"The claim, in our words": 36, "What the book has": 17, "Verdict": 14, "Why, and where": 33}
DECIDED = {
    "published": "by rule, from published numbers",
    "model": "by rule, from the book’s model",
    "claims": "by rule, from other claims",
    "ceiling": "by rule, from a limit above",
    "floor": "by rule, from a limit below",
    "judgement": "judged, not computed",
}
NAMES = {"gpu": "GPUs", "day": "days", "parameter": "parameters", "token": "tokens", "dollar": "dollars", "FLOP": "FLOPs", "1": "", "%": "%"}
CONFIDENCE = {"seen-2nd": "second-hand"}
ILLIONS = ((1e12, "trillion"), (1e9, "billion"), (1e6, "million"))


def amount(value: float) -> str:
    """Three digits of a number: "78.4", "198,000", "1.02 million"."""
    for size, name in ILLIONS:
        if size <= abs(value) < 1e15:
            return f"{value / size:.3g} {name}"
    if abs(value) >= 1e15:
        digits, power = f"{value:.2e}".split("e")
        return f"{float(digits):g} × 10^{int(power)}"
    return f"{float(f'{value:.3g}'):,.10g}"


def computed(found: Held) -> str:
    """What the book has for a claim, with its range and unit: "62 million to 93 million dollars"."""
    if math.isnan(found.low):
        return "–"
    unit = NAMES.get(found.row["unit"], found.row["unit"])
    ends = [amount(found.low)] if found.low == found.high else [amount(found.low), amount(found.high)]
    return f"{' to '.join(ends)}{'' if unit == '%' else ' '}{unit}".strip()


def apart(found: Held) -> str:
    """By how much claim and computed differ, in words; nothing if they agree or nothing is computed."""
    ratio = found.ratio
    if not math.isfinite(ratio) or not found.low or found.row["wording"] in ("more than", "up to") and found.verdict in ("supported", "plausible"):
        return ""
    if abs(ratio - 1) < 0.005:
        return ""
    return f"the claim is {ratio:.3g} times that"


def sentence(note: str) -> str:
    """A note with a capital and a full stop; xAI stays xAI."""
    first = note.split()[0]
    return (note if first != first.lower() else note[0].upper() + note[1:]) + "."


def sources(row: dict[str, str]) -> list[nodes.Node]:
    """Where the facts from outside are from that a row is held against, with links, and whether they were seen there."""
    found: list[nodes.Node] = []
    facts = [read("outside.csv")[name][field] for table, name, field in (fact.split("/") for fact in row["computed"].split("|") if fact.startswith("outside/"))]
    for source, confidence in dict.fromkeys((fact.source, CONFIDENCE.get(fact.confidence, fact.confidence)) for fact in facts):
        found.append(nodes.Text("; " if found else "From "))
        for part in re.split(r"(https?://[^\s;,]+)", source):
            found.append(nodes.reference("", urlsplit(part).hostname.removeprefix("www."), refuri=part) if "://" in part else nodes.Text(part))
        found.append(nodes.Text(f" ({confidence})"))
    return found


def distance(found: Held) -> float:
    """How far apart, for sorting: the logarithm of the ratio, whatever its sign."""
    return abs(math.log(found.ratio)) if found.low and math.isfinite(found.ratio) and found.ratio > 0 else 0.0


def everything() -> dict[str, Held]:
    """Every claim held against what the book computes."""
    return {name: held(name) for name in CLAIMS}


def state_of(row: dict[str, str]) -> str:
    """The address of a row's figure in its state, "#fig-fifty-four-days?speedup=10", or nothing."""
    state = urlencode(parse_qsl(row["state"].split("|")[0]))
    return f"#fig-{row['figure']}" + (f"?{state}" if state else "") if row["figure"] else ""


class LedgerDirective(Ledger, SphinxDirective):
    """The table."""

    def run(self):
        for name in ("claims.csv", "texts.csv", "outside.csv"):
            self.env.note_dependency(str(DATA / name))
        self.titles = {page.file: page for page in pages()}
        rows = self.env.ledger = everything()  # kept with the page: no build needs it again before the page is read again
        order = {name: place for place, name in enumerate(sorted(rows, key=lambda name: -distance(rows[name])))}
        group = nodes.tgroup(cols=len(COLUMNS))
        group += [nodes.colspec(colwidth=width) for width in COLUMNS.values()]
        head = nodes.row()
        head += [nodes.entry("", nodes.paragraph(text=name)) for name in COLUMNS]
        body = nodes.tbody()
        for name, found in rows.items():
            kind = found.verdict.replace(" ", "-")
            body += nodes.row("", *self.cells(found), ids=[anchor(name)], classes=[f"of-{name[:3]}", f"is-{kind}", f"rank-{order[name]}"])
        group += [nodes.thead("", head), body]
        return [nodes.table("", group, classes=["ledger"])]

    def cells(self, found: Held) -> list[nodes.entry]:
        row = found.row
        claim, _ = self.state.inline_text(in_words(row), self.lineno)
        who = nodes.paragraph(classes=["small"])
        who += self.row(row["id"], nodes.Text(row["id"]))
        who += nodes.Text(" · " if row["who"] == row["publisher"] else f" · {row['who']}; ")
        who += nodes.reference("", row["publisher"], refuri=row["address"])
        who += nodes.Text(f", {published(row['date'])}")
        has = [nodes.paragraph(text=computed(found), classes=["computed"])]
        if row["decided_by"] == "model" and found.low == found.high:
            has.append(nodes.paragraph(text=f"± {MODEL:.0%} by the rule", classes=["small"]))
        if apart(found):
            has.append(nodes.paragraph(text=apart(found), classes=["small"]))
        verdict = [nodes.paragraph(text=found.verdict, classes=["verdict"]), nodes.paragraph(text=DECIDED[row["decided_by"]], classes=["small"])]
        why = [nodes.paragraph(text=sentence(row["note"]))]
        if "outside/" in row["computed"]:
            why.append(nodes.paragraph("", "", *sources(row), classes=["small"]))
        if where := self.where(row):
            why.append(nodes.paragraph("", "", *where, classes=["small"]))
        return [nodes.entry("", *content) for content in ([nodes.paragraph("", "", *claim), who], has, verdict, why)]

    def where(self, row) -> list[nodes.Node]:
        """Links to the chapter that answers the claim, and to the figure in the claim's state."""
        found: list[nodes.Node] = []
        uri = self.env.app.builder.get_relative_uri
        place = all_figures().place(row["figure"]) if row["figure"] else None
        if row["chapter"] != "claims":
            page = self.titles[f"book/{row['chapter']}"]
            found.append(nodes.reference("", page.kicker if page.chapter else row["chapter"].replace("-", " "), internal=True, refuri=uri(self.env.docname, page.file)))
        if place:
            name = f"figure {place.number}" if place.number else "the figure"
            target = "" if place.page.file == self.env.docname else uri(self.env.docname, place.page.file)
            found += [nodes.Text(" · ")] * bool(found) + [nodes.reference("", f"{name} in this state", internal=True, refuri=f"{target}{state_of(row)}")]
        return found


class TextsDirective(SphinxDirective):
    """A list of the news texts, each with its address."""

    def run(self):
        items = []
        for text in read_texts().values():
            line = nodes.paragraph("", f"{text['publisher']}, ")
            line += nodes.reference("", "", nodes.emphasis(text=text["title"]), refuri=text["address"])
            line += nodes.Text(f", {published(text['date'])}{'; ' * bool(text['note'])}{text['note']}.")
            items.append(nodes.list_item("", line))
        return [nodes.bullet_list("", *items, bullet="-")]


class DownloadsRole(SphinxRole):
    """Links to a table's downloads: {downloads}`claims`."""

    def run(self):
        found = []
        for kind in ("csv", "json"):
            found += [nodes.Text(" and ")] * bool(found) + [nodes.reference("", f"{self.text}.{kind}", refuri=f"../downloads/{self.text}.{kind}", classes=["download"])]
        return found, []


def records(rows: dict[str, Held], as_of: str) -> list[dict]:
    """The ledger as data: what is claimed, by whom, what is computed, what follows."""
    texts = read_texts()
    return [
        {
            "id": name,
            "claim": in_words(row).replace("**", ""),
            "says": said(row),
            "wording": row["wording"],
            "quantity": row["quantity"],
            "value": float(row["value"]),
            "value_to": float(row["value_to"]) if row["value_to"] else None,
            "unit": row["unit"],
            "who": row["who"],
            "publisher": row["publisher"],
            "title": row["title"],
            "date": row["date"],
            "address": texts[row["source"]]["address"],
            "computed": None if math.isnan(found.low) else found.low,
            "computed_to": None if math.isnan(found.high) else found.high,
            "computed_from": row["computed"],
            "figure": row["figure"],
            "state": row["state"],
            "decided_by": row["decided_by"],
            "verdict": found.verdict,
            "ratio": found.ratio if math.isfinite(found.ratio) else None,
            "note": row["note"],
            "chapter": row["chapter"],
            "as_of": as_of,
            "licence": LICENCE,
        }
        for name, found in rows.items()
        for row in (found.row,)
    ]


def write_downloads(app, exception):
    """downloads/claims.csv and .json: every row with its unit, source, licence and date."""
    if exception or app.builder.format != "html" or LEDGER not in app.env.found_docs:
        return
    folder = Path(app.outdir) / "downloads"
    folder.mkdir(exist_ok=True)
    as_of = str(citation(app)["date-released"])
    rows = records(app.env.ledger, as_of)
    text = io.StringIO()
    writer = csv.DictWriter(text, list(rows[0]), lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    (folder / "claims.csv").write_text(text.getvalue(), encoding="utf-8")
    about = {"title": "Fifty-Four Days: the ledger of claims", "as_of": as_of, "licence": LICENCE}
    lines = ",\n".join(json.dumps(row, ensure_ascii=False) for row in rows)
    (folder / "claims.json").write_text(f'{json.dumps(about, ensure_ascii=False)[:-1]}, "claims": [\n{lines}\n]}}\n', encoding="utf-8")


def add_script(app, pagename, templatename, context, doctree):
    if doctree is not None and any("ledger" in table["classes"] for table in doctree.findall(nodes.table)):
        app.add_js_file("scripts/ledger.js", loading_method="defer")


def setup(app):
    app.add_directive("ledger", LedgerDirective)
    app.add_directive("texts", TextsDirective)
    app.add_role("downloads", DownloadsRole())
    app.connect("html-page-context", add_script)
    app.connect("build-finished", write_downloads)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
