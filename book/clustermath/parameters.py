"""What every parameter means, in which unit, and which values are possible: said once, here.

One `Parameter` guards the Python call (`checked`), bounds the slider, and fills the docs and the tests.
Two functions that take a parameter of the same name mean the same thing by it, in the same unit.
A constant that has a dimension is a parameter with a default, so that its unit and its range are said here too.
"""

from .checking import PARAMETERS, Parameter, checked, declare

__all__ = ["PARAMETERS", "Parameter", "checked", "declare"]

# The run
declare("flops", "FLOP", 0, 1e32, "floating point operations of the whole run")
declare("params", "1", 1, 1e15, "parameters of the model that take part in each token's arithmetic")
declare("tokens", "token", 0, 1e17, "tokens trained on")
declare("flops_per_param", "FLOP/token", 1, 12, "FLOPs for one parameter and one token")
declare("gpus", "gpu", 1, 1e8, "number of GPUs", integer=True, show=(256, 1_000_000))
declare("peak_flops", "FLOP/s/gpu", 1e6, 1e20, "dense peak of one GPU at the precision used")
declare("mfu", "1", 1e-4, 1, "model FLOPs utilisation, the share of the peak that reaches the model", show=(0.05, 1))
declare("goodput", "1", 1e-4, 1, "share of the wall clock that makes progress", show=(0.5, 1))
declare("speedup", "1", 0.01, 1e4, "factor by which the part that speeds up gets faster", show=(1, 10))
declare("serial", "1", 0, 1, "share of the time that does not speed up", show=(0, 0.5))
declare("time", "s", 0, 1e12, "wall-clock time")
declare("gpu_time", "s*gpu", 0, 1e20, "time summed over all GPUs")
declare("power", "W/gpu", 0, 1e5, "average power drawn for one GPU")
declare("pue", "1", 1, 3, "power usage effectiveness, facility power over IT power")
declare("price", "dollar/s/gpu", 0, 1, "rent of one GPU for one second")
declare("precision", "1", 4, 16, "bits that the matrix multiplies use", integer=True)
