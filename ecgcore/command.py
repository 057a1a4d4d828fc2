"""What the commands share: how they are asked, where the databases lie, and a refusal in one sentence."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Sequence
from pathlib import Path


def parser_for(module: str, doc: str | None, data: str | None = "the databases") -> argparse.ArgumentParser:
    """The parser of ``python -m module`` with its docstring as help. data: what ``--data ROOT`` must hold,
    None for commands without."""
    parser = argparse.ArgumentParser(
        prog=f"python -m {module}", description=doc, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    if data is not None:
        from ecgcore.datasets import data_root

        parser.add_argument(
            "--data", type=Path, default=data_root(), help=f"data root with {data} (default: $ECG_DATA)"
        )
    return parser


def run(
    parser: argparse.ArgumentParser,
    work: Callable[[argparse.Namespace], None],
    arguments: Sequence[str] | None = None,
    needs_data: Callable[[argparse.Namespace], bool] = lambda chosen: "data" in chosen,
) -> int:
    """Exit status: 0, or 2 with one sentence for what cannot be done.

    That is a ValueError (``UnusableEcg``, an unknown lead or option, a bad checkpoint) or a missing file; any
    other exception is a bug and shows.
    """
    chosen = parser.parse_args(arguments)
    if needs_data(chosen) and chosen.data is None:
        parser.error("give --data ROOT or set ECG_DATA")
    try:
        work(chosen)
    except (ValueError, FileNotFoundError) as error:
        print(error, file=sys.stderr)
        return 2
    return 0
