"""QRS height on the Results page: what the low working rate of the network costs."""

from __future__ import annotations

import streamlit as st

from ecgcore.ecg import UnusableEcg
from ecgcore.evaluation.tables import made_with_other_weights
from ecgcore.studies import qrs_height as peaks
from models.hints import hint
from pages.shared import links, widgets
from pages.shared.reads import qrs_height as qrs_heights
from pages.shared.reads import scores
from pages.shared.widgets import grid
from pages.views.results.condition import USUAL_INPUTS


def show() -> None:
    """Errors of the QRS height against the truth at 500 Hz, of every model that has such a table."""
    tables = qrs_heights.tables()
    if not tables:
        raise UnusableEcg(
            f"Nothing has been scored at 500 Hz here yet; this does it: `{hint('QRS heights')}`"
        )
    sets = list(dict.fromkeys(inputs for table in tables.values() for inputs in table["inputs"].unique()))
    usual = USUAL_INPUTS if USUAL_INPUTS in sets else ""
    inputs = links.one_of(st.selectbox, "Input leads", "inputs", sets, usual, width=180)
    titles, on_disk = scores.titles(), scores.weights()
    old = [name for name, table in tables.items() if set(table["weights"]) != {on_disk[name]}]
    rows = {(row.model, row.way): row for table in tables.values() for row in peaks.summary(table, inputs)}
    lines = [
        [
            f"**{titles.get(row.model, 'True leads')}**",
            peaks.WAYS[row.way],
            _text(row.mae),
            _text(row.bias),
            _text(row.extra),
        ]
        for row in sorted(
            rows.values(),
            key=lambda row: (row.model == "", list(titles).index(row.model) if row.model else 0),
        )
    ]
    widgets.markdown(
        "**What the network's 100 Hz cost the height of QRS**",
        help="The network corrects at 100 Hz and below 50 Hz; its correction is added to the linear estimate "
        "at the recording's own rate, so that peaks are not clipped by the low rate. An error scored at "
        "100 Hz "
        "looks smaller because the true peaks are clipped too.",
    )
    grid(
        [
            "Model",
            "recording, and truth it is held against",
            "error, µV",
            "bias, µV",
            "more than at 500 Hz, µV",
        ],
        lines,
    )
    n = max((row.mae for row in rows.values()), key=lambda interval: interval.n_records)
    widgets.caption(
        f"PTB-XL, test part, stored at 500 Hz · 0.5 Hz high-pass · from {inputs} · n = {n.n_records:,} "
        f"records of {n.n_patients:,} patients · [95 % interval by patient]",
        help="Height of QRS: peak to peak within ±60 ms of each R, on the independent estimated leads; "
        "mean over "
        "beats, leads and records. True leads: what 100 Hz alone takes from them.",
    )
    if old:
        st.warning(
            made_with_other_weights(titles[name] for name in old),
            icon=":material/history:",
        )


def _text(interval: peaks.Interval | None) -> str:
    return (
        "–"
        if interval is None
        else f"{interval.value:.0f} [{interval.low:.0f}, {interval.high:.0f}]".replace("-", "−")
    )
