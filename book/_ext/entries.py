"""What a page has to be found in it: sections, figures, claims, formulas, words of the glossary, exercises, functions.

Each is an entry: what it is, where it stands on the page, what it is called, and its text, as the page has it.
"""

import re

from bs4 import BeautifulSoup, Tag
from docutils import nodes

UNREAD = re.compile(r"<(svg|script|style)\b.*?</\1>", re.DOTALL)
NOT_TEXT = "math, div.highlight, .headerlink, .lf-controls, .lf-presets, .lf-guess, .lf-foot, .lf-goal details, .lf-onward, .eqno, .toctree-wrapper, button, input, select"
FRACTION = re.compile(r"\\[dt]?frac\s*\{([^{}]*)\}\s*\{([^{}]*)\}")
UPRIGHT = re.compile(r"\\(?:mathrm|text|mathit|operatorname|mathbf)\s*\{([^{}]*)\}")
SIGNS = {r"\cdot": "·", r"\times": "×", r"\approx": "≈", r"\le": "≤", r"\ge": "≥", r"\sum": "∑", r"\sqrt": "√", r"\infty": "∞", r"\min": "min", r"\max": "max", r"\cdots": "…", r"\ldots": "…", r"\dots": "…"}


def linear(latex: str) -> str:
    """A formula on one line, as people would type it: "T = W / (N P u)"."""
    text = re.sub(r"\\(?:display|text|script)style|\\(?:begin|end)\{[^}]*\}(?:\{[^}]*\})?|\\[,;:! ]|\\\\|\\(?:left|right|quad|qquad)\b|[&~]", " ", latex)
    for _ in range(6):  # from the inside out
        text = UPRIGHT.sub(r"\1", text)
        text = re.sub(r"([_^])\{([^{}]*)\}", r"\1\2", text)
        text = FRACTION.sub(lambda parts: " / ".join(part if re.fullmatch(r"\s*[\w^\\]+\s*", part) else f"({part.strip()})" for part in parts.groups()), text)
    text = re.sub(r"\\[A-Za-z]+", lambda name: SIGNS.get(name[0], name[0][1:]), text)
    return " ".join(re.sub(r"[{}]", "", text).split())


def text_of(tag: Tag) -> str:
    """What is read, words of neighbouring blocks apart, and no space where a mark follows a word."""
    return re.sub(r" (?=[.,;:!?)\]’”])|(?<=[(\[“]) ", "", " ".join(tag.get_text(" ").split()))


def entries(body: str, doctree: nodes.document) -> list[list[str]]:
    """[kind, id, title, text] of all that a page's body holds; its first is the page itself, up to the first section."""
    page = BeautifulSoup(UNREAD.sub("", body), "html.parser")
    found = formulas(page, doctree)
    for tag in page.select(NOT_TEXT):
        tag.decompose()
    found += [taken(card, "figure", text_of(card.select_one(".lf-title")), card["id"], ".lf-title") for card in page.select(".live-figure")]
    for row in page.select("table.ledger tbody tr[id]"):
        claim = row.select_one("td p").extract()
        found.append(taken(row, "claim", text_of(claim), row["id"]))
    for term in page.select("dl.glossary > dt[id]"):
        meaning = term.find_next_sibling("dd")
        found.append(["word", term["id"], text_of(term), text_of(meaning)])
        meaning.decompose()
        term.decompose()
    for exercise in page.select("div.admonition.exercise[id]"):
        found.append(taken(exercise, "exercise", text_of(exercise.select_one(".admonition-title")), exercise["id"], ".admonition-title"))
    for signature in page.select("dt.sig[id]"):
        about = signature.find_next_sibling("dd")
        first = about.find("p", recursive=False) if about else None
        found.append(["function", signature["id"], signature["id"].rpartition(".")[2], text_of(first) if first else ""])
    for listed in page.select("dl.py"):
        listed.decompose()
    for section in reversed(page.select("section[id]")):  # what stands in another comes first
        heading = section.find(re.compile("^h[1-6]$"), recursive=False)
        if heading is not None:
            top = heading.name == "h1"
            title = "" if top else text_of(heading)
            if title != "Sources":  # all of them are on a page of their own
                found.append(["section", "" if top else section["id"], title, text_of(without(section, heading))])
            if not top:
                section.decompose()
    return found[::-1]


def taken(tag: Tag, kind: str, title: str, name: str, heading: str = "") -> list[str]:
    """An entry of its own, which is then no part of its section."""
    for again in tag.select(heading) if heading else ():
        again.decompose()
    text = text_of(tag)
    tag.decompose()
    return [kind, name, title, text]


def without(section: Tag, heading: Tag) -> Tag:
    heading.decompose()
    return section


def formulas(page: BeautifulSoup, doctree: nodes.document) -> list[list[str]]:
    """Numbered formulas, on one line, with their numbers and the sentence that leads to them."""
    found = []
    for block, node in zip(page.select("div.math"), doctree.findall(nodes.math_block)):
        if node.get("number") and block.get("id"):
            before = block.find_previous("p")
            lead = text_of(before)[-200:] if before else ""
            shown = block.select_one(".eqno").get_text().partition(")")[0]
            found.append(["formula", block["id"], f"{linear(node.astext())} {shown})", lead])
    return found
