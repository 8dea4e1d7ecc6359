#!/usr/bin/env bash
# transformers: EXAONE 4's pattern of windows works as a number only
#
# transformers 5.23.0 documents EXAONE 4's sliding_window_pattern in three forms: a number n, every n-th layer being global;
# a text such as "LLLG"; or None, no window at all. Only the number works. The text is divided by and raises a TypeError,
# unless layer_types is given, too; None raises one as well where sliding_window has a value. And "the final layer always
# uses global attention regardless of the pattern" doesn't hold: the last of six layers with a pattern of 4 slides, so
# that a count of scores by the documentation is a layer off.
#
# Seen: 4 with 8 layers: global 3 and 7; 4 with 6 layers: global 3 alone; "LLLG" and None: TypeError
# Fails (exit 1) when the package behaves otherwise. Needs Python 3.11 or newer, pip and some 200 MB in a temp folder.
set -euo pipefail
here=$(mktemp -d)
trap 'rm -rf "$here"' EXIT
cd "$here"

python3 -m venv tools
tools/bin/pip install --quiet --disable-pip-version-check --no-cache-dir transformers==5.23.0

tools/bin/python - 2>/dev/null <<'PY'
import sys

import transformers
from transformers import Exaone4Config

print("transformers", transformers.__version__)


def layers(count, pattern):
    """Which layers are global; the error's name where there is one."""
    try:
        kinds = Exaone4Config(num_hidden_layers=count, sliding_window=4096, sliding_window_pattern=pattern).layer_types
    except Exception as error:
        return type(error).__name__
    return [layer for layer, kind in enumerate(kinds) if kind == "full_attention"]


found = {asked: layers(*asked) for asked in ((8, 4), (6, 4), (8, "LLLG"), (8, None))}
for (count, pattern), what in found.items():
    print(f"{count} layers, sliding_window_pattern={pattern!r}: {what if isinstance(what, str) else f'global {what}'}")
seen = list(found.values()) == [[3, 7], [3], "TypeError", "TypeError"]
print("as described" if seen else "no longer so")
sys.exit(0 if seen else 1)
PY
