"""How long models take on one core, beside the published networks at full width; or maps of significance,
or lists of recordings.

    rlecg bench [--repeats 15]
    rlecg bench --significance [--repeats 5] [--threads 1]
    rlecg bench --lists [--repeats 3] [--data ROOT] [--write]

Batch of one, all in one run. Weights do not change a network's time, so the published ones are timed with
fresh weights where none are trained. Ratios are what counts: the machine's mood is in every number alike.
``--significance`` times maps, Shapley values and checks for a recording of ten seconds, two times each:
seconds of the processor (what the work costs, whatever else the machine does) and seconds on the clock.
Wanted: a map within 1 s, exact Shapley values of eight independent leads within 3 s on two cores.
``--lists`` times what ``--list`` does with a recording and what 800,000 need on many cores; two workers
beside one; and, with PTB-XL below --data, what ``--fast`` changes.
"""

from __future__ import annotations

import argparse

from models.cli.frame import Command, refuse_idle, whole_number


def arguments(parser: argparse.ArgumentParser) -> None:
    """What the command takes."""
    parser.add_argument(
        "--repeats",
        type=whole_number(),
        help="runs of each (default: 15, with --significance 5, with --lists 3)",
    )
    parser.add_argument("--threads", type=whole_number(), default=1, help="CPU threads (default: 1)")
    parser.add_argument("--significance", action="store_true", help="time the work behind Significance")
    parser.add_argument("--lists", action="store_true", help="time --list, as a table of Markdown")
    parser.add_argument("--write", action="store_true", help="with --lists: into models/many/README.md")


def work(options: argparse.Namespace) -> None:
    """Do the command with these options."""
    import torch

    if not options.lists:
        refuse_idle(options, "write", "without --lists")
    torch.set_num_threads(options.threads)
    if options.lists:
        from models.many.cost import table, write

        rows = []
        for row in table(options.repeats or 3, options.data):
            print(row, flush=True)
            rows.append(row)
        if options.write:
            write(rows)
        return
    if options.significance:
        from models.significance.bench import lines
    else:
        from models.bench import lines
    for line in lines(options.repeats or (5 if options.significance else 15)):
        print(line, flush=True)


COMMAND = Command(arguments, work, "PTB-XL, for what --fast changes", needs_data=lambda _options: False)
