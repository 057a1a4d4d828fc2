"""HL7 FHIR Observations with sampled data (R4, R5), as JSON or XML: one component a lead.

Nothing but codes, sampling and samples is looked at: no subject, no performer, no date, no note.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import numpy as np

from ecgcore.ecg import UnusableEcg
from ecgcore.io.contents import MAX_VALUES, Channel, Contents, Hints, Source
from ecgcore.io.formats import Format, begins_xml
from ecgcore.io.naming import distinct
from ecgcore.leads import lead_name

MAX_BYTES = 30_000_000
_MDC = {131329: "I", 131330: "II", **{131330 + chest: f"V{chest}" for chest in range(1, 7)},
        131389: "III", 131390: "aVR", 131391: "aVL", 131392: "aVF"}  # fmt: skip
"""Codes of the leads in ISO/IEEE 11073-10101 (MDC), as the example of the standard writes them."""
_MDC_DERIVED = {131359: "I", 131360: "II", **{131360 + chest: f"V{chest}" for chest in range(1, 7)},
                131439: "III", 131440: "aVR", 131441: "aVL", 131442: "aVF"}  # fmt: skip
_SECONDS = {"s": 1.0, "ms": 1e-3, "us": 1e-6}
_SPACE = "{http://hl7.org/fhir}"


def read_fhir(source: Source, _hints: Hints) -> Contents:
    """The leads of an Observation, or of the Observations of a Bundle. Raises UnusableEcg."""
    content = source.content(MAX_BYTES)
    try:
        document = (
            _from_xml(content) if begins_xml(content[:4096], "observation", "bundle") else json.loads(content)
        )
        sampled = [part for observation in _observations(document) for part in _sampled(observation)]
        return _contents(sampled, source.shown)
    except UnusableEcg:
        raise
    except (
        ValueError,
        LookupError,
        TypeError,
        AttributeError,
        ArithmeticError,
        RecursionError,
        SyntaxError,
    ) as error:
        raise UnusableEcg(f"{source.shown} cannot be read; it is damaged, or no FHIR Observation.") from error


def _observations(document: Any) -> Iterator[dict[str, Any]]:
    if not isinstance(document, dict):
        raise ValueError("no resource")
    if document.get("resourceType") == "Observation":
        yield document
    elif document.get("resourceType") == "Bundle":
        for entry in document.get("entry") or []:
            if (entry.get("resource") or {}).get("resourceType") == "Observation":
                yield entry["resource"]


def _sampled(observation: dict[str, Any]) -> Iterator[tuple[str, str, dict[str, Any]]]:
    """Label, origin and SampledData of each component, or of the Observation itself."""
    for part in [observation, *(observation.get("component") or [])]:
        if data := part.get("valueSampledData"):
            yield *_lead(part.get("code") or {}), data


def _lead(code: dict[str, Any]) -> tuple[str, str]:
    """A component's lead by its codes, else by its texts; and "derived" where the code says so."""
    texts = [str(code.get("text") or "")]
    for coding in code.get("coding") or []:
        number = str(coding.get("code") or "")
        if number.isdigit() and int(number) in _MDC:
            return _MDC[int(number)], ""
        if number.isdigit() and int(number) in _MDC_DERIVED:
            return _MDC_DERIVED[int(number)], "derived"
        word = number.removeprefix("MDC_ECG_LEAD_")
        if word.startswith("d") and lead_name(word[1:]):
            return str(lead_name(word[1:])), "derived"
        texts += [word, str(coding.get("display") or "")]
    named = next((text for text in texts if lead_name(text.removeprefix("MDC_ECG_LEAD_"))), None)
    return named or next((text for text in texts if text), ""), ""


