"""The built site is all there, asks nobody for anything, and can be read on any screen."""

import hashlib
import json
import re
import unicodedata
from copy import copy
from functools import cache
from html import unescape
from urllib.parse import unquote

import pytest
from benchmarks.bench import scripts
from bs4 import BeautifulSoup
from _ext.bundle import sheet
from _ext.fonts import MATHS, TEXT
from _ext.lean import OF_A_MAP
from _ext.one_script import unhurried
from _ext.unused import Names, used, without_idle_properties
from _ext.wheel import build_wheel
from figures import pages as numbered
from rjsmin import jsmin
from workspace import BOOK, ROOT, chapters, pages

PAGES = pages()


@cache
def parsed(path) -> BeautifulSoup:
    """A page of the built site, read once for all tests: they look at it and leave it as it is."""
    return BeautifulSoup(path.read_text(encoding="utf-8"), "html.parser")


def soup(site, page) -> BeautifulSoup:
    return parsed(site / f"{page}.html")


@pytest.mark.parametrize("page", PAGES)
def test_expected_page_exists_and_is_not_trivial(site, page):
    article = soup(site, page).select_one("article")
    assert len(article.get_text()) > 500
    assert bool(article.select("[data-live-figure]")) == (page in chapters())


def test_root_leads_to_the_first_page(site):
    assert PAGES[0] in (site / "index.html").read_text(encoding="utf-8")


def test_nothing_is_loaded_from_another_host(site):
    """Links may lead anywhere; what a page loads (scripts, styles, images, fonts, frames) comes from the site."""
    outside = re.compile(r"^(https?:)?//")
    found = []
    for page in site.rglob("*.html"):
        html = parsed(page)
        loaded = [tag.get(name) for name in ("src", "srcset", "data", "poster") for tag in html.find_all(attrs={name: True})]
        loaded += [tag["href"] for tag in html.find_all("link", href=True)]
        loaded += re.findall(r"url\(\s*[\"']?([^\"')]+)", " ".join(tag.get("style", "") for tag in html.find_all(style=True)))
        found += [f"{page.relative_to(site)}: {address}" for address in loaded if outside.match(address)]
    for sheet in site.rglob("*.css"):
        loaded = re.findall(r"(?:url\(\s*|@import\s+)[\"']?([^\"')\s]+)", sheet.read_text(encoding="utf-8"))
        found += [f"{sheet.relative_to(site)}: {address}" for address in loaded if outside.match(address)]
    assert not found, "\n".join(found)


@pytest.mark.parametrize("page", PAGES)
def test_what_a_page_loads_is_there(site, page):
    html = soup(site, page)
    here = (site / f"{page}.html").parent
    loaded = [tag["src"] for tag in html.find_all(src=True)] + [tag["href"] for tag in html.find_all("link", href=True)]
    local = {re.sub(r"[?#].*", "", address) for address in loaded if not address.startswith(("data:", "http"))}
    assert not [address for address in local if not (here / address).exists()]


@pytest.mark.parametrize("page", PAGES)
def test_formulas_are_mathml(site, page):
    html = soup(site, page)
    assert "MathJax" not in str(html)
    for formula in html.select("div.math, span.math"):
        assert formula.math, f"not converted: {formula.get_text()[:60]}"
    for number in html.select(".eqno a"):
        assert html.find(id=number["href"].removeprefix("#")), "a formula's number points nowhere"


def test_numbered_formulas_are_referred_to_by_number(site):
    html = soup(site, "book/fifty-four-days")
    numbered = {block["id"]: block.select_one(".eqno").contents[0] for block in html.select("div.math:has(.eqno)")}
    references = [link for link in html.select("article a.reference.internal") if link["href"].removeprefix("#") in numbered]
    assert references
    assert all(link.get_text() == numbered[link["href"].removeprefix("#")] for link in references)


def test_runtime_is_loaded_deferred_and_only_where_there_is_a_figure(site):
    for path in site.rglob("*.html"):
        html = parsed(path)
        scripts = [tag for tag in html.find_all("script", src=True) if "livefigure" in tag["src"]]
        assert len(scripts) == bool(html.select("[data-live-figure]")), path
        assert all(tag.has_attr("defer") for tag in scripts)


