"""The front door for programs: a few names, imported when they are asked for; the README's example runs."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

import ecgcore
from ecgcore.export.content import version

ROOT = Path(__file__).parents[2]


def test_the_names_are_those_of_their_homes():
    from ecgcore.ecg import Ecg
    from ecgcore.io import read
    from ecgcore.leads import LeadSet
    from ecgcore.measurements import measure
    from ecgcore.quality import findings

    assert [getattr(ecgcore, name) for name in ecgcore.__all__] == [
        Ecg,
        LeadSet,
        findings,
        measure,
        read,
    ]
    with pytest.raises(AttributeError, match="no attribute 'reed'"):
        _ = ecgcore.reed


def test_the_version_is_that_of_the_newest_changes():
    heading = re.search(
        r"^## ([\d.]+)( \(not released\))?$", (ROOT / "CHANGELOG.md").read_text(), re.MULTILINE
    )
    assert heading is not None
    assert version() == heading[1] + (".dev0" if heading[2] else "")


def test_entering_imports_nothing_heavy():
    code = "import sys, ecgcore, models; sys.exit(bool({'numpy', 'torch', 'pandas'} & set(sys.modules)))"
    assert subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=False).returncode == 0


def test_the_example_of_the_readme_runs(tmp_path, capsys):
    from ecgcore.io.write import write_ecg
    from ecgcore.synthetic import Heart, simulate

    text = (ROOT / "README.md").read_text(encoding="utf-8")
    example = text.partition("```python\n")[2].partition("```")[0]
    assert len(example.strip().splitlines()) <= 10
    head = write_ecg(simulate(Heart(), 500.0, 10.0, seed=0), tmp_path, "RECORD")
    exec(compile(example.replace("RECORD.hea", str(head)), "README.md", "exec"), {})
    printed = capsys.readouterr().out
    assert "V4 estimated" in printed and " ms" in printed


def test_the_readme_is_short_and_its_links_lead_somewhere():
    import re

    text = (ROOT / "README.md").read_text(encoding="utf-8")
    lines = text.splitlines()
    assert len(lines) <= 120 and max(map(len, lines)) <= 110
    for target in re.findall(r"\]\(([^)]+)\)", text):
        assert (ROOT / target).exists(), target
    for picture in re.findall(r"!\[[^]]*\]\(([^)]+)\)", text):
        assert (ROOT / picture).stat().st_size < 200_000
    for path in re.findall(r"`((?:ecgcore|models|tests|pages)/[\w/.]+)`", text):
        assert (ROOT / path).exists(), path
