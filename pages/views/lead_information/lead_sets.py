"""Two views of the Lead information page: what these input leads tell, and every set of leads."""

from __future__ import annotations

import streamlit as st

from ecgcore.datasets.diagnoses import ALL
from ecgcore.ecg import Reconstruction, UnusableEcg
from ecgcore.evaluation.agreement import agreement
from ecgcore.evaluation.tables import made_with_other_weights
from ecgcore.figures import lead_information as figures
from ecgcore.figures import teaching
from ecgcore.leads import CHEST, STANDARD, LeadSet
from ecgcore.studies.lead_information import lead_sets as info
from models.hints import hint
from pages.shared import downloads, links, memory, session, widgets
from pages.shared.reads import lead_information

EIGHT = "all"
MEANING = (
    "Power explained: 1 − mean squared error / mean square, each of the eight independent leads alike, "
    "input leads in full. It has the "
    "same targets for every set."
)
RANGES = "[95 % interval], patients resampled"


def table_model() -> str:
    """The model whose population tables are shown. Raises UnusableEcg where there are none."""
    there = lead_information.titles()
    if not there:
        raise UnusableEcg(
            f"Nothing has been computed over many recordings yet; `{hint('lead information')}` does that."
        )
    usual = session.choices().model
    options = sorted(there, key=lambda name: name != usual)
    return links.one_of(
        st.selectbox, "Scored model", "tables", options, format_func=there.__getitem__, width=210
    )


def warn_of_other_weights(name: str) -> None:
    """Say so when the tables were made with other weights than those there are now."""
    if not lead_information.fits(name):
        st.warning(
            made_with_other_weights(
                [name], hint("lead information", model=lead_information.models_of(name)[0])
            ),
            icon=":material/sync_problem:",
        )


def group_picker(name: str) -> str:
    """All patients, a superclass or a diagnosis that is frequent enough, with the number of recordings."""
    counts = lead_information.table(name).counts()
    return links.one_of(
        st.selectbox,
        "Patients",
        "group",
        list(counts),
        format_func=lambda group: f"{widgets.group_name(group)}, n = {counts[group]}",
        width=260,
    )


def target_picker() -> str:
    """A lead, or "" for all eight alike."""
    chosen = links.one_of(
        st.selectbox,
        "Target",
        "target",
        [EIGHT, *STANDARD],
        format_func=lambda lead: "All eight" if lead == EIGHT else lead,
        width=120,
    )
    return "" if chosen == EIGHT else chosen


def chart(figure: dict, key: str, alt: str = "", narrowest: int = 0) -> None:
    """A figure without the row of buttons. narrowest: see ``widgets.chart``."""
    widgets.chart(figure, key, alt or None, bar=False, narrowest=narrowest)


# -- what if -------------------------------------------------------------------------------------------------


def what_if() -> None:
    """Tick leads on the torso; how each of the twelve is known, here and in the population; which lead to
    add."""
    with st.container(horizontal=True, vertical_alignment="bottom"):
        name = table_model()
        group, target = group_picker(name), target_picker()
    warn_of_other_weights(name)
    inputs = session.choices().inputs
    reconstruction, reason = widgets.reconstruction_or_reason()
    if reconstruction is None:
        st.info(reason, icon=":material/touch_app:")
    people = lead_information.table(name).figures(inputs, group) if inputs else {}
    knowledge = lead_information.knowledge(name, group, target)
    steps = info.next_leads(knowledge, inputs) if knowledge.fair(inputs) else []
    left, right = st.columns([4, 6], gap="small")
    with left:
        torso(inputs, {lead: row.r.value for lead, row in people.items()}, steps[0].added if steps else "")
        with st.container(horizontal=True, gap="xsmall"):
            widgets.instruction("Click an electrode to tick its lead.", "click_electrode")
            widgets.caption("Numbers: mean r over the chosen patients.", width="content")
    with right:
        _what_if_table(name, group, inputs, reconstruction, people)
    with left:
        _next(knowledge, inputs, steps, group)
    with right:
        panes(reconstruction)


