"""The views of the Lead information page: what if, every set, Gradowski's tables, correlations."""

from __future__ import annotations

import streamlit as st

from ecgcore import correlation as co
from ecgcore import information as info
from ecgcore.agreement import agreement
from ecgcore.datasets import SUPERCLASSES
from ecgcore.ecg import UnusableEcg
from ecgcore.figures import information as figures
from ecgcore.leads import CHEST, STANDARD, LeadSet
from pages import _parts, _report, _state

EIGHT = "all"
CONDITIONS = "PTB-XL test fold (fold 10), 100 Hz, 0.5 Hz high-pass on inputs and truth, 9.9 s of each recording"
MEANING = (
    "Power explained: 1 − mean squared error / mean square, each of the eight independent leads alike, measured leads in full. It has the "
    "same targets for every set."
)


def table_model() -> str:
    """The model whose population tables are shown; a sentence when they are of other weights. Raises UnusableEcg where there are none."""
    there = _state.tables_of_information()
    if not there:
        raise UnusableEcg("Nothing has been computed over many recordings yet; `python -m models.lead_information linear --data ROOT` does it.")
    usual = _state.choices().model
    options = sorted(there, key=lambda name: name != usual)
    name = _state.linked(st.selectbox, "Population tables of", "tables", options, format_func=there.__getitem__, width=210)
    return name


def fits(name: str) -> None:
    """Say so when the tables were made with other weights than those there are now."""
    if not _state.information_fits(name):
        st.warning(
            f"These tables were made with other weights of {name} than those on disk; `python -m models.lead_information {name} --data ROOT` "
            "makes them anew.",
            icon=":material/sync_problem:",
        )


def group_picker() -> str:
    return _state.linked(st.selectbox, "Patients", "group", [info.ALL, *SUPERCLASSES], width=110)


def target_picker() -> str:
    """"" for all eight alike, or a lead."""
    chosen = _state.linked(
        st.selectbox, "Target", "target", [EIGHT, *STANDARD], format_func=lambda lead: "All eight" if lead == EIGHT else lead, width=110
    )
    return "" if chosen == EIGHT else chosen


# -- what if ---------------------------------------------------------------------------------------------------------


def what_if() -> None:
    """Tick leads on the torso; how each of the twelve is known, here and in the population; which lead to add."""
    with st.container(horizontal=True, vertical_alignment="bottom"):
        name, group, target = table_model(), group_picker(), target_picker()
    fits(name)
    inputs = _state.choices().inputs
    made, reason = _report.reconstruction_or_reason()
    if made is None:
        st.info(reason, icon=":material/touch_app:")
    here = {row.lead: row for row in agreement(_state.segment(), made)} if made else {}
    people = info.figures_of(_state.information(name, "states"), inputs, group) if inputs else {}
    left, right = st.columns([5, 6], gap="medium")
    with left:
        _torso(inputs, {lead: f"r {row['r_mean']:.2f}" for lead, row in people.items()})
    with right:
        _what_if_table(inputs, here, people)
        known = _state.knowledge(name, group, target)
        _next(known, inputs, group)


def _torso(inputs: LeadSet, words: dict[str, str]) -> None:
    turn = st.session_state.setdefault("info_turn", 0)
    st.plotly_chart(
        figures.torso_figure(figures.sources_of(inputs), words),
        theme=None,
        config=_parts.PLOTLY | {"displayModeBar": False},
        key=f"info_torso_{turn}",
        on_select=_clicked,
        selection_mode="points",
        alt=f"Electrodes on a torso; measured are {' '.join(inputs) or 'none'}.",
    )
    st.caption("Click an electrode to tick its lead, or use the boxes at the side. Numbers: mean r over the chosen patients.")


def _clicked() -> None:
    event = st.session_state.get(f"info_torso_{st.session_state.info_turn}") or {}
    leads = {str(point["customdata"][0] if isinstance(point["customdata"], list) else point["customdata"]) for point in _points(event)}
    now = _state.choices().inputs
    there = _state.recording().leads
    for lead in leads & set(there):
        now = now - (lead,) if lead in now else now | (lead,)
    _state.choose(inputs=now)
    st.session_state.info_turn += 1


def _points(event: dict) -> list[dict]:
    return [point for point in event.get("selection", {}).get("points", []) if point.get("customdata")]


