// A file of any of the known formats, told apart by what is in it (any_file.py): a text at once, a file in slices.

const reading = (kind, format, values, assumed = [], ignored = [], unread = []) => ({ kind, format, values, notes: { assumed, ignored, unread } });

// All readers of lines look at every line; which of them has found its format decides, in this order
class Lines {
  constructor() {
    Object.assign(this, { readers: [new MlPerf(), new Nccl(), new Power(), new Log(), new Arguments()], number: 0, long: 0 });
  }

  line(text) {
    const [cut, isLong] = asFarAsRead(text);
    this.number++;
    this.long += Number(isLong);
    for (const reader of this.readers) reader.line(cut, this.number);
  }

  end() {
    const reader = this.readers.find(({ found }) => found);
    if (!reader) throw new Unreadable(words.NO_FORMAT, { known: words.KNOWN });
    const found = reader.end();
    if (this.long) found.notes.unread.push(fill(words.LONG_LINES, { count: this.long, most: limits.LONGEST }));
    return found;
  }
}

// A line's letters are counted as Python does, which takes a pair of surrogates for one
function asFarAsRead(text) {
  if (text.length <= limits.LONGEST) return [text, false];
  const first = Array.from(text.slice(0, 2 * limits.LONGEST));
  return [first.slice(0, limits.LONGEST).join(""), first.length > limits.LONGEST];
}

const isConfig = (text) => strip(text).startsWith("{");

function read(text, name = "") {
  const bare = String(text).replace(again("CONTROL"), "");
  if (isConfig(bare)) return readConfig(bare, name);
  const lines = new Lines();
  const all = bare.split(again("LINE"));
  if (all[all.length - 1] === "") all.pop(); // the last line has its break
  for (const line of all) lines.line(line);
  return lines.end();
}

// Files -------------------------------------------------------------------------------------------------------------------

const SLICE = 1 << 20; // bytes that are asked for at once
const TURN = 30; // milliseconds of reading after which the page gets its turn
const breath = () => new Promise((resolve) => setTimeout(resolve));

// UTF-8, or UTF-16 with its mark, slice by slice; letters that are none are counted
class Letters {
  constructor(start) {
    const marked = TABLE.boms.find(([mark]) => mark.every((byte, i) => start[i] === byte));
    const [mark, encoding] = marked ?? [[], "utf-8"];
    Object.assign(this, { skipped: mark.length, encoding, decoder: new TextDecoder(encoding, { ignoreBOM: true }), wrong: 0, count: 0 });
  }

  next(bytes, isLast) {
    const body = bytes.subarray(this.skipped);
    this.skipped = 0;
    if (this.encoding === "utf-8" && body.includes(0)) throw new Unreadable(words.BINARY);
    const text = this.decoder.decode(body, { stream: !isLast });
    this.count += letters(text);
    for (let at = text.indexOf("\ufffd"); at >= 0; at = text.indexOf("\ufffd", at + 1)) this.wrong++;
    return text;
  }

  check() {
    if (this.wrong > Math.max(3, Math.floor(this.count / 1000))) throw new Unreadable(words.ENCODING);
  }
}

// Resolves to what `read` gives. onProgress gets the share that is read, 0 to 1; signal is an AbortController's.
async function readFile(file, onProgress = () => {}, signal = undefined) {
  if (file.size > limits.LARGEST) throw new Unreadable(words.TOO_LARGE, { size: file.size / 1e6, most: limits.LARGEST / 1e6 });
  let [text, source, config, at, turn] = [null, null, "", 0, performance.now()];
  const lines = new Lines();
  let rest = "";
  let isJson = null; // not known before the first letter that isn't white
  onProgress(0);
  do {
    signal?.throwIfAborted();
    const bytes = new Uint8Array(await file.slice(at, at + SLICE).arrayBuffer());
    at += SLICE;
    const isLast = at >= file.size;
    source ??= new Letters(bytes);
    text = source.next(bytes, isLast);
    if (isJson === null) {
      config += text;
      const bare = strip(config.replace(again("CONTROL"), ""));
      if (bare || isLast) [isJson, text, config] = bare.startsWith("{") ? [true, config, ""] : [false, config, ""];
    }
    if (isJson) {
      config += text;
      // Longer than a config may be, it is refused by parseJson whatever stands in it
      if (config.length > 2 * limits.LARGEST_JSON + SLICE) break;
    } else if (isJson === false) {
      const parts = (rest + text).split(again("LINE"));
      // a return at the end may be the first half of a break
      rest = parts.pop();
      if (!isLast && text.endsWith("\r")) rest = `${parts.pop()}\r`;
      if (rest.length > 4 * limits.LONGEST) rest = rest.slice(0, 4 * limits.LONGEST);
      for (const line of parts) {
        lines.line(line.replace(again("CONTROL"), ""));
        if (performance.now() - turn < TURN) continue;
        await breath();
        signal?.throwIfAborted();
        turn = performance.now();
      }
    }
    onProgress(Math.min(1, at / file.size));
  } while (at < file.size);
  source.check();
  if (isJson) return readConfig(config.replace(again("CONTROL"), ""), "");
  if (rest.replace(again("CONTROL"), "")) lines.line(rest.replace(again("CONTROL"), ""));
  return lines.end();
}

globalThis.livefigureReaders = { read, readFile };
