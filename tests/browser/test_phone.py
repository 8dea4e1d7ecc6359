"""A reader with a phone, who taps: the drawer, the exercises, the figures."""

import re
from urllib.parse import parse_qsl

import pytest
from living import living
from reading import followed, watched

PHONE = {"viewport": {"width": 390, "height": 844}, "has_touch": True, "is_mobile": True, "device_scale_factor": 2}
CHAPTERS = ("fifty-four-days", "ten-times-faster", "parallelism", "interconnect", "power", "failures", "seven-models")


@pytest.fixture(scope="module")
def phone(browser, server):
    with watched(browser, server, **PHONE) as page:
        yield page


@pytest.mark.parametrize("width", [390, 800])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_chapters_menu_lies_on_the_page_and_not_in_it(browser, server, width, scheme):
    with watched(browser, server, **PHONE | {"viewport": {"width": width, "height": 844}}, color_scheme=scheme) as page:
        page.goto(f"{server}/book/parallelism.html")
        page.locator(".primary-toggle").first.tap()
        drawer = page.locator("dialog[open]")
        assert drawer.get_by_role("link", name="Failures").is_visible()
        paper = page.evaluate("getComputedStyle(document.body).backgroundColor")
        assert re.fullmatch(r"rgb\(.*\)", paper) and drawer.evaluate("(e) => getComputedStyle(e).backgroundColor") == paper


@pytest.mark.parametrize("chapter", CHAPTERS)
def test_a_solution_opens_wherever_its_title_is_tapped(chapter, phone, server):
    phone.goto(f"{server}/book/{chapter}.html")
    solutions = phone.locator(".solution.admonition")
    assert solutions.count() >= 5
    for k, solution in enumerate(solutions.all()):
        title, content = solution.locator(".admonition-title").first, solution.locator("section").first
        assert not content.is_visible()
        width = title.bounding_box()["width"]
        x = (20, width / 2, width - 20)[k % 3]
        title.tap(position={"x": x, "y": 20})
        assert content.is_visible(), f"{title.inner_text()} tapped at {x}"
        title.tap(position={"x": width - x, "y": 20})
        assert not content.is_visible()
    assert "#" not in phone.url


@pytest.mark.parametrize("chapter", CHAPTERS)
def test_no_answer_stands_in_the_open(chapter, phone, server):
    """What a cell of the exercises prints is part of a folded solution."""
    phone.goto(f"{server}/book/{chapter}.html")
    assert phone.locator("#exercises .cell:visible").count() == 0
    assert not re.search(r"change the cell|use the cell", phone.locator("#exercises").inner_text(), re.IGNORECASE)


def test_a_link_in_the_text_sets_the_figure(phone, server, site):
    """By tap, in every chapter; what it asks for is possible, and the figure comes into view."""
    found = 0
    for chapter in CHAPTERS:
        phone.goto(f"{server}/book/{chapter}.html")
        for link in phone.locator('article a[href^="#fig-"][href*="?"]:not(.lf-goal a)').all():
            name, _, query = link.get_attribute("href").removeprefix("#fig-").partition("?")
            figure = living(name)
            wanted = {key: value if isinstance(figure.defaults[key], str) else float(value) for key, value in parse_qsl(query)}
            figure.resolve(wanted)  # ValueError for what can't be
            if not link.is_visible():  # in a note that is folded
                link.locator("xpath=ancestor::div[contains(@class, 'dropdown')]").locator(".admonition-title").first.tap()
            link.tap()
            phone.wait_for_function("(name) => document.querySelector(`[data-live-figure=\"${name}\"]`).getBoundingClientRect().top < 200", arg=name)
            assert followed(phone, name, wanted) == figure.defaults | wanted
            assert not phone.locator(f'[data-live-figure="{name}"] .lf-message').is_visible()
            found += 1
    assert found >= 6


# Figures ------------------------------------------------------------------------------------------------------------

