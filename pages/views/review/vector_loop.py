"""The vector loops of both traces, and what they measure."""

from __future__ import annotations

from typing import Any

import streamlit as st

from ecgcore.ecg import Ecg, Reconstruction
from ecgcore.figures.paper.vector_loop import loops_figure
from pages.shared import widgets
from pages.shared.reads import measurements
from pages.shared.widgets import number

HELP = (
    "Median beat, X, Y and Z by Kors's regression matrix (Eur Heart J 1990) from I, II, V1 to V6. "
    "The angle is that between the mean QRS and the mean T vector in space."
)


def show(truth: Ecg, reconstruction: Reconstruction | None) -> None:
    """Recorded and reconstructed on one scale in three planes."""
    from ecgcore.measurements.vector_loop import vector_loop

    recorded = vector_loop(measurements.measured(truth))
    other = None if reconstruction is None else vector_loop(measurements.measured(reconstruction.ecg))
    if recorded is None and other is None:
        st.info("No vector loop: it needs all eight independent leads and the ends of QRS and T.")
        return
    widgets.chart(
        loops_figure(recorded, other),
        "vector_loop",
        "Vector loops of the median beat in the frontal, transverse and sagittal plane: recorded black, "
        "reconstructed blue and dotted.",
        bar=False,
        narrowest=840,
        width="content",
    )
    lines = [
        (title, *_numbers(loop)) for title, loop in (("recorded", recorded), ("reconstructed", other)) if loop
    ]
    widgets.grid(("Vector loop", "longest QRS vector, mV", "QRS-T angle, °"), lines)
    st.caption("Thick: QRS, thin: T, of the median beat. A square is 0.5 mV. Kors's transform.", help=HELP)


def _numbers(loop: Any) -> tuple[str, str]:
    return number(loop.longest_mv, 2), number(loop.qrs_t_deg, 0)
