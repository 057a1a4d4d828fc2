"""Files that stray from what is usual: opened with every sample where it belongs, asked about, or refused."""

from __future__ import annotations

import binascii
import io
import struct
from collections.abc import Callable

import numpy as np
import pytest
from scipy.io import savemat

from ecgcore.ecg import Ecg, UnusableEcg
from ecgcore.io import NeedsHint, read_files
from ecgcore.leads import STANDARD
from tests.ecgcore.io.formats import vendor_files
from tests.ecgcore.io.formats.test_clinical import mfer, muse
from tests.ecgcore.io.formats.vendor_files import aecg, philips
from tests.ecgcore.io.helpers import replaced, twelve_leads, wfdb_files

ECG = twelve_leads(rate=250, seconds=2)
UV = 1000 * ECG.signals.astype(float)
ORDER = {f"channel {row}": lead for row, lead in enumerate(STANDARD, start=1)}


def table(
    names: list[str],
    sign: str = ";",
    mark: str = ",",
    above: str = "",
    write: str = "{:.2f}",
    behind: str = "",
) -> bytes:
    rows = [sign.join(write.format(value).replace(".", mark) for value in column) + behind for column in UV.T]
    return (above + "\n".join([sign.join(names) + behind, *rows]) + "\n").encode()


def named(word: str) -> list[str]:
    return [f"{word} {lead}" for lead in STANDARD]


HEADINGS = {
    "German": ("Abtastrate;250 Hz\nEinheit;µV\n", named("Ableitung")),
    "French": ("Fréquence d'échantillonnage;250 Hz\nUnité;µV\n", named("Dérivation")),
    "Portuguese": ("Taxa de amostragem;250 Hz\nUnidade;µV\n", named("Derivação")),
    "Spanish": ("Frecuencia de muestreo;250 Hz\nUnidad;µV\n", named("Derivación")),
    "Italian": ("Frequenza di campionamento;250 Hz\nUnità;µV\n", named("Derivazione")),
    "Dutch": ("Bemonsteringsfrequentie;250 Hz\nEenheid;µV\n", named("Afleiding")),
    "Swedish": ("Samplingsfrekvens;250 Hz\nEnhet;µV\n", named("Avledning")),
    "Danish": ("Samplingsfrekvens;250 Hz\nEnhed;µV\n", named("Afledning")),
    "Polish": ("Częstotliwość próbkowania;250 Hz\nJednostka;µV\n", named("Odprowadzenie")),
    "Russian": ("Частота дискретизации;250 Гц\nЕдиница;мкВ\n", named("Отведение")),  # noqa: RUF001
    "Chinese": ("采样率;250赫兹\n单位;µV\n", [f"{lead}导联" for lead in STANDARD]),
    "Japanese": ("サンプリング周波数;250 Hz\n単位;µV\n", [f"{lead}誘導" for lead in STANDARD]),
    "per cent": ("% fs = 250\n% unit: uV\n", list(STANDARD)),
}


@pytest.mark.parametrize("language", HEADINGS)
def test_headings_in_many_languages_with_decimal_commas(language):
    above, names = HEADINGS[language]
    back = read_files({"a.csv": table(names, above=above)})
    assert back.leads == STANDARD and back.rate == 250 and back.n_samples == ECG.n_samples
    np.testing.assert_allclose(back.signals, ECG.signals, atol=6e-6)


TABLES = {
    "tabs": table(list(STANDARD), "\t"),
    "bars": table(list(STANDARD), "|"),
    "a mark of UTF-8": table(list(STANDARD)).decode().encode("utf-8-sig"),
    "UTF-16": table(list(STANDARD), "\t", ".").decode().encode("utf-16"),
    "a sign at the end of every line": table(list(STANDARD), behind=";"),
    "Excel's line of its sign": b"sep=;\n" + table(list(STANDARD)),
    "capitals": table([lead.upper() for lead in STANDARD], ",", "."),
    "lower case after a word": table([f"lead_{lead.lower()}" for lead in STANDARD], ",", "."),
    "plus signs": table(list(STANDARD), ",", ".", write="{:+.2f}"),
    "exponents with commas": table(list(STANDARD), write="{:.6E}"),
    "a last line of words": table(list(STANDARD)) + b"\nEnde der Datei\n",
    "one sign turned": table([f"-{lead}" if lead == "aVR" else lead for lead in STANDARD], ",", "."),
}


