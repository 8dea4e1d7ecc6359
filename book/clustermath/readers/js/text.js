// What every reader says and how: sentences of the table with their places filled, numbers and texts as Python writes them.

const { words, limits } = TABLE;
const patterns = Object.fromEntries(Object.entries(TABLE.patterns).map(([name, [source, flags]]) => [name, new RegExp(source, flags)]));
const throughout = Object.fromEntries(Object.entries(patterns).map(([name, { source, flags }]) => [name, new RegExp(source, `${flags}g`)])); // for what looks at a whole text

class Unreadable extends Error {
  constructor(template, found) {
    super(found ? fill(template, found) : template);
    this.name = "Unreadable";
  }
}

function fill(template, found) {
  return template.replace(/\{\{|\}\}|\{(\w+)(?::([^}]*))?\}/g, (all, name, form) =>
    name === undefined ? all[0] : form === undefined ? String(found[name]) : formatted(found[name], form),
  );
}

// Of Python's forms those that words.py uses
function formatted(x, form) {
  if (form === "g") return general(x);
  const fixed = form.includes(".") ? inFixed(x, Number(form.match(/\.(\d+)f/)[1])) : String(x);
  const [whole, part] = fixed.split(".");
  return whole.replace(/\B(?=(\d{3})+$)/g, ",") + (part === undefined ? "" : `.${part}`);
}

// toFixed rounds the double itself, as Python does, but writes large ones with an exponent
const inFixed = (x, digits) => (Math.abs(x) < 1e21 ? x.toFixed(digits) : BigInt(x).toString() + (digits ? `.${"0".repeat(digits)}` : ""));

function general(x) {
  if (!Number.isFinite(x)) return named(x);
  if (x === 0) return Object.is(x, -0) ? "-0" : "0";
  const [digits, exponent] = x.toExponential(5).split("e");
  const power = Number(exponent);
  const short = (text) => (text.includes(".") ? text.replace(/\.?0+$/, "") : text);
  return power < -4 || power >= 6 ? `${short(digits)}e${power < 0 ? "-" : "+"}${String(Math.abs(power)).padStart(2, "0")}` : short(x.toFixed(5 - power));
}

const named = (x) => (Number.isNaN(x) ? "nan" : x > 0 ? "inf" : "-inf");

// The shortest digits that give the double back, in Python's form
function written(x) {
  if (!Number.isFinite(x)) return named(x);
  const [digits, exponent] = x.toExponential().split("e");
  const power = Number(exponent);
  if (power < -4 || power >= 16) return `${digits}e${power < 0 ? "-" : "+"}${String(Math.abs(power)).padStart(2, "0")}`;
  const text = String(x);
  return text.includes("e") ? x.toFixed(Math.max(0, digits.replace(/\D/g, "").length - 1 - power)) : text.includes(".") ? text : `${text}.0`;
}

function plain(value) {
  if (typeof value === "number") return Number.isInteger(value) && Math.abs(value) < 1e15 ? String(value === 0 ? 0 : value) : written(value);
  return value === true ? "True" : value === false ? "False" : value === null ? "None" : String(value);
}

function shown(value) {
  const text = Array.from(typeof value === "string" ? value.replace(throughout.CONTROL, "").replace(throughout.HIDDEN, "\ufffd") : plain(value));
  return `'${text.length <= limits.SHOWN ? text.join("") : `${text.slice(0, limits.SHOWN - 1).join("")}…`}'`;
}

const kind = (value) =>
  value instanceof Map ? "an object" : Array.isArray(value) ? "a list" : ({ string: "a text", boolean: "true or false", number: "a number" }[typeof value] ?? "null");

const told = (value) => (["string", "boolean", "number"].includes(typeof value) ? shown(value) : kind(value));

function whole(value, name, low = 1, high = 1e9) {
  if (typeof value !== "number" || !(low <= value && value <= high) || !Number.isInteger(value))
    throw new Unreadable(words.WHOLE, { name, found: told(value), low, high });
  return value + 0;
}

// What Python takes for true
const truthy = (value) => (value instanceof Map ? value.size > 0 : Array.isArray(value) ? value.length > 0 : Boolean(value) || Number.isNaN(value));
const or = (value, other) => (truthy(value) ? value : other);

// Python's strip and split: its white space is JavaScript's without the mark U+FEFF, and with a few controls
const strip = (text) => text.replace(/^[\t-\r\x1c-\x20\x85\xa0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000]+|[\t-\r\x1c-\x20\x85\xa0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000]+$/g, "");
const split = (text) => text.split(/[\t-\r\x1c-\x20\x85\xa0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000]+/).filter(Boolean);
const dot = (items) => items.reduce((sum, x) => sum + x, 0);
