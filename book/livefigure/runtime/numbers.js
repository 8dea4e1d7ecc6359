// Numbers as people read and type them. The rules of livefigure/numbers.py, tested against it.

const SPEC = /^(,?)\.(\d+)([fg%k])$/;
const SUFFIXES = [["T", 1e12], ["B", 1e9], ["M", 1e6], ["k", 1e3]];
const NOTHING = "–";

// toFixed rounds an exact half away from zero; Python rounds it to even.
function fixed(value, digits) {
  if (Math.abs(value) >= 1e21) return BigInt(value) + (digits ? "." + "0".repeat(digits) : "");
  const exact = value.toFixed(digits + 30);
  const below = exact.slice(0, digits ? -30 : -31);
  return /50{29}$/.test(exact) && /[02468]$/.test(below) ? below : value.toFixed(digits);
}

function significant(value, digits) {
  if (value === 0) return "0";
  const [mantissa, exponent] = value.toExponential(digits - 1).split("e");
  if (exponent >= -6 && exponent < 15) return stripped(fixed(value, Math.max(0, digits - 1 - exponent)));
  return `${stripped(mantissa)}\u202f×\u202f10${[...String(Number(exponent))].map((c) => RAISED["-0123456789".indexOf(c)]).join("")}`;
}

const RAISED = "⁻⁰¹²³⁴⁵⁶⁷⁸⁹";
const stripped = (text) => (text.includes(".") ? text.replace(/\.?0+$/, "") : text);

function formatNumber(value, spec) {
  let [, group, digits, kind] = SPEC.exec(spec);
  let suffix = "";
  digits = Number(digits);
  if (kind === "%") [value, kind, suffix] = [value * 100, "f", "%"];
  if (!Number.isFinite(value)) return NOTHING;
  if (kind === "k") {
    kind = "g";
    const found = SUFFIXES.find(([, size]) => Math.abs(value) >= size * (1 - 0.5 * 10 ** -digits));
    if (found) [value, suffix] = [value / found[1], "\u202f" + found[0]];
  }
  let text = kind === "f" ? fixed(value, digits) : significant(value, digits);
  if (group) {
    const [whole, decimals] = text.split(".");
    text = whole.replace(/\B(?=(\d{3})+$)/g, ",") + (decimals === undefined ? "" : "." + decimals);
  }
  const negative = text.startsWith("-");
  if (negative) text = (/[1-9]/.test(text) ? "\u2212" : "") + text.slice(1);
  return text + suffix;
}

// A text's pieces are literals and [name, format] pairs.
function fillText(pieces, values) {
  return pieces.map((p) => (typeof p === "string" ? p : p[1] ? formatNumber(values[p[0]], p[1]) : String(values[p[0]]))).join("");
}

const MULTIPLIERS = { k: 1e3, K: 1e3, m: 1e6, M: 1e6, b: 1e9, B: 1e9, G: 1e9, g: 1e9, T: 1e12, t: 1e12, P: 1e15, E: 1e18 };
const NUMBER = /^([+-]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?)(.*)$/i;

const PREFIXED = /^([kMGTPEmµn]?)(W|Wh|J|B|Hz|s|FLOP|[bB]\/s|FLOP\/s)$/;
const SMALL = { "": 1, m: 1e-3, µ: 1e-6, n: 1e-9 };
const factor = (prefix) => SMALL[prefix] ?? MULTIPLIERS[prefix];

// "220k", "1.5 GW", "3.8e25", "41 %", "16,384": the number in the unit shown, or NaN. `unit` may follow, with its own or
// another prefix; where it is itself a multiple (B: 10⁹), a multiple that follows is one of the number alone.
function parseNumber(text, unit) {
  const lowered = text.trim().replace(/[⁻⁰¹²³⁴-⁹]/g, (c) => "-0123456789"[RAISED.indexOf(c)]);
  const plain = lowered.replace(/\u2212/g, "-").replace(/\s*[×·]\s*10\^?/i, "e").replace(/^[$€]/, "");
  const grouped = plain.replace(/(\d)[,\u202f\u2009\u00a0' ](?=\d{3}(?!\d))/g, "$1");
  const match = NUMBER.exec(grouped);
  if (!match) return NaN;
  let rest = match[2].trim();
  const own = (unit || "").trim();
  const [typed, shown] = [PREFIXED.exec(rest), PREFIXED.exec(own)];
  if (typed && shown && !(own in MULTIPLIERS)) return typed[2] === shown[2] ? (Number(match[1]) * factor(typed[1])) / factor(shown[1]) : NaN; // bits are no bytes
  if (own && rest.toLowerCase().endsWith(own.toLowerCase())) rest = rest.slice(0, -own.length).trim();
  if (rest === "") return Number(match[1]);
  return rest in MULTIPLIERS ? (Number(match[1]) * MULTIPLIERS[rest]) / (MULTIPLIERS[own] ?? 1) : NaN;
}
