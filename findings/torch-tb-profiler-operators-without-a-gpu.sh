#!/usr/bin/env bash
# torch-tb-profiler: operators of today's PyTorch spend no time on the GPU
#
# torch-tb-profiler 0.4.3, the last release of PyTorch's own TensorBoard plugin (2023), joins kernels with operators through
# the calls that launch them. PyTorch has long named these `cuda_runtime` in its traces, and the release knows them as
# `Runtime` only, as they were named until 1.10. So every kernel is there, the GPU is said to be as busy as it was, but all
# operators have a device time of 0, no kernel has an operator, and the share of tensor cores is gone from the summary. The
# repository knows the name since; no release has it.
# Which kernels use tensor cores is told by parts of their names, of which none is in those of cuBLAS for an H100
# (nvjet_...). So a trace with the old name, or the plugin with the new one, says that multiplications in BF16 use no tensor
# cores, and advises to enable mixed precision.
#
# Seen: of the same 8 multiplications of 75 us in 1,000 us, launched by `Runtime`: operator 600 us on the device, tensor
#       cores 100 % (ampere_bf16_s16816gemm...) and 0 % (nvjet_tst_..., with the advice); by `cuda_runtime`: 0 us, none
#       told, no advice; the GPU busy 60 % each time
# Fails (exit 1) when the package behaves otherwise. Needs Python 3.11 or newer, pip and some 300 MB in a temp folder (no
# GPU: the traces are written here, in the profiler's format).
set -euo pipefail
here=$(mktemp -d)
trap 'rm -rf "$here"' EXIT
cd "$here"
python3 -m venv tools
tools/bin/pip install --quiet --disable-pip-version-check torch-tb-profiler==0.4.3 pandas==3.1.1

cat > read.py <<'PYTHON'
import json
from pathlib import Path

from torch_tb_profiler.profiler.data import RunProfileData
from torch_tb_profiler.profiler.run_generator import RunGenerator

H100 = {"id": 0, "name": "NVIDIA H100 80GB HBM3", "totalGlobalMem": 85_045_166_080, "computeMajor": 9, "computeMinor": 0, "numSms": 132}
ON_THE_GPU = {"device": 0, "context": 1, "stream": 7, "blocks per SM": 1.0, "grid": [132, 1, 1], "block": [384, 1, 1], "est. achieved occupancy %": 19}


def event(category: str, name: str, start: float, length: float, pid: int = 1, **more) -> dict:
    return {"ph": "X", "cat": category, "name": name, "pid": pid, "tid": 1, "ts": start, "dur": length, "args": more}


def told(category: str, kernel: str) -> tuple:
    """What the plugin tells of a step with eight multiplications: us of the operator on the device, tensor cores, busy, whether it advises."""
    events = [event("user_annotation", "ProfilerStep#1", 0.0, 1000.0)]
    for k in range(8):
        start, ids = 10.0 + 100 * k, {"External id": k + 1}
        events.append(event("cpu_op", "aten::mm", start, 20.0, **ids))
        events.append(event(category, "cudaLaunchKernelExC", start + 5, 5.0, correlation=k + 1, **ids))
        events.append(event("kernel", kernel, start + 20, 75.0, 0, correlation=k + 1, **ids, **ON_THE_GPU))
    trace = Path("worker.pt.trace.json")
    trace.write_text(json.dumps({"schemaVersion": 1, "deviceProperties": [H100], "traceEvents": events}))
    data = RunProfileData.parse("worker", 1, str(trace), ".")
    summary = {line["title"]: line["value"] for line in RunGenerator("worker", 1, data).generate_run_profile().gpu_summary}
    (multiplication,) = (op for op in data.op_list_groupby_name if op.name == "aten::mm")
    advised = any("Automatic Mixed Precision" in advice for advice in data.recommendations)
    return multiplication.device_duration, summary.get("Kernel Time using Tensor Cores"), summary["GPU Utilization"], advised


AMPERE, HOPPER = "ampere_bf16_s16816gemm_bf16_128x128_ldg8_f2f_stages_32x5_tn", "nvjet_tst_128x256_64x4_1x2_h_bz_coopA_TNT"
expected = {
    ("Runtime", AMPERE): (600, "100.0 %", "60.0 %", False),
    ("Runtime", HOPPER): (600, "0.0 %", "60.0 %", True),
    ("cuda_runtime", AMPERE): (0, None, "60.0 %", False),
    ("cuda_runtime", HOPPER): (0, None, "60.0 %", False),
}
for (category, kernel), seen in expected.items():
    found = told(category, kernel)
    print(f"{category}, {kernel}: operator {found[0]:g} us on the device, tensor cores {found[1]}, GPU busy {found[2]}, advises mixed precision: {found[3]}")
    assert found == seen, seen
PYTHON
tools/bin/python read.py 2>/dev/null
echo "as described"
