"""Several recordings out of one pile of files: each once, by its own header, and a reason for each that
cannot be read."""

from __future__ import annotations

import io
import zipfile

import pytest

from ecgcore.ecg import Ecg, UnusableEcg
from ecgcore.io.apart.several import read_each
from ecgcore.io.write import write_ecg
from ecgcore.synthetic import Heart, simulate


@pytest.fixture(scope="module")
def pile(tmp_path_factory):
    """Three recordings as WFDB, the second with a signal file of another name."""
    folder = tmp_path_factory.mktemp("pile")
    for number, seconds in enumerate((2.0, 3.0, 4.0)):
        write_ecg(simulate(Heart(), 250.0, seconds), folder, f"r{number}")
    (folder / "r1.dat").rename(folder / "signals.dat")
    header = folder / "r1.hea"
    header.write_text(header.read_text().replace("r1.dat", "signals.dat"))
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def durations(answers) -> list[float]:
    return [round(answer.duration) for answer in answers if isinstance(answer, Ecg)]


def test_each_recording_is_read_once_also_by_another_name_of_its_signals(pile):
    answers = list(read_each(pile))
    assert len(answers) == 3 and durations(answers) == [2, 3, 4]


def test_a_zip_of_many_gives_many(pile):
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        for name, content in pile.items():
            archive.writestr(name, content)
    assert durations(read_each({"ward.zip": packed.getvalue()})) == [2, 3, 4]


def test_what_cannot_be_read_is_a_reason_and_the_others_are_read(pile):
    whole = {name: content for name, content in pile.items() if name != "r0.dat"}
    answers = list(read_each(whole | {"note.csv": b"nothing of use", "asks.csv": b"I,II\n1,2\n"}))
    assert durations(answers) == [3, 4]
    reasons = [answer for answer in answers if isinstance(answer, UnusableEcg)]
    assert len(reasons) == 3 and all(str(reason) for reason in reasons)
