"""Numbers of chapters and live figures, which nobody types: figures/pages.py counts them.

    ```{kicker}
    ```

is the small line above a page's title: "Chapter 4", or the caption of the page's part. {figref}`all-reduce` in a
sentence is "figure 4.1", with a link to it; {figref}`Figure %s <all-reduce>` begins one.
"""

import difflib

from docutils import nodes
from sphinx.util.docutils import ReferenceRole, SphinxDirective
from sphinx_design.shared import create_component

from figures.pages import pages, places


class Kicker(SphinxDirective):
    """The line above the title."""

    def run(self):
        line = next((page.kicker for page in pages() if page.file == self.env.docname), "")
        if not line:
            raise self.error(f"{self.env.docname} is neither a chapter nor in a part with a caption, so nothing stands above its title")
        return [create_component("div", ["kicker"], children=[nodes.paragraph(text=line)])]


class FigureReference(ReferenceRole):
    """A live figure by its number."""

    def run(self):
        numbered = {name: place for name, place in places().items() if place.number}
        if self.target not in numbered:
            close = difflib.get_close_matches(self.target, numbered, n=1)
            hint = f"; did you mean {close[0]}?" if close else ""
            message = self.inliner.reporter.error(f"unknown figure {self.target!r}: no chapter shows it{hint}", line=self.lineno)
            return [self.inliner.problematic(self.rawtext, self.rawtext, message)], [message]
        place = numbered[self.target]
        text = (self.title if self.has_explicit_title else "figure %s").replace("%s", place.number)
        page = "" if place.page.file == self.env.docname else self.env.app.builder.get_relative_uri(self.env.docname, place.page.file)
        return [nodes.reference("", "", nodes.inline(text=text, classes=["figref"]), internal=True, refuri=f"{page}#fig-{self.target}")], []


def setup(app):
    app.add_directive("kicker", Kicker)
    app.add_role("figref", FigureReference())
    return {"parallel_read_safe": True, "parallel_write_safe": True}
