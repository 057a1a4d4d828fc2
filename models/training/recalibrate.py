"""Calibrate trained weights again: gains, bands and usual ranges, without training.

    python -m models.recalibrate any-subset --data ROOT [--out FILE]

NAME is a model or a checkpoint. Without --out the checkpoint is rewritten; its hash changes, since the hash
covers what the bands hang on, so tables made before belong to other weights.
"""

from __future__ import annotations

import argparse
from dataclasses import replace
from pathlib import Path

import torch

from ecgcore.command import parser_for
from ecgcore.command import run as run_command
from ecgcore.ecg import UnusableEcg
from models.checkpoint import WEIGHTS_FILE, load, save, stored_half
from models.reconstruct import TRAINED


def recalibrate(path: Path, root: Path, out: Path) -> tuple[str, str]:
    """Read a checkpoint, calibrate it and write it to out; the hashes before and after."""
    before = load(path)
    if not hasattr(before.model, "recalibrate"):
        raise UnusableEcg(f"{before.card.title} has nothing to calibrate.")
    before.model.recalibrate(root)
    return before.weights_hash, save(
        before.model, replace(before.card, metrics={}), out, half=stored_half(path)
    )


def main(arguments: list[str] | None = None) -> int:
    parser = parser_for("models.recalibrate", __doc__, "ptb-xl")
    parser.add_argument("name", help="a trained model's name, or a checkpoint")
    parser.add_argument("--out", type=Path, help="file to write (default: the checkpoint itself)")
    parser.add_argument("--threads", type=int, default=0, help="CPU threads (default: all)")

    def work(chosen: argparse.Namespace) -> None:
        if chosen.threads:
            torch.set_num_threads(chosen.threads)
        path = Path(chosen.name) if Path(chosen.name).is_file() else TRAINED / chosen.name / WEIGHTS_FILE
        before, after = recalibrate(path, chosen.data, chosen.out or path)
        print(f"{chosen.name}: {before} -> {after}")

    return run_command(parser, work, arguments)


if __name__ == "__main__":
    raise SystemExit(main())
