"""Personal networks: shape of CF and CR, windows that do not cross, the held-out end unseen, cancelling."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from ecgcore.ecg import Ecg, UnusableEcg
from ecgcore.leads import LeadSet
from ecgcore.synthetic import Heart, simulate
from models.base import Cancelled, build
from models.training import personal

TINY = {"widths": (4, 4, 4), "hidden": 16, "epochs": 2}


def recording(seconds: float = 30.0, rate: float = 500.0) -> Ecg:
    return simulate(Heart(), rate, seconds)


def test_cr_treats_each_row_alike_and_needs_fewer_weights():
    cf, cr = (build(name, {}) for name in ("cf", "cr"))
    assert sum(p.numel() for p in cr.parameters()) < sum(p.numel() for p in cf.parameters()) / 5
    rows = torch.randn(1, 11, cr.connect[0].in_features)
    order = torch.randperm(11)
    torch.testing.assert_close(cr.connect(rows)[:, order], cr.connect(rows[:, order]))


@pytest.mark.parametrize(("name", "share"), [("cf", 0.0), ("cr", 0.0), ("cf-d", 0.1), ("cr-d", 0.1)])
def test_only_the_d_variants_drop_out(name, share):
    assert {layer.p for layer in build(name, TINY).modules() if isinstance(layer, torch.nn.Dropout)} == {
        share
    }


def test_windows_are_those_of_the_paper_and_none_crosses_a_border():
    ecg = recording(120.0)
    model = build("cr", {**TINY, "inputs": ("II",)})
    train, validation = model.parts(ecg)
    seen = int(60_000 * 0.9)
    border = int(seen * 0.8)
    assert len(train) == (border - 512) // 100 + 1 and len(validation) == (seen - border - 512) // 100 + 1
    assert train.values.shape[1:] == (12, 512) and np.abs(train.values).max() <= 1.0 + 1e-6
    assert float(model.seen_s) == pytest.approx(108.0)


def test_nothing_of_the_held_out_end_reaches_the_model():
    ecg = recording(30.0)
    changed = ecg.signals.copy()
    changed[:, int(29.0 * 500) :] = changed[:, int(29.0 * 500) :] * 3  # beyond the reach of the filter
    first, other = (
        build("cr", TINY).fit(first, LeadSet("II")) for first in (ecg, ecg.replace(signals=changed))
    )
    for name, value in first.state_dict().items():
        torch.testing.assert_close(value, other.state_dict()[name], rtol=1e-3, atol=1e-4)


def test_progress_is_told_and_cancelling_stops():
    rows: list[dict] = []
    with pytest.raises(Cancelled):
        build("cr", {**TINY, "epochs": 50}).fit(
            recording(), LeadSet("II"), rows.append, lambda: len(rows) >= 2
        )
    assert len(rows) == 2 and {"epoch", "train_loss", "validation_loss", "seconds"} <= set(rows[0])


def test_too_short_a_recording_and_one_without_missing_leads_are_refused():
    with pytest.raises(UnusableEcg, match="at least"):
        build("cr", TINY).fit(recording(6.0), LeadSet("II"))
    with pytest.raises(UnusableEcg, match="holds none"):
        build("cr", TINY).fit(recording().pick("II"), LeadSet("II"))


@pytest.mark.slow
def test_a_network_beats_least_squares_where_shape_matters():
    """V1 that follows lead II by 60 ms: no instantaneous map can know it, a window can."""
    ecg = recording(60.0, 250.0)
    late = np.roll(ecg["II"], 15)
    delayed = Ecg.from_leads({"II": ecg["II"], "V1": late}, 250.0)
    whole = personal.prepared(delayed)
    network = personal.train(
        "cr", whole, LeadSet("II"), options={"widths": (8, 8, 8), "hidden": 64, "epochs": 40, "stride": 50}
    )
    linear = personal.closed_form("least-squares", whole, LeadSet("II"))
    start, stop = personal.held_out(whole)
    truth = whole.cut(start, stop)["V1"]
    errors = {}
    for name, model in (("cr", network), ("linear", linear)):
        estimate = model.estimate(whole.pick("II"))
        row = estimate.signals[estimate.leads.index("V1")][-len(truth) :]
        errors[name] = np.corrcoef(row, truth)[0, 1]
    assert errors["cr"] > 0.8 > errors["linear"] + 0.2, errors


def test_fixed_scales_come_from_the_training_windows_alone():
    model = build("cr", {**TINY, "inputs": ("II",)})
    train, _ = model.parts(recording(40.0))
    entering, leaving = model.entering[..., 0], model.leaving[..., 0]
    inputs, outputs = train.values[:, :1], train.values[:, 1:]
    np.testing.assert_allclose(entering, [inputs.mean((0, 2)), inputs.std((0, 2))], rtol=1e-3, atol=1e-6)
    np.testing.assert_allclose(leaving, [outputs.mean((0, 2)), outputs.std((0, 2))], rtol=1e-3, atol=1e-5)
    plain = build("cr", {**TINY, "inputs": ("II",), "standardise": False})
    plain.parts(recording(40.0))
    assert (plain.entering[0] == 0).all() and (plain.leaving[1] == 1).all()


@pytest.mark.slow
def test_without_fixed_scales_a_short_training_stays_at_the_mean():
    ecg, options = recording(40.0), {"widths": (8, 8, 8), "hidden": 64, "epochs": 10}
    lowest = {}
    for name, on in (("with", True), ("without", False)):
        rows: list[dict] = []
        build("cr", {**options, "standardise": on}).fit(ecg, LeadSet("II"), rows.append)
        lowest[name] = min(row["validation_loss"] for row in rows)
    assert lowest["with"] < 0.5 * lowest["without"], lowest


@pytest.mark.parametrize(("seconds", "least"), [(30.0, 10), (120.0, 12)])
def test_short_recordings_get_as_many_steps_an_epoch(seconds, least):
    rows: list[dict] = []
    build("cr", {**TINY, "epochs": 1}).fit(recording(seconds), LeadSet("II"), rows.append)
    assert least <= rows[0]["step"] <= 14


def test_an_input_lead_that_is_flat_or_absent_is_refused_by_name():
    ecg = recording(30.0)
    signals = ecg.signals.copy()
    signals[ecg.leads.index("V2")] = 0.3
    with pytest.raises(UnusableEcg, match="V2 is flat"):
        build("cf", TINY).fit(ecg.replace(signals=signals), LeadSet("V2"))
    with pytest.raises(UnusableEcg, match="no lead V2"):
        build("cf", TINY).fit(ecg.pick(["I", "II", "V1"]), LeadSet("V2"))


def test_the_duel_counts_leads_with_the_smaller_error():
    first, other = (
        [personal.Score(lead, 0.9, 10.0, error) for lead, error in rows]
        for rows in ([("V1", 1.0), ("V2", 2.0)], [("V1", 2.0), ("V2", 1.0), ("V3", 0.0)])
    )
    assert personal.duel(first, other) == (1, 2)