def test_every_page_keeps_to_the_budget_of_its_scripts(site):
    """The runtime and the page's models, compressed: what a reader waits for before the figures live."""
    weights = {path.name: scripts(site, f"book/{path.name}") for path in (site / "book").glob("*.html") if "data-live-figure" in path.read_text(encoding="utf-8")}
    assert len(weights) > 5 and not {page: weight for page, weight in weights.items() if weight > 25}
    assert min(weights.values()) > 5, "the runtime is not what was weighed"


def test_no_widget_state_is_shipped(site):
    assert not any("widget-state+json" in path.read_text(encoding="utf-8") for path in site.rglob("*.html"))


def test_page_fonts_are_in_use(server, browser):
    """The faces that matplotlib measured with are the ones the page draws with."""
    page = browser.new_page()
    page.goto(f"{server}/{PAGES[1]}.html")
    page.evaluate("document.fonts.ready")
    loaded = json.loads(page.evaluate("JSON.stringify([...document.fonts].filter(f => f.status === 'loaded').map(f => f.family))"))
    page.close()
    assert {"Source Serif Pro", "Source Sans Pro", "STIX Two Math"} <= {family.strip('"') for family in loaded}


def as_drawn(part) -> str:
    """The letters of a piece of a formula; a name of one letter is drawn as the italic one, which is another in Unicode."""
    text = part.get_text()
    if part.name != "mi" or len(text) != 1 or part.get("mathvariant") == "normal":
        return text
    plain = re.sub("LATIN |GREEK |LETTER ", "", unicodedata.name(text))
    return "\N{PLANCK CONSTANT}" if text == "h" else unicodedata.lookup(f"MATHEMATICAL ITALIC {plain}") if plain.startswith(("SMALL", "CAPITAL")) else text


def test_every_letter_of_a_page_is_in_the_faces_that_are_cut_for_it(site):
    """In the text and in formulas: no other face mixes in. Nor is any letter beyond ASCII there that nothing of the site has."""
    missing, in_formulas = set(), set()
    for path in site.rglob("*.html"):
        html = copy(parsed(path))
        for formula in html.find_all("math"):
            drawn = {letter for part in formula.find_all(["mi", "mn", "mo", "mtext"]) for letter in as_drawn(part)}
            missing |= {(path.stem, letter) for letter in drawn if not letter.isspace() and ord(letter) not in MATHS}
            in_formulas |= drawn
            formula.extract()
        for hidden in html.find_all(["script", "style"]):
            hidden.extract()
        missing |= {(path.stem, letter) for letter in html.get_text() if not letter.isspace() and ord(letter) not in TEXT}
    assert not missing
    said = set().union(*(unescape(path.read_text(encoding="utf-8")) for kind in ("html", "js", "css") for path in site.rglob(f"*.{kind}")))
    idle = [{chr(code) for code in face if code > 0x7F} - letters for face, letters in ((TEXT, said), (MATHS, in_formulas))]
    assert not any(idle), idle


@pytest.mark.parametrize("page", PAGES)
def test_numbers_keep_their_units(site, page):
    """No line ends between a number and its unit, whether typed or computed."""
    article = copy(soup(site, page).select_one("article"))
    for other in article.select("pre, code, script, .live-figure, math"):
        other.decompose()
    assert not re.findall(r".{20}\d (?:MW|GW|kW|TFLOP/s|GB/s|million|billion)\b", article.get_text())


@pytest.mark.parametrize("page", PAGES)
def test_a_minus_is_a_minus_sign(site, page):
    """And no number is written as a computer writes one that grows long, 1.1e+03. The API quotes what its code says."""
    article = copy(soup(site, page).select_one("article"))
    for other in article.select("pre, code, script, math"):
        other.decompose()
    text = article.get_text(" ")
    assert not re.findall(r".{0,20}(?<![\w.,:/-])-\d.{0,10}", text)
    assert "api" in page or not re.findall(r".{0,20}\de[+-]\d\d", text)


GLUED = re.compile(r"\{glue:text\}`[\w.]+(:[^`]*)?`")


@pytest.mark.parametrize("page", [page for page in PAGES if GLUED.search((ROOT / f"{page}.md").read_text(encoding="utf-8"))])
def test_a_computed_number_is_written_as_people_write_it(site, page):
    """None without a format, as 128.0, and none that is minus nothing."""
    formats = GLUED.findall((ROOT / f"{page}.md").read_text(encoding="utf-8"))
    written = [element.get_text() for element in soup(site, page).select(".pasted-text")]
    wrong = [text for form, text in zip(formats, written, strict=True) if (not form and re.fullmatch(r"-?\d+\.0", text)) or re.match(r"[-−]0(\.0*)?(?![\d.])", text)]
    assert not wrong
    assert written


