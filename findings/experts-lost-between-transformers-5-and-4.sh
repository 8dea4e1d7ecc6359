#!/usr/bin/env bash
# transformers: 64 experts saved by version 5 are 128 to version 4
#
# transformers 5.23.0 writes Qwen3-MoE's number of experts as `num_local_experts`; transformers 4.57.1 reads `num_experts`,
# does not find it, and takes its class's 128 without a warning. A model of 64 experts becomes one of 128.
#
# Seen: saved by 5.23.0:   "num_local_experts": 64, and no "num_experts"
#       read by 4.57.1:    num_experts = 128
# Fails (exit 1) when either package behaves otherwise. Needs Python 3.11 or newer, pip, and some 300 MB in a temp folder.
set -euo pipefail
here=$(mktemp -d)
trap 'rm -rf "$here"' EXIT
cd "$here"

python3 -m venv five
python3 -m venv four
five/bin/pip install --quiet --disable-pip-version-check transformers==5.23.0
four/bin/pip install --quiet --disable-pip-version-check transformers==4.57.1

five/bin/python - 2>/dev/null <<'PY'
from transformers import Qwen3MoeConfig

Qwen3MoeConfig(num_experts=64, num_experts_per_tok=4, moe_intermediate_size=512).save_pretrained("saved")
PY

four/bin/python - 2>/dev/null <<'PY'
import json
import sys
import warnings

import transformers

with open("saved/config.json", encoding="utf-8") as file:
    saved = json.load(file)
print("saved by", saved["transformers_version"], {key: saved[key] for key in saved if "experts" in key})
with warnings.catch_warnings(record=True) as told:
    warnings.simplefilter("always")
    config = transformers.AutoConfig.from_pretrained("saved")
print("read by", transformers.__version__, {"num_experts": config.num_experts, "warnings": len(told)})
seen = saved.get("num_local_experts") == 64 and "num_experts" not in saved and config.num_experts == 128
print("as described" if seen else "no longer so")
sys.exit(0 if seen else 1)
PY
