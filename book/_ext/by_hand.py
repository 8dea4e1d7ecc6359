"""What a hand may do: {by-hand}`Drag the dot, and see what breaks.` stands only where figures are alive.

On paper, in the EPUB and without scripts nothing can be dragged, and nobody is asked to (`.by-hand` in book.css and
tools/whole_book/articles.py). In a notebook it stays. What is written inside is Markdown, as around it.
"""

from docutils import nodes
from sphinx.util.docutils import SphinxRole


class ByHand(SphinxRole):
    """A sentence for those who can do what it says."""

    def run(self):
        children, messages = self.inliner.parse(self.text, self.lineno, self.inliner, self.inliner.parent)
        return [nodes.inline("", "", *children, classes=["by-hand"])], messages


def setup(app):
    app.add_role("by-hand", ByHand())
    return {"parallel_read_safe": True, "parallel_write_safe": True}
