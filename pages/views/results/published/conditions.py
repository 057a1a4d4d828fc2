"""The conditions under which published systems are scored: as they can be chosen, and as they stand beneath
tables."""

from __future__ import annotations

from ecgcore.studies.published.benchmark import FOLD, MONITOR, PTB, RAW

PLACES = {
    "PTB-XL test fold": FOLD,
    "PTB-XL test fold, as recorded": RAW,
    "PTB-XL test fold, 0.67–40 Hz, 9 s": MONITOR,
    "PTB recordings": PTB,
}
VERSIONS = (
    "Full width: as large as in its paper. Reduced version: narrower, at a lower rate or trained for fewer "
    "steps; its card under Trained models says how. Judge a paper by the full width where there is one."
)
IN_WORDS = {
    FOLD: "PTB-XL test fold · 0.5 Hz high-pass on input and truth · 100 Hz",
    RAW: "PTB-XL test fold · as recorded · 100 Hz",
    MONITOR: "PTB-XL test fold · 0.67–40 Hz on input and truth, first nine seconds · 100 Hz",
    PTB: "PTB recordings · 0.5 Hz high-pass on input and truth · 100 Hz",
}
