// JSON as Python's parser reads it, with its complaints: JSON.parse has neither place nor keys that stand twice.
// Objects are Maps: a key such as __proto__ is a key, and keys keep their order.

const SPACE = " \t\n\r";
const NUMBER = /(-?(?:0|[1-9]\d*))(\.\d+)?([eE][-+]?\d+)?/y;
const CONSTANTS = [["null", null], ["true", true], ["false", false], ["NaN"], ["Infinity"], ["-Infinity"]];
const ESCAPES = { '"': '"', "\\": "\\", "/": "/", b: "\b", f: "\f", n: "\n", r: "\r", t: "\t" };

function* tooDeep(text) {
  for (let i = 0, depth = 0, next = PIECE; i < text.length; i++) {
    if (i >= next) {
      next = i + PIECE;
      yield;
    }
    const letter = text[i];
    if (letter === '"') {
      for (i++; i < text.length && text[i] !== '"'; i++) if (text[i] === "\\") i++;
    } else if (letter === "[" || letter === "{") {
      if (++depth > limits.DEEPEST) return true;
    } else if (letter === "]" || letter === "}") depth--;
  }
  return false;
}

// The letters of a text, as Python counts them
const letters = (text) => text.length - (text.match(/[\ud800-\udbff][\udc00-\udfff]/g)?.length ?? 0);

class Json {
  constructor(text, strict) {
    Object.assign(this, { text, strict, at: 0, values: 0 });
  }

  fail(problem, at) {
    const before = this.text.slice(0, at);
    const near = strip(Array.from(before.slice(-60)).slice(-20).join("") + Array.from(this.text.slice(at, at + 60)).slice(0, 20).join(""));
    const line = before.lastIndexOf("\n");
    throw new Unreadable(words.NO_JSON, { line: before.split("\n").length, column: letters(before.slice(line + 1)) + 1, problem, near: shown(near) });
  }

  space() {
    while (this.at < this.text.length && SPACE.includes(this.text[this.at])) this.at++;
  }

  *whole() {
    this.space();
    const found = yield* this.value();
    this.space();
    if (this.at < this.text.length) this.fail("extra data", this.at);
    return found;
  }

  *value() {
    if (this.values++ % (PIECE / 16) === 0) yield; // a value may be a long text
    const letter = this.text[this.at];
    if (letter === '"') return this.string();
    if (letter === "{") return yield* this.object();
    if (letter === "[") return yield* this.list();
    for (const [name, value] of CONSTANTS)
      if (this.text.startsWith(name, this.at)) {
        if (this.strict && value === undefined && name !== "Infinity") throw new Unreadable(words.NO_NUMBER, { name });
        this.at += name.length;
        return value === undefined ? Number(name) : value;
      }
    NUMBER.lastIndex = this.at;
    const number = NUMBER.exec(this.text);
    if (!number) this.fail("expecting value", this.at);
    this.at += number[0].length;
    return Number(number[0]);
  }

  string() {
    const start = this.at++;
    let found = "";
    for (;;) {
      const from = this.at;
      while (this.at < this.text.length && this.text[this.at] !== '"' && this.text[this.at] !== "\\" && this.text[this.at] >= " ") this.at++;
      found += this.text.slice(from, this.at);
      if (this.at >= this.text.length) this.fail("unterminated string starting at", start);
      const letter = this.text[this.at];
      if (letter === '"') return this.at++, found;
      if (letter !== "\\") this.fail("invalid control character at", this.at);
      const escape = this.text[++this.at];
      if (escape === undefined) this.fail("unterminated string starting at", start);
      if (escape === "u") {
        const digits = this.text.slice(this.at + 1, this.at + 5);
        if (!/^[\da-fA-F]{4}$/.test(digits) || this.at + 5 >= this.text.length) this.fail("invalid \\uxxxx escape", this.at);
        found += String.fromCharCode(parseInt(digits, 16));
        this.at += 5;
      } else if (escape in ESCAPES) {
        found += ESCAPES[escape];
        this.at++;
      } else this.fail("invalid \\escape", this.at - 1);
    }
  }

  *object() {
    const found = new Map();
    let twice = null;
    this.at++;
    this.space();
    if (this.text[this.at] === "}") return this.at++, found;
    for (;;) {
      if (this.text[this.at] !== '"') this.fail("expecting property name enclosed in double quotes", this.at);
      const key = this.string();
      this.space();
      if (this.text[this.at] !== ":") this.fail("expecting ':' delimiter", this.at);
      this.at++;
      this.space();
      const value = yield* this.value();
      if (found.has(key)) twice ??= key;
      found.set(key, value);
      this.space();
      const letter = this.text[this.at];
      if (letter === "}") break;
      if (letter !== ",") this.fail("expecting ',' delimiter", this.at);
      this.at++;
      this.space();
    }
    this.at++;
    if (this.strict && twice !== null) throw new Unreadable(words.TWICE, { key: shown(twice) });
    return found;
  }

  *list() {
    const found = [];
    this.at++;
    this.space();
    if (this.text[this.at] === "]") return this.at++, found;
    for (;;) {
      found.push(yield* this.value());
      this.space();
      const letter = this.text[this.at];
      if (letter === "]") return this.at++, found;
      if (letter !== ",") this.fail("expecting ',' delimiter", this.at);
      this.at++;
      this.space();
    }
  }
}

function* parseJson(text, strict = true) {
  const size = letters(text);
  if (size > limits.LARGEST_JSON) throw new Unreadable(words.LARGE_CONFIG, { most: limits.LARGEST_JSON / 1e6, size: size / 1e6 });
  yield;
  if (yield* tooDeep(text)) throw new Unreadable(words.DEEP, { most: limits.DEEPEST });
  const found = yield* new Json(text, strict).whole();
  if (!(found instanceof Map)) throw new Unreadable(words.NO_OBJECT, { kind: kind(found) });
  return found;
}
