"""A recording and a reconstruction of it whose values are known, for the tests of exports."""

import numpy as np

from ecgcore.ecg import Ecg, Reconstruction
from ecgcore.export import Export
from ecgcore.leads import STANDARD, LeadSet
from ecgcore.partial import PartialReconstruction, cut_into_page
from ecgcore.synthetic import Heart, simulate

SECRETS = ("Mustermann", "Erika", "19641208", "MRN-0042", "ward7_mustermann.dcm", "/home/erika")
"""What a file may have brought with it and must not leave again."""


def recording(rate: float = 500, seconds: float = 10) -> Ecg:
    ecg = simulate(Heart(), rate=rate, seconds=seconds)
    name = f"{SECRETS[0]}, {SECRETS[1]} {SECRETS[4]}"
    return ecg.replace(
        name=name, notes=(f"Left out: {SECRETS[2]} {SECRETS[3]} {SECRETS[5]}",), simulated=False
    )


def reconstruction(truth: Ecg, inputs: str = "I II V2", error_uv: float = 50.0) -> Reconstruction:
    """The truth with a constant error in the estimated leads and an interval that holds it."""
    given = LeadSet(inputs)
    source = {
        lead: "measured" if lead in given else "derived" if lead in given.determined else "estimated"
        for lead in STANDARD
    }
    free = np.array([[source[lead] == "estimated"] for lead in STANDARD])
    signals = truth.signals + free * np.float32(error_uv / 1000)
    interval = free * np.full(truth.signals.shape, 0.12, np.float32)
    warnings = ("The inputs are unlike those the model learned from.",)
    return Reconstruction(
        truth.replace(signals=signals), source, given, "any-subset", "0123456789ab", interval, 0.0, warnings
    )


def export(**more) -> Export:
    truth = more.pop("truth", None) or recording()
    return Export(reconstruction(truth), truth, **more)


def page_export(**more) -> Export:
    """The same of a 3x4 page with a rhythm strip."""
    truth = recording()
    page = cut_into_page(truth, "II")
    free = np.zeros(truth.signals.shape, bool)
    reconstruction = PartialReconstruction(truth, page.moments, "linear", "ba9876543210")
    for row, lead in enumerate(STANDARD):
        for part in reconstruction.parts(lead):
            free[row, part.first : part.stop] = part.source == "estimated"
    signals = truth.signals + free * np.float32(0.05)
    interval = (free * 0.12).astype(np.float32)
    return Export(
        PartialReconstruction(
            truth.replace(signals=signals), page.moments, "linear", "ba9876543210", interval
        ),
        truth,
        **more,
    )
