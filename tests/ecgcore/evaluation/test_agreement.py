"""What the recording shows about an estimate: the share inside its interval, and when a lead is warned
about."""

from __future__ import annotations

import numpy as np
import pytest

from ecgcore.ecg import Ecg, Reconstruction
from ecgcore.evaluation.agreement import agreement, mean_of_estimated
from ecgcore.figures import paper_figure, style
from ecgcore.figures.scores import agreement_figure
from ecgcore.leads import STANDARD, LeadSet
from ecgcore.synthetic import Heart, simulate

INPUTS = LeadSet("I II")
WIDTH_MV = 0.1


@pytest.fixture(scope="module")
def truth() -> Ecg:
    return simulate(Heart(), 500.0, 10.0, seed=1)


def estimate(truth: Ecg, change: dict[str, np.ndarray]) -> Reconstruction:
    """The recording itself, changed in some leads, with the same half width everywhere it is estimated."""
    rows = [truth[lead] + change.get(lead, 0.0) for lead in STANDARD]
    source = {
        lead: "measured" if lead in INPUTS else "derived" if lead in INPUTS.derived else "estimated"
        for lead in STANDARD
    }
    interval = np.array([[WIDTH_MV * (source[lead] == "estimated")] * truth.n_samples for lead in STANDARD])
    return Reconstruction(truth.replace(signals=np.array(rows)), source, INPUTS, "test", interval=interval)


def test_coverage_is_the_share_of_samples_inside(truth):
    late = np.where(truth.time >= 7.0, 2 * WIDTH_MV, 0.0)
    rows = {row.lead: row for row in agreement(truth, estimate(truth, {"V3": late}))}
    assert rows["V3"].coverage == pytest.approx(0.7, abs=0.001) and rows["V4"].coverage == 1.0
    assert rows["V3"].doubtful and not rows["V4"].doubtful
    assert rows["V3"].uncovered and not rows["V3"].strays
    assert rows["I"].coverage is None and rows["aVF"].coverage is None


def test_a_lead_that_goes_the_other_way_is_doubtful(truth):
    rows = {row.lead: row for row in agreement(truth, estimate(truth, {"V2": -2 * truth["V2"]}))}
    assert rows["V2"].r == pytest.approx(-1) and rows["V2"].doubtful and not rows["V1"].doubtful
    assert rows["V2"].strays and not rows["V1"].strays


def test_a_lead_that_is_flat_all_the_time_has_no_truth_and_counts_in_no_mean(truth):
    rows = np.array(truth.signals)
    rows[STANDARD.index("V4")] = 0.02
    flat = truth.replace(signals=rows)
    table = agreement(flat, estimate(truth, {"V3": np.full(truth.n_samples, 0.1)}))
    of = {row.lead: row for row in table}
    assert not of["V4"].has_truth and of["V4"].rmse_uv is of["V4"].coverage is None and of["V5"].has_truth
    mean = mean_of_estimated(table)
    assert mean is not None and mean.lead == "mean of 5" and mean.rmse_uv == pytest.approx(20, abs=0.1)


def test_a_bar_is_red_where_r_is_low_and_says_where_too_little_lies_inside(truth):
    late = np.where(truth.time >= 7.0, 2 * WIDTH_MV, 0.0)
    rows = agreement(truth, estimate(truth, {"V2": -2 * truth["V2"], "V3": late}))
    (bars,) = agreement_figure([row for row in rows if row.lead in ("V1", "V2", "V3")])["data"]
    assert bars["marker"]["color"] == [style.ESTIMATE, style.OUTSIDE, style.ESTIMATE]
    assert bars["text"][0] == "1.000" and bars["text"][2].endswith("✗ 70 % inside")


def test_stretches_outside_are_red_on_the_paper_where_they_are(truth):
    late = np.where((truth.time >= 1.0) & (truth.time < 1.5), 2 * WIDTH_MV, 0.0)
    short = np.where((truth.time >= 6.0) & (truth.time < 6.02), 2 * WIDTH_MV, 0.0)
    figure = paper_figure(truth, estimate(truth, {"aVR": 0 * late, "V1": late + short, "V6": short}))
    red = [trace for trace in figure["data"] if trace["line"].get("color") == style.OUTSIDE]
    assert not red  # V1 stands from 5 to 7.5 s in this layout, and 20 ms are too short to mark
    figure = paper_figure(truth, estimate(truth, {"V1": np.roll(late, round(4.5 * truth.rate))}))
    (red,) = [trace for trace in figure["data"] if trace["line"].get("color") == style.OUTSIDE]
    at = red["x0"] + red["dx"] * np.flatnonzero(np.isfinite(red["y"]))
    assert (at.min(), at.max()) == (pytest.approx(5.5, abs=0.02), pytest.approx(6.0, abs=0.02))
