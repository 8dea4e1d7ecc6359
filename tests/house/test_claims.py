"""The ledger of claims holds to its schema, says what the news texts print, and its verdicts follow from what is computed."""

import csv
import dataclasses
import json
import math
import re
from pathlib import Path

import pytest
from _ext.claims import number, published
from clustermath.software import PREDICTION_INTERVAL
from clustermath.units import UNITS
from figures import all_figures, verdicts
from figures.ledger import CLAIMS, DECIDED_BY, MODEL, ROUNDING, WORDINGS, claimed, read_claims, verdict
from figures.verdicts import held, held_row, inputs
from pytest import approx
from workspace import BOOK

LEDGER = BOOK / "data" / "claims.csv"
SCHEMA = json.loads((BOOK / "data" / "claims.schema.json").read_text(encoding="utf-8"))
# Read in the news texts themselves, beside the ledger: a few words of each, the number they stand for, and what a
# person decided where nothing that is computed decides it.
with (Path(__file__).parent / "as_printed.csv").open(newline="", encoding="utf-8") as lines:
    PRINTED = {row["id"]: row for row in csv.DictReader(lines)}


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
    fact = "/" in claim["computed"]
    if claim["figure"]:
        figure = all_figures()[claim["figure"]]
        outputs = figure.evaluate(**inputs(figure, claim["state"]))
        assert not claim["computed"] or fact or claim["computed"] in outputs
    else:
        assert not claim["state"] and (fact or not claim["computed"])
    assert bool(claim["computed_unit"]) <= bool(claim["computed"])


def test_words_of_the_schema_are_those_of_the_code():
    assert tuple(SCHEMA["properties"]["wording"]["enum"]) == WORDINGS and tuple(SCHEMA["properties"]["decided_by"]["enum"]) == DECIDED_BY


# What is claimed, and what follows -----------------------------------------------------------------------------------


def test_every_claim_is_recorded_as_printed():
    assert PRINTED.keys() == CLAIMS.keys()


def deviates(claim) -> bool:
    """Whether a row's numbers are not those of the news text, or its verdict not the one that a person came to."""
    printed = PRINTED[claim["id"]]
    same = all(
        (not claim[column] and not printed[column]) or float(claim[column] or "nan") * UNITS[claim["unit"]] == approx(float(printed[column] or "nan") * UNITS[printed["unit"]], rel=1e-12)
        for column in ("value", "value_to")
        if column == "value" or claim[column]  # a claim may take the lower end alone
    )
    return not same or (claim["decided_by"] == "judgement") != bool(printed["judged"]) or printed["judged"] not in ("", claim["verdict"])


@pytest.mark.parametrize("claim", CLAIMS.values(), ids=CLAIMS)
def test_the_number_is_the_one_that_the_text_prints(claim):
    assert not deviates(claim)


@pytest.mark.parametrize("claim", CLAIMS.values(), ids=CLAIMS)
def test_the_verdict_follows(claim):
    found = held(claim["id"])
    assert found.verdict == claim["verdict"], f"claimed {found.claimed:g}, computed {found.computed:g} {claim['unit']}"
    assert (claim["wording"] == "between") == bool(claim["value_to"])
    assert found.judged or found.ratio > 0
    assert not claim["by_how_much"] or found.computed == found.computed


def test_claims_may_be_off_as_far_as_rounding_and_the_model_are():
    def rounded(digits):
        return max(0.5 / most for most in digits)

    assert ROUNDING["exactly"] == approx(rounded(range(10, 100))) and ROUNDING["about"] == approx(rounded(range(5, 10)))
    low, high = PREDICTION_INTERVAL
    assert max(high - 1, 1 - low) < MODEL < ROUNDING["exactly"] + 1.5 * max(high - 1, 1 - low)


@pytest.mark.parametrize("column, wrong", [("value", "45"), ("value", "55"), ("unit", "h"), ("verdict", "supported"), ("decided_by", "judgement")])
def test_a_slip_in_the_ledger_is_seen(column, wrong):
    """The 54 days of the news, which are contradicted."""
    slipped = CLAIMS["004-10"] | {column: wrong}
    assert deviates(slipped) or held_row(slipped).verdict != slipped["verdict"]


@pytest.mark.parametrize("claim", [row for row in CLAIMS.values() if row["decided_by"] == "judgement"], ids=lambda row: row["id"])
def test_a_flipped_judgement_is_seen(claim):
    for other in set(SCHEMA["properties"]["verdict"]["enum"]) - {claim["verdict"]}:
        assert deviates(claim | {"verdict": other})


