// Bring your own: a file that a reader chooses, drops on the card or pastes becomes a state of the figure. It is read in
// this page; nothing of it is sent, kept, or taken for markup. Built when a reader first asks for it.

const PASTED = 20_000; // characters of what was pasted that the box shows

class Bring {
  constructor(figure, button) {
    Object.assign(this, { figure, button, takes: figure.spec.takes });
  }

  get open() {
    return this.button.getAttribute("aria-expanded") === "true";
  }

  toggle(open = !this.open) {
    this.panel ??= this.build();
    this.button.setAttribute("aria-expanded", String(open));
    this.panel.hidden = !open;
  }

  build() {
    this.file = html("input", { type: "file", onclick: () => (this.file.value = ""), onchange: () => this.file.files[0] && this.take(this.file.files[0]) });
    this.text = html("textarea", { rows: 2, spellcheck: false, autocomplete: "off", onpaste: (event) => this.paste(event) });
    this.bar = html("progress", { max: 1, value: 0, "aria-label": "read so far" });
    this.reading = html("p", { hidden: true }, this.bar, html("button", { type: "button", onclick: () => this.stop() }, "Stop"));
    this.refusal = html("p", { className: "lf-message", role: "alert", hidden: true });
    this.answer = html("div", { role: "status" });
    const label = (text, control) => html("label", {}, html("span", {}, text), control);
    const panel = html("div", { className: "lf-bring", hidden: true },
      html("p", {}, html("b", { className: "lf-question" }, "Bring your own: "), `${this.takes.map(({ what }) => what).join("; ")}. Choose a file, drop it on this card, or paste its text. It is read here and goes nowhere.`),
      html("div", {}, label("A file", this.file), label("or its text", this.text), html("button", { type: "button", onclick: () => this.take(this.pasted()) }, "Read the text")),
      this.reading, this.refusal, this.answer,
    ); // prettier-ignore
    this.figure.root.querySelector(".lf-foot").after(panel);
    return panel;
  }

  pasted() {
    return new File([this.text.value], "");
  }

  paste(event) {
    const [file] = event.clipboardData.files;
    const text = event.clipboardData.getData("text/plain");
    if (!file && !text) return;
    event.preventDefault(); // a box that holds a whole log would halt the page
    this.text.value = file ? "" : text.slice(0, PASTED);
    this.take(file ?? new File([text], ""));
  }

  stop() {
    this.controller?.abort();
  }

  // Read a File and set what it says. A second one ends the reading of the first.
  async take(file) {
    this.toggle(true);
    this.stop();
    const controller = (this.controller = new AbortController());
    const isCurrent = () => this.controller === controller;
    this.say("");
    this.answer.replaceChildren();
    Object.assign(this.bar, { value: 0 });
    this.reading.hidden = false;
    try {
      const { readFile } = await later.readers();
      const reading = await readFile(file, (share) => isCurrent() && (this.bar.value = share), controller.signal);
      if (isCurrent()) this.use(reading);
    } catch (problem) {
      if (isCurrent()) this.say(refused(problem));
    } finally {
      if (isCurrent()) this.reading.hidden = true;
    }
  }

  say(text) {
    this.refusal.textContent = text;
    this.refusal.hidden = !text;
  }

  use(reading) {
    const take = this.takes.find(({ kind }) => kind === reading.kind);
    const expected = `Expected: ${this.takes.map(({ what }) => what).join("; ")}.`;
    if (!take) return this.say(`Read as ${reading.format}, which says nothing that this figure asks for. ${expected}`);
    const blocked = Object.entries(take.refuses ?? {}).find(([path, said]) => (Array.isArray(said) ? !said.slice(0, -1).includes(at(reading.values, path)) : isThere(at(reading.values, path))));
    if (blocked) return this.say(`Read as ${reading.format}. ${[blocked[1]].flat().at(-1)}`);
    const lacking = Object.keys(take.lacks ?? {}).find((path) => !isThere(at(reading.values, path)));
    if (lacking) return this.say(`Read as ${reading.format}. ${take.lacks[lacking]}`);
    const other = Object.entries(take.only ?? {}).find(([path, wanted]) => at(reading.values, path) !== wanted);
    if (other) return this.say(`Read as ${reading.format}, of “${String(at(reading.values, other[0])).slice(0, 24)}”; this figure takes “${other[1]}”.`);
    const { state } = this.found(reading, take, {});
    const wanted = (names = []) => names.filter((name) => !(name in state)).map((name) => this.control(name));
    const [asked, needed] = [wanted(take.asks), wanted(take.needs)];
    if (asked.length + needed.length) this.ask(reading, take, asked, needed);
    else this.show(reading, take, {});
  }

