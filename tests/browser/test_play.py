"""A slider that plays: by its button and by the space bar, to its end or round and round, until something stops it."""

import pytest
from livefigure import Slider
from living import NAMES, living, written_in

NAME, TIME = "gallery-playing", "hour"
PLAYING = written_in("plays=")
STATE = "([name, key]) => livefigure.figures[name].state[key]"
# The button's own doing, without waiting for its seconds: frames are handed out by the test, so many milliseconds apart.
FRAMES = """() => {
    const queue = new Map(), real = [requestAnimationFrame, cancelAnimationFrame];
    let [count, now] = [0, performance.now()];
    globalThis.requestAnimationFrame = (act) => (queue.set(++count, act), count);
    globalThis.cancelAnimationFrame = (id) => queue.delete(id);
    globalThis.frames = {
        pass(milliseconds) {
            now += milliseconds;
            const due = [...queue.values()];
            queue.clear();
            for (const act of due) act(now);
        },
        give_back() { [globalThis.requestAnimationFrame, globalThis.cancelAnimationFrame] = real; },
    };
}"""


def sliders_that_play(name: str) -> list[str]:
    return [key for key, control in living(name).controls.items() if getattr(control, "plays", 0)]


class Played:
    """A figure of the gallery whose slider plays, with the frames of its page in hand."""

    def __init__(self, page, name: str, key: str):
        self.page, self.name, self.key = page, name, key
        self.control = living(name).controls[key]
        self.root = page.locator(f'[data-live-figure="{name}"]')
        self.root.evaluate("(root) => root.querySelectorAll('details').forEach((d) => (d.open = true))")
        self.button = self.root.locator(f'.lf-control:has(input[name="{key}"]) [data-action="play"]')
        self.slider = self.root.locator(f'input[type=range][name="{key}"]')

    @property
    def value(self) -> float:
        return self.page.evaluate(STATE, [self.name, self.key])

    @property
    def plays(self) -> bool:
        return self.button.get_attribute("aria-pressed") == "true"

    def set(self, **inputs) -> None:
        """Nothing of this is announced later, when a test listens to what playing says."""
        self.page.evaluate("([name, inputs]) => { const f = livefigure.figures[name]; f.set({ ...f.defaults, ...inputs }); clearTimeout(f.announcing); }", [self.name, inputs])

    def pass_(self, milliseconds: float, frames: int = 1) -> None:
        self.page.evaluate("([each, frames]) => { for (let k = 0; k < frames; k++) globalThis.frames.pass(each); }", [milliseconds, frames])


@pytest.fixture
def played(examples):
    """`played()`: a figure at its defaults, and set back afterwards."""
    yield from players(examples)


@pytest.fixture
def played_anywhere(gallery):
    """`played_anywhere(name, key)`: the same with any figure of the book."""
    yield from players(gallery)


def players(page):
    made = []

    def take(name: str = NAME, key: str = TIME) -> Played:
        page.evaluate(FRAMES)
        made.append(Played(page, name, key))
        made[-1].set()
        return made[-1]

    yield take
    for one in made:
        if one.plays:
            one.button.click()
        one.set()
    page.evaluate("globalThis.frames.give_back()")
    page.evaluate("document.activeElement.blur()")


def test_some_figures_of_the_book_play():
    assert PLAYING == [name for name in NAMES if sliders_that_play(name)]
    assert TIME in sliders_that_play(NAME) and any(not name.startswith("gallery-") for name in PLAYING)


def test_nothing_plays_until_it_is_asked_to(played):
    here = played()
    here.pass_(50, 20)
    assert here.value == here.control.value and not here.plays


@pytest.mark.parametrize("name", PLAYING)
def test_it_goes_through_its_steps_in_its_seconds(name, played_anywhere):
    """From one end to the other, as fast as it says, every value one that Python takes and that the figure shows as Python does."""
    for key in sliders_that_play(name):
        goes_through(name, key, played_anywhere)


def goes_through(name, key, played):
    here, figure = played(name, key), living(name)
    low, high = here.control.low, here.control.high
    here.set(**{key: low})
    assert here.button.get_attribute("aria-label") == f"Play: {here.control.label}"
    here.button.click()
    assert here.plays
    here.pass_(0)  # from which it counts
    most = figure.evaluate(**{key: low})[here.control.at_most] if here.control.at_most else high
    seen, frames, seconds = [here.value], 12, here.control.plays * (most - low) / (high - low)
    for _ in range(frames):
        here.pass_(seconds * 1000 / frames / 100, 100)
        seen.append(here.value)
    here.pass_(1)
    seen.append(here.value)
    assert seen == sorted(seen) and seen[-1] == pytest.approx(most, rel=1e-9)
    if most == high and not here.control.log and not here.control.values:
        for k, value in enumerate(seen[:-1]):
            assert value == pytest.approx(low + (high - low) * k / frames, abs=(high - low) * 0.03 + (1 if here.control.integer else 0))
    for value in seen:
        figure.controls[key].resolve(key, value)
    state = here.page.evaluate("(name) => livefigure.figures[name].state", name)
    for output in here.root.locator("output[name]").all():
        number = figure.evaluate(**state)[output.get_attribute("name")]
        assert float(output.get_attribute("data-value") or "nan") == pytest.approx(number, rel=1e-9, nan_ok=True)


