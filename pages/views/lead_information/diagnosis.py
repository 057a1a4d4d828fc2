"""Is the diagnosis preserved? A frozen classifier on original, reconstructed and inputs-only leads; a view of
the Lead information page."""

from __future__ import annotations

from functools import partial
from typing import Any

import streamlit as st

from ecgcore.evaluation.discrimination import MARGINS, Difference
from ecgcore.evaluation.statistics import Interval
from ecgcore.evaluation.tables import made_with_other_weights
from ecgcore.figures.diagnosis import forest_figure
from ecgcore.studies import diagnosis as study
from ecgcore.studies.diagnosis import GROUPS, MACRO, area, loss
from ecgcore.studies.lead_information.lead_sets import state_of
from models.hints import hint
from pages.shared import downloads, links, session, widgets
from pages.shared.reads import diagnosis

GUIDE = (
    "**How to read it:** left of the solid line, something is lost. A bar that ends to the right of the "
    "dashed line (−.05) rules out a loss of .05; right of the "
    "dotted one (−.02), a loss of .02. A bar across a line decides nothing: too few patients, or a real "
    "loss. A triangle at the edge lies beyond it."
)
TOGETHER = "\u00a0"
"""A space at which no line breaks."""
FOLDS = {"test": "Test fold (10)", "both": "Folds 9 and 10"}


def preserved() -> None:
    """Choice of model, input set and folds; sentence, forest, table of one set and that of all."""
    there = diagnosis.there()
    usual = session.choices().model
    with st.container(horizontal=True, vertical_alignment="bottom"):
        name = links.one_of(
            st.selectbox,
            "Scored model",
            "by",
            sorted(there, key=lambda other: other != usual),
            format_func=there.__getitem__,
            width=230,
        )
        both = len(diagnosis.splits(name)) == 2
        folds = (
            links.one_of(
                st.selectbox, "Recordings", "folds", list(FOLDS), format_func=FOLDS.__getitem__, width=160
            )
            if both
            else "test"
        )
        results = diagnosis.outcomes(name, _splits(folds))
        now = str(state_of(session.choices().inputs)) if session.choices().inputs else ""
        first = next(
            (inputs for inputs in (now, "I+II+V2") if inputs in results.reconstructed),
            next(iter(results.reconstructed)),
        )
        inputs = links.one_of(
            st.selectbox,
            "Input leads",
            "from",
            sorted(results.reconstructed, key=lambda leads: leads != first),
            width=160,
        )
    if not diagnosis.fits(name):
        st.warning(
            made_with_other_weights([f"{name} or the classifier"], hint("diagnosis scores", model=name)),
            icon=":material/sync_problem:",
        )
    widgets.markdown(f"##### Is the diagnosis preserved? :small[:gray[{there[name]}]]", help=GUIDE)
    widgets.markdown(study.sentence(results.reconstructed[inputs], inputs))
    figure = forest_figure(results.reconstructed, results.alone, inputs)
    widgets.chart(figure, "diagnosis_forest", _alt(name, results.reconstructed), bar=False, narrowest=760)
    widgets.markdown(f"##### {inputs}: original, reconstructed, inputs alone")
    downloads.table(_one_set(results, inputs), "diagnosis")
    if words := _stand_in(name, there, folds, results, inputs):
        widgets.markdown(words)
    short, more = _conditions(results, folds, inputs)
    widgets.caption(short, help=more)
    with st.expander("All input sets"):
        everything = partial(_csv, results)
        downloads.table(_all_sets(results.reconstructed), f"diagnosis-{name}-{folds}", everything)
    _honesty(results.reconstructed[inputs][MACRO].reference)


def _alt(name: str, reconstructed: dict[str, dict[str, Difference]]) -> str:
    return (
        f"Loss of AUROC with 95 % intervals for {len(reconstructed)} input sets and {len(GROUPS)} diagnoses, "
        f"leads made by {name}; the tables below say the same."
    )


def _stand_in(name: str, there: dict[str, str], folds: str, results: Any, inputs: str) -> str:
    """What the classifier makes of leads that look like an ECG and know nothing: the training-mean beat in
    place of the missing ones."""
    stand_in = diagnosis.uninformed()
    if stand_in not in there or name == stand_in or not diagnosis.fits(stand_in):
        return ""
    other = diagnosis.outcomes(stand_in, _splits(folds)).reconstructed.get(inputs)
    if other is None:
        return ""
    return (
        f"For comparison, the **training-mean beat** in place of the missing leads: mean "
        f"{_level(other[MACRO].new)}; reconstructed: {_level(results.reconstructed[inputs][MACRO].new)}."
    )


def _splits(folds: str) -> tuple[str, ...]:
    return ("test", "val") if folds == "both" else ("test",)


def _one_set(results: Any, inputs: str) -> str:
    reconstructed, alone, against = (
        results.reconstructed[inputs],
        results.alone.get(inputs),
        results.against.get(inputs),
    )
    head = (
        "| | with it | original | reconstructed | difference | non-inferior at .05 | at .02 | inputs "
        "alone | reconstructed − alone |"
    )
    lines = [head, "|:--|--:|:--|:--|:--|:-:|:-:|:--|:--|"]
    for group, row in reconstructed.items():
        verdicts = ["yes" if row.within(margin) else "no" for margin in MARGINS]
        other = (
            (_level(alone[group].new), _change(against[group].difference))
            if alone and against
            else ("–", "–")
        )
        name, counted = ("Mean", "") if group == MACRO else (widgets.group_name(group), f"{row.positives}")
        change = _change(row.difference)
        cells = (
            counted,
            _level(row.reference),
            _level(row.new),
            f"**{change}**" if row.lower else change,
            *verdicts,
            *other,
        )
        lines.append(f"| **{name}** | {' | '.join(cells)} |")
    return "\n".join(lines)


