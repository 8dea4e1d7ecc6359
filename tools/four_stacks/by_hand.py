"""The layer by hand: builds by_hand.cu and calls it. PyTorch only holds the arrays."""

from __future__ import annotations

import ctypes
import importlib.metadata
import subprocess
import tempfile
from pathlib import Path

import layer
import torch
from layer import EPSILON, FFN, HEAD, HEADS, HIDDEN, KV_HEADS, WEIGHTS

SOURCE = Path(__file__).with_suffix(".cu")
# A package that is installed with PyTorch, one of its headers and one of its libraries.
NEEDED = {
    "nvidia-cudnn-frontend": ("cudnn_frontend.h", None),
    "nvidia-cudnn-cu13": ("cudnn.h", "libcudnn.so.9"),
    "nvidia-cublas": ("cublasLt.h", "libcublasLt.so.13"),
}


class Sizes(ctypes.Structure):
    _fields_ = [(name, ctypes.c_int) for name in ("tokens", "hidden", "heads", "kv_heads", "head", "ffn")] + [("epsilon", ctypes.c_float)]


def built() -> ctypes.CDLL:
    """The library made from by_hand.cu for the GPU of this machine, with the cuBLAS and cuDNN that PyTorch uses."""
    options = []
    for package, (header, library) in NEEDED.items():
        files = {path.name: path.locate() for path in importlib.metadata.files(package)}
        options += ["-I", str(Path(files[header]).parent)]
        if library:
            where = str(Path(files[library]).parent)
            options += ["-L", where, f"-l:{library}", "-Xlinker", f"-rpath={where}"]
    major, minor = torch.cuda.get_device_capability()
    name = f"{major}{minor}a" if major >= 9 else f"{major}{minor}"
    target = Path(tempfile.mkdtemp()) / "by_hand.so"
    command = ["nvcc", "-O3", "-std=c++17", "--use_fast_math", f"-gencode=arch=compute_{name},code=sm_{name}"]
    subprocess.run([*command, "-Xcompiler", "-fPIC", "-shared", "-o", str(target), str(SOURCE), *options], check=True)
    return ctypes.CDLL(str(target))


class ByHand:
    def __init__(self):
        self.library = built()
        self.library.layer_error.restype = ctypes.c_char_p
        self.weights = {name: torch.from_numpy(array).to("cuda", torch.bfloat16) for name, array in layer.weights().items()}
        self.gradients = {name: torch.empty_like(array) for name, array in self.weights.items()}

    def _call(self, function: str, *arguments) -> None:
        if getattr(self.library, function)(*arguments):
            raise RuntimeError(self.library.layer_error().decode())

    def prepare(self, tokens: int):
        """A function that starts one step; `wait` and `arrays` are about the step started last."""
        x, dy = (torch.from_numpy(array).to("cuda", torch.bfloat16) for array in layer.inputs(tokens))
        turns = [torch.from_numpy(array).cuda() for array in layer.positions(tokens)]
        y, dx = torch.empty_like(x), torch.empty_like(x)
        arrays = [x, dy, *turns, *self.weights.values(), y, dx, *self.gradients.values()]
        torch.cuda.synchronize()
        pointers = (ctypes.c_void_p * len(arrays))(*(array.data_ptr() for array in arrays))
        made = ctypes.c_void_p()
        sizes = Sizes(tokens, HIDDEN, HEADS, KV_HEADS, HEAD, FFN, EPSILON)
        self._call("layer_new", ctypes.byref(sizes), pointers, ctypes.byref(made))

        def step(keep=arrays):
            self.made, self.results = made, [y, dx]
            self._call("layer_launch", made)

        return step

    def wait(self) -> None:
        self._call("layer_wait", self.made)

    def arrays(self) -> dict:
        """The results of the last step as FP32 arrays by name."""
        found = dict(zip(["y", "x"], self.results), **self.gradients)
        return {name: array.float().cpu().numpy() for name, array in found.items()}