def torso(inputs: LeadSet, quality: dict[str, float], best: str = "") -> None:
    """The torso to tick leads on. quality: mean r of estimated leads. best: the lead to point at."""
    turn = memory.kept("info_turn", 0)
    widgets.chart(
        figures.torso_figure(
            figures.sources_of(inputs), {lead: f"{r:.2f}" for lead, r in quality.items()}, quality, best
        ),
        f"info_torso_{turn}",
        f"Electrodes on a torso; input leads are {' '.join(inputs) or 'none'}.",
        bar=False,
        on_select=_clicked,
        selection_mode="points",
    )


def _clicked() -> None:
    turn = memory.kept("info_turn", 0)
    event = memory.kept(f"info_torso_{turn}") or {}
    leads = {
        str(point["customdata"][0] if isinstance(point["customdata"], list) else point["customdata"])
        for point in _points(event)
    }
    now = session.choices().inputs
    there = session.recording().leads
    for lead in leads & set(there):
        now = now - (lead,) if lead in now else now | (lead,)
    session.choose(inputs=now)
    memory.keep(info_turn=turn + 1)


def _points(event: dict) -> list[dict]:
    return [point for point in event.get("selection", {}).get("points", []) if point.get("customdata")]


def _what_if_table(
    name: str, group: str, inputs: LeadSet, reconstruction: Reconstruction | None, people: dict
) -> None:
    exact = inputs.derived
    widgets.markdown(
        f"**Input** {', '.join(inputs) or 'none'}"
        + (f" · :orange[**exact**] {', '.join(exact)} (Einthoven, Goldberger)" if exact else "")
        + (f" · :blue[**estimated**] {', '.join(inputs.missing)}" if inputs else "")
    )
    here = {row.lead: row for row in agreement(session.segment(), reconstruction)} if reconstruction else {}
    lines = [
        "| | r here | µV here | mean r | median | 5th pct. | RMSE µV |",
        "|:--|--:|--:|:--|--:|--:|:--|",
    ]
    for lead in inputs.missing if inputs else ():
        row, many = here.get(lead), people.get(lead)
        own = (_n(row.r, 3), _n(row.rmse_uv, 0)) if row else ("–", "–")
        others = (
            (between(many.r, 3), _n(many.r_median, 3), _n(many.r_p05, 3), between(many.rmse, 0))
            if many
            else ("–",) * 4
        )
        lines.append(f"| **{lead}** | {' | '.join((*own, *others))} |")
    if len(lines) > 2:
        downloads.table("\n".join(lines), "known-leads")
    n = next(iter(people.values())).r if people else None
    if n is None:
        widgets.caption("The chosen leads leave nothing to estimate." if inputs else "Tick a lead.")
        return
    widgets.caption(
        f"Here: the open recording. The other columns: {group}, n = {n.n_records} recordings of "
        f"{n.n_patients} patients, {RANGES}.",
        help=f"Here: {session.title()}, {session.model().title if session.model() else 'no model'}, "
        f"{widgets.filter_text()}. Population: {lead_information.table(name).conditions}.",
    )


def between(interval, digits: int) -> str:
    """A value with its interval, without the zero before the point: .925 [.914, .934]."""
    return f"{_n(interval.value, digits)} [{_n(interval.low, digits)},\u00a0{_n(interval.high, digits)}]"


def _n(value: float | None, digits: int) -> str:
    if value is None or value != value:  # noqa: PLR0124 - NaN
        return "–"
    return f"{value:.{digits}f}".replace("-", "−").replace("0.", ".", 1 if abs(value) < 1 and digits else 0)


def panes(
    reconstruction: Reconstruction | None, leads: LeadSet | None = None, key: str = "info_panes"
) -> None:
    """The estimated leads beside the recorded ones."""
    part = session.segment()
    shown = [
        lead
        for lead in leads or STANDARD
        if reconstruction and lead in part.leads and (leads or reconstruction.source[lead] == "estimated")
    ]
    if reconstruction and shown:
        chart(
            teaching.panes_figure(part, reconstruction, shown),
            key,
            f"Recorded and estimated {', '.join(shown)}.",
        )


