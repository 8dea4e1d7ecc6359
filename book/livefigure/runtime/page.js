// The static page: every figure comes to life at load; the address names the state of the figure last changed.

const figures = {};

function start(root) {
  const name = root.dataset.liveFigure;
  if (Object.hasOwn(figures, name)) throw new Error(`a second figure called ${name}: a link could not tell them apart`);
  const spec = JSON.parse(document.getElementById(`${name}--spec`).textContent);
  const factory = globalThis.livefigureModels[spec.name];
  const committed = (figure) => {
    try {
      history.replaceState(history.state, "", writeHash(figure.spec, figure.state));
    } catch {
      // Some browsers forbid it for a file opened from disk; the figure works without.
    }
  };
  figures[spec.name] = new Figure(root, spec, factory, { committed });
}

function follow() {
  const asked = readHash(location.hash);
  if (!asked || document.getElementById(location.hash.slice(1))?.matches(":not([data-live-figure])")) return; // an anchor of another's
  const name = closest(asked.name, Object.keys(figures));
  const figure = name ? figures[name] : Object.values(figures)[0];
  if (!figure) return;
  if (!name) figure.notice(`The link asks for a figure “${asked.name.slice(0, 40)}”, which is not on this page.`);
  else if ([...asked.query].length) figure.open(asked.query);
  figure.root.scrollIntoView();
}

for (const root of document.querySelectorAll("[data-live-figure]")) {
  try {
    start(root);
  } catch (error) {
    console.error(`live figure ${root.dataset.liveFigure} stays as printed:`, error);
  }
}
addEventListener("hashchange", follow);
addEventListener("beforeprint", () => Object.values(figures).forEach((figure) => figure.catchUp()));
follow();
globalThis.livefigure = { figures, formatNumber, parseNumber, writeHash, later, fillText, number, resolve, valueAt, positionOf, STILL, path, round, tiled, level, numbersOf, called };
