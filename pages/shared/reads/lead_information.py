"""What leads tell about one another, read from the files of ``models.studies.lead_information`` once per
server. They hold numbers, nobody's name."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import streamlit as st

from ecgcore.datasets.diagnoses import ALL, DIAGNOSES, Example
from ecgcore.leads import LeadSet
from ecgcore.studies.lead_information.correlation import TABLE_FILE
from ecgcore.studies.lead_information.states import FILE
from pages.shared import session

Stamp = tuple[tuple[str, float], ...]


def _folder() -> Path:
    from models import reconstruct

    return reconstruct.TRAINED


def titles() -> dict[str, str]:
    """Models that were scored on every set of leads, by name, best first."""
    from models.reconstruct import available

    return {
        info.name: info.title
        for info in available()
        if info.card and info.card.inputs == "any" and (_folder() / info.name / FILE).is_file()
    }


def _fixed() -> dict[str, list[Any]]:
    """Scored models of fixed leads that leave a chest lead to estimate, by their name without the leads:
    trainings of one network together."""
    from models.reconstruct import available

    models: dict[str, list[Any]] = {}
    for info in available():
        if info.card and info.card.inputs != "any" and (_folder() / info.name / FILE).is_file():
            leads = LeadSet(info.card.inputs[0])
            if leads.missing.chest:
                models.setdefault(info.name.removesuffix("-" + "-".join(leads).lower()), []).append(info)
    return models


def published() -> dict[str, tuple[str, ...]]:
    """Networks of fixed leads that were scored ("gradowski"), each with the names of its models, one for each
    set of leads."""
    return {key: tuple(info.name for info in networks) for key, networks in _fixed().items()}


def published_titles() -> dict[str, str]:
    """Their titles, without the leads."""
    titles = {}
    for key, networks in _fixed().items():
        first = networks[0]
        network = first.title.removesuffix(f", {' + '.join(LeadSet(first.card.inputs[0]))}")
        version = f" ({first.card.version})" if first.card.reduced else ""
        titles[key] = f"{network}{version}, {len(networks)} sets" if len(networks) > 1 else first.label
    return titles


def _stamp(names: tuple[str, ...]) -> Stamp:
    """The files a cached answer was read from, and when they were written."""
    paths = [_folder() / name / FILE for name in names]
    return tuple((str(path), path.stat().st_mtime) for path in paths)


@st.cache_resource(max_entries=40, show_spinner=False)
def _table(file: tuple[str, float]) -> Any:
    from ecgcore.studies.lead_information.states import ScoredStates

    return ScoredStates.read(Path(file[0]))


@st.cache_resource(max_entries=12, show_spinner=False)
def _tables(name: str, files: Stamp) -> Any:
    from ecgcore.studies.lead_information.states import together

    return _table(files[0]) if len(files) == 1 else together(name, [_table(file) for file in files])


def table(name: str) -> Any:
    """The ``ScoredStates`` of a model, or of a network's trainings for several sets."""
    return _tables(name, _stamp(models_of(name)))


def models_of(name: str) -> tuple[str, ...]:
    """The models behind a name: itself, or the trainings of one network."""
    return published().get(name, (name,))


def fits(name: str) -> bool:
    """Whether the table was made with the weights that are there now."""
    from models import reconstruct

    return all(
        _table(file).weights == reconstruct.weights_of(model)
        for model, file in zip(models_of(name), _stamp(models_of(name)), strict=True)
    )


@st.cache_resource(max_entries=200, show_spinner=False)
def _knowledge(name: str, files: Stamp, group: str, target: str, resamples: int) -> Any:
    return _tables(name, files).knowledge(group, target, resamples)


def knowledge(name: str, group: str = ALL, target: str = "", resamples: int = 400) -> Any:
    """What every subset of leads knows (``ecgcore.studies.lead_information.lead_sets.Knowledge``). resamples
    0: without intervals, at once."""
    return _knowledge(name, _stamp(models_of(name)), group, target, resamples)


