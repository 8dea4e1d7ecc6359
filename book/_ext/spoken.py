"""A chapter's code without what only hands numbers to the text: an export's text has them already.

A chapter says `glue("days", days)`, mostly through a function of its own, and the page's text refers to `days`. An
export that kept these lines would need MyST-NB, and whatever else they alone import, on a reader's machine.
"""

import ast
import re

BLANK = re.compile(r"\n{4,}")


def names(tree: ast.AST) -> set[str]:
    """All names that the code reads or calls."""
    return {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}


def bound(statement: ast.stmt) -> set[str]:
    """The names that an import makes known, none for any other statement."""
    if not isinstance(statement, (ast.Import, ast.ImportFrom)):
        return set()
    return {(alias.asname or alias.name).partition(".")[0] for alias in statement.names}


def is_spoken(statement: ast.stmt, speakers: set[str]) -> bool:
    """Whether it does nothing but hand numbers to the text: a call of one of the `speakers`, or what defines one."""
    if isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Call):
        return isinstance(statement.value.func, ast.Name) and statement.value.func.id in speakers
    return isinstance(statement, ast.FunctionDef) and statement.name in speakers or "glue" in bound(statement)


def without(source: str, statements: list[ast.stmt]) -> str:
    """`source` without these of its statements."""
    lines = source.split("\n")
    for statement in statements:
        lines[statement.lineno - 1 : statement.end_lineno] = [None] * (statement.end_lineno - statement.lineno + 1)
    kept = "\n".join(line for line in lines if line is not None)
    return BLANK.sub("\n\n\n", kept).strip() if statements else source


def leave_out(cells: list[str]) -> list[str]:
    """The code cells of a chapter, in order, without what only the page's text needs; some may be empty then."""
    trees = [_parsed(cell) for cell in cells]
    bodies = [tree.body if tree else [] for tree in trees]
    functions = [statement for body in bodies for statement in body if isinstance(statement, ast.FunctionDef)]
    speakers = {"glue"} | {function.name for function in functions if "glue" in names(function)}
    dropped = [[statement for statement in body if is_spoken(statement, speakers)] for body in bodies]
    spoken = set().union(*(names(statement) for statements in dropped for statement in statements))
    kept = set().union(*(names(statement) for body, gone in zip(bodies, dropped) for statement in body if statement not in gone))
    for body, gone in zip(bodies, dropped):
        gone += [statement for statement in body if statement not in gone and bound(statement) and bound(statement) <= spoken - kept]
    return [without(cell, gone) for cell, gone in zip(cells, dropped)]


def _parsed(cell: str) -> ast.Module | None:
    """A cell with a command of IPython's is not Python; it stays as it is."""
    try:
        return ast.parse(cell)
    except SyntaxError:
        return None
