"""Random numbers: what a model draws while it is traced would stand in its page for ever, so that it may draw none."""

import pickle
import random
from contextlib import contextmanager

import numpy as np

from .refusal import TraceError, place

GENERATORS = (np.random.Generator, np.random.RandomState, random.Random)
ADVICE = "which a page can't follow. Draw them before, of a seed, and give them through `fixed`: np.random.default_rng(1).normal(size=100)."


@contextmanager
def no_chance(model):
    """Raise TraceError if `model`, which is called inside, draws random numbers: from the generators that NumPy and Python share,
    from one that stands beside it, or from a new one without a seed. One that it makes of a seed gives the same every time."""
    before, default_rng = _states(model), np.random.default_rng

    def seeded(seed=None):
        if seed is None:
            raise TraceError(f"{place()} draws random numbers (np.random.default_rng() without a seed), {ADVICE}")
        return default_rng(seed)

    np.random.default_rng = seeded
    try:
        yield
    finally:
        np.random.default_rng = default_rng
    if drawn := [name for name, state in _states(model).items() if before[name] != state]:
        raise TraceError(f"{getattr(model, '__name__', 'the model')}() draws random numbers (from {', '.join(drawn)}), {ADVICE}")


def _states(model) -> dict[str, bytes]:
    """The state of each generator that the model may know by a name."""
    beside = {name: value for name, value in getattr(model, "__globals__", {}).items() if isinstance(value, GENERATORS)}
    return {name: pickle.dumps(state) for name, state in {"np.random": np.random.get_state(), "random": random.getstate(), **beside}.items()}
