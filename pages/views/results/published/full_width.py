"""Published networks at their papers' full width beside ours, also by superclass and at other hospitals."""

from __future__ import annotations

import streamlit as st

from ecgcore.ecg import UnusableEcg
from ecgcore.figures.published import peers_figure
from ecgcore.studies.published.peers import AHEAD, Beside, Cost, standings
from models.hints import hint
from pages.shared import links, widgets
from pages.shared.reads import published
from pages.shared.widgets import grid


def show(scored: published.Scored) -> None:
    """One network and where ours is ahead of it; what each took."""
    rows, costs = published.peers()
    if not rows:
        raise UnusableEcg(f"No network at full width was scored here; this does: `{hint('peers')}`")
    counts = {standing: len(several) for standing, several in standings(rows).items()}
    widgets.markdown(
        f"**{len({row.model for row in rows})} networks at their papers’ full width, {len(rows)} comparisons "
        f"of r:** {' · '.join(f'{standing} in {n}' for standing, n in counts.items())}",
        help="The test fold, each of its superclasses with ten recordings or more, and whole databases that "
        "neither was trained on: ours stands there by a training that left the database out. Ahead: the 95 % "
        "interval of the difference leaves zero out.",
    )
    names = list(dict.fromkeys(row.model for row in rows))
    titles = published.titles()
    name = links.one_of(
        st.selectbox,
        "Published network",
        "network",
        names,
        format_func=lambda name: titles.get(name, name),
        width=460,
    )
    of_network = [row for row in rows if row.model == name]
    widgets.chart(
        peers_figure(of_network),
        "full_width",
        f"Ours minus {titles.get(name, name)}, r and RMSE, by place: ahead in "
        f"{sum(row.standing == AHEAD for row in of_network)} of {len(of_network)}",
        bar=False,
        narrowest=640,
    )
    widgets.caption(
        f"From {of_network[0].inputs}, mean over {of_network[0].leads.replace('+', ', ')} · 0.5 Hz "
        "high-pass, 100 Hz · lines: 95 % interval by patient, paired by recording"
    )
    with st.expander("In numbers"):
        _numbers(of_network)
    _costs(costs, titles)


def _numbers(rows: list[Beside]) -> None:
    grid(
        [
            "",
            "n",
            "r, ours",
            "r, theirs",
            "r gained [95 %]",
            "RMSE, ours",
            "RMSE, theirs",
            "RMSE gained, µV [95 %]",
        ],
        [
            [
                f"**{row.place}**",
                f"{row.difference['r'].n_records:,}",
                f"{row.ours['r'].value:.3f}",
                f"{row.peer['r'].value:.3f}",
                _signed(row, "r", ".3f"),
                f"{row.ours['rmse_uv'].value:.0f}",
                f"{row.peer['rmse_uv'].value:.0f}",
                _signed(row, "rmse_uv", ".1f"),
            ]
            for row in rows
        ],
    )


def _signed(row: Beside, metric: str, digits: str) -> str:
    value = row.difference[metric]
    text = f"{value.value:+{digits}} [{value.low:+{digits}}, {value.high:+{digits}}]"
    return text.replace("-", "−")


def _costs(costs: dict[str, Cost], titles: dict[str, str]) -> None:
    widgets.markdown("**What each took, and what a window costs**")
    grid(
        ["Network", "Parameters", "Epochs (best)", "Hours of training", "ms a window, one core", "Window"],
        [
            [
                f"**{titles.get(name, name)}**",
                f"{cost.parameters:,}",
                f"{cost.epochs} ({cost.best_epoch})",
                f"{cost.hours:.2f}",
                f"{cost.ms:.0f}",
                f"{cost.window_s:.1f} s",
            ]
            for name, cost in costs.items()
        ],
    )
    widgets.caption(
        "Hours of the machine that stands on each card under Trained models, beside other trainings; "
        "learning curves stand there too. Weights above 10 MB do not come with the product."
    )
