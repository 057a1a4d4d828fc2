"""The last step of every reader: contents of a file become an Ecg, with a note for everything that had to be
done."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from ecgcore.ecg import Ecg, UnusableEcg
from ecgcore.io.contents import NO_HINTS, Channel, Contents, Hints, NeedsHint
from ecgcore.io.naming import inverted, is_simulated, leads_by_label, origins, previews, unnamed
from ecgcore.io.roles import roles_in
from ecgcore.io.text import channel_name, harmless
from ecgcore.io.units import millivolts_per
from ecgcore.lead_algebra import with_derived
from ecgcore.leads import STANDARD, LeadSet
from ecgcore.partial import PartialEcg

MAX_GAP_S = 0.2
"""Longest run of missing samples that is bridged by a straight line; below one beat's QRS-T it cannot invent
a beat."""
LOWEST_RATE, HIGHEST_RATE = 20.0, 20_000.0
"""Hz; nobody records an ECG slower or faster."""
SHORTEST_S = 1.0
HIGHEST_MV = 1000.0
STRETCH_S = 10.0
"""Seconds without a gap that are worth cutting a recording to, to keep a lead."""

MOST_LOOKED_AT = 1_000_000
"""Samples in which a channel that is asked about must hold a number."""
MIN_PADDING = 20
"""Shortest run of last samples, all repeating one value in every lead, that counts as padding: 40 ms at 500
Hz. The converters of eight and more leads never stand still together for so long while a patient is
connected. PTB-XL's 500 Hz files have about 50."""
MIN_LEADS_FOR_PADDING = 8


def assemble(
    contents: Contents, hints: Hints = NO_HINTS, name: str = "recording", shown: str = "The file"
) -> Ecg:
    """An Ecg from what a reader took out of a file; ``shown`` names the file in sentences.

    Channels that are no standard lead are left out, leads that the file says were not recorded too. Short
    gaps are bridged, limb leads that follow exactly from others added; each with a note. Raises UnusableEcg;
    NeedsHint where rate, unit or leads must be given.
    """
    rows, rate, notes = _rows(contents, hints, shown)
    rows = _without_gaps(rows, rate, notes)
    ecg = Ecg.from_leads(rows, rate, name=name, notes=tuple(notes), simulated=is_simulated(contents))
    return _completed(_without_calibration(without_padding(ecg)))


def assemble_parts(
    contents: Contents, hints: Hints = NO_HINTS, name: str = "recording", shown: str = "The file"
) -> Ecg | PartialEcg:
    """The same; where leads would be left out because they are known only part of the time, they are kept as
    what they are, a PartialEcg."""
    rows, rate, notes = _rows(contents, hints, shown)
    bridged = {lead: _bridged(samples, rate) for lead, samples in rows.items()}
    kept, whole = _worth_keeping(bridged, rate)
    if len(kept) == len(rows) and longest_run(whole) >= min(whole.size, STRETCH_S * rate):
        return assemble(contents, hints, name, shown)
    return PartialEcg.from_gaps(rows, rate, notes, name=name, simulated=is_simulated(contents))


def _rows(contents: Contents, hints: Hints, shown: str) -> tuple[dict[str, np.ndarray], float, list[str]]:
    """{lead: (n_samples,) mV, NaN where missing}, the rate in Hz, and the notes so far."""
    names = leads_by_label([channel.label for channel in contents.channels], hints)
    notes = list(contents.notes)
    channels = _recorded(contents, names, notes, shown)
    leads = {channel: names[channel.label] for channel in channels if names.get(channel.label)}
    _ask(contents, channels, leads, hints, shown)
    _refuse_doubles(list(leads.values()))
    _note_names(channels, leads, notes)
    notes += _filter_note(contents)
    rate = _rate(contents, hints) or 0.0
    _check_rate(rate)
    rows = {lead: _in_millivolts(channel, lead, hints) for channel, lead in leads.items()}
    for channel, lead in leads.items():
        if inverted(channel.label) == lead:
            rows[lead] = -rows[lead]
            notes.append(f"{channel_name(channel.label)} is in the file; its sign was turned for {lead}.")
    _check_extent(rows, rate)
    return rows, rate, notes


