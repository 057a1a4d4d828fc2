"""Where a sheet higher than a page is cut, and how it is printed; the texts of a narrow one."""

from __future__ import annotations

import numpy as np
import pytest

from ecgcore.demonstrations import real_recording
from ecgcore.ecg import NOT_FOR_DIAGNOSIS
from ecgcore.figures import Paper, paper_figure
from ecgcore.figures.paper.sheet import on_pages
from ecgcore.figures.significance.maps import map_figure

LABEL_MM = 3.5


@pytest.mark.parametrize("gain", [5.0, 10.0, 20.0])
def test_a_sheet_is_cut_where_no_trace_no_pulse_and_no_label_is(gain):
    figure = paper_figure(real_recording(), None, Paper(format="12x1", gain=gain))
    breaks = figure["layout"]["meta"]["breaks"]
    assert len(breaks) >= 6 and breaks == sorted(breaks, reverse=True)
    for cut in breaks:
        for trace in figure["data"]:
            y = np.array([np.nan if value is None else value for value in trace["y"]], float)
            assert not (np.diff(np.sign(y - cut)) != 0)[np.isfinite(np.diff(y))].any(), (cut, trace["name"])
        for note in figure["layout"]["annotations"]:
            if note["yanchor"] == "top":
                assert not note["y"] - LABEL_MM / gain < cut < note["y"], note["text"]


def test_a_printed_sheet_keeps_its_size_where_two_pages_have_room_for_it():
    assert on_pages(150, [40, 90], 198) == (1, None)
    assert on_pages(280, [60, 120, 145, 190], 198) == (1, 145)  # the more equal halves
    assert on_pages(500, [100, 240, 264, 400], 198) == (198 / 264, 264)
    assert on_pages(400, [100], 198) == (198 / 400, None)  # nowhere to be cut: on one page


@pytest.mark.parametrize(("seconds", "texts"), [(10.0, 2), (2.5, 1)])
def test_scale_and_notice_of_a_map_stand_beside_each_other_only_where_they_have_room(seconds, texts):
    ecg = real_recording().cut(0, seconds)
    figure = map_figure(("I", "II"), ecg.signals[:2], None, ecg.rate, footer="0.5 Hz high-pass, 100 Hz")
    lower = [note for note in figure["layout"]["annotations"] if note["yanchor"] == "bottom"]
    words = [note["text"].replace("<br>", " ") for note in lower]
    assert len(lower) == texts and sum(NOT_FOR_DIAGNOSIS in text for text in words) == 1
    assert all("25 mm/s" in note["text"] for note in lower if note["xanchor"] == "left")
