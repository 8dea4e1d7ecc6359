// What the readers of line after line have in common. Each is an object with line(text, number), which says what it needs
// to know of a line, and, when all have passed, end(), which gives the reading; so no file has to be held whole.

const finite = (values) => values.filter(Number.isFinite);

function middle(values) {
  if (!values.length || values.some(Number.isNaN)) return NaN;
  const sorted = [...values].sort((a, b) => a - b);
  const half = sorted.length >> 1;
  return sorted.length % 2 ? sorted[half] : (sorted[half - 1] + sorted[half]) / 2;
}

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

// Masks of warm-up and evaluation among the times: steps.py, set_apart
function setApart(times, afterEvaluation) {
  const limit = limits.SLOW * middle(times);
  const slow = times.map((time) => times.length > 2 && time > limit);
  const first = slow.indexOf(false);
  const warmUp = slow.map((is, i) => is && (first < 0 || i < first) && i < limits.WARM_UP);
  const evaluation = slow.map((is, i) => is && !warmUp[i] && afterEvaluation.has(i));
  return [warmUp, evaluation];
}

const NO_STEPS = { software: "", numbers: [], times: [], warm_up: [], evaluation: [], tokens_per_gpu: NaN, rate: NaN, counter: "", mfu: NaN, mfu_peaks: "", sequences: null, layout: {}, facts: {} };
