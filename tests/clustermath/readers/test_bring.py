"""Bring your own: a file that is chosen, dropped or pasted becomes a state of the figure, in a page opened from disk."""

import base64
import json
import re
from urllib.parse import parse_qs, urlsplit

import pytest
from _ext.policy import with_policy
from clustermath.readers import read
from clustermath.readers.page import script as readers_script
from figures.own_model import SIZES, shape_of
from figures.pages import places
from figures.workloads import INFINITE, machine_with, time_of_step
from living import NAMES, living, written_in
from livefigure.assets import later_script, runtime_script, stylesheet
from livefigure.look import css_variables
from rjsmin import jsmin

from .examples import LOGS, OTHERS, ROWS
from .test_in_the_page import damaged_files

TAKING = sorted(written_in("takes="))
CONFIG = {
    "model_type": "llama", "hidden_size": 5120, "intermediate_size": 13824, "num_hidden_layers": 40, "num_attention_heads": 40,
    "num_key_value_heads": 8, "vocab_size": 100_000, "max_position_embeddings": 4096, "tie_word_embeddings": False,
}  # fmt: skip
EXAMPLES = {"config": json.dumps(CONFIG), "recipe": OTHERS["recipe"] + "cfg.model.pipeline_model_parallel_size = 8\n", "log": LOGS["deepspeed"], "mllog": LOGS["mlperf"], "collectives": OTHERS["nccl"], "power": OTHERS["nvidia-smi"]}


@pytest.fixture(scope="session")
def shelf(tmp_path_factory):
    """A folder with a page for each figure that takes files, and the scripts beside it, as the site has them."""
    folder = tmp_path_factory.mktemp("bring")
    for file, text in {"later.js": later_script(), "runtime.js": runtime_script("later.js"), "readers.js": readers_script()}.items():
        (folder / file).write_text(jsmin(text), encoding="utf-8")
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


def state(page, name) -> dict:
    return page.evaluate("(name) => livefigure.figures[name].state", name)


def open_panel(page):
    page.get_by_role("button", name="Bring your own").click()
    panel = page.locator(".lf-bring")
    panel.wait_for()
    return panel


def choose(page, content: str | bytes, name="config.json"):
    panel = page.locator(".lf-bring")
    if not panel.is_visible():
        panel = open_panel(page)
    panel.locator("input[type=file]").set_input_files({"name": name, "mimeType": "", "buffer": content if isinstance(content, bytes) else content.encode()})
    page.wait_for_function("() => document.querySelector('.lf-bring p:has(progress)').hidden")
    return panel


DROP = """([selector, text]) => {
    const transfer = new DataTransfer();
    transfer.items.add(new File([text], "config.json"));
    const fire = (type) => document.querySelector(selector).dispatchEvent(new DragEvent(type, { dataTransfer: transfer, bubbles: true, cancelable: true }));
    return [fire("dragover"), fire("drop")];
}"""
PASTE = """(text) => {
    const clipboardData = new DataTransfer();
    clipboardData.setData("text/plain", text);
    document.querySelector(".lf-bring textarea").dispatchEvent(new ClipboardEvent("paste", { clipboardData, bubbles: true, cancelable: true }));
}"""


def bring(page, how: str, text: str):
    """Bring the text in one of the ways; gives the panel."""
    if how == "choose":
        return choose(page, text)
    if how == "drop":
        assert page.evaluate(DROP, [".lf-drawing", text]) == [False, False]  # both taken, or the browser would leave the page
    else:
        panel = open_panel(page)
        if how == "paste":
            page.evaluate(PASTE, text)
        else:
            panel.locator("textarea").fill(text)
            panel.get_by_role("button", name="Read the text").click()
    page.locator('.lf-bring [role="status"] p, .lf-bring [role="alert"]:not([hidden])').first.wait_for()
    return page.locator(".lf-bring")


