"""A path's points, whether it names them or tells the steps between them."""

import re

import numpy as np

TOKEN = re.compile(r"([A-Za-z])|(-?\d+(?:\.\d+)?(?:e[-+]?\d+)?)")
STEPS = set("lhv")


def path_points(d: str | None) -> np.ndarray:
    """All points that the data of an SVG path goes through, curves' handles among them, one a row [px]."""
    found, start, numbers, pen = [], np.zeros(2), [], "M"
    for letter, number in TOKEN.findall(d or ""):
        if letter:
            assert not numbers, d
            pen = letter
            if pen in "zZ":
                here = start
            continue
        numbers.append(float(number))
        if len(numbers) < (1 if pen in "hv" else 2):
            continue
        if pen in STEPS:
            step = {"l": numbers, "h": [*numbers, 0], "v": [0, *numbers]}[pen]
            here = here + np.array(step)
        else:
            here = np.array(numbers)
        if pen == "M":
            start = here
        found.append(here)
        numbers = []
    return np.array(found).reshape(-1, 2)
