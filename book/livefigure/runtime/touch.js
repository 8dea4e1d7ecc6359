// Touch: tiles, cells, bars and points answer the pointer and the arrow keys. They tell what they are, set inputs when
// they are clicked, and some are dragged. Made when a pointer first comes near, or the drawing gets the focus.

const NEAR = 16; // px around a point that still is the point
const SIDEWAYS = 3; // how much less a step to the side counts when an arrow key looks for the next part
const ARROWS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };

class Touch {
  constructor(figure, drawing) {
    Object.assign(this, { figure, drawing, at: null, held: null });
    this.groups = new Map(figure.pictures.map(({ svg }) => [svg, svg.appendChild(svgElement("g", { class: "lf-cross lf-touched" }))]));
  }

  get picture() {
    return this.figure.pictures.find(({ svg }) => svg.getBoundingClientRect().width > 0);
  }

  // All that can be touched in `picture` now: {mark, k, box: [left, top, right, bottom]}.
  parts(picture) {
    return picture.marks.flatMap((mark) => {
      if (!mark.touch) return [];
      const boxes = this[mark.kind](mark, picture);
      return boxes.map((box, k) => ({ mark, k, box })).filter(({ box }) => box && box.every(Number.isFinite));
    });
  }

  heatmap({ columns, cells, axes }, picture) {
    const { x, y } = picture.axes[axes];
    return Array.from({ length: cells }, (_, k) => {
      const [column, row] = [k % columns, Math.floor(k / columns)];
      return [x(column - 0.5), y(row + 0.5), x(column + 0.5), y(row - 0.5)];
    });
  }

  tiles({ shapes, axes }, picture) {
    return picture.places[shapes].map(([left, low, right, high]) => [axes.x(left), axes.y(high), axes.x(right), axes.y(low)]);
  }

  bar({ axes, at, width, base, length, horizontal }) {
    const ends = [base, length].map((name) => number(name, this.figure.values));
    const sides = [at - width / 2, at + width / 2];
    const [h, v] = horizontal ? [ends, sides] : [sides, ends];
    const [[left, right], [top, bottom]] = [h.map(axes.x), v.map(axes.y)].map((both) => both.sort((a, b) => a - b));
    return [[left, top, right, bottom]];
  }

  marker(mark, picture) {
    const [x, y] = picture.point(mark, this.figure.values);
    return [[x - NEAR, y - NEAR, x + NEAR, y + NEAR]];
  }

  // Where the pointer is, in the drawing's own pixels.
  place({ svg }, { clientX, clientY }) {
    const [box, view] = [svg.getBoundingClientRect(), svg.viewBox.baseVal];
    return [((clientX - box.left) * view.width) / box.width, ((clientY - box.top) * view.height) / box.height];
  }

  // The part under the pointer: of several the smallest. What can be dragged is caught from a little further.
  under(picture, event) {
    const [x, y] = this.place(picture, event);
    const hit = ({ mark, box: [left, top, right, bottom] }) => {
      const slack = mark.touch.drag && mark.kind === "bar" ? NEAR : 0;
      return x >= left - slack && x <= right + slack && y >= top - slack && y <= bottom + slack;
    };
    const size = ({ box: [left, top, right, bottom] }) => (right - left) * (bottom - top);
    return this.parts(picture).filter(hit).sort((a, b) => size(a) - size(b))[0];
  }

  // The figure's values as seen from part k: of arrays as long as there are parts its own element, and what it would set.
  seen({ mark, k }) {
    const { sets } = mark.touch;
    const own = { ...this.figure.values };
    for (const [name, value] of Object.entries(own)) if (value?.length !== undefined && typeof value !== "string") own[name] = value[k];
    for (const [name, wanted] of Object.entries(sets)) own[name] = typeof wanted === "string" ? own[wanted] : wanted[wanted.length > 1 ? k : 0];
    return own;
  }

  text(part) {
    const { tells, absent } = part.mark.touch;
    const own = this.seen(part);
    const missing = tells.some((piece) => Array.isArray(piece) && typeof own[piece[0]] === "number" && !Number.isFinite(own[piece[0]]));
    return missing && absent ? absent : fillText(tells, own);
  }

  // The crosshair's line of text beside the part, and a frame around it.
  show(picture, part) {
    this.at = part;
    const group = this.groups.get(picture.svg);
    if (!part) return group.replaceChildren();
    const [left, top, right, bottom] = part.box.map(round);
    const view = picture.svg.viewBox.baseVal;
    const note = svgElement("text", { y: top > 18 ? top - 6 : bottom + 14, "text-anchor": "middle" });
    note.textContent = this.text(part);
    group.replaceChildren(svgElement("rect", { x: left - 1, y: top - 1, width: right - left + 2, height: bottom - top + 2, rx: 2 }), note);
    const half = note.getComputedTextLength() / 2 + 4;
    note.setAttribute("x", round(Math.max(half, Math.min(view.width - half, (left + right) / 2))));
    return note.textContent;
  }