# How far below the top of its card each slider is, over its whole range: [name, lowest, highest].
HEIGHTS = """(all) => all.flatMap((root) => {
    root.querySelectorAll("details").forEach((d) => (d.open = true));
    const figure = livefigure.figures[root.dataset.liveFigure];
    return [...root.querySelectorAll("input[type=range][name]")].map((slider) => {
        const heights = [];
        figure.set(figure.defaults);
        for (let k = 0; k <= 24; k++) {
            if (slider.disabled) break;
            slider.value = Math.round((k / 24) * slider.max);
            slider.dispatchEvent(new Event("input", { bubbles: true }));
            heights.push(slider.getBoundingClientRect().top - root.getBoundingClientRect().top);
        }
        figure.set(figure.defaults);
        return [`${root.dataset.liveFigure} ${slider.name}`, Math.min(...heights), Math.max(...heights)];
    });
})"""


def test_no_slider_moves_under_the_thumb(phone, server, homes):
    """Whatever the readouts above it say along its way, on narrow phones, too. A guess hides them, and may go."""
    seen = 0
    for address in sorted(set(homes.values())):
        phone.goto(f"{server}/{address}")
        for button in phone.locator('[data-action="skip"]').all():
            button.evaluate("(b) => b.click()")
        for width in (360, PHONE["viewport"]["width"]):
            phone.set_viewport_size(PHONE["viewport"] | {"width": width})
            found = phone.locator("[data-live-figure]").evaluate_all(HEIGHTS)
            seen += len(found)
            assert [(name, width, highest - lowest) for name, lowest, highest in found if highest - lowest > 0.5] == []
    assert seen > 160


def test_what_a_guess_reveals_calls_no_keyboard(phone, server):
    phone.goto(f"{server}/book/fifty-four-days.html")
    card = phone.locator('[data-live-figure="four-clocks"]')
    card.get_by_role("button", name="Show me").tap()
    assert phone.evaluate("document.activeElement.className") == "lf-guessed"
    assert card.locator(".lf-guessed").inner_text().startswith("The arithmetic says")  # nothing was guessed
    phone.reload()
    card.locator(".lf-guess input").tap(position={"x": 60, "y": 22})
    card.get_by_role("button", name="Show me").tap()
    assert card.locator(".lf-guessed").inner_text().startswith("You said")


def test_the_chosen_preset_is_in_view(phone, server, homes):
    hidden = """(all) => all.flatMap((root) => [...root.querySelectorAll('[aria-pressed="true"]')].slice(0, 1).filter((button) => {
        const [row, box] = [button.parentElement.getBoundingClientRect(), button.getBoundingClientRect()];
        return box.left < row.left - 1 || box.right > row.right + 1;
    }).map((button) => `${root.dataset.liveFigure}: ${button.textContent}`))"""
    settle = "() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(() => done(true))))"
    for address in sorted(set(homes.values())):
        phone.goto(f"{server}/{address}")
        figures = phone.locator("[data-live-figure]")
        phone.evaluate(settle)
        assert figures.evaluate_all(hidden) == []
        figures.evaluate_all("(all) => all.forEach((root) => [...root.querySelectorAll('[data-preset]')].at(-1)?.click())")
        phone.evaluate(settle)
        assert figures.evaluate_all(hidden) == []


@pytest.mark.parametrize("width", [390, 1440])
def test_the_bar_is_as_wide_as_a_card_and_hides_no_heading(browser, server, width):
    with watched(browser, server, viewport={"width": width, "height": 844}) as page:
        page.goto(f"{server}/book/failures.html")
        bar, card = page.locator(".bd-header-article").bounding_box(), page.locator("[data-live-figure]").first.bounding_box()
        assert bar["x"] <= card["x"] + 0.5 and bar["x"] + bar["width"] >= card["x"] + card["width"] - 0.5
        places = page.locator("article :is(h2, h3)").evaluate_all(
            """(all) => all.map((heading) => {
                location.hash = heading.closest("section").id;
                return heading.getBoundingClientRect().top - document.querySelector(".bd-header-article").getBoundingClientRect().bottom;
            })"""
        )
        assert len(places) > 5 and min(places) >= 0
        assert page.locator("#pst-back-to-top").count() == 0  # it lay over labels