@pytest.mark.parametrize("kind", TABLES)
def test_every_sample_is_where_it_belongs(kind):
    back = read_files({"a.csv": TABLES[kind]}, rate=250, unit="uV")
    turned = np.where(np.array(STANDARD)[:, None] == "aVR", -1, 1) if kind == "one sign turned" else 1
    assert back.leads == STANDARD and back.n_samples == ECG.n_samples
    np.testing.assert_allclose(back.signals, turned * ECG.signals, atol=6e-6)


def test_a_first_row_that_happens_to_count_is_a_row():
    rows = [f"{k % 7 + 1},{k % 5 + 2}" for k in range(600)]
    back = read_files({"a.csv": "\n".join(["I,II", *rows]).encode()}, rate=250, unit="uV")
    assert back.n_samples == 600 and back["I"][0] == pytest.approx(0.001)


NAMES = {
    "ECG1 and on": [f"ECG{number}" for number in range(1, 13)],
    "Lead 1 and on": [f"Lead {number}" for number in range(1, 13)],
    "numbers": [str(number) for number in range(1, 13)],
    "L1 and on": [f"L{number}" for number in range(1, 13)],
}


@pytest.mark.parametrize("kind", NAMES)
def test_a_number_is_never_a_lead(kind):
    with pytest.raises(NeedsHint) as question:
        read_files({"a.csv": table(NAMES[kind], ",", ".")}, rate=250, unit="uV")
    assert question.value.missing == ("leads",) and len(question.value.channels) == 12


def test_c1_to_c6_are_chest_leads_beside_german_names_alone():
    chest = [f"C{number}" for number in range(1, 7)]
    german = read_files({"a.csv": table([*named("Ableitung")[:6], *chest])}, rate=250, unit="uV")
    assert german.leads == STANDARD
    columns = ";".join([*STANDARD[:6], *chest])
    rows = [";".join(f"{value:.2f}" for value in column) for column in UV.T]
    clock = [f"{k / 250:.3f};{row}" for k, row in enumerate(rows)]
    for text in (f"Zeit;{columns}\n" + "\n".join(clock), f"Abtastrate;250\n{columns}\n" + "\n".join(rows)):
        assert read_files({"a.csv": text.replace(".", ",").encode()}, rate=250, unit="uV").leads == STANDARD
    other = read_files({"a.csv": table([*STANDARD[:6], *chest])}, rate=250, unit="uV")
    assert other.leads == STANDARD[:6] and any("C1, C2" in note for note in other.notes)


def test_a_table_laid_across_says_so():
    rows = "\n".join(",".join(f"{value:.1f}" for value in row[:300]) for row in UV)
    with pytest.raises(UnusableEcg, match="12 rows of 300 columns"):
        read_files({"a.csv": rows.encode()}, rate=250, unit="uV")


# -- arrays --------------------------------------------------------------------------------------------------


def npy(array: np.ndarray) -> bytes:
    out = io.BytesIO()
    np.save(out, array)
    return out.getvalue()


def mat(version: str = "5", **arrays: object) -> bytes:
    out = io.BytesIO()
    savemat(out, arrays, format=version)
    return out.getvalue()


def mat_7_3(ecg: Ecg = ECG) -> bytes:
    h5py = pytest.importorskip("h5py")
    out = io.BytesIO()
    with h5py.File(out, "w", userblock_size=512) as file:
        file["Quidam"] = ecg.signals.T
    content = bytearray(out.getvalue())
    content[:128] = b"MATLAB 7.3 MAT-file, Platform: GLNXA64".ljust(124) + b"\x00\x02IM"
    return bytes(content)


