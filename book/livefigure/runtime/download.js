// The numbers of a figure as a file: what is drawn along a slider, and what the model gives as series, maps and schedules.

const quoted = (text) => (/[",\n]/.test(text) ? `"${String(text).replaceAll('"', '""')}"` : text);

// Lines about what stands behind some outputs.
function sources(figure, outputs) {
  const { spec, state } = figure;
  const lines = [];
  for (const { name, label, sources: known } of spec.controls) {
    if (!outputs.some((output) => spec.depends[output]?.includes(name))) continue;
    if (!known?.[state[name]]) lines.push(`${label}: ${figure.written(name, state)}, as set here`);
    else for (const source of known[state[name]]) lines.push(`${state[name]}: ${source}`);
  }
  return [...lines, ...spec.sources];
}

// CSV with lines of a head, each after a #: what this is, at which inputs, what the columns mean, where it comes from.
function csv(figure, address) {
  const { spec, model, values } = figure;
  const control = (name) => spec.controls.find((c) => c.name === name);
  const unit = (text) => (text ? ` [${text}]` : "");
  const meaning = (name) => {
    const known = control(name) ?? spec.readouts.find(({ output }) => output === name.replace(/^(low|high)\./, ""));
    return `${name}: ${known ? known.label + unit(known.unit) : spec.means[name] ?? "as the model names it"}`;
  };
  model.sweep(); // of a figure that was never changed none has been asked for
  const swept = spec.sweeps.map(({ along, outputs }, k) => ({
    names: [along, ...outputs],
    columns: [model.grids[k].map((x) => x / control(along).scale), ...model.curves[k]],
  }));
  const lengths = [...new Set(Object.values(spec.arrays))];
  const series = lengths.map((length) => Object.keys(spec.arrays).filter((name) => spec.arrays[name] === length));
  const tables = [...swept, ...series.map((names) => ({ names, columns: names.map((name) => values[name]) }))];
  if (!tables.length) {
    const rows = spec.readouts.map((r) => [r.output, values[r.output], r.unit, r.label]);
    tables.push({ names: ["output", "value", "unit", "meaning"], columns: [0, 1, 2, 3].map((i) => rows.map((row) => row[i])) });
  }
  const head = [
    `${spec.title} (${spec.name})`,
    ...(address ? [address] : []),
    `At: ${spec.controls.map(({ name, label }) => `${label} ${figure.written(name, values)}`).join("; ")}`,
    `Result: ${spec.readouts.map(({ output }) => figure.written(output, values)).join("; ")}`,
    `Columns: ${[...new Set(tables.flatMap(({ names }) => names))].map(meaning).join("; ")}`,
    ...sources(figure, spec.readouts.map(({ output }) => output)).map((line) => `From: ${line}`),
    ...(spec.credit ? [spec.credit] : []),
    `Computed on ${new Date().toISOString().slice(0, 10)}`,
  ];
  const lines = tables.map(({ names, columns }) => [names, ...Array.from(columns[0], (_, i) => columns.map((column) => column[i]))].map((row) => row.map(quoted).join(",")));
  return [...head.map((line) => `# ${line.replaceAll("\n", " ")}`), lines.map((table) => table.join("\n")).join("\n\n"), ""].join("\n");
}
