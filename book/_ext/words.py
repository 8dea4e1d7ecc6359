"""Words that a figure uses, explained above it in the glossary's own sentences.

    ```{words} goodput, MFU
    ```

The sentences stand once, in glossary.md; a word that isn't there fails the build.
"""

import re
from pathlib import Path

from docutils import nodes
from sphinx.util.docutils import SphinxDirective

GLOSSARY = Path(__file__).parent.parent / "glossary.md"
ENTRY = re.compile(r"^([A-Za-z][^\n]*)\n  (\S.*)$", re.MULTILINE)


def glossary() -> dict[str, str]:
    """Each word of the glossary with what it means, as Markdown."""
    return dict(ENTRY.findall(GLOSSARY.read_text(encoding="utf-8")))


class Words(SphinxDirective):
    """One line for each word: the word, which leads to the glossary, and what it says there."""

    required_arguments = 1
    final_argument_whitespace = True

    def run(self):
        self.env.note_dependency(str(GLOSSARY))
        block, meanings = nodes.container(classes=["words"]), glossary()
        for word in (word.strip() for word in self.arguments[0].split(",")):
            if word not in meanings:
                raise self.error(f"{word!r} is not in glossary.md")
            children, messages = self.state.inline_text(f"{{term}}`{word}`: {meanings[word]}", self.lineno)
            block += nodes.paragraph("", "", *children)
        return [block]


def setup(app):
    app.add_directive("words", Words)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
