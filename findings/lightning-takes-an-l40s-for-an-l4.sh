#!/usr/bin/env bash
# lightning: an L40S is taken for an L4
#
# lightning 2.6.6 divides by a GPU's peak for its MFU (get_available_flops), which it finds by parts of the name that the
# driver reports. "NVIDIA L40S" and "NVIDIA L40" hold "l4", so both are given the peak of an L4, though the table has an
# L40: BF16 121 TFLOP/s, where NVIDIA's data sheets say 362 and 181 without sparsity, and an MFU of 30 % is printed as 90.
# "NVIDIA H100 NVL" is found, with the peak of the two boards that its first data sheet added up: 1,978.8 TFLOP/s, where
# one such GPU has 835. "NVIDIA H200" isn't found, for its entries are called "sxm1" and "nvl1", which no driver reports;
# these hold 2,000, the value with sparsity, beside an H100's 989.4 without.
#
# Seen: L40S, L40 and L4 1.21e14; H100 NVL 1.9788e15; H100 SXM 9.894e14; H200 and B200 None, with a warning
# Fails (exit 1) when the package behaves otherwise. Needs Python 3.11 or newer, pip, Linux, and some 6 GB in a temp folder
# (no GPU: the name is given).
set -euo pipefail
here=$(mktemp -d)
trap 'rm -rf "$here"' EXIT
cd "$here"

python3 -m venv tools
tools/bin/pip install --quiet --disable-pip-version-check --no-cache-dir lightning==2.6.6 torch==2.14.1

tools/bin/python - 2>/dev/null <<'PY'
import sys
from unittest.mock import patch

import lightning
import torch
from lightning.fabric.utilities.throughput import get_available_flops

print("lightning", lightning.__version__, "torch", torch.__version__)
peak = {}
for name in ("NVIDIA L4", "NVIDIA L40", "NVIDIA L40S", "NVIDIA H100 80GB HBM3", "NVIDIA H100 NVL", "NVIDIA H200", "NVIDIA B200"):
    with patch("torch.cuda.get_device_name", lambda device=None, name=name: name):
        peak[name] = get_available_flops(torch.device("cuda"), torch.bfloat16)
    print(f"{name}: BF16", None if peak[name] is None else f"{peak[name] / 1e12:.1f} TFLOP/s")
seen = (
    peak["NVIDIA L40S"] == peak["NVIDIA L40"] == peak["NVIDIA L4"] == 121e12
    and peak["NVIDIA H100 NVL"] == 2 * peak["NVIDIA H100 80GB HBM3"] == 1978.8e12
    and peak["NVIDIA H200"] is None
    and peak["NVIDIA B200"] is None
)
print("as described" if seen else "no longer so")
sys.exit(0 if seen else 1)
PY
