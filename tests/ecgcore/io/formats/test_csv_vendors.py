"""Tables as devices and programs write them: thousands, clocks, units in a row, words beside the numbers."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from ecgcore.ecg import UnusableEcg
from ecgcore.io import NeedsHint, read, read_files, read_parts
from ecgcore.io.columns import rate_of
from ecgcore.leads import STANDARD
from tests.ecgcore.io.helpers import twelve_leads

ECG = twelve_leads(rate=250, seconds=3)
N = ECG.n_samples


def table(
    write: Callable[[float], str] = "{:.3f}".format,
    sign: str = ",",
    names: tuple[str, ...] = STANDARD,
    time: Callable[[int], str] | None = None,
    scale: float = 1.0,
    head: str = "",
) -> str:
    """A header row and the twelve leads times a scale."""
    rows = [sign.join(names)]
    for k in range(N):
        cells = [] if time is None else [time(k)]
        rows.append(sign.join([*cells, *(write(scale * ECG[lead][k]) for lead in STANDARD)]))
    return head + "\n".join(rows) + "\n"


def german(value: float) -> str:
    return f"{value:,.2f}".translate(str.maketrans(",.", ".,"))


def clock(k: int, mark: str = ".") -> str:
    return f"{0.004 * k // 60:02.0f}:{0.004 * k % 60:06.3f}".replace(".", mark)


TIMED = ("time", *STANDARD)
FILES = {
    "UTF-16 with a mark": (table().encode("utf-16"), {"rate": 250, "unit": "mV"}),
    "UTF-16 without a mark": (table().encode("utf-16-be"), {"rate": 250, "unit": "mV"}),
    "UTF-8 with a mark": (table().encode("utf-8-sig"), {"rate": 250, "unit": "mV"}),
    "carriage returns": (table().replace("\n", "\r").encode(), {"rate": 250, "unit": "mV"}),
    "mixed line ends": (table().replace("\n", "\r\n", 300).encode(), {"rate": 250, "unit": "mV"}),
    "decimal commas": (
        table(lambda v: f"{v:.3f}".replace(".", ","), ";").encode(),
        {"rate": 250, "unit": "mV"},
    ),
    "quoted decimal commas": (
        table(lambda v: f'"{v:.3f}"'.replace(".", ",")).encode(),
        {"rate": 250, "unit": "mV"},
    ),
    "thousands by commas": (table("{:,.2f}".format, ";", scale=1e6).encode(), {"rate": 250, "unit": "nV"}),
    "quoted thousands": (table('"{:,.2f}"'.format, scale=1e6).encode(), {"rate": 250, "unit": "nV"}),
    "thousands by points": (table(german, ";", scale=1e6).encode(), {"rate": 250, "unit": "nV"}),
    "whole thousands": (
        table(lambda v: f"{v:,.0f}".replace(",", "."), ";", scale=1e6).encode(),
        {"rate": 250, "unit": "nV"},
    ),
    "thousands by blanks": (
        table(lambda v: f"{v:,.2f}".replace(",", "\u202f"), ";", scale=1e6).encode(),
        {"rate": 250, "unit": "nV"},
    ),
    "thousands by apostrophes": (
        table(lambda v: f"{v:,.2f}".replace(",", "\u2019"), ";", scale=1e6).encode(),
        {"rate": 250, "unit": "nV"},
    ),
    "time in ms": (table(names=("Time (ms)", *STANDARD), time=lambda k: f"{4 * k}").encode(), {"unit": "mV"}),
    "time_ms": (table(names=("time_ms", *STANDARD), time=lambda k: f"{4 * k}").encode(), {"unit": "mV"}),
    "clock": (table(names=TIMED, time=lambda k: f"09:{clock(k)}").encode(), {"unit": "mV"}),
    "clock past midnight": (
        table(
            names=TIMED,
            time=lambda k: (
                f"23:59:{58 + k // 250}.{k % 250 * 4:03d}" if k < 500 else f"00:00:00.{(k - 500) * 4:03d}"
            ),
        ).encode(),
        {"unit": "mV"},
    ),
    "clock with a comma": (
        table(
            lambda v: f"{v:.3f}".replace(".", ","), ";", ("Zeit", *STANDARD), lambda k: f"09:{clock(k, ',')}"
        ).encode(),
        {"unit": "mV"},
    ),
    "ISO 8601": (table(names=TIMED, time=lambda k: f"2024-03-01T12:{clock(k)}Z").encode(), {"unit": "mV"}),
    "date and clock": (
        table(names=TIMED, time=lambda k: f"2024-03-01 12:{clock(k)}").encode(),
        {"unit": "mV"},
    ),
    "milliseconds since 1970": (
        table(names=("timestamp", *STANDARD), time=lambda k: f"{1709294400000 + 4 * k}").encode(),
        {"unit": "mV"},
    ),
    "rate 250,0": (
        table(lambda v: f"{v:.3f}".replace(".", ","), ";", head="Abtastrate;250,0\nEinheit;mV\n").encode(),
        {},
    ),
    "an interval": (table(head="Sampling interval,4 ms\nunits,mV\n").encode(), {}),
    "a row of units": (
        table(names=("Time", *STANDARD), time=lambda k: f"{0.004 * k:.3f}")
        .replace("V6\n", "V6\ns" + ",uV" * 12 + "\n", 1)
        .encode(),
        {"scale": 1000},
    ),
    "PhysioNet's rdsamp": (
        table(names=("'Elapsed time'", *(f"'{lead}'" for lead in STANDARD)), time=lambda k: f"'{clock(k)}'")
        .replace("'V6'\n", "'V6'\n'mm:ss.mmm'" + ",'mV'" * 12 + "\n", 1)
        .encode(),
        {},
    ),
    "lower case": (table(names=tuple(map(str.lower, STANDARD))).encode(), {"rate": 250, "unit": "mV"}),
    "MDC": (
        table(names=tuple(f"MDC_ECG_LEAD_{lead.upper()}" for lead in STANDARD)).encode(),
        {"rate": 250, "unit": "mV"},
    ),
    "minus of a typesetter": (table().replace("-", "\u2212").encode(), {"rate": 250, "unit": "mV"}),
    "bars": (table(sign="|").encode(), {"rate": 250, "unit": "mV"}),
    "exponents": (table("{:.5e}".format).encode(), {"rate": 250, "unit": "mV"}),
    "text at the end": ((table() + "END OF FILE\n").encode(), {"rate": 250, "unit": "mV"}),
}


@pytest.mark.parametrize("kind", FILES)
def test_every_sample_of_every_lead_comes_back(kind):
    content, options = FILES[kind]
    options = dict(options)
    scale = options.pop("scale", 1)
    back = read(content, file="a.csv", **options)
    assert back.leads == STANDARD and back.rate == 250 and back.n_samples == N
    np.testing.assert_allclose(scale * back.signals, ECG.signals, atol=0.00051)


def test_words_in_a_column_of_marks_hide_no_row():
    rows = [f"{ECG['I'][k]:.3f},{ECG['II'][k]:.3f},{'N' if k % 100 == 0 else ''}" for k in range(N)]
    back = read_files({"a.csv": "\n".join(["I,II,Beat", *rows]).encode()}, rate=250, unit="mV")
    assert back.n_samples == N
    np.testing.assert_allclose(back["I"], ECG["I"], atol=0.00051)


@pytest.mark.parametrize("index", [False, True])
def test_numbers_of_columns_and_rows_are_no_samples(index):
    names = [str(number) for number in range(12)]
    text = table(names=("", *names) if index else tuple(names), time=str if index else None)
    with pytest.raises(NeedsHint) as caught:
        read_files({"a.csv": text.encode()}, rate=250, unit="mV")
    assert [channel.label for channel in caught.value.channels] == names
    assert caught.value.channels[0].samples[0] == pytest.approx(ECG["I"][0], abs=0.00051)


def test_a_clock_without_a_name_and_words_are_not_asked_about():
    rows = "\n".join(
        f"{0.004 * k:.3f}," + ",".join(f"{ECG[lead][k]:.3f}" for lead in STANDARD) for k in range(N)
    )
    with pytest.raises(NeedsHint) as caught:
        read_files({"a.csv": rows.encode()}, rate=250, unit="mV")
    assert [one.suggestion for one in caught.value.channels] == list(STANDARD)
    lines = [f"{k},{ECG['I'][k]:.3f},{'N' if k % 100 == 0 else ''}" for k in range(N)]
    text = "\n".join(["Unnamed: 0,I,Beat", *lines])
    assert read_parts({"a.csv": text.encode()}, rate=250, unit="mV", ask_all=True).leads == ("I",)


def test_a_row_that_was_cut_off_is_left_out_with_a_note():
    back = read_files({"a.csv": table().encode()[:-9]}, rate=250, unit="mV")
    assert back.n_samples == N - 1 and any("ends within a row" in note for note in back.notes)


def test_a_sampling_rate_with_thousands():
    assert [rate_of({"rate": text}, [], np.empty((0, 0)), "") for text in ("1,000 Hz", "512,5", "250.0")] == [
        1000,
        512.5,
        250,
    ]


def test_a_table_laid_across_is_refused_in_words():
    rows = "\n".join(f"{lead}," + ",".join(f"{value:.2f}" for value in ECG[lead]) for lead in STANDARD)
    with pytest.raises(UnusableEcg, match="has 751 columns, too many for one ECG"):
        read_files({"a.csv": rows.encode()}, rate=250, unit="mV")
