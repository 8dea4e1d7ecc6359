// Links to other figures take the state along, from when a hand is near.

later.pointOn = ({ spec, values }, onward) =>
  spec.onward.forEach(({ address, sets, unless }, i) => {
    const said = Object.entries(sets).map(([name, of]) => [name, Array.isArray(of) ? ["own", ...of.flatMap(([there, here]) => [there, values[here]])].join(" ") : values[of]]);
    const link = onward.querySelectorAll("a")[i];
    link.href = `${address}?${new URLSearchParams(said)}`;
    link.parentElement.hidden = unless.some((name) => values[name]);
  });
