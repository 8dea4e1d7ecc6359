#!/usr/bin/env bash
# transformers: the Trainer counts experts that no token visits
#
# transformers 5.23.0: the Trainer's `total_flos` is 6 x tokens x all parameters that are not embeddings. In a mixture all
# experts count, whichever a token visits: DeepSeek-V3 is charged 4.0e12 FLOP a token, eighteen times the 2.25e11 of its
# active parameters, and Mixtral the same with two experts a token as with eight. A head that shares its matrix with the
# embedding counts as an embedding, though it multiplies as any other: Llama 3.2 1B loses a fifth of its arithmetic by
# being tied, and is told 5.84e9 FLOP a token where the same shape untied is told 7.41e9. A utilisation made of
# `total_flos` inherits both.
#
# Seen: FLOP a token: Mixtral 8x7B 2.794e11 at 2 and at 8 experts a token; DeepSeek-V3 4.021e12; 1B tied 5.839e9, untied
#       7.415e9
# Fails (exit 1) when the package behaves otherwise. Needs Python 3.11 or newer, pip, Linux, and some 6 GB in a temp folder
# (no GPU, and no weights: the models are made without memory).
set -euo pipefail
here=$(mktemp -d)
trap 'rm -rf "$here"' EXIT
cd "$here"

python3 -m venv tools
tools/bin/pip install --quiet --disable-pip-version-check --no-cache-dir torch==2.14.1 transformers==5.23.0 accelerate==1.15.0

tools/bin/python - 2>/dev/null <<'PY'
import sys
from types import SimpleNamespace

import torch
import transformers
from transformers import AutoModelForCausalLM, DeepseekV3Config, LlamaConfig, MixtralConfig, Trainer

TOKENS = 1024


def flop_a_token(config):
    with torch.device("meta"):
        model = AutoModelForCausalLM.from_config(config)
    ids = torch.ones(1, TOKENS, dtype=torch.long, device="meta")
    return Trainer.floating_point_ops(SimpleNamespace(model=model), {"input_ids": ids}) / TOKENS


one_billion = dict(
    hidden_size=2048, intermediate_size=8192, num_hidden_layers=16, num_attention_heads=32, num_key_value_heads=8, head_dim=64,
    vocab_size=128256,
)
print("transformers", transformers.__version__, "torch", torch.__version__)
told = {
    "Mixtral 8x7B, 2 experts a token": flop_a_token(MixtralConfig(num_experts_per_tok=2)),
    "Mixtral 8x7B, 8 experts a token": flop_a_token(MixtralConfig(num_experts_per_tok=8)),
    "DeepSeek-V3": flop_a_token(DeepseekV3Config()),
    "Llama 3.2 1B, tied": flop_a_token(LlamaConfig(**one_billion, tie_word_embeddings=True)),
    "Llama 3.2 1B, untied": flop_a_token(LlamaConfig(**one_billion, tie_word_embeddings=False)),
}
for name, flops in told.items():
    print(f"{name}: {flops:.4g} FLOP a token")
two, eight, deepseek, tied, untied = told.values()
seen = two == eight and 4.0e12 < deepseek < 4.05e12 and untied - tied == 6 * 2048 * 128256
print("as described" if seen else "no longer so")
sys.exit(0 if seen else 1)
PY
