"""A page whose leads are known part of the time, drawn: each stretch as what it is."""

import re

import numpy as np
import pytest

from ecgcore.figures import Paper, paper_figure, style
from ecgcore.partial import PartialReconstruction, cut_into_page
from ecgcore.synthetic import Heart, simulate


@pytest.fixture(scope="module")
def figure():
    truth = simulate(Heart(), rate=100, seconds=10)
    interval = np.full(truth.signals.shape, 0.1, np.float32)
    reconstruction = PartialReconstruction(
        truth, cut_into_page(truth, "II").moments, "test", interval=interval
    )
    return paper_figure(None, reconstruction, Paper(format="12x1"))


def pieces(figure, name):
    return [trace for trace in figure["data"] if trace.get("name") == name]


def test_each_stretch_is_drawn_as_what_it_is(figure):
    drawn = [(trace["x0"], trace["line"]["color"], trace["line"]["dash"]) for trace in pieces(figure, "I")]
    assert drawn == [
        (0.0, style.TRUTH, "solid"),
        (2.5, style.DERIVED, style.DASH["derived"]),
        (5.0, style.ESTIMATE, "2px,2px"),
    ]
    assert [trace["line"]["color"] for trace in pieces(figure, "II")] == [style.TRUTH]
    assert [trace["x0"] for trace in pieces(figure, "V2")] == [0.0, 5.0, 7.5]


def test_the_interval_is_drawn_where_a_lead_is_estimated_and_nowhere_else(figure):
    starts = [trace["x0"] for trace in figure["data"] if trace.get("fill") == "tonexty"]
    estimated = {
        "I": 1,
        "III": 1,
        "aVR": 1,
        "aVL": 1,
        "aVF": 1,
        "V1": 2,
        "V2": 2,
        "V3": 2,
        "V4": 1,
        "V5": 1,
        "V6": 1,
    }
    assert len(starts) == sum(estimated.values())


def test_labels_name_the_lead_once_and_each_stretch(figure):
    texts = [re.sub("<[^>]*>", "", note["text"]).strip() for note in figure["layout"]["annotations"]]
    assert [text for text in texts if text.startswith("V1")] == ["V1 · estimated"]
    assert texts.count("measured") == 9
    assert texts.count("derived") == 2 and "aVR · derived" in texts


def test_the_changes_are_marked(figure):
    joins = next(shape for shape in figure["layout"]["shapes"] if shape.get("layer") != "below")
    assert {float(x) for x in re.findall(r"M([\d.]+),", joins["path"])} == {2.5, 5.0, 7.5}
