"""One stack in a process of its own, which answers each line of JSON that it is sent with one of its own.

["prepare", tokens], ["save", tokens, file], ["compare", tokens, file] or ["time", tokens, seconds].
"""

from __future__ import annotations

import json
import os
import sys
import time

import numpy as np


def make(stack: str):
    """The stack by its name; each imports what it needs and nothing else."""
    if stack == "jax":
        from in_jax import Jax

        return Jax()
    if stack == "by hand":
        from by_hand import ByHand

        return ByHand()
    from in_torch import SDPBackend, Torch, torch

    if stack == "reference":  # FP32, attention as its formula says
        return Torch("eager", torch.float32, SDPBackend.MATH)
    return Torch(stack)


def timed(stack, step, seconds: float) -> float:
    """Seconds a step takes when steps follow each other for about `seconds`, without waiting in between."""

    def steps(count):
        start = time.perf_counter()
        for _ in range(count):
            step()
        stack.wait()
        return (time.perf_counter() - start) / count

    steps(2)
    return steps(max(5, round(seconds / steps(3))))


def compare(stack, file: str) -> dict:
    """Relative error of each result against the reference that lies in `file`: root of the summed squares."""
    with np.load(file) as reference:
        return {
            name: float(np.linalg.norm(array - reference[name]) / np.linalg.norm(reference[name]))
            for name, array in stack.arrays().items()
        }


def main() -> None:
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)  # whatever libraries print goes elsewhere
    stack = make(sys.argv[1])
    steps = {}
    for line in sys.stdin:
        order, tokens, *rest = json.loads(line)
        if order == "prepare":
            steps[tokens] = stack.prepare(tokens)
            for _ in range(3):
                steps[tokens]()
            stack.wait()
            answer = None
        elif order == "time":
            answer = timed(stack, steps[tokens], *rest)
        else:
            steps[tokens]()
            stack.wait()
            answer = compare(stack, *rest) if order == "compare" else np.savez(*rest, **stack.arrays())
        print(json.dumps(answer), file=answers, flush=True)


if __name__ == "__main__":
    main()
