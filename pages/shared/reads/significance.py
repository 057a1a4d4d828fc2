"""Cached calls of the lead significance: of what is on view (for its session only), tables by diagnosis."""

from __future__ import annotations

from typing import Any

import streamlit as st

from ecgcore.ecg import Ecg
from ecgcore.leads import LeadSet
from pages.shared import session
from pages.shared.reads import measurements, scores


def explainer() -> tuple[str, str]:
    """The model whose subsets are asked on the Significance page, and a sentence where it is not the chosen
    one."""
    from models.reconstruct import available, explaining

    able = {info.name: info.label for info in explaining()}
    if session.choices().model in able:
        return session.choices().model, ""
    name = next(iter(able))
    there = {info.name: info.label for info in available()}
    chosen = there.get(session.choices().model, "The chosen model")
    return (
        name,
        (
            f"{chosen} was not trained to do without any of its leads; what they contribute is measured with "
            f"{able[name]}."
        ),
    )


def has_class_activations() -> bool:
    """Whether that model has a class activation map of the chosen leads."""
    from models.reconstruct import trained
    from models.significance.contributions import has_class_activations as has

    return has(trained(explainer()[0]).model, session.choices().inputs)


def fixed_network() -> bool:
    """Whether the chosen model is a stored network with fixed input leads."""
    from models.reconstruct import trained
    from models.significance.fixed_leads import explains

    info = session.model()
    return info is not None and info.card is not None and explains(trained(info.name).model)


def fixed_targets() -> list[str]:
    """The leads that this network estimates here. Raises UnusableEcg where there are none."""
    from ecgcore.ecg import UnusableEcg
    from models.reconstruct import trained

    outputs, missing = trained(session.choices().model).model.outputs, session.choices().inputs.missing
    if not (targets := [lead for lead in outputs if lead in missing]):
        raise UnusableEcg(
            f"Nothing is left for this network to estimate; it gives {', '.join(outputs)}. Take fewer leads."
        )
    return targets


def fixed_passband() -> tuple[float | None, float | None]:
    """Hz between which this network sees its leads."""
    from models.reconstruct import trained

    low, high = trained(session.choices().model).model.passband
    return low, high


@st.cache_data(scope="session", max_entries=16, show_spinner="Asking the network")
def _fixed(digest: str, target: str, spans: tuple | None, name: str, _ecg: Ecg) -> Any:
    from models.reconstruct import trained
    from models.significance.fixed_leads import explain_fixed

    with session.AT_ONCE:
        return explain_fixed(trained(name).model, _ecg, target, None if spans is None else list(spans))


def fixed_explanation(target: str, spans: list[tuple[float, float]] | None) -> Any:
    """``FixedExplanation`` of the target's estimate by this network. Raises UnusableEcg."""
    part, when = session.segment(), None if spans is None else tuple(spans)
    return _fixed(part.digest, target, when, session.choices().model, part)


@st.cache_data(scope="session", max_entries=16, show_spinner=False)
def _fixed_check(
    digest: str, target: str, spans: tuple | None, name: str, kind: str, _explanation: Any
) -> float | None:
    from models.reconstruct import trained
    from models.significance.fixed_leads import shuffled_agreement

    with session.AT_ONCE:
        return shuffled_agreement(trained(name).model, _explanation, kind)


def fixed_check(
    target: str, spans: list[tuple[float, float]] | None, kind: str, explanation: Any
) -> float | None:
    """How much its map is like those of networks with shuffled weights."""
    when = None if spans is None else tuple(spans)
    name = session.choices().model
    return _fixed_check(session.segment().digest, target, when, name, kind, explanation)


def explained_title() -> str:
    """The title of the model whose map is shown."""
    from models.reconstruct import available

    name, _ = explainer()
    return next(info.label for info in available() if info.name == name)


