"""Which channel is which lead: never by a number, in German files by C1-C6, else by asking."""

from __future__ import annotations

import numpy as np
import pytest

from ecgcore.ecg import UnusableEcg
from ecgcore.io import NeedsHint, parse_leads, read_files, read_parts
from ecgcore.io.naming import known_leads
from ecgcore.leads import STANDARD
from tests.ecgcore.io.helpers import replaced, twelve_leads, wfdb_files

ECG = twelve_leads(rate=250, seconds=3)


def named(*labels: str) -> dict[str, bytes]:
    """A record of as many channels as labels."""
    files = wfdb_files(ECG.pick(STANDARD[: len(labels)]))
    for lead, label in zip(STANDARD, labels, strict=False):
        files = replaced(files, f" 0 {lead}\n", f" 0 {label}\n", 1)
    return files


@pytest.mark.parametrize(
    "labels", [("ECG1", "ECG2"), ("ECG", "ECG"), ("1", "2"), ("Lead 1", "Lead 2"), ("chan 0", "chan 1")]
)
def test_channels_without_a_name_are_asked_for_and_read_as_answered(labels):
    with pytest.raises(NeedsHint) as caught:
        read_files(named(*labels))
    wish = caught.value
    assert (
        wish.missing == ("leads",) and len(wish.channels) == 2 and "which lead each channel is" in str(wish)
    )
    first = wish.channels[0]
    assert first.rate == 250 and not first.suggestion
    np.testing.assert_allclose(first.samples, ECG["I"][: first.samples.size], atol=0.0006)
    answer = dict(zip((channel.label for channel in wish.channels), ("V1", "V5"), strict=True))
    back = read_files(named(*labels), leads=answer)
    assert back.leads == ("V1", "V5")
    np.testing.assert_allclose(back["V5"], ECG["II"], atol=0.0006)


def test_twelve_channels_without_a_name_are_offered_the_standard_order():
    table = "\n".join(";".join(f"{value:.4f}" for value in row) for row in ECG.signals.T).encode()
    with pytest.raises(NeedsHint) as caught:
        read_files({"a.csv": table})
    assert caught.value.missing == ("leads", "rate", "unit")
    assert [channel.suggestion for channel in caught.value.channels] == list(STANDARD)
    answer = {channel.label: channel.suggestion for channel in caught.value.channels}
    back = read_files({"a.csv": table}, rate=250, unit="mV", leads=answer)
    np.testing.assert_allclose(back.signals, ECG.signals, atol=0.0001)


def test_a_channel_can_be_left_out_and_answers_are_checked():
    files = named("ECG1", "ECG2")
    assert read_files(files, leads={"ECG1": "-", "ecg2": "v2"}).leads == ("V2",)
    for answer, words in (
        ({"ECG9": "V1"}, "no channel ECG9; the channels are ECG1, ECG2"),
        ({"ECG1": "V9"}, "V9 is no lead"),
        ({"ECG1": "-", "ECG2": "-"}, "No standard lead"),
        ({"ECG1": "V1", "ECG2": "V1"}, "V1 is there more than once"),
    ):
        with pytest.raises(UnusableEcg, match=words):
            read_files(files, leads=answer)


def test_an_answer_outdoes_a_name():
    assert read_files(named("I", "II"), leads={"I": "V1", "II": "-"}).leads == ("V1",)


def test_c1_to_c6_are_chest_leads_only_in_a_german_file():
    assert known_leads(["Ableitung I", "C1", "C6"]) == {"Ableitung I": "I", "C1": "V1", "C6": "V6"}
    assert known_leads(["EKG II", "C2"]) == {"EKG II": "II", "C2": "V2"}
    assert known_leads(["I", "II", "C3", "C4"]) == {"I": "I", "II": "II"}


def test_mlii_is_lead_ii_with_a_note():
    back = read_files(named("MLII", "V5"))
    assert back.leads == ("II", "V5")
    assert any("MLII is taken as lead II: a modified lead" in note for note in back.notes)


def test_channels_without_a_name_beside_known_ones_are_asked_for_where_that_is_wished():
    files = named("V1", "ECG2", "Resp", "SpO2")
    assert read_files(files).leads == ("V1",)
    with pytest.raises(NeedsHint, match="names V1, but does not say which lead ECG2 is") as caught:
        read_parts(files, ask_all=True)
    assert caught.value.named == ("V1",) and [channel.label for channel in caught.value.channels] == ["ECG2"]
    back = read_parts(files, ask_all=True, leads={"ECG2": "V5"})
    assert back.leads == ("V1", "V5")
    np.testing.assert_allclose(back["V5"], ECG["II"], atol=0.0006)
    assert read_parts(files, ask_all=True, leads={"ECG2": "-"}).leads == ("V1",)
    assert read_parts(named("V1", "V2", "EEG C3-A2", "C4", "O1"), ask_all=True).leads == ("V1", "V2")


def test_six_channels_beside_the_limb_leads_are_offered_as_chest_leads():
    with pytest.raises(NeedsHint) as caught:
        read_parts(named(*STANDARD[:6], "C1", "C2", "C3", "C4", "C5", "C6"), ask_all=True)
    assert [channel.suggestion for channel in caught.value.channels] == list(STANDARD[6:])


@pytest.mark.parametrize("label", ["-aVR", "-AVR", "Lead -aVR", "\u2212aVR"])
def test_the_negative_of_a_lead_is_turned_with_a_note(label):
    back = read_files(named("V1", label))
    assert back.leads == ("aVR", "V1") and any("its sign was turned for aVR" in note for note in back.notes)
    np.testing.assert_allclose(back["aVR"], -ECG["II"], atol=0.0006)


def test_other_signals_are_not_asked_about():
    with pytest.raises(UnusableEcg, match="No standard lead among Resp, ABP") as caught:
        read_files(named("Resp", "ABP"))
    assert not isinstance(caught.value, NeedsHint)


def test_leads_on_the_command_line():
    assert parse_leads("ECG1=V1 ECG2=V5") == {"ECG1": "V1", "ECG2": "V5"}
    assert parse_leads("ECG 1=V1, ECG 2=-") == {"ECG 1": "V1", "ECG 2": "-"}
    for text in ("", "V1 V2", "ECG1=", "=V1"):
        with pytest.raises(UnusableEcg, match="names no leads"):
            parse_leads(text)
