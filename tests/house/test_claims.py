"""The ledger of claims holds to its schema, says what the news texts print, and its verdicts follow from what is computed."""

import csv
import dataclasses
import json
import math
import os
import re
from pathlib import Path
from types import SimpleNamespace

import pytest
from _ext.claims import published
from _ext.ledger import distance
from clustermath.software import PREDICTION_INTERVAL
from clustermath.units import UNITS
from figures import all_figures, reckoned, verdicts
from figures.ledger import BOLD, CLAIMS, DECIDED_BY, MODEL, OF_THE_TEXT, ROUNDING, WORDINGS, claimed, in_words, number, read_claims, read_texts, said, verdict
from figures.verdicts import held, held_row, inputs
from numbers_in_texts import COLUMNS, LIST, listed, numbers_in, places_of, statements, value_of, with_rows
from pytest import approx
from workspace import BOOK

LEDGER = BOOK / "data" / "claims.csv"
SCHEMA = json.loads((BOOK / "data" / "claims.schema.json").read_text(encoding="utf-8"))
HERE = Path(__file__).parent
# Read in the news texts themselves, beside the ledger: a few words of each, the number they stand for, and the verdict
# that a reader came to, whether a rule decides it or a person.
with (HERE / "as_printed.csv").open(newline="", encoding="utf-8") as lines:
    PRINTED = {row["id"]: row for row in csv.DictReader(lines)}
# Every number of the texts, every word that stands for one, and the words that a row answers without any, in their order,
# as `tools/numbers_in_texts.py` finds them; the rows that a number is in, or why in none, are a person's.
with LIST.open(newline="", encoding="utf-8") as lines:
    NUMBERS = list(csv.DictReader(lines))
TEXTS = os.environ.get("NEWS_TEXTS")  # a folder with the five texts, which aren't ours to publish
KEPT_OTHERWISE = {"000-05", "000-15", "004-25", "001-10"}  # dates, of which the row keeps how long or whether; months in days
NO_ROW = {"date", "name", "page", "no number"}  # when it was said, a version, the page's own shop and links, a manner of speaking
PAGES = sorted(BOOK.glob("*.md"))


@pytest.mark.parametrize("claim", CLAIMS.values(), ids=CLAIMS)
def test_row_holds_to_the_schema(claim):
    from jsonschema import Draft202012Validator  # whose grammar of addresses takes seconds to build

    claim = {column: text for column, text in claim.items() if column not in OF_THE_TEXT}
    errors = [f"{'/'.join(error.path)}: {error.message}" for error in Draft202012Validator(SCHEMA).iter_errors(claim)]
    assert not errors, "\n".join(errors)


def test_columns_and_order():
    with LEDGER.open(newline="", encoding="utf-8") as lines:
        rows = list(csv.DictReader(lines))
    assert list(rows[0]) == SCHEMA["required"] == list(SCHEMA["properties"])
    assert len(rows) >= 85
    ids = [row["id"] for row in rows]
    assert ids == sorted(set(ids))


@pytest.mark.parametrize("claim", CLAIMS.values(), ids=CLAIMS)
def test_row_points_at_things_that_exist(claim):
    assert claim["id"].split("-")[0] == claim["source"].split("_")[0]
    assert (BOOK / f"{claim['chapter']}.md").is_file()
    fact = "/" in claim["computed"] or claim["computed"].startswith("reckoned.")
    if claim["figure"]:
        figure = all_figures()[claim["figure"]]
        outputs = figure.evaluate(**inputs(figure, claim["state"]))
        assert not claim["computed"] or fact or claim["computed"] in outputs
        assert all_figures().place(claim["figure"]), "no page shows it"
        assert claim["id"] in all_figures().claims(claim["figure"])
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
    judged = claim["decided_by"] == "judgement"
    return not same or judged != (printed["decided"] == "judged") or claim["verdict"] != (printed["verdict"] if judged else "")


@pytest.mark.parametrize("claim", CLAIMS.values(), ids=CLAIMS)
def test_the_number_is_the_one_that_the_text_prints(claim):
    assert not deviates(claim)


