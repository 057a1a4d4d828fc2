"""What the autoencoder of twelve leads attends to: Grad-CAM maps of leads x time, shares and checks."""

from __future__ import annotations

from typing import Any

import streamlit as st

from ecgcore.ecg import UnusableEcg
from ecgcore.figures.significance import maps as figures
from ecgcore.studies.significance.curves import spread, stability
from models.hints import hint
from pages.shared import downloads, links, session, widgets
from pages.shared.reads import significance
from pages.views.significance import checks
from pages.views.significance.checks import chance, percent

GUIDE = (
    "Grad-CAM (Selvaraju et al. 2017): maps of the last convolution, weighted by the gradient of a score; "
    "bright where "
    "they count most. This network rebuilds the twelve leads it is given, so the map is of rebuilding, not "
    "of the "
    "reconstruction of leads that were not recorded."
)


def attention() -> None:
    """Grad-CAM of the convolutional autoencoder, leads x time."""
    from models.base import in_order
    from models.reconstruct import rebuilding
    from models.significance.attention import MODES

    autoencoder = rebuilding()
    if autoencoder is None:
        family = next(family for family in in_order() if family.rebuilds)
        raise UnusableEcg(
            f"The autoencoder has not been trained here; `{hint('training', model=family.name)}` does that."
        )
    with st.container(horizontal=True, vertical_alignment="bottom"):
        mode = links.one_of(st.segmented_control, "Reading of “small gradients”", "reading", list(MODES))
        colours = links.one_of(st.selectbox, "Colours", "colours", list(figures.COLOURS), width=120)
    explanation = significance.attention(autoencoder.name, mode)
    widgets.markdown(f"**Grad-CAM of {autoencoder.title}**", help=GUIDE)
    _in_words(explanation)
    wish = (
        checks.shuffled(explanation.randomisation),
        *checks.better_than_random(explanation.curves, "the rebuilding"),
        checks.agreement(
            explanation.agreement,
            "what the eight independent leads contribute to one another (linear estimator)",
        ),
        checks.steady(explanation.steadiness),
        checks.steady_windows(stability(explanation.per_window)),
    )
    checks.badges(wish)
    if wish[0].verdict == "does not hold":
        widgets.caption(
            "A model that learned nothing draws nearly the same map here: take it as a picture of the "
            "signal, not of what was learned."
        )
    leads = list(explanation.raw or session.segment().leads)
    figure = figures.map_figure(
        leads,
        explanation.signals,
        explanation.map,
        explanation.rate,
        colours=colours,
        footer="0.5 Hz high-pass, 125 Hz",
    )
    alt = "Twelve leads on ECG paper, below each its class activation map in colours."
    widgets.true_scale(figure, "sig_cam", alt=alt)
    widgets.caption(
        f"Explained: {MODES[mode]}. What is brightest beside a QRS complex may belong to it: the last maps "
        f"have steps of {1000 * explanation.step_s:.0f} ms.",
        help="Errors where each window spans −1 to 1. Matyschik et al. (2020) describe the maps in one "
        "sentence; the three readings are ours. The network rebuilds these leads with an RMS error of "
        f"{explanation.error:.3f}.",
    )
    if explanation.raw:
        _shares(explanation, colours)
    widgets.markdown("##### Can the map be trusted?")
    checks.table(wish)
    widgets.chart(
        figures.curves_figure(explanation.curves, "patches"),
        "sig_cam_curves",
        "What the estimate loses as the marked parts are taken away, by each map.",
    )


def _in_words(explanation: Any) -> None:
    if explanation.raw is None:
        widgets.markdown("##### The map is empty: in this reading nothing is left after the rectifier.")
        return
    first = sorted(explanation.raw, key=lambda lead: -explanation.raw[lead])[:3]
    named = ", ".join(f"{lead} ({percent(explanation.raw[lead])})" for lead in first)
    widgets.markdown(f"##### Rebuilding these twelve leads, the autoencoder attends most to {named}.")
    sentences = [
        (
            "This is self-reconstruction, not contribution to leads that were not recorded: tall leads count "
            "more."
        )
    ]
    if explanation.null:
        above = [lead for lead, p in explanation.null.p.items() if p < 0.05]
        sentences.append(
            f"More than the size of its maps gives by chance: {', '.join(above) if above else 'no lead'}."
        )
    if explanation.by_wave:
        waves = sorted(explanation.by_wave, key=lambda wave: -explanation.by_wave[wave])
        levels = ", ".join(f"{wave} {explanation.by_wave[wave]:.1f}" for wave in waves)
        sentences.append(f"In time the map is highest in {waves[0]} (times its mean: {levels}).")
    widgets.markdown(" ".join(sentences))


def _shares(explanation: Any, colours: str) -> None:
    """Body, bars and table."""
    left, right = st.columns(2, gap="medium")
    figure = figures.body_figure(explanation.raw, "Share of attention, raw", colours)
    with left:
        alt = "Body outline with each lead's share of attention."
        widgets.chart(figure, "sig_cam_body", alt, bar=False)
    series = {
        "raw": explanation.raw,
        "variance-normalised": explanation.normalised,
        "by chance": explanation.null and explanation.null.mean,
    }
    figure = figures.bars_figure(
        {label: share for label, share in series.items() if share}, spread(explanation.per_window)
    )
    with right:
        widgets.chart(figure, "sig_cam_bars", "Shares as bars; the table has the numbers.", bar=False)
    right.caption(f"Whiskers: standard deviation over {len(explanation.per_window)} windows.")
    leads = list(explanation.raw)
    rows = {"raw": [percent(explanation.raw[lead], 1) for lead in leads]}
    if explanation.normalised:
        rows["variance-normalised"] = [percent(explanation.normalised[lead], 1) for lead in leads]
    if explanation.null:
        rows["by chance"] = [percent(explanation.null.mean[lead], 1) for lead in leads]
        rows["p, more than chance"] = [chance(explanation.null.p[lead]) for lead in leads]
    head = f"| Share | {' | '.join(leads)} |\n|:--|{'--:|' * len(leads)}\n"
    downloads.table(
        head + "\n".join(f"| {label} | {' | '.join(cells)} |" for label, cells in rows.items()), "shares"
    )
    widgets.caption(
        "By chance: what a lead gets in any case because its maps are large.",
        help="Variance-normalised: divided by the lead's variance, so that tall leads have no advantage. By "
        "chance: the channels' weights are dealt out to the channels at random (200 draws).",
    )
