"""Vector loops: a heart that is a dipole comes back from its own leads; numbers follow the geometry."""

from __future__ import annotations

import numpy as np
import pytest

from ecgcore.ecg import Ecg
from ecgcore.figures.paper.vector_loop import PLANES, loops_figure
from ecgcore.heart_vector import dower, kors
from ecgcore.leads import INDEPENDENT, LeadSet
from ecgcore.measurements import measure
from ecgcore.measurements.vector_loop import VectorLoop, vector_loop
from ecgcore.synthetic import Heart, simulate

ECG = simulate(Heart(), 500.0, 10.0, seed=2)


def test_kors_gives_back_the_dipole_that_dower_made_leads_of():
    product = kors() @ dower()
    assert np.abs(product - np.eye(3)).max() < 0.4
    for way in np.eye(3):
        back = product @ way
        assert back @ way / np.linalg.norm(back) > 0.92


def test_numbers_of_a_loop_that_is_known():
    qrs, t = np.outer([3.0, 4.0, 0.0], [0, 1, 0]), np.outer([0.0, 0.0, 2.0], [0, 1, 0])
    loop = VectorLoop(np.concatenate([qrs, t[:, 1:]], 1), 2, 500.0)
    assert loop.longest_mv == pytest.approx(5.0) and loop.qrs_t_deg == pytest.approx(90.0)
    assert VectorLoop(np.zeros((3, 9)), 4, 500.0).qrs_t_deg is None


def test_a_loop_needs_all_eight_leads_and_follows_their_size():
    loop = vector_loop(measure(ECG))
    assert loop is not None and loop.longest_mv > 0.3
    double = vector_loop(measure(ECG.replace(signals=2 * ECG.signals)))
    assert double is not None and double.longest_mv == pytest.approx(2 * loop.longest_mv, rel=0.02)
    assert vector_loop(measure(ECG.pick(LeadSet("I II V2")))) is None


def test_the_figure_has_three_planes_on_one_scale():
    loop = vector_loop(measure(Ecg.from_leads({lead: ECG[lead] for lead in INDEPENDENT}, ECG.rate)))
    figure = loops_figure(loop, loop)
    ranges = {tuple(figure["layout"][f"xaxis{tail}"]["range"]) for tail in ("", "2", "3")}
    assert len(ranges) == 1 and len(figure["data"]) == 4 * len(PLANES)
    assert figure["layout"]["yaxis"]["scaleanchor"] == "x"
