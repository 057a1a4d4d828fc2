"""Calibrate trained weights again: gains, prediction intervals and usual ranges, without training
(``rlecg recalibrate``)."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from models.checkpoint import load, save, stored_half


def recalibrate(path: Path, root: Path, out: Path) -> tuple[str, str]:
    """Read a checkpoint, calibrate it and write it to out; the hashes before and after."""
    before = load(path)
    before.model.recalibrate(root)
    return before.weights_hash, save(
        before.model, replace(before.card, metrics={}), out, half=stored_half(path)
    )
