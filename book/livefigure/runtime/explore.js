// Explore: what every figure can answer because its model is in the page. Built when it is first opened; in a page of
// the book also loaded then, as a script of its own.

const NUDGE = 0.1; // what moves this number? each input by ten per cent
const NEEDS = "Needs the book’s code: run it in the folder book/ of a copy of the book, or in this page’s notebook.";
const ADDRESS = /(arXiv \d{4}\.\d{4,5}|https:\/\/[^\s,;()]+|\b[a-z-]+\.(?:com|org)\b)/;

// A line of sources with its papers and sites as links.
function linked(line) {
  return line.split(ADDRESS).map((part, i) => {
    if (i % 2 === 0) return part;
    const href = part.startsWith("arXiv") ? `https://arxiv.org/abs/${part.slice(6)}` : part.startsWith("https") ? part : `https://${part}`;
    return html("a", { href, rel: "noreferrer" }, part);
  });
}

function html(tag, properties = {}, ...children) {
  const element = document.createElement(tag);
  for (const [key, value] of Object.entries(properties)) {
    if (key.startsWith("on")) element.addEventListener(key.slice(2), value);
    else if (key in element) element[key] = value;
    else element.setAttribute(key, value);
  }
  element.append(...children);
  return element;
}

class Explore {
  constructor(figure, button) {
    Object.assign(this, { figure, button, spec: figure.spec });
  }

  get open() {
    return this.button.getAttribute("aria-expanded") === "true";
  }

  toggle() {
    this.panel ??= this.build();
    this.button.setAttribute("aria-expanded", String(!this.open));
    this.panel.hidden = !this.open;
    this.refresh();
  }

  build() {
    const sliders = this.spec.controls.filter(({ kind }) => kind === "slider");
    const solvable = sliders.filter(({ values }) => !values);
    const options = this.spec.readouts.map(({ label, unit }, i) => html("option", { value: i }, [label, unit].filter(Boolean).join(", ")));
    const label = (text, control) => html("label", {}, html("span", {}, text), control);
    this.output = html("select", { onchange: () => this.refresh() }, ...options);
    this.moves = html("ul", { className: "lf-moves" });
    this.wanted = html("input", { type: "text", inputMode: "decimal", autocomplete: "off" });
    this.free = html("select", {}, ...solvable.map(({ name, label: text }) => html("option", { value: name }, text)));
    this.answer = html("p", { role: "status" });
    this.from = html("ul", { className: "lf-from" });
    const section = (title, ...parts) => html("section", {}, html("p", { className: "lf-question" }, title), ...parts);
    const panel = html("div", { className: "lf-explore", hidden: true },
      label("About the number", this.output),
      ...(sliders.length ? [section("What moves it? Each input a tenth lower and higher, or one step", this.moves)] : []),
      ...(solvable.length ? [section("What would it take?",
        html("form", { onsubmit: (event) => (event.preventDefault(), this.solve()) },
          label("to make it", this.wanted), label("by changing", this.free), html("button", { type: "submit" }, "Solve")),
        this.answer)] : []),
      this.curve(),
      section("Where from?", this.from),
      html("div", {},
        html("button", { type: "button", onclick: (event) => this.copyPython(event.target) }, "Copy as Python"),
        html("button", { type: "button", onclick: () => this.download() }, "Download the data (CSV)")),
    ); // prettier-ignore
    this.figure.root.querySelector(".lf-foot").after(panel);
    return panel;
  }

  get chosen() {
    return this.spec.readouts[this.output.value];
  }

  refresh() {
    if (!this.open) return;
    const { output, format } = this.chosen;
    const now = this.figure.values[output];
    const moves = this.tornado(output, now).filter(({ low, high }) => [low, high].some((end) => formatNumber(end, format) !== formatNumber(now, format)));
    this.moves.replaceChildren(...(moves.length ? moves.map((move) => this.bar(move, now, format)) : [html("li", {}, "None of them does, by so little.")]));
    this.from.replaceChildren(...sources(this.figure, [output]).map((line) => html("li", {}, ...linked(line))));
  }

  // [{label, low, high}]: the output with each slider's value a tenth lower and higher, what moves it most first.
  tornado(output, now) {
    const moves = [];
    for (const control of this.spec.controls) {
      if (control.kind !== "slider" || !this.spec.depends[output]?.includes(control.name)) continue;
      const [low, high] = nudged(control, this.figure.state[control.name]).map((value) => this.figure.probe({ [control.name]: value })[output]);
      moves.push({ label: control.label, low, high, size: Math.max(Math.abs(low - now), Math.abs(high - now)) });
    }
    return moves.sort((a, b) => b.size - a.size);
  }

