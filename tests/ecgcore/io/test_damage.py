"""Files with bits flipped, parts lost and put in, and numbers made huge: whatever happens to a file, it is
read or refused in one sentence, soon."""

from __future__ import annotations

import io
import json
import mmap
import re
import time
from pathlib import Path

import numpy as np
import pytest
from scipy.io import savemat

from ecgcore.demonstrations import real_file
from ecgcore.ecg import UnusableEcg
from ecgcore.export import Export, export_format
from ecgcore.io import read_files
from ecgcore.io.contents import Hints
from ecgcore.io.upload import read_files_here
from ecgcore.leads import STANDARD
from tests.ecgcore.io.formats.test_clinical import ROOT, ishne, mfer, muse
from tests.ecgcore.io.formats.test_odd_files import mat_7_3
from tests.ecgcore.io.formats.vendor_files import NAMES, aecg, philips, scp
from tests.ecgcore.io.helpers import peak_memory, reconstruction, twelve_leads, wfdb_files

ECG = twelve_leads(100, 2)
INSERTED = np.frombuffer(b'0123456789/.()-+ \nxmVu~,;\r<>"&', np.uint8)
HUGE = (b"99999999999", b"-1", b"0", b"1e308", b"nan", b"65536", b"2147483648")
SLOWEST_S, MOST_MEMORY = 2.0, 1_000_000_000
"""CPU seconds and bytes that a file of a few seconds may take."""


def edf(bdf: bool = False) -> bytes:
    import edfio

    kind, signal = (edfio.Bdf, edfio.BdfSignal) if bdf else (edfio.Edf, edfio.EdfSignal)
    signals = [
        signal(ECG[lead].astype(float), 100, label=lead, physical_dimension="mV", physical_range=(-9, 9))
        for lead in ("I", "V2")
    ]
    out = io.BytesIO()
    patient = {} if bdf else {"patient": edfio.Patient(code="4711-0815", name="Quidam_Nemo")}
    kind(signals, **patient).write(out)
    return out.getvalue()


def dicom() -> bytes:
    import pydicom

    dataset = pydicom.dcmread(real_file())
    dataset.PatientName, dataset.PatientID = "Quidam^Nemo", "4711-0815"
    out = io.BytesIO()
    dataset.save_as(out)
    return out.getvalue()


def header() -> bytes:
    return wfdb_files(ECG)["rec.hea"] + b"# Name: Quidam Nemo, 4711-0815\n"


def table() -> bytes:
    return b"# Name: Quidam Nemo\n# Number: 4711-0815\n" + export_format("csv").write(
        Export(reconstruction(ECG))
    )


def parquet() -> bytes:
    import pyarrow as pa
    import pyarrow.parquet as pq

    rows = pq.read_table(io.BytesIO(export_format("parquet").write(Export(reconstruction(ECG)))))
    facts = dict(rows.schema.metadata) | {b"patient": b"Quidam Nemo 4711-0815"}
    out = io.BytesIO()
    pq.write_table(
        rows.append_column("Quidam", pa.array(["4711-0815"] * len(rows))).replace_schema_metadata(facts), out
    )
    return out.getvalue()


def fhir() -> bytes:
    def part(lead: str) -> dict:
        data = " ".join(f"{value:.3f}" for value in ECG[lead])
        sampled = {"origin": {"value": 0, "unit": "mV"}, "period": 10, "dimensions": 1, "data": data}
        return {"code": {"coding": [{"display": lead}]}, "valueSampledData": sampled}

    return json.dumps(
        {
            "resourceType": "Observation",
            "subject": {"display": "Quidam Nemo", "reference": "Patient/4711-0815"},
            "component": [part(lead) for lead in STANDARD],
        }
    ).encode()


def npy() -> bytes:
    out = io.BytesIO()
    np.save(out, ECG.signals)
    return out.getvalue()


