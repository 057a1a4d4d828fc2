"""What all commands share: parsers that import nothing heavy, the data root, and a refusal in one
sentence."""

from __future__ import annotations

import argparse
import errno
import importlib
import math
import os
import sys
from collections.abc import Callable, Sequence
from contextlib import nullcontext, redirect_stdout
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

from models.cli.contents import Tree

if TYPE_CHECKING:
    from ecgcore.ecg import Ecg

REFUSED = 2
"""The exit status of whatever cannot be done."""
INTERRUPTED = 130
"""The exit status after Ctrl-C, as shells have it."""
SPLITS = ("train", "val", "test")
PASSBANDS = ("high-pass", "as-recorded", "0.67-40")
LEADS = "I II III aVR aVL aVF V1 V2 V3 V4 V5 V6"
"""Spelled here so that no help needs numpy; a test compares them with those of ``ecgcore``."""
PART, MEMORY_GB = 128, 3.0
"""Recordings in a part of a list; what each worker may hold."""
STANDARD_OUTPUT = Path("-")
"""What --json takes in place of a file."""
NAMED_OTHERWISE = {"start": "from", "stop": "to", "listed": "list"}
"""Options whose value is kept under another name."""


class Parser(argparse.ArgumentParser):
    """A parser whose refusals are one sentence."""

    def error(self, message: str) -> NoReturn:
        """End with one sentence and the exit status of a refusal."""
        self.exit(REFUSED, f"{self.prog}: {message}. {self.prog} --help says what it takes.\n")


@dataclass(frozen=True)
class Command:
    """One command, as its module ends with it.

    data: what the folder that ``--data`` names must hold; None for commands without databases. needs_data:
    whether these options need one at all.
    """

    arguments: Callable[[argparse.ArgumentParser], None]
    work: Callable[[argparse.Namespace], None]
    data: str | None = None
    needs_data: Callable[[argparse.Namespace], bool] = lambda _options: True


def whole_number(least: int = 1) -> Callable[[str], int]:
    """The type of an option that is a whole number from ``least`` on."""

    def value(text: str) -> int:
        if not text.strip().lstrip("+-").isdecimal() or int(text) < least:
            raise argparse.ArgumentTypeError(f"{text!r} is no whole number from {least} on")
        return int(text)

    return value


def number(text: str) -> float:
    """The type of an option that is a finite number from 0 on."""
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not 0 <= value < math.inf:
        raise argparse.ArgumentTypeError(f"{text!r} is no number from 0 on")
    return value


def positive(text: str) -> float:
    """The type of an option that is a finite number above 0."""
    if (value := number(text)) == 0:
        raise argparse.ArgumentTypeError(f"{text!r} is no number above 0")
    return value


def refuse_idle(options: argparse.Namespace, names: str, place: str) -> None:
    """Refuse options that would do nothing. names: as in ``options``. place: where, in words. Raises
    ValueError."""
    given = [name for name in names.split() if getattr(options, name, None) not in (None, False, [], "", 0)]
    if given:
        shown = ", ".join(f"--{NAMED_OTHERWISE.get(name, name).replace('_', '-')}" for name in given)
        raise ValueError(f"{shown} {'does' if len(given) == 1 else 'do'} nothing {place}.")


def _refuse_standard_output(options: argparse.Namespace) -> None:
    """Refuse "-" where a file or folder is to be named. Raises ValueError."""
    for name, value in vars(options).items():
        if name != "json" and STANDARD_OUTPUT in (value if isinstance(value, list) else [value]):
            raise ValueError(
                f"--{NAMED_OTHERWISE.get(name, name).replace('_', '-')} names a file or folder; "
                "- for the standard output is for --json alone."
            )


def add_json(parser: argparse.ArgumentParser, what: str) -> None:
    """The option ``--json`` of a command with a report, for ``write_json``. what: is in it."""
    parser.add_argument(
        "--json",
        type=Path,
        metavar="FILE",
        help=f"write {what} here; - for the standard output, other words then go to that of errors",
    )


def write_json(options: argparse.Namespace, report: dict[str, Any]) -> None:
    """Write the report of a command where --json says."""
    import json

    text = json.dumps(report, indent=1) + "\n"
    if options.json == STANDARD_OUTPUT:
        options.standard_output.write(text)
        return
    options.json.parent.mkdir(parents=True, exist_ok=True)
    options.json.write_text(text, encoding="utf-8")


