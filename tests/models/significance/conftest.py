"""A small network of any input leads and a recording, for all tests of significance."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from ecgcore.demonstrations import demonstrations
from ecgcore.ecg import Ecg
from ecgcore.leads import INDEPENDENT, LeadSet
from models.significance.contributions import (
    scene,
)
from models.zoo.any_subset import AnySubset, AnySubsetConfig


def small_network(seed: int = 0) -> AnySubset:
    """An any-subset network of random weights that do something, on a solved covariance of simulated
    hearts."""
    torch.manual_seed(seed)
    model = AnySubset(AnySubsetConfig(widths=(16, 16), depth=1))
    hearts = [scene(make(), LeadSet("I")) for make in list(demonstrations().values())[1:3]]
    rows = np.concatenate([np.stack([heart.truth[lead] for lead in INDEPENDENT]) for heart in hearts], axis=1)
    lags = model.linear.config.lags_ms
    lagged = np.concatenate([np.roll(rows, -lag // 10, axis=1) for lag in lags])
    model.linear.covariance.copy_(torch.from_numpy(np.cov(lagged) + 1e-4 * np.eye(len(lagged))))
    for parameter in model.network.parameters():
        if parameter.ndim > 1:
            torch.nn.init.normal_(parameter, std=0.05)
    return model.eval().requires_grad_(False)


@pytest.fixture(scope="module")
def network() -> AnySubset:
    return small_network()


@pytest.fixture(scope="module")
def recording() -> Ecg:
    return list(demonstrations().values())[1]()
