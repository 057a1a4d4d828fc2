"""The mark of exported leads: written and read again, in both its forms."""

import pytest

from ecgcore.io.columns import split_unit
from ecgcore.io.roles import SHORT, RolePart, label, lead_and_role, role_line, roles_in
from ecgcore.leads import STANDARD, lead_name

ROLES = {
    "I": (RolePart("input"),),
    "III": (RolePart("derived"),),
    "V1": (RolePart("estimated"),),
    "V2": (RolePart("estimated", 0, 1250), RolePart("input", 1250, 2500)),
}


def test_the_line_is_read_again():
    line = role_line(ROLES)
    assert line == "Lead roles: I=input III=derived V1=estimated V2=estimated[0:1250]+input[1250:2500]"
    assert roles_in(["Research", f"# {line}\n"]) == ROLES


def test_lines_of_the_first_version_are_recognised():
    old = ["Reconstruction from I by linear", "I: measured", "V1: estimated by linear (weights 12)"]
    assert roles_in(old) == {"I": (RolePart("input"),), "V1": (RolePart("estimated"),)}


@pytest.mark.parametrize(
    "text", ["Lead roles: V1=true", "Lead roles:", "V1: 3 mV", "Lead roles: X=input", ""]
)
def test_other_text_says_nothing(text):
    assert roles_in([text]) == {}


@pytest.mark.parametrize("lead", STANDARD)
@pytest.mark.parametrize("role", SHORT)
def test_a_marked_label_is_no_name_of_a_lead_and_is_read_again(lead, role):
    for short in (False, True):
        text = f"ECG {label(lead, role, short)}"
        assert lead_name(text) is None
        assert lead_and_role(text) == lead_and_role(f"{label(lead, role, short)} (mV)") == (lead, role)
    assert len(f"ECG {label(lead, role, True)}") <= 16


@pytest.mark.parametrize(
    ("column", "parts"),
    [
        ("V1 (estimated)", ("V1 estimated", "")),
        ("V1 [derived] (mV)", ("V1 derived", "mV")),
        ("V1 (synthesised) [uV]", ("V1 synthesised", "uV")),
        ("I (Einthoven) (mV)", ("I", "mV")),
        ("V1 (estimated volts)", ("V1", "estimated volts")),
    ],
)
def test_a_role_in_brackets_is_no_unit(column, parts):
    assert split_unit(column) == parts


def test_an_input_keeps_its_name():
    assert label("V1", "input") == "V1"
    assert lead_and_role("V1") is None
    assert lead_and_role("estimated") is None
