// Rewrites the artists of a matplotlib SVG with the axes' own transforms, as matplotlib would have drawn them.

const EDGE = 1e-6; // px; on the edge of the axes is inside
const FAR = 1e5; // px; what lies further out is clipped anyway

function scale([low, high], log, from, length) {
  const f = log ? (v) => (v <= 0 ? -Infinity : Math.log10(v)) : (v) => v; // a bar down to zero has no end
  const origin = f(low);
  const factor = length / (f(high) - origin);
  const place = (v) => from + (f(v) - origin) * factor;
  place.inverse = (pixel) => {
    const v = origin + (pixel - from) / factor;
    return log ? 10 ** v : v;
  };
  return place;
}

// The boxes [left, low, right, high] of grids within grids, row by row from the top left (shapes.py).
function tiled(grids, box) {
  return grids.reduce((cells, [columns, rows, gap]) => cells.flatMap(([left, low, right, high]) => {
    const [wide, tall] = [(right - left) / columns, (high - low) / rows];
    return Array.from({ length: columns * rows }, (_, k) => {
      const row = Math.floor(k / columns);
      const [x, y] = [left + (k - row * columns + gap / 2) * wide, high - (row + 1 - gap / 2) * tall];
      return [x, y, x + (1 - gap) * wide, y + (1 - gap) * tall];
    });
  }), [box]);
}

// The step of 0 … levels - 1 in which a share lies; none for what is not finite (shapes.py).
const level = (share, levels) => (Number.isFinite(share) ? Math.max(0, Math.min(levels - 1, Math.floor(share * levels + 1e-6))) : -1);

const round = (v) => Math.round(Math.max(-FAR, Math.min(FAR, v)) * 1e3) / 1e3;
const path = (...points) => "M " + points.map(([x, y]) => `${round(x)} ${round(y)}`).join(" L ");

class Picture {
  // svg: the element; spec: {axes, marks}; initial: the values it was drawn with.
  constructor(svg, spec, initial) {
    this.svg = svg;
    this.axes = spec.axes.map(({ box: [left, top, width, height], x, y, xlog, ylog, steps }, k) => {
      const scales = { x: (limits) => scale(limits, xlog, left, width), y: (limits) => scale(limits, ylog, top + height, -height) };
      const stepping = Object.entries(steps).map(([axis, { within, steps }]) => ({
        axis, within, steps,
        groups: [...svg.querySelector(`[data-axis="${k}-${axis}"]`).children],
        scale: scales[axis],
      }));
      return { left, top, width, height, right: left + width, bottom: top + height, x: scales.x(x), y: scales.y(y), stepping, texts: {} };
    });
    this.places = (spec.places ?? []).map((given) => (given.grids ? tiled(given.grids, given.box) : given));
    this.marks = spec.marks.map((mark) => {
      if (mark.kind === "heatmap") {
        const cells = Array.from({ length: mark.cells + 1 }, (_, k) => svg.querySelector(`[data-mark="${mark.id}-${k}"] path`));
        return { ...mark, element: cells };
      }
      const group = svg.querySelector(`[data-mark="${mark.id}"]`);
      const element = group.querySelector({ marker: "use", label: "text" }[mark.kind] || "path");
      const bound = { ...mark, element, axes: this.axes[mark.axes] };
      if (mark.kind === "label") {
        const anchor = mark.absent ? bound.axes.top + bound.axes.height / 2 : this.point(bound, initial)[1];
        bound.drop = element.getAttribute("y") - anchor;
      }
      return bound;
    });
  }

  // Axes that follow the model take the first of their limits that holds all they must show, else the last.
  rescale(values) {
    for (const axes of this.axes) {
      for (const stepping of axes.stepping) {
        const { axis, within, steps, groups, scale } = stepping;
        const shown = within.map((name) => number(name, values));
        const fits = ([low, high]) => shown.every((v) => Math.min(low, high) <= v && v <= Math.max(low, high));
        const first = steps.findIndex(fits);
        const chosen = first < 0 ? steps.length - 1 : first;
        if (chosen === stepping.chosen) continue;
        stepping.chosen = chosen;
        axes[axis] = scale(steps[chosen]);
        axes.texts = {};
        groups.forEach((group, i) => put(group, "visibility", i === chosen ? "visible" : "hidden"));
      }
    }
  }

  redraw(values, model) {
    this.rescale(values);
    for (const mark of this.marks) if (mark.element) this[mark.kind](mark, values, model);
  }

  point({ axes, x, y, fraction = "" }, values) {
    const [h, v] = [number(x, values), number(y, values)];
    return [
      fraction.includes("x") ? axes.left + h * axes.width : axes.x(h),
      fraction.includes("y") ? axes.bottom - v * axes.height : axes.y(v),
    ];
  }

  curve({ element, axes, x, y, sweep }, values, model) {
    const xs = model.along(sweep, x, values);
    const ys = model.along(sweep, y, values, xs.length);
    let d = "";
    let pen = "M";
    for (let i = 0; i < xs.length; i++) {
      if (Number.isFinite(xs[i]) && Number.isFinite(ys[i])) {
        d += `${pen} ${round(axes.x(xs[i]))} ${round(axes.y(ys[i]))} `;
        pen = "L";
      } else pen = "M";
    }
    put(element, "d", d);
  }

