"""How far off a model may be: the same model at both ends of what is plausible."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import wraps

import numpy as np

from .trace import flat


@dataclass(frozen=True)
class Uncertainty:
    """A factor by which the model may be off, and the ends between which it most probably lies.

    factor: an argument of the model, 1 by default. Every output that the trace shows to depend on it gets a band, from
    the outputs at both ends; so it should only rise or only fall with the factor.
    low, high: between them the factor most probably lies, ValueError if 1 does not; or the names of the model's own outputs
    that say so, where that depends on what the reader chose.
    """

    factor: str
    low: float | str
    high: float | str

    def __post_init__(self):
        if isinstance(self.low, str) and isinstance(self.high, str):
            return
        if not all(isinstance(end, (int, float)) and end != np.inf for end in (self.low, self.high)):
            raise ValueError(f"uncertainty {self.factor!r}: {self.low!r} to {self.high!r} are no finite numbers, nor both names of outputs.")
        if not 0 < self.low <= 1 <= self.high:
            raise ValueError(f"uncertainty {self.factor!r}: {self.low:g} to {self.high:g} must be above 0 and hold 1, where the model is right.")

    def around(self, model: Callable, uncertain: Sequence[str], extrapolated: str = "") -> Callable:
        """`model` with its outputs by dotted name, and beside each of the `uncertain` ones "low.name" and "high.name".

        Where the output `extrapolated` is not 0, nobody knows how far off the model is, and both are the output itself.
        """

        @wraps(model)
        def with_band(**arguments) -> dict:
            found = flat(model(**arguments))
            factors = [found[end] if isinstance(end, str) else end for end in (self.low, self.high)]
            ends = [flat(model(**arguments, **{self.factor: factor})) for factor in factors]
            band = {}
            for name in uncertain:
                for side, of in (("low", np.minimum), ("high", np.maximum)):
                    edge = of(*(end[name] for end in ends))
                    band[f"{side}.{name}"] = np.where(found[extrapolated] != 0, found[name], edge) if extrapolated else edge
            return found | band

        return with_band