def _what_if_table(inputs: LeadSet, here: dict, people: dict) -> None:
    lines = ["| Lead | known | r here | RMSE here, µV | mean r | median r | 5th pct. r | RMSE, µV |", "|:--|:--|--:|--:|--:|--:|--:|--:|"]
    for lead, source in figures.sources_of(inputs).items():
        row, many = here.get(lead), people.get(lead)
        own = (_n(row.r, 3), _n(row.rmse_uv, 0)) if row and source == "estimated" else ("", "")
        others = (_n(many["r_mean"], 3), _n(many["r_median"], 3), _n(many["r_p05"], 3), _n(many["rmse_uv"], 0)) if many else ("",) * 4
        said = {"measured": "measured", "derived": ":orange[exact]", "estimated": ":blue[estimated]"}[source]
        lines.append(f"| **{lead}** | {said} | {' | '.join((*own, *others))} |")
    st.markdown("\n".join(lines))
    n = next(iter(people.values()))["n"] if people else 0
    here_by = f"Here: {_state.title()}, {_state.model().title if _state.model() else 'no model'}, {_parts.filter_text()}. "
    st.caption(f"{here_by}Population: {CONDITIONS}; n = {int(n)} recordings." if n else f"{here_by}The chosen leads leave nothing to estimate.")


def _next(known: info.Knowledge, inputs: LeadSet, group: str) -> None:
    st.markdown(f"##### Which lead should I add next{f' for {known.target}' if known.target else ''}?")
    if not known.fair(inputs):
        st.markdown(f"None: {known.target} is measured or follows exactly.")
        return
    steps = info.next_leads(known, inputs)
    if not steps:
        st.markdown("None: all twelve leads are known.")
        return
    first, base = steps[0], known(inputs)
    exact = " (it is then exact)" if known.target and not known.fair(first.leads) else ""
    rest = ", ".join(f"{step.added} {100 * (step.value - base):+.1f}".replace("-", "−") for step in steps[1:6])
    st.markdown(
        f"**{first.added}**: {100 * base:.1f} % → **{100 * first.value:.1f} %** of the power explained{exact}. "
        f"{f'Then, in percentage points: {rest}.' if rest else ''}"
    )
    st.caption(f"{MEANING if not known.target else f'Share of the power of {known.target} that is explained.'} Patients: {group}; n = {known.n}.")


# -- every set -------------------------------------------------------------------------------------------------------


def sets() -> None:
    """Best set of each size, greedy against optimal, Shapley values; for a group and a target."""
    with st.container(horizontal=True, vertical_alignment="bottom"):
        name, group, target = table_model(), group_picker(), target_picker()
    fits(name)
    known = _state.knowledge(name, group, target)
    best, steps = info.best_sets(known), info.greedy(known)
    lines = ["| Leads | best set | explained | the next lead buys | second best | greedy path | greedy loses |", "|--:|:--|--:|--:|:--|:--|--:|"]
    before = 0.0
    for number, step in enumerate(best):
        second = info.ranking(known, len(step.leads))[1:2]
        path = steps[number] if number < len(steps) else None
        also = f"{second[0].leads} ({100 * second[0].value:.1f} %)" if second else "–"
        trail = (f"+ {path.added}", f"{100 * (step.value - path.value):.1f}") if path else ("–", "–")
        lines.append(
            f"| {len(step.leads)} | **{step.leads}** | {100 * step.value:.1f} % | {100 * (step.value - before):+.1f} | {also} | {' | '.join(trail)} |"
        )
        before = step.value
    st.markdown("\n".join(lines))
    st.caption(
        f"{MEANING if not target else f'Share of the power of {target} that is explained.'} All 510 states of knowledge of the 4,094 subsets; I+II stands "
        f"for any two limb leads. Greedy adds the best next lead to what it has; loses: percentage points. {CONDITIONS}; n = {known.n}."
    )
    series = {group: info.shapley(known)}
    if group != info.ALL:
        series[info.ALL] = info.shapley(_state.knowledge(name, info.ALL, target))
    left, right = st.columns(2, gap="medium")
    left.markdown("##### What each further lead buys")
    left.plotly_chart(figures.curve_figure({"best set": best, "greedy": steps}), theme=None, config=_parts.PLOTLY, key="info_curve")
    right.markdown("##### What each lead is worth over all subsets")
    right.plotly_chart(figures.shares_figure(series), theme=None, config=_parts.PLOTLY, key="info_shapley")
    right.markdown(_shapley_words(known, series[group]))


