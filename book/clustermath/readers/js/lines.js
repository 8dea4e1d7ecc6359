// What the readers of line after line have in common. Each is an object with line(text, number), which says what it needs
// to know of a line, and, when all have passed, end(), which gives the reading in turns; so no file has to be held whole.

function number(text) {
  const bare = (text ?? "").replaceAll(",", "");
  return fits("NUMBER", bare) ? Number(bare) : NaN;
}

// Python's fullmatch
const wholly = new Map();
function fits(name, text) {
  if (!wholly.has(name)) wholly.set(name, new RegExp(`^(?:${patterns[name].source})$`, patterns[name].flags));
  return wholly.get(name).exec(text);
}

// Places of warm-up, of evaluation and of the others among the times: steps.py, set_apart
function* setApart(times, afterEvaluation) {
  const limit = times.length > 2 ? limits.SLOW * (yield* middle(times)) : Infinity;
  let first = 0;
  while (first < times.length && times[first] > limit) first++;
  const warm = Math.min(first, limits.WARM_UP);
  const isEvaluation = (i) => i >= warm && times[i] > limit && afterEvaluation(i);
  return [yield* kept(warm, () => true), yield* kept(times.length, isEvaluation), yield* kept(times.length, (i) => i >= warm && !isEvaluation(i))];
}

// Complaints about lines: the first few, and how many there are more
class Complaints {
  constructor() {
    Object.assign(this, { named: [], count: 0 });
  }

  add(template, found) {
    if (this.count < limits.MANY) this.named.push(fill(template, found));
    this.count++;
  }

  // These, and then the others
  join(others) {
    this.named = [...this.named, ...others.named].slice(0, limits.MANY);
    this.count += others.count;
  }

  get said() {
    return this.count > limits.MANY ? [...this.named, fill(words.MORE_LINES, { count: this.count - limits.MANY })] : this.named;
  }

  get first() {
    return this.count ? ` ${this.named[0]}.` : "";
  }
}

const NO_STEPS = { software: "", numbers: [], times: [], warm_up: [], evaluation: [], step_time: NaN, tokens_per_gpu: NaN, rate: NaN, counter: "", mfu: NaN, mfu_peaks: "", sequences: null, layout: {}, facts: {} };
