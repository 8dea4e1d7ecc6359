"""Numbers as people read and type them: Python's own formatting is the judge of both halves."""

import math
import re
from fractions import Fraction

import numpy as np
import pytest
from livefigure.numbers import RAISED, NOTHING, SUFFIXES, check_spec, fill, format_number, pieces

SPECS = [f"{group}.{digits}{kind}" for group in ("", ",") for digits in (0, 1, 2, 3, 6) for kind in "fg%k" if (digits, kind) not in ((0, "g"), (0, "k"))]
TYPESET = str.maketrans({"\u2212": "-", "\u00a0": None, "\u2009": None, "\u202f": None})


def sample(count: int) -> list[float]:
    """Numbers of all sizes, ties at every decimal, edges of the suffixes, and zeros."""
    random = np.random.default_rng(1234)
    wide = random.choice([-1, 1], count) * 10.0 ** random.uniform(-12, 25, count)
    near = random.normal(0, 100, count)
    ties = random.integers(-100000, 100000, count) / 2.0 ** random.integers(0, 8, count)
    decimal = np.round(random.uniform(0, 2000, count), 3)
    nines = [sign * float(f"{m}e{e}") for sign in (1, -1) for m in (9.4, 9.5, 9.95, 9.994, 9.995, 9.9994, 9.9995, 9.99999, 1) for e in range(-4, 16)]
    return [0.0, -0.0, 0.5, 1.5, 2.5, 0.125, -0.5, 1e21, -1e22, 2.0**70, *nines, *map(float, (*wide, *near, *ties, *decimal))]


def plain(shown: str) -> str:
    """What is shown, as Python reads it: "6.63 × 10⁻³⁴" is "6.63e-34"."""
    number, _, exponent = shown.translate(TYPESET).partition("×10")
    suffix = re.search("[kMBT]?$", exponent or number)[0]
    power = exponent.removesuffix(suffix).translate({raised: digit for digit, raised in RAISED.items()})
    return number + (f"e{power}{suffix}" if exponent else "")


@pytest.mark.parametrize("digits", range(7))
def test_fixed_decimals_are_python_s(digits):
    for value in sample(300):
        for group in ("", ","):
            python = format(value, f"{group}.{digits}f")
            shown = format_number(value, f"{group}.{digits}f").replace("\u2212", "-")
            assert shown == python or shown == python.lstrip("-") and not float(python.replace(",", ""))


@pytest.mark.parametrize("digits", range(1, 8))
def test_significant_digits_are_python_s_where_python_writes_no_exponent(digits):
    compared = 0
    for value in sample(300):
        python = format(value, f".{digits}g")
        if "e" not in python:
            compared += 1
            assert format_number(value, f".{digits}g").replace("\u2212", "-") == (python if value else "0")
    assert compared > 100


@pytest.mark.parametrize("digits", range(1, 8))
def test_significant_digits_are_right_for_every_size(digits):
    for value in sample(300):
        shown = plain(format_number(value, f".{digits}g"))
        assert ("e" in shown) == (value != 0 and not 1e-6 <= float(f"{abs(value):.{digits - 1}e}") < 1e15)
        if value:
            step = Fraction(10) ** (math.floor(math.log10(abs(value))) - digits + 1)
            assert abs(Fraction(shown) - Fraction(value)) <= step / 2 * Fraction(1001, 1000)


@pytest.mark.parametrize("digits", range(4))
def test_per_cent_is_python_s(digits):
    for value in sample(100):
        python = format(value, f".{digits}%")
        shown = format_number(value, f".{digits}%").translate(TYPESET)
        assert shown == python or shown == python.lstrip("-") and not float(python.rstrip("%"))


@pytest.mark.parametrize("digits", range(1, 6))
def test_a_suffix_stands_for_its_power_of_ten(digits):
    for value in sample(300):
        number, suffix = re.fullmatch(r"(-?[\d.]+(?:e-?\d+)?)([kMBT]?)", plain(format_number(value, f".{digits}k"))).groups()
        size = dict(SUFFIXES).get(suffix, 1.0)
        if value:
            assert float(number) * size == pytest.approx(value, rel=0.5 * 10 ** (1 - digits) * 1.000001)
        assert abs(float(number)) < 1000 or suffix == "T" or digits < 4 and abs(float(number)) == 1000
        assert "e" in number or len(re.sub(r"^-?0?\.?0*|\.", "", number)) <= max(digits, 3) or suffix == "T"


