"""How long models take, batch of one, in one run beside the published networks at full width (``rlecg bench``).

Weights do not change a network's time, so the published ones are timed with fresh weights where none are
trained. Ratios are what counts: the machine's mood is in every number alike."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator

import numpy as np
import torch

from ecgcore.ecg import Ecg
from ecgcore.leads import LeadSet
from ecgcore.synthetic import Heart, simulate
from models.base import build
from models.reconstruct import trained

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
    """What is timed: whole estimates from a recording, and the bare pass of a network through ten seconds."""
    given = ecg.pick(INPUTS)
    network = trained("any-subset").model
    known = network.given(INPUTS)
    at_100 = torch.randn(1, 8, 1000)
    own = {
        f"{name}, whole estimate at {ecg.rate:g} Hz": lambda name=name: trained(name).model.estimate(given)
        for name in ("linear", "any-subset")
    }
    olaiya, gradowski = build("olaiya", {}).eval(), build("gradowski", {}).eval()
    inputs = {"olaiya": torch.randn(1, 3, 4992), "gradowski": torch.randn(1, len(gradowski.inputs), 1024)}
    return own | {
        "any-subset, network alone": lambda: network.correct(at_100, [known]),
        f"Olaiya U-Net, {parameters(olaiya)}, 500 Hz, network alone": lambda: olaiya.answer(inputs["olaiya"]),
        f"Gradowski U-Net, {parameters(gradowski)}, 125 Hz, network alone": lambda: gradowski.answer(
            inputs["gradowski"]
        ),
    }


def parameters(model: torch.nn.Module) -> str:
    return f"{sum(p.numel() for p in model.parameters()) / 1e6:.1f} M"


def lines(repeats: int) -> Iterator[str]:
    """Milliseconds of each contestant, and how many times faster than the slowest."""
    ecg = simulate(Heart(), 500.0, 10.0, seed=0)
    with torch.inference_mode():
        times = {name: timed(call, repeats) for name, call in contestants(ecg).items()}
    slowest = max(times.values())
    for name, spent in times.items():
        yield f"{name:64} {spent:8.1f} ms   {slowest / spent:6.1f} times faster than the slowest"
