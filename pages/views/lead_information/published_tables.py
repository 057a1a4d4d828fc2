"""Two views of the Lead information page: the tables of Gradowski and Buchner, and the correlations that Beco
et al. print."""

from __future__ import annotations

import streamlit as st

from ecgcore.ecg import UnusableEcg
from ecgcore.figures import lead_information as figures
from ecgcore.leads import CHEST, STANDARD, LeadSet
from ecgcore.studies.lead_information import correlation as co
from ecgcore.studies.published.gradowski_tables import PAPER_SETS, compare
from models.hints import hint
from pages.shared import downloads, links, session, widgets
from pages.shared.reads import lead_information
from pages.views.lead_information import lead_sets

# -- Gradowski's tables --------------------------------------------------------------------------------------


def paper() -> None:
    """Figures 2 and 7 on our recordings, his convention beside common targets, models side by side, a paired
    comparison of two sets."""
    named = lead_information.titles() | lead_information.published_titles()
    if not named:
        lead_sets.table_model()
    usual = session.choices().model
    with st.container(horizontal=True, vertical_alignment="bottom"):
        name = links.one_of(
            st.selectbox,
            "Scored model",
            "by",
            sorted(named, key=lambda system: system != usual),
            format_func=named.__getitem__,
            width=210,
        )
        group = lead_sets.group_picker(name)
        metric = links.one_of(
            st.selectbox,
            "Number",
            "metric",
            ["r", "rmse_uv"],
            format_func={"r": "r", "rmse_uv": "RMSE, µV"}.__getitem__,
            width=105,
        )
        statistic = links.one_of(st.selectbox, "Cells", "statistic", ["mean", "median"], width=95)
        targets = _targets_picker()
    lead_sets.warn_of_other_weights(name)
    now = session.choices().inputs
    state = LeadSet(("I", "II")) | now.chest if len(now.limb) > 1 else now
    rows = lead_information.paper_rows(name, metric, statistic, group, targets, (state,) if state else ())
    if not rows:
        raise UnusableEcg(
            f"No scored set of {named[name]} leaves {', '.join(targets) or 'a chest lead'} to estimate in "
            f"patients of {group}."
        )
    for title, part in (
        ("Figure 2: up to one chest lead", [row for row in rows if row.inputs in PAPER_SETS[:10]]),
        ("Figure 7: two chest leads", [row for row in rows if row.inputs in PAPER_SETS[10:]]),
        ("Your set, none of the 25", [row for row in rows if row.inputs not in PAPER_SETS]),
    ):
        if part:
            widgets.markdown(f"**{title}**")
            lead_sets.chart(
                figures.table_figure(part, metric, state),
                f"info_table_{title[7]}",
                f"{title}, {metric} per input set and chest lead.",
                narrowest=640,
            )
    own = (
        f"mean over {', '.join(targets)}; sets that hold one of them are left out"
        if targets
        else (
            "mean over the chest leads that the set leaves, as Gradowski and Buchner do: other leads for "
            "each set"
        )
    )
    widgets.caption(
        f"{lead_information.table(name).conditions}; {group}, n = {rows[0].own.n_records} recordings of "
        f"{rows[0].own.n_patients} patients, [95 % interval] by patient. · measured; ▸ your leads.",
        help=f"*Own targets*: {own}. *Common targets*: mean over all six chest leads, measured ones "
        f"counted as perfect ({'r = 1' if metric == 'r' else 'error 0'}), so that sets can be compared; no "
        "measure of how good the estimates are. Gradowski and Buchner trained one U-Net for each set and "
        "tested on PTB; their printed numbers are pictures in the paper and are not repeated here.",
    )
    if len(rows) < len(PAPER_SETS) and not targets:
        widgets.caption(
            f"{named[name]}: only these sets have a trained network; `{hint('training')}` trains others, "
            f"`{hint('lead information')}` scores them."
        )
    _beside(metric, group)
    _compare(name, metric, group)
    _findings(name, group)


def _targets_picker() -> tuple[str, ...]:
    """Common targets of choice."""
    chosen = links.several_of(
        "Own targets",
        "targets",
        CHEST,
        placeholder="what each set leaves",
        width=200,
        help="Chest leads to average over. Empty: the chest leads that each set leaves.",
    )
    return tuple(LeadSet(chosen))


