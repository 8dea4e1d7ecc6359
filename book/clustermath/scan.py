"""One loop over time for every reading of a function: numbers, arrays, quantities and tracers, as in `jax.lax.scan`."""

import numpy as np


def scan(step, state, xs):
    """Run `state, y = step(state, x)` for each x along the first axis of xs; return the last state and all y, stacked.

    state, xs and y are numbers, arrays or tracers, or tuples or dicts of them. A leaf of state or xs whose class
    has `__traced_scan__(step, state, xs)` takes the loop over, as NumPy lets its arguments take a function over; so does
    a leaf of what the first step gives, for a step that knows a tracer from elsewhere.
    """
    __tracebackhide__ = True  # what is wrong with the loop is wrong with the line that calls it
    first = state
    if (tracer := _tracer(state, xs)) is not None:
        return tracer.__traced_scan__(step, state, xs)
    lengths = {np.shape(leaf)[0] if np.ndim(leaf) else None for leaf in _leaves(xs)}
    if len(lengths) != 1 or None in lengths:
        raise ValueError(f"scan() loops over arrays of one length along their first axis, not over {', '.join('a number' if n is None else f'{n} elements' for n in sorted(lengths, key=str))}.")
    (length,) = lengths
    if not length:
        raise ValueError("scan() needs something to loop over: xs is empty.")
    ys = []
    for i in range(length):
        state, y = step(state, _map(lambda series, i=i: series[i], xs))
        if i == 0 and (tracer := _tracer(state, y)) is not None:
            return tracer.__traced_scan__(step, first, xs)
        ys.append(y)
    return state, _map(lambda *series: np.stack(np.broadcast_arrays(*series)), *ys)


def _tracer(*trees):
    """A leaf that takes a loop over, or None."""
    return next((leaf for tree in trees for leaf in _leaves(tree) if hasattr(type(leaf), "__traced_scan__")), None)


def _leaves(tree):
    if isinstance(tree, dict):
        tree = tuple(tree.values())
    if isinstance(tree, tuple):
        for branch in tree:
            yield from _leaves(branch)
    else:
        yield tree


def _map(function, tree, *others):
    """`function` of each leaf of `tree`, and of the leaves at the same place in the others."""
    if isinstance(tree, dict):
        return {key: _map(function, tree[key], *(other[key] for other in others)) for key in tree}
    if isinstance(tree, tuple):
        return tuple(_map(function, *branches) for branches in zip(tree, *others, strict=True))
    return function(tree, *others)
