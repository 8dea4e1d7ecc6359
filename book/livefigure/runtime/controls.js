// Sliders with their number boxes, and choices. Each control shows the state and reports what the reader does.

const STILL = matchMedia("(prefers-reduced-motion: reduce)");

// A value on the slider: even steps, or even factors; tidied to three digits of the unit shown.
function valueAt(control, position) {
  const { low, high, log, integer, steps, scale, values } = control;
  if (values) return values[position];
  if (position <= 0) return low;
  if (position >= steps) return high;
  const t = position / steps;
  const exact = log ? low * (high / low) ** t : low + (high - low) * t;
  const tidy = Number((exact / scale).toPrecision(3)) * scale;
  return Math.min(high, Math.max(low, integer ? Math.round(tidy) : tidy));
}

function positionOf({ low, high, log, steps, values }, value) {
  if (values) return values.indexOf(value);
  const t = log ? Math.log(value / low) / Math.log(high / low) : (value - low) / (high - low);
  return Math.round(Math.min(1, Math.max(0, t)) * steps);
}

// figure.change(name, value) is told of every new value, figure.commit() when a change is complete.
function bindControl(root, control, figure) {
  const named = [...root.querySelectorAll(`[name="${control.name}"]`)];
  const all = control.plays ? [...named, named[0].closest(".lf-control").querySelector('[data-action="play"]')] : named;
  const bind = { choice: bindChoice, switch: bindSwitch, slider: bindSlider }[control.kind];
  const show = bind(named, control, figure);
  if (!control.enabled) return show;
  return (value, keepText) => {
    if (root.dataset.state === "live") for (const element of all) element.disabled = !figure.values[control.enabled];
    show(value, keepText);
  };
}

// The button beside a slider that plays, and the space bar on the slider. What they start comes when it is first asked for.
function bindPlay(control, figure, range, box) {
  const button = range.closest(".lf-control").querySelector('[data-action="play"]');
  let player;
  const press = async () => {
    try {
      if (!later.Player) await later.load();
      figure.players.add((player ??= new later.Player(figure, control, range, box, button)));
      player.toggle();
    } catch {
      figure.notice("The script that plays did not load. Press again, or move the slider.");
    }
  };
  if (STILL.matches) {
    button.setAttribute("aria-label", `Step: ${control.label}`);
    button.removeAttribute("aria-pressed");
  }
  button.addEventListener("click", press);
  range.addEventListener("keydown", (event) => {
    if (event.key !== " ") return;
    event.preventDefault(); // which would scroll the page
    if (!event.repeat) press();
  });
}

function bindSwitch([box], control, figure) {
  const take = () => figure.change(control.name, Number(box.checked));
  box.addEventListener("input", take);
  box.addEventListener("change", () => (take(), figure.commit()));
  return (value) => (box.checked = Boolean(value));
}

function bindChoice([select], control, figure) {
  const take = () => figure.change(control.name, select.value);
  select.addEventListener("input", take);
  select.addEventListener("change", () => (take(), figure.commit()));
  let own;
  return (value) => {
    if (OWN.test(value)) {
      if (!own) select.append((own = new Option(called(value))));
      own.value = value;
    }
    select.value = value;
  };
}

function bindSlider(named, control, figure) {
  const range = named.find((e) => e.type === "range");
  const box = named.find((e) => e.type !== "range");
  const error = box.closest(".lf-control").querySelector(".lf-error");
  const { name, unit, scale, format, limits, integer, label, values } = control;
  const written = (value) => formatNumber(value / scale, format);
  const ends = (value) => formatNumber(value / scale, ",.6g");
  const spoken = (value) => [written(value), unit].filter(Boolean).join(" ");
  let [shown, said] = ["", null];

  const complain = (text) => {
    if (text === said) return;
    said = text;
    error.textContent = text;
    error.hidden = !text;
    box.setAttribute("aria-invalid", String(Boolean(text)));
    if (text) box.setAttribute("aria-errormessage", error.id);
    else box.removeAttribute("aria-errormessage");
  };
  // "16.384" GPUs are 16,384 to half of the world, and sixteen and a bit to the other half: neither is guessed.
  const dotted = () => integer && /^\d{1,3}(\.\d{3})+$/.test(box.value.trim());
  const typed = () => {
    if (dotted()) return null;
    const number = parseNumber(box.value, unit) * scale;
    const whole = Math.round(number); // 1.1M is 1100000.0000000002
    const end = limits.find((limit) => ends(limit) === ends(number)); // what `allowed` shows must be possible
    return resolve(control, end ?? (integer && Math.abs(whole - number) <= 1e-9 * whole ? whole : number));
  };
  const allowed = () => {
    const [low, high] = limits.map(ends);
    const asked = box.value.trim().slice(0, 24);
    if (values) return `“${asked}” is not possible. Type ${label}: one of ${values.map(ends).join(", ")}.`;
    const number = parseNumber(box.value, unit) * scale;
    const within = number >= limits[0] && number <= limits[1];
    const comma = /^\d+,\d+$/.test(asked) ? ` (a decimal is written with a point: ${asked.replace(",", ".")})` : "";
    const fault = Number.isNaN(number) ? "is not a number" + comma : dotted() || (within && integer) ? "is not a whole number: thousands are 1000 or 1,000" : "is out of range";
    return `“${asked}” ${fault}. Type ${label}: ${low} to ${high}${unit ? " " + unit : ""}.`;
  };
  const show = (value, keepText) => {
    range.value = positionOf(control, value);
    range.setAttribute("aria-valuetext", spoken(value));
    range.style.setProperty("--lf-fill", `${(100 * range.value) / range.max}%`);
    if (keepText) return;
    box.value = shown = written(value);
    complain("");
  };

  range.addEventListener("input", () => {
    const position = Number(range.value);
    if (position !== positionOf(control, figure.state[name])) figure.change(name, valueAt(control, position));
  });
  range.addEventListener("change", () => figure.commit());
  if (control.plays) bindPlay(control, figure, range, box);
  box.addEventListener("input", () => {
    const value = typed();
    if (value !== null && box.value !== shown) figure.change(name, value, true);
    if (value !== null) complain("");
  });
  box.addEventListener("change", () => {
    if (box.value === shown) return complain("");
    const value = typed();
    if (value === null) return complain(allowed());
    figure.change(name, value);
    show(figure.state[name]);
    figure.commit();
  });
  box.addEventListener("keydown", (event) => {
    if (event.key === "Escape") show(figure.state[name]);
  });
  return show;
}