_ORIGINS = {
    "estimated": "estimated by a model",
    "partial": "recorded only part of the time",
    "derived": "computed from other leads",
}


def _recorded(contents: Contents, names: Mapping[str, str], notes: list[str], shown: str) -> list[Channel]:
    """The channels that were recorded; what a file calls estimated or derived is neither truth nor input."""
    origin = origins(contents, names)
    in_part = _recorded_in_part(contents, names, origin)
    if in_part:
        some = LeadSet(names[label] for label in in_part)
        notes.append(
            f"Kept only where the file says they were recorded, as the rest is derived or estimated: "
            f"{' '.join(some)}."
        )
    origin = {label: word for label, word in origin.items() if label not in in_part}
    for word, reason in _ORIGINS.items():
        leads = [names.get(label) or channel_name(label) for label, given in origin.items() if given == word]
        if leads:
            notes.append(
                f"Left out, as the file says they were not recorded but {reason}: {', '.join(leads)}."
            )
    kept = [
        in_part.get(channel.label, channel) for channel in contents.channels if channel.label not in origin
    ]
    if origin and not any(names.get(channel.label) for channel in kept):
        raise UnusableEcg(
            f"No lead of {shown} was recorded; the file says that all were estimated or derived."
        )
    return kept


def _recorded_in_part(
    contents: Contents, names: Mapping[str, str], origin: Mapping[str, str]
) -> dict[str, Channel]:
    """The channels of which the file says for every sample how it came to be, with nothing but the recorded
    samples; none of a lead that is there as recorded too, and none where what is said does not fit the
    length."""
    stated = roles_in(contents.comments)
    whole = {names.get(channel.label) for channel in contents.channels if channel.label not in origin}
    channels = {}
    for channel in contents.channels:
        lead = names.get(channel.label, "")
        parts = stated.get(lead, ()) if origin.get(channel.label) == "partial" and lead not in whole else ()
        if not parts or parts[-1].stop != channel.samples.size:
            continue
        samples = np.full(channel.samples.size, np.nan, channel.samples.dtype)
        for part in parts:
            if part.role == "input":
                samples[part.first : part.stop] = channel.samples[part.first : part.stop]
        if np.isfinite(samples).any():
            channels[channel.label] = Channel(channel.label, samples, channel.unit)
    return channels


def _ask(
    contents: Contents, channels: list[Channel], leads: Mapping[Channel, str], hints: Hints, shown: str
) -> None:
    """Raise NeedsHint for all that neither the file nor the user says, at once."""
    missing, questioned = [], []
    if not leads or hints.ask_for_rest:
        labels = unnamed([channel.label for channel in channels])
        questioned = [
            channel
            for channel in channels
            if channel.label in labels and np.isfinite(channel.samples[:MOST_LOOKED_AT]).any()
        ]
    if not leads and (not questioned or hints.leads is not None):
        others = ", ".join(channel_name(channel.label) for channel in channels[:12]) or "no signals at all"
        raise UnusableEcg(f"No standard lead among {others}; the leads are {' '.join(STANDARD)}.")
    if questioned:
        missing.append("leads")
    rate = _rate(contents, hints)
    if rate is None:
        missing.append("rate")
    if not hints.unit and not all(channel.unit for channel in (*leads, *questioned)):
        missing.append("unit")
    if missing:
        named = tuple(LeadSet(leads.values()))
        shown_channels = previews(questioned, rate, named)
        question = _question(shown, missing)
        if named and shown_channels:
            channel = ", ".join(channel_name(preview.label) for preview in shown_channels[:12])
            question = f"{shown} names {' '.join(named)}, but does not say which lead {channel} is." + (
                f" {_question(shown, missing[1:])}" if missing[1:] else ""
            )
        raise NeedsHint(question, tuple(missing), channels=shown_channels, named=named)


def _rate(contents: Contents, hints: Hints) -> float | None:
    return hints.rate if contents.rate is None else contents.rate


def _question(shown: str, missing: list[str]) -> str:
    named = " and ".join(
        {"rate": "sampling rate", "unit": "unit"}[name] for name in missing if name != "leads"
    )
    leads = "which lead each channel is" if "leads" in missing else ""
    missing_parts = ", nor its ".join(part for part in (leads, named) if part) if leads else f"its {named}"
    return f"{shown} does not say {missing_parts}; please give {'them' if len(missing) > 1 else 'it'}."


