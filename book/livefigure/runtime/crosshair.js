// The crosshair: the model evaluated under the pointer, or where the keyboard puts it. Made when a pointer first comes over
// a drawing, or Explore is opened.

const SVG_NS = "http://www.w3.org/2000/svg";

function svgElement(name, attributes) {
  const element = document.createElementNS(SVG_NS, name);
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
  return element;
}

class Crosshair {
  // svg and picture belong together; figure evaluates.
  constructor(svg, picture, figure) {
    Object.assign(this, { svg, picture, figure });
    this.curves = picture.marks.filter((m) => m.kind === "curve" && m.sweep !== null && figure.spec.sweeps[m.sweep].along === m.x);
    if (!this.curves.length) return;
    this.group = svgElement("g", { class: "lf-cross", visibility: "hidden" });
    svg.append(this.group);
    svg.addEventListener("pointermove", (event) => this.follow(event));
    svg.addEventListener("pointerleave", () => this.hide());
  }

  follow(event) {
    const box = this.svg.getBoundingClientRect();
    const { width, height } = this.svg.viewBox.baseVal;
    const [x, y] = [((event.clientX - box.left) * width) / box.width, ((event.clientY - box.top) * height) / box.height];
    const curve = this.curves.find(({ axes: a }) => x >= a.left && x <= a.right && y >= a.top && y <= a.bottom);
    if (!curve) return this.hide();
    this.show(curve.axes, curve.axes.x.inverse(x));
  }

  // A line at `value` in `axes`, a point on each of its curves; gives what is read as text.
  show(axes, value) {
    const curves = this.curves.filter((curve) => curve.axes === axes);
    const { along } = this.figure.spec.sweeps[curves[0].sweep];
    const control = this.figure.spec.controls.find(({ name }) => name === along);
    const values = this.figure.probe({ [along]: control.integer ? Math.round(value) : value });
    const h = axes.x(values[along]);
    const points = curves.map((curve) => ({ v: axes.y(number(curve.y, values)), text: this.figure.written(curve.y, values) }));
    const seen = points.filter(({ v }) => v >= axes.top - 1 && v <= axes.bottom + 1);
    const turned = h > (axes.left + axes.right) / 2;
    const text = [`${control.label} ${formatNumber(values[along] / control.scale, ".3g")}${control.unit && " " + control.unit}`, ...seen.map((p) => p.text)].join(" → ");
    const note = svgElement("text", { x: round(h + (turned ? -6 : 6)), y: axes.bottom - 8, "text-anchor": turned ? "end" : "start" });
    note.textContent = text;
    this.group.replaceChildren(
      svgElement("path", { d: path([h, axes.top], [h, axes.bottom]) }),
      ...seen.map(({ v }) => svgElement("circle", { cx: round(h), cy: round(v), r: 3.5 })),
      note,
    );
    this.group.setAttribute("visibility", "visible");
    return text;
  }

  hide() {
    this.group?.setAttribute("visibility", "hidden");
  }
}

later.Crosshair = Crosshair;
