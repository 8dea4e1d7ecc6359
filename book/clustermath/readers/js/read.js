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

  *end() {
    const reader = this.readers.find(({ found }) => found);
    if (!reader) throw new Unreadable(words.NO_FORMAT, { known: words.KNOWN });
    const found = yield* reader.end();
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
  const bare = String(text).replace(throughout.CONTROL, "");
  if (isConfig(bare)) return through(readConfig(bare, name));
  const lines = new Lines();
  const all = bare.split(throughout.LINE);
  if (all[all.length - 1] === "") all.pop(); // the last line has its break
  for (const line of all) lines.line(line);
  return through(lines.end());
}

// Files -------------------------------------------------------------------------------------------------------------------

const SLICE = 1 << 18; // bytes that are asked for at once
const ESCAPE = 64; // letters of which the last may be half of a code that sets a colour

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
  const [lines, turns] = [new Lines(), new Turns(signal)];
  let [source, config, white, rest, at] = [null, "", "", "", 0];
  let isJson = null; // not known before the first letter that isn't white
  onProgress(0);
  do {
    signal?.throwIfAborted();
    const bytes = new Uint8Array(await file.slice(at, at + SLICE).arrayBuffer());
    at += SLICE;
    const isLast = at >= file.size;
    source ??= new Letters(bytes);
    const text = source.next(bytes, isLast);
    if (isJson === null) {
      const bare = strip((white + text).replace(throughout.CONTROL, ""));
      white = (white + text).slice(-ESCAPE);
      if (bare) isJson = bare.startsWith("{");
    }
    const tooLarge = source.count > 2 * limits.LARGEST_JSON; // with its colours
    config = isJson === false || tooLarge ? "" : config + text;
    if (isJson && tooLarge) {
      source.check();
      throw new Unreadable(words.LARGE_CONFIG, { most: limits.LARGEST_JSON / 1e6, size: file.size / 1e6 });
    }
    if (!isJson) {
      const parts = (rest + text).split(throughout.LINE);
      // a return at the end may be the first half of a break
      rest = parts.pop();
      if (!isLast && text.endsWith("\r")) rest = `${parts.pop()}\r`;
      if (rest.length > 4 * limits.LONGEST) rest = rest.slice(0, 4 * limits.LONGEST);
      for (const line of parts) {
        lines.line(line.replace(throughout.CONTROL, ""));
        if (turns.over) await turns.pass();
      }
    }
    onProgress(Math.min(1, at / file.size));
    if (turns.over) await turns.pass();
  } while (at < file.size);
  source.check();
  if (isJson) return turns.through(readConfig(config.replace(throughout.CONTROL, ""), ""));
  rest = rest.replace(throughout.CONTROL, "");
  if (rest) lines.line(rest);
  return turns.through(lines.end());
}

globalThis.livefigureReaders = { read, readFile };
