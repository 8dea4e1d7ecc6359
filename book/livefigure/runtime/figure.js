// A live figure: state in, values out, everything bound to them redrawn.

const QUIET = 500; // ms without a change before the summary is announced
const EXTRAPOLATED = "extrapolated"; // where nobody knows how far off the model is
const PAUSE = 100; // ms without a change before the drawing that is out of view follows

// What few readers ask for, filled by explore.js: here from the start, or brought by `later.load` when it is asked for.
const later = {};

// The same text again, or the same attribute, costs the page a new layout: leave it. A text that changes is no new element.
function write(element, text) {
  const { firstChild, lastChild } = element;
  if (firstChild?.nodeType !== Node.TEXT_NODE || firstChild !== lastChild) element.textContent = text;
  else if (firstChild.data !== text) firstChild.data = text;
}

function put(element, name, value) {
  if (element.getAttribute(name) !== String(value)) element.setAttribute(name, value);
}

class Figure {
  // root: the card's element. spec, factory: what Python wrote for it. on: {changed, committed}, both optional.
  constructor(root, spec, factory, on = {}) {
    this.root = root;
    this.spec = spec;
    this.on = on;
    this.factory = factory;
    this.model = new Model(spec, factory);
    this.defaults = Object.fromEntries(spec.controls.map((c) => [c.name, c.value]));
    this.state = { ...this.defaults };
    this.stale = [];
    this.players = new Set();
    this.inView = new ResizeObserver((changes) => this.look(changes));
    for (const layout in spec.drawings) {
      const svg = this.svg(layout);
      if (spec.sweeps.length) svg.addEventListener("pointermove", () => this.cross(), { once: true });
      this.inView.observe(svg.parentElement);
    }
    const shown = [...root.querySelectorAll(".lf-readout")];
    this.readouts = spec.readouts.map((readout, i) => ({ ...readout, element: shown[i].firstElementChild, range: shown[i].querySelector(".lf-range") }));
    this.presets = spec.presets.map(({ inputs }, i) => ({
      button: root.querySelector(`[data-preset="${i}"]`),
      wanted: { ...this.defaults, ...inputs },
    }));
    const goals = [...root.querySelectorAll(".lf-goal")];
    this.goals = goals.map((element, i) => ({ element, output: `goal.${i + 1}`, wanted: { ...this.defaults, ...spec.goals[i] }, won: element.matches(".lf-won") }));
    this.show = Object.fromEntries(spec.controls.map((c) => [c.name, bindControl(root, c, this)]));
    this.folded = spec.controls.filter((c) => root.querySelector(`.lf-more [name="${c.name}"]`));
    this.buttons();
    this.unveil = spec.guess ? bindGuess(root, spec.guess, this) : () => {};
    this.touchable(root.querySelector(".lf-drawing"));
    for (const { name } of spec.controls) this.show[name](this.state[name]);
    this.press(); // all else is as it was printed
    root.querySelector(".lf-rest")?.removeAttribute("open"); // open for who has no script
    root.dataset.state = "live";
    if (spec.long) (globalThis.requestIdleCallback ?? setTimeout)(() => this.prepare().catch(() => {})); // it does without
  }

  // Computed, and looked up in the drawing, when somebody asks: until then all is as printed.
  get values() {
    return (this.known ??= this.model.evaluate(this.state));
  }

  get pictures() {
    return (this.drawn ??= Object.entries(this.spec.drawings).map(([layout, drawing]) => new Picture(this.svg(layout), drawing, this.values)));
  }

  svg(layout) {
    return this.root.querySelector(`.lf-${layout} svg`);
  }

  async prepare() {
    (await this.brought("warm"))?.(this);
  }