def recording_arguments(parser: argparse.ArgumentParser, with_leads: bool = True) -> None:
    """What a user may say about a file that does not say it."""
    parser.add_argument("--rate", type=positive, help="Hz, for files that do not say")
    parser.add_argument("--unit", help="mV, uV ..., for files that do not say")
    if with_leads:
        parser.add_argument(
            "--leads",
            help='which lead each channel is where the file does not say: "ECG1=V1 ECG2=V5"; X=- leaves '
            "X out",
        )


def recording(options: argparse.Namespace, leads: str | None = None) -> Ecg:
    """The recording that the options name, with what they say about it. Raises UnusableEcg, also where they
    contradict what the recording says itself."""
    from math import isclose

    from ecgcore.datasets import of_database, read_recording
    from ecgcore.io.units import millivolts_per

    if of_database(options.record):
        refuse_idle(options, "rate unit" + " leads" * (leads is not None), "for a record of a database")
    if options.unit:
        millivolts_per(options.unit)
    ecg = read_recording(options.record, options.data, options.rate, options.unit, leads)
    if options.rate and not isclose(options.rate, ecg.rate, rel_tol=0.01):
        raise ValueError(f"The file says {ecg.rate:g} Hz, not {options.rate:g}; leave --rate out.")
    return ecg