def _level(interval: Interval) -> str:
    return f"{area(interval.value)} [{area(interval.low)},{TOGETHER}{area(interval.high)}]"


def _change(interval: Interval) -> str:
    return f"{loss(interval.value)} [{loss(interval.low)},{TOGETHER}{loss(interval.high)}]"


def _called(results: Any, inputs: str) -> str:
    """Whether the classifier's probabilities shift, in one sentence."""
    before, after = results.called[study.ORIGINAL], results.called[inputs]
    each = ", ".join(
        f"{group} {100 * before[group]:.0f} → {100 * after[group]:.0f} % ({100 * share:.0f} % have it)"
        for group, share in results.observed.items()
    )
    return (
        f"Mean probability that the classifier gives, original → reconstructed: {each}. Brier score "
        f"{area(results.brier[study.ORIGINAL])} → {area(results.brier[inputs])}."
    )


def _all_sets(reconstructed: dict[str, dict[str, Difference]]) -> str:
    lines = [f"| Input leads | {' | '.join(('Mean', *GROUPS[1:]))} |", f"|:--|{':--|' * len(GROUPS)}"]
    for inputs, groups in reconstructed.items():
        cells = (f"{_change(groups[group].difference)} {_mark(groups[group])}" for group in GROUPS)
        lines.append(f"| **{inputs}** | {' | '.join(cells)} |")
    return "\n".join(
        [
            *lines,
            "",
            (
                "●● non-inferior at .05 and .02, ● at .05 only, – at neither. Nothing is corrected for the "
                "many comparisons."
            ),
        ]
    )


def _mark(difference: Difference) -> str:
    return "●" * sum(difference.within(margin) for margin in MARGINS) or "–"


def _csv(results: Any) -> str:
    lines = [
        "leads,inputs,group,n,positives,auroc_original,auroc,difference,low,high,non_inferior_05,non_inferior_02"
    ]
    for kind, sets in (
        ("reconstructed", results.reconstructed),
        ("inputs alone, zero elsewhere", results.zeroed),
        ("inputs alone, learned", results.learned),
    ):
        for inputs, groups in sets.items():
            for group, row in groups.items():
                d = row.difference
                numbers = ",".join(
                    f"{value:.4f}" for value in (row.reference.value, row.new.value, d.value, d.low, d.high)
                )
                held = ",".join("yes" if row.within(margin) else "no" for margin in MARGINS)
                lines.append(f'"{kind}",{inputs},{group},{d.n_records},{row.positives},{numbers},{held}')
    return "\n".join(lines) + "\n"


def _conditions(results: Any, folds: str, inputs: str) -> tuple[str, str]:
    """What the numbers are of, and what is behind the help mark."""
    d = next(iter(results.reconstructed.values()))[MACRO].difference
    alone = (
        "by a second classifier of the same shape that learned with random leads hidden"
        if results.learned
        else "by the same classifier, the other leads zero"
    )
    which = (
        "fold 10"
        if folds == "test"
        else "folds 9 and 10; both classifier and network were validated on fold 9 while they were trained"
    )
    return (
        (
            f"AUROC with 95 % intervals; n = {d.n_records} recordings of {d.n_patients} patients with a "
            f"superclass, PTB-XL {which}, 100 Hz, 0.5 Hz high-pass."
        ),
        (
            f"Patients resampled {study.RESAMPLES:,} times, original and reconstructed together. Yes: the "
            f"lower end "
            f"of the interval of the difference (two-sided 95 %, one-sided 97.5 %) "
            f"lies above minus the margin. Bold: the whole interval lies below zero. Inputs alone: {alone}. "
            f"{_called(results, inputs)}"
        ),
    )


def _honesty(original: Interval) -> None:
    with st.expander("What this can and cannot say"):
        _limits(original)


def _limits(original: Interval) -> None:
    first = diagnosis.cards()["frozen"]
    widgets.markdown(
        f"- **The instrument.** One network of our own: {first.records:,} recordings of {first.patients:,} "
        f"patients, {first.folds}. On the original leads of the recordings above "
        f"its mean AUROC is {_level(original)}. {first.metrics['validation']}. The best published one, "
        f"trained on all of PTB-XL, has a mean of .930 on all of fold 10 (Strodthoff "
        "et al. 2021, doi:10.1109/JBHI.2020.3022989). A better one may see losses that this one cannot.\n"
        "- **Frozen on originals.** It has never seen a reconstructed lead. What it loses is lost "
        "information *and* leads that look unlike those it learned on; the two "
        "cannot be told apart here; one that had learned on reconstructed leads might lose less.\n"
        "- **Inputs alone** and the **training-mean beat** are the controls: only what lies above them is "
        "owed to the reconstruction. Leads of zeros are unlike anything a classifier "
        "of twelve leads has learned, so for it the mean beat is the fairer one.\n"
        "- **In the papers.** Olaiya et al. lay out such a test and do not run it; Beco et al. print an "
        "accuracy of 54.1 % on original and 45.7 % on reconstructed leads, by "
        "another classifier and another question.\n"
        "- **Same folds.** Our reconstruction networks and the classifier learned from the same folds 1–8. "
        "PTB-XL’s folds share no patient; a recording without a patient number counts as a patient of its "
        "own.\n"
        "- **Five wide classes** are not diagnoses: an AUROC that holds says nothing about which "
        "infarction, or about one patient. For teaching and research, not for diagnosis."
    )
