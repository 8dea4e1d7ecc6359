// difflib.get_close_matches: the known name that was probably meant, by Ratcliff and Obershelp's measure.

function matching(a, b) {
  let [best, i, j] = [0, 0, 0];
  let lengths = new Map();
  for (let k = 0; k < a.length; k++) {
    const now = new Map();
    for (let m = 0; m < b.length; m++)
      if (a[k] === b[m]) {
        const length = (lengths.get(m - 1) ?? 0) + 1;
        now.set(m, length);
        if (length > best) [best, i, j] = [length, k - length + 1, m - length + 1];
      }
    lengths = now;
  }
  return best ? best + matching(a.slice(0, i), b.slice(0, j)) + matching(a.slice(i + best), b.slice(j + best)) : 0;
}

function nearest(name, known) {
  const letters = Array.from(name);
  if (letters.length > limits.SHOWN) return "";
  const scored = known.map((other) => ({ other, score: (2 * matching(Array.from(other), letters)) / (other.length + letters.length) }));
  const [best] = scored.filter(({ score }) => score >= 0.5).sort((x, y) => y.score - x.score || (x.other < y.other ? 1 : -1));
  return best ? fill(words.NEAREST, { name: shown(best.other) }) : "";
}
