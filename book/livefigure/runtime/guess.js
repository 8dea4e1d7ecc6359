// Guess, then reveal: the drawing and its numbers stay veiled until the reader has committed to a number, or moves on.

function bindGuess(root, guess, figure) {
  const panel = root.querySelector(".lf-guess");
  const verdict = root.querySelector(".lf-guessed");
  const range = panel.querySelector("input");
  const control = { ...guess, steps: 200, scale: 1, integer: false };
  const spoken = (value) => [formatNumber(value, guess.format), guess.unit].filter(Boolean).join(" ");
  let moved = false; // what the reader has not touched is no guess
  const show = () => {
    const text = spoken(valueAt(control, Number(range.value)));
    panel.querySelector("b").textContent = text;
    range.setAttribute("aria-valuetext", text);
    range.style.setProperty("--lf-fill", `${(100 * range.value) / range.max}%`);
  };
  const veil = (on) => {
    panel.hidden = !on;
    root.classList.toggle("lf-veiled", on);
    for (const part of root.querySelectorAll(".lf-drawing, .lf-readouts")) part.toggleAttribute("inert", on);
  };
  const compare = () => {
    const guessed = valueAt(control, Number(range.value));
    const value = figure.values[guess.output];
    const ratio = Math.max(guessed / value, value / guessed);
    const times = ratio < 1.05 ? ": as good as the same" : `: ${formatNumber(ratio, ".2g")} times ${guessed > value ? "too high" : "too low"}`;
    verdict.textContent = moved ? `You said ${spoken(guessed)}; the arithmetic says ${spoken(value)}${guessed > 0 && value > 0 ? times : ""}.` : `The arithmetic says ${spoken(value)}.`;
    verdict.hidden = false;
    verdict.focus({ preventScroll: true }); // a box would call the keyboard of a phone
  };
  range.addEventListener("input", () => ((moved = true), show()));
  panel.querySelector('[data-action="reveal"]').addEventListener("click", () => {
    veil(false);
    compare();
  });
  panel.querySelector('[data-action="skip"]').addEventListener("click", () => veil(false));
  range.value = 100;
  show();
  veil(true);
  return () => veil(false);
}
