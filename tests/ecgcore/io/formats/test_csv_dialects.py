"""Any dialect of delimited text is read to the values it was written from; what is ambiguous is refused or
asked."""

from __future__ import annotations

import time

import numpy as np
import pytest

from ecgcore.ecg import UnusableEcg
from ecgcore.io import NeedsHint, read_files, read_parts
from ecgcore.io.contents import Hints
from ecgcore.io.upload import read_files_here
from tests.ecgcore.io.helpers import twelve_leads

ECG = twelve_leads(rate=250, seconds=3)
UV = 1000 * ECG["I"].astype(float)

WATCH = {
    "English": (
        "Name,Jane Doe\nDate of Birth,1 Jan 1950\nSample Rate,512 hertz\n\n\nLead,Lead I\nUnit,µV\n\n",
        ".",
    ),
    "German": (
        (
            'Name,"Doe, Jane"\nGeburtsdatum,01.01.1950\nMessrate,512 Hertz\n\n\nAbleitung,Ableitung '
            "I\nEinheit,µV\n\n"
        ),
        ",",
    ),
    "French": (
        (
            "Nom,Jane Doe\nDate de naissance,1 janv. 1950\nFréquence d’échantillonnage,512 "
            "hertz\n\nDérivation,Dérivation I\nUnité,µV\n\n"
        ),
        ",",
    ),
    "Portuguese": (
        "Nome,Jane Doe\nTaxa de Amostragem,512 hertz\n\nDerivação,Derivação I\nUnidade,µV\n\n",
        ",",
    ),
    "Japanese": (
        "名前,Jane Doe\n生年月日,1950/01/01\nサンプルレート,512ヘルツ\n\n誘導,I誘導\n単位,µV\n\n",
        ".",
    ),
}


@pytest.mark.parametrize("language", WATCH)
def test_apple_watch_in_any_language_and_with_its_decimal_mark(language):
    head, mark = WATCH[language]
    lines = "\n".join(f"{value:.3f}".replace(".", mark) for value in UV)
    back = read_files({"ecg.csv": (head + lines + "\n").encode()})
    assert back.leads == ("I",) and back.rate == 512
    np.testing.assert_allclose(1000 * back["I"], UV, atol=0.001)
    assert "Doe" not in repr(back) and "1950" not in repr(back)


@pytest.mark.parametrize(
    "head", ["I (uV);V2 (uV)", "Ableitung I [µV];Ableitung V2 [µV]", "I_uV;V2_uV", "sep=;\nI/uV;V2/uV"]
)
@pytest.mark.parametrize(
    ("separator", "mark"),
    [(";", ","), (";", "."), ("\t", ","), ("\t", "."), (",", "."), (" ", "."), (" ", ",")],
)
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_every_dialect_comes_back(head, separator, mark, end):
    rows = [
        f"{number:.2f}{separator}{two:.2f}".replace(".", mark)
        for number, two in zip(UV, 1000 * ECG["V2"], strict=True)
    ]
    text = (
        end.join([*head.replace(";", separator).split("\n"), *rows])
        if separator != " "
        else end.join([head.replace(" ", "").replace(";", " ").replace("Ableitung", "Ableitung_"), *rows])
    )
    back = read_files({"a.csv": text.encode("cp1252")}, rate=250)
    assert back.leads == ("I", "V2")
    np.testing.assert_allclose(1000 * back["I"], UV, atol=0.006)
    np.testing.assert_allclose(back["V2"], ECG["V2"], atol=0.00001)


@pytest.mark.parametrize("digits", [1, 3])
def test_a_single_unnamed_column_with_decimal_commas_is_one_channel(digits):
    lines = "\n".join(f"{value:.{digits}f}".replace(".", ",") for value in UV)
    with pytest.raises(NeedsHint) as caught:
        read_files({"a.csv": lines.encode()}, rate=250, unit="uV")
    assert [channel.label for channel in caught.value.channels] == ["channel 1"]
    back = read_files({"a.csv": lines.encode()}, rate=250, unit="uV", leads={"channel 1": "I"})
    np.testing.assert_allclose(1000 * back["I"], UV, atol=0.06)


