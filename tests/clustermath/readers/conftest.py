"""The readers of the page under test: their script in an empty page of a browser, and with the figures that take files."""

import base64
import dataclasses

import numpy as np
import pytest
from _ext.policy import with_policy
from _ext.short_names import minified
from clustermath.readers import Unreadable, read
from clustermath.readers.page import script
from clustermath.readers.steps import Steps
from clustermath.recorded import Recording
from living import living
from livefigure.assets import later_script, runtime_script, stylesheet
from livefigure.look import css_variables

from .bringing import TAKING

# Bytes come as a file that a reader chooses, text as what a reader pastes.
READ = """(files) => Promise.all(files.map(async ([text, bytes]) => {
    try {
        const found = bytes === null ? livefigureReaders.read(text)
            : await livefigureReaders.readFile(new File([Uint8Array.from(atob(bytes), (letter) => letter.charCodeAt(0))], "file"));
        const lists = ([name, value]) => [name, ArrayBuffer.isView(value) ? Array.from(value) : value]; // a file's numbers have one type
        return [found.format, Object.fromEntries(Object.entries(found.values).map(lists)), found.notes];
    } catch (error) {
        return error.name === "Unreadable" ? error.message : `FAULT ${error.name}: ${error.message} ${error.stack}`;
    }
}))"""


@pytest.fixture(scope="session")
def reading_page(browser):
    """A page with the readers' script and nothing else."""
    page = browser.new_page()
    page.add_script_tag(content=minified(script()))
    yield page
    page.close()


@pytest.fixture(scope="session")
def page_reads(reading_page):
    """`page_reads(files)`: what the page's readers make of each (text or bytes): [format, values, notes], or why not."""

    def reads(files) -> list:
        return reading_page.evaluate(READ, [[file, None] if isinstance(file, str) else [None, base64.b64encode(file).decode()] for file in files])

    return reads


@pytest.fixture(scope="session")
def shelf(tmp_path_factory):
    """A folder with a page for each figure that takes files, and the scripts beside it, as the site has them."""
    folder = tmp_path_factory.mktemp("bring")
    for file, text in {"later.js": later_script(), "runtime.js": runtime_script("later.js"), "readers.js": script()}.items():
        (folder / file).write_text(minified(text), encoding="utf-8")
    for name in TAKING:
        others = sorted({take.computes.figure for take in living(name).takes if take.computes} - {name})
        beside = "".join(f"<div hidden>{living(other).page_html()}</div>" for other in others)  # as on their page
        html = (
            f'<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{name}</title><style>{css_variables()}{stylesheet()}</style>'
            f'<script defer src="runtime.js" data-readers="readers.js"></script></head><body>{living(name).page_html()}{beside}</body></html>'
        )
        (folder / f"{name}.html").write_text(with_policy(html), encoding="utf-8")
    return folder


@pytest.fixture
def opened(browser, shelf):
    """`opened(name, query)`: the page of figure `name` from disk. Whatever it asks for elsewhere or complains of fails the test."""
    context = browser.new_context(viewport={"width": 1100, "height": 900})
    faults = []

    def open_page(name, query=""):
        page = context.new_page()
        page.on("pageerror", lambda error: faults.append(str(error)))
        page.on("console", lambda message: message.type == "error" and faults.append(message.text))
        page.on("request", lambda request: request.url.startswith(("file:", "data:", "blob:")) or faults.append(request.url))
        page.goto((shelf / f"{name}.html").as_uri() + (f"#fig-{name}?{query}" if query else ""))
        page.locator(f'[data-live-figure="{name}"][data-state="live"]').wait_for()
        return page

    yield open_page
    assert faults == []
    context.close()


def python_reads(file):
    """The same from Python."""
    try:
        found = read(file)
    except Unreadable as error:
        return str(error)
    return [found.kind, as_page(found.record), {"assumed": found.assumed, "ignored": found.ignored, "unread": found.unread}]


def as_page(value):
    """A record as the page has it: objects, lists and numbers."""
    if dataclasses.is_dataclass(value):
        derived = {"course": as_page(value.course())} if isinstance(value, Recording) else {"step_time": value.step_time} if isinstance(value, Steps) else {}
        return {field.name: as_page(getattr(value, field.name)) for field in dataclasses.fields(value)} | derived
    if isinstance(value, dict):
        return {name: as_page(item) for name, item in value.items()}
    if isinstance(value, (list, tuple, np.ndarray)):
        return [as_page(item) for item in value]
    return float(value) if isinstance(value, (bool, int, np.number)) else value


def difference(found, expected, where="") -> str:
    """The first place where two readings differ, in words; numbers may by 1e-9."""
    if isinstance(expected, float) and isinstance(found, (int, float)) and not isinstance(found, bool):
        same = found == expected or (found != found and expected != expected) or abs(found - expected) <= 1e-9 * abs(expected)
        return "" if same else f"{where}: {found!r}, Python {expected!r}"
    if isinstance(expected, dict) and isinstance(found, dict):
        if found.keys() != expected.keys():
            return f"{where}: fields {sorted(found.keys() ^ expected.keys())} on one side only"
        return next(filter(None, (difference(found[key], expected[key], f"{where}.{key}") for key in expected)), "")
    if isinstance(expected, list) and isinstance(found, list):
        if len(found) != len(expected):
            return f"{where}: {len(found)} of {len(expected)}: {found} {expected}"
        return next(filter(None, (difference(a, b, f"{where}[{i}]") for i, (a, b) in enumerate(zip(found, expected)))), "")
    return "" if found == expected else f"{where}: {found!r}, Python {expected!r}"