def _beside(metric: str, group: str) -> None:
    """All scored models on the same sets, recordings and targets."""
    titles = lead_information.titles() | lead_information.published_titles()
    if len(titles) < 2:
        return
    rows = lead_information.beside(tuple(titles), metric, group)
    if not rows:
        widgets.caption("The models here were scored on different recordings and are not put side by side.")
        return
    widgets.markdown("##### Models side by side: same set, same recordings, same chest leads")
    lead_sets.chart(
        figures.beside_figure(rows, titles, metric), "info_beside", "Models on the same input sets."
    )
    base = next(iter(rows[0].means))
    first, digits = titles[base], 3 if metric == "r" else 1
    others = {name: there for name in titles if (there := [row for row in rows if name in row.against])}
    better = [_against(titles[name], first, name, there, metric, digits) for name, there in others.items()]
    left = [titles[name] for name in titles if name != base and name not in others]
    widgets.caption(
        "Differences over the same records, with 95 % intervals by patient, stand behind the mark."
        + (f" Scored on other recordings and left out: {', '.join(left)}." if left else ""),
        help=". ".join(better) + ".",
    )


def _against(title: str, first: str, name: str, rows: list, metric: str, digits: int) -> str:
    """How a model stands against the first one, over all sets that both take."""
    differences = [row.against[name] for row in rows]
    if len(rows) == 1:
        value, low, high = (
            f"{end:+.{digits}f}".replace("-", "−")
            for end in (differences[0].value, differences[0].low, differences[0].high)
        )
        return f"**{title}** − {first}, {rows[0].inputs}: {value} [{low}, {high}]"
    ahead = sum(difference.low > 0 if metric == "r" else difference.high < 0 for difference in differences)
    open_ones = sum(difference.low <= 0 <= difference.high for difference in differences)
    return (
        f"**{title}** is better than {first} in {ahead} of {len(rows)} sets, not told apart in "
        f"{open_ones} (largest difference {_largest(rows, name, digits)})"
    )


def _largest(rows: list, name: str, digits: int) -> str:
    row = max(rows, key=lambda row: abs(row.against[name].value))
    return f"{row.inputs}: {row.against[name].value:+.{digits}f}".replace("-", "−")


def _compare(name: str, metric: str, group: str) -> None:
    texts = [str(leads) for leads in PAPER_SETS]
    widgets.markdown("##### Two sets on the leads that both leave")
    with st.container(horizontal=True, vertical_alignment="bottom"):
        first = links.one_of(
            st.selectbox, "Set", "one", ["I+II+V3", *(text for text in texts if text != "I+II+V3")], width=140
        )
        other = links.one_of(
            st.selectbox,
            "against",
            "other",
            ["I+II+V6", *(text for text in texts if text != "I+II+V6")],
            width=140,
        )
    comparison = compare(lead_information.table(name), LeadSet(first), LeadSet(other), metric, group)
    if comparison is None:
        widgets.markdown("No chest lead is left by both, or one of them was not scored.")
        return
    targets, test = comparison
    digits = 3 if metric == "r" else 1
    widgets.markdown(
        f"On {', '.join(targets)}: {first} − {other} = **{test.difference.value:+.{digits}f} "
        f"[{test.difference.low:+.{digits}f}, "
        f"{test.difference.high:+.{digits}f}]**{' µV' if metric != 'r' else ''} (n = "
        f"{test.difference.n_patients} patients; Wilcoxon p = {test.wilcoxon_p:.2g}).".replace("-", "−")
    )


def _findings(name: str, group: str) -> None:
    findings = lead_information.findings(name, group)
    if not findings:
        return
    widgets.markdown("##### What the paper found, and what these tables say")
    badge = {
        True: ":green-badge[:material/check: also here]",
        False: ":orange-badge[:material/close: not here]",
    }
    lines = [f"| {finding.sentence} | {badge[finding.holds]} | {finding.numbers} |" for finding in findings]
    downloads.table(
        "\n".join([f"| Gradowski and Buchner | | {group}, these tables |", "|:--|:--|:--|", *lines]),
        "findings",
    )


# -- correlations --------------------------------------------------------------------------------------------

GIVEN = {"limb": "I and II", "mine": "the ticked leads", "none": "nothing"}


