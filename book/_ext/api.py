"""Reference pages from docstrings: Sphinx's autodoc, told how the book's docstrings are to be read.

    ```{api} clustermath
    ```

documents every module of a package; `{parameters}` is a table of what `clustermath.parameters` declares. A docstring is
plain text: `name: meaning` at the start of a sentence is a parameter, indented paragraphs and what stands between
backticks are code. To each parameter its declared meaning and unit are added, to a function the unit of what it returns.
"""

import ast
import dataclasses
import importlib
import inspect
import pkgutil
import re

from sphinx.util.docutils import SphinxDirective
from sphinx.util.inspect import stringify_signature

from clustermath.parameters import PARAMETERS
from clustermath.records import guards_of

from .finished import rewrite_pages

LEFT_OUT = {"__main__", "cli", "commands"}  # the command line documents itself: python -m clustermath --help
SIGNATURE = re.compile(r'<dt class="sig.*?</dt>', re.DOTALL)
KEPT_TOGETHER = re.compile(r'<span class="pre">([^<]*)</span>')
PARAMETER = re.compile(r'(?<=<em class="sig-param">).*?(?=</em>)', re.DOTALL)
COLOURED = re.compile(r"</?span[^>]*>")
TO_A_NAME = re.compile(r'<a class="headerlink" href="#[\w.]+" title="Link to this definition">.*?</a>')
FIELD = re.compile(r'(<d[td]) class="field-(?:odd|even)">([^<]*)(?:<span class="colon">:</span>)?')
MEANING = re.compile(r"(?:^|(?<=[.;:?)] ))((?:\w+, )*\w+): ")


class Api(SphinxDirective):
    """Everything public in a package's modules, a section for each."""

    required_arguments = 1

    def run(self):
        package = importlib.import_module(self.arguments[0])
        names = [module.name for module in pkgutil.iter_modules(package.__path__) if module.name not in LEFT_OUT]
        text = "".join(SECTION.format(package=package.__name__, module=name) for name in names)
        return self.parse_text_to_nodes(text, allow_section_headings=True)


SECTION = """\
### {module}
```{{eval-rst}}
.. automodule:: {package}.{module}
   :members:
   :member-order: bysource
   :ignore-module-all:
```

"""


class Parameters(SphinxDirective):
    """The declared parameters as a table."""

    def run(self):
        rows = [f"| `{p.name}` | {p.meaning} | {p.unit} | {values(p)} |" for p in PARAMETERS.values()]
        return self.parse_text_to_nodes("\n".join(["| name | meaning | unit | possible values |", "|:--|:--|:--|:--|", *rows]))


def values(parameter) -> str:
    """The range of a parameter: "1 to 1e8, whole"."""
    if parameter.only:
        *most, last = (f"{x:g}" for x in parameter.only)
        return f"{', '.join(most)} or {last}"
    low, high = (f"{x:g}".replace("e+0", "e").replace("e+", "e").replace("e-0", "e-") for x in (parameter.low, parameter.high))
    interval = f"{low} to {high}" if parameter.high < float("inf") else f"at least {low}"
    return f"{interval}{', whole' if parameter.integer else ''}"


def known(thing) -> dict[str, str]:
    """The names of a function's or class's parameters, each with what is declared about it."""
    if inspect.isclass(thing) and dataclasses.is_dataclass(thing):
        guards = {guard.name: guard for guard in guards_of(thing)}
        names = [field.name for field in dataclasses.fields(thing)]
        return {name: f"{values(guards[name])} [{guards[name].unit}]" if name in guards else "" for name in names}
    try:
        names = inspect.signature(thing).parameters
    except (TypeError, ValueError):
        return {}
    declared = {name: PARAMETERS[name] for name in names if name in PARAMETERS and hasattr(thing, "returns")}
    return dict.fromkeys(names, "") | {name: f"{p.meaning} [{p.unit}]" for name, p in declared.items()}


