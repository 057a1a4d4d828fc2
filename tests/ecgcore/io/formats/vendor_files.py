"""Files written after the specifications of their formats, each with invented identities in it."""

from __future__ import annotations

import base64
import binascii
import struct
from collections.abc import Callable, Sequence

import numpy as np

from ecgcore.ecg import Ecg
from ecgcore.leads import STANDARD

NAMES = ("Quidam", "Nemo", "4711-0815")
"""What no reader may keep, show or log."""
_SCP_CODES = dict(zip(STANDARD, (1, 2, 61, 62, 63, 64, 3, 4, 5, 6, 7, 8), strict=True))


def aecg(
    ecg: Ecg,
    step_uv: float = 2.5,
    increment: str = "",
    time: str = "GLIST_TS",
    origin: str = "0",
    before: str = "",
    name: str = "Quidam",
    codes: dict[str, str] | None = None,
) -> str:
    """HL7 aECG (PORT_MT020001): a rhythm series with a sequence of time and one of digits a lead."""
    codes = codes or {lead: f"MDC_ECG_LEAD_{lead.upper()}" for lead in ecg.leads}
    head = '<head value="20021122091000"/>' if time == "GLIST_TS" else '<head value="0" unit="s"/>'
    step = f'<increment value="{increment or 1 / ecg.rate}" unit="s"/>'
    clock = f'<sequence><code code="TIME_ABSOLUTE"/><value xsi:type="{time}">{head}{step}</value></sequence>'
    parts = [f"<component>{clock}</component>"]
    for lead in ecg.leads:
        counts = np.round((1000 * ecg[lead] - float(origin)) / step_uv).astype(int)
        parts.append(
            f'<component><sequence><code code="{codes[lead]}" codeSystem="2.16.840.1.113883.6.24"/><value '
            f'xsi:type="SLIST_PQ"><origin value="{origin}" unit="uV"/><scale value="{step_uv}" unit="uV"/>'
            f"<digits>{' '.join(map(str, counts))}</digits></value></sequence></component>"
        )
    return (
        f'<?xml version="1.0" encoding="UTF-8"?>{before}<AnnotatedECG xmlns="urn:hl7-org:v3" '
        'xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" type="Observation"><id root="1.2"/>'
        '<code code="93000"/><componentOf><timepointEvent><componentOf><subjectAssignment><subject>'
        '<trialSubject><id root="1.2" extension="4711-0815"/><subjectDemographicPerson>'
        f"<name>{name}</name></subjectDemographicPerson></trialSubject></subject></subjectAssignment>"
        '</componentOf></timepointEvent></componentOf><component><series><code code="RHYTHM"/><component>'
        f"<sequenceSet>{''.join(parts)}</sequenceSet></component></series></component></AnnotatedECG>"
    )


def philips(ecg: Ecg, before: str = "", name: str = "Quidam", resolution: str = "5") -> str:
    """Philips Sierra XML 1.04, not compressed."""
    counts = np.round(1000 * ecg.signals / 5).astype("<i2")
    return (
        f'<?xml version="1.0" encoding="UTF-8"?>{before}<restingecgdata xmlns="http://www3.medical.philips.com">'
        "<documentinfo><documentname>Nemo.xml</documentname><documenttype>SierraECG</documenttype>"
        "<documentversion>1.04</documentversion></documentinfo><patient><generalpatientdata>"
        f"<patientid>4711-0815</patientid><name><lastname>{name}</lastname></name></generalpatientdata>"
        "</patient><dataacquisition><signalcharacteristics><samplingrate>"
        f"{ecg.rate:g}</samplingrate><signalresolution>{resolution}</signalresolution>"
        "<signaloffset>0</signaloffset><signalsigned>True</signalsigned>"
        f"<numberchannelsallocated>{len(ecg.leads)}</numberchannelsallocated></signalcharacteristics>"
        f'</dataacquisition><waveforms><parsedwaveforms samplespersecond="{ecg.rate:g}" '
        f'durationperchannel="{1000 * ecg.duration:g}" nbitspersample="16" resolution="{resolution}" '
        f'signaloffset="0" signalsigned="True" numberofleads="{len(ecg.leads)}" '
        f'leadlabels="{" ".join(ecg.leads)}" dataencoding="Base64">'
        f"{base64.b64encode(counts.tobytes()).decode()}</parsedwaveforms></waveforms></restingecgdata>"
    )


