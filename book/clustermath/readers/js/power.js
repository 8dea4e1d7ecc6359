// Power over time as a Recording, the mean of all GPUs in the file: power.py.

const { power } = TABLE;

// The cells of a CSV's line, as Python's csv module cuts it
function cellsOf(line) {
  const cells = [];
  let [cell, state] = ["", "start"];
  for (const letter of line) {
    if (state === "quoted") {
      if (letter === '"') state = "quote in quoted";
      else cell += letter;
    } else if (letter === ",") {
      cells.push(cell);
      [cell, state] = ["", "start"];
    } else if (letter === '"' && state === "start") state = "quoted";
    else {
      cell += letter;
      state = letter === '"' && state === "quote in quoted" ? "quoted" : "plain";
    }
  }
  return [...cells, cell];
}

function columnsOf(line) {
  const hashed = strip(line).startsWith("#") && !line.includes(",");
  const cells = hashed ? split(line.replace(/^[# ]+/, "")) : line.split(",");
  const headers = cells.map((cell) => strip(cell).replace(/^"+|"+$/g, ""));
  const names = headers.map((header) => header.replace(patterns.UNIT, "").toLowerCase());
  let watts = power.watts.map((name) => names.indexOf(name)).find((k) => k >= 0) ?? -1;
  if (watts < 0) watts = names.findIndex((name) => name.includes("watt") || patterns.POWER.test(name));
  if (watts < 0 || names.length > limits.MOST_COLUMNS || names.some((name) => fits("FIGURES", name))) return null;
  const time = names.findIndex((name) => power.seconds.some((word) => name.includes(word)));
  if (time < 0 && !hashed) return null;
  const gpu = power.gpu.map((name) => names.indexOf(name)).find((k) => k >= 0) ?? -1;
  return { watts, time, gpu, hashed, name: names[watts], watt: unitOf(headers[watts], power.unitsOfWatts), second: time < 0 ? 1 : unitOf(headers[time], power.unitsOfTime) };
}

// What one of a column's numbers is worth, by the unit in its header
function unitOf(header, units) {
  return units[patterns.IN_HEADER.exec(header)?.[1]] ?? 1;
}

class Power {
  constructor() {
    Object.assign(this, { columns: null, header: "", seen: 0, all: 0, lost: 0, problems: new Complaints(), later: new Complaints() });
    Object.assign(this, { group: null, groups: 0, gpus: 0, samples: new Columns(["seconds", "watts"]) });
  }

  get found() {
    return this.columns !== null;
  }

  line(text, number) {
    const bare = strip(text).toLowerCase();
    if (!this.columns) {
      if (!bare || this.seen >= limits.HEADERS) return;
      this.seen++;
      this.columns = columnsOf(text);
      this.header = bare;
      return;
    }
    if (!bare || bare.startsWith("#") || bare === "id" || bare === this.header || patterns.UNITS_LINE.test(text)) return;
    const row = this.row(text);
    if (Array.isArray(row)) this.reading(...row);
    else this.problems.add(words.LINE, { number, problem: row });
  }

  // [time, GPU, watts], or what is wrong
  row(text) {
    const { time, gpu, watts, hashed, watt, second } = this.columns;
    const cells = hashed ? split(text.replace(patterns.ENTITY, "$1-")) : cellsOf(text).map(strip);
    if (cells.length <= Math.max(time, gpu, watts)) return fill(words.COLUMNS, { line: shown(strip(text)), count: cells.length });
    if (hashed && time > 0 && fits("DAY", cells[0])) cells[time] = `${cells[0]} ${cells[time]}`;
    const at = time < 0 ? null : secondsOf(cells[time], second);
    if (at === undefined) return fill(words.NO_MOMENT, { found: shown(cells[time]) });
    const value = wattsOf(cells[watts], watt);
    return value === undefined ? fill(words.NO_WATTS, { found: shown(cells[watts]) }) : [at, gpu < 0 ? "" : cells[gpu], value];
  }

  // A tool reads its GPUs one by one: a sample begins where one comes up again
  reading(time, gpu, watts) {
    this.all++;
    if (Number.isNaN(watts)) this.lost++;
    const { group } = this;
    const again = !group || (this.columns.gpu >= 0 ? group.gpus.has(gpu) || group.gpus.size >= limits.MOST_GPUS : time !== group.time);
    if (again) {
      if (group) this.close(false);
      this.group = { time, count: 0, usable: 0, sum: 0, gpus: new Set() };
    }
    this.group.gpus.add(gpu);
    this.group.count++;
    if (!Number.isNaN(watts)) {
      this.group.usable++;
      this.group.sum += watts;
    }
    this.gpus = Math.max(this.gpus, this.group.count);
  }

  close(isLast) {
    const { time, count, usable, sum } = this.group;
    const { samples } = this;
    const at = time === null ? this.groups * limits.PERIOD : time;
    this.groups++;
    if (isLast && count < this.gpus) return; // cut
    const [first, before] = samples.length ? [samples.seconds.at(0), samples.seconds.at(samples.length - 1)] : [];
    if (samples.length && at <= before) this.later.add(words.NOT_LATER, { at: at - first, before: before - first });
    else if (usable) samples.push([at, sum / usable]);
  }

  *end() {
    if (this.group) this.close(true);
    const { samples, problems } = this;
    problems.join(this.later);
    if (samples.length < 2) throw new Unreadable(words.FEW_SAMPLES, { first: problems.first });
    const { name, time } = this.columns;
    const assumed = this.gpus > 1 ? [fill(words.MEAN_OF, { gpus: this.gpus })] : [];
    if (time < 0) assumed.push(fill(words.PERIOD, { period: limits.PERIOD }));
    if (power.means.includes(name)) assumed.push(fill(words.SLOW_MEAN, { name }));
    if (this.lost) problems.add(words.LOST, { lost: this.lost, all: this.all });
    const first = samples.seconds.at(0);
    const values = { seconds: yield* numbered(samples.length, (i) => samples.seconds.at(i) - first), watts: yield* listed(samples.watts) };
    values.course = yield* courseOf(values.seconds, values.watts);
    return reading("power", "power over time", values, assumed, [], problems.said);
  }
}

// A number of seconds, or of the header's unit, or a moment in UTC if it doesn't say; undefined for neither
function secondsOf(text, unit) {
  const bare = text.endsWith("s") ? text.slice(0, -1) : text;
  if (fits("NUMBER", bare) && Number.isFinite(Number(bare))) return Number(bare) * (text.endsWith("s") ? 1 : unit);
  const match = fits("MOMENT", text);
  if (!match) return undefined;
  const [year, month, day, hour, minute, second] = [match[1] ?? 1900, match[3] ?? 1, match[4] ?? 1, match[5], match[6], match[7] ?? 0].map(Number);
  const moment = new Date(0);
  moment.setUTCFullYear(year, month - 1, day);
  moment.setUTCHours(hour, minute, second);
  const possible = year >= 1 && moment.getUTCMonth() === month - 1 && moment.getUTCDate() === day && hour < 24 && minute < 60 && second < 60;
  if (!possible) return undefined;
  const offset = match[10] ? (match[10] === "+" ? 1 : -1) * (Number(match[11]) * 3600 + Number(match[12]) * 60) : 0;
  return moment.getTime() / 1000 - offset + Number(`0.${match[8] ?? 0}`);
}

function wattsOf(text, unit) {
  if (fits("NONE", text)) return NaN;
  const match = fits("WATT", text);
  if (!match || !Number.isFinite(Number(match[1]))) return undefined;
  return Number(match[1]) * (text === match[1] ? unit : (power.thousands[match[2]] ?? 1));
}

// recorded.py, Recording.course
function* courseOf(seconds, watts) {
  const last = seconds.length - 1;
  const whole = seconds[last] + (seconds[last] - seconds[last - 1]);
  const edge = (i) => (i > last ? whole : seconds[i]);
  const running = function* (power) {
    let sum = 0;
    return yield* numbered(last + 2, (i) => (i ? (sum += watts[i - 1] ** power * (edge(i) - edge(i - 1))) : 0));
  };
  const [energy, squares] = [yield* running(1), yield* running(2)];
  const at = (sums, time) => {
    let [low, high] = [0, last + 1];
    while (high - low > 1) {
      const middle = (low + high) >> 1;
      if (edge(middle) <= time) low = middle;
      else high = middle;
    }
    return sums[low] + ((sums[high] - sums[low]) / (edge(high) - edge(low))) * (time - edge(low));
  };
  const length = Math.min(whole, limits.LONGEST_COURSE);
  let [best, most] = [0, -1];
  const consider = (start) => {
    const [mean, square] = [energy, squares].map((sums) => (at(sums, Math.min(start + length, whole)) - at(sums, start)) / length);
    if (square - mean ** 2 > most * (1 + 1e-6) + 1e-6 * square) [best, most] = [start, square - mean ** 2];
  };
  let tried = -1;
  for (let i = 0; i <= last; i++) {
    if (i % (PIECE / 16) === 0) yield; // each may try two stretches, and look for their four ends
    const half = Math.floor(seconds[i] / (length / 2));
    for (const k of [half - 1, half]) {
      if (k <= tried || (k * length) / 2 >= whole - length) continue;
      consider((k * length) / 2);
      tried = k;
    }
  }
  consider(whole - length);
  // the places of NumPy's linspace, to the last digit: beside a reading of 1e25 W that is a difference of many
  const place = (i) => (i === limits.SAMPLES ? best + length : i * (length / limits.SAMPLES) + best);
  const spent = Array.from({ length: limits.SAMPLES + 1 }, (_, i) => at(energy, Math.min(place(i), whole)));
  const means = spent.slice(1).map((joule, i) => Math.max(0, (joule - spent[i]) / (length / limits.SAMPLES)));
  let peak = 0;
  yield* total(watts, (watt) => (peak = Math.max(peak, watt)));
  return { seconds: length, peak, watts: means };
}
