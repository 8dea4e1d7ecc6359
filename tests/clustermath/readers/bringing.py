"""What a reader does to bring a file: choose it, drop it, paste it, answer what it doesn't say; and a file of each kind."""

import json

from living import written_in

from .examples import LOGS, OTHERS

TAKING = sorted(written_in("takes="))
CONFIG = {
    "model_type": "llama", "hidden_size": 5120, "intermediate_size": 13824, "num_hidden_layers": 40, "num_attention_heads": 40,
    "num_key_value_heads": 8, "vocab_size": 100_000, "max_position_embeddings": 4096, "tie_word_embeddings": False,
}  # fmt: skip
EXAMPLES = {"config": json.dumps(CONFIG), "recipe": OTHERS["recipe"] + "cfg.model.pipeline_model_parallel_size = 8\n", "log": LOGS["deepspeed"], "mllog": LOGS["mlperf"], "collectives": OTHERS["nccl"], "power": OTHERS["nvidia-smi"]}


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


def answer_all(panel):
    form = panel.locator("form")
    if not form.count():
        return
    for box in form.locator("input").all():
        box.fill("512")
    for select in form.locator("select").all():
        select.select_option("H100 SXM")
    form.get_by_role("button", name="Show it").click()
