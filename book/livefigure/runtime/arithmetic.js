// The few functions of NumPy that JavaScript's Math does not have. They agree with NumPy on signs, halves and edges.

// Halves go to the even neighbour.
function rint(x) {
  const low = Math.floor(x);
  const rest = x - low;
  if (rest !== 0.5) return Math.round(x);
  return low % 2 === 0 ? low : low + 1 || -0;
}

// The sign follows the divisor, as in Python.
function remainder(a, b) {
  const rest = a % b;
  if (rest === 0) return b < 0 ? -0 : 0;
  return rest < 0 !== b < 0 ? rest + b : rest;
}

function floorDivide(a, b) {
  if (b === 0) return a / b;
  const rest = a % b;
  const borrowed = rest !== 0 && rest < 0 !== b < 0 ? 1 : 0;
  const quotient = (a - rest) / b - borrowed;
  if (quotient === 0) return 0 * (a / b);
  const low = Math.floor(quotient);
  return quotient - low > 0.5 ? low + 1 : low;
}

// 1 and -1 to any power without a value, and 1 to all powers, are 1.
function power(a, b) {
  return a === 1 || (a === -1 && !Number.isFinite(b) && b === b) ? 1 : a ** b;
}

// An index below 0 counts from the end.
function wrap(i, length) {
  return i < 0 ? i + length : i;
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

const own = { rint, remainder, floorDivide, power, wrap, interp, least };
