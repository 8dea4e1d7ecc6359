"""`python -m clustermath COMMAND ...`: the book's arithmetic without a notebook. Run it in book/, or as `clustermath` once installed.

Each module of `clustermath.commands` is one command: its docstring is the help, `add_arguments(parser)` says what
it takes, and `run(args)` returns a dict, which is printed as a table or with --json as it is.
"""

import argparse
import importlib
import json
import os
import pkgutil
import sys
from pathlib import Path

from . import commands
from .cli import as_text, check_amounts, plain
from .tables import Table, UnknownName

PROGRAM = "clustermath" if Path(sys.argv[0]).stem == "clustermath" else "python -m clustermath"
NAMES = sorted(module.name for module in pkgutil.iter_modules(commands.__path__))


def find_commands(*names: str) -> Table:
    """All commands by name, or those named; no other is imported."""
    return Table("command", {name: importlib.import_module(f"{commands.__name__}.{name}") for name in names or NAMES}, {})


def named(argv: list[str]) -> list[str]:
    """The command line with its command's name in full. UnknownName says which one was probably meant."""
    if not argv or argv[0].startswith("-"):
        return argv
    return [Table("command", {name: name for name in NAMES}, {}).name_of(argv[0]), *argv[1:]]


class Help(argparse.RawDescriptionHelpFormatter):
    """Help as wide as the terminal. argparse asks for that with each argument, through `shutil`, which loads all kinds of compression first."""

    def __init__(self, prog):
        try:
            columns = int(os.environ.get("COLUMNS", 0)) or os.get_terminal_size().columns
        except (ValueError, OSError):
            columns = 80
        super().__init__(prog, width=columns - 2)


def parser_of(table: Table) -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog=PROGRAM, description="What it takes to train a model on a cluster, on the command line.", formatter_class=Help
    )
    subparsers = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    for name, module in table.items():
        lines = module.__doc__.strip().splitlines()
        command = subparsers.add_parser(
            name,
            help=lines[0],
            description=module.__doc__.strip(),
            formatter_class=Help,
        )
        module.add_arguments(command)
        command.add_argument("--json", action="store_true", help="print the result as JSON")
    return parser


def commands_of(parser) -> dict[str, argparse.ArgumentParser]:
    """The parser of each command."""
    return next(action.choices for action in parser._actions if isinstance(action, argparse._SubParsersAction))


def main(argv: list[str]) -> int:
    """Run one command; return the exit status: 0, or 2 with one sentence on what was wrong."""
    try:
        argv = named(argv)
        table = find_commands(*argv[:1]) if argv and not argv[0].startswith("-") else find_commands()
        parser = parser_of(table)
        args = parser.parse_args(argv)
        check_amounts(commands_of(parser)[args.command], args)
        result = plain(table[args.command].run(args))
    except (UnknownName, ValueError) as problem:
        print(f"{PROGRAM}: {problem}", file=sys.stderr)
        return 2
    try:
        print(json.dumps(result, indent=2) if args.json else as_text(result), flush=True)
    except BrokenPipeError:  # `... | head` has read enough; nothing more is written, not even at exit
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    return 0


def command() -> None:
    """What the installed command runs."""
    sys.exit(main(sys.argv[1:]))


if __name__ == "__main__":
    command()
