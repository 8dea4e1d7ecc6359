#!/usr/bin/env bash
# ecologits: a model in four bits is half a model
#
# ecologits 0.11.3 estimates what an answer of a language model costs in energy, from the number of its parameters, which
# it keeps in a table. For Cohere's Command R and Command R+ in four bits the table has 19.05 and 55.05 billion, where
# the same models in sixteen have 34.98 and 103.81. These are numbers of elements in the files: there two weights share a
# byte and count as one, each 64 of them have a scale that counts as another, and embeddings are left as they are. So the
# four-bit Command R+ is a model of half the size, and takes 2.8 times less energy. Mixtral 8x22B in four bits, in the same
# table, has all of its 140.6 billion and takes what it takes in sixteen.
#
# Seen: c4ai-command-r-plus 103.81 billion, -4bit 55.05, by the arithmetic of the files 55.05; energy of 1,000 tokens 2.8
#       times less. c4ai-command-r-v01 34.98, -4bit 19.05, by the files 19.05; 2.4 times. Mixtral-8x22B-v0.1 140.6, -4bit
#       140.6; 1.0 times
# Fails (exit 1) when the package behaves otherwise. Needs Python 3.11, pip, and some 100 MB in a temp folder.
set -euo pipefail
here=$(mktemp -d)
trap 'rm -rf "$here"' EXIT
cd "$here"

python3 -m venv tools
tools/bin/pip install --quiet --disable-pip-version-check ecologits==0.11.3

tools/bin/python - <<'PY'
import sys

from ecologits.model_repository import models
from ecologits.tracers.utils import llm_impacts

SHOP = "huggingface_hub"
MODELS = (  # in sixteen bits, in four, billions of embeddings (words of the tokenizer times width), ratio of the energies as seen
    ("CohereForAI/c4ai-command-r-plus", "CohereForAI/c4ai-command-r-plus-4bit", 256_000 * 12_288 / 1e9, 2.8),
    ("CohereForAI/c4ai-command-r-v01", "CohereForAI/c4ai-command-r-v01-4bit", 256_000 * 8_192 / 1e9, 2.4),
    ("mistral-community/Mixtral-8x22B-v0.1", "mistral-community/Mixtral-8x22B-v0.1-4bit", None, 1.0),
)


def parameters(name: str) -> float:
    known = models.find_model(SHOP, name).architecture.parameters
    return getattr(known, "total", known)


def energy(name: str) -> float:
    """Of an answer of 1,000 tokens [kWh], the lower end of the range."""
    return llm_impacts(provider=SHOP, model_name=name, output_token_count=1000, request_latency=1e9, electricity_mix_zone="USA").energy.value.min


as_seen = True
for sixteen, four, embeddings, seen in MODELS:
    whole, listed, ratio = parameters(sixteen), parameters(four), energy(sixteen) / energy(four)
    packed = whole if embeddings is None else embeddings + (whole - embeddings) * (1 / 2 + 1 / 64)
    print(f"{sixteen}: {whole} billion, in four bits {listed}" + (f" (elements in its files {packed:.2f})" if embeddings else "") + f"; energy {ratio:.1f} times less")
    as_seen &= abs(listed - packed) < 0.01 and round(ratio, 1) == seen
print("as described" if as_seen else "no longer so")
sys.exit(0 if as_seen else 1)
PY
