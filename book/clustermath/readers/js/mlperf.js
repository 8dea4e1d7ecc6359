// MLPerf's logs as Steps: mlperf.py.

const COUNTED = ["block_start", "block_stop", "eval_start", "eval_stop", "train_loss"];
const ASKED_OF = new Set(["global_batch_size", ...Object.keys(TABLE.mlperfDegrees), ...TABLE.mlperfStated]);
const isNumber = (value) => typeof value === "number";

class MlPerf {
  constructor() {
    Object.assign(this, { any: false, events: new Columns(["time", "key", "samples"]), first: new Map(), ends: new Map(), count: 0, unread: [], damaged: 0 });
  }

  line(text) {
    const at = text.indexOf(TABLE.mllog);
    if (at < 0) return;
    this.any = true;
    const event = eventOf(text.slice(at + TABLE.mllog.length));
    if (!event) {
      if (this.damaged++ < limits.NAMED) this.unread.push(fill(words.CUT_LINE, { line: shown(Array.from(text).slice(0, limits.LONGEST_DAMAGE).join("")) }));
      return;
    }
    const { time, key, value, metadata } = event;
    this.count++;
    if (ASKED_OF.has(key) && !this.first.has(key)) this.first.set(key, value);
    if (key === "run_start" || key === "run_stop") this.ends.set(key, time);
    if (COUNTED.includes(key)) this.events.push([time, COUNTED.indexOf(key), samplesOf(metadata) ?? NaN]);
  }

  get found() {
    return this.any;
  }

  *end() {
    if (!this.count) throw new Unreadable(words.NO_MLPERF, { first: this.unread.length ? ` ${this.unread[0]}.` : "" });
    const batch = this.first.get("global_batch_size") ?? null;
    if (!isNumber(batch) || !(batch >= 1) || !Number.isFinite(batch)) throw new Unreadable(words.NO_BATCH, { found: told(batch) });
    const [blocks, tracked] = [yield* blocksOf(this.events, batch), yield* trackedOf(this.events, batch)];
    const finer = tracked.length > blocks.length;
    const steps = finer ? tracked : blocks;
    if (!steps.length) throw new Unreadable(words.NO_BLOCK);
    const [times, evaluated] = [yield* listed(steps.times), steps.evaluated];
    const [warmUp, evaluation, good] = yield* setApart(times, (i) => evaluated.at(i));
    const layout = {};
    for (const [key, name] of Object.entries(TABLE.mlperfDegrees)) {
      const value = this.first.get(key);
      if (isNumber(value) && value >= 1 && value <= 1e9) layout[name] = value;
    }
    const facts = {};
    for (const key of TABLE.mlperfStated) if (["number", "string"].includes(typeof this.first.get(key))) facts[key] = this.first.get(key);
    if (this.ends.size === 2) facts["run [s]"] = this.ends.get("run_stop") - this.ends.get("run_start");
    const counted = yield* those(times, good);
    const values = {
      ...NO_STEPS,
      software: "MLPerf",
      numbers: yield* numbered(times.length, (i) => i + 1),
      times: counted,
      warm_up: yield* those(times, warmUp),
      evaluation: yield* those(times, evaluation),
      step_time: yield* middle(counted),
      sequences: batch,
      layout,
      facts,
    };
    const more = this.damaged > limits.NAMED ? [fill(words.MORE_CUT, { count: this.damaged - limits.NAMED })] : [];
    return reading("mllog", "MLPerf log", values, [...(finer ? [words.TRACKED] : []), words.ASKED], [], [...this.unread, ...more]);
  }
}

function eventOf(text) {
  let event;
  try {
    event = through(parseJson(text, false));
  } catch (problem) {
    if (problem instanceof Unreadable) return null;
    throw problem;
  }
  const [time, key] = [event.get("time_ms"), event.get("key")];
  if (!isNumber(time) || !Number.isFinite(time) || typeof key !== "string") return null;
  return { time: time / 1e3, key, value: event.get("value") ?? null, metadata: event.get("metadata") };
}

function samplesOf(metadata) {
  if (!(metadata instanceof Map)) return null;
  const name = TABLE.mlperfSamples.find((key) => isNumber(metadata.get(key)));
  const value = name === undefined ? null : metadata.get(name);
  return value !== null && Number.isFinite(value) && value >= 0 ? value : null;
}

// Each event in its order, with null for a count of samples that it lacks
function* eachEvent(events, look) {
  for (let i = 0; i < events.length; i++) {
    if (i % PIECE === 0) yield;
    const samples = events.samples.at(i);
    look(events.time.at(i), COUNTED[events.key.at(i)], Number.isNaN(samples) ? null : samples);
  }
}

function* blocksOf(events, batch) {
  const found = new Columns(["times", "evaluated"]);
  let [start, before, after, done] = [null, null, false, 0];
  yield* eachEvent(events, (time, key, samples) => {
    if (key === "eval_stop") after = true;
    if (key === "block_start") [start, before] = [time, samples];
    if (key !== "block_stop" || start === null) return;
    const count = inBlock(before, samples, done);
    done += count;
    if (count >= batch && time > start) found.push([((time - start) * batch) / count, Number(after)]);
    [after, start] = [false, null];
  });
  return found;
}

function inBlock(before, atStop, done) {
  if (atStop === null) return before || 0;
  if (before !== null && before < atStop && (before >= done || !done)) return atStop - before;
  return atStop > done ? atStop - done : atStop;
}

function* trackedOf(events, batch) {
  const found = new Columns(["times", "evaluated"]);
  let [last, after] = [null, false];
  yield* eachEvent(events, (time, key, samples) => {
    after = after || key === "eval_start" || key === "eval_stop";
    if (key !== "train_loss" || !samples) return;
    if (last && samples - last[1] >= batch && time > last[0]) found.push([((time - last[0]) * batch) / (samples - last[1]), Number(after)]);
    [last, after] = [[time, samples], false];
  });
  return found;
}