@pytest.mark.parametrize("page", PAGES)
def test_a_page_asks_for_one_style_sheet_and_waits_for_no_script(site, page):
    """What holds up a first visit is one request; what must run before the page is painted stands in it."""
    html = soup(site, page)
    assert len(html.select('link[rel="stylesheet"]')) == 1
    assert not [script for script in html.select("script[src]") if not script.has_attr("defer")]
    sheet = html.find("link", rel="stylesheet")
    assert not [script for script in sheet.find_all_next("script") if not script.has_attr("src") and script.get("type") is None and script.find_parent("head")]


@pytest.mark.parametrize("page", PAGES)
def test_what_theme_and_extensions_run_is_one_script(site, page):
    """Beside it, what the page alone asks for; its name says its content, and it has all that the page says it is made of."""
    html = soup(site, page)
    (one,) = html.select("script[data-sources]")
    others = {tag["src"].partition("?")[0].rpartition("/")[2].partition(".")[0] for tag in html.find_all("script", src=True) if tag is not one}
    assert others <= {"livefigure", "design-tabs", "ledger", "entries", "search"} and not html.select('link[rel="preload"]')
    name = one["src"].rpartition("/")[2]
    text = (site / "_static" / name).read_text(encoding="utf-8")
    assert name == f"scripts.{hashlib.sha256(text.encode()).hexdigest()[:10]}.js"
    sources = one["data-sources"].split()
    run = lambda source: jsmin(unhurried(source, OF_A_MAP.sub("", (site / "_static" / source).read_text(encoding="utf-8"))))
    assert len(sources) >= 4 and sources == [source for source in sources if run(source) in text]


def test_style_sheets_are_joined_with_their_addresses(site):
    """Fonts and icons that the joined sheets name are where they say; nothing is imported after the fact."""
    found = 0
    for sheet in site.glob("_static/styles.*.css"):
        text = sheet.read_text(encoding="utf-8")
        assert "@import" not in text
        for address in re.findall(r"url\(\s*[\"']?(?!data:)([^\"')\s]+)", text):
            found += address.endswith((".woff2", ".woff"))
            assert address.endswith((".ttf", ".png")) or (sheet.parent / re.sub(r"[?#].*", "", address)).exists(), address
    assert found


@pytest.mark.parametrize("page", [page for page in numbered.pages() if page.chapter], ids=lambda page: page.file)
def test_a_chapter_s_figures_are_numbered_as_they_stand(site, page):
    html = soup(site, page.file)
    assert html.select_one("article .kicker").get_text(strip=True) == f"Chapter {page.chapter}"
    kickers = [card.select_one(".lf-kicker").get_text() for card in html.select("[data-live-figure]")]
    assert kickers == [f"Live figure {page.chapter}.{n}" for n in range(1, len(kickers) + 1)]
    notebook = (site / "notebooks" / f"{page.file.split('/')[-1]}.ipynb").read_text(encoding="utf-8")
    for link in html.select("a:has(.figref)"):
        target, _, name = link["href"].partition("#fig-")
        there = soup(site, f"book/{target.removesuffix('.html')}") if target else html
        number = there.select_one(f'[data-live-figure="{name}"] .lf-kicker').get_text().removeprefix("Live figure ")
        assert link.get_text().lower() == f"figure {number}" and link.get_text() in notebook


# What readers wait for -----------------------------------------------------------------------------------------------


def test_nothing_is_published_that_no_page_asks_for(site):
    assert not [path for pattern in ("*.map", "*.po", "*.mo", "fa-*.ttf") for path in site.rglob(pattern)]
    assert not [path for kind in ("js", "css") for path in site.rglob(f"*.{kind}") if "sourceMappingURL=" in path.read_text(encoding="utf-8")]


def test_a_style_sheet_is_published_if_and_only_if_a_page_links_to_it(site):
    linked = {re.sub(r"[?#].*", "", tag["href"]).rpartition("/")[2] for page in PAGES for tag in soup(site, page).find_all("link", rel="stylesheet")}
    assert linked and linked == {path.name for path in site.rglob("*.css")}