def _contents(sampled: list[tuple[str, str, dict[str, Any]]], shown: str) -> Contents:
    if not sampled:
        raise UnusableEcg(
            f"{shown} holds no sampled data; a FHIR Observation of an ECG has a component per lead."
        )
    if any(int(data.get("dimensions") or 1) != 1 for _, _, data in sampled):
        raise UnusableEcg(f"{shown} interleaves several leads in one series, which is not read.")
    rates = {_rate(data) for _, _, data in sampled}
    if len(rates) > 1:
        raise UnusableEcg(f"The leads of {shown} have different sampling rates.")
    labels = distinct(label for label, _, _ in sampled)
    channels = tuple(
        Channel(label, _samples(data, shown), _unit(data), origin)
        for label, (_, origin, data) in zip(labels, sampled, strict=True)
    )
    if sum(channel.samples.size for channel in channels) > MAX_VALUES:
        raise UnusableEcg(f"{shown} holds more samples than can be opened here.")
    return Contents(channels, rates.pop())


def _rate(data: dict[str, Any]) -> float | None:
    """Hz: ``period`` is in ms (R4); ``interval`` with its unit, or a frequency in Hz (R5)."""
    if period := data.get("period"):
        return 1000.0 / float(period)
    interval, unit = data.get("interval"), str(data.get("intervalUnit") or "")
    if not interval:
        return None
    return float(interval) if unit == "Hz" else 1.0 / (float(interval) * _SECONDS[unit])


def _unit(data: dict[str, Any]) -> str:
    origin = data.get("origin") or {}
    return str(origin.get("code") or origin.get("unit") or "")


def _samples(data: dict[str, Any], shown: str) -> np.ndarray:
    """(n,) in the unit of the origin; NaN for "E" (error), "U" and "L" (beyond the detection limits)."""
    import pyarrow as pa
    import pyarrow.compute as pc

    text = str(data.get("data") or "").strip()
    if not text:
        raise UnusableEcg(f"A lead of {shown} has no samples.")
    words = pc.ascii_split_whitespace(pa.array([text])).flatten()
    missing = pc.is_in(words, pa.array(("E", "U", "L")))
    values: np.ndarray = pc.cast(pc.if_else(missing, None, words), pa.float64()).to_numpy(
        zero_copy_only=False
    )
    return values * float(data.get("factor") or 1) + float((data.get("origin") or {}).get("value") or 0)


def _from_xml(content: bytes) -> dict[str, Any]:
    """The parts of a FHIR XML document that are read, as the JSON form has them."""
    from defusedxml import DefusedXmlException
    from defusedxml.ElementTree import fromstring

    try:
        root = fromstring(content)
    except DefusedXmlException as error:
        raise UnusableEcg("An XML document that declares entities is not read.") from error
    resources = [root] if root.tag == f"{_SPACE}Observation" else list(root.iter(f"{_SPACE}Observation"))
    entries = [{"resource": {"resourceType": "Observation", **_element(resource)}} for resource in resources]
    return {"resourceType": "Bundle", "entry": entries}


_LISTS = ("component", "coding")


def _element(element: Any) -> dict[str, Any]:
    fields: dict[str, Any] = {}
    for child in element:
        name = child.tag.removeprefix(_SPACE)
        value = child.get("value") if not len(child) else _element(child)
        if name in _LISTS:
            fields.setdefault(name, []).append(value)
        else:
            fields[name] = value
    return fields


def _begins(first: bytes) -> bool:
    """JSON or XML whose beginning names a resource that may hold an Observation."""
    if begins_xml(first, "observation", "bundle"):
        return b"hl7.org/fhir" in first or first.startswith((b"\xff\xfe", b"\xfe\xff"))
    text = first.lstrip(b"\xef\xbb\xbf \t\r\n")
    return text.startswith(b"{") and any(
        word in first for word in (b'"Observation"', b'"Bundle"', b'"resourceType"', b'"valueSampledData"')
    )


FORMATS = (Format("FHIR Observation", (".json", ".xml", ".fhir"), read_fhir, _begins, needs=("leads",)),)