def _refuse_doubles(leads: list[str]) -> None:
    for lead in STANDARD:
        if leads.count(lead) > 1:
            raise UnusableEcg(f"Lead {lead} is there more than once.")


def _note_names(channels: list[Channel], leads: Mapping[Channel, str], notes: list[str]) -> None:
    others = [channel_name(channel.label) for channel in channels if channel not in leads]
    if others:
        notes.append(f"Left out, as they are none of the twelve standard leads: {', '.join(others)}.")
    for channel, lead in leads.items():
        if channel.label.strip().casefold() == f"ml{lead}".casefold():
            notes.append(
                f"{channel.label.strip().upper()} is taken as lead {lead}: a modified lead with "
                "electrodes on the trunk, "
                f"so its amplitudes and axis differ from those of {lead}."
            )


def _filter_note(contents: Contents) -> list[str]:
    """What our own exports say of the filter their leads went through."""
    stated = [line.strip(" #") for line in contents.comments if line.strip(" #").startswith("Filter: ")]
    return [
        f"The leads are not as recorded; the file says: {harmless(line)}."
        for line in stated[:1]
        if "as recorded" not in line
    ]


def _check_rate(rate: float) -> None:
    if not LOWEST_RATE <= rate <= HIGHEST_RATE:
        raise UnusableEcg(
            f"A sampling rate of {rate:g} Hz is not possible for an ECG; possible are {LOWEST_RATE:g} "
            f"to {HIGHEST_RATE:g} Hz."
        )


def _in_millivolts(channel: Channel, lead: str, hints: Hints) -> np.ndarray:
    scale = millivolts_per(channel.unit or hints.unit or "", f"Lead {lead}")
    samples = channel.samples if scale == 1 else channel.samples * scale
    peak = max(np.fmax.reduce(samples, initial=0.0), -np.fmin.reduce(samples, initial=0.0))
    if peak > HIGHEST_MV:
        raise UnusableEcg(
            f"Lead {lead} reaches {peak / 1000:.3g} V, which no ECG does; its gain or unit is wrong."
        )
    return samples.astype(np.float32, copy=False)


def _check_extent(rows: Mapping[str, np.ndarray], rate: float) -> None:
    lengths = {samples.size for samples in rows.values()}
    if len(lengths) > 1:
        raise UnusableEcg("The leads differ in length, so they were not recorded simultaneously.")
    if max(lengths) < SHORTEST_S * rate:
        raise UnusableEcg(
            f"The recording lasts {max(lengths) / rate:.2g} s; at least {SHORTEST_S:g} s is needed."
        )


def _without_gaps(leads: Mapping[str, np.ndarray], rate: float, notes: list[str]) -> dict[str, np.ndarray]:
    """Leads without gaps: short ones bridged; where longer ones are left, the longest stretch that is worth
    it."""
    bridged = {lead: _bridged(samples, rate) for lead, samples in leads.items()}
    filled = [
        lead for lead in leads if bridged[lead] is not leads[lead] and _fewer_gaps(bridged[lead], leads[lead])
    ]
    if filled:
        notes.append(
            f"Gaps of at most {MAX_GAP_S:g} s were bridged by straight lines in {' '.join(LeadSet(filled))}."
        )
    if all(np.isfinite(samples).all() for samples in bridged.values()):
        return bridged
    gaps = {lead: longest_run(~np.isfinite(samples)) for lead, samples in bridged.items()}
    kept, whole = _worth_keeping(bridged, rate)
    texts = [f"{lead} (missing {gaps[lead] / rate:.2g} s)" for lead in leads if lead not in kept]
    if not kept:
        raise UnusableEcg(f"No lead is without gaps longer than {MAX_GAP_S:g} s: {', '.join(texts)}.")
    if texts:
        notes.append(f"Left out, as samples are missing for longer than {MAX_GAP_S:g} s: {', '.join(texts)}.")
    start, stop = _longest(whole)
    if stop - start < whole.size:
        notes.append(
            f"Cut to {start / rate:.1f}-{stop / rate:.1f} s of {whole.size / rate:.1f} s, the longest "
            "stretch without a gap in "
            f"{' '.join(LeadSet(kept))}."
        )
    return {lead: bridged[lead][start:stop] for lead in kept}


