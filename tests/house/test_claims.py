"""The ledger of claims holds to its schema, and what it points at exists."""

import csv
import json
import re
from urllib.parse import parse_qsl

import pytest
from _ext.claims import number, published, read_claims
from figures import all_figures
from workspace import BOOK

LEDGER = BOOK / "data" / "claims.csv"
CLAIMS = read_claims(LEDGER)
SCHEMA = json.loads((BOOK / "data" / "claims.schema.json").read_text(encoding="utf-8"))


@pytest.mark.parametrize("claim", CLAIMS.values(), ids=CLAIMS)
def test_row_holds_to_the_schema(claim):
    from jsonschema import Draft202012Validator  # whose grammar of addresses takes seconds to build

    errors = [f"{'/'.join(error.path)}: {error.message}" for error in Draft202012Validator(SCHEMA).iter_errors(claim)]
    assert not errors, "\n".join(errors)


def test_columns_and_order():
    with LEDGER.open(newline="", encoding="utf-8") as lines:
        rows = list(csv.DictReader(lines))
    assert list(rows[0]) == SCHEMA["required"] == list(SCHEMA["properties"])
    ids = [row["id"] for row in rows]
    assert ids == sorted(set(ids))


@pytest.mark.parametrize("claim", CLAIMS.values(), ids=CLAIMS)
def test_row_points_at_things_that_exist(claim):
    assert claim["id"].split("-")[0] == claim["source"].split("_")[0]
    assert (BOOK / f"{claim['chapter']}.md").is_file()
    if claim["figure"]:
        figure = all_figures()[claim["figure"]]
        outputs = figure.evaluate(**figure_inputs(figure, claim["state"]))
        assert not claim["computed"] or claim["computed"] in outputs
    else:
        assert not claim["state"] and not claim["computed"]


def figure_inputs(figure, state: str) -> dict:
    """The inputs that a state such as "speedup=3&gpus=16384" sets; numbers where the figure's default is one."""
    return {key: float(value) if isinstance(figure.defaults[key], float) else value for key, value in parse_qsl(state)}


@pytest.mark.parametrize("claim", CLAIMS.values(), ids=CLAIMS)
def test_text_takes_its_number_from_the_row(claim):
    """A digit in a claim's own words would be a second copy of its value; names such as 405B, H100 and Colossus 2 may have them."""
    words = re.sub(r"Colossus \d\b", "", claim["claim"].replace("{value}", "").replace("{value_to}", "")).split()
    assert not [word for word in words if word.strip("*.,~").replace(",", "").isdigit()]


@pytest.mark.parametrize(
    "text, shown", [("54", "54"), ("16000", "16,000"), ("3.8e25", "3.8 × 10²⁵"), ("1e8", "100,000,000"), ("0.2", "0.2")]
)
def test_numbers_as_people_read_them(text, shown):
    assert number(text) == shown


def test_dates_as_people_read_them():
    assert [published(text) for text in ("2026", "2026-05", "2026-05-28")] == ["2026", "May 2026", "28 May 2026"]
