"""The page's readers against Python's, on the same files."""

import json

import pytest
from clustermath.readers.unmodelled import UNMODELLED

from .conftest import difference, python_reads
from .test_huggingface import LLAMA, ROWS

CONFIGS = {name: json.dumps(row["config"]) for name, row in ROWS.items()}
CONFIGS |= {f"{model}, refused": json.dumps({"model_type": model, "layer_types": ["linear_attention"] * 3 + ["full_attention"]}) for model in UNMODELLED}
CONFIGS |= {f"bare {row['config']['model_type']}": json.dumps({"model_type": row["config"]["model_type"]}) for row in ROWS.values()}


@pytest.fixture(scope="session")
def read_on_both_sides(page_reads):
    """All of them at once: one crossing into the page."""
    return dict(zip(CONFIGS, page_reads(CONFIGS.values())))


@pytest.mark.parametrize("name", CONFIGS)
def test_a_file_is_read_the_same(name, read_on_both_sides):
    assert difference(read_on_both_sides[name], python_reads(CONFIGS[name] + "\n")) == ""


def test_of_files_enough_are_read():
    assert len(CONFIGS) > 60 and sum(isinstance(python_reads(text + "\n"), list) for text in CONFIGS.values()) > 60