def test_the_site_is_light(site, tmp_path):
    """With the wheel of its code, which `make downloads` adds; without the whole book, which that adds three times more."""
    weights = {path: path.stat().st_size for path in site.rglob("*") if path.is_file() and path.suffix not in (".pdf", ".epub", ".zip", ".whl")}
    weights |= {path: path.stat().st_size for path in [build_wheel(BOOK, tmp_path)]}
    assert len(weights) > 100 and sum(weights.values()) < 10e6, sorted(((size, path.name) for path, size in weights.items()), reverse=True)[:10]


def test_only_the_page_that_searches_loads_the_index(site):
    for path in [*(site / "book").glob("*.html"), site / "search.html"]:
        scripts = [tag["src"] for tag in parsed(path).find_all("script", src=True)]
        assert any("entries.js" in script for script in scripts) == (path.name == "search.html"), path


def test_a_rule_is_cut_if_and_only_if_a_class_of_it_is_nowhere():
    names = Names(['<p class="a b"></p>'], ['x.classList.add("open"); y = `tip-${side}`'])
    css = ".a{x:1}.c{x:2}.a,.c .a{x:3}.open{x:4}.tip-left{x:5}p:not(.c){x:6}@media print{.c{x:7}.b{x:8}}@media screen{.c{x:9}}@font-face{x:0}"
    assert used(css, names) == ".a{x:1}.a{x:3}.open{x:4}.tip-left{x:5}p:not(.c){x:6}@media print{.b{x:8}}@font-face{x:0}"


def test_a_property_is_cut_if_and_only_if_nothing_reads_it():
    names = Names(['<p style="color:var(--in-page)"></p>'], ["style.setProperty(`--ours-${side}`, 1)"])
    css = ':root{--in-page:1;--ours-left:2;--read:var(--by-one);--by-one:";}";--idle:url("a;b");--of-idle:3}p{x:var(--read);--idle-by-itself:var(--of-idle)}'
    assert without_idle_properties(css, names) == ':root{--in-page:1;--ours-left:2;--read:var(--by-one);--by-one:";}";}p{x:var(--read);}'


def test_a_page_has_the_scripts_that_serve_it_and_no_others(site):
    for path in (site / "book").glob("*.html"):
        html = parsed(path)
        asked = [name for tag in html.find_all("script", src=True) for name in tag.get("data-sources", tag["src"].partition("?")[0]).split()]
        loaded = {name.rpartition("/")[2] for name in asked}
        for script, served in {"design-tabs.js": ".sd-tab-set", "togglebutton.js": ".toggle, .admonition.dropdown", "copy.js": "div.highlight pre"}.items():
            assert (script in loaded) == bool(html.select(served)), (path.name, script)
        assert not loaded & {"doctools.js", "sphinx_highlight.js", "fontawesome.js"}, path.name


def test_what_the_theme_s_bootstrap_does_is_there_when_it_is_asked_for(server, browser):
    """The name of a button that is pointed at, and a menu, the first tap on which is what asks."""
    page = browser.new_context(has_touch=True).new_page()
    asked = []
    page.on("request", lambda request: asked.append(request.url.rpartition("/")[2].partition("?")[0]))
    page.goto(f"{server}/{PAGES[1]}.html")
    (one,) = [name for name in asked if name.startswith("scripts.")]
    made_of = page.locator(f'script[src$="{one}"]').get_attribute("data-sources").split()
    assert "scripts/bootstrap.js" in made_of and "bootstrap-whole.js" not in asked
    page.evaluate("""() => document.querySelector(".header-article-items__end").insertAdjacentHTML("beforeend",
        '<div class="dropdown"><button id="menu" data-bs-toggle="dropdown">Menu</button><ul class="dropdown-menu"><li>Item</li></ul></div>')""")
    page.locator("#menu").tap()
    page.locator(".dropdown-menu.show").wait_for()
    assert asked.count("bootstrap-whole.js") == 1
    page.locator("[data-bs-toggle=tooltip]:visible").first.hover()
    page.locator(".tooltip").wait_for()
    assert asked.count("bootstrap-whole.js") == 1
    page.context.close()


