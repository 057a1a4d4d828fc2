"""Lead sets and numbers are written one way on every page."""

from __future__ import annotations

import pytest

from ecgcore.figures.style import drawn, written


@pytest.mark.parametrize(
    ("stored", "shown"),
    [
        ("I+II+V2", "I + II + V2"),
        ("aVR+V2+V5 (86 %)", "aVR + V2 + V5 (86 %)"),
        ("r .846 [.812, .843]", "r 0.846 [0.812, 0.843]"),
        ("−.013, +.020, d < .05", "−0.013, +0.020, d < 0.05"),
        ("J+60 +0.03 µV, V2 +3, 1.5 s", "J+60 +0.03 µV, V2 +3, 1.5 s"),
        ("lines+markers report.csv", "lines+markers report.csv"),
    ],
)
def test_a_text(stored, shown):
    assert written(stored) == shown == written(shown)


def test_a_figure_is_written_but_for_what_nobody_reads():
    figure = {
        "data": [{"name": "from I+II", "customdata": ["I+II"], "y": [0.5, 0.6], "hovertext": ["p .02"]}],
        "layout": {"xaxis": {"ticktext": ["I+II+V2", "II"]}},
    }
    shown = drawn(figure)
    assert shown["data"][0] == {
        "name": "from I + II",
        "customdata": ["I+II"],
        "y": [0.5, 0.6],
        "hovertext": ["p 0.02"],
    }
    assert shown["layout"]["xaxis"]["ticktext"] == ["I + II + V2", "II"]
