// Logs of Megatron, Megatron-Bridge, torchtitan, MaxText and DeepSpeed as Steps: logs.py, with the same patterns.

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
};

class ProgramLog {
  constructor(program) {
    Object.assign(this, { program, rows: [], evaluated: new Set(), facts: new Map() });
  }

  fact(name, value) {
    if (!this.facts.has(name)) this.facts.set(name, []);
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
      found.rows.push(row);
      if (this.evaluated) found.evaluated.add(found.rows.length - 1);
      this.evaluated = false;
      return;
    }
  }

  get found() {
    return this.programs.some(({ rows }) => rows.length);
  }

  end() {
    // of two programs whose lines a log has, the one counts that tells more times
    const weight = ({ rows }) => [rows.filter((row) => [row[1], row[2], row[3]].some((x) => !Number.isNaN(x))).length, rows.length];
    const more = ([a, b], [c, d]) => a > c || (a === c && b > d);
    const best = this.programs.reduce((most, other) => (more(weight(other), weight(most)) ? other : most));
    if (!best.rows.length) throw new Unreadable(words.NO_LOG);
    return stepsOf(best);
  }
}

function stepsOf({ program, rows, evaluated, facts: listed }) {
  const last = [...new Map(rows.map(([step], i) => [step, i])).values()].sort((a, b) => a - b);
  const ignored = last.length < rows.length ? [fill(words.DONE_AGAIN, { count: rows.length - last.length })] : [];
  const [numbers, times, rates, tokens, mfus, sequences] = [0, 1, 2, 3, 4, 5].map((column) => last.map((i) => rows[i][column]));
  const pace = times.some(Number.isFinite) ? times : tokens.map((x) => 1 / x);
  const known = pace.flatMap((time, place) => (Number.isFinite(time) ? [place] : []));
  const after = new Set(known.flatMap((place, k) => (evaluated.has(last[place]) ? [k] : [])));
  const [slowFirst, slowEvaluated] = setApart(known.map((place) => pace[place]), after);
  const [warmUp, evaluation] = [slowFirst, slowEvaluated].map((mask) => new Set(known.filter((_, k) => mask[k])));
  const good = known.filter((place) => !warmUp.has(place) && !evaluation.has(place));
  const timed = (places) => finite(places.map((place) => times[place]));
  const typical = (column, places) => middle(finite(places ? places.map((place) => column[place]) : column));
  const facts = Object.fromEntries([...listed].map(([name, values]) => [name, middle(values)]));
  const values = {
    ...NO_STEPS,
    software: program.name,
    numbers,
    times: timed(good),
    warm_up: timed([...warmUp]),
    evaluation: timed([...evaluation]),
    tokens_per_gpu: typical(tokens, good),
    rate: typical(rates, good.length ? good : null),
    counter: program.counter,
    mfu: typical(mfus, good),
    mfu_peaks: program.mfu_peaks,
    sequences: sequences.some(Number.isFinite) ? typical(sequences) : null,
    facts: { ...facts, "warm-up steps": warmUp.size, "evaluation steps": evaluation.size },
  };
  return reading("log", `${program.name} log`, values, [], ignored, known.length || listed.size ? [] : [words.NO_TIMES]);
}
