"""What a program writes first: load a model, reconstruct, look at what is estimated."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from ecgcore.ecg import UnusableEcg
from ecgcore.leads import LeadSet
from ecgcore.synthetic import Heart, simulate
from models import load
from models.reconstruct import reconstruct


def test_a_model_is_loaded_by_its_name_and_reconstructs_what_the_function_does():
    ecg = simulate(Heart(), 500.0, 5.0, seed=1)
    twelve = load("linear").reconstruct(ecg, "I II V2")
    assert twelve.estimated == LeadSet("V1 V3 V4 V5 V6")
    np.testing.assert_array_equal(
        twelve.ecg.signals, reconstruct(ecg, LeadSet("I II V2"), "linear").ecg.signals
    )
    fitted = load("least-squares").reconstruct(ecg, LeadSet("I II V2"))
    assert 0 < fitted.fitted_until < ecg.duration


def test_without_a_name_the_first_of_the_list_is_loaded():
    assert load().card is not None and load().family.role == "ours"


def test_an_unknown_name_is_refused_with_those_there_are():
    with pytest.raises(UnusableEcg, match=r"no model 'nobody'; there are .*linear"):
        load("nobody")


def test_importing_the_front_door_imports_neither_torch_nor_numpy():
    code = "import sys, models; print([name for name in ('torch', 'numpy', 'scipy') if name in sys.modules])"
    root = Path(__file__).parents[2]
    result = subprocess.run(
        [sys.executable, "-c", code], cwd=root, capture_output=True, text=True, check=True
    )
    assert result.stdout.strip() == "[]"
