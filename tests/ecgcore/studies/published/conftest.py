"""Scores of published systems, as one table."""

from __future__ import annotations

import pytest

from ecgcore.evaluation.scoring import SCORES
from ecgcore.studies import scores as results
from ecgcore.studies.published.benchmark import FILE
from tests.ecgcore.studies.published.scored_systems import TITLES, everything, write


@pytest.fixture(scope="module")
def table(tmp_path_factory):
    folder = tmp_path_factory.mktemp("trained")
    write(folder, everything())
    return results.together(
        [SCORES.read(path) for path in results.files(folder)[FILE]], {name: {"w"} for name in TITLES}
    )