  control(name) {
    return this.figure.spec.controls.find((c) => c.name === name);
  }

  // The inputs that the file sets, and in words what it says that they can't hold; said: what the reader was asked for.
  found({ values }, { sets, computes }, said) {
    const [state, left] = [{}, []];
    for (const [name, path] of Object.entries(sets)) {
      const control = this.control(name);
      const [place, otherwise, per, into] = Array.isArray(path) ? path : [path];
      if (into !== undefined) {
        const own = this.joined(control, at(values, place), into, computes);
        if (own) state[name] = own;
        else left.push(outside(control));
        continue;
      }
      let value = at(values, place);
      if (value === undefined || value === null || Number.isNaN(value)) value = otherwise;
      if (value === undefined || value === null || (value === 0 && control.limits?.[0] > 0)) continue; // not in the file
      if (per) value /= this.number(per, said);
      const settles = settled(control, value);
      if (settles !== null) state[name] = settles;
      else if (typeof value !== "string") left.push(outside(control, value)); // another name says nothing of this choice
    }
    return { state: { ...state, ...said }, left };
  }

  // A record of the reader's own: what the file says of one part of it, the rest as it stands, and what follows from both.
  joined(control, said, part, computes) {
    const other = computes && globalThis.livefigure?.figures[computes.figure];
    const known = [other?.spec.controls.find((theirs) => theirs.name === control.name), control].filter(Boolean);
    const numbers = new Map(known.flatMap((one) => fieldsOf(one, this.figure.state[control.name])));
    for (const field of numbers.keys()) {
      const value = !part ? at(said, field) : field.startsWith(`${part}.`) ? at(said, field.slice(part.length + 1)) : undefined;
      if (Number.isFinite(value)) numbers.set(field, value);
    }
    if (other) {
      const inner = (number) => number.slice(control.name.length + 1);
      const there = new Map([...numbers, ...Object.entries(computes.at).map(([number, value]) => [inner(number), value])]);
      if (!numbersOf(known[0], ownText(there))) return null;
      numbers.set(inner(computes.number), other.model.evaluate({ ...other.defaults, [control.name]: ownText(there) })[computes.output]);
      other.model.evaluate(other.state); // its curves are drawn from what it computed last
    }
    return numbersOf(control, ownText(numbers)) ? ownText(numbers) : null;
  }

  // A number of a chosen record, such as "chip.tdp".
  number(slot, said) {
    const control = this.control(slot.split(".")[0]);
    return numbersOf(control, { ...this.figure.state, ...said }[control.name])[control.slots.indexOf(slot)];
  }

  // What the file cannot know is asked for before anything is set.
  ask(reading, take, asked, needed) {
    const fields = [...needed, ...asked].map((control) => ({ control, field: this.field(control, needed.includes(control)) }));
    const answered = (event) => {
      event.preventDefault();
      const said = {};
      for (const { control, field } of fields) {
        if (!field.value) continue;
        const value = control.kind === "slider" ? resolve(control, parseNumber(field.value, control.unit) * control.scale) : field.value;
        field.setAttribute("aria-invalid", String(value === null));
        if (value === null) return field.focus(), this.say(`“${field.value.slice(0, 24)}” is not possible. ${control.label}: ${ends(control)}.`);
        said[control.name] = value;
      }
      this.say("");
      this.show(reading, take, said);
      this.file.focus();
    };
    const rows = fields.map(({ control, field }) => html("label", {}, html("span", {}, [control.label, control.unit].filter(Boolean).join(", ")), field));
    this.answer.replaceChildren(html("p", {}, `Read as ${reading.format}. It does not say:`), html("form", { onsubmit: answered }, ...rows, html("button", { type: "submit" }, "Show it")));
    fields[0].field.focus();
  }

  field(control, required) {
    const { state } = this.figure;
    if (control.kind === "slider") return html("input", { type: "text", inputMode: "decimal", autocomplete: "off", required, placeholder: required ? "" : formatNumber(state[control.name] / control.scale, control.format) });
    const options = Object.keys(control.options).map((name) => html("option", { value: name, selected: !required && name === state[control.name] }, name));
    return html("select", { required }, ...(required ? [html("option", { value: "" }, "choose")] : []), ...options);
  }

