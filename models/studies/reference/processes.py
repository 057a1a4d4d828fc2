"""Processes for many recordings, each on a single thread."""

from __future__ import annotations

from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

from models.reconstruct import replace_weights


def single_thread() -> None:
    """Let PyTorch of this process use a single thread."""
    import torch

    torch.set_num_threads(1)


def pool_of(jobs: int, model: str, replaced: Path | None) -> ProcessPoolExecutor:
    """Processes in which other weights stand for a model, if any are given."""
    if replaced is None:
        return ProcessPoolExecutor(jobs)
    return ProcessPoolExecutor(jobs, initializer=replace_weights, initargs=(model, replaced))