  buttons() {
    const click = (selector, act) => {
      for (const button of this.root.querySelectorAll(selector)) button.addEventListener("click", () => act(button));
    };
    click("[data-preset]", (button) => this.become(this.presets[button.dataset.preset].wanted));
    for (const { element, wanted } of this.goals) {
      element.querySelector("a").addEventListener("click", (event) => {
        if (event.ctrlKey || event.metaKey || event.shiftKey) return; // to another tab, as any link
        event.preventDefault();
        this.become(wanted);
      });
    }
    click('[data-action="reset"]', () => (this.set(this.defaults), this.notice(""), this.commit()));
    click('[data-action="link"]', (button) => this.copy(location.href.split("#")[0] + writeHash(this.spec, this.state), button, "The link is"));
    const onward = this.root.querySelector(".lf-onward");
    for (const type of ["pointerover", "focusin"]) onward?.addEventListener(type, async () => (await this.brought("pointOn"))?.(this, onward));
    click("[data-opens]", async (button) => (await this.late(button))?.toggle());
    if (this.root.querySelector("[data-opens=Bring]")) for (const type of ["dragover", "drop"]) this.root.addEventListener(type, (event) => this.dropped(event));
  }

  // What in the drawing answers a finger. The script that knows how comes with the first one; what it missed it hears then.
  touchable(drawing) {
    const touches = Object.values(this.spec.drawings).flatMap(({ marks }) => marks.map(({ touch }) => touch)).filter(Boolean);
    if (!touches.length) return;
    const [drags, sets] = [touches.filter(({ drag }) => drag), touches.some(({ sets }) => Object.keys(sets).length)];
    drawing.tabIndex = 0;
    drawing.setAttribute("role", "application");
    drawing.setAttribute("aria-roledescription", "drawing");
    drawing.setAttribute("aria-description", `Arrow keys go from part to part${sets ? ", Enter chooses one" : ""}.`);
    if (drags.length) drawing.style.touchAction = drags.some(({ drag }) => drag[0] === "y") ? "pan-x" : "pan-y";
    const missed = [];
    const hear = async (event) => {
      if (this.touch) return this.touch[event.type](event);
      if (missed.push(event) > 1) return;
      try {
        if (!later.Touch) await later.load();
        this.touch = new later.Touch(this, drawing);
        for (const event of missed) this.touch[event.type](event);
      } catch {
        missed.length = 0; // the controls do all that it does; the next touch asks again
      }
    };
    for (const type of ["pointerdown", "pointermove", "pointerup", "pointercancel", "pointerleave", "click", "focus", "blur", "keydown"]) drawing.addEventListener(type, hear);
  }

  // What a button of the foot opens, Explore or what takes files; its script may have to come first. Undefined where it does not come.
  async late(button) {
    const name = button.dataset.opens;
    if (button.getAttribute("aria-busy")) return; // a second press while it comes is no other wish
    if (!later[name]) {
      this.notice("");
      button.setAttribute("aria-busy", "true");
      try {
        await later.load();
      } catch {
        return this.notice(`${button.textContent} did not load: its script is out of reach. Press ${button.textContent} again, or reload the page.`);
      } finally {
        button.removeAttribute("aria-busy");
      }
    }
    return (this[name] ??= new later[name](this, button));
  }

  // What the second script has. It may not come; Explore says so.
  async brought(name) {
    if (!later[name]) await later.load().catch(() => {});
    return later[name];
  }

  // A pointer has come over a drawing.
  async cross() {
    if (await this.brought("Crosshair")) this.crosshairs;
  }

  get crosshairs() {
    return (this.crossed ??= this.pictures.map((picture) => new later.Crosshair(picture.svg, picture, this)));
  }

  // A file of the reader's own is held over the card, or dropped on it.
  async dropped(event) {
    const { types, files: [file] } = event.dataTransfer; // prettier-ignore
    if (!types.includes("Files")) return;
    event.preventDefault();
    if (file) (await this.late(this.root.querySelector("[data-opens=Bring]")))?.take(file);
  }

  // A state that somebody has prepared.
  become(wanted) {
    this.unveil();
    this.notice("");
    this.set(wanted);
    this.commit();
  }