  show(reading, take, said) {
    const { figure } = this;
    const { state, left } = this.found(reading, take, said);
    const before = { ...figure.state };
    if (Object.keys(state).length) figure.become({ ...before, ...state });
    const taken = Object.keys(state).filter((name) => figure.state[name] !== before[name]).map((name) => {
      const { kind, label } = this.control(name);
      return `${label} ${kind === "switch" ? (figure.state[name] ? "on" : "off") : figure.written(name, figure.state)}`;
    });
    const known = { ...figure.values, ...reading.values };
    const told = (take.tells ?? []).filter((pieces) => pieces.every((piece) => typeof piece === "string" || isThere(known[piece[0]])));
    const { assumed, ignored, unread } = reading.notes;
    const list = (title, lines) => (lines.length ? [html("p", {}, html("b", {}, `${title}: `), `${lines.join("; ")}.`)] : []);
    this.answer.replaceChildren(
      html("p", {}, [`Read as ${reading.format}.`, take.says].filter(Boolean).join(" ")),
      ...told.map((pieces) => html("p", {}, fillText(pieces, known))),
      ...list("Taken", taken.length ? taken : ["nothing that the figure didn’t show already"]), ...list("Not taken", left), ...list("Assumed", assumed), ...list("Ignored", ignored), ...list("Not read", unread),
    ); // prettier-ignore
  }
}

// In words: the values of a slider, and what a control cannot hold.
function ends({ limits, values, scale, unit }) {
  const written = (x) => formatNumber(x / scale, ",.6g");
  return `${values ? values.map(written).join(", ") : limits.map(written).join(" to ")} ${unit}`.trim();
}

function outside(control, value) {
  if (control.kind !== "slider" || typeof value !== "number") return `${control.label}: not among what this figure knows`;
  return `${control.label} ${formatNumber(value / control.scale, ",.6g")}: this figure takes ${ends(control)}`;
}

const refused = ({ name, message }) =>
  name === "Unreadable" ? `Not read: ${message}` : name === "AbortError" ? "Stopped; nothing was changed." : `The file could not be read (${name}). Choose it again, or paste its text.`;

// What stands at a dotted path of what was read; the whole without one.
function at(values, path) {
  return path.split(".").filter(Boolean).reduce((found, key) => (found !== null && typeof found === "object" && Object.hasOwn(found, key) ? found[key] : undefined), values);
}

// Whether a file says something there: no empty list or text, no 0, nothing that is no number.
const isThere = (value) => (Array.isArray(value) ? value.length > 0 : typeof value === "object" ? value !== null : Boolean(value));

// The state of a control that says what was read, or null.
function settled(control, said) {
  if (typeof said === "string") return Object.hasOwn(control.options ?? {}, said) ? said : null;
  if (control.kind !== "choice") return typeof said === "number" ? resolve(control, said) : null;
  const numbers = control.slots.map((slot) => (slot === control.name ? said : placed(said, slot.slice(control.name.length + 1), control)));
  const known = Object.keys(control.options).find((name) => control.options[name].every((x, i) => x === numbers[i]));
  if (known !== undefined) return known;
  const own = ownText(control.slots.map((slot, i) => [slot.slice(control.name.length + 1), Array.isArray(numbers[i]) ? rowText(numbers[i]) : numbers[i]]));
  return numbersOf(control, own) ? own : null;
}

// What stands at a path. Of a list a record holds as many as it has places for, at even steps among the last twice as many;
// 0 stands behind a shorter one.
function placed(said, path, { name, slots }) {
  const [, list, place] = /^(?:(.*)\.)?(.*)$/.exec(path);
  const values = list && at(said, list);
  if (!Array.isArray(values) && !ArrayBuffer.isView(values)) return at(said, path);
  const room = slots.filter((slot) => slot.startsWith(`${name}.${list}.`)).length;
  const last = values.slice(-2 * room);
  return last[last.length > room ? Math.round((place * (last.length - 1)) / (room - 1)) : place] ?? 0;
}

const ownText = (numbers) => ["own", ...[...numbers].flat()].join(" ");

// The numbers of a record by name: of one that the choice knows, or of a reader's own.
function fieldsOf({ name, slots, options }, value) {
  if (Object.hasOwn(options, value)) return slots.map((slot, i) => [slot.slice(name.length + 1), options[value][i]]);
  const words = value.split(" ");
  return words.flatMap((word, i) => (i % 2 ? [[word, Number(words[i + 1])]] : []));
}

// A row of numbers as a text of a link: rows.py.
function rowText(values) {
  const most = Math.max(...values) || 1;
  return `${most}*${values.map((value) => Math.floor((value / most) * 1295 + 0.5).toString(36).padStart(2, "0")).join("")}`;
}

later.Bring = Bring;
