"""Formulas as MathML, written at build time: nothing to download or run in the page.

docutils' converter was compared with the `latex2mathml` package on this book's kind of formula: only docutils'
aligns equations, sets limits under `lim` and `min`, and keeps \\mathrm upright.
"""

import re
from html import escape

from docutils import nodes
from docutils.utils.math import MathError
from docutils.utils.math.latex2mathml import tex2mathml
from sphinx.util import logging
from sphinx.util.math import get_node_equation_number

logger = logging.getLogger(__name__)
DISPLAY_ENVIRONMENT = re.compile(r"\\begin\{(equation|align)\*?\}(.*)\\end\{\1\*?\}", re.DOTALL)


def convert(node: nodes.Element, as_block: bool) -> str:
    """The formula of `node` as MathML on one line; a build warning where it is not understood."""
    latex = node.astext().strip()
    if environment := DISPLAY_ENVIRONMENT.fullmatch(latex):
        latex = environment[2].strip()  # the converter aligns at & and breaks at \\ by itself
    try:
        mathml = tex2mathml(latex, as_block=as_block)
    except MathError as error:
        logger.warning("formula not understood: %s in %s", error, latex, location=node, type="mathml")
        return f"<code>{escape(latex)}</code>"
    return re.sub(r"\n\s*", "", mathml)


def visit_inline(self, node):
    self.body.append(convert(node, as_block=False))
    raise nodes.SkipNode


def visit_block(self, node):
    # tabindex: on a phone a long formula scrolls, and must do so from the keyboard, too
    self.body.append(self.starttag(node, "div", "", CLASS="math notranslate nohighlight", tabindex="0"))
    self.body.append(convert(node, as_block=True))
    if node["number"]:
        self.body.append(f'<span class="eqno">({get_node_equation_number(self, node)})')
        self.add_permalink_ref(node, "Link to this equation")
        self.body.append("</span>")
    self.body.append("</div>")
    raise nodes.SkipNode


def setup(app):
    app.add_html_math_renderer("mathml", (visit_inline, None), (visit_block, None))
    return {"parallel_read_safe": True, "parallel_write_safe": True}
