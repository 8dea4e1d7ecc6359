"""Scripts without what only people read: comments, spaces, and long names for what one function alone can see.

    const rate = flops / time;  →  const a=b/c;

Of a name all uses are found as the language finds them, from the inside out. It becomes the shortest one that nothing else
is called where it is seen, the one that is used most first. What is read of an object keeps its name, and so does what a
script shares with others.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import count, product
from string import ascii_letters

import tree_sitter_javascript
from rjsmin import jsmin
from tree_sitter import Language, Node, Parser

PARSER = Parser(Language(tree_sitter_javascript.language()))
FUNCTIONS = {"function_declaration", "function_expression", "arrow_function", "method_definition"}
SCOPES = {*FUNCTIONS, "statement_block", "for_statement", "for_in_statement", "catch_clause", "class", "switch_body"}
NAMES = {"identifier", "shorthand_property_identifier", "shorthand_property_identifier_pattern"}
# What makes names known → the field in which they stand: within itself, or in what is around it.
WITHIN = {"variable_declarator": "name", "arrow_function": "parameter", "catch_clause": "parameter", "function_expression": "name", "class": "name"}
AROUND = {"function_declaration": "name", "class_declaration": "name"}
PARTS = {"assignment_pattern": "left", "object_assignment_pattern": "left", "pair_pattern": "value"}  # of a pattern, without what is no name
KEYWORDS = {"do", "if", "in", "of", "as"}


class Scope:
    """Where names are known. known: name → its uses, each with the scope that it stands in; taken: what something is called that is seen here."""

    def __init__(self, above: Scope | None):
        self.above, self.known, self.taken = above, {}, set()

    def outwards(self, last: Scope | None = None) -> Iterator[Scope]:
        scope = self
        while scope:
            yield scope
            scope = scope.above if scope is not last else None


def minified(script: str) -> str:
    """The same script, shorter."""
    return jsmin(with_short_names(script))


def with_short_names(script: str) -> str:
    """One that the parser does not know all of stays as it is, and so does one with `var`, which is known outside its block."""
    source, uses = script.encode(), []
    root = PARSER.parse(source).root_node
    if root.has_error or not _look(root, Scope(None), uses):
        return script
    for node, scope in uses:
        name = node.text.decode()
        home = next((s for s in scope.outwards() if name in s.known), None)
        if home and home.above:
            home.known[name].append((node, scope))
        else:  # another script may know it
            _take(name, scope.outwards())
    homes = dict.fromkeys(home for _, scope in uses for home in scope.outwards() if home.above)
    edits = []
    for home, known in sorted(((home, known) for home in homes for known in home.known.values()), key=lambda one: -len(one[1])):
        seen = {s for _, scope in known for s in scope.outwards(home)}
        short = next(name for name in _names() if not any(name in s.taken for s in seen))
        _take(short, seen)
        edits += [(node, short if node.type == "identifier" else f"{node.text.decode()}:{short}") for node, _ in known]
    parts, at = [], 0
    for node, text in sorted(edits, key=lambda edit: edit[0].start_byte):
        parts += [source[at : node.start_byte], text.encode()]
        at = node.end_byte
    return b"".join([*parts, source[at:]]).decode()


def _look(node: Node, around: Scope, uses: list[tuple[Node, Scope]]) -> bool:
    """Write down which names `node` makes known, and in `uses` all names in it; whether these are all that it makes known."""
    field = node.child_by_field_name
    kind = field("kind") if node.type == "for_in_statement" else None
    body = node.type == "statement_block" and node.parent.type in {*FUNCTIONS, "catch_clause"}  # where parameters can't be declared again
    scope = Scope(around) if node.type in SCOPES and not body else around
    _know(around, field(AROUND.get(node.type, "")))
    _know(scope, field(WITHIN.get(node.type, "")))
    if node.type == "formal_parameters":
        _know(scope, node)
    if kind:
        _know(scope, field("left"))
    if node.type in NAMES:
        uses.append((node, scope))
    inner = [_look(child, around if node.type in AROUND and child == field("name") else scope, uses) for child in node.named_children]
    return node.type != "variable_declaration" and not (kind and kind.type == "var") and all(inner)


def _know(scope: Scope, pattern: Node | None) -> None:
    """Note in `scope` the names of what may be a pattern, as in `const { a, b: [c = 1] } = …`."""
    if pattern is None:
        return
    if pattern.type in NAMES:
        scope.known.setdefault(pattern.text.decode(), [])
    for part in [pattern.child_by_field_name(PARTS[pattern.type])] if pattern.type in PARTS else pattern.named_children:
        _know(scope, part)


def _take(name: str, scopes) -> None:
    for scope in scopes:
        scope.taken.add(name)


def _names() -> Iterator[str]:
    for length in count(1):
        for letters in product(ascii_letters, repeat=length):
            if (name := "".join(letters)) not in KEYWORDS:
                yield name