@pytest.mark.parametrize("word", ["#N/A", "#NV", "#DIV/0!", "NaN", "", "null"])
def test_a_cell_without_a_value_hides_no_row(word):
    rows = [f"{one:.2f};{two:.2f}" for one, two in zip(UV, 1000 * ECG["V2"], strict=True)]
    for at, cells in ((100, [word, "7"]), (200, ["7", word])):
        rows[at] = ";".join(cells)
    back = read_files({"a.csv": "\n".join(["I;V2", *rows]).encode()}, rate=250, unit="uV")
    assert back.n_samples == len(UV) and "bridged by straight lines in I V2" in " ".join(back.notes)
    np.testing.assert_allclose(1000 * back["I"][201:], UV[201:], atol=0.006)


def test_a_rate_is_for_files_that_do_not_say_theirs():
    rows = "\n".join(f"{value:.2f}" for value in UV)
    back = read_files({"a.csv": f"Sample Rate,250 Hz\nI\n{rows}".encode()}, rate=500, unit="uV")
    assert back.rate == 250


def test_two_unnamed_columns_of_whole_numbers_are_two_channels():
    lines = "\n".join(
        f"{round(number)},{round(two)}" for number, two in zip(UV, 1000 * ECG["V2"], strict=True)
    )
    with pytest.raises(NeedsHint) as caught:
        read_files({"a.csv": lines.encode()}, rate=250, unit="uV")
    assert len(caught.value.channels) == 2 and caught.value.missing == ("leads",)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("I,V2\n" + "1,5,2,5\n" * 600, "both separate columns and mark decimals"),
        ("I;V2\n" + "1.5;2,5\n" * 600, "both points and commas"),
        ("I;V2\n" + "1.234,5;1.23\n" * 600, "both points and commas"),
        ("I;V2\n" + "1.234,5;2.345,6\n" * 600 + "1.23;1,5\n", "both before three digits and before fewer"),
        ("I,V2\n" + "1,2\n" * 300 + "1,2,3\n" + "1,2\n" * 300, "number of columns"),
        ("I,V2\n" + "1,2\n" * 300 + "1,oops\n" * 300, "text among its numbers, in row 301 of them, column 2"),
        ("I,V2,V3\n" + "1,2\n" * 600, "names 3 columns, its rows have 2"),
        ("hello\n" * 300, "no numbers in its first 200 lines"),
    ],
)
def test_a_refusal_says_what_is_meant(text, words):
    with pytest.raises(UnusableEcg, match=words):
        read_files({"a.csv": text.encode()}, rate=250, unit="uV")


@pytest.mark.parametrize(
    ("cell", "words"),
    [("1E614854056000000", "an exponent of four digits"), ("1_000", "text among its numbers, in row 2 of")],
)
def test_a_number_that_is_none_is_refused_and_ends_no_process(cell, words):
    with pytest.raises(UnusableEcg, match=words):
        read_files({"a.csv": f"I;V2\n1;1\n{cell};1\n".encode() + b"1;2\n" * 600}, rate=250, unit="uV")


def test_a_heading_made_to_hold_the_processor_is_refused_at_once():
    start = time.process_time()
    for heading in ("(" * 19_000, "[" * 9000 + "]" * 9000, " " * 19_000 + "I", "I" + " /" * 9000):
        with pytest.raises(UnusableEcg):
            read_files_here({"a.csv": f"{heading},I\n".encode() + b"1,2\n" * 10}, Hints(250, "uV"))
    assert time.process_time() - start < 2


def test_words_out_of_a_file_reach_the_sentence_as_plain_text():
    bad = "![x](http://evil.example/a.png) <img src=x> www.evil.example"
    with pytest.raises(UnusableEcg) as caught:
        read_files(
            {"[a](http://e.example)\x1b[31m.csv": f"Resp,ABP\n{bad},2\n1,2\n".encode() + b"1,2\n" * 600},
            rate=250,
            unit="uV",
        )
    text = str(caught.value)
    assert not set(text) & set("[]<>`\x1b") and "://" not in text and "www." not in text


def test_a_last_column_that_begins_empty_is_a_column():
    """As on a printed page, whose last leads are printed last."""
    lines = [f"{n / 100:.2f},{n % 7},{'' if n < 300 else n % 5}" for n in range(600)]
    text = "time (s),I (mV),V6 (mV)\n" + "\n".join(lines)
    page = read_parts({"a.csv": text.encode()})
    assert [(stretch.lead, stretch.first, stretch.stop) for stretch in page.stretches] == [
        ("I", 0, 600),
        ("V6", 300, 600),
    ]