def test_the_wall_is_felt(phone, server):
    """At ten times the dot and the days are hollow and say that it can't be, and the thumb is where the hand has put it."""
    phone.goto(f"{server}/book/index.html")
    card = phone.locator('[data-live-figure="how-many-days"]')
    slider = card.locator("input[type=range][name=speedup]")
    slider.scroll_into_view_if_needed()
    before = slider.bounding_box()
    texts = card.locator(".lf-narrow svg text")
    seen = "(all) => all.filter((t) => t.checkVisibility({ visibilityProperty: true, opacityProperty: true })).map((t) => t.textContent)"
    assert any("67.1 days" in text for text in texts.evaluate_all(seen)) and not any("Not on these chips" in text for text in texts.evaluate_all(seen))
    slider.tap(position={"x": before["width"] - 3, "y": 22})
    assert phone.evaluate("livefigure.figures['how-many-days'].state.speedup") == 10
    assert any("Not on these chips" in text for text in texts.evaluate_all(seen)) and not any("67.1 days" in text for text in texts.evaluate_all(seen))
    assert slider.bounding_box() == before
    assert "more than there is" in card.inner_text()


@pytest.mark.parametrize("height", [640, 844])
def test_what_it_would_take_is_answered_in_view(height, browser, server):
    """Asked by Enter, where the answer stands further down than the question."""
    with watched(browser, server, **PHONE | {"viewport": {"width": 360, "height": height}}) as page:
        page.goto(f"{server}/book/fifty-four-days.html")
        card = page.locator('[data-live-figure="fifty-four-days"]')
        card.get_by_role("button", name="Explore").tap()
        wanted, answer = card.locator(".lf-explore form input"), card.locator(".lf-explore form + p")
        wanted.wait_for()
        wanted.evaluate("(box) => scrollBy(0, box.getBoundingClientRect().bottom - innerHeight + 4)")  # at the screen's lower end
        wanted.fill("30")
        wanted.press("Enter")
        box = answer.bounding_box()
        assert "It takes" in answer.inner_text() and 0 <= box["y"] and box["y"] + box["height"] <= height + 0.5
        assert card.locator(".lf-explore form + p button").is_visible()


def test_a_link_that_cannot_be_followed_says_so_in_view(phone, server):
    phone.goto("about:blank")
    phone.goto(f"{server}/book/fifty-four-days.html#fig-fifty-four-days?gpus=many&speedup=3")
    card = phone.locator('[data-live-figure="fifty-four-days"]')
    message = card.locator(".lf-message")
    phone.wait_for_function("() => document.querySelector('#fig-fifty-four-days').getBoundingClientRect().top < 200")
    box = message.bounding_box()
    assert "gpus" in message.inner_text() and 56 <= box["y"] and box["y"] + box["height"] < 844


TYPED = [
    ("fifty-four-days", "gpus", "16.384", None, "is not a whole number"),
    ("fifty-four-days", "gpus", "1.000", None, "is not a whole number"),
    ("fifty-four-days", "gpus", "16,384", 16384, ""),
    ("fifty-four-days", "gpus", "16.384k", 16384, ""),
    ("fifty-four-days", "gpus", "1.1M", 1_100_000, ""),
    ("fifty-four-days", "gpus", "1000.5", None, "is not a whole number"),
    ("fifty-four-days", "speedup", "2,5", None, "with a point: 2.5"),
    ("seven-models", "imagine_params", "1T", 1e12, ""),
    ("seven-models", "imagine_params", "70M", 7e7, ""),
    ("seven-models", "imagine_tokens", "500B", 5e11, ""),
    ("network-bound", "nic", "0.4 Tb/s", 5e10, ""),
]


