"""Which leads estimates rest on, over the recordings of a database, by diagnosis, one question at a time.

    rlecg study significance attention --data ROOT
    rlecg study significance contribution --model NAME --seconds 8 --bf16 --data ROOT

One pass over the recordings that no model was trained on (PTB-XL folds 9 and 10). Each gives shares per lead:

attention     Grad-CAM of the autoencoder, summed over its windows, in each mode, as parts of the map.
              Normalised: divided by the lead's variance first.
contribution  exact Shapley values of the eight independent leads: every subset of them estimates the others,
              and each lead in turn is the target of the other seven. Raw: uV^2 summed over targets, as parts
              of the power of all of them, so large targets weigh most. Normalised: parts of each target's own
              power, so every target weighs the same. ("worth", its earlier name, means the same.)

What is done for a recording is appended at once to a file of rows (``--rows``, by default in ``runs/``, which
holds the database's own names of patients and is not part of the product); the command goes on from there
when it is started again, unless weights or settings have changed. At the end the shares by group, with
intervals and chance levels, are written where the page finds them: ``significance.csv.gz`` beside the model's
weights.
"""

from __future__ import annotations

import argparse
from pathlib import Path

from models.cli.frame import SPLITS, Command, positive, whole_number


def arguments(parser: argparse.ArgumentParser) -> None:
    """What the command takes."""
    parser.add_argument("question", type=_question, choices=["attention", "contribution"])
    parser.add_argument("--model", help="the model to ask (default: the best there is for the question)")
    parser.add_argument(
        "--out", type=Path, help="summary (default: beside the model's weights, where the page finds it)"
    )
    parser.add_argument(
        "--rows",
        type=Path,
        help="rows of single recordings, to go on from (default: runs/significance/MODEL.csv)",
    )
    parser.add_argument("--database", default="ptb-xl")
    parser.add_argument(
        "--split", nargs="+", default=["val", "test"], choices=SPLITS, help="default: val test"
    )
    parser.add_argument(
        "--most", type=whole_number(), help="so many recordings at most, in a fixed shuffled order"
    )
    parser.add_argument(
        "--seconds", type=positive, help="the middle seconds of each recording only (default: all)"
    )
    parser.add_argument(
        "--bf16",
        action="store_true",
        help="the network in bfloat16: half the time, shares within .002 (contribution only)",
    )
    parser.add_argument("--threads", type=whole_number(), default=1, help="CPU threads (default: 1)")


def _question(word: str) -> str:
    return "contribution" if word == "worth" else word


def work(options: argparse.Namespace) -> None:
    """Do the command with these options."""
    import torch

    from ecgcore.studies.significance.by_diagnosis import SUMMARY_NAME
    from models.reconstruct import TRAINED, trained
    from models.significance.cohort import Settings, model_for, run

    torch.set_num_threads(options.threads)
    name = model_for(options.question, options.model)
    print(
        run(
            options.data,
            options.out or TRAINED / name / SUMMARY_NAME,
            options.rows or Path("runs") / "significance" / f"{name}.csv",
            options.question,
            trained(name),
            database=options.database,
            splits=tuple(options.split),
            most=options.most,
            settings=Settings(options.seconds, options.bf16),
        )
    )


COMMAND = Command(arguments, work, "ptb-xl")
