"""The leads of a sheet in words, for those who read it without seeing it."""

from __future__ import annotations

from typing import Any

import numpy as np

from ecgcore.ecg import Ecg, Reconstruction


def leads_in_words(
    figure: dict[str, Any], truth: Ecg | None, reconstruction: Reconstruction | None
) -> list[str]:
    """One sentence for each lead of a sheet from ``paper_figure``: what it is, which seconds, how far it
    goes up and down about its median."""
    meta, sentences = figure["layout"]["meta"], []
    for cell in meta["cells"]:
        name = cell["lead"]
        lead = name.removeprefix("−")
        source = "recorded" if reconstruction is None else reconstruction.source[lead]
        start, stop = (meta["from"] + cell[edge] for edge in ("start", "stop"))
        words = f"{name}, {source}, {start:.1f} to {stop:.1f} s"
        if reconstruction is not None and source != "measured":
            words += f", reconstructed {_reach(reconstruction.ecg, lead, start, stop, name != lead)}"
        if truth is not None and lead in truth.leads:
            words += f", recorded {_reach(truth, lead, start, stop, name != lead)}"
        sentences.append(f"{words}.")
    return sentences


def _reach(ecg: Ecg, lead: str, start: float, stop: float, turned: bool) -> str:
    row = ecg[lead] - np.median(ecg[lead])
    part = row[round(start * ecg.rate) : round(stop * ecg.rate) + 1]
    low, high = float(part.min()), float(part.max())
    low, high = (-high, -low) if turned else (low, high)
    return f"from {low:.2f} to {high:.2f} mV".replace("-", "−")
