"""How long maps, Shapley values and checks take for a recording of ten seconds (``rlecg bench
--significance``).

Two times each: seconds of the processor (what the work costs, whatever else the machine does) and seconds on
the clock."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator

import numpy as np

from ecgcore.ecg import Ecg
from ecgcore.leads import INDEPENDENT, STANDARD, LeadSet
from ecgcore.synthetic import Heart, simulate
from models.reconstruct import explaining, fallback, rebuilding, trained
from models.significance import attention
from models.significance.cohort import shapley_of_leads
from models.significance.contributions import map_of, scene
from models.significance.explain import attend, check_map, explain

R_SECONDS = [0.5 + beat for beat in range(10)]
TARGET = "V3"


def timed(call: Callable[[], object], repeats: int) -> tuple[float, float]:
    """Median seconds of the processor and on the clock of a call, after one to warm up."""
    call()
    spent = []
    for _ in range(repeats):
        began = time.process_time(), time.perf_counter()
        call()
        spent.append((time.process_time() - began[0], time.perf_counter() - began[1]))
    worked, waited = np.median(spent, axis=0)
    return float(worked), float(waited)


def tasks(ecg: Ecg) -> dict[str, Callable[[], object]]:
    """What is timed, by name."""
    out: dict[str, Callable[[], object]] = {}
    for name in (info.name for info in explaining()):
        model = trained(name).model
        three, seven = LeadSet("I II V2"), LeadSet(INDEPENDENT) - (TARGET,)
        eleven = LeadSet(STANDARD) - (TARGET,)
        here, everywhere = scene(ecg, three), np.ones(round(ecg.duration * 100), bool)
        out |= {
            f"{name}: gradient map, {three}": lambda m=model, h=here, w=everywhere: map_of(
                "gradient", m, h, TARGET, w[: h.n]
            ),
            f"{name}: occlusion map, {three}": lambda m=model, h=here, w=everywhere: map_of(
                "occlusion", m, h, TARGET, w[: h.n]
            ),
            f"{name}: Shapley, 8 leads, 2^8 subsets, all 8 targets": lambda m=model: shapley_of_leads(m, ecg),
        }
        for inputs in (three, seven, eleven):
            label = (
                f"{name}: page, {len(inputs)} inputs, 2^{len(inputs)} subsets (map, Shapley by beat, null)"
            )
            out[label] = lambda m=model, i=inputs: explain(m, ecg, i, TARGET, None, R_SECONDS)
        explanation = explain(model, ecg, three, TARGET, None, R_SECONDS)
        out[f"{name}: checks of a map, {three}"] = lambda m=model, f=explanation, i=three: check_map(
            m, ecg, i, TARGET, f
        )
    if autoencoder := rebuilding():
        model = trained(autoencoder.name).model
        windows, _ = attention.windows_of(model, ecg)
        out["autoencoder: map"] = lambda: attention.class_activation(model, windows)
        out["autoencoder: page (map, null, checks)"] = lambda: attend(
            model, trained(fallback()).model, ecg, "counterfactual", R_SECONDS
        )
    return out


def lines(repeats: int) -> Iterator[str]:
    """Seconds of the processor and on the clock for each task."""
    for name, call in tasks(simulate(Heart(), 500.0, 10.0, seed=0)).items():
        worked, waited = timed(call, repeats)
        yield f"{name:90} processor {worked:6.3f} s   clock {waited:6.3f} s"
