"""Readers of the files that people who train models hold: configs, launch arguments, logs, measurements.

One module a format. Each returns records that the rest of `clustermath` takes, in a `Reading` that also says, in words,
what was assumed, what was left aside, and what could not be read. A file that can't be read raises `Unreadable`, which
names what was expected and what was found. No reader guesses: what a model has and `Architecture` can't hold is refused.
"""

from ..unreadable import Unreadable
from .any_file import read
from .huggingface import read_config
from .logs import read_log
from .megatron import read_arguments
from .mlperf import read_mlperf
from .nccl import read_nccl
from .power import read_power
from .text import Reading

__all__ = ["Reading", "Unreadable", "read", "read_arguments", "read_config", "read_log", "read_mlperf", "read_nccl", "read_power"]