ARRAYS: dict[str, tuple[str, Callable[[], bytes]]] = {
    "12 x N": ("a.npy", lambda: npy(ECG.signals)),
    "N x 12": ("a.npy", lambda: npy(ECG.signals.T)),
    "columns first": ("a.npy", lambda: npy(np.asfortranarray(ECG.signals.T))),
    "1 x 12 x N": ("a.npy", lambda: npy(ECG.signals[None])),
    "N x 12 x 1": ("a.npy", lambda: npy(ECG.signals.T[..., None])),
    "a batch of one": ("a.mat", lambda: mat(tracings=ECG.signals.T[None])),
    "big-endian": ("a.npy", lambda: npy(ECG.signals.astype(">f4"))),
    "no suffix": ("IM1", lambda: npy(ECG.signals)),
    "version 4": ("a.mat", lambda: mat("4", val=ECG.signals.astype(float))),
    "version 5": ("a.mat", lambda: mat(val=ECG.signals, fs=250.0)),
    "version 7.3": ("a.mat", mat_7_3),
    "a structure": ("a.mat", lambda: mat(ECG={"sex": "Male", "age": 50, "data": ECG.signals})),
}


@pytest.mark.parametrize("kind", ARRAYS)
def test_arrays_of_any_layout(kind):
    name, make = ARRAYS[kind]
    back = read_files({name: make()}, rate=250, unit="mV", leads=ORDER)
    assert back.leads == STANDARD
    np.testing.assert_allclose(back.signals, ECG.signals, atol=1e-6)


def test_an_infinite_sample_of_an_array_is_missing():
    back = read_files(
        {"a.npy": npy(np.where(np.arange(ECG.n_samples) == 5, np.inf, ECG.signals))},
        rate=250, unit="mV", leads=ORDER,
    )  # fmt: skip
    assert any("bridged" in note for note in back.notes)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (npy(np.stack([ECG.signals] * 5)), "array of 5 x 12 x 500"),
        (npy(ECG.signals > 0), "something else than numbers"),
        (mat(name="Quidam"), "no matrix of numbers"),
        (mat(a=ECG.signals, b=2 * ECG.signals), "2 matrices of the same size"),
    ],
)
def test_what_is_no_recording_is_refused(content, words):
    with pytest.raises(UnusableEcg, match=words):
        read_files(
            {"a.npy" if content[:1] == b"\x93" else "a.mat": content}, rate=250, unit="mV", leads=ORDER
        )


# -- clinical files ------------------------------------------------------------------------------------------


TWICE = {
    "MUSE": muse(ECG).replace(b"<LeadID>V6</LeadID>", b"<LeadID>V1</LeadID>"),
    "aECG": aecg(
        ECG, codes={lead: f"MDC_ECG_LEAD_{'V1' if lead == 'V6' else lead.upper()}" for lead in STANDARD}
    ).encode(),
    "Philips": philips(ECG).replace('V5 V6"', 'V5 V1"').encode(),
}


@pytest.mark.parametrize("kind", TWICE)
def test_a_lead_that_is_there_twice_is_refused(kind):
    with pytest.raises(UnusableEcg, match="Lead V1 is there more than once"):
        read_files({"a.xml": TWICE[kind]})


def test_leads_beyond_the_twelve_are_named_and_left_out():
    back = read_files({"a.xml": muse(ECG).replace(b"<LeadID>V1</LeadID>", b"<LeadID>V4R</LeadID>")})
    assert "V1" not in back.leads and any("V4R" in note for note in back.notes)


def test_derived_leads_of_aecg_are_named_and_neither_truth_nor_input():
    codes = {lead: f"MDC_ECG_LEAD_{lead.upper()}" for lead in STANDARD} | {"V3": "MDC_ECG_LEAD_dV3"}
    back = read_files({"a.xml": aecg(ECG, codes=codes).encode()})
    assert "V3" not in back.leads and any("computed from other leads: dV3" in note for note in back.notes)