@st.cache_resource(max_entries=12, show_spinner=False)
def _losses(name: str, files: Stamp) -> Any:
    from ecgcore.studies.lead_information.states import losses

    return losses(_tables(name, files))


def losses(name: str) -> Any:
    """Whether one more lead ever hurts (``ecgcore.studies.lead_information.states.Losses``)."""
    return _losses(name, _stamp(models_of(name)))


@st.cache_resource(max_entries=60, show_spinner=False)
def _paper_rows(name: str, files: Stamp, *how: Any) -> Any:
    from ecgcore.studies.published.gradowski_tables import paper_rows

    return paper_rows(_tables(name, files), *how)


def paper_rows(
    name: str, metric: str, statistic: str, group: str, targets: tuple[str, ...], more: tuple[LeadSet, ...]
) -> Any:
    """The 25 input sets of Gradowski and Buchner on the test fold, and more."""
    return _paper_rows(name, _stamp(models_of(name)), metric, statistic, group, targets, more)


@st.cache_resource(max_entries=30, show_spinner=False)
def _findings(name: str, files: Stamp, group: str) -> Any:
    from ecgcore.studies.published.gradowski_tables import findings

    return findings(_tables(name, files), group)


def findings(name: str, group: str) -> Any:
    """What the paper says, checked on a model's table."""
    return _findings(name, _stamp(models_of(name)), group)


@st.cache_resource(max_entries=30, show_spinner=False)
def _beside(names: tuple[str, ...], files: tuple[Stamp, ...], metric: str, group: str) -> Any:
    from ecgcore.studies.published.gradowski_tables import models_beside

    return models_beside(
        {name: _tables(name, file) for name, file in zip(names, files, strict=True)}, metric, group
    )


def beside(names: tuple[str, ...], metric: str, group: str) -> Any:
    """Several models on the same sets, leads and recordings."""
    return _beside(names, tuple(_stamp(models_of(name)) for name in names), metric, group)


def covariance() -> tuple[Any, tuple[int, ...]]:
    """Of the linear estimator: (8 n_lags, 8 n_lags) by lag then lead, and the lags in ms."""
    from models.reconstruct import fallback, trained

    linear = trained(fallback()).model.linear_part()
    assert linear is not None
    return linear.covariance.numpy(), linear.config.lags_ms


@st.cache_resource(max_entries=2, show_spinner=False)
def _correlations(path: str, changed: float) -> Any:
    from ecgcore.studies.lead_information.correlation import read_measured

    return read_measured(Path(path))


def correlations() -> Any:
    """Correlations of leads over the test fold (``ecgcore.studies.lead_information.correlation.Measured``),
    or None where they were not computed."""
    path = _folder() / TABLE_FILE
    return _correlations(str(path), path.stat().st_mtime) if path.is_file() else None


@st.cache_data(max_entries=20, show_spinner="Looking for recordings in the data folder")
def _examples(root: str, name: str) -> tuple[Example, ...]:
    from ecgcore.datasets.diagnoses import examples

    return examples(
        next(diagnosis for diagnosis in DIAGNOSES if diagnosis.name == name), Path(root) if root else None
    )


def examples(name: str) -> tuple[Example, ...]:
    """Recordings that show a diagnosis: of the data root where it has some, else simulated."""
    from ecgcore.datasets import data_root

    return _examples(str(data_root() or ""), name)


@st.cache_data(max_entries=4, show_spinner="Looking for recordings in the data folder")
def _unseen(root: str) -> tuple[str, ...]:
    return tuple(session.database("ptb-xl").records(split="test"))


def unseen_recordings() -> tuple[str, ...]:
    """Records of PTB-XL's test part in the data root; none where it is not there."""
    from ecgcore.datasets import data_root

    return _unseen(str(data_root())) if "ptb-xl" in session.local_databases() else ()
