"""Sheets go to the browser as Plotly's check would send them."""

from __future__ import annotations

import json

import plotly.graph_objects as go
import plotly.io
import plotly.tools
import pytest

from ecgcore.ecg import Reconstruction
from ecgcore.figures import FORMATS, Paper, paper_figure
from ecgcore.figures.paper.unchecked import Unchecked
from ecgcore.leads import LeadSet
from ecgcore.synthetic import Heart, simulate
from models.reconstruct import fallback, reconstruct

TRUTH = simulate(Heart(), 500.0, 10.0, seed=2)


@pytest.fixture(scope="module")
def estimate() -> Reconstruction:
    return reconstruct(TRUTH, LeadSet("I II V2"), fallback())


def sent(figure) -> dict:
    """What Streamlit sends of it."""
    whole = plotly.tools.return_figure_from_figure_or_data(figure, validate_figure=True)
    return json.loads(plotly.io.to_json(whole, validate=False))


@pytest.mark.parametrize("form", FORMATS)
def test_a_sheet_is_sent_as_the_check_would_send_it(estimate, form):
    figure = paper_figure(TRUTH, estimate, Paper(format=form))
    assert sent(Unchecked(figure)) == sent(go.Figure(figure)) == sent(figure)
