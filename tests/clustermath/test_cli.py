"""The command line as a person meets it: examples that run, names that are completed, mistakes that are explained."""

import json
import shlex

import pytest
from clustermath.__main__ import find_commands, main
from clustermath.cli import amount
from pytest import approx

COMMANDS = find_commands()


def run(line, capsys):
    status = main(shlex.split(line))
    assert status == 0
    return capsys.readouterr().out


@pytest.mark.parametrize("name", COMMANDS)
def test_the_example_in_the_help_runs(name, capsys):
    example = next(line for line in COMMANDS[name].__doc__.splitlines() if line.startswith("Example: "))
    line = example.removeprefix("Example: python -m clustermath ")
    assert json.loads(run(line + " --json", capsys))
    assert run(line, capsys).strip()


@pytest.mark.parametrize("name", COMMANDS)
def test_help_explains_every_argument(name, capsys):
    with pytest.raises(SystemExit) as stopped:
        main([name, "--help"])
    assert stopped.value.code == 0
    assert COMMANDS[name].__doc__.splitlines()[0] in capsys.readouterr().out


def test_days_of_llama(capsys):
    """67.1 days at Meta's published 400 TFLOP/s on 16,384 GPUs."""
    line = f"days --model llama-3.1-405b --gpu h100 --gpus 16,384 --mfu {400 / 989} --json"
    assert json.loads(run(line, capsys))["days"] == approx(67.1, abs=0.05)


def test_commands_are_completed(capsys):
    assert "goodput" in run("good --gpus 16384", capsys)


@pytest.mark.parametrize(
    "line, complaint",
    [
        ("dayz", "unknown command 'dayz'; did you mean 'days'?"),
        ("fabric --gpus 0 --switch 51.2t-64", "endpoints = 0 is not possible"),
        ("goodput --gpus 16384 --stall -3", "stall = -3 is not possible"),
    ],
)
def test_what_is_impossible_is_explained_in_one_sentence(line, complaint, capsys):
    assert main(shlex.split(line)) == 2
    said = capsys.readouterr().err
    assert complaint in said and "Traceback" not in said


@pytest.mark.parametrize(
    "line, complaint",
    [
        ("power --gpu h1000 --gpus 8", "did you mean 'H100 SXM'?"),
        ("power --gpu h100 --gpus lots", "'lots' is not a number such as 220k"),
        ("power --gpu h100 --site 1.5GX", "'1.5GX' is not a number such as 1.5 GW"),
    ],
)
def test_mistyped_arguments_are_explained(line, complaint, capsys):
    with pytest.raises(SystemExit) as stopped:
        main(shlex.split(line))
    assert stopped.value.code == 2
    assert complaint in capsys.readouterr().err


@pytest.mark.parametrize(
    "text, unit, value",
    [
        ("220k", "", 220e3),
        ("16,384", "", 16384),
        ("3.8e25", "FLOP", 3.8e25),
        ("1.5 GW", "W", 1.5e9),
        ("1gw", "W", 1e9),
        ("30s", "s", 30),
        (".5", "", 0.5),
    ],
)
def test_amounts(text, unit, value):
    assert amount(unit)(text) == approx(value)


def test_a_decimal_comma_is_not_taken_for_thousands():
    with pytest.raises(Exception, match="'1,5' is not a number"):
        amount()("1,5")