@pytest.mark.parametrize("how", ["choose", "drop", "paste", "type"])
def test_a_config_becomes_the_figures_model(how, opened):
    """Python, given the state that the link holds, computes what the page shows; and the link restores it."""
    page = opened("gpu-memory")
    panel = bring(page, how, json.dumps(CONFIG))
    assert "Taken: model your own" in panel.inner_text() and "sequences of 4,096 tokens" in panel.inner_text()
    now, figure = state(page, "gpu-memory"), living("gpu-memory")
    resolved = figure.resolve(now)["model"]
    read_here = read(json.dumps(CONFIG)).record
    assert all(getattr(resolved, name.removeprefix("model.")) == getattr(read_here, name.removeprefix("model.")) for name in figure.trace.inputs if name.startswith("model."))
    shown = float(page.locator('output[name="total.final"]').get_attribute("data-value"))
    assert shown == pytest.approx(figure.evaluate(**now)["total.final"], rel=1e-9)
    query = urlsplit(page.url).fragment.partition("?")[2]
    assert parse_qs(query)["model"] == [now["model"]] and len(query) < 800
    again = opened("gpu-memory", query)
    assert state(again, "gpu-memory") == now and again.locator("select[name=model] option:checked").inner_text() == "your own"
    assert "your own on" in again.locator(".lf-drawing").get_attribute("aria-label")


def test_the_figures_that_take_files_are_tried_here():
    assert TAKING == sorted(name for name in NAMES if living(name).takes)


@pytest.mark.parametrize("name", TAKING)
def test_every_figure_takes_an_example_of_each_kind_it_names(name, opened):
    """What it is asked is answered; afterwards Python computes the same from the state, and the link restores it."""
    figure = living(name)
    for take in figure.takes:
        page = opened(name)
        said = "num_nodes = 64\nnum_gpus_per_node = 8\n" if "gpus" in take.lacks else ""
        panel = choose(page, EXAMPLES[take.kind] + said)
        answer_all(panel)
        assert not panel.get_by_role("alert").is_visible(), panel.inner_text()
        assert "Taken: " in panel.inner_text() and "nothing that" not in panel.inner_text(), panel.inner_text()
        now = state(page, name)
        assert now != figure.defaults
        found = figure.evaluate(**now)
        for readout in figure.readouts:
            value = page.locator(f'output[name="{readout.output}"]').first.get_attribute("data-value")
            assert float(value or "nan") == pytest.approx(found[readout.output], rel=1e-9, nan_ok=True), (take.kind, readout.output)
        query = urlsplit(page.url).fragment.partition("?")[2]
        assert len(query) < 1900
        again = opened(name, query)
        assert state(again, name) == now and not again.locator(".lf-message:visible").count()
        page.close()
        again.close()


def answer_all(panel):
    form = panel.locator("form")
    if not form.count():
        return
    for box in form.locator("input").all():
        box.fill("512")
    for select in form.locator("select").all():
        select.select_option("H100 SXM")
    form.get_by_role("button", name="Show it").click()


LAUNCHED = "--tensor-model-parallel-size 4 --pipeline-model-parallel-size 4 --num-nodes 64 --nproc-per-node 8 --seq-length 4096 --global-batch-size 1024 --bf16 --num-gpus-per-node 8\n"


def test_a_step_of_chapter_4_takes_a_model_and_then_its_layout(opened):
    """How long it computes is what Python's step model says of the whole, with links that take no time."""
    page = opened("step-traffic")
    choose(page, json.dumps(CONFIG))
    panel = choose(page, LAUNCHED)
    assert "Taken: training step your own" in panel.inner_text(), panel.inner_text()
    resolved = living("step-traffic").resolve(state(page, "step-traffic"))["workload"]
    assert resolved["shape"].hidden == 5120 and (resolved["layout"].tp, resolved["layout"].pp, resolved["layout"].dp) == (4, 4, 32) and resolved["batch"].seq_len == 4096
    instant = machine_with(resolved["machine"], nvlink=INFINITE, nic=INFINITE)
    assert resolved["computing"] == pytest.approx(float(time_of_step(resolved, instant)), rel=1e-9)
    assert float(page.locator('output[name="computing"]').get_attribute("data-value")) == resolved["computing"]
    panel = choose(page, LAUNCHED + "--micro-batch-size 2")
    assert "microbatches of several sequences" in panel.get_by_role("alert").inner_text()
    for said in ("--use-megatron-fsdp", "--use-torch-fsdp2", "--data-parallel-sharding-strategy optim_grads_params"):
        before = state(page, "step-traffic")
        panel = choose(page, LAUNCHED + said)
        assert "weights that ranks share (FSDP)" in panel.get_by_role("alert").inner_text() and state(page, "step-traffic") == before
    panel = choose(page, LAUNCHED + "--use-distributed-optimizer")
    assert not panel.get_by_role("alert").is_visible() and "ranks share the optimizer’s states" in panel.inner_text()
    panel = choose(page, LAUNCHED.replace("--num-nodes 64", ""))
    assert "how many GPUs there are" in panel.get_by_role("alert").inner_text()


