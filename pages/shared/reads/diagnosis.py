"""The tables behind "Is the diagnosis preserved?", read and compared once per server. No patient stands in
what they give out."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import streamlit as st

from ecgcore.ecg import UnusableEcg
from models.hints import hint


def there() -> dict[str, str]:
    """Models with a table, by name, with their titles, best first. Raises UnusableEcg where nothing was
    scored."""
    from models.diagnosis.scoring import CONTROLS, table_of
    from models.reconstruct import available

    titles = {info.name: info.label for info in available() if info.card and table_of(info.name).is_file()}
    if not titles or not table_of(CONTROLS).is_file():
        raise UnusableEcg(
            f"No classifier has judged reconstructed leads yet; `{hint('diagnosis scores')}` does that."
        )
    return titles


def uninformed() -> str:
    """The model whose leads look like an ECG and know nothing of the missing ones; "" for none."""
    from models.base import in_order

    return next((family.name for family in in_order() if family.uninformed), "")


def fits(name: str) -> bool:
    """Whether model and classifier are the ones the table was made with."""
    from models.diagnosis.scoring import CONTROLS, classifiers, table_of
    from models.reconstruct import weights_of

    hashes = {device.weights_hash for device in classifiers().values()}
    table, controls = _table(*_file(table_of(name))), _table(*_file(table_of(CONTROLS)))
    return (
        set(table["weights"]) == {weights_of(name)}
        and set(table["classifier"]) | set(controls["classifier"]) <= hashes
    )


def splits(name: str) -> list[str]:
    """Folds a model and the controls were both scored on."""
    from models.diagnosis.scoring import CONTROLS, table_of

    both = [set(_table(*_file(table_of(system)))["split"]) for system in (name, CONTROLS)]
    return sorted(both[0] & both[1])


def cards() -> dict[str, Any]:
    """Cards of the classifiers by "frozen" and "few leads", those there are."""
    from models.diagnosis.scoring import classifiers

    return {kind: device.card for kind, device in classifiers().items()}


def outcomes(name: str, folds: tuple[str, ...]) -> Any:
    """``ecgcore.studies.diagnosis.Outcomes`` of a model. Raises UnusableEcg where its table and that of the
    original leads do not belong together."""
    from models.diagnosis.scoring import CONTROLS, table_of

    try:
        return _outcomes(_file(table_of(name)), _file(table_of(CONTROLS)), name, folds)
    except UnusableEcg:
        raise
    except ValueError as error:
        raise UnusableEcg(
            f"The tables do not belong together: {error}; `{hint('diagnosis scores', model=name)}` makes "
            f"them anew."
        ) from error


def _file(path: Path) -> tuple[str, float]:
    return str(path), path.stat().st_mtime


@st.cache_resource(max_entries=12, show_spinner=False)
def _table(path: str, changed: float) -> Any:
    from ecgcore.studies.diagnosis import TABLE

    try:
        return TABLE.read(Path(path))
    except ValueError as error:
        raise UnusableEcg(
            f"The table {Path(path).parent.name}/{Path(path).name} is damaged: {error}."
        ) from error


@st.cache_resource(max_entries=24, show_spinner="Resampling patients")
def _outcomes(
    file: tuple[str, float], controls_file: tuple[str, float], name: str, folds: tuple[str, ...]
) -> Any:
    from ecgcore.studies.diagnosis import outcomes as compared

    return compared(_table(*controls_file), _table(*file), name, folds)