def mat(version: str = "5") -> bytes:
    out = io.BytesIO()
    compressed = version == "5"
    savemat(out, {"Quidam": ECG.signals.astype(float)}, format=version, do_compression=compressed)
    return out.getvalue()


ORDER = {f"channel {row + 1}": lead for row, lead in enumerate(STANDARD)}
MADE = {
    "hea": (header, 10_000, None),
    "csv": (table, 900, None),
    "utf16.csv": (lambda: table().decode().encode("utf-16"), 1800, None),
    "parquet": (parquet, 60_000, None),
    "dcm": (dicom, 9000, None),
    "edf": (edf, 900, None),
    "bdf": (lambda: edf(bdf=True), 900, None),
    "xml": (lambda: muse(ECG), 4000, None),
    "aecg.xml": (lambda: aecg(ECG).encode(), 3000, None),
    "philips.xml": (lambda: philips(ECG).encode(), 3000, None),
    "scp": (lambda: scp(ECG), 900, None),
    "scp.scp": (lambda: scp(ECG, differences=2), 900, None),
    "ecg": (lambda: ishne(ECG), 600, None),
    "mwf": (lambda: mfer(ECG), 300, None),
    "json": (fhir, 1500, None),
    "npy": (npy, 200, ORDER),
    "mat": (mat, 400, ORDER),
    "4.mat": (lambda: mat("4"), 60, ORDER),
    "7.3.mat": (mat_7_3, 4000, ORDER),
}


def damaged(content: bytes, head: int, rng: np.random.Generator) -> bytes:
    """One to five changes, most within the first ``head`` bytes."""
    changed = bytearray(content)
    for _ in range(rng.integers(1, 6)):
        reach = min(len(changed), head if rng.random() < 0.8 else len(changed))
        at, kind = int(rng.integers(0, max(1, reach))), rng.integers(0, 6)
        if kind == 0 and changed:
            changed[at] ^= 1 << int(rng.integers(0, 8))
        elif kind == 1:
            del changed[at : at + rng.integers(1, 20)]
        elif kind == 2:
            changed[at:at] = bytes(rng.choice(INSERTED, rng.integers(1, 6)).tolist())
        elif kind == 3:
            numbers = list(re.finditer(rb"\d+", bytes(changed[:reach])))
            if numbers:
                number = numbers[int(rng.integers(0, len(numbers)))]
                changed[number.start() : number.end()] = HUGE[int(rng.integers(0, len(HUGE)))]
        elif kind == 4:
            changed[at : at + 4] = int(rng.choice([0, 2**31 - 1, 2**32 - 1, 2**16])).to_bytes(4, "little")
        elif rng.random() < 0.2:
            del changed[int(rng.integers(0, len(changed) + 1)) :]
    return bytes(changed)


def attempt(kind: str, content: bytes, leads) -> str:
    """What became of it: "read", or the refusal; anything else raises."""
    files = {**(wfdb_files(ECG) if kind == "hea" else {}), f"rec.{kind}": content}
    start = time.process_time()
    try:
        ecg = read_files_here(files, Hints(100, "mV", leads))
    except UnusableEcg as refused:
        outcome = str(refused)
    else:
        assert np.isfinite(ecg.signals).all() and ecg.duration >= 1 and np.abs(ecg.signals).max() <= 1000
        assert not [name for name in NAMES if name in repr(ecg)]
        outcome = "read"
    assert time.process_time() - start < SLOWEST_S
    return outcome


@pytest.mark.parametrize("kind", MADE)
def test_undamaged_it_is_read(kind):
    make, _, leads = MADE[kind]
    assert attempt(kind, make(), leads) == "read"


def _mutate(kind: str, times: int, seed: int) -> None:
    make, head, leads = MADE[kind]
    content, rng = make(), np.random.default_rng(seed)
    attempt(kind, content, leads)  # libraries are loaded, and count for no file
    with peak_memory() as peak:
        for _ in range(times):
            outcome = attempt(kind, damaged(content, head, rng), leads)
            assert outcome == "read" or (
                outcome.endswith(".") and "\n" not in outcome and "/proc" not in outcome
            )
            assert not [name for name in NAMES if name in outcome]
    assert peak.grown < MOST_MEMORY


