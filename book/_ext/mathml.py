"""Formulas as MathML, written at build time: nothing to download or run in the page.

docutils' converter was compared with the `latex2mathml` package on this book's kind of formula: only docutils'
aligns equations, sets limits under `lim` and `min`, and keeps \\mathrm upright.
"""

import re
from html import escape
from xml.etree import ElementTree

from docutils import nodes
from docutils.utils.math import MathError
from docutils.utils.math.latex2mathml import tex2mathml
from sphinx.util import logging
from sphinx.util.math import get_node_equation_number

logger = logging.getLogger(__name__)
NAMESPACE = ' xmlns="http://www.w3.org/1998/Math/MathML"'
SIZED = re.compile(r"<(?!math|mstyle|mtable)\w+[^>]* displaystyle=")
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
    return in_a_style(re.sub(r"\n\s*", "", mathml))


def in_a_style(mathml: str) -> str:
    """What the converter says of size on a row or a fraction, said by an `mstyle` around it: an attribute of any element only since MathML Core."""
    if not SIZED.search(mathml):
        return mathml
    root = ElementTree.fromstring(mathml.replace(NAMESPACE, "", 1))
    for parent in list(root.iter()):
        for place, child in enumerate(list(parent)):
            if child.tag not in ("mstyle", "mtable") and (said := {name: child.attrib.pop(name) for name in ("displaystyle", "scriptlevel") if name in child.attrib}):
                around = ElementTree.Element("mstyle", said)
                around.append(child)
                parent[place] = around
    return ElementTree.tostring(root, encoding="unicode", short_empty_elements=False).replace("<math", f"<math{NAMESPACE}", 1)


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