@pytest.mark.parametrize("claim", CLAIMS.values(), ids=CLAIMS)
def test_the_verdict_follows(claim):
    found = held(claim["id"])
    assert found.verdict == PRINTED[claim["id"]]["verdict"], f"claimed {found.claimed:g}, computed {found.computed:g} {claim['unit']}"
    assert bool(claim["verdict"]) == found.judged, "a verdict that follows is never typed"
    assert (claim["wording"] == "between") == bool(claim["value_to"])
    assert found.judged or found.ratio > 0 and found.low <= found.computed <= found.high
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
    assert deviates(CLAIMS["004-10"] | {column: wrong})


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
    half = [verdict(claim, *sorted((same * factor, same))) for factor in (0.1, 10)]  # ranges that the claim ends
    assert PRINTED[number]["verdict"] in {*found, *half} and len(set(found)) == 2


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
    assert held("004-10").verdict == "supported" != PRINTED["004-10"]["verdict"]


def changed(monkeypatch, table, name, field, number):
    """As if a data table had another number there, in its own unit."""
    real = reckoned.read
    for module in (verdicts, reckoned):
        monkeypatch.setattr(module, "read", lambda file: {key: {f: dataclasses.replace(d, value=number) if (file, key, f) == (f"{table}.csv", name, field) else d for f, d in fields.items()} for key, fields in real(file).items()})


@pytest.mark.parametrize(
    "number, fact, other, before, after",
    [
        ("000-02", ("outside", "Colossus 1 in 2025", "gb200"), 210_000, "contradicted", "supported"),
        ("002-02", ("outside", "Colossus 1 in 2024", "built_in"), 150, "supported", "contradicted"),
        ("002-05", ("outside", "Colossus 1 in 2025", "h200"), 80_000, "supported", "contradicted"),
        ("003-07", ("outside", "Solar farm at Colossus 1", "power"), 100, "supported", "contradicted"),
        ("003-11", ("outside", "American household", "energy"), 30_000, "plausible", "contradicted"),
        ("003-15", ("outside", "xAI series E", "sought"), 25e9, "supported", "contradicted"),
        ("004-24", ("outside", "San Francisco", "energy"), 2.0e6, "plausible", "contradicted"),
        ("002-01", ("sites", "Colossus 1 in 2024", "gpus"), 80_000, "supported", "contradicted"),
        ("000-10", ("outside", "DeepSeek-V3", "gpus"), 20_480, "plausible", "supported"),
    ],
)
def test_a_changed_fact_changes_the_verdict(monkeypatch, number, fact, other, before, after):
    assert held(number).verdict == before
    changed(monkeypatch, *fact, other)
    assert held(number).verdict == after


def test_a_changed_claim_changes_the_verdict_of_those_held_against_it(monkeypatch):
    monkeypatch.setitem(CLAIMS, "001-08", CLAIMS["001-08"] | {"value": "2e12"})
    assert held("001-12").verdict == "contradicted"


def row(wording, decided_by, value="100", value_to="", unit="day", computed_unit="day"):
    return {"wording": wording, "decided_by": decided_by, "value": value, "value_to": value_to, "unit": unit, "computed_unit": computed_unit, "verdict": "unverifiable"}


@pytest.mark.parametrize(
    "claim, computed, follows",
    [
        (row("exactly", "published"), 104, "supported"),
        (row("exactly", "published"), 106, "contradicted"),
        (row("about", "published"), 91, "supported"),
        (row("about", "published"), 89, "contradicted"),
        (row("about", "model"), 119, "plausible"),
        (row("about", "model"), 121, "contradicted"),
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
        (row("exactly", "claims"), 104, "plausible"),
        (row("exactly", "claims"), 106, "contradicted"),
    ],
)
def test_what_follows_from_the_numbers(claim, computed, follows):
    assert verdict(claim, computed) == follows