def _shapley_words(known: info.Knowledge, values: dict[str, float]) -> str:
    order = sorted(values, key=lambda lead: -values[lead])
    total = known(known.players)
    worth = ", ".join(f"{lead} {100 * values[lead]:.1f}" for lead in order[:4])
    chest = sum(values[lead] for lead in values if lead in CHEST)
    return (
        f"Worth most: **{worth}** % of the power; least {order[-1]} {100 * values[order[-1]]:.1f} %. The chest leads together {100 * chest:.1f} %, "
        f"the limb leads {100 * (total - chest):.1f} %.\n\nThe values sum to {100 * sum(values.values()):.2f} % of {100 * total:.2f} %: Shapley values are "
        f"exact over all {2 ** len(values):,} subsets. Six limb leads hold what two do, so they divide it among themselves."
    )


# -- Gradowski's tables ----------------------------------------------------------------------------------------------


def paper() -> None:
    """Figures 2 and 7 on our recordings, his convention beside common targets, and a paired comparison of two sets."""
    with st.container(horizontal=True, vertical_alignment="bottom"):
        name, group = table_model(), group_picker()
        metric = _state.linked(st.selectbox, "Number", "metric", ["r", "rmse_uv"], format_func={"r": "r", "rmse_uv": "RMSE, µV"}.__getitem__, width=110)
        statistic = _state.linked(st.selectbox, "Cells", "statistic", ["mean", "median"], width=110)
    fits(name)
    rows = _state.paper_rows(name, metric, statistic, group)
    if not rows:
        raise UnusableEcg(f"The tables hold no recording of {group}.")
    columns = st.columns(2, gap="medium")
    for column, title, part in zip(columns, ("Figure 2: up to one chest lead", "Figure 7: two chest leads"), (rows[:10], rows[10:]), strict=True):
        column.markdown(f"**{title}**")
        column.plotly_chart(figures.table_figure(part, metric), theme=None, config=_parts.PLOTLY, key=f"info_{title[7]}")
        column.markdown(_paper_table(part, 3 if metric == "r" else 0))
    st.caption(
        f"{CONDITIONS}; n = {rows[0].own.n_records} recordings of {rows[0].own.n_patients} patients, 95 % intervals by patient. *Own targets*: mean over the "
        "chest leads that the set leaves, as Gradowski and Buchner do; these are different leads for each set. *Common targets*: mean over all six chest "
        f"leads, measured ones counted as perfect ({'r = 1' if metric == 'r' else 'error 0'}), so that sets can be compared; no measure of how good the "
        "estimates are. They trained one U-Net for each set and tested on PTB; these are our models on PTB-XL."
    )
    _compare(name, metric, group)
    if metric == "r":
        st.markdown("##### What the paper found, and what these tables say")
        said = info.findings(_state.paper_rows(name, "r", "mean", group))
        badge = {True: ":green-badge[:material/check: also here]", False: ":orange-badge[:material/close: not here]"}
        lines = [f"| {text} | {badge[holds]} | {numbers} |" for text, holds, numbers in said]
        st.markdown("\n".join(["| Gradowski and Buchner | | these tables |", "|:--|:--|:--|", *lines]))


def _paper_table(rows: list[info.PaperRow], digits: int) -> str:
    lines = ["| Inputs | own targets, mean | median | common targets, mean |", "|:--|:--|--:|:--|"]
    for row in rows:
        lines.append(f"| {row.inputs} | {_interval(row.own, digits)} | {row.median:.{digits}f} | {_interval(row.common, digits)} |")
    return "\n".join(lines)


def _interval(found, digits: int) -> str:
    return f"{found.value:.{digits}f} [{found.low:.{digits}f}, {found.high:.{digits}f}]"


