"""Exercises that can be done on the page.

A folded solution opens wherever its title is tapped: sphinx-exercise makes most of that title a link to the exercise,
which stands right above. And {setting}`set the figure so <fifty-four-days?speedup=3&gpus=16384>` is a link that brings
a figure of the same page into a state, written as in its address; without a page to set it is its text alone.
"""

import re

from docutils import nodes
from sphinx.transforms.post_transforms import SphinxPostTransform
from sphinx.util.docutils import SphinxRole
from sphinx_exercise.nodes import solution_node

SETTING = re.compile(r"(?P<text>.+?)\s*<(?P<address>[\w-]+(?:\?[^<>]+)?)>", re.DOTALL)


class PlainTitles(SphinxPostTransform):
    default_priority = 30  # when sphinx-exercise has made the titles

    def run(self, **kwargs):
        for solution in self.document.findall(solution_node):
            for link in list(solution.children[0].findall(nodes.reference)):
                link.replace_self(link.children)


class SettingRole(SphinxRole):
    """A link to a state of a live figure on this page."""

    def run(self):
        found = SETTING.fullmatch(self.text)
        if not found:
            message = self.inliner.reporter.error(f"a setting is written as text <figure?input=value>, not as {self.text!r}", line=self.lineno)
            return [self.inliner.problematic(self.rawtext, self.rawtext, message)], [message]
        return [nodes.reference("", found["text"], refuri=f"#fig-{found['address']}", internal=True)], []


def setup(app):
    app.add_post_transform(PlainTitles)
    app.add_role("setting", SettingRole())
    return {"parallel_read_safe": True, "parallel_write_safe": True}
