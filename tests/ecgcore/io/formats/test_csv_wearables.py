"""Tables of watches, belts and loggers: clocks of any name, a signal called sample, languages, and lines
about a person that are no columns."""

from __future__ import annotations

import datetime as dt

import numpy as np
import pytest

from ecgcore.ecg import UnusableEcg
from ecgcore.io import NeedsHint, read_files
from ecgcore.leads import STANDARD
from tests.ecgcore.io.helpers import twelve_leads

ECG = twelve_leads(rate=125, seconds=8)
UV = np.round(1000 * ECG["I"]).astype(int)
START = dt.datetime(2024, 3, 1, 12, 30, tzinfo=dt.UTC)


def asked(content: str, **given: object) -> NeedsHint:
    with pytest.raises(NeedsHint) as caught:
        read_files({"a.csv": content.encode()}, **given)
    return caught.value


def belt(burst: int) -> str:
    """As a logger of a Polar H10 writes it: a clock of the phone, one of the sensor, one from the start.
    burst: samples that the phone stamps at once."""
    rows = ["Phone timestamp;sensor timestamp [ns];timestamp [ms];ecg [uV]"]
    for k, value in enumerate(UV):
        phone = START + dt.timedelta(milliseconds=8 * (k // burst * burst))
        sensor = 599_614_853_000_000_000 + 8_000_000 * k
        rows.append(f"{phone:%Y-%m-%dT%H:%M:%S}.{phone.microsecond // 1000:03d};{sensor};{8 * k:.1f};{value}")
    return "\n".join(rows)


@pytest.mark.parametrize("burst", [1, 73])
def test_every_clock_of_a_belt_is_one_and_the_first_even_one_gives_the_rate(burst):
    question = asked(belt(burst))
    assert question.missing == ("leads",)
    assert [(channel.label, channel.rate) for channel in question.channels] == [("ecg", 125)]
    back = read_files({"a.csv": belt(burst).encode()}, leads={"ecg": "I"})
    np.testing.assert_allclose(back["I"], UV / 1000, atol=1e-6)


def test_a_signal_that_is_called_sample_counts_nothing():
    rows = "\n".join(f"{1709294400000 + 8 * k},{value}" for k, value in enumerate(UV))
    question = asked(f"timestamp,sample\n{rows}", unit="uV")
    assert [channel.label for channel in question.channels] == ["sample"]


def test_a_unit_behind_a_name_that_is_no_lead():
    rows = "\n".join(f"{8 * k},{value}" for k, value in enumerate(UV))
    question = asked(f"time_ms,ECG_uV\n{rows}")
    assert question.missing == ("leads",) and question.channels[0].label == "ECG"


CLOCKS = {
    "Japanese": "時間（秒）",  # noqa: RUF001
    "Chinese": "时间(秒)",
    "Russian": "Время (с)",  # noqa: RUF001
    "Dutch": "Tijd (s)",
    "Polish": "Czas [s]",
    "Swedish": "Tid (s)",
    "Turkish": "Zaman (sn)",
}


@pytest.mark.parametrize("language", CLOCKS)
def test_clocks_in_many_languages(language):
    head = ";".join([CLOCKS[language], *(f"{lead} (mV)" for lead in STANDARD)])
    rows = [";".join(f"{value:.3f}" for value in (k / 125, *ECG.signals[:, k])) for k in range(ECG.n_samples)]
    back = read_files({"a.csv": "\n".join([head, *rows]).replace(".", ",").encode()})
    assert back.rate == 125 and back.leads == STANDARD and not back.notes


WATCHES = {
    "Korean": "이름,Quidam\n샘플 비율,512헤르츠\n\n리드,리드 I\n단위,µV\n\n",
    "Chinese, traditional": "姓名,Quidam\n採樣率,512 赫茲\n\n導聯,導聯 I\n單位,µV\n\n",
    "Turkish": "Ad,Quidam\nÖrnekleme Hızı,512 hertz\n\nDerivasyon,Derivasyon I\nBirim,µV\n\n",  # noqa: RUF001
    "Finnish": "Nimi,Quidam\nNäytteenottotaajuus,512 hertsiä\n\nKytkentä,Kytkentä I\nYksikkö,µV\n\n",
    "Greek": "Όνομα,Quidam\nΡυθμός,512 hertz\n\nΑπαγωγή,Απαγωγή I\nΜονάδα,µV\n\n",  # noqa: RUF001
}


@pytest.mark.parametrize("language", WATCHES)
def test_a_watch_in_a_language_that_nobody_listed_says_lead_rate_and_unit(language):
    back = read_files({"a.csv": (WATCHES[language] + "\n".join(map(str, UV))).encode()})
    assert (back.leads, back.rate) == (("I",), 512)
    np.testing.assert_allclose(back["I"], UV / 1000, atol=1e-6)


@pytest.mark.parametrize(
    "head",
    [
        "Name,Quidam\nSample Rate,125\n\n",
        "Patient,Quidam\n",
        "Quidam,Nemo\nID,4711\n\n",
        "Quidam,Nemo\nrate,9\n",
    ],
)
def test_lines_about_a_person_name_no_column(head):
    rows = "\n".join(f"{one},{two}" for one, two in zip(UV, UV[::-1], strict=True))
    question = asked(head + rows, unit="uV", rate=125)
    assert [channel.label for channel in question.channels] == ["channel 1", "channel 2"]


def test_words_in_a_row_are_placed_and_not_repeated():
    with pytest.raises(UnusableEcg, match="in row 3 of them, column 2") as caught:
        read_files({"a.csv": b"x,y\n1,2\n1,2\n1,Quidam\n" + b"1,2\n" * 500}, rate=125, unit="uV")
    assert "Quidam" not in str(caught.value)