@pytest.mark.skipif(not Path("/proc/self/clear_refs").exists(), reason="needs Linux")
def test_the_memory_of_a_moment_is_measured():
    with peak_memory() as peak, mmap.mmap(-1, 40_000_000) as fresh:  # not from what is free already
        for place in range(0, len(fresh), mmap.PAGESIZE):
            fresh[place] = 1
    assert 35e6 < peak.grown < 60e6
    with peak_memory() as peak:
        pass
    assert peak.grown < 5e6


@pytest.mark.parametrize("kind", MADE)
def test_damaged_files_are_read_or_refused_in_a_sentence(kind):
    _mutate(kind, 20 if kind == "dcm" else 60, seed=7)


@pytest.mark.slow
@pytest.mark.parametrize("path", sorted(ROOT.glob("*/*.[xXsS]*")), ids=lambda path: path.name)
def test_damaged_real_files_are_read_or_refused_in_a_sentence(path):
    content, rng = path.read_bytes(), np.random.default_rng(9)
    with peak_memory() as peak:
        for _ in range(300):
            attempt(path.suffix[1:].lower(), damaged(content, 3000, rng), None)
    assert peak.grown < MOST_MEMORY


@pytest.mark.slow
@pytest.mark.parametrize("kind", MADE)
def test_a_thousand_damaged_files_of_each_format(kind):
    _mutate(kind, 1000, seed=8)


def test_a_fhir_observation_by_names_and_codes_and_without_its_subject():
    back = read_files({"a.json": fhir()})
    assert back.leads == STANDARD and back.rate == 100 and "Quidam" not in repr(back)
    np.testing.assert_allclose(back.signals, ECG.signals, atol=0.0006)
    coded = json.loads(fhir())
    for number, part in enumerate(coded["component"][:2]):
        part["code"] = {
            "coding": [{"system": "urn:oid:2.16.840.1.113883.6.24", "code": str(131329 + number)}]
        }
        part["valueSampledData"] |= {"factor": 2.5, "origin": {"value": 10, "unit": "uV", "code": "uV"}}
    back = read_files({"a.json": json.dumps(coded).encode()})
    np.testing.assert_allclose(back["II"], 0.0025 * np.round(ECG["II"], 3) + 0.01, atol=1e-6)


def test_a_fhir_observation_in_xml():
    data = " ".join(f"{value:.3f}" for value in ECG["II"])
    text = (
        '<?xml version="1.0"?><Observation xmlns="http://hl7.org/fhir"><subject><display '
        'value="Quidam"/></subject><component><code><coding>'
        '<code value="MDC_ECG_LEAD_II"/></coding></code><valueSampledData><origin><value '
        'value="0"/><unit value="mV"/></origin>'
        '<period value="10"/><dimensions value="1"/><data '
        f'value="{data}"/></valueSampledData></component></Observation>'
    )
    back = read_files({"a.xml": text.encode()})
    assert back.leads == ("II",) and back.rate == 100
    np.testing.assert_allclose(back["II"], ECG["II"], atol=0.0006)


def test_arrays_ask_for_all_and_give_it_back():
    for name, content in (("a.npy", npy()), ("a.mat", mat())):
        back = read_files({name: content}, rate=100, unit="mV", leads=ORDER)
        np.testing.assert_allclose(back.signals, ECG.signals, atol=1e-6)
        assert back.leads == STANDARD


def test_a_pickle_in_an_array_is_not_opened():
    out = io.BytesIO()
    np.save(out, np.array([{"a": 1}], dtype=object), allow_pickle=True)
    with pytest.raises(UnusableEcg, match="something else than numbers"):
        read_files({"a.npy": out.getvalue()})
