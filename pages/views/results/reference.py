"""What one 12-lead of the same person adds, over whole databases: generic and personal side by side."""

from __future__ import annotations

import streamlit as st

from ecgcore.ecg import UnusableEcg
from ecgcore.evaluation.metrics import METRICS
from ecgcore.evaluation.tables import made_with_other_weights
from ecgcore.studies.visits import BEATS
from models.hints import hint
from pages.shared import links, widgets
from pages.shared.reads import reference, scores
from pages.shared.widgets import grid, number, percent
from pages.views.results.condition import SPLITS, short_title

USES = {
    "session": "Same session",
    "visit": "Another visit",
    "page": "Printed page",
}
EXPLAINED = {
    "session": "The first seconds of each recording, with all leads, are the reference; the rest is scored.",
    "visit": (
        "Another recording of the same patient is the reference, in either order of time. Scored is the "
        "network before it learned from larger ones, which had seen these patients."
    ),
    "page": "A 3×4 page: each lead printed for 2.5 s, lead II throughout. Scored is what was not printed.",
}


def show() -> None:
    """A table for each use and database."""
    everything = reference.gains()
    if not everything:
        raise UnusableEcg(
            f"No reference recordings were scored here yet; `{hint('reference recordings')}` does it."
        )
    titles, on_disk = scores.titles(), dict(scores.weights_in_tables())
    model = links.one_of(
        st.selectbox,
        "Model",
        "of",
        list(everything),
        format_func=lambda name: titles.get(name, name),
        width=300,
    )
    weights, gains = everything[model]
    if not weights <= on_disk.get(model, frozenset()):
        st.warning(made_with_other_weights([titles.get(model, model)], hint("reference recordings")))
    for use, title in USES.items():
        rows = [gain for gain in gains if gain.condition[0] == use]
        if rows:
            widgets.markdown(f"**{title}** :small[:gray[{EXPLAINED[use]}]]")
            first = [gain for gain in rows if gain.condition[1] == rows[0].condition[1]]
            grid(_head(use), [_line(gain, use) for gain in first])
            if others := [gain for gain in rows if gain not in first]:
                with st.expander(f"{title}: {len({gain.condition[1] for gain in others})} other databases"):
                    grid(_head(use), [_line(gain, use) for gain in others], name=f"{use}-elsewhere")
            if use == "visit":
                _bound()
    _visits(reference.of_visits().get(model, []))
    widgets.caption(
        "Generic → personal; n: recordings of patients. 0.5 Hz high-pass on inputs, reference and truth.",
        help="Mean over the learned leads of a recording, then over recordings; [95 % interval by patient]. "
        "Inside: share of samples in the 90 % prediction interval of the personal estimate. Used: recordings "
        "whose reference could be trusted. Change shown: part of what changed since the reference that the "
        "estimate shows.",
    )


def _bound() -> None:
    """How far another visit can take an estimate at all."""
    if not (shared := reference.shared_by_visits()):
        return
    r, (other, own) = METRICS["r"], (shared[beats][0] for beats in BEATS)
    widgets.caption(
        f"The limit: the other visit's median beats, put at today's beats, reach r {r.interval(other)} with "
        f"today's leads; today's own median beats {r.interval(own)} (n = {other.n_records} pairs, "
        "all eight leads).",
        help=f"Electrodes were placed anew and hearts changed. `{hint('visits')}`",
    )


def _visits(groups: list) -> None:
    """Visits by the days between them, by whether the diagnosis changed and by whether the reference was
    used."""
    if not groups:
        return
    widgets.markdown(
        "**ST level and ST criterion at another visit** :small[:gray[J + 60 ms, at the truth's J point]]"
    )
    for group in OF_ST:
        widgets.markdown(f"*{group.capitalize()}*")
        grid(_ST_HEAD, [_st_line(gain, name) for of, gain in groups if of == group for name in gain.st])
    with st.expander("Visits by the time between them, change of diagnosis and use of the reference"):
        grid(
            ["Visits", *_head("visit")],
            [[group, *_line(gain, "visit")] for group, gain in groups],
        )


OF_ST = ("superclass unchanged", "superclass changed")
_ST_HEAD = [
    "Input leads",
    "patients",
    "estimate",
    "error, µV",
    "change shown",
    "criterion met in both",
    "missed",
    "added",
]


def _st_line(gain, estimate: str) -> list[str]:
    levels = gain.st[estimate]
    changed = "no change" if levels.change is None else f"{levels.change}"
    met, missed, added, _ = levels.criterion
    error = levels.error_uv
    return [
        f"**{gain.condition[3]}**",
        f"{error.n_patients:,}",
        estimate,
        METRICS["rmse_uv"].interval(error),
        changed,
        *map(str, (met, missed, added)),
    ]


def _head(use: str) -> list[str]:
    last = "change shown" if use == "visit" else "used, %"
    return ["Input leads", "recordings", "n", "r", "gain in r", "RMSE, µV", "inside, %", last]


def _line(gain, use: str) -> list[str]:
    _, database, split, inputs, seconds = gain.condition
    values, r, rmse = gain.values, METRICS["r"], METRICS["rmse_uv"]
    change = " → ".join(
        number(gain.change[name].value, 2) for name in ("generic", "personal") if name in gain.change
    )
    place = " ".join(part for part in (short_title(database), SPLITS.get(split, "")) if part)
    return [
        f"**{inputs}**",
        place + (f", first {seconds} s" if seconds else ""),
        f"{gain.used.n_records:,} of {gain.used.n_patients:,}",
        _both(r, values, "r"),
        r.interval(gain.gain["r"]),
        _both(rmse, values, "rmse_uv"),
        percent(values["personal", "coverage"].value, 0),
        change if use == "visit" else percent(gain.used.value, 0),
    ]


def _both(metric, values, name: str) -> str:
    """Of the generic and of the personal estimate."""
    generic, personal = (metric.text(values[kind, name].value) for kind in ("generic", "personal"))
    return f"{generic}\u00a0→\u00a0**{personal}**"