@pytest.mark.parametrize("number", [number for number, row in CLAIMS.items() if row["decided_by"] != "judgement"])
def test_another_fact_another_verdict(number):
    """Were what is computed the claimed number itself, or far from it on either side, the verdicts would not be the same."""
    claim = CLAIMS[number]
    same = claimed(number) / UNITS[claim["computed_unit"]]
    found = [verdict(claim, same * factor) for factor in (0.1, 1, 10)]
    assert claim["verdict"] in found and len(set(found)) == 2


def test_a_changed_fact_reaches_the_verdict(monkeypatch):
    """Had the run had 20,000 GPUs, the article's 16,000 would be wrong; had it taken 54 days, the 54 days would be right."""
    real = verdicts.read
    monkeypatch.setattr(verdicts, "read", lambda name: {key: {f: dataclasses.replace(d, value=20_000) if (name, f) == ("runs.csv", "gpus") else d for f, d in fields.items()} for key, fields in real(name).items()})
    assert held("004-09").verdict == "contradicted"

    class Billed:
        defaults = {}

        def evaluate(self, **state):
            return {"billed": 54.3}

    monkeypatch.setattr(verdicts, "all_figures", lambda: {"four-clocks": Billed()})
    assert held("004-10").verdict == "supported" != CLAIMS["004-10"]["verdict"]


def row(wording, decided_by, value="100", value_to="", unit="day", computed_unit="day"):
    return {"wording": wording, "decided_by": decided_by, "value": value, "value_to": value_to, "unit": unit, "computed_unit": computed_unit, "verdict": "unverifiable"}


@pytest.mark.parametrize(
    "claim, computed, follows",
    [
        (row("exactly", "published"), 104, "supported"),
        (row("exactly", "published"), 106, "contradicted"),
        (row("about", "published"), 91, "supported"),
        (row("about", "published"), 89, "contradicted"),
        (row("about", "model"), 124, "plausible"),
        (row("about", "model"), 126, "contradicted"),
        (row("more than", "published"), 1e6, "supported"),
        (row("more than", "published"), 80, "contradicted"),
        (row("up to", "published"), 1, "supported"),
        (row("up to", "published"), 120, "contradicted"),
        (row("between", "published", value_to="200"), 150, "supported"),
        (row("between", "published", value_to="200"), 221, "contradicted"),
        (row("between", "model", value_to="200"), 80, "plausible"),
        (row("exactly", "ceiling"), 101, "plausible"),
        (row("exactly", "ceiling"), 99, "impossible as stated"),
        (row("exactly", "floor"), 99, "plausible"),
        (row("exactly", "floor"), 101, "impossible as stated"),
        (row("exactly", "published", computed_unit="h"), 2400, "supported"),
        (row("exactly", "published", unit="MW", computed_unit="GW"), 0.1, "supported"),
        (row("exactly", "judgement"), 1, "unverifiable"),
    ],
)
def test_what_follows_from_the_numbers(claim, computed, follows):
    assert verdict(claim, computed) == follows


def test_how_far_apart_claim_and_computed_are():
    found = held("004-10")  # 30.84 million GPU-hours (Meta's model card) on 16,384 GPUs, in days
    assert found.computed == approx(30.84e6 / 16384 / 24) and found.ratio == approx(54 * 24 * 16384 / 30.84e6)
    assert found.difference == approx(54 - 30.84e6 / 16384 / 24)
    assert held("004-12").claimed == 1e8  # the nearer end of a range
    assert held("003-01").ratio == approx(1000 / 350) and math.isnan(held("001-03").computed)


@pytest.mark.parametrize("column, wrong, says", [("unit", "dya", "unknown unit 'dya'"), ("value", "5o", "value '5o' is not a number"), ("computed_unit", "gpus", "unknown computed_unit 'gpus'")])
def test_a_malformed_row_is_named_by_file_and_line(tmp_path, column, wrong, says):
    with (tmp_path / "claims.csv").open("w", newline="", encoding="utf-8") as lines:
        writer = csv.DictWriter(lines, list(SCHEMA["properties"]))
        writer.writeheader()
        writer.writerows([CLAIMS["004-09"], CLAIMS["004-10"] | {column: wrong}])
    with pytest.raises(ValueError, match=f"claims.csv, line 3: {says}"):
        read_claims(tmp_path / "claims.csv")


def test_claimed_numbers_are_in_base_units():
    assert claimed("004-10") == 54 * 86400 and claimed("003-05", "value_to") == 50e6 and claimed("003-08") == approx(0.1)


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
