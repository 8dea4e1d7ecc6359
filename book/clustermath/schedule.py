"""Pipeline schedules: how long the bubble lasts, and how many microbatches wait in memory.

Times are of one microbatch on one whole stage: forward, backward (of which `weight` computes weight gradients).
Schedules are numbers, so that a layout can hold one: see SCHEDULES.
"""

from .numeric import maximum, minimum, where
from .parameters import checked

SCHEDULES = {"gpipe": 0, "1f1b": 1, "zero-bubble": 2, "dualpipe": 3}


@checked(returns="s")
def bubble_time(schedule, pp, interleave, forward, backward, weight):
    """Time that a stage idles in each step while the pipeline fills and drains [s].

    gpipe and 1f1b: (pp-1)(F+B), divided by `interleave` model chunks a stage (Narayanan et al., arXiv 2104.04473, 2.2);
    zero-bubble: (pp-1)(F+B-2W), ZB-H1 (Qi et al., arXiv 2401.10241); dualpipe: (pp/2-1)(F+B + B-3W) (DeepSeek-V3, arXiv
    2412.19437, table 2, with F and B overlapped as F+B).
    """
    stages = pp - 1
    zero_bubble = stages * maximum(forward + backward - 2 * weight, 0)
    dualpipe = maximum(pp / 2 - 1, 0) * maximum(forward + 2 * backward - 3 * weight, 0)
    return where(schedule < 2, stages / interleave * (forward + backward), where(schedule < 3, zero_bubble, dualpipe))


@checked(returns="1")
def microbatches_in_flight(schedule, pp, interleave, microbatches):
    """Microbatches whose activations the first stage holds at once [1], in units of a whole stage's activations.

    gpipe: all of them; 1f1b: as many as there are stages, and 1 + (pp-1)/(pp v) times that with v = `interleave` chunks
    (Korthikanti et al., arXiv 2205.05198, section 4.2.3); zero-bubble as 1f1b; dualpipe: pp + 1.
    """
    chunks = where(interleave > 1, 1 + (pp - 1) / (pp * interleave), 1)
    dualpipe = where(schedule < 3, minimum(microbatches, pp), minimum(microbatches, pp + 1))
    return where(schedule < 1, microbatches, where(schedule < 2, minimum(microbatches, pp * chunks), dualpipe))
