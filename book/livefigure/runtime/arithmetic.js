// The few functions of NumPy that JavaScript's Math does not have. They agree with NumPy on signs, halves and edges.

// Halves go to the even neighbour.
function rint(x) {
  const low = Math.floor(x);
  const rest = x - low;
  if (rest !== 0.5) return Math.round(x);
  return low % 2 === 0 ? low : low + 1;
}

// The sign follows the divisor, as in Python.
function remainder(a, b) {
  const rest = a % b;
  return rest !== 0 && rest < 0 !== b < 0 ? rest + b : rest;
}

function floorDivide(a, b) {
  if (b === 0) return a / b;
  const rest = a % b;
  const borrowed = rest !== 0 && rest < 0 !== b < 0 ? 1 : 0;
  const quotient = (a - rest) / b - borrowed;
  const low = Math.floor(quotient);
  return quotient - low > 0.5 ? low + 1 : low;
}

// Straight lines between known points, level beyond the ends.
function interp(x, xs, ys) {
  if (Number.isNaN(x)) return x;
  const high = xs.findIndex((known) => known > x);
  if (high <= 0) return ys.at(high);
  const low = high - 1;
  return x === xs[low] ? ys[low] : ys[low] + ((ys[high] - ys[low]) / (xs[high] - xs[low])) * (x - xs[low]);
}

// The least of `count` elements: np.minimum.reduceat's work on one group.
function least(values, from, count) {
  let low = Infinity;
  for (let k = from; k < from + count; k++) low = Math.min(low, values[k]);
  return low;
}

const own = { rint, remainder, floorDivide, interp, least };
