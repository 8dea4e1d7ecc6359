"""A resolved page as plain Markdown, with a placeholder where each code cell stands.

Sphinx has already numbered, cited, linked and computed everything. What remains is to say the book's special blocks in
plain nodes (a claim is a quotation, an exercise a bold line) and to let sphinx-markdown-builder write them.
"""

import re
from pathlib import Path

from docutils import nodes
from sphinx import addnodes
from sphinx_exercise.nodes import exercise_enumerable_node, exercise_node, solution_node
from sphinx_markdown_builder.escape import escape_markdown_chars
from sphinx_markdown_builder.translator import MarkdownTranslator

from .mathml import DISPLAY_ENVIRONMENT

CELL = "\N{OBJECT REPLACEMENT CHARACTER}{}\N{OBJECT REPLACEMENT CHARACTER}"
PLACEHOLDER = re.compile(CELL.format(r"(\d+)"))
LINKED_PAGE = re.compile(r"(?P<stem>[^/#]+)\.html(#.*)?")


def markdown(app, doctree: nodes.document, docname: str) -> list[str | int]:
    """The page as it reads: Markdown and, between it, the index of each code cell in its notebook."""
    page = doctree.deepcopy()
    numbers = app.env.toc_fignumbers.get(docname, {})
    exercises(page, numbers.get("exercise", {}))  # before asides, which takes every other admonition
    captions(page, numbers)
    for simplify in (cells, leave_out, sources, asides, formulas, entries):
        simplify(page)
    links(page, {Path(name).name for name in app.env.all_docs if is_chapter(app, name)})
    writer = NotebookMarkdown(page, app.builder)
    page.walkabout(writer)
    parts = PLACEHOLDER.split(writer.astext())
    return [int(part) if odd % 2 else part.strip() for odd, part in enumerate(parts)]


def is_chapter(app, docname: str) -> bool:
    """Whether a page is a notebook, too."""
    return "kernelspec" in app.env.metadata.get(docname, {})


class NotebookMarkdown(MarkdownTranslator):
    """A dollar sign in prose is money; in a notebook two of them would be a formula."""

    def visit_Text(self, node):
        text = node.astext()
        self.add(escape_markdown_chars(text).replace("$", r"\$") if self.status.escape_text else text)


def bold(text: str) -> nodes.paragraph:
    return nodes.paragraph("", "", nodes.strong(text=" ".join(text.split())))


def cells(page):
    """A code cell, its outputs included, becomes the placeholder with its index."""
    for cell in list(page.findall(lambda node: isinstance(node, nodes.Element) and node.get("nb_element") == "cell_code")):
        cell.replace_self(nodes.paragraph(text=CELL.format(cell["cell_index"])))


def leave_out(page):
    """What only a page can show: raw HTML, targets of links, comments, tables of contents, labels of citations."""
    unwanted = (nodes.raw, nodes.target, nodes.comment, nodes.label, addnodes.index)
    for node in list(page.findall(lambda node: isinstance(node, unwanted))):
        if not isinstance(node.parent, nodes.footnote):
            node.parent.remove(node)
    for tree in list(page.findall(lambda node: isinstance(node, nodes.compound) and "toctree-wrapper" in node["classes"])):
        tree.parent.remove(tree)


def exercises(page, numbers):
    """Exercises and solutions become a bold line and their content."""
    kinds = (exercise_enumerable_node, exercise_node, solution_node)
    for node in list(page.findall(lambda node: isinstance(node, kinds))):
        title, *content = node.children
        heading = title.astext()
        if isinstance(node, exercise_enumerable_node):
            number = ".".join(map(str, numbers[node["ids"][0]]))
            heading = f"Exercise {number}{heading}"
        body = [child for part in content for child in (part.children if isinstance(part, nodes.section) else [part])]
        node.replace_self([bold(heading), *body])


def captions(page, numbers):
    """The numbered caption of a table or figure becomes the paragraph above or below it."""
    for kind, name, caption_type in ((nodes.table, "Table", nodes.title), (nodes.figure, "Fig.", nodes.caption)):
        for node in list(page.findall(kind)):
            caption = next(iter(node.findall(caption_type)), None)
            if caption is None:
                continue
            caption.parent.remove(caption)
            number = numbers.get(kind.__name__, {}).get(node["ids"][0] if node["ids"] else "", ())
            label = f"{name} {'.'.join(map(str, number))}. " if number else ""
            text = nodes.paragraph("", "", nodes.strong(text=label.strip()), nodes.Text(" "), *caption.children)
            node.replace_self([text, node] if kind is nodes.table else [node, text])


def sources(page):
    """Entries of a bibliography become a list."""
    for parent in {citation.parent for citation in page.findall(nodes.citation)}:
        entries = [child for child in parent.children if isinstance(child, nodes.citation)]
        items = [nodes.list_item("", *entry.children) for entry in entries]
        parent.children = [nodes.bullet_list("", *items, bullet="-")]
        parent.children[0].parent = parent


def links(page, chapters: set[str]):
    """A link to another chapter points to its notebook, one within the book becomes its text, others stay."""
    for link in list(page.findall(lambda node: isinstance(node, (nodes.reference, addnodes.number_reference)))):
        address = link.get("refuri", "")
        other = LINKED_PAGE.fullmatch(address)
        if other and other["stem"] in chapters:
            link.replace_self(nodes.reference("", "", *link.children, refuri=f"{other['stem']}.ipynb"))
        elif link.get("internal") or not address:
            link.replace_self(link.children)


def asides(page):
    """Claims become quotations; notes, tabs and folded blocks a bold line and their content."""
    for node in list(page.findall(nodes.container)):
        if "claim" in node["classes"]:
            claim, source = node.children
            node.replace_self([nodes.block_quote("", claim), source])
    for node in list(page.findall(nodes.Admonition)):
        title, content = node.tagname.capitalize(), node.children
        if isinstance(content[0], nodes.title):
            title, content = content[0].astext(), content[1:]
        node.replace_self([bold(title), *content])
    for node in list(page.findall(nodes.Element)):
        if node.tagname in ("sd_tab_label", "dropdown_title") or "sd-card-title" in node.get("classes", ()):
            node.replace_self(bold(node.astext()))
        elif node.tagname == "sd_tab_input":
            node.parent.remove(node)
    for node in list(page.findall(lambda node: node.tagname in ("dropdown_main", "PassthroughTextElement"))):
        node.replace_self(node.children)


def entries(page):
    """A cell of a table is one paragraph: Markdown's have no second."""
    for entry in list(page.findall(nodes.entry)):
        first, *others = entry.children or [None]
        for other in others:
            first += [nodes.Text(" · "), *other.children]
            entry.remove(other)


def formulas(page):
    """A numbered formula carries its number inside; an environment of its own can't stand between dollar signs."""
    for node in list(page.findall(nodes.math_block)):
        latex = node.astext().strip()
        if environment := DISPLAY_ENVIRONMENT.fullmatch(latex):
            latex = rf"\begin{{aligned}}{environment[2]}\end{{aligned}}"
        if number := node.get("number"):
            latex = f"{latex} \\tag{{{number}}}"
        node.replace_self(nodes.math_block(latex, latex))