  // One control moved. keepText: leave the box as the reader is typing it.
  change(name, value, keepText = false) {
    if (value === this.state[name]) return;
    this.unveil();
    this.notice("");
    this.set({ [name]: value }, keepText ? name : null);
  }

  // Take new values, which must be possible ones, and redraw. typing: the control whose box the reader is writing in.
  set(values, typing = null) {
    this.pictures; // which tell where things stand from the values so far
    const before = { ...this.state };
    Object.assign(this.state, values);
    this.known = this.model.evaluate(this.state);
    this.bound();
    for (const { name, enabled } of this.spec.controls) {
      const moved = this.state[name] !== before[name];
      if (moved || enabled || name in values) this.show[name](this.state[name], name === typing);
    }
    this.redraw();
    this.on.changed?.(this);
  }

  // A control that another one bounds follows it down, and says so.
  bound() {
    for (const { name, label, atMost, values, integer, limits } of this.spec.controls) {
      const most = atMost ? this.values[atMost] : Infinity;
      if (!(this.state[name] > most)) continue;
      this.state[name] = values ? Math.max(values[0], ...values.filter((v) => v <= most)) : Math.max(limits[0], integer ? Math.floor(most) : most);
      this.known = this.model.evaluate(this.state);
      this.notice(`${label} is at most ${formatNumber(most, ".6g")} here.`);
    }
  }

  redraw() {
    this.model.sweep();
    this.stale = this.pictures.filter(({ svg }) => svg.parentElement.unseen);
    for (const picture of this.pictures) if (!this.stale.includes(picture)) picture.redraw(this.values, this.model);
    clearTimeout(this.pausing);
    if (this.stale.length) this.pausing = setTimeout(() => this.catchUp(), PAUSE);
    for (const readout of this.readouts) this.read(readout, this.values[readout.output]);
    this.press();
    for (const goal of this.goals) this.play(goal);
    this.tellFolded();
    const { note, extrapolated } = this.spec;
    write(this.root.querySelector(".lf-note"), this.values[extrapolated] ? EXTRAPOLATED : note);
    const summary = fillText(this.spec.summary, this.values);
    put(this.root.querySelector(".lf-drawing"), "aria-label", summary);
    if (this.spec.finding) write(this.root.querySelector(".lf-finding"), fillText(this.spec.finding, this.values));
    this.Explore?.refresh();
    this.touch?.again();
    clearTimeout(this.announcing);
    const playing = [...this.players].some(({ frame }) => frame); // then it is told at the end
    if (this.root.dataset.state === "live" && !playing) this.announcing = setTimeout(() => this.announce(summary), QUIET);
  }

  // The preset that the state is.
  press() {
    for (const { button, wanted } of this.presets) {
      const pressed = String(Object.keys(wanted).every((name) => wanted[name] === this.state[name]));
      if (button.getAttribute("aria-pressed") === pressed) continue;
      button.setAttribute("aria-pressed", pressed);
      if (pressed === "true") this.chosen = button;
    }
    if (this.chosen) this.inView?.observe(this.chosen.parentElement); // which tells when it has been laid out
  }

  play(goal) {
    const won = this.values[goal.output] > 0;
    if (won === goal.won) return;
    const state = goal.element.querySelector(".lf-state");
    goal.element.classList.toggle("lf-won", won);
    write(state.firstElementChild, won ? state.dataset.won : state.dataset.open);
    Object.assign(goal, { won, news: won });
  }

  // What stands behind a number is said, also where its control is folded away or left off the paper.
  tellFolded() {
    if (!this.folded.length) return;
    const changed = this.folded.filter(({ name }) => this.state[name] !== this.defaults[name]);
    const said = ({ name, label, kind }) => `${label} ${kind === "switch" ? (this.state[name] ? "on" : "off") : this.written(name, this.state)}`;
    const line = this.root.querySelector(".lf-set");
    write(line, changed.length ? `Also set: ${changed.map(said).join(" · ")}` : "");
    line.hidden = !changed.length;
  }

