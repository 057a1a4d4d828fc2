"""What the published systems' papers print, with the protocol each number was measured under. For reading
beside ours, never in one column.

Sources: Olaiya and Manivannan; Matyschik et al.; Gradowski et al.; Beco et al. Cautions come from the papers
and the code published with them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from ecgcore.evaluation.statistics import Interval


@dataclass(frozen=True)
class Claim:
    """One paper's result in its own terms. r: printed Pearson r per lead, where it gives them."""

    system: str
    inputs: str
    protocol: str
    printed: str
    caution: str
    r: Mapping[str, float] = field(default_factory=dict)


OLAIYA_R = {"V1": 0.818, "V2": 0.827, "V3": 0.860, "V5": 0.891, "V6": 0.836}
"""From I, II, V4, unfiltered, PTB-XL; the mean of the five is .846."""
OLAIYA_MEAN, OLAIYA_INPUTS = 0.846, "I+II+V4"

BECO_PTB_II = {
    "I": (0.67, 0.28, 0.28),
    "III": (0.56, 0.29, 0.63),
    "aVR": (0.89, 0.12, 0.92),
    "aVL": (0.47, 0.36, 0.15),
    "aVF": (0.81, 0.20, 0.64),
    "V1": (0.77, 0.20, 0.87),
    "V2": (0.66, 0.26, 0.80),
    "V3": (0.56, 0.33, 0.65),
    "V4": (0.50, 0.36, 0.43),
    "V5": (0.70, 0.27, 0.36),
    "V6": (0.79, 0.21, 0.49),
}
"""Beco's U-Net with a shared encoder, trained on PTB: mean r, RMSE and SSIM in scaled units, from II on PTB
patients 1-50 (Table 3)."""
BECO_PTB_I = {
    "II": (0.49, 0.37, 0.17),
    "III": (0.44, 0.35, 0.53),
    "aVR": (0.89, 0.14, 0.92),
    "aVL": (0.76, 0.25, 0.45),
    "aVF": (0.26, 0.43, 0.28),
    "V1": (0.81, 0.18, 0.88),
    "V2": (0.73, 0.23, 0.81),
    "V3": (0.67, 0.28, 0.70),
    "V4": (0.59, 0.33, 0.48),
    "V5": (0.62, 0.30, 0.31),
    "V6": (0.66, 0.26, 0.39),
}
"""The same from I (Table 5)."""
BECO_PTB_XL_II = {
    "I": (0.74, 0.25, 0.31),
    "III": (0.44, 0.32, 0.50),
    "aVR": (-0.38, 0.72, 0.09),
    "aVL": (-0.33, 0.64, 0.23),
    "aVF": (0.83, 0.19, 0.61),
    "V1": (0.79, 0.17, 0.91),
    "V2": (0.71, 0.22, 0.84),
    "V3": (0.61, 0.30, 0.66),
    "V4": (0.64, 0.31, 0.31),
    "V5": (0.79, 0.22, 0.37),
    "V6": (0.85, 0.18, 0.58),
}
"""The same network from II on PTB-XL (Table 8). aVR and aVL are exchanged: leads were read by position."""
BECO_PTB_XL_I = {
    "II": (0.60, 0.33, 0.23),
    "III": (0.31, 0.38, 0.43),
    "aVR": (-0.61, 0.74, 0.09),
    "aVL": (-0.63, 0.75, 0.11),
    "aVF": (0.29, 0.41, 0.23),
    "V1": (0.79, 0.16, 0.91),
    "V2": (0.71, 0.22, 0.84),
    "V3": (0.65, 0.29, 0.64),
    "V4": (0.62, 0.32, 0.30),
    "V5": (0.76, 0.24, 0.35),
    "V6": (0.80, 0.20, 0.53),
}
"""From I on PTB-XL (Table 9), aVR and aVL exchanged."""
BECO_EXCHANGED = ("aVR", "aVL")

