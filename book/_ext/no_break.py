"""Numbers keep their units: no line of a page ends between the two. A minus, which Python writes as a hyphen, is a minus sign."""

import re

from docutils import nodes
from sphinx.transforms.post_transforms import SphinxPostTransform

UNIT = (
    r"(?:[kMGT]?Wh?|[kMG]?J|[kMGTPEZ]?FLOPs?(?:/s|/J)?|[kMGT]?i?B(?:/s)?|[MGT]b(?:it)?/s|[mµ]?s|g/kWh|g|kg|px|Hz|MHz|GHz|%|"
    r"GPUs|H100s|GB[23]00s|million|billion|trillion|per cent)(?![\w/])"
)
SPACE = re.compile(rf"(?<=\d) (?={UNIT})")
MINUS = re.compile(r"(?<![\w.,:/-])-(?=\d)")
AS_TYPED = (nodes.literal, nodes.literal_block, nodes.math, nodes.math_block, nodes.raw)


class KeepUnits(SphinxPostTransform):
    default_priority = 900  # when computed numbers stand in the text
    formats = ("html",)

    def run(self, **kwargs):
        for text in list(self.document.findall(nodes.Text)):
            if isinstance(text.parent, AS_TYPED):
                continue
            siblings = text.parent.children
            place = next(k for k, sibling in enumerate(siblings) if sibling is text)  # others may say the same
            before = "".join(sibling.astext() for sibling in siblings[max(place - 1, 0) : place])
            after = "".join(sibling.astext() for sibling in siblings[place + 1 : place + 2])
            kept = MINUS.sub("\u2212", SPACE.sub("\u00a0", before + text + after))[len(before) : len(before) + len(text)]
            if kept != text:
                text.parent[place] = nodes.Text(kept)


def setup(app):
    app.add_post_transform(KeepUnits)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