def test_mfer_with_its_preamble_needs_no_suffix():
    assert read_files({"IM0001": mfer(ECG)}).leads == STANDARD


CODES = (("1", 1, 0), ("010", 3, 1), ("011", 3, -1), ("0010", 12, 0), ("0011", 20, 0))
"""A Huffman table that no device has: prefix, bits in all, value; the last two hold 8 and 16 bits of it."""


def huffman(row: np.ndarray) -> bytes:
    short = {value: prefix for prefix, bits, value in CODES if bits == len(prefix)}
    bits = "".join(
        short[value]
        if value in short
        else f"0010{value & 255:08b}"
        if -128 <= value < 128
        else f"0011{value & 65535:016b}"
        for value in row.tolist()
    )
    bits += "0" * (-len(bits) % 16)
    return int(bits, 2).to_bytes(len(bits) // 8, "big")


@pytest.mark.parametrize("differences", [0, 1, 2])
def test_scp_with_a_huffman_table_of_its_own(differences):
    section = struct.pack("<HH", 1, len(CODES)) + b"".join(
        struct.pack("<BBBhI", len(prefix), bits, 1, value, int(prefix[::-1], 2))
        for prefix, bits, value in CODES
    )
    content = vendor_files.scp(ECG, differences=differences, table=section, code=huffman)
    assert struct.unpack_from("<H", content)[0] == binascii.crc_hqx(content[2:], 0xFFFF)
    back = read_files({"a.scp": content})
    assert back.leads == STANDARD and back.rate == 250
    np.testing.assert_allclose(back.signals, ECG.signals, atol=0.00051)


# -- EDF and WFDB --------------------------------------------------------------------------------------------


def edf(labels: list[str], unit: str = "uV") -> bytes:
    import edfio

    signals = [
        edfio.EdfSignal(row, 250, label=label, physical_dimension=unit, physical_range=(-5000, 5000))
        for label, row in zip(labels, UV[: len(labels)], strict=True)
    ]
    out = io.BytesIO()
    edfio.Edf(signals).write(out)
    return out.getvalue()


@pytest.mark.parametrize("unit", [b"\xb5V      ", "µV     ".encode()])
def test_edf_with_a_micro_sign_of_one_byte_or_two(unit):
    back = read_files({"a.edf": edf(list(STANDARD)).replace(b"uV      ", unit)})
    np.testing.assert_allclose(back.signals, ECG.signals, atol=0.0001)


def test_edf_without_a_unit_asks_and_takes_the_answer():
    content = edf(["EKG I", "EKG II"], unit="")
    with pytest.raises(NeedsHint) as question:
        read_files({"a.edf": content})
    assert question.value.missing == ("unit",)
    np.testing.assert_allclose(read_files({"a.edf": content}, unit="uV")["II"], ECG["II"], atol=0.0001)


def test_c3_of_an_eeg_is_no_chest_lead():
    assert read_files({"a.edf": edf(["EEG Fp1", "EEG C3", "EEG C4", "ECG II"])}).leads == ("II",)


def test_a_gap_that_all_leads_share_costs_no_lead_of_a_short_recording():
    ecg = twelve_leads(100, 8)
    samples = np.round(ecg.signals.T * 1000).astype("<i2")
    samples[300:350] = -32768
    back = read_files({**wfdb_files(ecg), "rec.dat": samples.tobytes()})
    assert back.leads == STANDARD and back.duration == 4.5
    np.testing.assert_allclose(back.signals, ecg.signals[:, 350:], atol=0.0006)


@pytest.mark.parametrize("lead", ["I", "II", "III"])
def test_a_modified_limb_lead_is_taken_with_a_note(lead):
    back = read_files(replaced(wfdb_files(ECG), f" 0 {lead}\n", f" 0 ML{lead}\n"))
    assert back.leads == STANDARD and any("modified lead" in note for note in back.notes)
