"""A reconstruction that was written and is opened again is no recording: only its inputs are."""

from __future__ import annotations

import numpy as np
import pytest

from ecgcore.ecg import UnusableEcg
from ecgcore.export import export_format
from ecgcore.io import read_files, read_parts
from ecgcore.leads import STANDARD, LeadSet
from ecgcore.partial import PartialEcg
from tests.ecgcore.export.samples import export, page_export, reconstruction, recording
from tests.ecgcore.io.helpers import replaced, twelve_leads, wfdb_files

KINDS = ("csv", "wfdb", "edf", "parquet", "dicom")
INPUTS = LeadSet("I II V2").determined


def written(kind: str, out) -> dict[str, bytes]:
    form = export_format(kind)
    return {f"a{form.suffix}": form.write(out)}


@pytest.mark.parametrize("kind", KINDS)
def test_estimated_leads_are_named_and_left_out(kind):
    out = export()
    again = read_files(written(kind, out))
    assert again.leads == INPUTS
    np.testing.assert_allclose(again.signals, out.truth.pick(INPUTS).signals, atol=0.0006)
    notes = " ".join(again.notes)
    assert all(lead in notes for lead in ("V1", "V3", "V4", "V5", "V6")) and "not recorded" in notes


@pytest.mark.parametrize("kind", KINDS)
def test_with_the_leads_left_out_the_recording_comes_back(kind):
    out = export(recorded=True)
    again = read_files(written(kind, out))
    assert again.leads == STANDARD
    np.testing.assert_allclose(again.signals, out.truth.signals, atol=0.001)


@pytest.mark.parametrize("kind", KINDS)
def test_a_filter_is_said_and_a_simulation_stays_one(kind):
    truth = recording().replace(simulated=True)
    out = export(truth=truth, high_pass=True)
    again = read_files(written(kind, out))
    assert again.simulated and any(
        "not as recorded" in note and "0.5 Hz high-pass" in note for note in again.notes
    )
    assert not any("not as recorded" in note for note in read_files(written(kind, export())).notes)


@pytest.mark.parametrize("kind", KINDS)
def test_of_a_page_only_what_was_recorded_throughout_is_taken(kind):
    out = page_export()
    again = read_files(written(kind, out))
    assert again.leads == ("II",)
    np.testing.assert_allclose(again["II"], out.truth["II"], atol=0.001)


@pytest.mark.parametrize("recorded", [False, True])
@pytest.mark.parametrize("kind", KINDS)
def test_a_page_comes_back_as_partly_known_with_nothing_but_what_was_recorded(kind, recorded):
    out = page_export(recorded=recorded)
    if recorded:  # the whole truth is in the file, so it is a recording of twelve leads
        again = read_parts(written(kind, out))
        assert not isinstance(again, PartialEcg) and again.leads == STANDARD
        np.testing.assert_allclose(again.signals, out.truth.signals, atol=0.001)
        return
    again = read_parts(written(kind, out))
    assert isinstance(again, PartialEcg) and again.leads == STANDARD
    for stretch in again.stretches:
        true = out.truth[stretch.lead][stretch.first : stretch.stop]
        np.testing.assert_allclose(stretch.samples, true, atol=0.001)
    assert [(moment.first, moment.stop) for moment in again.moments] == [
        (0, 1250),
        (1250, 2500),
        (2500, 3750),
        (3750, 5000),
    ]


def test_roles_that_do_not_fit_the_length_are_not_believed():
    content = export_format("csv").write(page_export()).decode()
    shorter = "\n".join(content.split("\n")[:-500]) + "\n"
    assert read_parts({"a.csv": shorter.encode()}).leads == ("II",)


def test_a_file_of_estimates_alone_is_refused():
    files = wfdb_files(twelve_leads(250, 3))
    files["rec.hea"] += (
        b"# Lead roles: " + " ".join(f"{lead}=estimated" for lead in STANDARD).encode() + b"\n"
    )
    with pytest.raises(UnusableEcg, match=r"No lead of rec.hea was recorded"):
        read_files(files)


def test_exports_of_the_first_version_are_recognised():
    files = wfdb_files(twelve_leads(250, 3))
    files["rec.hea"] += (
        b"# V3: estimated by linear (weights ab12)\n# III: derived from the measured limb leads\n# "
        b"I: measured\n"
    )
    again = read_files(files)
    assert (
        "V3" not in again.leads
        and len(again.leads) == 11
        and any("estimated by a model: V3" in note for note in again.notes)
    )


def test_a_label_with_a_role_is_no_recorded_lead():
    again = read_files(replaced(wfdb_files(twelve_leads(250, 3)), " 0 V4\n", " 0 V4 estimated\n"))
    assert "V4" not in again.leads


def test_a_reconstruction_opened_again_gives_no_truth_to_score_against():
    result = reconstruction(recording())
    again = read_files(written("csv", export()))
    assert not set(result.estimated) & set(again.leads)
