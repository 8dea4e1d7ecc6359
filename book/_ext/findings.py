"""What the field's tools really do: the findings of findings/*.sh as a page lists them.

    ```{findings}
    ```

gives each script's opening comment, in its own words, with the script to download. The comment starts with a title, alone
between the first line and an empty one, tells the behaviour, then what was seen ("Seen:"), then when the script fails and
what it needs ("Fails").
"""

import re
from pathlib import Path

from docutils import nodes
from sphinx.util.docutils import SphinxDirective

from .finished import offer

PAGE = "book/what-tools-do"
FOLDER = "findings"
LITERAL = re.compile(r"`([^`]+)`")


def scripts(book) -> list[Path]:
    """All findings, in the order of their names. book: the application, or its environment."""
    return sorted((Path(book.srcdir) / FOLDER).glob("*.sh"))


def opening(script: str) -> list[str]:
    """Title and paragraphs of a script's opening comment, each on one line; points of a list are paragraphs that start with "- "."""
    lines = []
    for line in script.splitlines()[1:]:
        if not line.startswith("#"):
            break
        lines.append(line[1:].rstrip())
    text = "\n".join(lines)
    text = re.sub(r"\n (?=- |Seen:|Fails )", "\n\n ", text)
    return [" ".join(part.split()) for part in re.split(r"\n\n+", text) if part.strip()]


def inline(text: str) -> list[nodes.Node]:
    parts = LITERAL.split(text)
    return [nodes.literal(text=part) if i % 2 else nodes.Text(part) for i, part in enumerate(parts) if part]


class Findings(SphinxDirective):
    """Every finding, under its title."""

    def run(self):
        found = []
        for path in scripts(self.env):
            self.env.note_dependency(str(path))
            title, *paragraphs = opening(path.read_text(encoding="utf-8"))
            section = nodes.section(ids=[path.stem], names=[path.stem])
            section += nodes.title(text=title)
            for text in paragraphs:
                if text.startswith("- "):
                    if not isinstance(section[-1], nodes.bullet_list):
                        section += nodes.bullet_list(bullet="-")
                    section[-1] += nodes.list_item("", nodes.paragraph("", "", *inline(text[2:])))
                else:
                    section += nodes.paragraph("", "", *inline(text))
            section += nodes.paragraph("", "", nodes.reference("", path.name, refuri=f"../downloads/{FOLDER}/{path.name}"))
            found.append(section)
        return found


def grown(app, env, added, changed, removed) -> list[str]:
    """The page, where there is a finding that it does not tell: a file that is new was no dependency of it."""
    told = {Path(name).name for name in env.dependencies.get(PAGE, ())}
    return [PAGE] if PAGE in env.found_docs and any(path.name not in told for path in scripts(env)) else []


def publish(app, exception):
    offer(app, exception, PAGE, FOLDER, scripts(app))


def setup(app):
    app.add_directive("findings", Findings)
    app.connect("env-get-outdated", grown)
    app.connect("build-finished", publish)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