  band({ element, axes, x, low, high, sweep }, values, model) {
    const xs = model.along(sweep, x, values);
    const [lows, highs] = [low, high].map((edge) => model.along(sweep, edge, values, xs.length));
    let [d, there, back] = ["", [], []];
    for (let i = 0; i <= xs.length; i++) {
      if (Number.isFinite(xs[i] + highs[i] + lows[i])) {
        const h = round(axes.x(xs[i]));
        there.push(`${h} ${round(axes.y(highs[i]))}`);
        back.push(`${h} ${round(axes.y(lows[i]))}`);
      } else if (there.length) {
        d += `M ${[...there, ...back.reverse()].join(" L ")} z `;
        [there, back] = [[], []];
      }
    }
    put(element, "d", d);
  }

  rectangles({ element, axes, x0, x1, y0, y1, kinds, place }, values) {
    const [left, right, low, high] = [x0, x1, y0, y1].map((name) => values[name]);
    let d = "";
    for (let i = 0; i < left.length; i++) {
      if ((kinds && values[kinds][i] !== place) || !Number.isFinite(left[i] + right[i] + low[i] + high[i])) continue;
      const [a, b, c, e] = [axes.x(left[i]), axes.x(right[i]), axes.y(low[i]), axes.y(high[i])].map(round);
      d += `M ${a} ${c} L ${b} ${c} L ${b} ${e} L ${a} ${e} z `;
    }
    put(element, "d", d);
  }

  // All tiles of one colour and strength, or with one edge, are one path. The outline of a tile is written once for all.
  tiles(mark, values) {
    const { axes, shapes } = mark;
    const texts = (axes.texts[shapes] ??= this.places[shapes].map(([left, low, right, high]) => {
      const [a, b, c, e] = [axes.x(left), axes.x(right), axes.y(low), axes.y(high)].map(round);
      return `M ${a} ${c} L ${b} ${c} L ${b} ${e} L ${a} ${e} z `;
    }));
    this.gather(mark, values, (k) => texts[k], texts.length);
  }

  wires(mark, values) {
    const { ends, axes } = mark;
    const fixed = this.places[ends];
    const text = (k) => {
      const [x0, y0, x1, y1] = fixed?.[k] ?? ends.map((name) => values[name][k]);
      return Number.isFinite(x0 + y0 + x1 + y1) ? `M ${round(axes.x(x0))} ${round(axes.y(y0))} L ${round(axes.x(x1))} ${round(axes.y(y1))} ` : "";
    };
    this.gather(mark, values, text, (fixed ?? values[ends[0]]).length);
  }

  gather(mark, values, text, count) {
    const { element, kinds, place, shade, level: step, levels } = mark;
    const [kind, share] = [values[kinds], shade && values[shade]];
    let d = "";
    for (let k = 0; k < count; k++) if (kind[k] === place && (!shade || level(share[k], levels) === step)) d += text(k);
    if (d !== mark.d) element.setAttribute("d", (mark.d = d));
  }

  heatmap({ element, z, low, high, log }, values) {
    const [from, to] = [number(low, values), number(high, values)];
    let edges = "";
    values[z].forEach((value, k) => {
      const share = log ? Math.log(value / from) / Math.log(to / from) : (value - from) / (to - from);
      const exists = Number.isFinite(share);
      const strength = exists ? 0.06 + 0.94 * Math.max(0, Math.min(1, share)) : 0.001;
      element[k].style.opacity = Math.round(strength * 1e3) / 1e3;
      if (exists) edges += element[k].getAttribute("d");
    });
    put(element.at(-1), "d", edges);
  }

  marker(mark, values) {
    const [x, y] = this.point(mark, values);
    place(mark.element, x, y);
  }

  bar({ element, axes, at, width, base, length, horizontal }, values) {
    const ends = [number(base, values), number(length, values)];
    const sides = [at - width / 2, at + width / 2];
    const [[x0, x1], [y0, y1]] = horizontal ? [ends.map(axes.x), sides.map(axes.y)] : [sides.map(axes.x), ends.map(axes.y)];
    shape(element, [x0, y0], [x1, y0], [x1, y1], [x0, y1]);
  }

  region({ element, axes, x0, x1 }, values) {
    const [left, right] = [axes.x(number(x0, values)), axes.x(number(x1, values))];
    shape(element, [left, axes.bottom], [right, axes.bottom], [right, axes.top], [left, axes.top]);
  }

  vline({ element, axes, x, span }, values) {
    const h = axes.x(number(x, values));
    shape(element, ...span.map((share) => [h, axes.bottom - share * axes.height]));
  }

  hline({ element, axes, y, span }, values) {
    const v = axes.y(number(y, values));
    shape(element, ...span.map((share) => [axes.left + share * axes.width, v]));
  }

  label(mark, values) {
    const { element, axes, dx = 0, drop, flip = null, text } = mark;
    const [x, y] = this.point(mark, values);
    const turned = flip !== null && (x - axes.left) / axes.width > flip;
    if (flip !== null) element.style.textAnchor = turned ? "end" : "start";
    place(element, x + (turned ? -dx : dx), y + drop);
    const within = (v, from, to) => v >= from - EDGE && v <= to + EDGE;
    element.style.opacity = within(x, axes.left, axes.right) && within(y, axes.top, axes.bottom) ? 1 : 0;
    write(element, fillText(text, values));
  }
}

// A mark whose place does not exist is not shown.
function place(element, x, y) {
  const exists = Number.isFinite(x) && Number.isFinite(y);
  put(element, "visibility", exists ? "visible" : "hidden");
  if (exists) {
    put(element, "x", round(x));
    put(element, "y", round(y));
  }
}

function shape(element, ...points) {
  const exists = !points.flat().some(Number.isNaN);
  put(element, "d", exists ? path(...points) + (points.length > 2 ? " z" : "") : "");
}
