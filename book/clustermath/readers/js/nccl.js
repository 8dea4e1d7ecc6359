// nccl-tests' table as a Collective: nccl.py.

class Nccl {
  constructor() {
    Object.assign(this, { any: false, rows: new Columns(["sizes", "times", "bus_bandwidths"]), complaints: new Complaints(), ranks: new Set(), command: null, reduces: true });
  }

  line(text) {
    this.command ??= patterns.CALLED.exec(text);
    const listing = patterns.RANK.exec(text);
    if (listing && this.ranks.size < limits.MOST_GPUS) this.ranks.add(Number(listing[1]));
    const match = patterns.ROW.exec(text);
    if (!match) return;
    this.any = true;
    this.reduces &&= match[4] !== "none";
    const [size, time, bus, wrong] = [Number(match[1]), match[6], match[8], match[9]];
    if (!fits("NONE_WRONG", wrong)) this.complaints.add(words.WRONG, { size, wrong: shown(wrong) });
    else if (!usable(time) || size === 0) this.complaints.add(words.NO_TIME, { size });
    else this.rows.push([size, number(time) * TABLE.microsecond, usable(bus) ? number(bus) * 1e9 : NaN]);
  }

  get found() {
    return this.any;
  }

  *end() {
    const { rows, complaints, command } = this;
    if (!rows.length) throw new Unreadable(words.NO_TABLE, { first: complaints.first });
    const name = command ? TABLE.collectives[command[1]] : this.reduces ? "all-reduce" : "all-gather";
    const values = { sizes: yield* listed(rows.sizes), times: yield* listed(rows.times), bus_bandwidths: yield* listed(rows.bus_bandwidths) };
    const order = (i, j) => values.sizes[i] - values.sizes[j] || values.times[i] - values.times[j] || values.bus_bandwidths[i] - values.bus_bandwidths[j] || i - j;
    const places = yield* sorted(yield* numbered(rows.length, (i) => i), order);
    for (const column of Object.keys(values)) values[column] = yield* those(values[column], places);
    const { sizes, times, bus_bandwidths } = values;
    const counted = this.ranks.size > 1 && this.ranks.size < limits.MOST_GPUS && [...this.ranks].every((rank) => rank < this.ranks.size) ? this.ranks.size : 0;
    const implied = counted ? 0 : yield* impliedRanks(name, sizes, times, bus_bandwidths);
    const assumed = counted ? [] : [implied ? fill(words.IMPLIED_RANKS, { ranks: implied }) : words.NO_RANKS];
    const [start, rate] = yield* fitted(sizes, times);
    return reading("collectives", "nccl-tests", { name, ranks: counted || implied, ...values, start, rate }, assumed, command ? [] : [fill(words.NO_COMMAND, { name })], complaints.said);
  }
}

function usable(text) {
  const value = number(text);
  return value > 0 && value < Infinity;
}

function* impliedRanks(name, sizes, times, buses) {
  const factors = buses.slice(-3).map((bus, i, { length }) => bus / (sizes[sizes.length - length + i] / times[times.length - length + i]));
  const whole = TABLE.bus[name] ?? 0;
  const factor = yield* middle(yield* finite(factors));
  return factor > 0 && factor < whole ? Math.floor(whole / (whole - factor) + 0.5) : 0;
}

function* fitted(sizes, times) {
  const weight = (i) => 1 / times[i] ** 2;
  const weights = yield* total(times, (_, i) => weight(i));
  const size = (yield* total(sizes, (x, i) => weight(i) * x)) / weights;
  const time = (yield* total(times, (x, i) => weight(i) * x)) / weights;
  // in order, the first is the least
  if (sizes[0] === sizes[sizes.length - 1]) return [0, sizes[0] / time];
  let inverse = (yield* total(sizes, (x, i) => weight(i) * (x - size) * (times[i] - time))) / (yield* total(sizes, (x, i) => weight(i) * (x - size) ** 2));
  let start = time - inverse * size;
  if (start < 0) [start, inverse] = [0, (yield* total(sizes, (x, i) => x / times[i])) / (yield* total(sizes, (x, i) => (x / times[i]) ** 2))];
  return inverse <= 0 ? [yield* middle(times), Infinity] : [start, 1 / inverse];
}