def test_thousands_are_never_written_as_a_thousand_of_the_smaller_suffix():
    for value, shown in [(999.4, "999"), (999.6, "1k"), (999_499.0, "999k"), (999_600.0, "1M"), (9.9996e8, "1B"), (1e12, "1T"), (30_840_000, "30.8M")]:
        assert format_number(value, ".3k").translate(TYPESET) == shown


def test_what_does_not_exist_is_a_dash_in_every_format():
    for spec in SPECS:
        assert {format_number(x, spec) for x in (math.nan, math.inf, -math.inf)} == {NOTHING}


def test_a_minus_is_a_minus_sign_and_zero_has_none():
    assert format_number(-1234.5, ",.1f") == "\u22121,234.5"
    assert format_number(-0.04, ".1f") == "0.0"
    assert format_number(-0.0, ".3g") == "0"


@pytest.mark.parametrize("spec", ["", "f", "5", ".f", "d", ".3e", "+.1f", "10.1f", ".1f ", "_.1f", ".1", ".1%%", "{}", ".1fx", ",,.1f"])
def test_a_format_that_a_page_does_not_know_is_refused(spec):
    with pytest.raises(ValueError, match=re.escape(repr(spec))):
        check_spec(spec)


def test_very_small_and_large_numbers_are_given_as_a_power_of_ten():
    shown = {6.62607015e-34: "6.63 × 10⁻³⁴", 3.8e25: "3.8 × 10²⁵", -1e15: "\u22121 × 10¹⁵", 9.999e-7: "0.000001", 9.99e-7: "9.99 × 10⁻⁷", 123456.0: "123,456"}
    assert {value: format_number(value, ",.3g").replace("\u202f", " ") for value in shown} == shown


def test_templates():
    template = "{days:,.1f} days on {chip}, {{not}} {a.b:.0%}"
    assert pieces(template) == [["days", ",.1f"], " days on ", ["chip", ""], ", {", "not}", " ", ["a.b", ".0%"]]
    assert fill(template, {"days": 1234.56, "chip": "H100", "a.b": 0.5}).translate(TYPESET) == "1,234.6dayson H100".replace("dayson", " days on") + ", {not} 50%"
    with pytest.raises(ValueError):
        pieces("{days:d}")


# The page's half --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("spec", SPECS)
def test_the_page_formats_as_python_does(spec, runtime):
    values = [*sample(400), math.nan, math.inf, -math.inf]
    text = ",".join(map(repr, values)).replace("inf", "Infinity").replace("nan", "NaN")
    shown = runtime.evaluate("([text, spec]) => text.split(',').map((v) => formatNumber(Number(v), spec))", [text, spec])
    assert [(v, s) for v, s in zip(values, shown) if s != format_number(v, spec)] == []


@pytest.mark.parametrize("value", [5e-324, 1e-300, 1e-120, 1e-75, 1e100, 1.7976931348623157e308])
def test_the_page_formats_the_smallest_and_largest_numbers(value, runtime):
    for spec in ("f", "g", "%", "k"):
        shown = runtime.evaluate("([value, spec]) => formatNumber(value, spec)", [value, ",.3" + spec])
        assert shown == format_number(value, ",.3" + spec)


def test_the_page_fills_templates_as_python_does(runtime):
    template, values = "{days:,.1f} days on {chip} at {mfu:.1%}{none:.1f}", {"days": 67.1, "chip": "H100 {SXM} <b>", "mfu": 0.41, "none": 1e-9}
    assert runtime.evaluate("([p, v]) => fillText(p, v)", [pieces(template), values]) == fill(template, values)


