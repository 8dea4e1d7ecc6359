// The notebook widget: the same figure, its inputs and outputs shared with Python. Each widget is a small module of its
// own, with its model as `factory`; this one, which all figures of a notebook have in common, shows it.

function show({ model, el }, factory) {
  dress(el.getRootNode());
  const spec = model.get("_spec");
  globalThis.livefigureCopies = (globalThis.livefigureCopies ?? 0) + 1;
  const prefix = `${spec.name}-${globalThis.livefigureCopies}--`;
  const root = document.createElement("div");
  root.className = "live-figure";
  root.dataset.liveFigure = spec.name;
  root.dataset.state = "static";
  root.setAttribute("role", "group");
  root.setAttribute("aria-labelledby", `${prefix}title`);
  root.innerHTML = model.get("_card").replaceAll("@@", prefix);
  root.querySelector('[data-action="link"]').remove(); // a notebook's address says nothing about the figure
  root.querySelector("[data-opens=Bring]")?.remove(); // files are read in Python there
  const keys = (event) => { // a slider's arrow keys and letters are its own, or JupyterLab takes them; Ctrl+S saves from there, too
    const [target] = event.composedPath();
    if (root.contains(target) && target.matches("[type=range], select, .lf-drawing, .lf-play")) target.toggleAttribute("data-lm-suppress-shortcuts", !(event.ctrlKey || event.metaKey));
  };
  addEventListener("keydown", keys, true); // before JupyterLab, which listens at the document
  el.classList.add("lf-host");
  el.append(root);
  const changed = ({ state, values }) => {
    model.set("inputs", { ...state });
    model.set("outputs", Object.fromEntries(spec.outputs.map((name) => [name, values[name]])));
    model.save_changes();
  };
  const figure = new Figure(root, spec, factory);
  figure.set(model.get("inputs"));
  figure.on = { changed };
  const same = (inputs) => Object.entries(inputs).every(([name, value]) => figure.state[name] === value);
  const heard = () => same(model.get("inputs")) || figure.set(model.get("inputs"));
  if (!same(model.get("inputs"))) changed(figure); // one input bounds another
  model.on("change:inputs", heard);
  return () => (model.off("change:inputs", heard), removeEventListener("keydown", keys, true), figure.leave());
}

// Where a notebook keeps each output in a shadow tree, the styles must be inside, and the fonts outside.
function dress(home) {
  if (!(home instanceof ShadowRoot)) return;
  for (const place of [document.head, home]) {
    if (place.querySelector(`style[data-livefigure="${KEY}"]`)) continue;
    const style = Object.assign(document.createElement("style"), { textContent: styles });
    style.dataset.livefigure = KEY;
    place.append(style);
  }
}

let styles = "";

function initialize({ model }) {
  styles = model.get("_css");
  return ((globalThis.livefigureRuntimes ??= {})[KEY] = { show });
}

export default { initialize };