  bar({ label, low, high }, now, format) {
    const change = (value) => (Number.isFinite(value / now) ? Math.max(-1, Math.min(1, (value / now - 1) / (2.5 * NUDGE))) : 0);
    const ends = [change(low), change(high), 0].map((c) => 50 + 50 * c); // from where the number stands now
    const bar = html("span", { className: "lf-bar" });
    bar.style.setProperty("--lf-from", `${Math.min(...ends)}%`);
    bar.style.setProperty("--lf-to", `${100 - Math.max(...ends)}%`);
    const text = `${formatNumber(low, format)} … ${formatNumber(high, format)}`;
    return html("li", {}, html("span", {}, label), bar, html("span", {}, text));
  }

  // Bisection for the chosen slider, from the bracket that lies nearest to where it stands.
  solve() {
    const { output, format, unit, label } = this.chosen;
    const control = this.spec.controls.find(({ name }) => name === this.free.value);
    const percent = /%/.test(this.wanted.value) && format.endsWith("%");
    const goal = parseNumber(this.wanted.value, percent ? "%" : unit) * (percent ? 0.01 : 1);
    if (!Number.isFinite(goal)) return this.say(`“${this.wanted.value.slice(0, 24)}” is not a number.`);
    const reach = (value) => this.figure.probe({ [control.name]: value })[output];
    const found = root((value) => reach(value) - goal, control, this.figure.state[control.name]);
    const target = `${formatNumber(goal, format)}${unit ? " " + unit : ""} ${label}`;
    const shown = (x, format = ".4g") => `${formatNumber(x / control.scale, control.integer ? ",.9g" : format)}${control.unit && " " + control.unit}`;
    if (found === null) return this.say(`No value of ${control.label} that is possible gives ${target}: ${this.nearest(control, goal, shown)}.`);
    const value = control.integer ? Math.round(found) : found;
    const reached = formatNumber(reach(value), format);
    const jumps = reached === formatNumber(goal, format) ? "" : `, where it jumps to ${reached}`;
    const walls = this.walls(control, value, shown);
    const off = value < control.low || value > control.high;
    const beyond = past(control, value) || (off && !walls && !control.published && !control.possible ? `, outside the slider’s range (${rangeOf(control, [control.low, control.high])})` : "");
    const set = html("button", { type: "button", onclick: () => (this.figure.change(control.name, value), this.figure.commit()) }, "Set");
    this.say(`It takes ${control.label} = ${shown(value)}${jumps}${beyond}.${walls} `, set);
  }

  // How near it comes instead, where, and why not nearer.
  nearest(control, goal, shown) {
    const { output, format, unit } = this.chosen;
    if (!this.spec.depends[output]?.includes(control.name)) return "it does not depend on it";
    const at = along(control);
    let best;
    for (let i = 0; i <= 100; i++) {
      const value = at(i / 100);
      const there = this.figure.probe({ [control.name]: value })[output];
      const miss = Math.abs(there - goal);
      if (miss < (best?.miss ?? Infinity)) best = { value, there, miss };
    }
    if (!best) return "it gives no number at all";
    const { value, there } = best;
    return `it comes nearest with ${[formatNumber(there, format), unit].filter(Boolean).join(" ")}, at ${shown(value)}${past(control, value) || why(control, value)}`;
  }

  // What stands in the way at `value`: each limit of a readout that is passed there, and where on the way the control meets it.
  walls(control, value, shown) {
    const there = this.figure.probe({ [control.name]: value });
    const passed = this.spec.readouts.filter((r) => r.beyond && there[r.output] > r.limit);
    return passed.map((r) => {
      const met = root((v) => this.figure.probe({ [control.name]: v })[r.output] - r.limit, control, this.figure.state[control.name]);
      const before = met === null ? "" : ` ${control.label} stops at ${shown(met, ".3g")}.`;
      return ` There it is ${[formatNumber(there[r.output], r.format), r.unit, r.beyond].filter(Boolean).join(" ")}.${before}`;
    }).join("");
  }

  say(...parts) {
    this.answer.replaceChildren(...parts);
    this.answer.scrollIntoView({ block: "nearest" }); // on a phone it would lie below the screen
  }

  // A slider that walks the crosshair along the curve.
  curve() {
    const crosshairs = this.figure.crosshairs.filter(({ curves }) => curves.length);
    if (!crosshairs.length) return "";
    const said = html("output");
    said.setAttribute("aria-live", "polite");
    const walk = ({ target }) => {
      target.style.setProperty("--lf-fill", `${target.value}%`);
      for (const crosshair of crosshairs) {
        const { axes } = crosshair.curves[0];
        const h = axes.left + (target.value / target.max) * axes.width;
        said.textContent = crosshair.show(axes, axes.x.inverse(h));
        target.setAttribute("aria-valuetext", said.textContent);
      }
    };
    const range = html("input", { type: "range", min: 0, max: 100, value: 0, oninput: walk, onblur: () => crosshairs.forEach((c) => c.hide()) });
    range.style.setProperty("--lf-fill", "0%");
    return html("section", {}, html("label", { className: "lf-question" }, "Read the curve", range), said);
  }

