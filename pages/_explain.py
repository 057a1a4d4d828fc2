"""The three views of the Significance page: worth of the inputs, attention of the autoencoder, shares over many recordings."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import streamlit as st

from ecgcore import explanation as ex
from ecgcore import significance as sig
from ecgcore.ecg import UnusableEcg
from ecgcore.figures import significance as figures
from pages import _parts, _state

ALL, OWN = "All", "Own window"
KINDS = {"gradient": "Gradient × input", "occlusion": "Occlusion"}
BELOW = 0.2
"""Rank correlation with shuffled models below which a map depends on what was learned."""


# -- what each input lead is worth -----------------------------------------------------------------------------------


def worth() -> None:
    """Map, Shapley values and checks for one target and window."""
    from models.significance.worth import SCALAR, check

    inputs = _state.choices().inputs
    missing = list(inputs.missing)
    with st.container(horizontal=True, vertical_alignment="bottom"):
        target = st.selectbox("Lead explained", missing, key=_kept("sig_target", missing), width=130) if missing else ""
        wave = st.segmented_control("Part of the beat", [ALL, *ex.WAVES, OWN], default=ALL, key="sig_wave") or ALL
        kind = st.selectbox("Map", list(KINDS), format_func=KINDS.__getitem__, key="sig_kind", width=180)
        colours = st.selectbox("Colours", list(figures.COLOURS), key="sig_colours", width=120)
    check(inputs, target or "V1")
    name, instead = _state.explainer()
    if instead:
        st.info(instead, icon=":material/info:")
    r_seconds, marks = _state.beats_on_view()
    spans = _spans(wave, marks)
    ex.require_beat(r_seconds, spans or [(0.0, _state.segment().duration)])
    where = _where(wave, spans)
    found = _state.explanation(target, spans)
    st.markdown(f"##### {ex.in_words(found.worth, where)}")
    if found.agreement is not None and found.map_shares:
        first = max(found.map_shares, key=found.map_shares.__getitem__)
        st.markdown(
            f"The map's hypothesis: mostly {first} ({_percent(found.map_shares[first])}); its ranks agree with the measurement by "
            f"Spearman {_number(found.agreement)}."
        )
    if found.truth is None:
        st.caption(
            f"{target} was not recorded, so the worth is the variance the leads remove by the closed form, the same for every window."
        )
    scalar = SCALAR.format(target=target, where=where)
    _worth_map(found, target, kind, colours, scalar)
    if parts := found.worth.shares:
        left, right = st.columns(2, gap="medium")
        figure = figures.body_figure(parts, f"Worth for {target} (Shapley)", colours)
        left.plotly_chart(figure, theme=None, config=_parts.PLOTLY, key="sig_body")
        series = {"Shapley (measured)": parts, "variance-normalised": found.worth.normalised, "map (hypothesis)": found.map_shares}
        figure = figures.bars_figure({label: one for label, one in series.items() if one}, found.spread or None)
        right.plotly_chart(figure, theme=None, config=_parts.PLOTLY, key="sig_bars")
        if found.per_beat:
            right.caption(f"Whiskers: standard deviation over {len(found.per_beat)} whole beats.")
    _worth_table(found)
    _worth_checks(found, target, spans)


def _kept(key: str, options: list[str]) -> str:
    """The key of a selectbox, its value dropped when it is no longer among the options."""
    if st.session_state.get(key) not in options:
        st.session_state.pop(key, None)
    return key


def _spans(wave: str, marks: Mapping[str, list[float | None]]) -> ex.Spans | None:
    if wave == ALL:
        return None
    if wave != OWN:
        return ex.wave_spans(marks, wave)
    last = round(_state.segment().duration, 2)
    drawn = (st.session_state.get("sig_map") or {}).get("selection", {}).get("box", [])
    if drawn and drawn != st.session_state.get("sig_drawn"):
        st.session_state.sig_drawn = drawn
        ends = sorted(float(value) for value in drawn[0]["x"])
        st.session_state.sig_from, st.session_state.sig_to = (min(max(0.0, round(end, 2)), last) for end in ends)
    st.session_state.setdefault("sig_from", 0.0)
    st.session_state.setdefault("sig_to", min(1.0, last))
    with st.container(horizontal=True, vertical_alignment="bottom"):
        start = st.number_input("From, s", 0.0, last, step=0.05, key="sig_from", width=130)
        stop = st.number_input("to, s", 0.0, last, step=0.05, key="sig_to", width=130)
        st.caption("Or drag over the map.")
    if stop - start < 0.02:
        raise UnusableEcg(f"The window from {start:g} to {stop:g} s is empty; it must end at least 0.02 s after it starts.")
    return [(start, stop)]


def _where(wave: str, spans: ex.Spans | None) -> str:
    if spans is None:
        return "these ten seconds" if _state.segment().duration > 9 else "this recording"
    if wave == OWN:
        return f"the window from {spans[0][0]:.2f} to {spans[0][1]:.2f} s"
    return {"QRS": "the QRS complexes", "ST": "the ST segments"}.get(wave, f"the {wave} waves") + f" of {len(spans)} beats"


def _worth_map(found: Any, target: str, kind: str, colours: str, scalar: str) -> None:
    is_gradient = kind == "gradient" or found.occlusion_map is None
    amounts = found.gradient_map if is_gradient else found.occlusion_map
    figure = figures.map_figure(
        found.worth.leads,
        found.seen,
        amounts,
        found.rate,
        target=(target, found.truth, found.estimate),
        window=found.window,
        colours=colours,
        footer="0.5 Hz high-pass, 100 Hz",
    )
    alt = f"ECG paper of {target} and its inputs {' '.join(found.worth.leads)}, below each input the {KINDS[kind].lower()} map in colours."
    st.plotly_chart(
        figure, theme=None, width="content", config=_parts.PLOTLY, key="sig_map", on_select="rerun", selection_mode="box", alt=alt
    )
    if is_gradient:
        st.caption(
            f"Explained: {scalar}. Map: its gradient times the input; what adds to the estimate's power. Negative parts count in "
            "the shares and are drawn as zero."
        )
        if kind != "gradient":
            st.caption("Occlusion needs the true lead, which was not recorded; the gradient map is shown.")
    else:
        st.caption(
            f"Map: by how much the squared error of {target} grows at each moment when the lead is taken away by the mask the "
            "model was trained with."
        )


def _worth_table(found: Any) -> None:
    it, null, drawn = found.worth, found.null, found.map_shares or {}
    parts, normal = it.shares or {}, it.normalised or {}
    titles = "Shapley µV²", "share", "variance-normalised", "by chance, µV²", "p", "lost without it, µV²", "alone, µV²", "map's share"
    head = f"| Lead | {' | '.join(titles)} |\n|:--|{'--:|' * len(titles)}\n"
    lines = []
    for lead in it.leads:
        chance = (_number(null.mean[lead], 0), _p(null.p[lead])) if null else ("–", "–")
        cells = (_number(it.shapley[lead], 0), _percent(parts.get(lead)), _percent(normal.get(lead)), *chance)
        cells += (_number(it.occlusion[lead], 0), _number(it.alone[lead], 0), _percent(drawn.get(lead)))
        lines.append(f"| **{lead}** | {' | '.join(cells)} |")
    lines.append(
        f"| **sum** | **{_number(sum(it.shapley.values()), 0)}** | {_percent(sum(parts.values())) if parts else '–'} | | | | | | |"
    )
    st.markdown(head + "\n".join(lines))
    said = (
        "mean squared error saved against knowing no lead"
        if it.measured_by == "error"
        else "variance removed by the closed form, for an average recording of this power"
    )
    off = abs(sum(it.shapley.values()) - it.total)
    st.caption(
        f"Value of a set of leads: {said}. Shapley values are exact, from all {2 ** len(it.leads)} subsets; they miss their "
        f"total by {off:.1e} µV². "
        "Variance-normalised: per power of the lead itself, so that tall leads have no advantage. By chance: mean when the "
        "target is moved in time by random amounts (200 draws), with the one-sided p."
    )


def _worth_checks(found: Any, target: str, spans: ex.Spans | None) -> None:
    st.markdown("##### Is the map to be believed?")
    checks = _state.checks(target, spans, found)
    rows = (
        _verdict(
            "Shuffled model",
            checks.randomisation,
            lambda v: v < BELOW,
            f"rank correlation with maps of models with shuffled weights; a map that shows what was learned stays below {BELOW}",
        ),
        _verdict(
            "Deletion against random",
            checks.curves.gain_deletion,
            lambda v: v > 0,
            "area between the curves; above 0 the map's patches matter more than chance",
        ),
        _verdict("Insertion against random", checks.curves.gain_insertion, lambda v: v > 0, "the same when patches are added"),
        _verdict(
            "Agreement with Shapley",
            found.agreement,
            lambda v: v >= 0.5,
            "Spearman of the map's lead shares with the Shapley values; needs three leads",
        ),
        _verdict(
            "Stability over beats",
            found.stability,
            lambda v: v >= 0.5,
            "mean Spearman of the Shapley shares of two beats; needs three leads",
        ),
    )
    _verdicts(rows)
    left, right = st.columns(2)
    left.markdown("**Patches of 0.1 s of one lead**")
    left.plotly_chart(figures.curves_figure(checks.curves, "patches"), theme=None, config=_parts.PLOTLY, key="sig_patches")
    left.caption("A patch is set to zero, which is not how the model was trained to do without a lead: read with care.")
    right.markdown("**Whole leads, in the map's order**")
    right.plotly_chart(figures.curves_figure(found.curves, "leads"), theme=None, config=_parts.PLOTLY, key="sig_leads")
    right.caption("A lead is taken away by the mask the model was trained with. Random: the exact mean over all orders.")


def _verdict(name: str, value: float | None, good: Any, meaning: str) -> str:
    if value is None or math.isnan(value):
        return f"| {name} | – | not measurable | {meaning} |"
    badge = ":green-badge[:material/check: holds]" if good(value) else ":orange-badge[:material/warning: does not hold]"
    return f"| {name} | {_number(value)} | {badge} | {meaning} |"


def _verdicts(rows: tuple[str, ...]) -> None:
    st.markdown("| Check | value | | what it means |\n|:--|--:|:--|:--|\n" + "\n".join(rows))


# -- what the autoencoder attends to ---------------------------------------------------------------------------------


def attention() -> None:
    """Grad-CAM of the convolutional autoencoder, leads x time."""
    from models.reconstruct import available
    from models.significance.attention import MODES
    from models.significance.cohort import AUTOENCODER

    if AUTOENCODER not in [info.name for info in available()]:
        raise UnusableEcg(
            f"The autoencoder has not been trained here; `python -m models.train {AUTOENCODER} --data ROOT --install` does it."
        )
    with st.container(horizontal=True, vertical_alignment="bottom"):
        mode = (
            st.segmented_control("Reading of “small gradients”", list(MODES), default="counterfactual", key="sig_mode") or "counterfactual"
        )
        colours = st.selectbox("Colours", list(figures.COLOURS), key="sig_colours", width=120)
    found = _state.attention(AUTOENCODER, mode)
    leads = _state.segment().leads if found.raw is None else list(found.raw)
    if found.raw is None:
        st.markdown("##### The map is empty: in this mode nothing is left after the rectifier.")
    else:
        first = sorted(found.raw, key=lambda lead: -found.raw[lead])[:3]
        st.markdown(
            "##### Rebuilding these twelve leads, the autoencoder attends most to "
            f"{', '.join(f'{lead} ({_percent(found.raw[lead])})' for lead in first)}."
        )
    st.caption(
        f"Self-reconstruction, not worth for missing leads: the network rebuilds its own inputs (RMS error {found.error:.3f} "
        "where each window spans −1 to 1), so large leads count. "
        f"{mode.capitalize()}: {MODES[mode]}. Matyschik et al. describe the maps in one sentence; the three modes are its readings."
    )
    figure = figures.map_figure(leads, found.signals, found.map, found.rate, colours=colours, unit="CAM", footer="0.5 Hz high-pass")
    alt = "Twelve leads on ECG paper, below each its class activation map in colours."
    st.plotly_chart(figure, theme=None, width="content", config=_parts.PLOTLY, key="sig_cam", alt=alt)
    if found.raw:
        left, right = st.columns(2, gap="medium")
        figure = figures.body_figure(found.raw, "Share of attention, raw", colours)
        left.plotly_chart(figure, theme=None, config=_parts.PLOTLY, key="sig_cam_body")
        figure = figures.bars_figure({"raw": found.raw, "variance-normalised": found.normalised or {}}, ex.spread(found.per_window))
        right.plotly_chart(figure, theme=None, config=_parts.PLOTLY, key="sig_cam_bars")
        right.caption(f"Whiskers: standard deviation over {len(found.per_window)} windows. Normalised: divided by the lead's variance.")
    st.markdown("##### Is the map to be believed?")
    _verdicts(
        (
            _verdict(
                "Shuffled model",
                found.randomisation,
                lambda v: v < BELOW,
                f"rank correlation with maps of models with shuffled weights; below {BELOW} where the map shows what was learned",
            ),
            _verdict(
                "Deletion against random",
                found.curves.gain_deletion,
                lambda v: v > 0,
                "area between the curves: rebuilding suffers more than by chance",
            ),
            _verdict("Insertion against random", found.curves.gain_insertion, lambda v: v > 0, "the same when patches are added"),
            _verdict(
                "Agreement with Shapley",
                found.agreement,
                lambda v: v >= 0.5,
                "Spearman with what the eight independent leads are worth for one another (linear estimator)",
            ),
            _verdict(
                "Stability over windows",
                ex.stability(found.per_window),
                lambda v: v >= 0.5,
                "mean Spearman of the lead shares of two windows",
            ),
        )
    )
    st.plotly_chart(figures.curves_figure(found.curves, "patches"), theme=None, config=_parts.PLOTLY, key="sig_cam_curves")


# -- over many recordings --------------------------------------------------------------------------------------------


def groups() -> None:
    """Shares by diagnosis with intervals, both questions."""
    table = _state.group_table()
    if table is None:
        raise UnusableEcg("Nothing has been computed over many recordings yet; `python -m models.significance --data ROOT` does it.")
    with st.container(horizontal=True, vertical_alignment="bottom"):
        asked = st.selectbox(
            "Question", list(table["question"].unique()), format_func=sig.QUESTIONS.__getitem__, key="sig_group_question", width=330
        )
        part = table[table["question"] == asked]
        modes = list(part["mode"].unique())
        if len(modes) > 1:
            mode = st.selectbox("Mode", modes, key=_kept("sig_group_mode", modes), width=180)
            part = part[part["mode"] == mode]
        measure = (
            st.segmented_control("Shares", list(sig.MEASURES), format_func=sig.MEASURES.__getitem__, default="raw", key="sig_measure")
            or "raw"
        )
    st.markdown(f"##### {sig.in_words(part)}")
    shown = part[part["measure"] == measure]
    there = list(shown["group"].unique())
    usual = [group for group in ("NORM", "MI", "STTC", "CD", "HYP") if group in there]
    chosen = st.multiselect("Groups", there, default=usual or there[:4], key="sig_groups", max_selections=8) or there[:1]
    st.plotly_chart(figures.groups_figure(shown, chosen), theme=None, config=_parts.PLOTLY, key="sig_groups_chart")
    first = shown[shown["group"] == chosen[0]].iloc[0]
    st.caption(
        "Mean share per lead with 95 % intervals from a bootstrap over patients. PTB-XL folds 9 and 10; no model was trained "
        f"on them. Model {first['model']}, weights `{first['weights']}`. "
        "Grey: 95 % range of a lead's mean share if no lead were special (each recording's shares dealt out at random). A "
        "recording can be in several groups."
    )
    left, right = st.columns([2, 3], gap="medium")
    with left:
        one = shown[shown["group"] == chosen[0]]
        parts = dict(zip(one["lead"], one["share"], strict=True))
        title = (
            f"{chosen[0]}: {sig.MEASURES[measure]} (after Matyschik, Figure 1)"
            if asked == "attention"
            else f"{chosen[0]}: {sig.MEASURES[measure]}"
        )
        st.plotly_chart(figures.body_figure(parts, title), theme=None, config=_parts.PLOTLY, key="sig_group_body")
    with right:
        st.markdown(_group_rows(shown, chosen))
        st.caption(
            "p: the group's shares differ from all other recordings' as much by chance (1,000 permutations by patient), times "
            "the number of groups (Bonferroni)."
        )


def _group_rows(table: Any, chosen: list[str]) -> str:
    leads = list(table[table["group"] == chosen[0]]["lead"])
    lines = [f"| % | {' | '.join(leads)} | n | p |", "|:--|" + "--:|" * (len(leads) + 2)]
    for group in chosen:
        part = table[table["group"] == group].set_index("lead")
        cells = [
            f"{100 * part.loc[lead, 'share']:.1f} [{100 * part.loc[lead, 'low']:.1f}, {100 * part.loc[lead, 'high']:.1f}]" for lead in leads
        ]
        lines.append(f"| **{group}** | {' | '.join(cells)} | {int(part['records'].iloc[0])} | {_p(part['p_group_corrected'].iloc[0])} |")
    return "\n".join(lines).replace("-0.", "−0.")


# -- numbers ---------------------------------------------------------------------------------------------------------


def _number(value: float | None, digits: int = 2) -> str:
    return "–" if value is None or math.isnan(value) else f"{value:,.{digits}f}".replace("-", "−")


def _percent(part: float | None) -> str:
    return "–" if part is None else f"{100 * part:.0f} %".replace("-", "−")


def _p(value: float) -> str:
    return "–" if math.isnan(value) else "< .001" if value < 0.001 else f"{value:.3f}".lstrip("0") if value < 1 else "1"


if __name__ == "__main__":  # the address of this file was opened as if it were a page
    st.switch_page("pages/review.py")
