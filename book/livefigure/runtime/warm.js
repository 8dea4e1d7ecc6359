// Before somebody waits: an engine compiles a long loop well only after some runs, and anew for a branch that it hasn't seen.

const whenIdle = globalThis.requestIdleCallback ?? setTimeout;

// The first runs of a figure's model, once the figure is a screen away, each while nothing else is to be done.
later.warm = (figure) => {
  const near = new IntersectionObserver(
    (changes) => {
      if (!changes.some(({ isIntersecting }) => isIntersecting)) return;
      near.disconnect();
      whenIdle(() => (figure.pictures, run(figure, trials(figure)))); // for the first change nothing is to be looked up
    },
    { rootMargin: "100% 0px" },
  );
  near.observe(figure.root);
};

// States that readers choose: those of the buttons, and each slider in sight at its ends.
function trials({ spec, folded, presets, defaults }) {
  const sliders = spec.controls.filter((c) => c.kind === "slider" && !folded.includes(c));
  const ends = sliders.flatMap(({ name, low, high }) => [low, high].map((end) => ({ ...defaults, [name]: end })));
  return [...presets.map(({ wanted }) => wanted), ...ends];
}

function run(figure, states) {
  whenIdle(() => {
    if (!figure.inView || !states.length) return; // it has left the page, or there is no more
    figure.model.evaluate(states.shift());
    figure.model.evaluate(figure.state); // the arrays in figure.values are the model's own
    run(figure, states);
  });
}
