#!/usr/bin/env bash
# genz-llm: a Grace Hopper is twice an H100
#
# genz-llm 0.0.16 (GenZ, a calculator of inference on accelerators) ships one table of systems in which the H100 stands
# with its dense BF16 peak (989 TFLOP/s) and the GH200, the same GPU with more memory, with the peak for structured
# sparsity (1,979). So a prefill, which is arithmetic, comes out twice as fast on a GH200 as on an H100. NVIDIA's own
# pages give both numbers for both products, the dense one as half of the sparse one.
#
# Seen: systems H100_GPU 989, GH200_GPU 1979 TFLOP/s; prefill of 8,192 tokens of Llama 3.1 8B in BF16: 2.00 times as fast
# Fails (exit 1) when the package behaves otherwise. Needs Python 3.11, pip, and some 500 MB in a temp folder.
set -euo pipefail
here=$(mktemp -d)
trap 'rm -rf "$here"' EXIT
cd "$here"

python3 -m venv tools
tools/bin/pip install --quiet --disable-pip-version-check genz-llm==0.0.16

tools/bin/python - 2>/dev/null <<'PY'
import sys
from importlib.metadata import version

from GenZ import prefill_moddeling
from Systems.system_configs import system_configs

print("genz-llm", version("genz-llm"))
latency = {}
for system in ("H100_GPU", "GH200_GPU"):
    asked = dict(model="meta-llama/Llama-3.1-8B", batch_size=1, input_tokens=8192, bits="bf16", tensor_parallel=1)
    latency[system] = prefill_moddeling(system_name=system, **asked)["Latency"]
    print(f"{system}: {system_configs[system]['Flops']} TFLOP/s in the table, prefill {latency[system]:.1f} ms")
ratio = latency["H100_GPU"] / latency["GH200_GPU"]
print(f"the GH200 is {ratio:.2f} times as fast")
seen = system_configs["H100_GPU"]["Flops"] == 989 and system_configs["GH200_GPU"]["Flops"] == 1979 and 1.95 < ratio < 2.05
print("as described" if seen else "no longer so")
sys.exit(0 if seen else 1)
PY