@pytest.mark.parametrize(
    "claim, computed, follows",
    [
        (row("exactly", "published"), (98, 102), "supported"),
        (row("exactly", "published"), (50, 102), "plausible"),
        (row("exactly", "published"), (50, 200), "plausible"),
        (row("exactly", "published"), (50, 90), "contradicted"),
        (row("exactly", "model"), (50, 200), "plausible"),
        (row("more than", "published"), (80, 120), "plausible"),
        (row("between", "published", value_to="200"), (10, 110), "plausible"),
        (row("between", "published", value_to="200"), (10, 90), "plausible"),
        (row("between", "published", value_to="200"), (10, 89), "contradicted"),
        (row("exactly", "ceiling"), (50, 101), "plausible"),
        (row("exactly", "floor"), (99, 200), "plausible"),
    ],
)
def test_what_follows_from_a_range(claim, computed, follows):
    assert verdict(claim, *computed) == follows


def test_how_far_apart_claim_and_computed_are():
    found = held("004-10")  # 30.84 million GPU-hours (Meta's model card) on 16,384 GPUs, in days
    assert found.computed == approx(30.84e6 / 16384 / 24) and found.ratio == approx(54 * 24 * 16384 / 30.84e6)
    assert found.difference == approx(54 - 30.84e6 / 16384 / 24)
    assert held("004-12").claimed == 1e8  # the nearer end of a range
    assert held("003-01").ratio == approx(1000 / 350) and math.isnan(held("001-03").computed)


# The texts, and the pages that answer them ----------------------------------------------------------------------------


@pytest.mark.parametrize("number", NUMBERS, ids=lambda number: f"{number['text']} {number['printed']}")
def test_every_number_of_the_texts_has_its_row(number):
    assert number["row"] in NO_ROW or number["row"] and all(name in CLAIMS and name.startswith(number["text"]) for name in number["row"].split())


def test_every_text_has_its_numbers():
    assert {text.split("_")[0] for text in read_texts()} == {number["text"] for number in NUMBERS}
    assert len(NUMBERS) > 200 and list(NUMBERS[0]) == list(COLUMNS)


@pytest.mark.parametrize("claim", CLAIMS.values(), ids=CLAIMS)
def test_a_row_s_number_is_in_the_list(claim):
    """What the row says the text prints, if it is a number, is among those found in the text; and they say its value."""
    printed = PRINTED[claim["id"]]
    found = [number["printed"] for number in NUMBERS if claim["id"] in number["row"].split()]
    assert set(map(str.lower, numbers_in(printed["printed"]))) - {"2026"} <= set(map(str.lower, found))
    values = [value for value in map(value_of, found) if value is not None]
    if any(digit.isdigit() for digit in "".join(numbers_in(printed["printed"]))) and claim["id"] not in KEPT_OTHERWISE:
        unit = UNITS["%"] if printed["unit"] == "%" else 1
        for end in filter(None, (printed["value"], printed["value_to"])):
            assert any(value == approx(float(end) * unit) for value in values), (found, end)


def test_every_row_is_in_the_list():
    """The rows that answer words and no number, too: with each place of the text that prints these words."""
    assert {name for number in NUMBERS if number["row"] not in NO_ROW for name in number["row"].split()} == CLAIMS.keys()
    assert [number for number in NUMBERS if not numbers_in(number["printed"])] == [number for number in NUMBERS if statements().get(number["row"]) == number["printed"]]


@pytest.mark.skipif(not TEXTS, reason="NEWS_TEXTS names no folder with the texts")
def test_the_list_is_what_the_texts_print():
    texts = Path(TEXTS)
    assert listed(texts) == [number | {"row": "" if numbers_in(number["printed"]) else number["row"]} for number in NUMBERS]
    assert with_rows(listed(texts), NUMBERS) == NUMBERS
    plain = {file.name[:3]: " ".join(file.read_text(encoding="utf-8").replace("’", "'").split()) for file in texts.glob("*.txt")}
    for name, printed in PRINTED.items():
        assert printed["printed"] in plain[name[:3]], name


