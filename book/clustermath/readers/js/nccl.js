// nccl-tests' table as a Collective: nccl.py.

class Nccl {
  constructor() {
    Object.assign(this, { any: false, rows: [], unread: [], ranks: new Set(), command: null, reduces: true });
  }

  line(text) {
    this.command ??= patterns.CALLED.exec(text);
    const listed = patterns.RANK.exec(text);
    if (listed) this.ranks.add(Number(listed[1]));
    const match = patterns.ROW.exec(text);
    if (!match) return;
    this.any = true;
    this.reduces &&= match[4] !== "none";
    const [size, time, bus, wrong] = [Number(match[1]), match[6], match[8], match[9]];
    if (!fits("NONE_WRONG", wrong)) this.unread.push(fill(words.WRONG, { size, wrong: shown(wrong) }));
    else if (!usable(time) || size === 0) this.unread.push(fill(words.NO_TIME, { size }));
    else this.rows.push([size, number(time) * TABLE.microsecond, usable(bus) ? number(bus) * 1e9 : NaN]);
  }

  get found() {
    return this.any;
  }

  end() {
    const { rows, unread, command } = this;
    if (!rows.length) throw new Unreadable(words.NO_TABLE, { first: unread.length ? ` ${unread[0]}.` : "" });
    const name = command ? TABLE.collectives[command[1]] : this.reduces ? "all-reduce" : "all-gather";
    rows.sort((a, b) => a[0] - b[0] || a[1] - b[1] || a[2] - b[2]);
    const [sizes, times, bus_bandwidths] = [0, 1, 2].map((column) => rows.map((row) => row[column]));
    const listed = this.ranks.size > 1 && [...this.ranks].every((rank) => rank < this.ranks.size) ? this.ranks.size : 0;
    const implied = listed ? 0 : impliedRanks(name, sizes, times, bus_bandwidths);
    const assumed = listed ? [] : [implied ? fill(words.IMPLIED_RANKS, { ranks: implied }) : words.NO_RANKS];
    const [start, rate] = fitted(sizes, times);
    return reading("collectives", "nccl-tests", { name, ranks: listed || implied, sizes, times, bus_bandwidths, start, rate }, assumed, command ? [] : [fill(words.NO_COMMAND, { name })], unread);
  }
}

function usable(text) {
  const value = number(text);
  return value > 0 && value < Infinity;
}

function impliedRanks(name, sizes, times, buses) {
  const factors = finite(buses.map((bus, i) => bus / (sizes[i] / times[i])).slice(-3));
  const all = TABLE.bus[name] ?? 0;
  const factor = middle(factors);
  return factor > 0 && factor < all ? Math.floor(all / (all - factor) + 0.5) : 0;
}

function fitted(sizes, times) {
  const weights = times.map((time) => 1 / time ** 2);
  const total = dot(weights);
  const mean = (values) => dot(values.map((x, i) => weights[i] * x)) / total;
  const [size, time] = [mean(sizes), mean(times)];
  if (sizes.every((x) => x === sizes[0])) return [0, sizes[0] / time];
  let inverse = dot(sizes.map((x, i) => weights[i] * (x - size) * (times[i] - time))) / dot(sizes.map((x, i) => weights[i] * (x - size) ** 2));
  let start = time - inverse * size;
  if (start < 0) [start, inverse] = [0, dot(sizes.map((x, i) => x / times[i])) / dot(sizes.map((x, i) => (x / times[i]) ** 2))];
  return inverse <= 0 ? [middle(times), Infinity] : [start, 1 / inverse];
}
