"""CSV, Parquet, WFDB and EDF+: everything reads back, roles and all, and nothing about a patient is in
any."""

import io
import json
import zipfile

import numpy as np
import pandas as pd
import pytest

from ecgcore.export import export_format, export_formats, rows
from ecgcore.export.content import header
from ecgcore.export.parquet import KEY
from ecgcore.io import read_path
from ecgcore.io.roles import RolePart, lead_and_role, roles_in
from ecgcore.leads import STANDARD, LeadSet
from tests.ecgcore.export.samples import SECRETS, export, page_export, recording

STEP_MV = {"csv": 0.5e-4, "parquet": 0.0, "wfdb": 0.5 / 5000, "edf": 4e-3 / 60}
"""Half a quantisation step and what single precision adds."""


def read_back(name, data, tmp_path):
    """(labels, (n, n_rows) mV, rate Hz, lines of text) as the format's own library reads it."""
    if name == "csv":
        lines = [line[2:] for line in data.decode().splitlines() if line.startswith("#")]
        table = pd.read_csv(io.BytesIO(data), comment="#")
        return list(table.columns[1:]), table.to_numpy()[:, 1:], 1 / np.diff(table["time (s)"]).mean(), lines
    if name == "parquet":
        import pyarrow.parquet as pq

        table = pq.read_table(io.BytesIO(data))
        facts = json.loads(table.schema.metadata[KEY])
        return table.column_names[1:], table.to_pandas().to_numpy()[:, 1:], facts["rate_hz"], facts["header"]
    if name == "wfdb":
        import wfdb

        zipfile.ZipFile(io.BytesIO(data)).extractall(tmp_path)
        record = wfdb.rdrecord(str(tmp_path / "reconstruction"))
        return record.sig_name, record.p_signal, record.fs, record.comments
    import edfio

    file = edfio.read_edf(io.BytesIO(data))
    values = np.stack([signal.data for signal in file.signals], axis=1) / 1000
    lines = [note.text for note in file.annotations]
    return [signal.label for signal in file.signals], values, file.signals[0].sampling_frequency, lines


@pytest.mark.parametrize("name", STEP_MV)
@pytest.mark.parametrize("make", [export, page_export])
def test_everything_reads_back(name, make, tmp_path):
    out = make(recorded=True, high_pass=True, start=20.0, recording_s=120.0)
    labels, values, rate, lines = read_back(name, export_format(name).write(out), tmp_path)
    wanted = rows(out)
    assert rate == pytest.approx(out.ecg.rate)
    assert [text for text in lines if text in header(out)] == header(out)
    assert values.shape == (out.ecg.n_samples, len(wanted))
    for text, row, column in zip(labels, wanted, values.T, strict=True):
        assert np.abs(column - row.samples).max() <= STEP_MV[name] + 1e-7
        assert (lead_and_role(text) or (row.lead, "input")) == (row.lead, row.role)


@pytest.mark.parametrize("name", STEP_MV)
def test_intervals_and_recorded_traces_are_written_on_wish(name, tmp_path):
    plain = read_back(name, export_format(name).write(export(interval=False)), tmp_path)[0]
    assert len(plain) == 12
    assert not any("lower" in label or "low" in label for label in plain)
    whole = rows(export(recorded=True))
    assert [row.role for row in whole].count("lower") == [row.role for row in whole].count("upper") == 5
    assert [row.lead for row in whole if row.role == "recorded"] == [
        lead for lead in STANDARD if lead not in ("I", "II", "V2")
    ]


@pytest.mark.parametrize("name", [form.name for form in export_formats()])
@pytest.mark.parametrize("make", [export, page_export])
def test_nothing_about_a_patient_leaves(name, make):
    data = export_format(name).write(make(recorded=True))
    if data[:2] == b"PK":
        archive = zipfile.ZipFile(io.BytesIO(data))
        data = b"".join(archive.read(file) + file.encode() for file in archive.namelist())
    text = data.decode("latin-1").casefold()
    assert not [secret for secret in SECRETS if secret.casefold() in text]
    assert not [secret for secret in SECRETS if secret.encode("utf-16-le") in data]


@pytest.mark.parametrize(("name", "suffix"), [("csv", ".csv"), ("wfdb", ".zip"), ("edf", ".edf")])
def test_opened_again_an_estimate_is_neither_input_nor_truth(name, suffix, tmp_path):
    """Read here, the inputs and what follows from them are all there is."""
    path = tmp_path / f"again{suffix}"
    out = export()
    path.write_bytes(export_format(name).write(out))
    again = read_path(path)
    assert again.leads == LeadSet("I II V2").determined
    assert np.abs(again["V2"] - out.ecg["V2"]).max() <= 1e-3


def test_the_header_says_what_was_done():
    lines = header(export(high_pass=True, start=20.0, recording_s=120.0))
    assert "Research and teaching use, not for diagnosis." in lines
    assert "Filter: 0.5 Hz high-pass (zero-phase)" in lines
    assert "Part: Seconds 20 to 30 of a recording of 120 s" in lines
    assert "I: input, 0.5 Hz high-pass (zero-phase)" in lines
    assert "V1: estimated by any-subset" in lines
    assert "Warning: The inputs are unlike those the model learned from." in lines
    assert roles_in(lines)["aVF"] == (RolePart("derived"),)
    assert any("weights 0123456789ab" in line and "reduced-lead-ecg 0." in line for line in lines)
    assert "Part: Whole recording, 10 s" in header(export())
    assert "I: input, as recorded" in header(export())


def test_the_header_of_a_page_tells_the_stretches():
    lines = header(page_export())
    assert roles_in(lines)["V1"] == (
        RolePart("estimated", 0, 2500),
        RolePart("input", 2500, 3750),
        RolePart("estimated", 3750, 5000),
    )
    assert any(
        line.startswith("V1: 0.000-5.000 s estimated by linear; 5.000-7.500 s input") for line in lines
    )


@pytest.mark.parametrize("n", [4999, 4996, 5003])
def test_edf_keeps_odd_lengths(n):
    import edfio

    ecg = recording()
    ecg = ecg.replace(signals=np.pad(ecg.signals, ((0, 0), (0, 10)))[:, :n])
    file = edfio.read_edf(io.BytesIO(export_format("edf").write(export(truth=ecg))))
    assert len(file.signals[0].data) == n


def test_edf_says_nothing_of_the_patient():
    import edfio

    file = edfio.read_edf(io.BytesIO(export_format("edf").write(export(high_pass=True))))
    assert file.local_patient_identification == "X X X X"
    assert file.local_recording_identification.startswith("Startdate X X X reduced-lead-ecg")
    assert file.signals[0].prefiltering == "HP:0.5Hz"
    assert file.signals[7].transducer_type == "role: input"
    assert file.signals[6].transducer_type == "role: estimated"


@pytest.mark.parametrize("name", ["wfdb", "edf", "csv", "parquet", "dicom"])
def test_no_file_needs_a_disk(name, monkeypatch):
    import tempfile

    monkeypatch.setattr(tempfile, "tempdir", "/nowhere")
    assert export_format(name).write(export())