def _compare(name: str, metric: str, group: str) -> None:
    texts = [str(leads) for leads in info.PAPER_SETS]
    st.markdown("##### Two sets on the leads that both leave")
    with st.container(horizontal=True, vertical_alignment="bottom"):
        one = _state.linked(st.selectbox, "Set", "one", ["I+II+V3", *(text for text in texts if text != "I+II+V3")], width=140)
        other = _state.linked(st.selectbox, "against", "other", ["I+II+V6", *(text for text in texts if text != "I+II+V6")], width=140)
    found = info.compare(_state.information(name, "records"), LeadSet(one), LeadSet(other), metric, group)
    if found is None:
        st.markdown("No chest lead is left by both.")
        return
    targets, test = found
    st.markdown(
        f"On {', '.join(targets)}: {one} − {other} = **{_interval(test.difference, 3 if metric == 'r' else 1)}** "
        f"{'µV' if metric != 'r' else ''} (n = {test.difference.n_patients} patients; Wilcoxon p = {test.wilcoxon_p:.2g})."
    )


# -- correlations ----------------------------------------------------------------------------------------------------


def correlations() -> None:
    """Between the twelve leads: at once, over a lag, and what is left when I and II are known; Beco's tables beside."""
    covariance, lags = _state.covariance()
    centre, n = lags.index(0), len(lags)
    with st.container(horizontal=True, vertical_alignment="bottom"):
        lag = st.select_slider("Column lead later by, ms", lags, 0, key="info_lag", width=420)
    left, right = st.columns([7, 5], gap="large")
    matrix = co.correlation(covariance, n, lags.index(lag) - centre, centre)
    left.markdown(f"**Correlation of the twelve leads{f', column lead {lag:+d} ms' if lag else ''}**")
    left.plotly_chart(figures.matrix_figure(matrix, STANDARD), theme=None, config=_parts.PLOTLY, key="info_corr")
    chest, partial, share = co.conditional(covariance, LeadSet("I II"), n, centre)
    right.markdown("**What is left after I and II are known**")
    right.plotly_chart(figures.matrix_figure(partial, chest), theme=None, config=_parts.PLOTLY, key="info_partial")
    right.markdown(
        "Power left: "
        + ", ".join(f"{lead} {100 * part:.0f} %" for lead, part in zip(chest, share, strict=True))
        + ". Partial correlations, given I and II at all lags of ±60 ms: neighbours still tell each other much; what they share is not in the limb leads."
    )
    st.caption(
        "From the linear estimator's covariance: PTB-XL folds 1-8, 100 Hz, 0.5 Hz high-pass, every recording divided by its power. A pooled "
        "correlation, not the mean of correlations per segment that Beco et al. print; values differ a little for that reason."
    )
    st.markdown("##### Beco et al., Tables 2 and 4, PTB-XL rows")
    now = co.correlation(covariance, n, 0, centre)
    for lead in ("II", "I"):
        st.markdown(_beco(lead, dict(zip(STANDARD, now[STANDARD.index(lead)], strict=True))))
    st.markdown(
        ":orange-badge[:material/swap_horiz: swapped] Their **aVR** and **aVL** columns are exchanged for PTB-XL: I and II go together (r = .70), and where "
        "they do, the correlation of either with aVR = −(I + II)/2 is negative, whatever the amplitudes. Leads must be taken by name, never by position. Exchanged, the numbers fit Goldberger's equations and ours; their PTB rows are in order."
    )


def _beco(lead: str, ours: dict[str, float]) -> str:
    row, right = co.printed(lead), co.exchanged(co.printed(lead))
    names = list(row)
    lines = [f"| with {lead} | {' | '.join(f'**{n}**' if n in ('aVR', 'aVL') else n for n in names)} |", f"|:--|{'--:|' * len(names)}"]
    wrong = [f":orange[{_n(row[n], 2)}]" if n in ("aVR", "aVL") else _n(row[n], 2) for n in names]
    for title, cells in (("as printed", wrong), ("columns exchanged", [_n(right[n], 2) for n in names]), ("ours", [_n(ours[n], 2) for n in names])):
        lines.append(f"| {title} | {' | '.join(cells)} |")
    return "\n".join(lines)


def _n(value: float | None, digits: int) -> str:
    return "–" if value is None or value != value else f"{value:.{digits}f}".replace("-", "−")  # noqa: PLR0124 - NaN


if __name__ == "__main__":  # the address of this file was opened as if it were a page
    st.switch_page("pages/lead_information.py")
