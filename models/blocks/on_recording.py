"""What the models fitted on one recording share: the paper they follow, its passband, which part of a
recording is kept from them, and which leads are no use as input."""

from __future__ import annotations

import numpy as np

from ecgcore.ecg import Ecg, UnusableEcg
from ecgcore.leads import LeadSet

PAPER = (
    "Matyschik, Mauranen, Karel, Bonizzi: ECG Reconstruction from Minimal Lead Sets Using CNNs, "
    "Computing in Cardiology 2020"
)
PASSBAND_HZ = (0.5, 50.0)
HELD_OUT = 0.1
"""Part of a recording, its end, that nothing is fitted on."""
FLAT_MV = 0.005
"""Peak to peak, a converter's step or so: a lead that moves no more than this says nothing."""


def refuse_flat(ecg: Ecg, inputs: LeadSet) -> None:
    """Raises UnusableEcg for an input lead that is not there or does not move."""
    if flat := [lead for lead in ecg.pick(inputs).leads if np.ptp(ecg[lead]) <= FLAT_MV]:
        raise UnusableEcg(
            f"Lead {', '.join(flat)} is flat in this recording, so it tells nothing of the others; choose "
            "another."
        )