def scp(
    ecg: Ecg,
    starts: Sequence[int] | None = None,
    differences: int = 0,
    bimodal: bool = False,
    damage: int = 0,
    reduced_by: int = 1,
    table: bytes = b"",
    code: Callable[[np.ndarray], bytes] = lambda row: row.astype("<i2").tobytes(),
) -> bytes:
    """SCP-ECG (EN 1064): sections 0, 1, 3 and 6, 1 uV a step; without Huffman codes, or with a table of its
    own as section 2 and what codes a row by it.

    starts: first sample of each lead, from 1. differences: 0, 1 or 2 of them. reduced_by: samples of the
    recording for one in a bimodal section 6.
    """
    rows = [np.round(1000 * ecg[lead]).astype(np.int64)[::reduced_by] for lead in ecg.leads]
    starts = starts or [1] * len(rows)
    three = bytes([len(rows), 0x04 | len(rows) << 3 & 0xFF])
    for lead, row, start in zip(ecg.leads, rows, starts, strict=True):
        three += struct.pack("<IIB", start, start + len(row) - 1, _SCP_CODES[lead])
    coded = [code(_differences(row, differences)) for row in rows]
    interval = round(1e6 * reduced_by / ecg.rate)
    six = struct.pack("<HHBB", 1000, interval, differences, bimodal)
    six += b"".join(struct.pack("<H", len(part)) for part in coded) + b"".join(coded)
    texts = {
        0: b"Quidam\0",
        1: b"Nemo\0",
        2: b"4711-0815\0",
        25: struct.pack("<HBB", 2001, 2, 3),
        26: bytes([9, 8, 7]),
        14: bytes(14) + bytes([20, 0xA0, 0, 0, 1]) + bytes(17) + b"a\0b\0c\0d\0e\0",
    }
    one = b"".join(struct.pack("<BH", tag, len(text)) + text for tag, text in texts.items()) + b"\xff\0\0"
    bodies = {1: one, 2: table, 3: three, 6: six}
    at, pointers = 7 + 16 + 10 * 12, []
    sections = b""
    for number in range(1, 12):
        body = bodies.get(number, b"")
        body += b"\0" * (len(body) % 2)
        pointers.append((number, 16 + len(body), at) if body else (number, 0, 0))
        sections += _section(number, body) if body else b""
        at += 16 + len(body) if body else 0
    zero = b"".join(struct.pack("<HII", *pointer) for pointer in [(0, 16 + 10 * 12, 7), *pointers])
    whole = _section(0, zero) + sections
    whole = struct.pack("<I", 6 + len(whole)) + whole
    return struct.pack("<H", binascii.crc_hqx(whole, 0xFFFF) ^ damage) + whole


def _differences(row: np.ndarray, order: int) -> np.ndarray:
    """The first samples as they are, then first or second differences (EN 1064, 5.9)."""
    coded = row.copy()
    if order == 1:
        coded[1:] = np.diff(row)
    if order == 2:
        coded[2:] = row[2:] - 2 * row[1:-1] + row[:-2]
    return coded


def _section(number: int, body: bytes) -> bytes:
    rest = (
        struct.pack("<HI2B6s", number, 16 + len(body), 20, 20, b"SCPECG" if number == 0 else b"\0" * 6) + body
    )
    return struct.pack("<H", binascii.crc_hqx(rest, 0xFFFF)) + rest
