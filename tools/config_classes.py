"""Write book/data/config_classes.json: what transformers' classes take where a model's config.json is silent.

Run in an environment that has transformers 5.23.0 (it is no package of the book):

    python tools/config_classes.py

Kept are the fields that clustermath.readers.huggingface reads, and each class's other names for them.
"""

import dataclasses
import json
import sys
from pathlib import Path

import transformers
from transformers import CONFIG_MAPPING

BOOK = Path(__file__).resolve().parent.parent / "book"
sys.path.insert(0, str(BOOK))

from clustermath.readers.families import FAMILIES  # noqa: E402  (found through the line above)
from clustermath.readers.fields import FIELDS  # noqa: E402


def described(model_type: str) -> dict:
    """Defaults and other names of one class."""
    cls = CONFIG_MAPPING[model_type]
    own = {field.name: field.default for field in dataclasses.fields(cls) if field.default is not dataclasses.MISSING}
    defaults = {name: value for name, value in own.items() if name in FIELDS and isinstance(value, (bool, int, float, str, type(None)))}
    return {"defaults": defaults, "names": {name: other for name, other in cls.attribute_map.items() if name in FIELDS or other in FIELDS}}


def main():
    known = {name: described(name) for name in sorted(FAMILIES) if name in CONFIG_MAPPING}
    source = {"source": f"transformers {transformers.__version__}, configuration classes", "licence": "Apache-2.0"}
    path = BOOK / "data" / "config_classes.json"
    path.write_text(json.dumps(source | {"classes": known}, indent=1) + "\n", encoding="utf-8")
    print(f"{path.name}: {len(known)} classes; not in transformers: {', '.join(FAMILIES.keys() - known.keys()) or 'none'}")


if __name__ == "__main__":
    main()
