"""The rules of a style sheet that can apply to some page: a theme brings those of a whole framework, of which a book uses a tenth."""

import hashlib
import re
from collections.abc import Set
from pathlib import Path

import tinycss2

CLASSES = re.compile(r'\sclass=(?:"([^"]*)"|([^\s">]+))')
WORD = re.compile(r"-?[A-Za-z_][\w-]*")
SCRIPT = re.compile(r"<script(?![^>]*\stype=)[^>]*>(.*?)</script>", re.DOTALL)  # without data
PROPERTY = re.compile(r"--[A-Za-z][\w-]*")
READ = re.compile(r"var\(\s*(--[\w-]+)")
SET = re.compile(r"(?<=[{;])\s*(--[\w-]+):(?:[^;{}\"]|\"[^\"]*\")*(?:;|(?=\}))")
HOLDS_RULES = {"media", "supports", "layer", "container"}


class Names:
    """What an element may be called: classes that pages have, words that scripts know, beginnings that they complete, and `more`."""

    def __init__(self, pages: list[str], scripts: list[str], more: Set[str] = frozenset()):
        known = {name for page in pages for found in CLASSES.findall(page) for part in found for name in part.split()}
        words = {word for script in [*scripts, *(s for page in pages for s in SCRIPT.findall(page))] for word in WORD.findall(script)}
        self.known = known | words | more
        self.properties = {name for text in (*pages, *scripts) for name in PROPERTY.findall(text)} | more
        self.beginnings = tuple(sorted(word for word in words if word.endswith("-") and len(word) > 3))
        self.digest = hashlib.sha256(repr((sorted(self.known), self.beginnings)).encode()).hexdigest()  # the same for the same names of elements

    def may_match(self, selector: list) -> bool:
        """Whether all classes that the selector asks for can be there; what stands in :not() or :is() asks for nothing."""
        dots = [i for i, token in enumerate(selector) if token.type == "literal" and token.value == "."]
        return all(self.there(selector[i + 1].value) for i in dots if i + 1 < len(selector) and selector[i + 1].type == "ident")

    def there(self, name: str) -> bool:
        return name in self.known or name.startswith(self.beginnings)


def names(pages: list[Path], scripts: list[Path], more: Set[str]) -> Names:
    return Names(*([path.read_text(encoding="utf-8") for path in paths] for paths in (pages, scripts)), more)


def selectors(prelude: list) -> list[list]:
    """The parts between commas."""
    parts = [[]]
    for token in prelude:
        if token.type == "literal" and token.value == ",":
            parts.append([])
        else:
            parts[-1].append(token)
    return parts


def without_idle_properties(css: str, names: Names) -> str:
    """`css` without the custom properties that nothing reads: no rule of it, no page, no script that names one or its beginning."""
    while True:
        read = names.properties.union(READ.findall(css))
        lighter = SET.sub(lambda each: each[0] if not read.isdisjoint((each[1], each[1][: each[1].rindex("-") + 1])) else "", css)
        if lighter == css:
            return css
        css = lighter


def used(css: str, names: Names) -> str:
    """`css` without the selectors that match nothing."""
    return "".join(_kept(tinycss2.parse_stylesheet(css, skip_comments=True, skip_whitespace=True), names))


def _kept(rules, names: Names):
    for rule in rules:
        if rule.type == "error":
            raise ValueError(f"style sheet not understood in line {rule.source_line}: {rule.message}")
        if rule.type == "qualified-rule":
            if parts := [part for part in selectors(rule.prelude) if names.may_match(part)]:
                yield f"{','.join(tinycss2.serialize(part).strip() for part in parts)}{{{tinycss2.serialize(rule.content)}}}"
        elif rule.at_keyword in HOLDS_RULES and rule.content is not None:
            if inner := "".join(_kept(tinycss2.parse_rule_list(rule.content, skip_comments=True, skip_whitespace=True), names)):
                yield f"@{rule.at_keyword}{tinycss2.serialize(rule.prelude)}{{{inner}}}"
        else:
            yield rule.serialize()
