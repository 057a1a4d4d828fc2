"""What the person adds to the lead: estimates with and without a reference recording, lead by lead."""

from __future__ import annotations

import streamlit as st

from ecgcore.ecg import UnusableEcg
from ecgcore.evaluation.metrics import METRICS
from ecgcore.evaluation.tables import made_with_other_weights
from ecgcore.figures.lead_information.person import describe_person, person_figure
from models.hints import hint
from pages.shared import links, widgets
from pages.shared.reads import reference, scores
from pages.views.lead_information.lead_sets import chart, table_model

USES = {
    "session": "The first seconds of the recording",
    "visit": "An earlier or later visit",
}


def person() -> None:
    """The figure and the table for one use and one set of input leads."""
    everything = reference.by_lead()
    name = table_model()
    if name not in everything:
        raise UnusableEcg(
            "No reference recordings were scored with this model yet; "
            f"`{hint('reference recordings', model=name)}` does it."
        )
    weights, gains = everything[name]
    if not weights <= dict(scores.weights_in_tables()).get(name, frozenset()):
        st.warning(
            made_with_other_weights(
                [scores.titles().get(name, name)], hint("reference recordings", model=name)
            )
        )
    places: dict[str, tuple[str, ...]] = {}
    for gain in gains:
        use, database, split, _, seconds = gain.condition
        place = f"{use}/{database}/{seconds}"
        places.setdefault(place, (use, database, split, seconds))
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small"):
        place = links.one_of(
            st.selectbox, "Reference recording", "reference_use", list(places),
            format_func=lambda key: _title(*places[key]), width=420,
        )  # fmt: skip
        here = [
            gain for gain in gains if f"{gain.condition[0]}/{gain.condition[1]}/{gain.condition[4]}" == place
        ]
        sets = list(dict.fromkeys(gain.condition[3] for gain in here))
        inputs = links.one_of(
            st.segmented_control, "Input leads", "reference_inputs", sets,
            format_func=lambda text: text.replace("+", " + "),
        )  # fmt: skip
    rows = [gain for gain in here if gain.condition[3] == inputs]
    with st.container(horizontal=True, gap="medium"):
        with st.container(width=520):
            chart(person_figure(rows), "person_figure", describe_person(rows))
        with st.container(width=560):
            _table(rows)
    widgets.caption(
        f"n = {rows[0].gain.n_records} recordings of {rows[0].gain.n_patients} patients; 0.5 Hz high-pass on "
        "inputs, reference and truth, 100 Hz; mean over recordings; [95 % interval by patient].",
        help="Where the reference cannot be trusted the personal estimate is the generic one, and counts "
        "as such.",
    )


def _title(use: str, database: str, split: str, seconds: str) -> str:
    place = f"{database} {split}".strip()
    return f"{USES[use]}{f' ({seconds} s)' if seconds else ''}: {place}"


def _table(rows) -> None:
    r, rmse = METRICS["r"], METRICS["rmse_uv"]
    widgets.grid(
        ("Lead", "r generic", "r personal", "gain in r", "RMSE µV generic", "RMSE µV personal"),
        [
            (
                f"**{row.lead}**",
                r.text(row.values["generic", "r"]),
                f"**{r.text(row.values['personal', 'r'])}**",
                r.interval(row.gain),
                rmse.text(row.values["generic", "rmse_uv"]),
                rmse.text(row.values["personal", "rmse_uv"]),
            )
            for row in rows
        ],
    )
