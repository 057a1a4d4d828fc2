"""Several workers on one training: each batch is shared, weights stay equal, and all leave together."""

from __future__ import annotations

import os
from collections.abc import Iterable
from typing import Any

import torch
from torch import Tensor, distributed, nn


def count() -> int:
    """How many workers share the training."""
    return int(os.environ.get("WORLD_SIZE", "1"))


def first_worker() -> bool:
    """Whether this one validates, writes and prints."""
    return rank() == 0


def rank() -> int:
    """The number of this worker, from 0."""
    return int(os.environ.get("RANK", "0"))


def leave_together() -> None:
    """End the work of several workers, together: a worker that goes while another still speaks to it can take
    that one down."""
    if distributed.is_initialized():
        distributed.barrier()
        distributed.destroy_process_group()


class Workers:
    """What the loop asks of the others; nothing to do for one alone."""

    def __init__(self) -> None:
        self.count, self.rank = count(), rank()
        cuda = torch.cuda.is_available()
        self.device = (
            torch.device("cuda", int(os.environ.get("LOCAL_RANK", "0"))) if cuda else torch.device("cpu")
        )
        if cuda:
            torch.cuda.set_device(self.device)  # workers that gather objects each need their own
        if self.count > 1 and not distributed.is_initialized():
            distributed.init_process_group("nccl" if cuda else "gloo")

    def spread(self, values: Iterable[Tensor]) -> None:
        """Give all the first worker's values, in place."""
        if self.count > 1:
            for value in values:
                distributed.broadcast(value, 0)

    def mean_of_gradients(self, model: nn.Module) -> None:
        """Give all the mean of the gradients."""
        if self.count > 1:
            for parameter in model.parameters():
                if parameter.grad is not None:
                    distributed.all_reduce(parameter.grad)
                    parameter.grad /= self.count

    def mean(self, value: float) -> float:
        """Mean of a number over workers."""
        if self.count == 1:
            return value
        shared = torch.tensor([value], dtype=torch.float64, device=self.device)
        distributed.all_reduce(shared)
        return float(shared) / self.count

    @torch.no_grad()
    def agree(self, model: nn.Module, averaged: dict[str, Tensor]) -> None:
        """Running statistics become the mean over workers. Raises RuntimeError where weights have come
        apart."""
        if self.count == 1:
            return
        trained = {name for name, _ in model.named_parameters()}
        for state in (model.state_dict(), averaged):
            for name, value in state.items():
                if value.dtype.is_floating_point and name not in trained:
                    distributed.all_reduce(value)
                    value.div_(self.count)
        for name, value in model.named_parameters():
            first = value.detach().clone()
            distributed.broadcast(first, 0)
            if not torch.equal(first, value):
                raise RuntimeError(f"worker {self.rank} has other weights than the first: {name}")

    def gathered(self, own: Any) -> list[Any]:
        """Everyone's value, in the order of ranks."""
        everyone = [own] * self.count
        if self.count > 1:
            distributed.all_gather_object(everyone, own)
        return everyone
