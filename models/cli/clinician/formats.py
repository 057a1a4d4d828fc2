"""The file formats that are read: what may be asked for, and on which real files each was tried.

    rlecg formats

A file needs no suffix where its content tells what it is; several files of a recording may come in a zip.
"""

from __future__ import annotations

import argparse

from models.cli.frame import Command


def arguments(parser: argparse.ArgumentParser) -> None:
    """It takes none."""
    del parser


def work(options: argparse.Namespace) -> None:
    """Print the table."""
    del options
    from ecgcore.io import listing

    print(listing())


COMMAND = Command(arguments, work)
