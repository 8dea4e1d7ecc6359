// The model in the page: values by name around the traced functions, which know only slots in arrays.

class Model {
  constructor(spec, factory) {
    this.run = factory(Math, own);
    this.spec = spec;
    this.arguments = spec.controls.some(({ rows }) => rows) ? Array(spec.inputs.length) : new Float64Array(spec.inputs.length);
    this.places = spec.controls.map(({ name, slots = [name] }) => slots.map((slot) => spec.inputs.indexOf(slot)));
    this.results = new Float64Array(spec.outputs.length);
    this.series = Object.values(spec.arrays).map((length) => new Float64Array(length));
    this.grids = spec.sweeps.map(({ over }) => grid(...over));
    this.curves = spec.sweeps.map(({ outputs, over }) => outputs.map(() => new Float64Array(over[2])));
  }

  // state: control name → number or option. Gives all inputs and outputs by name.
  evaluate(state) {
    const { outputs, controls } = this.spec;
    const values = { ...state };
    controls.forEach((control, k) => {
      const value = state[control.name];
      if (control.kind === "choice") {
        numbersOf(control, value).forEach((number, i) => (this.arguments[this.places[k][i]] = number));
        values[control.name] = called(value);
      } else if (this.places[k][0] >= 0) this.arguments[this.places[k][0]] = value;
    });
    this.run(this.arguments, this.results, this.series);
    outputs.forEach((name, i) => (values[name] = this.results[i]));
    Object.keys(this.spec.arrays).forEach((name, i) => (values[name] = this.series[i]));
    return values;
  }

  // Fills this.curves for the last evaluated state: the model runs at each of their points.
  sweep() {
    const { inputs, outputs, sweeps } = this.spec;
    sweeps.forEach((sweep, k) => {
      const [point, found, series] = [this.arguments.slice(), this.results.slice(), this.series.map((array) => array.slice())];
      const input = inputs.indexOf(sweep.along); // -1: no output depends on it
      const curves = sweep.outputs.map((name, j) => [outputs.indexOf(name), this.curves[k][j]]);
      this.grids[k].forEach((x, i) => {
        if (input >= 0) point[input] = x;
        this.run(point, found, series);
        for (const [output, curve] of curves) curve[i] = found[output];
      });
    });
  }

  // The values of `name` (or of the sum of several) along sweep k; without a sweep, the model's own array.
  along(k, name, values, length) {
    if (Array.isArray(name)) {
      const parts = name.map((part) => this.along(k, part, values, length));
      return parts[0].map((_, i) => parts.reduce((sum, part) => sum + part[i], 0));
    }
    if (k === null) return values[name]?.length ? values[name] : new Float64Array(length).fill(number(name, values));
    const { along, outputs } = this.spec.sweeps[k];
    if (name === along) return this.grids[k];
    const at = outputs.indexOf(name);
    if (at < 0 && this.spec.outputs.includes(name)) throw new Error(`${name} is drawn along ${along}, but no sweep computes it there`);
    return at >= 0 ? this.curves[k][at] : new Float64Array(this.grids[k].length).fill(number(name, values));
  }
}

// The numbers of a record: of one that the choice knows, or of a reader's own, which says them itself, as "own layers 126
// hidden 16384". Undefined for any other text. rows: how long those are that are arrays, written as rows.py says.
function numbersOf(control, value) {
  const { name, options, slots, own, rows } = control;
  if (Object.hasOwn(options, value)) return options[value];
  if (!own || !OWN.test(value)) return;
  if (rows && control.said === value) return control.found; // a row takes long to read
  const words = value.split(" ").slice(1);
  const said = new Map(words.flatMap((word, i) => (i % 2 ? [[words[i - 1], word]] : [])));
  const found = slots.map((slot) => {
    const text = said.get(slot.slice(name.length + 1));
    return rows?.[slot] ? rowOf(text, rows[slot]) : Number(text);
  });
  if (2 * said.size !== words.length || !found.every((x) => x?.length || x <= 1e30)) return; // each name once, none missing
  Object.assign(control, { said: value, found });
  return found;
}

function rowOf(text, length) {
  const [, most, parts] = /^(\d+(?:\.\d+)?(?:e[+-]?\d+)?)\*([\da-z]+)$/.exec(text) ?? [];
  if (!(most > 0 && most <= 1e30) || parts.length !== 2 * length) return;
  return Float64Array.from({ length }, (_, i) => (parseInt(parts.slice(2 * i, 2 * i + 2), 36) * most) / 1295);
}
const OWN = /^own( \S* \d+(\.\d+)?(e[+-]?\d+)?(\*[\da-z]+)?)+$/;
const called = (value) => (OWN.test(value) ? "your own" : value);

// A name stands for its value, several for their sum, a number for itself.
function number(name, values) {
  if (Array.isArray(name)) return name.reduce((sum, part) => sum + number(part, values), 0);
  return typeof name === "number" ? name : values[name];
}

function grid(low, high, count, log) {
  const at = log ? (t) => low * (high / low) ** t : (t) => low + (high - low) * t;
  return Float64Array.from({ length: count }, (_, i) => (i === count - 1 ? high : at(i / (count - 1))));
}
