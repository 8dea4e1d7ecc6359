// Playing: a slider that stands for time goes through its steps by itself, until it is at its end or something stops it.
// Made when a reader first asks for it.

const LONGEST = 100; // ms that count of one frame: after a halt, time goes on from where it was
const STRIDES = 12; // presses from end to end, for a reader who wants no motion

class Player {
  constructor(figure, control, range, box, button) {
    Object.assign(this, { figure, control, range, button, frame: 0 });
    this.hidden = () => document.hidden && this.stop();
    range.addEventListener("pointerdown", () => this.stop()); // the hand is at it
    box.addEventListener("focus", () => this.stop());
  }

  // The slider's last position, or where another value ends it.
  get last() {
    const { control, figure } = this;
    const most = control.atMost ? Math.min(control.high, figure.values[control.atMost]) : control.high;
    let position = control.values ? control.values.length - 1 : control.steps;
    while (position > 0 && valueAt(control, position) > most) position--;
    return position;
  }

  toggle() {
    if (this.frame) return this.stop();
    const { control, figure, last } = this;
    const at = positionOf(control, figure.state[control.name]);
    if (STILL.matches) {
      this.go(at < last ? Math.min(last, at + Math.max(1, Math.round(control.steps / STRIDES))) : 0);
      return figure.commit();
    }
    this.at = at < last ? at : 0;
    this.value = figure.state[control.name];
    this.before = null; // time runs from the first frame on
    this.inView = new IntersectionObserver((seen) => seen.at(-1).isIntersecting || this.stop());
    this.inView.observe(figure.root);
    document.addEventListener("visibilitychange", this.hidden);
    this.button.setAttribute("aria-pressed", "true");
    clearTimeout(figure.announcing);
    this.frame = requestAnimationFrame((now) => this.tick(now));
  }

  tick(now) {
    const { control, figure, last } = this;
    if (figure.state[control.name] !== this.value || this.range.disabled) return this.stop(); // somebody else moved it
    this.at += (Math.min(now - (this.before ?? now), LONGEST) / 1000 / control.plays) * control.steps;
    this.before = now;
    if (control.loops && this.at >= last + 1) this.at = 0;
    this.go(Math.min(last, Math.floor(this.at)));
    if (!control.loops && this.at >= last) return this.stop();
    this.frame = requestAnimationFrame((then) => this.tick(then));
  }

  go(position) {
    this.figure.change(this.control.name, valueAt(this.control, position));
    this.value = this.figure.state[this.control.name];
  }

  stop() {
    if (!this.frame) return;
    cancelAnimationFrame(this.frame);
    this.frame = 0;
    this.inView.disconnect();
    document.removeEventListener("visibilitychange", this.hidden);
    this.button.setAttribute("aria-pressed", "false");
    this.figure.redraw(); // which has the sentence told
    this.figure.commit();
  }
}

later.Player = Player;
