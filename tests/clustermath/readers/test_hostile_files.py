"""What no file and no link may do to a page that takes them: break it, put elements into it, stop it, leave a number that is none."""

import base64
import json

import pytest
from living import living

from .bringing import CONFIG, EXAMPLES, answer_all, choose, state
from .examples import ROWS
from .test_in_the_page import damaged_files

HOSTILE = {
    "markup": ('{"model_type": "<img src=x onerror=alert(1)>"}', "model_type '<img src=x onerror=alert(1)>' is not known"),
    "HTML": ("<!doctype html><script>alert(1)</script>", "none of the known formats fits"),
    "binary": (bytes(range(256)) * 40, "this one is binary"),
    "another encoding": ("Ünïcödé wörds".encode("cp037") * 50, "another encoding"),
    "cut": (json.dumps(CONFIG)[:70], "JSON was expected: line 1"),
    "deep": ("[" * 10_000, "none of the known formats fits"),
    "deep in braces": ('{"a":' * 10_000, "nested more than 50 deep"),
    "twice": ('{"model_type": "llama", "model_type": "gpt2"}', "stands twice"),
    "empty": ("", "none of the known formats fits"),
    "NaN": (json.dumps(CONFIG | {"hidden_size": float("nan")}), "is not a number that a size can be"),
    "unknown": ('{"model_type": "llamma"}', "the nearest that is known is 'llama'"),
    "of another kind": (EXAMPLES["power"], "which says nothing that this figure asks for. Expected: a model’s config.json"),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_what_cannot_be_read_is_said_and_changes_nothing(name, opened):
    """In words, as text; then the next file is read as ever."""
    content, words = HOSTILE[name]
    page = opened("gpu-memory")
    before, elements = state(page, "gpu-memory"), page.locator("img, script").count()
    panel = choose(page, content, "<b>name</b>.json")
    alert = panel.get_by_role("alert")
    assert words in alert.inner_text() and len(alert.inner_text()) < 700
    assert alert.locator("*").count() == 0 and page.locator("img, script").count() <= elements + 2  # the two scripts that came
    assert state(page, "gpu-memory") == before
    choose(page, json.dumps(CONFIG))
    assert not alert.is_visible() and state(page, "gpu-memory") != before


def test_a_hybrid_has_no_place_in_a_figure_of_plain_layers(opened):
    name = next(known for known in ROWS if "qwen3-next" in known.lower())
    page = opened("gpu-memory")
    panel = choose(page, json.dumps(ROWS[name]["config"]))
    assert "have no place in this figure; they have in Your run" in panel.get_by_role("alert").inner_text()


BAD_LINKS = ("model=own", "model=own+layers", "model=own+layers+126", "model=own+layers+-1", "model=own+__proto__+1", "model=constructor", "model=own+layers+1e400")


@pytest.mark.parametrize("query", BAD_LINKS)
def test_a_record_of_ones_own_that_is_not_whole_is_not_taken_from_a_link(query, opened):
    page = opened("gpu-memory", query)
    assert state(page, "gpu-memory") == living("gpu-memory").defaults and "“model”" in page.locator(".lf-message").first.inner_text()


MUTATED = """async (files) => {
    const button = document.querySelector("[data-opens=Bring]");
    const figure = Object.values(livefigure.figures)[0];
    const bring = await figure.late(button);
    const answers = [];
    for (const [text, bytes] of files) {
        await bring.take(new File([bytes === null ? text : Uint8Array.from(atob(bytes), (letter) => letter.charCodeAt(0))], "file"));
        const numbers = Object.values(figure.state).every((value) => typeof value === "string" || Number.isFinite(value));
        answers.push([bring.refusal.textContent + bring.answer.textContent, numbers, bring.panel.querySelectorAll("img, script, iframe, a, svg").length]);
    }
    return answers;
}"""


def test_two_thousand_damaged_files_through_the_control(opened):
    """Each is answered in words, none with a fault or an element, and the figure lives on."""
    page = opened("your-run")
    files = [[file, None] if isinstance(file, str) else [None, base64.b64encode(file).decode()] for file in damaged_files(2_000)]
    answers = page.evaluate(MUTATED, files)
    assert len(answers) == 2_000 and all(15 < len(words) and numbers and not elements for words, numbers, elements in answers)
    assert not [words for words, _, _ in answers if words.startswith("The file could not be read")]
    taken = sum(words.startswith("Read as") for words, _, _ in answers)
    assert 400 < taken < 1_900
    assert page.locator('[data-state="live"]').count() == 1
    choose(page, json.dumps(CONFIG))
    answer_all(page.locator(".lf-bring"))
    assert state(page, "your-run")["hidden"] == 5120


LONG = """async ([size, line]) => {
    const button = document.querySelector("[data-opens=Bring]");
    const figure = Object.values(livefigure.figures)[0];
    const bring = await figure.late(button);
    const piece = new Blob([line.repeat(Math.ceil(1e6 / line.length))]);
    const file = new File(Array(Math.ceil(size / piece.size)).fill(piece), "long.log");
    globalThis.longest = 0;
    globalThis.shares = [];
    let before = performance.now();
    const tick = () => {
        longest = Math.max(longest, performance.now() - before);
        before = performance.now();
        shares.push(bring.bar.value);
        if (!bring.reading.hidden) requestAnimationFrame(tick);
    };
    const done = bring.take(file);
    requestAnimationFrame(tick);
    figure.change("tp", 4); // the reader plays on
    const moved = figure.values["total.final"];
    await done;
    return { size: file.size, longest, shares: shares.length, moved, told: bring.answer.textContent + bring.refusal.textContent };
}"""


def test_a_long_launch_log_leaves_the_page_alive_and_its_memory_small(opened):
    """Two hundred megabytes, as much as is read, in slices: progress was drawn meanwhile, and little of it is kept."""
    page = opened("gpu-memory")
    session = page.context.new_cdp_session(page)
    session.send("HeapProfiler.enable")

    def heap() -> float:
        session.send("HeapProfiler.collectGarbage")
        return session.send("Runtime.getHeapUsage")["usedSize"] / 1e6

    choose(page, json.dumps(CONFIG))
    before = heap()
    found = page.evaluate(LONG, [1.99e8, "--tensor-model-parallel-size 8 --pipeline-model-parallel-size 4 # " + "x" * 900 + "\n"])
    assert "Read as Megatron arguments" in found["told"] and found["shares"] > 20 and found["moved"] > 0
    assert heap() < before + 20
    assert state(page, "gpu-memory")["tp"] == 8
