// Logs of Megatron, Megatron-Bridge, torchtitan, MaxText, DeepSpeed and nanotron as Steps: logs.py, with the same patterns.

const TERA = 1e12;

// A line as [number, time, rate, tokens, mfu, sequences], NaN where it lacks the value; null for another program's
const PROGRAM_LINES = {
  Megatron(line, found) {
    const match = patterns.MEGATRON.exec(line);
    if (!match) return null;
    const fields = new Map();
    for (const part of match[2].split("|")) {
      const colon = part.indexOf(":");
      if (colon >= 0) fields.set(strip(part.slice(0, colon)), strip(part.slice(colon + 1)));
    }
    const named = (names) => names.find((name) => fields.has(name));
    const time = named(Object.keys(TABLE.megatronFields));
    const rate = named(TABLE.megatronRates);
    for (const name of TABLE.megatronFacts) if (fields.has(name)) found.fact(name, number(fields.get(name)));
    return [
      Number(match[1]),
      time === undefined ? NaN : number(fields.get(time)) * TABLE.megatronFields[time],
      rate === undefined ? NaN : number(fields.get(rate)) * TERA,
      NaN,
      NaN,
      number(fields.get(named(TABLE.megatronBatches))),
    ];
  },
  "Megatron-Bridge"(line, found) {
    const match = patterns.BRIDGE.exec(line);
    return match && [found.rows.length + 1, number(match[1]), number(match[2]) * TERA, NaN, NaN, NaN];
  },
  torchtitan(line) {
    const match = patterns.TITAN.exec(line);
    return match && [Number(match[1]), NaN, number(match[3]) * TERA, number(match[2]), number(match[4]) / 100, NaN];
  },
  MaxText(line) {
    const match = patterns.MAXTEXT.exec(line);
    return match && [Number(match[1]), number(match[2]), number(match[3]) * TERA, number(match[4]), NaN, NaN];
  },
  DeepSpeed(line, found) {
    let match = patterns.ENGINE.exec(line);
    if (match) return [Number(match[1]), number(match[2]), NaN, NaN, NaN, Math.floor(number(match[2]) * number(match[3]) + 0.5)];
    match = patterns.THROUGHPUT.exec(line);
    if (!match) return null;
    found.fact("samples per second", number(match[2]));
    return [Number(match[1]), NaN, NaN, NaN, NaN, NaN];
  },
  nanotron(line) {
    const match = patterns.NANOTRON.exec(line);
    return match && [Number(match[1]), rounded(match[2]) * 1e-3, rounded(match[5]) * TERA, rounded(match[3]), NaN, rounded(match[4])];
  },
};

// A number with a letter for its thousands, 11.5K
function rounded(text) {
  const unit = TABLE.logThousands[(text ?? "").slice(-1)] ?? 1;
  return number(unit > 1 ? text.slice(0, -1) : text) * unit;
}

const COLUMNS = ["numbers", "times", "rates", "tokens", "mfus", "sequences", "evaluated"];

class ProgramLog {
  constructor(program) {
    Object.assign(this, { program, rows: new Columns(COLUMNS), timed: 0, facts: new Map() });
  }

  add(row, afterEvaluation) {
    this.rows.push([...row, Number(afterEvaluation)]);
    const [, time, rate, tokens] = row;
    if (![time, rate, tokens].every(Number.isNaN)) this.timed++;
  }

  fact(name, value) {
    if (!this.facts.has(name)) this.facts.set(name, new Column());
    this.facts.get(name).push(value);
  }
}

class Log {
  constructor() {
    this.programs = TABLE.programs.map((program) => new ProgramLog(program));
    this.evaluated = false;
  }

  line(text) {
    if (patterns.EVALUATED.test(text)) {
      this.evaluated = true;
      return;
    }
    for (const found of this.programs) {
      const row = PROGRAM_LINES[found.program.name](text, found);
      if (!row) continue;
      found.add(row, this.evaluated);
      this.evaluated = false;
      return;
    }
  }

  get found() {
    return this.programs.some(({ rows }) => rows.length);
  }

  *end() {
    // of two programs whose lines a log has, the one counts that tells more times
    const more = (a, b) => a.timed > b.timed || (a.timed === b.timed && a.rows.length > b.rows.length);
    const best = this.programs.reduce((most, other) => (more(other, most) ? other : most));
    if (!best.rows.length) throw new Unreadable(words.NO_LOG);
    return yield* stepsOf(best);
  }
}

function* stepsOf({ program, rows, facts: printed }) {
  const last = yield* lastOfEach(yield* listed(rows.numbers));
  const ignored = last.length < rows.length ? [fill(words.DONE_AGAIN, { count: rows.length - last.length })] : [];
  const column = {};
  for (const name of COLUMNS) column[name] = yield* numbered(last.length, (i) => rows[name].at(last[i]));
  const { numbers, times, rates, tokens, mfus, sequences, evaluated } = column;
  const isTimed = (i) => Number.isFinite(times[i]);
  const pace = (yield* kept(times.length, isTimed)).length ? times : yield* numbered(tokens.length, (i) => 1 / tokens[i]);
  const known = yield* kept(pace.length, (i) => Number.isFinite(pace[i]));
  const apart = yield* setApart(yield* those(pace, known), (k) => evaluated[known[k]]);
  const [warmUp, evaluation, good] = [yield* those(known, apart[0]), yield* those(known, apart[1]), yield* those(known, apart[2])];
  const timed = function* (places) {
    return yield* finite(yield* those(times, places));
  };
  const typical = function* (values, places = null) {
    return yield* middle(yield* finite(places ? yield* those(values, places) : values));
  };
  const facts = {};
  for (const [name, values] of printed) facts[name] = yield* middle(yield* listed(values));
  const counted = yield* timed(good);
  const values = {
    ...NO_STEPS,
    software: program.name,
    numbers,
    times: counted,
    warm_up: yield* timed(warmUp),
    evaluation: yield* timed(evaluation),
    step_time: yield* middle(counted),
    tokens_per_gpu: yield* typical(tokens, good),
    rate: yield* typical(rates, good.length ? good : null),
    counter: program.counter,
    mfu: yield* typical(mfus, good),
    mfu_peaks: program.mfu_peaks,
    sequences: (yield* finite(sequences)).length ? yield* typical(sequences) : null,
    facts: { ...facts, "warm-up steps": warmUp.length, "evaluation steps": evaluation.length },
  };
  return reading("log", `${program.name} log`, values, [], ignored, known.length || printed.size ? [] : [words.NO_TIMES]);
}

// Places of the last line of each step, in the log's order
function* lastOfEach(numbers) {
  const places = yield* numbered(numbers.length, (i) => i);
  if (!(yield* kept(numbers.length, (i) => i > 0 && !(numbers[i] > numbers[i - 1]))).length) return places;
  const inOrder = yield* sorted(places, (i, j) => numbers[i] - numbers[j] || i - j);
  const last = yield* kept(inOrder.length, (k) => numbers[inOrder[k]] !== numbers[inOrder[k + 1]]);
  return yield* sorted(yield* those(inOrder, last));
}
