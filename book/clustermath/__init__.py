"""The physics of training on a cluster: pure NumPy functions of plain numbers in s, B, FLOP, W, J, token, gpu, dollar.

Every function takes floats, arrays that broadcast, quantities with units, or tracers, and returns the same kind.
"""

from .hardware import CHIPS, Chip
from .models import MODELS, Model

__version__ = "0.1.0"
__all__ = ["CHIPS", "Chip", "MODELS", "Model"]
