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

const own = { rint, remainder, floorDivide };
