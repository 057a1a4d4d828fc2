"""Lead sets and numbers are written one way on every page."""

from __future__ import annotations

import pytest

from ecgcore.figures.style import drawn, unbroken, written


@pytest.mark.parametrize(
    ("stored", "shown"),
    [
        ("I+II+V2", "I + II + V2"),
        ("aVR+V2+V5 (86 %)", "aVR + V2 + V5 (86 %)"),
        ("r .846 [.812, .843]", "r 0.846 [0.812, 0.843]"),
        ("−.013, +.020, d < .05", "−0.013, +0.020, d < 0.05"),
        ("J+60 +0.03 µV, V2 +3, 1.5 s", "J+60 +0.03 µV, V2 +3, 1.5 s"),
        ("lines+markers report.csv", "lines+markers report.csv"),
        ("d -0.89 [-1.2, .3], RMSE 84 uV", "d −0.89 [−1.2, 0.3], RMSE 84 µV"),
        ("folds 1-8, 2026-11-25, ptb-xl/00144, QRS-T", "folds 1-8, 2026-11-25, ptb-xl/00144, QRS-T"),
    ],
)
def test_a_text(stored, shown):
    assert written(stored) == shown == written(shown)


def test_no_line_breaks_within_a_set_or_an_interval():
    assert unbroken("from I+II+V1: .92 [.91, .93]") == "from I\xa0+\xa0II\xa0+\xa0V1: 0.92 [0.91,\xa00.93]"
    assert unbroken("J+60 µV, V2 and V3") == "J+60 µV, V2 and V3"


def test_a_figure_is_written_but_for_what_nobody_reads():
    figure = {
        "data": [{"name": "from I+II", "customdata": ["I+II"], "y": [0.5, 0.6], "hovertext": ["p .02"]}],
        "layout": {"xaxis": {"ticktext": ["I+II+V2", "II"]}, "shapes": [{"path": "M-3,1 C-3,4 -4,.5"}]},
    }
    shown = drawn(figure)
    assert shown["data"][0] == {
        "name": "from I + II",
        "customdata": ["I+II"],
        "y": [0.5, 0.6],
        "hovertext": ["p 0.02"],
    }
    assert shown["layout"]["xaxis"]["ticktext"] == ["I + II + V2", "II"]
    assert shown["layout"]["shapes"] == figure["layout"]["shapes"]