@pytest.mark.parametrize(
    "text, numbers, values",
    [
        ("It has 200,000+ H100s, 3.8 × 10²⁵ FLOPs and $20 billion.", ["200,000+", "3.8 × 10²⁵", "$20 billion"], [2e5, 3.8e25, 2e10]),
        ("100k of GB200, a 10-fold gain, 10x, 20×, 0.5T", ["100k", "10-fold", "10x", "20×", "0.5T"], [1e5, 10, 10, 20, 5e11]),
        ("Ten-trillion, one-tenth, about 10% and half of seven", ["Ten-trillion", "one-tenth", "10%", "half", "seven"], [1e13, 0.1, 0.1, 0.5, 7]),
        ("hundreds of thousands in months, tens of millions a year", ["hundreds of thousands", "months", "tens of millions", "a year"], [None] * 4),
        ("GPT-4 doubled nothing; someone, often", ["4"], [4]),
        ("a gigawatt, then 1.5 gigawatts", ["gigawatt", "1.5"], [1, 1.5]),
    ],
)
def test_numbers_are_found_as_printed(text, numbers, values):
    assert numbers_in(text) == numbers and [value_of(number) for number in numbers] == values


def test_words_are_found_over_ends_of_lines():
    assert places_of("xAI's most powerful", "The xAI’s most\n  powerful of xAI's most powerful") == [4, 29]


def test_a_new_number_has_no_row():
    known = [{"text": "000", "printed": printed, "row": row} for printed, row in (("3", "000-01"), ("16", "000-04"))]
    new = [{"text": "000", "printed": printed, "row": ""} for printed in ("3", "99", "16")]
    assert [number["row"] for number in with_rows(new, known)] == ["000-01", "", "000-04"]


@pytest.mark.parametrize("claim", CLAIMS.values(), ids=CLAIMS)
def test_one_part_of_a_claim_is_bold_and_as_precise_as_its_source(claim):
    """A word of the source's stays one: only what the text prints as a number may be one."""
    assert len(BOLD.findall(in_words(claim))) == 1
    printed = PRINTED[claim["id"]]["printed"]
    if any(letter.isdigit() for letter in said(claim)):
        assert any(letter.isdigit() for letter in printed) or printed.split()[0] in ("three", "seven", "one") or "," in printed, f"{said(claim)!r} for {printed!r}"


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_a_page_shows_no_claim_that_is_not_in_the_ledger(page):
    text = page.read_text(encoding="utf-8")
    named = re.findall(r"(?:\{(?:claimed|row)\}`|```\{claim\} |\bclaim )(\d{3}-\w{2})", text)
    assert not set(named) - set(CLAIMS)
    assert not re.findall(r"(?<!`)\bclaim \d{3}-\d{2}\b", text), "written without its link: {row}`004-10`"


@pytest.mark.parametrize("text", read_texts().values(), ids=read_texts())
def test_a_text_has_an_address(text):
    assert text["address"].startswith("https://") and published(text["date"])


@pytest.mark.parametrize("column, wrong, says", [("unit", "dya", "unknown unit 'dya'"), ("value", "5o", "value '5o' is not a number"), ("computed_unit", "gpus", "unknown computed_unit 'gpus'"), ("source", "005_x", "no text '005_x' in texts.csv")])
def test_a_malformed_row_is_named_by_file_and_line(tmp_path, column, wrong, says):
    with (tmp_path / "claims.csv").open("w", newline="", encoding="utf-8") as lines:
        writer = csv.DictWriter(lines, list(SCHEMA["properties"]), extrasaction="ignore")
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
    "text, shown", [("54", "54"), ("16000", "16,000"), ("3.8e25", "3.8 × 10²⁵"), ("1e8", "100,000,000"), ("1.8e12", "1.8 trillion"), ("2e10", "20 billion"), ("0.2", "0.2")]
)
def test_numbers_as_people_read_them(text, shown):
    assert number(text) == shown


def test_dates_as_people_read_them():
    assert [published(text) for text in ("2026", "2026-05", "2026-05-28")] == ["2026", "May 2026", "28 May 2026"]


def test_a_claim_is_as_far_off_above_as_below():
    """The ledger's order: by the ratio, whichever of the two is larger; what cannot be compared is not far off at all."""
    far = {ratio: distance(SimpleNamespace(low=1.0, ratio=ratio)) for ratio in (1 / 8, 1 / 2, 1.0, 2.0, 8.0, 0.0, math.nan, math.inf)}
    assert far[2.0] == approx(math.log(2)) and far[1 / 2] == approx(far[2.0]) and far[1 / 8] == approx(far[8.0]) == approx(3 * far[2.0])
    assert not any(far[ratio] for ratio in (1.0, 0.0, math.nan, math.inf))
