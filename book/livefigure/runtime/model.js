// The model in the page: values by name around the traced functions, which know only slots in arrays.

class Model {
  constructor(spec, factory) {
    Object.assign(this, factory(Math, own));
    this.spec = spec;
    this.arguments = new Float64Array(spec.inputs.length);
    this.results = new Float64Array(spec.outputs.length);
    this.grids = spec.sweeps.map(({ over }) => grid(...over));
    this.curves = spec.sweeps.map(({ outputs, over }) => outputs.map(() => new Float64Array(over[2])));
  }

  // state: control name → number or option. Gives all inputs and outputs by name.
  evaluate(state) {
    const { inputs, outputs, controls } = this.spec;
    for (const control of controls) {
      const values = control.kind === "choice" ? control.options[state[control.name]] : [state[control.name]];
      const slots = control.kind === "choice" ? control.slots : [control.name];
      slots.forEach((slot, i) => {
        const at = inputs.indexOf(slot);
        if (at >= 0) this.arguments[at] = values[i];
      });
    }
    this.run(this.arguments, this.results);
    const values = { ...state };
    outputs.forEach((name, i) => (values[name] = this.results[i]));
    return values;
  }

  // Fills this.curves for the last evaluated state.
  sweep() {
    this.sweeps.forEach((along, k) => along(this.arguments, this.grids[k], this.curves[k]));
  }

  // The values of `name` along sweep k.
  along(k, name, values) {
    const { along, outputs } = this.spec.sweeps[k];
    if (name === along) return this.grids[k];
    const at = outputs.indexOf(name);
    return at >= 0 ? this.curves[k][at] : this.grids[k].map(() => values[name]);
  }
}

function grid(low, high, count, log) {
  const at = log ? (t) => low * (high / low) ** t : (t) => low + (high - low) * t;
  return Float64Array.from({ length: count }, (_, i) => (i === count - 1 ? high : at(i / (count - 1))));
}