def correlations() -> None:
    """Between the twelve leads: at once, over a lag, and what is left when others are known; Beco's tables
    beside."""
    covariance, lags = lead_information.covariance()
    centre, n = lags.index(0), len(lags)
    words = ["0", *(str(lag) for lag in lags if lag)]
    with st.container(horizontal=True, vertical_alignment="bottom"):
        lag = int(links.one_of(st.selectbox, "Column lead later by, ms", "lag", words, width=190))
        given = links.one_of(
            st.selectbox, "Known already", "given", list(GIVEN), format_func=GIVEN.__getitem__, width=190
        )
    left, right = st.columns([7, 5], gap="medium")
    with left:
        matrix = co.correlation(covariance, n, lags.index(lag) - centre, centre)
        widgets.markdown(f"**Correlation of the twelve leads{f', column lead {lag:+d} ms' if lag else ''}**")
        lead_sets.chart(
            figures.matrix_figure(matrix, STANDARD), "info_corr", "Correlations of the twelve leads."
        )
    with right:
        conditioned_on = {"limb": LeadSet("I II"), "mine": session.choices().inputs, "none": LeadSet()}[given]
        _left_over(covariance, conditioned_on, n, centre)
    widgets.caption(
        "Orange goes together, blue against each other.",
        help="From the linear estimator's covariance: PTB-XL folds 1-8, 100 Hz, 0.5 Hz high-pass, every "
        "recording divided by its power: a pooled correlation.",
    )
    _beco_check()


def _left_over(covariance, given: LeadSet, n: int, centre: int) -> None:
    widgets.markdown(
        f"**What is left between the chest leads when {given or 'nothing'} "
        f"{'is' if len(given) < 2 else 'are'} known**"
    )
    if len(given.chest) > 4:
        st.info("Fewer than two chest leads are left; tick fewer.", icon=":material/touch_app:")
        return
    chest, partial, share = co.conditional(covariance, given, n, centre)
    lead_sets.chart(
        figures.matrix_figure(partial, chest), "info_partial", "Partial correlations of the chest leads."
    )
    widgets.markdown(
        "Power left: "
        + ", ".join(f"**{lead}** {100 * part:.0f} %" for lead, part in zip(chest, share, strict=True))
        + "."
        + (
            " Partial correlations, given these leads at all lags of ±60 ms: neighbours still tell each "
            "other much."
            if given
            else ""
        )
    )


def _beco_check() -> None:
    widgets.markdown("##### Beco et al., Tables 2 and 4, PTB-XL rows")
    measured = lead_information.correlations()
    if measured is None:
        st.info(
            f"Ours under their protocol were not computed; `{hint('lead correlations')}` does that.",
            icon=":material/terminal:",
        )
    for lead in ("II", "I"):
        downloads.table(_beco(lead, measured), f"beco-{lead.lower()}")
    widgets.markdown(
        ":orange-badge[:material/swap_horiz: swapped] Their **aVR** and **aVL** columns are exchanged for "
        "PTB-XL: I and II go together (r = .70), and where "
        "they do, the correlation of either with aVR = −(I + II)/2 is negative, whatever the amplitudes. "
        "Leads must be taken by name, never by position. "
        "Exchanged, the numbers fit Goldberger's equations and ours; their PTB rows are in order."
    )
    if measured is not None:
        n = measured.row("II")["I"]
        widgets.caption(
            f"Ours: PTB-XL test fold, n = {n.n_records} recordings of {n.n_patients} patients. "
            f"{_fit(measured)}",
            help="1–40 Hz, segments of 5 s, mean over segments and recordings as theirs; 95 % interval by "
            "patient.",
        )


def _fit(measured: co.Measured) -> str:
    """How far the printed and the exchanged rows are from ours, in one sentence."""
    sentences = []
    for lead in ("II", "I"):
        ours = measured.row(lead)
        far = [
            max(abs(row[name] - ours[name].value) for name in ("aVR", "aVL"))
            for row in (co.printed(lead), co.exchanged(co.printed(lead)))
        ]
        sentences.append(f"with {lead} {far[0]:.2f} as printed and {far[1]:.2f} exchanged")
    return f"Largest distance of their aVR and aVL from ours: {'; '.join(sentences)}."


def _beco(lead: str, measured: co.Measured | None) -> str:
    row, right = co.printed(lead), co.exchanged(co.printed(lead))
    names = list(row)
    lines = [
        f"| with {lead} | {' | '.join(f':orange[{n}]' if n in ('aVR', 'aVL') else n for n in names)} |",
        f"|:--|{'--:|' * len(names)}",
    ]
    rows = [
        ("as printed", [f":orange[{_n(row[n])}]" if n in ("aVR", "aVL") else _n(row[n]) for n in names]),
        ("columns exchanged", [_n(right[n]) for n in names]),
    ]
    if measured is not None:
        ours = measured.row(lead)
        rows += [
            ("**ours**", [f"**{_n(ours[n].value)}**" for n in names]),
            ("95 %, from", [_n(ours[n].low) for n in names]),
            ("to", [_n(ours[n].high) for n in names]),
        ]
    return "\n".join([*lines, *(f"| {title} | {' | '.join(cells)} |" for title, cells in rows)])


def _n(value: float) -> str:
    return f"{value:.2f}".replace("-", "−").replace("0.", ".", 1)