  // The inputs that the part sets, if they are possible ones.
  choose(part) {
    if (!part || !Object.keys(part.mark.touch.sets).length) return;
    const own = this.seen(part);
    const wanted = {};
    for (const name of Object.keys(part.mark.touch.sets)) {
      const value = resolve(this.figure.spec.controls.find((c) => c.name === name), own[name]);
      if (value !== null) wanted[name] = value;
    }
    this.figure.notice("");
    this.figure.set(wanted);
    this.figure.commit();
    this.again();
  }

  // What is read follows the numbers.
  again() {
    const [picture, at] = [this.picture, this.at];
    if (!picture || !at) return;
    this.show(picture, this.parts(picture).find(({ mark, k }) => mark === at.mark && k === at.k));
  }

  // The slider of a dragged part takes the value that brings its end, or its point, nearest to the pointer.
  drag(event) {
    const { mark, picture } = this.held;
    const [axis, name] = mark.touch.drag;
    const control = this.figure.spec.controls.find((c) => c.name === name);
    const follows = followed(mark);
    const side = axis === "x" ? 0 : 1;
    const pixel = this.place(picture, event)[side] - this.held.off;
    const { axes } = mark;
    const where = (position) => axes[axis](number(follows, this.figure.probe({ [name]: valueAt(control, position) })));
    let [low, high] = [0, control.values ? control.values.length - 1 : control.steps];
    const rising = where(high) > where(low);
    while (high - low > 1) {
      const middle = (low + high) >> 1;
      if (where(middle) > pixel === rising) high = middle;
      else low = middle;
    }
    const nearest = Math.abs(where(low) - pixel) <= Math.abs(where(high) - pixel) ? low : high;
    this.figure.change(name, valueAt(control, nearest));
    const away = ({ box }) => Math.abs((box[side] + box[side + 2]) / 2 - pixel);
    const dragged = this.parts(picture).filter((part) => part.mark.touch.drag?.[1] === name);
    this.show(picture, dragged.sort((a, b) => away(a) - away(b))[0]);
  }

  pointerdown(event) {
    const picture = this.picture;
    const part = picture && this.under(picture, event);
    if (!part?.mark.touch.drag || event.button) return;
    const axis = part.mark.touch.drag[0];
    const { axes, kind } = part.mark;
    const now = axes[axis](number(followed(part.mark), this.figure.values));
    const grabbed = this.place(picture, event)[axis === "x" ? 0 : 1];
    this.held = { mark: part.mark, picture, off: kind === "marker" ? grabbed - now : 0 };
    this.show(picture, part);
    if (this.drawing.hasPointerCapture) try { this.drawing.setPointerCapture(event.pointerId); } catch { /* the finger is gone already */ }
  } // prettier-ignore

  pointermove(event) {
    if (this.held) return this.drag(event);
    const picture = this.picture;
    const part = picture && this.under(picture, event);
    this.drawing.style.cursor = part ? (part.mark.touch.drag ? "grab" : Object.keys(part.mark.touch.sets).length ? "pointer" : "default") : "";
    if (picture) this.show(picture, part);
  }

  pointerup() {
    if (this.held) this.figure.commit();
    this.held = null;
  }

  pointercancel() {
    this.pointerup();
  }

  pointerleave() {
    if (!this.held && this.picture) this.show(this.picture, null);
  }

  click(event) {
    const picture = this.picture;
    const part = picture && this.under(picture, event);
    if (!part) return;
    this.show(picture, part);
    this.choose(part);
  }

  focus() {
    if (this.drawing.matches(":focus-visible") && !this.at) this.walk([0, 0]);
  }

  blur() {
    if (this.picture) this.show(this.picture, null);
  }

  keydown(event) {
    if (event.key in ARROWS) {
      event.preventDefault();
      this.walk(ARROWS[event.key]);
    } else if (event.key === "Enter" || event.key === " ") {
      event.preventDefault();
      this.choose(this.at);
    } else if (event.key === "Escape") this.blur();
  }

  // To the nearest part in a direction; at first to the one in the middle.
  walk([right, down]) {
    const picture = this.picture;
    if (!picture) return;
    const parts = this.parts(picture);
    const middle = ({ box: [l, t, r, b] }) => [(l + r) / 2, (t + b) / 2];
    const [x, y] = this.at ? middle(this.at) : [picture.svg.viewBox.baseVal.width / 2, picture.svg.viewBox.baseVal.height / 2];
    let [best, least] = [null, Infinity];
    for (const part of parts) {
      const [dx, dy] = [middle(part)[0] - x, middle(part)[1] - y];
      const ahead = dx * right + dy * down;
      if (this.at && ahead < 0.5) continue;
      const far = this.at ? ahead + SIDEWAYS * Math.abs(dx * down + dy * right) : Math.hypot(dx, dy);
      if (far < least) [best, least] = [part, far];
    }
    if (best) this.figure.announce(this.show(picture, best));
  }
}

// What lies where a mark is dragged to.
function followed(mark) {
  const [axis, , output] = mark.touch.drag;
  return output ?? (mark.kind === "bar" ? mark.length : mark[axis]);
}

later.Touch = Touch;
