"""Grad-CAM of published networks: of each stored family, on the trace it gives, from what it learned."""

from __future__ import annotations

import numpy as np
import pytest

from ecgcore.ecg import UnusableEcg
from ecgcore.synthetic import Heart, simulate
from models.reconstruct import available, trained
from models.significance.fixed_leads import explain_fixed, explains, shuffled_agreement

ECG = simulate(Heart(), 500.0, 10.0, seed=4)
ONE_OF_A_FAMILY = {
    info.family.name: info.name
    for info in reversed(available())
    if info.card and info.family.role == "published"
}


@pytest.mark.parametrize("name", ONE_OF_A_FAMILY.values())
def test_the_map_lies_on_the_networks_own_leads_and_its_estimate_is_the_models(name):
    model = trained(name).model
    assert explains(model)
    target = model.outputs[-1]
    explanation = explain_fixed(model, ECG, target, [(2.0, 4.0)])
    assert explanation.inputs == model.inputs and explanation.seen.shape == explanation.maps["gradient"].shape
    assert explanation.window.sum() == pytest.approx(2.0 * explanation.rate, abs=2)
    own = model.estimate(ECG)
    row = own.signals[list(own.leads).index(target)]
    at_rate = np.interp(
        np.arange(len(explanation.estimate)) / explanation.rate, np.arange(len(row)) / ECG.rate, row
    )
    assert np.corrcoef(at_rate, explanation.estimate)[0, 1] > 0.9
    assert (
        "grad-cam" in explanation.maps
        and explanation.maps["grad-cam"].min() >= 0
        and explanation.maps["grad-cam"].any()
    )
    assert sum((explanation.of_leads or {}).values()) == pytest.approx(1, abs=1e-6)
    again = explain_fixed(model, ECG, target, [(2.0, 4.0)])
    assert all(np.array_equal(explanation.maps[kind], again.maps[kind]) for kind in explanation.maps)


def test_a_map_of_shuffled_weights_is_another_and_what_is_not_estimated_is_refused():
    name = ONE_OF_A_FAMILY["gradowski"]
    model = trained(name).model
    explanation = explain_fixed(model, ECG, model.outputs[-1], None)
    agreement = shuffled_agreement(model, explanation, "grad-cam", draws=1)
    assert agreement is None or 0 <= agreement < 0.95
    with pytest.raises(UnusableEcg, match="does not estimate"):
        explain_fixed(model, ECG, model.inputs[0], None)


def test_other_models_are_not_explained_so():
    assert not explains(trained("linear").model)
