#!/usr/bin/env bash
# transformers: autocast in BF16 leaves the experts in FP32
#
# A mixture of experts of transformers 5.23.0 that trains as most models do, weights in FP32 under torch.autocast in BF16,
# multiplies everything in BF16 but its experts, nine tenths of the work: the default way to run them (`grouped_mm`) isn't a
# multiplication that autocast knows, and the inputs are cast to the weights' type. The two other ways to run experts,
# `eager` and `batched_mm`, do take part in autocast, so that the way that is meant to be fast is the one left out.
#
# Seen, on a CPU, with torch 2.14.1: for `grouped_mm`, which from_config chooses, aten._grouped_mm in float32; for `eager`
# and `batched_mm` their multiplications in bfloat16; attention and head in bfloat16 each time. What it costs was measured on
# an H200 with transformers 5.17.0 and torch 2.11, where FP32 falls back to a loop over experts: six layers of
# Qwen3-30B-A3B took 0.812 s a step, and 0.193 s with weights in BF16.
# Fails (exit 1) when the packages behave otherwise. Needs Python 3.11 or newer, pip, Linux, and some 6 GB in a temp folder
# (no GPU).
set -euo pipefail
here=$(mktemp -d)
trap 'rm -rf "$here"' EXIT
cd "$here"

python3 -m venv tools
tools/bin/pip install --quiet --disable-pip-version-check --no-cache-dir torch==2.14.1 transformers==5.23.0

HF_HUB_OFFLINE=1 tools/bin/python - 2>/dev/null <<'PY'
import sys

import torch
import transformers
from torch.utils._python_dispatch import TorchDispatchMode
from transformers import AutoConfig, AutoModelForCausalLM


class Multiplications(TorchDispatchMode):
    """Which multiplications of matrices run, and in which type."""

    def __init__(self):
        super().__init__()
        self.seen = set()

    def __torch_dispatch__(self, function, types, args=(), kwargs=None):
        if "mm" in str(function):
            self.seen |= {(str(function), str(a.dtype)) for a in args if isinstance(a, torch.Tensor) and a.is_floating_point()}
        return function(*args, **(kwargs or {}))


shape = dict(
    hidden_size=64, num_hidden_layers=1, num_attention_heads=4, num_key_value_heads=2, head_dim=16, intermediate_size=128, moe_intermediate_size=32,
    num_experts=8, num_experts_per_tok=2, vocab_size=128, decoder_sparse_step=1, mlp_only_layers=[],
)  # fmt: skip
print("transformers", transformers.__version__, "torch", torch.__version__)
found = {}
for way in (None, "grouped_mm", "eager", "batched_mm"):
    config = AutoConfig.for_model("qwen3_moe", **shape)
    model = AutoModelForCausalLM.from_config(config, dtype=torch.float32, **({"experts_implementation": way} if way else {}))
    with Multiplications() as multiplications, torch.autocast("cpu", torch.bfloat16):
        model(input_ids=torch.arange(32)[None])
    found[way] = multiplications.seen
    print(way or f"default ({model.config._experts_implementation})", sorted(multiplications.seen))
grouped = ("aten._grouped_mm.default", "torch.float32")
seen = (
    grouped in found[None]
    and found[None] == found["grouped_mm"]
    and ("aten.mm.default", "torch.bfloat16") in found[None]
    and ("aten.mm.default", "torch.float32") not in found["eager"]
    and ("aten.bmm.default", "torch.bfloat16") in found["batched_mm"]
)
print("as described" if seen else "no longer so")
sys.exit(0 if seen else 1)
PY