def test_no_rule_that_was_cut_matches_anything(site, server, browser):
    """Asked of every page, all of it open: what stands in the theme's sheets and not in the page's own."""
    static = site.parent / ".doctrees" / "sheets"  # where _ext/lean.py keeps what the published sheets are made of
    tab = browser.new_page()
    for page in PAGES:
        link = soup(site, page).select_one("link[data-sources]")
        tab.goto(f"{server}/{page}.html")
        full = "".join(sheet(static, name) for name in link["data-sources"].split())
        matched = tab.evaluate(
            """(full) => {
                const selectors = (rules) => [...rules].flatMap((r) => r.selectorText ? [r.selectorText] : r.cssRules && r.type !== CSSRule.KEYFRAMES_RULE ? selectors(r.cssRules) : []);
                const one = (list) => list.flatMap((s) => s.split(/,(?![^(]*[)])/)).map((s) => s.trim().replace(/::[\\w-]+(\\([^)]*\\))?|:(hover|focus|active|focus-visible|focus-within|before|after)\\b/g, ""));
                const sheet = new CSSStyleSheet();
                sheet.replaceSync(full);
                const kept = new Set(one(selectors([...document.styleSheets].find((s) => s.href?.includes("styles.")).cssRules)));
                const cut = [...new Set(one(selectors(sheet.cssRules)))].filter((s) => s && !kept.has(s));
                const matches = (s) => { try { return document.querySelector(s); } catch { return null; } };
                return [cut.length, cut.filter(matches)];
            }""",
            full,
        )
        assert matched[0] > 500 and not matched[1], page
    tab.close()


def test_every_link_within_the_site_arrives(site):
    """At a page or file that is there, and at an element of it; a live figure's state follows its name."""
    trees = {path: parsed(path) for path in site.rglob("*.html") if "_static" not in path.parts}
    ids = {path: {tag["id"] for tag in tree.find_all(id=True)} for path, tree in trees.items()}
    lost, followed = [], 0
    for path, tree in trees.items():
        for link in tree.find_all("a", href=True):
            address, _, anchor = link["href"].partition("#")
            if re.match(r"[a-z]+:|//", address):
                continue
            followed += 1
            target = (path.parent / unquote(address)).resolve() if address else path
            anchor = unquote(anchor).partition("?")[0]
            if not target.exists() or anchor and target in ids and anchor not in ids[target]:
                lost.append(f"{path.name}: {link['href']}")
    assert followed > 2000 and not lost, lost


def test_search_engines_get_one_title_one_description_one_viewport(site):
    titles = {}
    for path in [*(site / f"{page}.html" for page in PAGES), site / "search.html"]:
        head = parsed(path).head
        (title,), (description,) = head.find_all("title"), head.find_all("meta", attrs={"name": "description"})
        assert 20 < len(description["content"]) <= 202 and len(head.find_all("meta", attrs={"name": "viewport"})) == 1, path
        titles.setdefault(title.get_text(), path)
    assert len(titles) == len(PAGES) + 1
    assert "Allow: /" in (site / "robots.txt").read_text(encoding="utf-8")


def test_the_menu_numbers_chapters_as_the_pages_do(server, browser):
    tab = browser.new_page()
    tab.goto(f"{server}/{PAGES[0]}.html")
    links = tab.locator("#pst-primary-sidebar nav.bd-links a")
    shown = links.evaluate_all("(all) => all.map((a) => [a.textContent.trim(), getComputedStyle(a, '::before').content])")
    titles = [title for title, _ in shown]
    assert len({title.lower() for title in titles}) == len(titles), "two entries differ by a capital"
    assert [title for title in titles if title.startswith("Reference")] == ["References"], "the API goes by another name"
    numbers = [title for title, content in shown if "counter" in content]
    assert len(numbers) == sum(1 for page in numbered.pages() if page.chapter) and numbers == titles[: len(numbers)]
    tab.close()


def test_every_page_says_of_which_day_it_is_and_what_may_be_done_with_it(site):
    for page in PAGES:
        foot = soup(site, page).select_one("footer.bd-footer-content").get_text(" ", strip=True)
        assert re.search(r"facts as of \d+ \w+ 20\d\d", foot) and "CC BY 4.0" in foot and "The authors" in foot


def test_sources_of_one_author_and_year_are_told_apart(site):
    """No two entries of the list of references are called the same in the text."""
    called = {}
    for page in PAGES:
        for link in soup(site, page).select("article a.reference.internal[title], article .bibtex a, article a[href*='references.html#'], article a[href^='#id']"):
            text = link.get_text(strip=True)
            if re.search(r"\d{4}[a-z]?$", text):
                called.setdefault(text, set()).add(link["href"].split("#")[-1])
    assert called and not {text: ids for text, ids in called.items() if len(ids) > 1}
