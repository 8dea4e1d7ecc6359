"""What the extensions make of pages that others have written: tried on a site of one page, without a build."""

import re
from importlib.util import find_spec
from pathlib import Path
from types import SimpleNamespace

import pytest
from _ext import bundle, citations, defer, finished, fonts, one_script
from pybtex.database import Entry

PAGE = """<html><head>
<script>first = 1;</script>
<script src="../_static/documentation_options.js?v=1"></script>
<link rel="stylesheet" type="text/css" href="../_static/theme.css?v=1" />
<meta name="between" />
<link rel="stylesheet" type="text/css" href="../_static/sub/more.css" />
<script src="../_static/later.js?v=2"></script>
<script src="../_static/copy.js"></script>
</head><body><p class="here">Text</p></body></html>
"""


@pytest.fixture
def app(tmp_path):
    """As much of Sphinx as they ask for, with a page, its two sheets and its scripts."""
    files = {
        "book/index.html": PAGE,
        "_static/theme.css": ".here { color: red; } .gone { color: blue; }",
        "_static/sub/more.css": ".here { background: url(picture.png); }",
        "_static/documentation_options.js": "second = 2;",
        "_static/later.js": "third = 3;",
    }
    for name, text in files.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text, encoding="utf-8")
    return SimpleNamespace(outdir=str(tmp_path), doctreedir=str(tmp_path), builder=SimpleNamespace(format="html"), env=SimpleNamespace(found_docs={"book/index"}))


def page(site) -> str:
    return (site / "book" / "index.html").read_text(encoding="utf-8")


def test_sheets_become_one_and_the_page_stays(app, tmp_path):
    """In their order, seen from where the one lies, without rules for what is nowhere."""
    bundle.bundle(app, None)
    (link,) = re.findall(r"<link [^>]*>", page(tmp_path))
    address = re.search(r'href="([^"]+)"', link)[1]
    text = (tmp_path / "book" / address).read_text(encoding="utf-8")
    assert text.index("red") < text.index('url("sub/picture.png")') and "blue" not in text
    without = lambda html: re.sub(r"<link [^>]*>|\s", "", html)
    assert without(page(tmp_path)) == without(PAGE)


def test_only_what_must_run_at_once_holds_a_page_up(app, tmp_path):
    """It stands in the page before the style sheet, in its order; the rest is deferred, or gone where it serves nothing."""
    bundle.bundle(app, None)
    defer.defer(app, None)
    html = page(tmp_path)
    assert html.index("first = 1;") < html.index("second = 2;") < html.index("<link ")
    assert html.count("<script") == 3 and '<script defer src="../_static/later.js?v=2"></script>' in html and "copy" not in html
    assert html.startswith("<html><head>") and '<meta name="between" />' in html and html.endswith('</head><body><p class="here">Text</p></body></html>\n')


def test_the_theme_s_script_has_no_page_laid_out_and_is_otherwise_as_it_was():
    """Or the build says that it does so in other words."""
    theirs = (Path(find_spec("pydata_sphinx_theme").origin).parent / "theme/pydata_sphinx_theme/static" / one_script.THEME).read_text(encoding="utf-8")
    ours = one_script.unhurried(one_script.THEME, theirs)
    assert 'addEventListener("load"' in theirs and 'addEventListener("load"' not in ours and one_script.AT_LOAD.sub("", theirs) in ours
    assert one_script.unhurried("another.js", theirs) == theirs
    with pytest.raises(ValueError, match="in other words"):
        one_script.unhurried(one_script.THEME, ours)


@pytest.mark.parametrize("spoiled", ["failed", "other"])
def test_a_build_that_failed_or_made_something_else_is_left_alone(spoiled, app, tmp_path):
    app.builder.format = "html" if spoiled == "failed" else "latex"
    for extension in (bundle.bundle, defer.defer):
        extension(app, ValueError() if spoiled == "failed" else None)
    finished.offer(app, ValueError() if spoiled == "failed" else None, "book/index", "tables", [tmp_path / "_static" / "later.js"])
    assert page(tmp_path) == PAGE and not (tmp_path / "downloads").exists()


def test_files_are_offered_where_a_page_links_to_them(app, tmp_path):
    files = [tmp_path / "_static" / name for name in ("later.js", "theme.css")]
    finished.offer(app, None, "book/elsewhere", "tables", files)
    assert not (tmp_path / "downloads").exists()
    for _ in range(2):
        finished.offer(app, None, "book/index", "tables", files)
        assert sorted(path.name for path in (tmp_path / "downloads" / "tables").iterdir()) == ["later.js", "theme.css"]


def test_faces_are_cut_once_and_the_sheet_names_them_all(app, tmp_path, monkeypatch):
    """Each face under a name of its own; what was cut before another change is gone."""
    cuts = []
    monkeypatch.setattr(fonts, "parallel_available", False)  # here, where they are counted
    monkeypatch.setattr(fonts, "subset", lambda path, *_: SimpleNamespace(save=lambda target: (cuts.append(target), target.write_bytes(b""))))
    fonts.write_fonts(app)
    there = {file.name for file in (tmp_path / "_static" / "fonts").iterdir()}
    named = set(re.findall(r"fonts/([\w.-]+\.woff2)", (tmp_path / "_static" / "fonts.css").read_text(encoding="utf-8")))
    assert named == there and len(cuts) == len(there) == len(fonts.FACES) and set(app.early_faces) <= there
    old = tmp_path / "_static" / "fonts" / re.sub(r"\.\w+\.woff2$", ".0123456789.woff2", (first := sorted(there)[0]))
    (tmp_path / "_static" / "fonts" / first).rename(old)
    fonts.write_fonts(app)
    assert {file.name for file in (tmp_path / "_static" / "fonts").iterdir()} == there and len(cuts) == len(there) + 1


def test_a_sheet_is_cut_anew_when_a_page_has_what_it_had_not(app, tmp_path):
    """What the last build cut serves the next only as long as both have the same names."""
    bundle.bundle(app, None)
    (tmp_path / "book" / "index.html").write_text(PAGE.replace("here", "gone"), encoding="utf-8")
    bundle.bundle(app, None)
    (address,) = re.findall(r'<link [^>]*href="([^"]+)"', page(tmp_path))
    text = (tmp_path / "book" / address).read_text(encoding="utf-8")
    assert "blue" in text and "red" not in text


def test_an_entry_is_formatted_once_until_it_changes():
    formatted = []
    entry = Entry("book", {"title": "Thermodynamics"})

    def build(earlier: dict) -> dict:
        now = {}
        for label in ("1", "1", "2"):
            citations.once(lambda style, label, entry, _: formatted.append((label, entry.fields["title"])) or len(formatted), earlier, now)(None, label, entry)
        return now

    assert build(build({})) and formatted == [("1", "Thermodynamics"), ("2", "Thermodynamics")]
    first = build({})
    entry.fields["title"] = "Heat"
    formatted.clear()
    build(first)
    assert formatted == [("1", "Heat"), ("2", "Heat")]
