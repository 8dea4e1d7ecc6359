"""What a page computes, held against NumPy."""

import numpy as np


def agree(found, expected, columns, exact=False, signed=True):
    expected = np.broadcast_to(np.asarray(expected, float), found.shape)
    wrong = ~np.isclose(found, expected, rtol=0 if exact else 1e-12, atol=0, equal_nan=True)
    wrong |= signed & (found == 0) & (expected == 0) & (np.signbit(found) != np.signbit(expected))
    examples = [tuple(float(column[i]) for column in (*columns.values(), found, expected)) for i in np.flatnonzero(wrong)[:8]]
    assert not examples, f"{wrong.sum()} of {wrong.size} differ; (operands, JavaScript, NumPy): {examples}"
