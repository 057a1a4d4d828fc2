"""The answer to whether every electrode is in its place: probabilities of all arrangements, and one
sentence."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ecgcore.ecg import NOT_FOR_DIAGNOSIS
from ecgcore.electrodes.arrangements import AS_RECORDED, Arrangement, by_name
from ecgcore.electrodes.names import Renaming
from ecgcore.leads import LeadSet

SURE = 0.5
"""Part of that probability that the likeliest arrangement must have to be named alone."""


@dataclass(frozen=True)
class ElectrodeCheck:
    """probabilities: by arrangement, likeliest first, sum 1. leads: those looked at. rate: the prior share of
    recordings with a mix-up. reference: whether an earlier recording of the person was compared. beats: in
    the mean beat looked at. threshold: probability of any mix-up from which on it is told. mistake: what
    the limb equations say about names, signs and sizes; the probabilities are those after its cure."""

    probabilities: Mapping[str, float]
    leads: LeadSet
    rate: float
    beats: int
    reference: bool = False
    threshold: float = 0.5
    mistake: Renaming | None = None

    @property
    def wrong(self) -> float:
        """Probability that anything is not in its place."""
        return 1.0 - self.probabilities.get(AS_RECORDED.name, 0.0)

    @property
    def exchanged(self) -> bool:
        """Whether a mix-up of electrodes is likely enough to be told."""
        return self.wrong >= self.threshold

    @property
    def alarm(self) -> bool:
        """Whether there is anything to tell."""
        return self.exchanged or self.mistake is not None

    @property
    def likeliest(self) -> Arrangement:
        """As recorded where no mix-up is told, else the likeliest."""
        if not self.exchanged:
            return AS_RECORDED
        return by_name()[next(name for name in self.probabilities if name != AS_RECORDED.name)]

    @property
    def named(self) -> bool:
        """Whether one mix-up stands out among those possible."""
        return self.exchanged and self.probabilities[self.likeliest.name] >= SURE * self.wrong

    @property
    def text(self) -> str:
        """One sentence: "V2 and V5 look exchanged (98 %)"."""
        if self.mistake is not None:
            also = f"; then {self._exchange_text()}" if self.exchanged else ""
            return f"{self.mistake.text} (the limb leads agree only then){also}"
        if not self.alarm:
            return f"No exchanged electrodes seen (probability of a mix-up {_percent(self.wrong)})"
        return self._exchange_text()

    @property
    def remark(self) -> str:
        """What a file says that shows the recording as it is; "" without an alarm."""
        return f"As recorded; not corrected: {self.text}." if self.alarm else ""

    def _exchange_text(self) -> str:
        best = self.likeliest
        if self.named:
            return f"{self._softened(best.text)} ({_percent(self.probabilities[best.name])})"
        others = [name for name in self.probabilities if name != AS_RECORDED.name][:2]
        options = " or ".join(
            f"{_clause(by_name()[name])} ({_percent(self.probabilities[name])})" for name in others
        )
        return self._softened(f"Electrodes look out of place ({_percent(self.wrong)}): {options}")

    def _softened(self, text: str) -> str:
        """The sentence as it is where a mix-up is likelier than not, else as a possibility."""
        if self.wrong >= 0.5:
            return text
        return text.replace(" look ", " may be ", 1).replace(" looks ", " may be ", 1)

    def in_words(self) -> str:
        """The sentence, and the likeliest arrangements with their probabilities."""
        likely = [f"{name} {_percent(value)}" for name, value in self.probabilities.items() if value >= 0.01]
        last = f"{self.beats} beats, alarm from {_percent(self.threshold)}"
        return f"Electrodes: {self.text}.\n  {', '.join(likely[:6])}; {last}"

    def report(self) -> dict[str, Any]:
        """The answer in JSON types."""
        likely = {name: value for name, value in self.probabilities.items() if value >= 5e-4}
        return {
            "alarm": self.alarm,
            "text": self.text,
            "probability_of_a_mix_up": round(self.wrong, 4),
            "alarm_from": round(self.threshold, 4),
            "likeliest": self.likeliest.name,
            "kind": self.likeliest.kind,
            "limb_leads_named_wrong": list(self.mistake.leads) if self.mistake else [],
            "electrodes": list(self.likeliest.electrodes),
            "probabilities": {name: round(value, 4) for name, value in likely.items()},
            "leads": list(self.leads),
            "beats": self.beats,
            "prior_exchange_rate": self.rate,
            "reference_recording": self.reference,
            "notice": f"{NOT_FOR_DIAGNOSIS}.",
        }  # fmt: skip


def _clause(arrangement: Arrangement) -> str:
    return (
        arrangement.text[0].lower() + arrangement.text[1:]
        if arrangement.text[1].islower()
        else arrangement.text
    )


def _percent(probability: float) -> str:
    if probability >= 0.995:
        return "over 99 %"
    return f"{100 * probability:.0f} %" if probability >= 0.01 else "below 1 %"