CALINET_R, CALINET_INPUTS = (0.92, 0.93), "I+II+V2"
"""Of its generic U-Net and Transformer on PTB-XL."""
MORPHREC_R, MORPHREC_INPUTS = 0.886, "I+II"
"""Mean of V1-V6, .67-40 Hz, first nine seconds; RMSE 106.8 uV."""

CLAIMS = (
    Claim(
        "Olaiya: U-Net, 17.1 M parameters",
        "I+II+V4",
        (
            "Generic. PTB-XL, all of it: folds 1–7 trained, 8 for validation, 9 scored. Unfiltered. Global "
            "min–max scaling that includes the test data."
        ),
        "r .846 over five chest leads; .936 'overall'",
        "The .936 counts the seven limb and input leads at r = 1: (7 × 1 + 5 × .8463) / 12. Its 'mV' "
        "are scaled units. "
        "Its intervals are measured on lead II, an input.",
        OLAIYA_R,
    ),
    Claim(
        "Matyschik: CR (two-dimensional CNN)",
        "one lead",
        (
            "Patient-specific: trained on the first part of a TWADB recording, scored on its last tenth. "
            "0.5–50 Hz. Scaled to [−1, 1]."
        ),
        "MSE .02 (worst .67), r .77 (worst −.07); least squares MSE .08, r 0.0",
        "MSE is in scaled units. Their least squares has no intercept after a scaling that shifts "
        "zero; with one it is a far stronger "
        "baseline. Says nothing about another person.",
    ),
    Claim(
        "Gradowski: U-Net, 25 input sets",
        "one limb lead to I+II+Vx+Vy",
        "Generic. PTB-XL 90/10, scored on PTB (7061 segments). 125 Hz.",
        "V1, V6 easiest from limb leads, V3, V4 hardest; third lead: V3 best, V6 worst; V2+V4 the best pair",
        "Each input set is averaged over other missing leads: a model that is given V3 is not scored "
        "on it. Compare on common leads. "
        "Whether patients cross the split is not stated.",
    ),
    Claim(
        "Beco: U-Net, AE, LRN",
        "II",
        (
            "Generic. Scored on PTB patients 1–50. 1–40 Hz, 5 s at 1000 Hz, each lead of each segment "
            "scaled to [−1, 1]."
        ),
        "r: I .67, III .56, aVR .89, aVL .47, aVF .81, V1 .77, V2 .66, V3 .56, V4 .50, V5 .70, V6 .79",
        (
            "Amplitude is lost in the scaling. Its PTB-XL columns aVR and aVL are swapped; its fully "
            "connected baseline is wired wrongly."
        ),
        {lead: r for lead, (r, _, _) in BECO_PTB_II.items()},
    ),
    Claim(
        "CaLiNet: U-Net on a linear map",
        "I+II+V2",
        "PTB-XL. Generic networks, and forms calibrated by two seconds of 12 leads of the same person.",
        "r .92 to .93 generic; .944 the person's linear map; .967 with the network on it",
        "The calibrated numbers belong beside a reference recording (Same person), not beside generic "
        "estimates. Under review; rebuilt from its description.",
    ),
    Claim(
        "MorphRec: a style for each lead",
        "I+II",
        "Generic. PTB-XL, all of it. .67–40 Hz, order 5, zero-phase; 250 Hz; first nine seconds.",
        "r V1 .888, V2 .847, V3 .825, V4 .883, V5 .932, V6 .944, mean .886; RMSE 106.8 µV",
        "Whether patients cross the split is not stated. Its code may not be reused; rebuilt from the idea.",
        {"V1": 0.888, "V2": 0.847, "V3": 0.825, "V4": 0.883, "V5": 0.932, "V6": 0.944},
    ),
)


def against(interval: Interval, printed: float = OLAIYA_MEAN) -> str:
    """Where an interval stands beside a printed value, in words."""
    if interval.low > printed:
        return "above, interval clear of it"
    if interval.high < printed:
        return "below, interval clear of it"
    return "not told apart from it"