def test_a_model_of_fewer_layers_than_pieces_is_called_extrapolated(opened):
    page = opened("network-bound")
    choose(page, json.dumps(CONFIG | {"num_hidden_layers": 16}))
    assert page.evaluate("livefigure.figures['network-bound'].values.beyond") == 1


def test_your_run_is_the_model_of_the_file(opened):
    """Every number, also of layers of other kinds; the step that was measured for another model is gone."""
    for row in ("nemotron 3 nano", "llama 3.1 405b", "qwen3-next 80b"):
        name = next(known for known in ROWS if row.split()[0] in known.lower() and (row.split()[-1] in known.lower()))
        page = opened("your-run")
        panel = choose(page, json.dumps(ROWS[name]["config"]))
        answer_all(panel)
        now = state(page, "your-run")
        shape, expected = shape_of(now), read(json.dumps(ROWS[name]["config"])).record
        assert float(page.locator('output[name="params"]').get_attribute("data-value")) == ROWS[name]["total"], name
        assert now["measured"] == 0 and now["gpus"] == 512 and shape.layers == expected.layers
        page.close()


def test_an_mlperf_log_is_not_taken_before_the_gpus_and_the_chip_are_said(opened):
    page = opened("your-run")
    before = state(page, "your-run")
    panel = choose(page, EXAMPLES["mllog"])
    assert "It does not say" in panel.inner_text() and state(page, "your-run") == before
    panel.get_by_role("button", name="Show it").click()
    assert state(page, "your-run") == before  # the browser holds back a form with empty fields
    panel.locator("form input").fill("lots")
    panel.locator("form select").select_option("H200 SXM")
    panel.get_by_role("button", name="Show it").click()
    assert "“lots” is not possible. GPUs: 1 to" in panel.get_by_role("alert").inner_text() and state(page, "your-run") == before
    panel.locator("form input").fill("1,024")
    panel.get_by_role("button", name="Show it").click()
    now = state(page, "your-run")
    assert (now["gpus"], now["chip"], now["sequences"]) == (1024, "H200 SXM", 1152) and now["measured"] > 0


def test_deepspeeds_samples_per_second_are_a_step_once_its_sequences_are_said(opened):
    page = opened("your-run")
    panel = choose(page, LOGS["deepspeed, throughput"])
    assert "It does not say" in panel.inner_text() and "sequences" in panel.inner_text()
    answer_all(panel)
    now = state(page, "your-run")
    assert (now["samples"], now["sequences"], now["measured"]) == (12.4, 512, 0) and page.evaluate("livefigure.figures['your-run'].values.clock") == pytest.approx(512 / 12.4)


def onward(page) -> dict[str, str]:
    """Figure → the state that a link to it holds, once a hand is near; of those that are shown."""
    page.locator(".lf-onward").evaluate("(d) => (d.open = true)")
    page.locator(".lf-onward summary").hover()
    page.locator('.lf-onward a[href*="?"]').first.wait_for(state="attached")
    links = page.locator(".lf-onward li:visible a").evaluate_all("(all) => all.map((a) => a.getAttribute('href'))")
    return {fragment.partition("?")[0]: fragment.partition("?")[2] for fragment in (link.partition("#fig-")[2] for link in links)}


