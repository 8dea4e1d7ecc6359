// A figure's state in a link: #fig-fifty-four-days?speedup=3&gpus=16384. Only what differs from the default is written.

function writeHash(spec, state) {
  const query = new URLSearchParams();
  for (const { name, value } of spec.controls) if (state[name] !== value) query.set(name, state[name]);
  if (spec.version !== 1) query.set("v", spec.version);
  const text = query.toString();
  return `#fig-${spec.name}` + (text && "?" + text);
}

// {name, query} of a hash that names a figure, or null. Nothing in it is trusted. Mailers and chats write ? = & as %3F
// %3D %26, and some put a slash before the question mark; that is mended here.
function readHash(hash) {
  const text = hash.includes("?") ? hash : hash.replace(/%3f/i, "?").replace(/%3d/gi, "=").replace(/%26/g, "&").replace(/%2b/gi, "+");
  const match = /^#fig-([\w-]+)\/?(?:\?(.*))?$/is.exec(text);
  return match && { name: match[1], query: new URLSearchParams((match[2] || "").slice(0, 4000).replaceAll("&amp;", "&")) };
}

// The one of `names` that was most probably meant: the same but for capitals, or one letter away.
function closest(name, names) {
  const asked = name.toLowerCase();
  return names.find((known) => known.toLowerCase() === asked) ?? names.find((known) => oneLetterAway(asked, known.toLowerCase()));
}

function oneLetterAway(a, b) {
  if (Math.abs(a.length - b.length) > 1) return false;
  let same = 0;
  while (same < a.length && a[same] === b[same]) same++;
  const [restA, restB] = [a.slice(same), b.slice(same)];
  return restA.slice(1) === restB.slice(1) || restA.slice(1) === restB || restA === restB.slice(1);
}

// The possible values in `query`, and a sentence about those that are not.
function readQuery(spec, query) {
  const state = {};
  const ignored = new Set();
  const twice = new Set();
  const version = query.get("v") ?? "1";
  query.delete("v");
  for (const [name, text] of query) {
    const control = spec.controls.find((c) => c.name === name);
    const value = control && resolve(control, text);
    if (value === undefined || value === null) ignored.add(name);
    else if (Object.hasOwn(state, name) && state[name] !== value) twice.add(name);
    else state[name] = value;
  }
  const parts = [];
  if (version !== String(spec.version)) parts.push("This link was made for another version of the figure.");
  const quoted = (names) => [...names].slice(0, 4).map((name) => `“${name.slice(0, 24)}”`).join(", ");
  if (ignored.size) parts.push(`Not taken from the link, because the figure does not have it or it is out of range: ${quoted(ignored)}.`);
  if (twice.size) parts.push(`The link gives more than one value for ${quoted(twice)}; the first is shown.`);
  return { state, notice: parts.join(" ") };
}

// The value of a control that a text (from a link) or number stands for, or null.
function resolve(control, value) {
  if (control.kind === "choice") return numbersOf(control, value) ? value : null;
  if (typeof value === "string" && value.trim() === "") return null;
  const number = Number(value);
  if (control.kind === "switch") return number === 0 || number === 1 ? number : null;
  if (control.values && !control.values.includes(number)) return null;
  const [low, high] = control.limits;
  if (!(number >= low && number <= high)) return null;
  return control.integer && number !== Math.round(number) ? null : number;
}
