"""NumPy's choices and roots, for numbers as quick as for arrays.

`np.where(x > 0, a, b)` of three numbers is an array without dimensions: it takes ten times as long to make as the number
takes to choose, and so does all that is computed with it. These give a number where they get plain ones, and ask NumPy
for all else: arrays, quantities, tracers.
"""

import math

import numpy as np

NUMBERS = {float, int, np.float64}
CONDITIONS = {bool, np.bool_}  # of numbers: what Python's and NumPy's comparisons give


def where(condition, then, otherwise):
    """`np.where`. A plain condition that chooses an array of doubles gives that itself, where the other has no more to say of its shape."""
    if type(condition) in CONDITIONS:
        chosen, other = (then, otherwise) if condition else (otherwise, then)
        kinds = {type(chosen), type(other)}
        if kinds <= NUMBERS:
            return chosen
        if type(chosen) is np.ndarray and kinds <= NUMBERS | {np.ndarray} and chosen.dtype == np.float64 and np.shape(other) in ((), chosen.shape):
            return chosen
    return np.where(condition, then, otherwise)


def either(condition, then, otherwise):
    """`where` of what two functions give; of a plain condition only the one that it chooses is called."""
    if type(condition) in CONDITIONS:
        return then() if condition else otherwise()
    return np.where(condition, then(), otherwise())


def maximum(one, other):
    """`np.maximum`; no number where either is."""
    if type(one) in NUMBERS and type(other) in NUMBERS:
        return one if one >= other or one != one else other
    return np.maximum(one, other)


def minimum(one, other):
    """`np.minimum`; no number where either is."""
    if type(one) in NUMBERS and type(other) in NUMBERS:
        return one if one <= other or one != one else other
    return np.minimum(one, other)


def clip(value, low, high):
    """`np.clip`: where the bounds cross, the upper one."""
    return minimum(maximum(value, low), high) if type(value) in NUMBERS and type(low) in NUMBERS and type(high) in NUMBERS else np.clip(value, low, high)


def sqrt(value):
    """`np.sqrt`."""
    return math.sqrt(value) if type(value) is float and value >= 0 else np.sqrt(value)


def cbrt(value):
    """`np.cbrt`."""
    return math.cbrt(value) if type(value) is float else np.cbrt(value)


def log(value):
    """`np.log`."""
    return math.log(value) if type(value) is float and value > 0 else np.log(value)


def ceil(value):
    """`np.ceil`."""
    return float(math.ceil(value)) if type(value) is float and math.isfinite(value) else np.ceil(value)
