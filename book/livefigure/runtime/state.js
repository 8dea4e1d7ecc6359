// A figure's state in a link: #fig-fifty-four-days?speedup=3&gpus=16384. Only what differs from the default is written.

function writeHash(spec, state) {
  const query = new URLSearchParams();
  for (const { name, value } of spec.controls) if (state[name] !== value) query.set(name, state[name]);
  if (spec.version !== 1) query.set("v", spec.version);
  const text = query.toString();
  return `#fig-${spec.name}` + (text && "?" + text);
}

// {name, query} of a hash that names a figure, or null. Nothing in it is trusted.
function readHash(hash) {
  const match = /^#fig-([\w-]+)(?:\?(.*))?$/s.exec(hash);
  return match && { name: match[1], query: new URLSearchParams((match[2] || "").slice(0, 2000)) };
}

// The possible values in `query`, and a sentence about those that are not.
function readQuery(spec, query) {
  const state = {};
  const ignored = [];
  const version = query.get("v") ?? "1";
  query.delete("v");
  for (const [name, text] of query) {
    const control = spec.controls.find((c) => c.name === name);
    const value = control && resolve(control, text);
    if (value === undefined || value === null) ignored.push(name);
    else state[name] = value;
  }
  const parts = [];
  if (version !== String(spec.version)) parts.push("This link was made for another version of the figure.");
  if (ignored.length) {
    const names = ignored.slice(0, 4).map((name) => `“${name.slice(0, 24)}”`).join(", ");
    parts.push(`Not taken from the link, because the figure does not have it or it is out of range: ${names}.`);
  }
  return { state, notice: parts.join(" ") };
}

// The value of a control that a text (from a link) or number stands for, or null.
function resolve(control, value) {
  if (control.kind === "choice") return Object.hasOwn(control.options, value) ? value : null;
  if (typeof value === "string" && value.trim() === "") return null;
  const number = Number(value);
  if (control.kind === "switch") return number === 0 || number === 1 ? number : null;
  if (control.values && !control.values.includes(number)) return null;
  const [low, high] = control.limits;
  if (!(number >= low && number <= high)) return null;
  return control.integer && number !== Math.round(number) ? null : number;
}
