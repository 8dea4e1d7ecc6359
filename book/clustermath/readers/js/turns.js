// Work whose length is the file's: generators, that stop wherever the page may have its turn.

const PIECE = 4096; // things that are looked at between two stops: less than a millisecond of work
const TURN = 12; // milliseconds of reading after which the page gets its turn: most of a frame is left to it
const breath = () => new Promise((resolve) => setTimeout(resolve));

// To its end without a stop
function through(work) {
  for (;;) {
    const { done, value } = work.next();
    if (done) return value;
  }
}

// The page's turns; signal is an AbortController's
class Turns {
  constructor(signal) {
    Object.assign(this, { signal, since: performance.now() });
  }

  async pass() {
    await breath();
    this.signal?.throwIfAborted();
    this.since = performance.now();
  }

  get over() {
    return performance.now() - this.since >= TURN;
  }

  async through(work) {
    for (;;) {
      const { done, value } = work.next();
      if (done) return value;
      if (this.over) await this.pass();
    }
  }
}

// Numbers, as many as a file has, in pieces: a list that grows is copied again and again, and the page waits for it
class Column {
  constructor() {
    Object.assign(this, { pieces: [], length: 0 });
  }

  push(value) {
    const at = this.length++ % PIECE;
    if (!at) this.pieces.push(new Float64Array(PIECE));
    this.pieces[this.pieces.length - 1][at] = value;
  }

  at(i) {
    return this.pieces[Math.floor(i / PIECE)][i % PIECE];
  }
}

// Several of one length, by name
class Columns {
  constructor(names) {
    Object.assign(this, { names, ...Object.fromEntries(names.map((name) => [name, new Column()])) });
  }

  get length() {
    return this[this.names[0]].length;
  }

  push(row) {
    this.names.forEach((name, i) => this[name].push(row[i]));
  }
}

// `value(i)` for each i below count
function* numbered(count, value) {
  const found = new Float64Array(count);
  for (let i = 0; i < count; i++) {
    if (i % PIECE === 0) yield;
    found[i] = value(i);
  }
  return found;
}

const listed = (column) => numbered(column.length, (i) => column.at(i));

// Those of the numbers below count that `is` is true of
function* kept(count, is) {
  const found = new Column();
  for (let i = 0; i < count; i++) {
    if (i % PIECE === 0) yield;
    if (is(i)) found.push(i);
  }
  return yield* listed(found);
}

const those = (values, places) => numbered(places.length, (i) => values[places[i]]);

function* finite(values) {
  return yield* those(values, yield* kept(values.length, (i) => Number.isFinite(values[i])));
}

function* total(values, term = (x) => x) {
  let sum = 0;
  for (let i = 0; i < values.length; i++) {
    if (i % PIECE === 0) yield;
    sum += term(values[i], i);
  }
  return sum;
}

// Sorted pieces, two by two put together
function* sorted(values, order = (a, b) => a - b) {
  let runs = [];
  for (let from = 0; from < values.length; from += PIECE) {
    yield;
    runs.push(values.slice(from, from + PIECE).sort(order));
  }
  while (runs.length > 1) {
    const merged = [];
    for (let k = 0; k < runs.length; k += 2) merged.push(k + 1 < runs.length ? yield* together(runs[k], runs[k + 1], order) : runs[k]);
    runs = merged;
  }
  return runs[0] ?? values;
}

function* together(first, second, order) {
  let [i, j] = [0, 0];
  return yield* numbered(first.length + second.length, () => (j >= second.length || (i < first.length && order(first[i], second[j]) <= 0) ? first[i++] : second[j++]));
}

// The median; NaN if there is none, or if one of them is none
function* middle(values) {
  const usable = yield* kept(values.length, (i) => !Number.isNaN(values[i]));
  if (!values.length || usable.length < values.length) return NaN;
  const inOrder = yield* sorted(values);
  const half = inOrder.length >> 1;
  return inOrder.length % 2 ? inOrder[half] : (inOrder[half - 1] + inOrder[half]) / 2;
}