def _bridged(samples: np.ndarray, rate: float) -> np.ndarray:
    """Samples with gaps of at most MAX_GAP_S inside them filled by straight lines; longer ones stay NaN."""
    good = np.isfinite(samples)
    if good.all() or not good.any():
        return samples
    where = np.arange(samples.size)
    filled: np.ndarray = np.interp(where, where[good], samples[good])
    for start, stop in _runs(~good):
        if stop - start > MAX_GAP_S * rate:
            filled[start:stop] = np.nan
    return filled


def _fewer_gaps(samples: np.ndarray, before: np.ndarray) -> bool:
    return bool(np.isfinite(samples).sum() > np.isfinite(before).sum())


def _worth_keeping(leads: Mapping[str, np.ndarray], rate: float) -> tuple[list[str], np.ndarray]:
    """Leads to keep, most complete first, and where all of them are whole (n,). One that would shorten the
    stretch they share below ten seconds, or to less than a third, is not worth it."""
    whole = np.ones(next(iter(leads.values())).size, bool)
    kept: list[str] = []
    for lead in sorted(leads, key=lambda lead: -longest_run(np.isfinite(leads[lead]))):
        both = whole & np.isfinite(leads[lead])
        shared = longest_run(whole)
        least = min(shared, max(STRETCH_S * rate, shared / 3)) if kept else SHORTEST_S * rate
        if longest_run(both) >= least:
            kept, whole = [*kept, lead], both
    return kept, whole


def _runs(flags: np.ndarray) -> np.ndarray:
    """(runs, 2) first positions of the runs of true values in (n,), and those after them."""
    edges = np.flatnonzero(np.diff(np.concatenate([[0], flags.astype(np.int8), [0]])))
    return edges.reshape(-1, 2)


def _longest(flags: np.ndarray) -> tuple[int, int]:
    start, stop = max(_runs(flags), key=lambda run: run[1] - run[0])
    return int(start), int(stop)


def longest_run(flags: np.ndarray) -> int:
    """Length of the longest run of true values in (n,)."""
    runs = _runs(flags)
    return int((runs[:, 1] - runs[:, 0]).max(initial=0))


def without_padding(ecg: Ecg) -> Ecg:
    """The recording without samples at its end that all repeat the last one in every lead; a note says so."""
    last = ecg.signals[:, -MIN_PADDING - 1 :]
    if (last != last[:, -1:]).any():
        return ecg
    still = (ecg.signals == ecg.signals[:, -1:]).all(axis=0)
    run = int(np.argmin(still[::-1])) - 1  # samples that repeat the one before
    if still.all() or run < MIN_PADDING or len(ecg.leads) < MIN_LEADS_FOR_PADDING:
        return ecg
    note = f"The last {run} samples repeat one value in every lead; they are padding and were cut off."
    return ecg.replace(signals=ecg.signals[:, : ecg.n_samples - run], notes=(*ecg.notes, note))


def _without_calibration(ecg: Ecg) -> Ecg:
    """The recording without a last part in which every lead shows the same: Philips devices end with zeros
    and a calibration pulse, and III = II - I holds in no such sample but 0."""
    last = ecg.signals[:, -MIN_PADDING:]
    if (last != last[:1]).any():
        return ecg
    alike = (ecg.signals == ecg.signals[:1]).all(axis=0)
    run = int(np.argmin(alike[::-1]))
    if alike.all() or run < MIN_PADDING or len(ecg.leads) < MIN_LEADS_FOR_PADDING:
        return ecg
    note = (
        f"The last {run / ecg.rate:.2g} s are the same in every lead: zeros or a calibration pulse, no "
        "ECG; they were cut off."
    )
    return ecg.replace(signals=ecg.signals[:, : ecg.n_samples - run], notes=(*ecg.notes, note))


def _completed(ecg: Ecg) -> Ecg:
    derived = ecg.leads.derived
    if not derived:
        return ecg
    note = f"Derived exactly from the other limb leads (Einthoven, Goldberger): {' '.join(derived)}."
    return with_derived(ecg).replace(notes=(*ecg.notes, note))