  async copyPython(button) {
    const changed = this.spec.controls.filter(({ name, value }) => this.figure.state[name] !== value);
    const given = changed.map(({ name }) => `${name}=${JSON.stringify(this.figure.state[name])}`).join(", ");
    const code = `# ${NEEDS}\n${this.spec.python}.evaluate(${given})["${this.chosen.output}"]`;
    await this.figure.copy(code, button, "The code is");
  }

  download() {
    const { root, spec, state } = this.figure;
    const here = root.querySelector('[data-action="link"]') ? location.href.split("#")[0] + writeHash(spec, state) : ""; // a notebook has no address
    const file = new Blob([csv(this.figure, here)], { type: "text/csv" });
    const link = html("a", { href: URL.createObjectURL(file), download: `${this.spec.name}.csv` });
    link.click();
    URL.revokeObjectURL(link.href);
  }
}

// A value a tenth lower and one a tenth higher, of whole numbers at least one; or the neighbours among the only values there are.
function nudged({ values, integer, limits }, value) {
  const beside = values?.indexOf(value);
  return [-1, 1].map((side) => {
    if (values) return values[Math.min(values.length - 1, Math.max(0, beside + side))];
    const moved = value * (1 + side * NUDGE);
    const whole = side * Math.max(side * Math.round(moved), side * value + 1);
    return Math.min(limits[1], Math.max(limits[0], integer ? whole : moved));
  });
}

const ENDS = 1e-9; // of a range: what is so near is at it

function rangeOf({ scale, unit, integer }, [low, high]) {
  const [from, to] = [low, high].map((end) => end !== null && formatNumber(end / scale, integer ? ",.9g" : ",.4g"));
  return [from || "up", "to", to, unit].filter(Boolean).join(" ");
}

// What is said of a value that can't be, or that nobody has published.
function past(control, value) {
  const { possible, published } = control;
  const leaves = ([low, high]) => (low !== null && value < low - Math.abs(low) * ENDS) || (high !== null && value > high + Math.abs(high) * ENDS);
  if (possible && leaves(possible)) return `, which can’t be: ${possible[2]} (${rangeOf(control, possible)})`;
  return published && leaves(published) ? `, outside ${published[2]} (${rangeOf(control, published)})` : "";
}

// Why a control does not go on from an end of what is possible.
function why({ possible }, value) {
  return possible?.slice(0, 2).some((end) => end !== null && Math.abs(value - end) <= ENDS * Math.max(1, Math.abs(end))) ? `: ${possible[2]}` : "";
}

// t from 0 to 1 as a value of a control, within its limits; evenly or by even factors.
function along({ limits: [low, high], low: from, log }) {
  const scaled = log || from > 0 && high / from > 100;
  const bottom = scaled ? Math.max(low, from / 1e3, 1e-12) : low;
  return Object.assign((t) => (scaled ? bottom * (high / bottom) ** t : bottom + (high - bottom) * t), { scaled });
}

// Where `miss` is zero within the control's limits, or null: the sign change nearest to `start`, then bisection.
function root(miss, control, start) {
  const { limits: [low, high] } = control;
  const at = along(control);
  const { scaled } = at;
  const steps = 400;
  let best = null;
  let before = miss(at(0));
  for (let i = 1; i <= steps; i++) {
    const here = miss(at(i / steps));
    if (before * here <= 0) {
      const middle = at((i - 0.5) / steps);
      const distance = scaled ? Math.abs(Math.log(middle / start)) : Math.abs(middle - start);
      if (!best || distance < best.distance) best = { distance, a: (i - 1) / steps, b: i / steps, sign: Math.sign(before || -here), most: Math.max(Math.abs(before), Math.abs(here)) };
    }
    before = here;
  }
  if (!best) return null;
  for (let i = 0; i < 60; i++) {
    const middle = (best.a + best.b) / 2;
    if (miss(at(middle)) * best.sign > 0) best.a = middle;
    else best.b = middle;
  }
  const found = Math.min(high, Math.max(low, at(best.b)));
  const left = Math.abs(miss(found));
  return left <= best.most && left < Infinity ? found : null; // a pole changes sign, too
}

Object.assign(later, { Explore, csv, past });
