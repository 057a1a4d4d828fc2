"""What Review leaves out to be quick changes nothing that a reader sees."""

from __future__ import annotations

from ecgcore.demonstrations import REAL, demonstrations
from ecgcore.measurements import measure

TRUTH = demonstrations()[REAL]()


def test_without_the_spread_over_groups_of_beats_values_are_the_same():
    quick, whole = (measure(TRUTH, spread=spread).values for spread in (False, True))
    assert {name: value.value for name, value in quick.items()} == {
        name: value.value for name, value in whole.items()
    }
    assert whole["qt_ms"].spread is not None and quick["qt_ms"].spread is None
