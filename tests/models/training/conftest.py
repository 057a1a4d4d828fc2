"""Simulated hearts as a data set."""

import pytest

from tests.models.training.small import hearts


@pytest.fixture(scope="module")
def dataset():
    return hearts()
