"""Bring your own: a file that is chosen, dropped or pasted becomes a state of the figure, in a page opened from disk."""

import json
import re
from urllib.parse import parse_qs, urlsplit

import pytest
from clustermath.readers import read
from figures.own_model import SIZES, shape_of
from figures.pages import places
from figures.workloads import INFINITE, machine_with, time_of_step
from living import NAMES, living

from .bringing import CONFIG, EXAMPLES, TAKING, answer_all, bring, choose, state
from .examples import LOGS, ROWS


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