@st.cache_data(
    scope="session", max_entries=16, show_spinner="Asking the model about every subset of the leads"
)
def _explained(
    digest: str,
    inputs: tuple[str, ...],
    target: str,
    spans: tuple | None,
    name: str,
    r: tuple[float, ...],
    _ecg: Ecg,
) -> Any:
    from models.reconstruct import trained
    from models.significance.explain import explain

    with session.AT_ONCE:
        return explain(
            trained(name).model, _ecg, LeadSet(inputs), target, None if spans is None else list(spans), r
        )


def explanation(target: str, spans: list[tuple[float, float]] | None) -> Any:
    """``Explanation`` of the target's estimate within spans (s) of what is on view. Raises UnusableEcg."""
    part, when = session.segment(), None if spans is None else tuple(spans)
    return _explained(
        part.digest,
        tuple(session.choices().inputs),
        target,
        when,
        explainer()[0],
        tuple(measurements.beats_on_view()[0]),
        part,
    )


@st.cache_data(scope="session", max_entries=16, show_spinner=False)
def _checked(
    digest: str,
    inputs: tuple[str, ...],
    target: str,
    spans: tuple | None,
    name: str,
    kind: str,
    _ecg: Ecg,
    _contributions: Any,
) -> Any:
    from models.reconstruct import trained
    from models.significance.explain import check_map

    with session.AT_ONCE:
        return check_map(trained(name).model, _ecg, LeadSet(inputs), target, _contributions, kind)


def checks(target: str, spans: list[tuple[float, float]] | None, explanation: Any, kind: str) -> Any:
    """The ``Checks`` of one map of that explanation."""
    part, when = session.segment(), None if spans is None else tuple(spans)
    return _checked(
        part.digest, tuple(session.choices().inputs), target, when, explainer()[0], kind, part, explanation
    )


@st.cache_data(scope="session", max_entries=8, show_spinner="Looking at what the autoencoder attends to")
def _attention(digest: str, name: str, mode: str, r: tuple[float, ...], _marks: Any, _ecg: Ecg) -> Any:
    from models.reconstruct import fallback, trained
    from models.significance.explain import attend

    with session.AT_ONCE:
        return attend(trained(name).model, trained(fallback()).model, _ecg, mode, r, _marks)


def attention(name: str, mode: str) -> Any:
    """The ``Attention`` of the autoencoder of that name on what is on view. Raises UnusableEcg."""
    part, (r_seconds, marks) = session.segment(), measurements.beats_on_view()
    return _attention(part.digest, name, mode, tuple(r_seconds), marks, part)


@st.cache_data(max_entries=4, show_spinner=False)
def _group_table(path: str, changed: float) -> Any:
    from pathlib import Path

    from ecgcore.studies.significance.by_diagnosis import TABLE

    return TABLE.read(Path(path))


def group_tables() -> dict[str, Any]:
    """Lead significance by diagnosis (see ``ecgcore.studies.significance.by_diagnosis``) by model, best
    first. No patient's data."""
    from ecgcore.studies.significance.by_diagnosis import SUMMARY_NAME
    from models.reconstruct import TRAINED, available

    files = {info.name: TRAINED / info.name / SUMMARY_NAME for info in available()}
    return {
        name: _group_table(str(file), file.stat().st_mtime) for name, file in files.items() if file.is_file()
    }


def over_recordings(name: str, kind: str) -> list[Any]:
    """The stored checks of a model's maps of one kind over many recordings
    (``ecgcore.studies.significance.trust.Answer``); empty where they were not computed."""
    from ecgcore.studies.significance.trust import FILE

    path = scores.folder() / name / FILE
    every = _checks_of_maps(scores.stamp((path,))) if path.is_file() else []
    return [answer for answer in every if answer.kind == kind]


@st.cache_data(max_entries=4, show_spinner="Resampling patients")
def _checks_of_maps(files: Any) -> list[Any]:
    from pathlib import Path

    from ecgcore.studies.significance.trust import TABLE, answers

    return answers(TABLE.read(Path(files[0][0])))