def returned(thing) -> list[str]:
    """The line that says in which unit a function returns what it does."""
    units = getattr(thing, "returns", None)
    if isinstance(units, dict):
        units = ", ".join(f"{name} [{unit}]" for name, unit in units.items())
    if not isinstance(units, str):
        return []
    return [f":returns: {escaped(units if ' ' in units else f'[{units}]')}"]


def escaped(text: str) -> str:
    """Plain text as reStructuredText: only what stands between backticks means something."""
    parts = re.split(r"`+([^`]+)`+", text)
    parts[::2] = [re.sub(r"([*|\\])|(?<=\w)(_)(?!\w)", r"\\\1\2", part) for part in parts[::2]]
    parts[1::2] = [f"\\ ``{part}``\\ " for part in parts[1::2]]
    return "".join(parts).removeprefix("\\ ")


def as_written(module) -> str:
    """A module's docstring with its indentation, which is code here; Python from 3.13 on takes it away."""
    return ast.get_docstring(ast.parse(inspect.getsource(module)), clean=False) or ""


def rewrite(app, what, name, thing, options, lines):
    """A docstring as reStructuredText: its paragraphs, then a list of parameters."""
    paragraphs, meanings = [], known(thing) if what in ("class", "function", "method") else {}
    text = as_written(thing) if what == "module" else "\n".join(lines)
    for paragraph in re.split(r"\n\s*?\n", text.rstrip()):
        if paragraph.startswith("    "):
            paragraphs += [paragraph] if paragraphs[-1].startswith("    ") else ["::", paragraph]
            continue
        text = " ".join(paragraph.split())
        marks = [mark for mark in MEANING.finditer(text) if meanings.keys() >= set(mark[1].split(", "))]
        ends = [mark.start() for mark in marks] + [len(text)]
        paragraphs.append(escaped(text[: ends[0]].strip()))
        for mark, end in zip(marks, ends[1:]):
            for parameter in mark[1].split(", "):
                said = text[mark.end() : end].strip().rstrip(".;")
                meanings[parameter] = "; ".join(filter(None, (said, meanings[parameter])))
    fields = [f":param {parameter}: {escaped(meaning)}" for parameter, meaning in meanings.items() if meaning]
    lines[:] = "\n\n".join([*filter(None, paragraphs), "\n".join([*fields, *returned(thing)])]).split("\n")


def signature(app, what, name, thing, options, arguments, returns):
    """A class is called as its __init__ is, whatever its metaclass says."""
    if what == "class" and not dataclasses.is_dataclass(thing) and "__init__" in vars(thing):
        given = list(inspect.signature(thing.__init__).parameters.values())[1:]
        arguments = stringify_signature(inspect.Signature(given), show_annotation=False)
    return arguments, returns


def lighten(app, exception):
    """Signatures and lists of parameters without the markup that keeps each word together, or names its kind or its row: it would weigh more than the words."""

    def lighter(found: re.Match) -> str:
        plain = PARAMETER.sub(lambda parameter: COLOURED.sub("", parameter[0]), KEPT_TOGETHER.sub(r"\1", found[0]))
        return TO_A_NAME.sub("", plain).replace('<em class="sig-param">', "<em>")

    def change(html: str) -> str:
        if '<dt class="sig' not in html:
            return html
        return FIELD.sub(lambda row: f"{row[1]}>{row[2]}{':' * (row[1] == '<dt' and bool(row[2]))}", SIGNATURE.sub(lighter, html))

    rewrite_pages(app, exception, change)


def setup(app):
    app.setup_extension("sphinx.ext.autodoc")
    app.connect("build-finished", lighten)
    app.add_directive("api", Api)
    app.add_directive("parameters", Parameters)
    app.connect("autodoc-process-docstring", rewrite)
    app.connect("autodoc-process-signature", signature)
    app.config.autodoc_typehints = "none"  # the docstrings say what is meant
    app.config.autodoc_preserve_defaults = True
    app.config.add_module_names = False  # the heading above says it
    return {"parallel_read_safe": True, "parallel_write_safe": True}