TYPED = {
    ("220k", ""): 220_000, ("220 K", ""): 220_000, ("1.5M", ""): 1.5e6, ("0.4 B", ""): 4e8, ("10T", ""): 1e13, ("2.5e3k", ""): 2.5e6,
    ("1.5 GW", "W"): 1.5e9, ("1.5 gw", "W"): 1.5e9, ("150 MW", "W"): 1.5e8, ("30 W", "W"): 30, ("30W", "W"): 30, ("30", "W"): 30,
    ("1.5 GW", "MW"): 1500, ("900 kW", "MW"): 0.9, ("30 ms", "s"): 0.03, ("0.4 PFLOP/s", "TFLOP/s"): 400, ("400 Gb/s", "Gb/s"): 400, ("2 TB", "GB"): 2000,
    ("3.8e25", ""): 3.8e25, ("3.8E+25", ""): 3.8e25, ("3.8×10^25", ""): 3.8e25, ("3.8 × 10^25", ""): 3.8e25, ("1e-3", ""): 1e-3,
    ("41 %", "%"): 41, ("41%", "%"): 41, ("41", "%"): 41, ("41\u202f%", "%"): 41, ("0.5%", "%"): 0.5,
    ("16,384", ""): 16384, ("16 384", ""): 16384, ("16\u202f384", ""): 16384, ("16\u00a0384", ""): 16384, ("16'384", ""): 16384,
    ("1,234,567.5", ""): 1234567.5, ("1 234 567", "GPUs"): 1234567, ("100,000 GPUs", "GPUs"): 100000,
    ("−5", ""): -5, ("-5", ""): -5, ("+5", ""): 5, (" 7.25 ", ""): 7.25, (".5", ""): 0.5, ("5.", ""): 5, ("007", ""): 7,
    ("$2", "$/h"): 2, ("2 $/h", "$/h"): 2, ("€2", ""): 2, ("3×", "×"): 3, ("3 ×", "×"): 3, ("400 TFLOP/s", "TFLOP/s"): 400, ("400 tflop/s", "TFLOP/s"): 400,
    **{(f"2{letter}", ""): 2 * size for letters, size in (("kK", 1e3), ("mM", 1e6), ("bBgG", 1e9), ("tT", 1e12), ("P", 1e15), ("E", 1e18)) for letter in letters},
    ("1e999", ""): math.inf, ("-1e999", ""): -math.inf, ("0", ""): 0, ("0.0", ""): 0,
}  # fmt: skip
NOT_TYPED = [
    "", " ", "abc", "12abc", "k", "%", "1.2.3", "1,5", "12,34", "1,2345", "--5", "5-", "1e", "e5", ".", "-", "0x10", "1_000", "NaN", "Infinity",
    "-Infinity", "undefined", "null", "true", "5 constructor", "5 toString", "5 __proto__", "<script>", "1 2", "1;2", "5 %", "5 W", "１２", "½", "5k k", "$", "1 e 3",
]  # fmt: skip


@pytest.mark.parametrize("text, unit", TYPED)
def test_the_page_reads_what_people_type(text, unit, runtime):
    assert float(runtime.evaluate("([text, unit]) => String(parseNumber(text, unit))", [text, unit])) == TYPED[text, unit]


@pytest.mark.parametrize("text", NOT_TYPED)
def test_the_page_takes_nothing_else_for_a_number(text, runtime):
    assert runtime.evaluate("(text) => Number.isNaN(parseNumber(text, ''))", text), text


@pytest.mark.parametrize("text, unit", [("400 Gb/s", "GB/s"), ("50 GB/s", "Gb/s"), ("5 MJ", "MW"), ("5 kWh", "kW"), ("5 s", "W")])
def test_a_number_of_something_else_is_no_number(text, unit, runtime):
    """Bits are no bytes, though only the case tells them apart, and energy is no power."""
    assert runtime.evaluate("([text, unit]) => Number.isNaN(parseNumber(text, unit))", [text, unit])


def test_every_number_the_page_writes_can_be_typed_back(runtime):
    read_back = "([values, spec, unit]) => values.map((v) => String(parseNumber(formatNumber(v, spec), unit)))"
    values = [6.626e-34, 3.8e25, -1e300, *(v for v in sample(200) if abs(v) < 1e15)]
    for spec in ("f", "g", "k"):
        spec = ",.4" + spec
        shown = [plain(format_number(v, spec)).replace(",", "") for v in values]
        expected = [float(s.rstrip("kMBT")) * dict(SUFFIXES).get(s[-1], 1) for s in shown]
        assert [float(x) for x in runtime.evaluate(read_back, [values, spec, ""])] == pytest.approx(expected, rel=1e-12)
