"""A chapter's code without what only the page's text needs: an export's text has its numbers already.

A chapter says `glue("days", days)`, mostly through a function of its own, and the page's text refers to `days`. An
export that kept these lines would need MyST-NB, and its reader would meet cells of arithmetic that lead to nothing. So
of the cells that the page leaves out there remains what a cell needs that the page shows, and of their imports what is used.
"""

import ast
import re

BLANK = re.compile(r"\n{4,}")
COMMENT = re.compile(r"\s*#")
COMPOUND = (ast.For, ast.While, ast.If, ast.With, ast.Try, ast.Expr)


def names(tree: ast.AST) -> set[str]:
    """All names that the code reads or calls."""
    return {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}


def bound(statement: ast.stmt) -> set[str]:
    """The names that an import makes known, none for any other statement."""
    if not isinstance(statement, (ast.Import, ast.ImportFrom)):
        return set()
    return {(alias.asname or alias.name).partition(".")[0] for alias in statement.names}


def changed(statement: ast.stmt) -> set[str]:
    """The names that a statement gives a value or, in a loop or a call by itself (`rows.append(row)`), may give another."""
    if isinstance(statement, (ast.FunctionDef, ast.ClassDef)):
        return {statement.name}
    stored = {node.id for node in ast.walk(statement) if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)}
    parts = [node.value for node in ast.walk(statement) if isinstance(node, (ast.Attribute, ast.Subscript)) and isinstance(node.ctx, ast.Store)]
    called = [node.func for node in ast.walk(statement) if isinstance(node, ast.Call)] if isinstance(statement, COMPOUND) else []
    return bound(statement) | stored | set().union(*map(names, [*parts, *called]))


def is_spoken(statement: ast.stmt, speakers: set[str]) -> bool:
    """Whether it does nothing but hand numbers to the text: a call of one of the `speakers`, or what defines one."""
    if isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Call):
        return isinstance(statement.value.func, ast.Name) and statement.value.func.id in speakers
    return isinstance(statement, ast.FunctionDef) and statement.name in speakers or "glue" in bound(statement)


def without(source: str, statements: list[ast.stmt]) -> str:
    """`source` without these of its statements, and the comments above them."""
    lines = source.split("\n")
    for statement in statements:
        start = min([statement.lineno, *(decorator.lineno for decorator in getattr(statement, "decorator_list", []))]) - 1
        while start and lines[start - 1] is not None and COMMENT.match(lines[start - 1]):
            start -= 1
        lines[start : statement.end_lineno] = [None] * (statement.end_lineno - start)
    kept = "\n".join(line for line in lines if line is not None)
    return BLANK.sub("\n\n\n", kept).strip() if statements else source


def leave_out(cells: list[str], hidden: list[bool]) -> list[str]:
    """The code cells of a chapter, in order, without what only the page's text needs; some may be empty then. hidden: which of them the page leaves out."""
    trees = [_parsed(cell) for cell in cells]
    bodies = [tree.body if tree else [] for tree in trees]
    functions = [statement for body in bodies for statement in body if isinstance(statement, ast.FunctionDef)]
    speakers = {"glue"} | {function.name for function in functions if "glue" in names(function)}
    said = [statement for body in bodies for statement in body if is_spoken(statement, speakers)]
    perhaps = [statement for body, out in zip(bodies, hidden) for statement in body if statement not in said and (out or bound(statement))]
    needed = {word for cell, tree in zip(cells, trees) if not tree for word in re.findall(r"\w+", cell)}
    needed |= set().union(*(names(statement) for body in bodies for statement in body if statement not in said and statement not in perhaps))
    while found := [statement for statement in perhaps if changed(statement) & needed]:
        perhaps = [statement for statement in perhaps if statement not in found]
        needed |= set().union(*map(names, found))
    return [without(cell, [statement for statement in body if statement in said or statement in perhaps]) for cell, body in zip(cells, bodies)]


def _parsed(cell: str) -> ast.Module | None:
    """A cell with a command of IPython's is not Python; it stays as it is."""
    try:
        return ast.parse(cell)
    except SyntaxError:
        return None
