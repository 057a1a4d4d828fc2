"""Does the diagnosis survive? Train one classifier of the five PTB-XL superclasses on original leads, then
show it reconstructed ones.

    python -m models.diagnosis train --data ROOT                            the classifier, about 10 minutes on one core
    python -m models.diagnosis train --hide-leads --data ROOT               the second, which learns to do with few leads
    python -m models.diagnosis score --data ROOT --models any-subset linear the tables, and what they say
    python -m models.diagnosis show --models any-subset                     what stored tables say

``score`` makes the table of the controls (original leads, inputs alone) too; all tables go on where they
stopped. ``--inputs "I II V2"`` can be repeated; usual are the main sets, and the own ones of networks with
fixed inputs. AUROC with 95 % intervals by patient; the difference to the original leads with the interval of
the paired resampling; non-inferior at a margin where the lower end of that interval (two-sided 95 %,
one-sided 97.5 %) lies above minus the margin.
"""

from __future__ import annotations

import argparse
from pathlib import Path

from ecgcore.command import parser_for
from ecgcore.command import run as run_command
from ecgcore.ecg import UnusableEcg
from ecgcore.evaluation.scoring import usual_inputs
from ecgcore.studies.diagnosis import FOLDS


def main(arguments: list[str] | None = None) -> int:
    parser = parser_for("models.diagnosis", __doc__, "ptb-xl")
    parser.add_argument("do", choices=("train", "score", "show"))
    parser.add_argument("--models", nargs="+", default=[], help="see python -m models.reconstruct --list")
    parser.add_argument("--inputs", action="append", default=[], help='leads, as "I II V4"; repeat')
    parser.add_argument(
        "--split",
        nargs="+",
        default=["test"],
        choices=tuple(FOLDS),
        help="folds to score or to show (default: test)",
    )
    parser.add_argument("--most", type=int, help="recordings at most, for a trial")
    parser.add_argument(
        "--out",
        type=Path,
        help="train: folder for state and weights, gone on with (default: runs/diagnosis); score: folder for tables",
    )
    parser.add_argument(
        "--hide-leads", action="store_true", help="train the classifier that learns with random leads hidden"
    )
    parser.add_argument(
        "--plan", action="append", default=[], metavar="NAME=VALUE", help="training plan; repeat"
    )
    parser.add_argument(
        "--install",
        action="store_true",
        help="train: put weights and history where score and the app find them",
    )
    parser.add_argument("--threads", type=int, default=1)

    def work(chosen: argparse.Namespace) -> None:
        import torch

        torch.set_num_threads(chosen.threads)
        {"train": _train, "score": _score, "show": _show}[chosen.do](chosen)

    return run_command(parser, work, arguments, needs_data=lambda chosen: chosen.do != "show")


def _train(chosen: argparse.Namespace) -> None:
    from models.diagnosis.classifier import FILES, FOLDER
    from models.diagnosis.training import train
    from models.reconstruct import TRAINED
    from models.training.loop import parse_options
    from models.training.plan import Plan

    folder = chosen.out or Path("runs") / f"{FOLDER}{'-few-leads' if chosen.hide_leads else ''}"
    card = train(chosen.data, folder, parse_options(chosen.plan, Plan), chosen.hide_leads)
    if chosen.install:
        (TRAINED / FOLDER).mkdir(parents=True, exist_ok=True)
        for file, name in (
            (FILES[chosen.hide_leads], FILES[chosen.hide_leads]),
            ("history.csv", Path(FILES[chosen.hide_leads]).stem + ".csv"),
        ):
            (TRAINED / FOLDER / name).write_bytes((folder / file).read_bytes())
    print(
        f"{card.title}: {card.records} records of {card.patients} patients, {card.steps} steps; {card.metrics['watched']}"
    )


def _score(chosen: argparse.Namespace) -> None:
    from models.diagnosis.scoring import CONTROLS, FILE, score, sets_of

    wanted = usual_inputs(chosen.inputs)
    for model in chosen.models:
        sets_of(model, wanted)  # refuse before an hour's work
    for model in (CONTROLS, *chosen.models):
        out = None if chosen.out is None else chosen.out / (model or "controls") / FILE
        score(model, chosen.data, chosen.split, wanted, chosen.most, out)
    _show(chosen)


def _show(chosen: argparse.Namespace) -> None:
    from ecgcore.studies.diagnosis import in_words, read
    from models.diagnosis.scoring import CONTROLS, FILE, classifiers, table_of
    from models.reconstruct import weights_of

    def table(model: str):
        path = table_of(model) if chosen.out is None else chosen.out / (model or "controls") / FILE
        if not path.is_file():
            raise UnusableEcg(
                f"{model or 'The controls'} were not scored; python -m models.diagnosis score --data ROOT --models {model} does it."
            )
        return read(path)

    controls = table(CONTROLS)
    devices = classifiers()
    for kind, device in devices.items():
        print(
            f"-- {kind} classifier {device.weights_hash}, inputs alone\n{in_words(controls, controls, device.weights_hash, 'inputs-only', chosen.split)}"
        )
    for model in chosen.models:
        rows = table(model)
        other = (
            "" if set(rows["weights"]) == {weights_of(model)} else " (of OTHER weights than those on disk)"
        )
        print(
            f"-- frozen classifier, {model}{other}\n{in_words(controls, rows, devices['frozen'].weights_hash, model, chosen.split)}"
        )


if __name__ == "__main__":
    raise SystemExit(main())