def _next(knowledge: info.Knowledge, inputs: LeadSet, steps: list[info.Step], group: str) -> None:
    widgets.markdown(
        f"##### Which lead should I add next{f' for {knowledge.target}' if knowledge.target else ''}?"
    )
    if not knowledge.fair(inputs):
        widgets.markdown(f"None: {knowledge.target} is an input lead or follows exactly.")
        return
    if not steps:
        widgets.markdown("None: all twelve leads are known.")
        return
    first, base = steps[0], knowledge(inputs)
    exact = " (it is then exact)" if knowledge.target and not knowledge.fair(first.leads) else ""
    widgets.markdown(
        f"**{first.added}**: {100 * base:.1f} % → **{percent(first.value, first.range)}** of the power "
        f"explained{exact}."
    )
    chart(
        figures.gains_figure(steps[:7]),
        "info_gains",
        f"Gain of each lead: {', '.join(f'{s.added} {100 * s.gain:.1f}' for s in steps)}.",
    )
    what = MEANING if not knowledge.target else f"Share of the power of {knowledge.target} that is explained."
    widgets.caption(f"Patients: {group}, n = {knowledge.n}; {RANGES}.", help=what)


def percent(value: float, ends: tuple[float, float]) -> str:
    """A share in percent with its interval."""
    if ends[0] != ends[0]:
        return f"{100 * value:.1f}\u00a0%"
    return f"{100 * value:.1f}\u00a0%\u00a0[{100 * ends[0]:.1f},\u00a0{100 * ends[1]:.1f}]"


# -- every set -----------------------------------------------------------------------------------------------


def sets() -> None:
    """Best set of each size, greedy against optimal, Shapley values; for a group and a target; best sets of
    every diagnosis."""
    with st.container(horizontal=True, vertical_alignment="bottom"):
        name = table_model()
        group, target = group_picker(name), target_picker()
    warn_of_other_weights(name)
    knowledge = lead_information.knowledge(name, group, target)
    best, steps = info.best_sets(knowledge), info.greedy(knowledge)
    _yours(knowledge, best)
    _best_table(knowledge, best, steps)
    what = MEANING if not target else f"Share of the power of {target} that is explained."
    widgets.caption(
        f"{lead_information.table(name).conditions}; n = {knowledge.n} of {knowledge.n_patients} patients. "
        "*Chosen*: how often the same set is best when patients are resampled. *As good*: not beyond chance.",
        help=f"{what} All 510 states of knowledge of the 4,094 subsets; I+II stands for any two limb leads. "
        f"{RANGES} {len(knowledge.drawn)} times. *Gain*: what the further lead buys. *Greedy* adds the "
        f"best next "
        "lead to what it has; what it loses against the best set in percentage points.",
    )
    left, right = st.columns(2, gap="medium")
    with left:
        widgets.markdown("##### What each further lead buys")
        chart(
            figures.curve_figure({"best set": [best_set.step for best_set in best], "greedy": steps}),
            "info_curve",
            "Power explained over the number of leads.",
        )
    with right:
        widgets.markdown("##### What each lead contributes over all subsets")
        shown = {group: knowledge} | (
            {ALL: lead_information.knowledge(name, ALL, target)} if group != ALL else {}
        )
        values, ranges = (
            {key: make(entry) for key, entry in shown.items()} for make in (info.shapley, info.shapley_ranges)
        )
        chart(figures.shares_figure(values, ranges), "info_shapley", "Shapley value of each lead.")
        widgets.markdown(_shapley_words(knowledge, values[group]))
        widgets.caption(
            "Does a further lead ever hurt? Hardly.",
            help="From each set to each with one lead more, over all recordings: "
            f"{str(lead_information.losses(name)).replace('-', '−')}.",
        )
    _by_diagnosis(name, target)