@pytest.mark.parametrize("name, box, text, value, fault", TYPED)
def test_a_box_takes_what_people_write_and_guesses_nothing(name, box, text, value, fault, phone, server, homes):
    phone.goto(f"{server}/{homes[name]}")
    field = phone.locator(f'[data-live-figure="{name}"] input[type=text][name="{box}"]')
    before = phone.evaluate("([name, box]) => livefigure.figures[name].state[box]", [name, box])
    phone.locator("[data-live-figure] details").evaluate_all("(all) => all.forEach((d) => (d.open = true))")
    field.tap()
    field.fill(text)
    field.press("Enter")
    after = phone.evaluate("([name, box]) => livefigure.figures[name].state[box]", [name, box])
    error = phone.locator(f'[data-live-figure="{name}"] .lf-control:has([name="{box}"]) .lf-error')
    assert after == pytest.approx(before if value is None else value, rel=1e-12)
    assert error.is_visible() == bool(fault) and fault in error.inner_text()


# Search -------------------------------------------------------------------------------------------------------------


ASKED_FOR = [
    ("checkpoints", "checkpoint", "glossary"),
    ("expert parallel", "expert parallelism", "glossary"),
    ("claim 004-10", "Training Llama 3.1 405B took Meta 54 days.", "claim"),
    ("figure 4.2", "Interconnect bandwidth: How large must a message be", "live figure"),
    ("4.2", "Interconnect bandwidth: How large must a message be", "live figure"),
    ("equation 1", "Fifty-four days: T = F / (N · C · MFU · g) (1)", "formula"),
    ("10x faster", "Fifty-four days: Three, four, five, ten times faster", ""),
]


@pytest.mark.parametrize("question, title, kind", ASKED_FOR)
def test_what_is_asked_for_by_its_name_comes_first(question, title, kind, phone, server):
    """A word in its singular, a thing by its number; and 10x is a number."""
    phone.goto(f"{server}/search.html?q={question.replace(' ', '+')}")
    first = phone.locator("#search-results li").first
    assert first.locator("a").inner_text().startswith(title)
    assert first.locator(".small").inner_text().startswith(kind)


def test_a_word_too_many_is_left_out_and_the_search_says_so(phone, server):
    phone.goto(f"{server}/search.html?q=goodput+zeppelin")
    assert phone.locator("#search-results li").count() > 5
    assert "No place has all of “goodput zeppelin”" in phone.locator("#search-results [role=status]").inner_text()
    phone.goto(f"{server}/search.html?q=zeppelin")
    assert phone.locator("#search-results [role=status]").inner_text() == "Nothing is found for “zeppelin”."


@pytest.mark.parametrize("question, page", [("54", "Fifty-four days"), ("Colossus2", "Power delivery"), ("Colossus 2", "Power delivery"), ("goodput", "Failures")])
def test_search_finds_what_the_book_is_about_and_quotes_it(question, page, phone, server):
    """Chapters first, functions after them; each with the place where the words stand."""
    phone.goto(f"{server}/search.html?q={question.replace(' ', '+')}")
    hits = phone.locator("#search-results li")
    hits.first.wait_for()
    phone.wait_for_function("() => document.querySelector('#search-results .search-summary, #search-results p')")
    titles = hits.locator("a").all_inner_texts()
    assert any(title.startswith(page) for title in titles), titles
    functions = [k for k, href in enumerate(hits.locator("a").evaluate_all("(all) => all.map((a) => a.href)")) if "/api" in href and "#" in href and ":~:" not in href]
    assert not functions or min(functions) > titles.index(next(title for title in titles if title.startswith(page)))
    quotes = {hit.locator("a").first.inner_text(): hit.locator("p.context").first.inner_text() for hit in hits.all() if hit.locator("p.context").count()}
    quoted = next(quote for title, quote in quotes.items() if title.startswith(page))
    word = re.match(r"[a-z]+|\d+", question.lower())[0]
    assert re.search(rf"(?<![\w.,]){word}", quoted.lower()), "the place where the word begins, in the chapter's own text"
    assert not any("Contents" in quote for quote in quotes.values())
    field = phone.locator("main input[name=q], .bd-search input[name=q]").last
    icon = phone.locator(".bd-search .fa-magnifying-glass").last
    assert icon.bounding_box()["x"] + icon.bounding_box()["width"] <= field.bounding_box()["x"] + float(field.evaluate("(e) => parseFloat(getComputedStyle(e).paddingLeft)"))