  // A phone shows a part of the row of presets: the part with the chosen one.
  inSight(row) {
    this.inView.unobserve(row);
    const { offsetLeft, offsetWidth } = this.chosen;
    if (row.scrollWidth > row.clientWidth) row.scrollLeft = offsetLeft - row.offsetLeft - (row.clientWidth - offsetWidth) / 2;
    this.chosen = null;
  }

  // The page shows one drawing, wide or narrow. That one is redrawn at once.
  look(changes) {
    for (const { target, contentRect } of changes) {
      if (target === this.chosen?.parentElement) this.inSight(target);
      else target.unseen = !contentRect.width;
    }
    this.catchUp();
  }

  // The figure is shown no more. What keeps it for other reasons keeps no observer.
  leave() {
    for (const player of this.players) player.stop();
    this.inView.disconnect();
    this.inView = null;
  }

  catchUp() {
    for (const picture of this.stale) picture.redraw(this.values, this.model);
    this.stale = [];
  }

  read({ element, range, output, format, limit, label, beyond }, value) {
    element.dataset.value = Number.isFinite(value) ? value : "";
    write(element.firstElementChild, formatNumber(value, format));
    if (range) write(range, this.range(output, format, this.values, ["(", ")"]));
    if (!beyond) return;
    element.parentElement.classList.toggle("lf-beyond", value > limit);
    write(element.nextElementSibling.firstElementChild, value > limit ? beyond : label);
  }

  // Where an uncertain number most probably lies; nothing for one that is not uncertain.
  range(name, format, values, [before, after] = ["", ""]) {
    const ends = ["low", "high"].map((end) => `${end}.${name}`);
    if (!ends.every((end) => end in values)) return "";
    const [low, high] = ends.map((end) => formatNumber(values[end], format));
    const text = values[this.spec.extrapolated] ? EXTRAPOLATED : low === high ? "" : `${low} to ${high}`;
    return text && before + text + after;
  }

  announce(text) {
    const reached = this.goals.filter(({ news }) => news).map((goal) => ((goal.news = false), `${goal.element.querySelector(".lf-task").textContent} `));
    this.root.querySelector(".lf-announce").textContent = reached.join("") + text;
  }

  // onTop: where a reader who has just come sees it, instead of below what the hand is at.
  notice(text, onTop = false) {
    const message = this.root.querySelector(".lf-message");
    if (message.hidden && !text) return;
    message.textContent = text;
    message.hidden = !text;
    message.classList.toggle("lf-top", onTop);
  }

  commit() {
    this.on.committed?.(this);
  }

  // Values and notice from a link's query.
  open(query) {
    const { state, notice } = readQuery(this.spec, query);
    this.unveil();
    this.notice(notice, true);
    this.set({ ...this.defaults, ...state });
  }

  // All values with some inputs changed, the figure itself left as it is.
  probe(changes) {
    this.trial ??= new Model(this.spec, this.factory);
    return this.trial.evaluate({ ...this.state, ...changes });
  }

  // The value of an input or output as its control or readout writes it, with its name.
  written(name, values) {
    const control = this.spec.controls.find((c) => c.name === name);
    if (control?.kind === "slider") return [formatNumber(values[name] / control.scale, control.format), control.unit].filter(Boolean).join(" ");
    const readout = this.spec.readouts.find(({ output }) => output === name);
    if (readout) {
      const range = this.range(name, readout.format, values);
      return [formatNumber(values[name], readout.format), readout.unit, readout.label, range && `(${range})`].filter(Boolean).join(" ");
    }
    const value = number(name, values);
    return typeof value === "number" ? formatNumber(value, ".4g") : called(value);
  }

  async copy(text, button, instead) {
    const label = (button.dataset.label ??= button.textContent); // it may still say "Copied"
    try {
      await navigator.clipboard.writeText(text);
      button.textContent = "Copied";
      this.announce(`${instead} copied.`);
      setTimeout(() => (button.textContent = label), 1600);
    } catch {
      this.notice(`The browser does not allow copying here. ${instead}: ${text}`);
    }
  }
}