def test_your_run_leads_into_every_chapter_in_the_same_state(opened):
    """Each link's state is possible there and has the run's own numbers; what it opens has nothing to complain of."""
    page = opened("your-run")
    answer_all(choose(page, json.dumps(CONFIG)))
    here, values = state(page, "your-run"), page.evaluate("livefigure.figures['your-run'].values")
    links = onward(page)
    assert {places()[name].page.chapter for name in links} > {1, 2, 3, 4, 5, 6, 7}
    for name, query in links.items():
        figure, said = living(name), {key: text for key, (text,) in parse_qs(query).items()}
        at = figure.resolve(said)
        if "model" in said:
            assert all(getattr(at["model"], field) == here[field] for field in SIZES), name
        assert "gpus" not in said or at["gpus"] == here["gpus"] == 512
        assert "mfu" not in said or float(at["mfu"]) == values["mfu"]
    there = opened("gpu-memory", links["gpu-memory"])
    assert not there.locator(".lf-message:visible").count()
    assert float(there.locator('output[name="of_hbm"]').get_attribute("data-value")) == pytest.approx(values["of_hbm"], rel=1e-6)


SIZES_MEASURED = [2**k for k in range(10, 34)]
PERF = "# all_reduce_perf -b 1K -e 8G -f 2\n" + "\n".join(
    f"  {size} {size // 4} float sum -1 {20 + size / 4.0e5:.2f} {size / (20 + size / 4.0e5) / 1e3:.2f} {1.75 * size / (20 + size / 4.0e5) / 1e3:.2f} 0" for size in SIZES_MEASURED
)


def test_a_measured_table_is_drawn_row_by_row_with_its_fit(opened):
    """Rows that follow 20 µs + size / 400 GB/s among 8 ranks, as they are and where a reader's line through them passes."""
    page = opened("bus-bandwidth")
    panel = choose(page, PERF)
    answer_all(panel)
    assert re.search(r"a start of 0.00002 s and a rate of (400,000|399,999),\d{3},\d{3} B/s", panel.inner_text()), panel.inner_text()
    values = page.evaluate("(() => { const { values } = livefigure.figures['bus-bandwidth']; return Object.fromEntries(['x0', 'x1', 'y0', 'y1'].map((k) => [k, [...values[`point.${k}`]]])); })()")
    found = [((x0 * x1) ** 0.5, (y0 * y1) ** 0.5) for x0, x1, y0, y1 in zip(*(values[k] for k in ("x0", "x1", "y0", "y1")))]
    assert len(found) == 10 and {round(size) for size, _ in found} <= set(SIZES_MEASURED) and round(found[-1][0]) == SIZES_MEASURED[-1]
    for size, rate in found:
        assert rate == pytest.approx(1.75 * size / (20e-6 + size / 4.0e11) / 1e9, rel=1e-3)
    drawn = page.locator(".lf-wide svg path").evaluate_all("(all) => all.map((p) => (p.getAttribute('d').match(/M/g) ?? []).length)")
    assert 10 in drawn


def test_a_measured_sum_stands_where_it_was_measured(opened):
    """Another chip and another number of GPUs move what is computed, not what was measured among 8."""
    page = opened("all-reduce")
    answer_all(choose(page, PERF))
    before = page.evaluate("livefigure.figures['all-reduce'].values")
    page.evaluate("livefigure.figures['all-reduce'].set({ ranks: 1024, chip: 'GB300 NVL72' })")
    after = page.evaluate("livefigure.figures['all-reduce'].values")
    assert before["among"] == after["among"] == 8 and before["clocked"] == after["clocked"] == pytest.approx(1e3 * (20e-6 + before["size"] / 4.0e11), rel=1e-3)
    assert before["best"] != after["best"]


def test_what_a_chapter_cannot_show_has_no_link(opened):
    page = opened("your-run")
    name = next(known for known in ROWS if "qwen3-next" in known.lower())
    answer_all(choose(page, json.dumps(ROWS[name]["config"])))
    assert not {"gpu-memory", "layout-map", "which-counter"} & onward(page).keys() and "all-reduce" in onward(page)


# What no file may do --------------------------------------------------------------------------------------------------------

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
