#!/usr/bin/env bash
# mlperf-logging: "Epochs to converge" are tokens, sequences or epochs
#
# mlperf-logging 4.1.68, with which results of MLPerf Training are checked, carries the reference runs of every round: for
# each benchmark and batch, how far a run must train. The one field for it, "Epochs to converge", names no unit. For GPT-3
# (rounds 3.0 to 4.1) it counts tokens, for Llama 3.1 405B, which took its place in 5.0, sequences of 8,192 tokens, and for the
# recommender DLRM in the same folder parts of an epoch. Read as one unit, Llama 405B needs 3,800 times less data than GPT-3;
# in tokens it needs 2.2 times more. Files of LoRA and FLUX.1 call the field "samples to converge".
#
# Seen, medians: GPT-3 at a batch of 1,536: 1,182,793,728 = 376 steps of 1,536 sequences of 2,048 tokens (as sequences they were
# 2.4 trillion tokens; all of GPT-3 was trained on 0.3, arXiv 2005.14165). Llama 3.1 405B at 1,152 in round 5.1: 313,344 = 272
# steps of 1,152 sequences, and no whole number of sequences if they were tokens. DLRM: 0.7.
# Fails (exit 1) when the package says otherwise. Needs Python 3.11, pip, and some 100 MB in a temp folder.
set -euo pipefail
here=$(mktemp -d)
trap 'rm -rf "$here"' EXIT
cd "$here"

python3 -m venv tools
tools/bin/pip install --quiet --disable-pip-version-check mlperf-logging==4.1.68

tools/bin/python - <<'PY'
import json
import sys
from importlib.metadata import version
from importlib.resources import files
from statistics import median

FIELD = "Epochs to converge"
rounds = files("mlperf_logging") / "rcp_checker"


def reference(round, benchmark, batch):
    runs = json.loads((rounds / f"training_{round}" / f"rcps_{benchmark}.json").read_text())
    return next(run for run in runs.values() if run["BS"] == batch)


gpt = median(reference("4.1.0", "gpt3", 1536)[FIELD])
llama = median(reference("5.1.0", "llama31_405b", 1152)[FIELD])
dlrm = median(reference("4.1.0", "dlrm_dcnv2", 32768)[FIELD])
others = [FIELD in reference("5.1.0", *name) for name in (("llama2_70b_lora", 8), ("flux1", 512))]
print(f"mlperf-logging {version('mlperf-logging')}, {FIELD}:")
print(f"GPT-3, batch 1,536: {gpt:,.0f} (as tokens {gpt / 1536 / 2048:g} steps; as sequences {gpt * 2048 / 1e12:.1f} trillion tokens)")
print(f"Llama 3.1 405B, batch 1,152: {llama:,.0f} (as sequences {llama / 1152:g} steps; as tokens {llama / 8192:g} sequences)")
print(f"DLRM: {dlrm}; LoRA and FLUX.1 have the field: {others}")
print(f"Llama over GPT-3: {llama / gpt:.5f} as written, {llama * 8192 / gpt:.2f} in tokens")
seen = (gpt, llama, dlrm, others) == (1_182_793_728, 313_344, 0.7, [False, False])
print("as described" if seen else "no longer so")
sys.exit(0 if seen else 1)
PY
