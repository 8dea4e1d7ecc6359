// The notebook widget: the same figure, its inputs and outputs shared with Python.

let copies = 0;

function render({ model, el }) {
  const spec = model.get("_spec");
  const prefix = `${spec.name}-${++copies}--`;
  const root = document.createElement("div");
  root.className = "live-figure";
  root.dataset.liveFigure = spec.name;
  root.dataset.state = "static";
  root.setAttribute("role", "group");
  root.setAttribute("aria-labelledby", `${prefix}title`);
  root.innerHTML = model.get("_card").replaceAll("@@", prefix);
  root.querySelector('[data-action="link"]').remove(); // a notebook's address says nothing about the figure
  el.append(root);
  const changed = ({ state, values }) => {
    model.set("inputs", { ...state });
    model.set("outputs", Object.fromEntries(spec.outputs.map((name) => [name, values[name]])));
    model.save_changes();
  };
  const figure = new Figure(root, spec, globalThis.livefigureModels[spec.name]);
  const follow = () => figure.set(model.get("inputs"));
  follow();
  figure.on = { changed };
  const same = (inputs) => Object.entries(inputs).every(([name, value]) => figure.state[name] === value);
  const heard = () => same(model.get("inputs")) || figure.set(model.get("inputs"));
  model.on("change:inputs", heard);
  return () => model.off("change:inputs", heard);
}

export default { render };