def _yours(knowledge: info.Knowledge, best: list[info.Best]) -> None:
    inputs = session.choices().inputs
    if not inputs or not knowledge.fair(inputs):
        return
    step = knowledge.step(info.state_of(inputs))
    size = len(inputs & LeadSet((*CHEST, *inputs.limb[:2])))
    rival = next((best_set.step for best_set in best if len(best_set.step.leads) == size), None)
    text = f"Your set **{inputs}** explains **{percent(step.value, step.range)}** of the power"
    if rival is None or rival.leads == info.state_of(inputs):
        widgets.markdown(f"{text}{'.' if rival is None else ': no set of its size does better.'}")
    else:
        widgets.markdown(
            f"{text}; the best set of {size} lead{'s' if size > 1 else ''}, **{rival.leads}**, "
            f"{100 * rival.value:.1f} %."
        )


def _best_table(knowledge: info.Knowledge, best: list[info.Best], steps: list[info.Step]) -> None:
    lines = [
        "| Leads | best set | explained | gain | chosen | as good | greedy | loses |",
        "|--:|:--|:--|--:|--:|:--|:--|--:|",
    ]
    for number, best_set in enumerate(best):
        step, path = best_set.step, steps[number] if number < len(steps) else None
        rivals = ", ".join(str(rival.leads) for rival in best_set.rivals[:1]) + (
            f", {len(best_set.rivals) - 1} more" if len(best_set.rivals) > 1 else ""
        )
        trail = (f"+ {path.added}", f"{100 * (step.value - path.value):.1f}") if path else ("–", "–")
        chosen = "–" if best_set.chosen != best_set.chosen else f"{100 * best_set.chosen:.0f} %"
        cells = (
            f"**{step.leads}**",
            percent(step.value, step.range),
            f"{100 * step.gain:+.1f}",
            chosen,
            rivals or "none",
            *trail,
        )
        lines.append(f"| {len(step.leads)} | {' | '.join(cells)} |")
    downloads.table("\n".join(lines), "best-sets")


def _shapley_words(knowledge: info.Knowledge, values: dict[str, float]) -> str:
    order = sorted(values, key=lambda lead: -values[lead])
    total = knowledge(knowledge.players)
    contributions = ", ".join(f"{lead} {100 * values[lead]:.1f}" for lead in order[:4])
    chest = sum(values[lead] for lead in values if lead in CHEST)
    return (
        f"Contributes most: **{contributions}** % of the power; "
        f"least {order[-1]} {100 * values[order[-1]]:.1f} %. The "
        f"chest leads together {100 * chest:.1f} %, "
        f"the limb leads {100 * (total - chest):.1f} %: six limb leads hold what two do, so they divide it "
        f"among themselves."
    )


def _by_diagnosis(name: str, target: str) -> None:
    """Best sets and most valuable leads of every group, one line each."""
    widgets.markdown("##### Which leads for which patients")
    lines = [
        "| Patients | n | best one | best two | best three | best four | contributes most (Shapley, %) |",
        "|:--|--:|:--|:--|:--|:--|:--|",
    ]
    for group, n in lead_information.table(name).counts().items():
        knowledge = lead_information.knowledge(name, group, target, 0)
        cells = [
            f"{best_set.step.leads} ({100 * best_set.step.value:.0f}\u00a0%)"
            for best_set in info.best_sets(knowledge, range(1, 5))
        ]
        contributions = sorted(info.shapley(knowledge).items(), key=lambda item: -item[1])[:3]
        text = ", ".join(f"{lead} {100 * value:.1f}" for lead, value in contributions)
        title = widgets.group_name(group)
        lines.append(f"| **{title}** | {n} | {' | '.join([*cells, *['–'] * (4 - len(cells))])} | {text} |")
    downloads.table("\n".join(lines), "best-sets-by-diagnosis")
    widgets.caption(
        "A recording may belong to several groups. Small groups choose by chance: see *chosen* above for "
        "each."
    )
