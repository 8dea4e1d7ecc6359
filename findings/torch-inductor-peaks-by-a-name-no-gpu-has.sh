#!/usr/bin/env bash
# torch: a table of peaks by names that no GPU reports
#
# torch 2.14.1 has a table of data-sheet peaks (torch._inductor.analysis.device_info, which its profile analysis divides
# by), looked up by the name that the driver reports. An H100 SXM reports "NVIDIA H100 80GB HBM3", and that isn't in it,
# nor is any H200 or Blackwell: no peak, no utilisation. Under the name that is in it,
# - the H100's numbers are those with sparsity, halved for every type, so that FP64 and FP32, which have no sparsity, come
#   out at 33.5 TFLOP/s (NVIDIA's data sheet: 67);
# - FP8 is known as e4m3fnuz, which is AMD's, and not as e4m3fn, which NVIDIA's GPUs train in;
# - the L4 has its numbers with sparsity not halved, and the H100's 3,350 GB/s of memory bandwidth (its own is 300).
#
# Seen: H100 FP32 33.5, BF16 989.5, FP8 e4m3fn None, e4m3fnuz 1979; L4 BF16 242, 3350 GB/s; A100 BF16 312.5
# Fails (exit 1) when the package behaves otherwise. Needs Python 3.11 or newer, pip, Linux, and some 6 GB in a temp folder
# (no GPU: the table is asked by name).
set -euo pipefail
here=$(mktemp -d)
trap 'rm -rf "$here"' EXIT
cd "$here"

python3 -m venv tools
tools/bin/pip install --quiet --disable-pip-version-check --no-cache-dir torch==2.14.1

tools/bin/python - 2>/dev/null <<'PY'
import sys

import torch
from torch._inductor.analysis.device_info import datasheet_dram_bw_gbs, datasheet_tops

TYPES = (torch.float64, torch.float32, torch.bfloat16, torch.float8_e4m3fn, torch.float8_e4m3fnuz)
print("torch", torch.__version__)
table = {}
for name in ("NVIDIA H100 80GB HBM3", "NVIDIA H200", "NVIDIA B200", "NVIDIA H100", "NVIDIA A100", "NVIDIA L4"):
    table[name] = [datasheet_tops(kind, device_name=name) for kind in TYPES]
    told = ", ".join(f"{str(kind).removeprefix('torch.')} {tops}" for kind, tops in zip(TYPES, table[name]))
    print(f"{name}: {told}; {datasheet_dram_bw_gbs(name)} GB/s")
seen = (
    all(not any(table[name]) for name in ("NVIDIA H100 80GB HBM3", "NVIDIA H200", "NVIDIA B200"))
    and table["NVIDIA H100"] == [33.5, 33.5, 989.5, None, 1979.0]
    and table["NVIDIA L4"][2] == 242.0
    and datasheet_dram_bw_gbs("NVIDIA L4") == datasheet_dram_bw_gbs("NVIDIA H100") == 3350
    and table["NVIDIA A100"][2] == 312.5
)
print("as described" if seen else "no longer so")
sys.exit(0 if seen else 1)
PY
