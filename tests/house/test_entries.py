"""What the search can find on a page, each thing with its own text and once."""

import json
from types import SimpleNamespace

import pytest
from _ext import search
from _ext.entries import entries, linear
from docutils import nodes
from figures import pages as numbered
from workspace import ROOT

BODY = """<section id="x"><h1>A page<a class="headerlink">#</a></h1><p>Opening [ Somebody , 2024 ] .</p>
<section id="one"><h2>One</h2><p>Text before:</p><div class="math" id="equation-e"><math><mi>T</mi></math><span class="eqno">(1)</span></div>
<div class="live-figure" id="fig-f"><p class="lf-title">How long?</p><p class="lf-finding">Two days.</p><div class="lf-controls">GPUs</div><svg><text>drawn</text></svg></div>
<div class="admonition exercise" id="ex"><p class="admonition-title">Exercise 1</p><p>Try it.</p></div></section>
<section id="sources"><h2>Sources</h2><ul><li>A paper</li></ul></section>
<dl class="glossary"><dt id="term-goodput">goodput</dt><dd>What is kept.</dd></dl>
<table class="ledger"><tbody><tr id="claim-1"><td><p>Ten times.</p><p>001</p></td><td>impossible</td></tr></tbody></table>
<dl class="py function"><dt class="sig" id="clustermath.run.time"></dt><dd><p>Time of a run.</p><p>More.</p></dd></dl></section>"""


def test_each_thing_of_a_page_is_an_entry_and_no_part_of_another():
    document = nodes.Element()
    document += nodes.math_block(r"T = \frac{F}{N u}", r"T = \frac{F}{N u}", number=1)
    found = entries(BODY, document)
    assert sorted(found) == sorted(
        [
            ["section", "", "", "Opening [Somebody, 2024]."],
            ["section", "one", "One", "Text before:"],
            ["formula", "equation-e", "T = F / (N u) (1)", "Text before:"],
            ["figure", "fig-f", "How long?", "Two days."],
            ["exercise", "ex", "Exercise 1", "Try it."],
            ["word", "term-goodput", "goodput", "What is kept."],
            ["claim", "claim-1", "Ten times.", "001 impossible"],
            ["function", "clustermath.run.time", "time", "Time of a run."],
        ]
    )


@pytest.mark.parametrize(
    "latex, typed",
    [
        (r"S = \frac{1}{\displaystyle \frac{f_1}{s_1} + \cdots}", "S = 1 / (f_1 / s_1 + …)"),
        (r"\mathrm{bubble} = \frac{p - 1}{m \, v}", "bubble = (p - 1) / (m v)"),
        (r"\begin{aligned} a &\le b \\ c &= d^{2} \end{aligned}", "a ≤ b c = d^2"),
    ],
)
def test_a_formula_on_one_line(latex, typed):
    assert linear(latex) == typed


def test_chapters_come_first_then_pages_about_the_book_and_the_reference_last(tmp_path):
    """Whatever the order in which they were read; a page of which nothing was noted is left out."""
    first, *others = numbered.pages()
    chapter, about = next(page.file for page in others if page.chapter), next(page.file for page in others if page.part)
    names = [f"{search.REFERENCE}/clustermath", about, chapter, first.file]
    app = SimpleNamespace(srcdir=ROOT, outdir=tmp_path, doctreedir=tmp_path, builder=SimpleNamespace(format="html"), config=SimpleNamespace(root_doc=first.file))
    app.env = SimpleNamespace(found_docs=[*names, "book/forgotten"], titles={name: nodes.title("", f"On {name}") for name in names})
    search.noted(app).mkdir()
    (tmp_path / "_static" / "scripts").mkdir(parents=True)
    for name in names:
        search.noted(app, name).write_text(f'[["section", "", "", "{name}"]]')
    search.write(app, None)
    index = json.loads((tmp_path / "_static" / search.INDEX).read_text(encoding="utf-8").partition("=")[2])
    assert {address: rank for address, _, _, rank, _ in index} == {f"{name}.html": rank for name, rank in zip(names, (2, 1, 0, 0))}
    assert all((title, found[0][3]) == (f"On {address[:-5]}", address[:-5]) for address, title, _, _, found in index)


def test_the_index_has_every_page_in_order_and_each_entry_arrives(site):
    text = (site / "_static" / "scripts" / "entries.js").read_text(encoding="utf-8")
    index = json.loads(text.partition("=")[2])
    assert [address for address, *_ in index] == [f"{page.file}.html" for page in numbered.pages()]
    kinds = set()
    for address, _, _, _, found in index:
        page = (site / address).read_text(encoding="utf-8")
        for kind, name, title, said in found:
            kinds.add(kind)
            assert title or not name
            assert not name or f'id="{name}"' in page, f"{address}: {name}"
    assert kinds == {"section", "formula", "figure", "exercise", "word", "claim", "function"}