def test_at_its_end_it_begins_again(played):
    here = played()
    here.set(hour=17)
    here.button.click()
    here.pass_(50)
    assert here.plays and here.value < 8, "from its end it begins anew"
    here.pass_(100, 90)
    assert here.plays, "and goes round"
    here.button.click()
    assert not here.plays


def test_at_its_end_it_stops(played_anywhere):
    other = played_anywhere(*next((name, key) for name in PLAYING for key in sliders_that_play(name) if not living(name).controls[key].loops))
    other.button.click()
    other.pass_(100, int(other.control.plays * 10) + 20)
    assert not other.plays


def test_the_space_bar_on_button_and_slider(played):
    here = played()
    for element in (here.button, here.slider):
        element.focus()
        before = here.page.evaluate("scrollY")
        here.page.keyboard.press("Space")
        assert here.plays and here.page.evaluate("scrollY") == before
        here.pass_(50, 4)
        moved = here.value
        here.page.keyboard.press("Space")
        here.pass_(50, 4)
        assert not here.plays and here.value == moved != here.control.value


def test_a_hand_on_the_slider_or_in_the_box_stops_it_and_another_slider_does_not(played):
    here = played()
    here.button.click()
    here.root.locator('input[type=range][name="latitude"]').press("ArrowRight")
    here.pass_(50, 3)
    assert here.plays
    here.slider.press("ArrowRight")
    here.pass_(50)
    assert not here.plays
    here.button.click()
    here.root.locator(f'input[type=text][name="{TIME}"]').focus()
    assert not here.plays
    here.button.click()
    here.slider.dispatch_event("pointerdown")
    assert not here.plays
    here.button.click()
    here.root.locator('[data-action="reset"]').click()
    here.pass_(50, 2)
    assert not here.plays and here.value == here.control.value


def test_after_a_halt_time_goes_on_from_where_it_was(played):
    here = played()
    here.button.click()
    here.pass_(60_000)
    assert here.value - here.control.value <= (here.control.high - here.control.low) * 0.15 / here.control.plays + 0.05


def test_it_stops_out_of_view_and_in_a_hidden_tab(played):
    here = played()
    here.button.click()
    here.page.evaluate("() => { Object.defineProperty(document, 'hidden', { value: true, configurable: true }); document.dispatchEvent(new Event('visibilitychange')); delete document.hidden; }")
    assert not here.plays
    here.button.click()
    assert here.plays
    other = here.page.locator("[data-live-figure]").first if here.root.evaluate("(e) => e.offsetTop") > 3000 else here.page.locator("[data-live-figure]").last
    other.scroll_into_view_if_needed()
    here.page.wait_for_function("(name) => document.querySelector(`[data-live-figure='${name}'] [data-action=play]`).ariaPressed === 'false'", arg=NAME, polling=50)


def test_while_it_plays_a_screen_reader_hears_nothing_and_then_one_sentence(played):
    here = played()
    said = here.root.locator(".lf-announce")
    here.root.evaluate("(root) => (root.querySelector('.lf-announce').textContent = '')")
    here.button.click()
    for _ in range(4):
        here.pass_(80, 2)
        assert said.text_content() == ""
    here.button.click()
    here.page.wait_for_function("(name) => document.querySelector(`[data-live-figure='${name}'] .lf-announce`).textContent !== ''", arg=NAME, polling=50)
    assert said.text_content() == here.root.locator(".lf-drawing").get_attribute("aria-label")


def test_the_link_tells_where_it_stopped(played):
    here = played()
    here.button.click()
    here.pass_(80, 6)
    here.button.click()
    assert here.page.evaluate("location.hash") == f"#fig-{NAME}?{TIME}={here.value:.12g}"


def test_who_wants_no_motion_gets_steps(browser, tmp_path):
    import livefigure
    from figures.gallery import playing

    file = tmp_path / "still.html"
    file.write_text(livefigure.page(playing.figure()), encoding="utf-8")
    page = browser.new_page(reduced_motion="reduce")
    page.goto(file.as_uri())
    button = page.get_by_role("button", name="Step: time of day")
    assert button.get_attribute("aria-pressed") is None
    seen = []
    for _ in range(14):
        button.click()
        seen.append(page.evaluate(STATE, [NAME, TIME]))
        assert page.evaluate("(wait) => new Promise((done) => setTimeout(done, wait))", 5) is None
        assert page.evaluate(STATE, [NAME, TIME]) == seen[-1]
    assert seen[0] > 9 and 17 in seen and seen[seen.index(17) + 1] == 7
    page.close()


def test_without_its_script_there_is_no_button(browser, tmp_path):
    import livefigure
    from figures.gallery import playing

    file = tmp_path / "page.html"
    file.write_text(livefigure.page(playing.figure()), encoding="utf-8")
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(file.as_uri())
    assert not page.locator(".lf-play").is_visible()
    context.close()


@pytest.mark.parametrize("options", [{"plays": -1}, {"plays": float("nan")}, {"loops": True}])
def test_what_can_not_play_is_refused(options):
    with pytest.raises(ValueError, match="it plays for a number of seconds"):
        Slider(0, 1, 0.5, "x", **options)
