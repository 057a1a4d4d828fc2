"""How long models take, batch of one, in one run beside the published networks at full width (``rlecg
bench``).

Weights do not change a network's time, so the published ones are timed with fresh weights where none are
trained. Ratios are what counts: the machine's mood is in every number alike."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from functools import partial

import numpy as np
import torch

from ecgcore.ecg import Ecg
from ecgcore.leads import LeadSet
from ecgcore.synthetic import Heart, simulate
from models.base import build, in_order
from models.reconstruct import of_role, trained

INPUTS = LeadSet("I II V4")


def timed(call: Callable[[], object], repeats: int) -> float:
    """Median milliseconds of a call, after one to warm up."""
    call()
    spent = []
    for _ in range(repeats):
        began = time.perf_counter()
        call()
        spent.append(1e3 * (time.perf_counter() - began))
    return float(np.median(spent))


def contestants(ecg: Ecg) -> dict[str, Callable[[], object]]:
    """What is timed: whole estimates from a recording by our models, and the bare pass of each network."""
    given = ecg.pick(INPUTS)
    ours = {info.name: trained(info.name).model for info in of_role("ours")}
    whole: dict[str, Callable[[], object]] = {
        f"{name}, whole estimate at {ecg.rate:g} Hz": partial(model.estimate, given)
        for name, model in ours.items()
    }
    published = {
        family.name: build(family.name, {}).eval() for family in in_order() if family.role == "published"
    }
    passes = {
        f"{model.title}, {parameters(model)}, network alone": model.network_pass()
        for model in (*ours.values(), *published.values())
    }
    return whole | {name: call for name, call in passes.items() if call}


def parameters(model: torch.nn.Module) -> str:
    """How many numbers were learned, in millions, as text."""
    return f"{sum(p.numel() for p in model.parameters()) / 1e6:.1f} M"


def lines(repeats: int) -> Iterator[str]:
    """Milliseconds of each contestant, and how many times faster than the slowest."""
    ecg = simulate(Heart(), 500.0, 10.0, seed=0)
    with torch.inference_mode():
        times = {name: timed(call, repeats) for name, call in contestants(ecg).items()}
    slowest = max(times.values())
    for name, spent in times.items():
        yield f"{name:64} {spent:8.1f} ms   {slowest / spent:6.1f} times faster than the slowest"
