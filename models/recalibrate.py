"""Calibrate trained weights again: gains, bands and usual ranges, without training.

    python -m models.recalibrate any-subset --data ROOT [--out FILE]

NAME is a model or a checkpoint. Without --out the checkpoint is rewritten; its hash changes, since the hash covers what the
bands hang on, so tables made before belong to other weights.
"""

from __future__ import annotations

import argparse
import sys
from dataclasses import replace
from pathlib import Path

import torch

from ecgcore.datasets import data_root
from ecgcore.ecg import UnusableEcg
from models.checkpoint import WEIGHTS_FILE, load, save, stored_half
from models.reconstruct import TRAINED


def recalibrate(path: Path, root: Path, out: Path) -> tuple[str, str]:
    """Read a checkpoint, calibrate it and write it to out; the hashes before and after."""
    before = load(path)
    if not hasattr(before.model, "recalibrate"):
        raise UnusableEcg(f"{before.card.title} has nothing to calibrate.")
    before.model.recalibrate(root)
    return before.weights_hash, save(before.model, replace(before.card, metrics={}), out, half=stored_half(path))


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m models.recalibrate", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("name", help="a trained model's name, or a checkpoint")
    parser.add_argument("--data", type=Path, default=data_root(), help="data root with PTB-XL (default: $ECG_DATA)")
    parser.add_argument("--out", type=Path, help="file to write (default: the checkpoint itself)")
    parser.add_argument("--threads", type=int, default=0, help="CPU threads (default: all)")
    chosen = parser.parse_args(arguments)
    if chosen.data is None:
        parser.error("give --data ROOT or set ECG_DATA")
    if chosen.threads:
        torch.set_num_threads(chosen.threads)
    path = Path(chosen.name) if Path(chosen.name).is_file() else TRAINED / chosen.name / WEIGHTS_FILE
    try:
        before, after = recalibrate(path, chosen.data, chosen.out or path)
    except (UnusableEcg, ValueError) as error:
        print(error, file=sys.stderr)
        return 2
    print(f"{chosen.name}: {before} -> {after}")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
