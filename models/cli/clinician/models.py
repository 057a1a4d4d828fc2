"""The models there are, and the input leads each takes.

    rlecg models

One that lists its input leads needs these and looks at no others.
"""

from __future__ import annotations

import argparse

from models.cli.frame import Command


def arguments(parser: argparse.ArgumentParser) -> None:
    """What the command takes."""
    del parser


def work(options: argparse.Namespace) -> None:
    """Do the command with these options."""
    del options
    from models.reconstruct.texts import listing

    print(listing())


COMMAND = Command(arguments, work)