def parser_of(name: str, module: str) -> Parser:
    """The parser of the command in a module, with its docstring as help."""
    source = importlib.import_module(module)
    parser = Parser(
        prog=name, description=source.__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    command: Command = source.COMMAND
    if command.data is not None:
        parser.add_argument(
            "--data", type=Path, metavar="ROOT", help=f"data root with {command.data} (default: $ECG_DATA)"
        )
    command.arguments(parser)
    return parser


def run(tree: Tree, words: Sequence[str]) -> int:
    """Do what the words say, or print the table of contents. The exit status: 0, or 2 with one sentence for
    what cannot be done."""
    if not words or words[0] in ("-h", "--help"):
        print(tree.text())
        return 0
    name, *rest = words
    if name not in tree.all():
        return _refuse(f"{tree.name} has no command {name[:40]!r}; there are {', '.join(tree.all())}.")
    if (below := tree.below(name)) is not None:
        return run(below, rest)
    module = tree.all()[name]
    parser = parser_of(f"{tree.name} {name}", module)
    return _work(importlib.import_module(module).COMMAND, parser, rest)


def _work(command: Command, parser: Parser, words: Sequence[str]) -> int:
    """A ValueError (``UnusableEcg``, an unknown lead or option, a bad checkpoint) and a file that cannot be
    read or written are refusals; any other exception is a bug and shows."""
    options = parser.parse_args(words)
    if command.data is not None and options.data is None:
        from ecgcore.datasets import data_root

        options.data = data_root()
        if options.data is None and command.needs_data(options):
            parser.error("give --data ROOT or set ECG_DATA")
    aside = getattr(options, "json", None) == STANDARD_OUTPUT
    options.standard_output = sys.stdout
    try:
        _refuse_standard_output(options)
        with redirect_stdout(sys.stderr) if aside else nullcontext():
            command.work(options)
        sys.stdout.flush()
    except KeyboardInterrupt:
        print("\nInterrupted.", file=sys.stderr)
        return INTERRUPTED
    except BrokenPipeError:  # the reader of the output, as head, has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except ValueError as error:
        return _refuse(f"{error}{_to_answer(error, options)}")
    except OSError as error:
        if not (sentence := _about_file(error)):
            raise
        return _refuse(sentence)
    return 0


def _about_file(error: OSError) -> str:
    """What is wrong with a file or a disk; "" where the error is of another kind."""
    if error.filename is not None:
        if isinstance(error, FileExistsError):  # of a folder that is to be there
            return f"{error.filename} is a file where a folder is needed; name another."
        return f"{error.filename}: {error.strerror}."
    if error.errno not in (errno.ENOSPC, errno.EDQUOT):
        return ""
    from ecgcore.io.text import disk_reason

    return f"The result could not be written whole: {disk_reason(error)}."


def _to_answer(error: ValueError, options: argparse.Namespace) -> str:
    """The options of this command by which the user says what a file does not say."""
    from ecgcore.io.contents import NeedsHint
    from ecgcore.io.text import channel_name

    if not isinstance(error, NeedsHint):
        return ""
    pairs = [f"{channel_name(channel.label)}={channel.suggestion or 'LEAD'}" for channel in error.channels]
    answers = {"leads": f'--leads "{", ".join(pairs)}"', "rate": "--rate HZ", "unit": "--unit mV"}
    words = [answers[name] for name in error.missing if name in answers and name in vars(options)]
    return f" Add {' '.join(words)}." if words else ""


def _refuse(sentence: str) -> int:
    print(sentence, file=sys.stderr)
    return REFUSED


def named_inputs(texts: Sequence[str]) -> list:
    """Sets of leads from texts such as "I II V4"; "named" stands for all named clinical sets. Raises
    ValueError."""
    from ecgcore.evaluation.scoring import usual_inputs
    from ecgcore.leads import NAMED_SETS

    return usual_inputs(
        [leads for text in texts for leads in (NAMED_SETS.values() if text == "named" else [text])]
    )


def add_passband(parser: argparse.ArgumentParser) -> None:
    """``--passband`` of an evaluation; ``--band`` is its earlier name."""
    parser.add_argument(
        "--passband",
        "--band",
        dest="passband",
        default="high-pass",
        choices=PASSBANDS,
        help="0.5 Hz high-pass on inputs and truth, or as recorded",
    )


def add_inputs(parser: argparse.ArgumentParser, help_more: str = "", **settings: object) -> None:
    """The option ``--inputs``, which can be repeated."""
    parser.add_argument(
        "--inputs",
        action="append",
        help=f'input leads, as "I II V4"; repeat. {help_more or LEADS}',
        **settings,
    )


def add_jobs(parser: argparse.ArgumentParser) -> None:
    """The option ``--jobs``."""
    parser.add_argument(
        "--jobs", type=whole_number(), default=os.cpu_count() or 1, help="processes (default: one a core)"
    )


def add_list(parser: argparse.ArgumentParser, reconstructs: bool = True) -> None:
    """The options of commands that work on a list of recordings (``models.many``)."""
    group = parser.add_argument_group(
        "many recordings",
        "partitioned Parquet in the folder --out; started again it goes on where it ended",
    )
    group.add_argument(
        "--list",
        type=Path,
        dest="listed",
        metavar="FILE",
        help="paths or database/record, a line each; a Parquet or CSV table with a column record or path; "
        "HDF5 as CODE-15 has it; or a folder",
    )
    group.add_argument(
        "--part",
        type=whole_number(),
        metavar="N",
        help=f"recordings in a part (default: {PART})",
    )
    group.add_argument(
        "--workers",
        type=whole_number(0),
        default=0,
        metavar="N",
        help="processes of this machine (needs the extra cluster)",
    )
    group.add_argument(
        "--memory",
        type=positive,
        metavar="GB",
        help=f"that each of them may hold (default: {MEMORY_GB:g})",
    )
    if reconstructs:
        group.add_argument(
            "--fast",
            action="store_true",
            help="networks in bfloat16 on processors that have units for it: fewer digits, less time",
        )
    group.add_argument(
        "--scheduler",
        default="",
        metavar="ADDRESS",
        help="of a Dask cluster that runs, as tcp://host:8786; models/many/README.md says how one is started",
    )


def refuse_without_list(options: argparse.Namespace, names: str = "") -> None:
    """Refuse the options of ``add_list``, and others, where there is no list. Raises ValueError."""
    refuse_idle(options, f"{names} part workers memory fast scheduler", "without --list")


def work_on_list(job: Any, options: argparse.Namespace) -> None:
    """Do a job on the recordings of ``--list``. Raises UnusableEcg."""
    from models.many.lists import entries
    from models.many.run import run

    if options.out is None:
        raise ValueError("Name the folder for the results with --out.")
    if not options.workers:
        refuse_idle(options, "memory", "without --workers")
    workers = None
    if options.workers or options.scheduler:
        from models.many.cluster import Workers

        workers = Workers(options.workers, options.scheduler, int(1e9 * (options.memory or MEMORY_GB)))
    print(run(job, entries(options.listed, options.data), options.out, options.part or PART, workers))
