"""Reduced-lead ECG without a screen. Research and teaching use, not for diagnosis.

``rlecg`` and ``python -m models`` are the same command.

A command is one file. Its name is the file's name, its help the file's docstring, whose first sentence stands
in the table of contents. It ends with ``COMMAND = Command(arguments, work)``: ``arguments`` adds to a parser,
``work`` does it. A group is a folder with a title as docstring (``clinician``, ``making``, ``judging``,
``timing``); a folder within a group is a command with commands of its own, in groups again
(``judging/study``).

So that ``--help`` answers at once, a command imports at its top the standard library and ``models.cli.frame``
alone, and what it needs for its work inside ``work``. What cannot be done is raised as ``UnusableEcg`` (or
another ValueError): one sentence and status 2. A sentence that names a command to the user is kept in
``models.hints``.
"""

from __future__ import annotations

from collections.abc import Sequence

from models.cli.contents import Tree
from models.cli.frame import run

NAME = "rlecg"


def main(arguments: Sequence[str] | None = None) -> int:
    """The exit status: 0 when done, 2 with one sentence for what cannot be done, 130 after Ctrl-C."""
    import os
    import sys

    # before NumPy is imported: its matrices here are small, and threads that share them out wait by counting,
    # which takes the cores from other work
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    return run(Tree(NAME, __name__), list(sys.argv[1:] if arguments is None else arguments))
