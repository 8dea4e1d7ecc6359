// A page that nbconvert makes of a notebook it has run has the figures' state in it, and fetches what shows widgets from the
// network. Until that has come, and for good where it doesn't, this shows each figure from its state. Elsewhere it does nothing.

const LEAVES = ".lf-saved:has(~ .widget-subarea [data-live-figure]) { display: none }"; // when the manager has come

async function showSaved() {
  const of = (kind) => [...document.querySelectorAll(`script[type="application/vnd.jupyter.widget-${kind}+json"]`)].map((script) => [script, JSON.parse(script.textContent)]);
  const [[, { state }] = [, {}]] = of("state");
  if (!state || globalThis.livefigureSaved) return;
  globalThis.livefigureSaved = true; // each figure's output has brought this along
  const model = (id) => ({ get: (name) => state[id].state[name], set: (name, value) => (state[id].state[name] = value), save_changes() {}, on() {}, off() {} });
  const module = async (id) => (await import(URL.createObjectURL(new Blob([state[id].state._esm], { type: "text/javascript" })))).default;
  const name = (reference) => reference.split(/[:_]/).pop(); // "anywidget:…" or "IPY_MODEL_…"
  const within = (id) => (state[id]?.state._card ? [id] : (state[id]?.state.children ?? []).flatMap((child) => within(name(child))));
  const getWidget = async (reference) => ({ exports: (await module(name(reference))).initialize({ model: model(name(reference)) }) });
  for (const [place, { model_id }] of of("view")) {
    for (const id of within(model_id)) {
      const el = Object.assign(document.createElement("div"), { className: "lf-saved" });
      const style = Object.assign(document.createElement("style"), { textContent: LEAVES + state[name(state[id].state._runtime)].state._css });
      place.before(el);
      el.append(style);
      await (await module(id)).render({ model: model(id), el, host: { getWidget } });
    }
  }
}

document.addEventListener("DOMContentLoaded", showSaved);
