"""When each stage of a pipeline does what: start times of every forward and backward, in closed form.

A stage does its operations in the order that the schedule prescribes, each as soon as its inputs are there. Its
`turn`-th forward (from 0) and its `turn`-th backward are those of `work_item`. Times are those of one microbatch on one
whole stage, and count from the start of the step.
"""

import numpy as np

from .parameters import checked


@checked(returns="1")
def work_item(pp, interleave, turn):
    """Microbatch and model chunk of a stage's `turn`-th forward [1]; its backward takes the chunks from the last one on.

    Groups of `pp` microbatches go through one chunk after the other (Narayanan et al., arXiv 2104.04473, figure 4).
    """
    group, inside = turn // (pp * interleave), turn % (pp * interleave)
    microbatch = np.where(interleave > 1, group * pp + inside % pp, turn)
    return {"microbatch": microbatch, "chunk": np.where(interleave > 1, inside // pp, 0)}


@checked(returns="s")
def gpipe(pp, microbatches, stage, turn, forward, backward):
    """Starts [s] in GPipe: all forwards, then all backwards (Huang et al., arXiv 1811.06965)."""
    return {
        "forward": (stage + turn) * forward,
        "backward": (microbatches + pp - 1) * forward + (pp - 1 - stage + turn) * backward,
    }


@checked(returns="s")
def one_f_one_b(pp, interleave, microbatches, stage, turn, forward, backward):
    """Starts [s] in 1F1B: a few forwards to warm up, then one forward, one backward, in turn.

    With `interleave` model chunks on a stage, pp must divide the microbatches (Narayanan et al., arXiv 2104.04473, 2.2),
    and the first stages then wait once for a microbatch to come round to their next chunk; they make up for it when
    forwards run out. Exact where a backward takes no less than a forward.
    """
    forward, backward, after = forward / interleave, backward / interleave, pp - 1 - stage
    warm = np.where(interleave > 1, 2 * after + (interleave - 1) * pp, after)
    last_beside = interleave * (microbatches - pp) + pp - 1  # turn of the last stage's last backward beside a forward
    comes_round = np.where(interleave > 1, np.maximum(after * forward - (stage + 1) * backward, 0), 0)

    def waited(turn):
        alone = np.maximum(turn - (interleave * microbatches - 1 - warm), 0)  # backwards since the stage's last forward
        return np.where(turn > 2 * stage + 1, np.maximum(comes_round - alone * forward, 0), 0)

    def unhindered(turn):
        return (pp * interleave + np.minimum(turn, last_beside)) * forward + (after + turn) * backward

    beside = turn - warm  # turn of the backward that follows the forward
    steady = unhindered(beside - 1) + backward + waited(beside)
    return {
        "forward": np.where(beside > 0, steady, (stage + turn) * forward),
        "backward": unhindered(turn) + waited(turn),
    }


@checked(returns="s")
def zero_bubble(pp, microbatches, stage, turn, forward):
    """Starts [s] in ZB-H1: 1F1B whose backward is cut in two, and the weights' half put off to fill the gaps.

    "backward" makes gradients of the inputs, "weight" those of the weights; each takes as long as the forward. Stage s
    puts weights off by s microbatches (Qi et al., arXiv 2401.10241, figure 3).
    """
    after = pp - 1 - stage

    def backward_start(turn):
        caught_up = np.maximum(turn - (microbatches - after) + 1, 0)  # while no forwards come between
        weights_done = np.maximum(np.maximum(turn - stage, 0) - caught_up, turn - pp + 1)
        return (pp + after + 2 * turn + np.maximum(weights_done, 0)) * forward

    last = microbatches - 1
    waits = 1 + np.maximum(turn + stage - last, 0) - np.maximum(stage - last, 0)
    return {
        "forward": np.where(turn <= after, (stage + turn) * forward, backward_start(turn - after) - forward),
        "backward": backward_start(turn),
        "weight": backward_start(np.minimum(turn + stage, last)) + waits * forward,
    }
