"""The front door for programs: a few names, imported when they are asked for; the README's example runs."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

import ecgcore

ROOT = Path(__file__).parents[2]


def test_the_names_are_those_of_their_homes():
    from ecgcore.ecg import Ecg
    from ecgcore.io import read_path
    from ecgcore.leads import LeadSet
    from ecgcore.measurements import measure
    from ecgcore.quality import findings

    assert [getattr(ecgcore, name) for name in ecgcore.__all__] == [
        Ecg,
        LeadSet,
        findings,
        measure,
        read_path,
    ]
    with pytest.raises(AttributeError, match="no attribute 'reed'"):
        _ = ecgcore.reed


def test_entering_imports_nothing_heavy():
    code = "import sys, ecgcore, models; sys.exit(bool({'numpy', 'torch', 'pandas'} & set(sys.modules)))"
    assert subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=False).returncode == 0
