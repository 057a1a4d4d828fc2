"""What is done with recordings of a list: scores, measurements, reconstructions. A job is told a part of the
list and answers with two tables, results and failures: one bad recording never stops a run."""

from __future__ import annotations

import re
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from hashlib import sha256
from math import isfinite
from pathlib import Path
from typing import Any, ClassVar, NamedTuple, TypeVar

import pyarrow as pa

from ecgcore.ecg import Ecg, Reconstruction, UnusableEcg
from ecgcore.io.text import harmless
from ecgcore.lead_algebra import with_recorded_leads
from ecgcore.leads import STANDARD, LeadSet
from models.many.lists import Entry

Answer = TypeVar("Answer")
NUMBER = [("number", pa.int64()), ("record", pa.string())]
FAILURES = pa.schema([*NUMBER, ("reason", pa.string())])
ELECTRODES = [
    ("electrodes", pa.string()), ("electrodes_likeliest", pa.string()), ("mix_up_probability", pa.float64()),
]  # fmt: skip
"""What the check of electrodes says of a recording: a sentence, "" for nothing; the likeliest arrangement,
"as recorded" where no exchange is told; the probability of any mix-up. Null where the leads are too few."""
AT_ONCE = 32
"""Recordings in one pass of a network."""


class Tables(NamedTuple):
    """What a job answers with."""

    results: pa.Table
    failures: pa.Table


def without_name(sentence: str, entry: Entry) -> str:
    """A sentence about a file without its name and path, which may be a patient's."""
    path = Path(entry.text)
    if entry.record or not path.stem:
        return sentence
    names = "|".join(re.escape(name) for name in (harmless(entry.text), path.name, harmless(path.name)))
    bare = re.sub(rf"(?<!\w)(?:{names}|{re.escape(path.stem)}(?:\.\w+)?)(?!\w)", "this file", sentence)
    bare = bare.replace("There is no file this file;", "There is no such file;")
    return f"{bare[0].upper()}{bare[1:]}"


class Part:
    """A part of a list while it is worked on: what came of each entry, and why of some nothing came."""

    def __init__(self, entries: Sequence[Entry]) -> None:
        self.entries = entries
        self.reasons: dict[int, str] = {}

    def tried(self, entry: Entry, action: Callable[[], Answer]) -> Answer | None:
        """What the action answers; None, and the reason is kept, where it fails."""
        try:
            return action()
        except UnusableEcg as error:
            self.reasons[entry.number] = without_name(str(error), entry)
        except OSError as error:
            self.reasons[entry.number] = f"The file cannot be read: {error.strerror or type(error).__name__}."
        except Exception as error:  # noqa: BLE001 -- a run goes on whatever one recording does
            self.reasons[entry.number] = f"An error within the program: {type(error).__name__}."
        return None

    def failures(self) -> pa.Table:
        """A row for each entry of which nothing came, with the reason."""
        failed = [entry for entry in self.entries if entry.number in self.reasons]
        columns = [
            [entry.number for entry in failed],
            [entry.record for entry in failed],
            [self.reasons[entry.number] for entry in failed],
        ]
        return pa.table(columns, schema=FAILURES)


@dataclass(frozen=True)
class Job(ABC):
    """What is done with each recording. rate (Hz), unit: of files that do not say."""

    kind: ClassVar[str]
    rate: float | None = None
    unit: str | None = None

    @property
    @abstractmethod
    def schema(self) -> pa.Schema:
        """Columns of the results."""

    @abstractmethod
    def rows(self, part: Part) -> Iterator[tuple[Any, ...]]:
        """Rows of the results; what fails is noted in the part."""

    def facts(self) -> dict[str, Any]:
        """What the results depend on, as JSON types: a run of other facts is another run."""
        return {"kind": self.kind} | {name: _plain(value) for name, value in asdict(self).items()}

    def work(self, entries: Sequence[Entry]) -> Tables:
        """Both tables of a part of a list, by the numbers of its entries."""
        import torch

        torch.set_num_threads(1)
        part = Part(entries)
        rows = sorted(self.rows(part), key=lambda row: row[0])
        columns = [list(column) for column in zip(*rows, strict=True)] or [[] for _ in self.schema]
        return Tables(pa.table(columns, schema=self.schema), part.failures())

    def recordings(
        self, part: Part, wanted: float | None = None, prepared: Callable[[Ecg], Ecg] = lambda ecg: ecg
    ) -> Iterator[tuple[Entry, Ecg]]:
        """The recordings of a part that can be read."""
        for entry in part.entries:
            ecg = part.tried(entry, lambda entry=entry: prepared(entry.read(self.rate, self.unit, wanted)))
            if ecg is not None:
                yield entry, ecg


def _plain(value: Any) -> Any:
    return [_plain(each) for each in value] if isinstance(value, tuple) else value


@dataclass(frozen=True)
class Reconstructing(Job):
    """A job that reconstructs; recordings of the same rate and length share passes of the network. fast:
    networks in bfloat16."""

    model: str = ""
    inputs: tuple[str, ...] = ()
    passband: str = "high-pass"
    site: str | None = None
    fast: bool = False

    def work(self, entries: Sequence[Entry]) -> Tables:
        """As every job, where asked for in bfloat16."""
        from models.blocks.number_formats import narrow

        with narrow(self.fast):
            return super().work(entries)

    def facts(self) -> dict[str, Any]:
        """What a run is bound to: the job's own settings, the hash of the weights and that of the site's
        file. Raises UnusableEcg for a model or a site that is not there, and without inputs."""
        from models.reconstruct import calibrated, calibration_for, weights_of

        if not self.inputs:
            raise UnusableEcg("Choose at least one input lead.")
        facts = super().facts() | {"weights": weights_of(self.model)}
        if self.site and (calibration := calibration_for(self.model, "", self.site)):
            calibrated(self.model, calibration)
            facts["calibration"] = sha256(calibration.text.encode()).hexdigest()[:16]
        return facts

    def reconstructions(
        self, part: Part, recordings: Iterator[tuple[Entry, Ecg]], own: bool = False
    ) -> Iterator[tuple[Entry, Ecg, Reconstruction]]:
        """Each recording with what is made of it. own: the interval is that of the weights."""
        from models.reconstruct import calibration_for, reconstruct_alike

        alike: dict[Any, list[tuple[Entry, Ecg]]] = {}

        def answers(group: list[tuple[Entry, Ecg]]) -> Iterator[tuple[Entry, Ecg, Reconstruction]]:
            leads = LeadSet(self.inputs)
            calibration = None if own else calibration_for(self.model, group[0][1].name, self.site)
            together = Part([])
            all_of_them = together.tried(
                group[0][0],
                lambda: reconstruct_alike([ecg for _, ecg in group], leads, self.model, calibration),
            )
            for place, (entry, ecg) in enumerate(group):
                result = (
                    all_of_them[place]
                    if all_of_them
                    else part.tried(
                        entry,
                        lambda ecg=ecg: reconstruct_alike([ecg], leads, self.model, calibration)[0],
                    )
                )
                if result is not None:
                    yield entry, ecg, result

        for entry, ecg in recordings:
            key = (ecg.rate, ecg.n_samples, ecg.name.partition("/")[0] if entry.record else "")
            group = alike.setdefault(key, [])
            group.append((entry, ecg))
            if len(group) == AT_ONCE:
                yield from answers(alike.pop(key))
        for group in alike.values():
            yield from answers(group)


@dataclass(frozen=True)
class Scores(Reconstructing):
    """Metrics of the estimated leads that a recording holds (``ecgcore.evaluation.scoring``), at
    ``at_rate``."""

    kind: ClassVar[str] = "scores"
    at_rate: float | None = 100.0

    @property
    def schema(self) -> pa.Schema:
        """Columns: number and record, conditions, lead, source, metric, value."""
        texts = [(name, pa.string()) for name in ("model", "inputs", "passband", "lead", "source", "metric")]
        return pa.schema([*NUMBER, *texts, ("value", pa.float32())])

    def rows(self, part: Part) -> Iterator[tuple[Any, ...]]:
        """A row for each estimated lead and metric."""
        from ecgcore.evaluation.scoring import prepare, score
        from models.reconstruct import estimated_by, named

        own, inputs = estimated_by(self.model), LeadSet(self.inputs)
        idle = () if named(self.model).personal else inputs.derived

        def prepared(ecg: Ecg) -> Ecg:
            """Without leads that were not recorded, or that are neither given nor scored, as they follow from
            those that are."""
            ecg = with_recorded_leads(ecg)
            if not inputs - ecg.leads:
                ecg = ecg.pick(ecg.leads - idle)
            return prepare(ecg, self.passband, self.at_rate)

        recordings = self.recordings(part, self.at_rate, prepared)
        for entry, truth, result in self.reconstructions(part, recordings, own=True):
            values = part.tried(entry, lambda truth=truth, result=result: list(score(truth, result)))
            if values is not None and not values:
                part.reasons[entry.number] = "The recording holds no lead beside the inputs to compare with."
            for lead, metric, value in values or ():
                if lead in own and isfinite(value):
                    fixed = (entry.number, entry.record, self.model, str(inputs), self.passband)
                    yield (*fixed, lead, result.source[lead], metric, value)


@dataclass(frozen=True)
class Measurements(Job):
    """Intervals, axes and heart rate, a row a value, on all leads or on some."""

    kind: ClassVar[str] = "measurements"
    leads: tuple[str, ...] = ()

    @property
    def schema(self) -> pa.Schema:
        """Columns: number and record, name, value, spread over beats, beats, reason."""
        values = [("name", pa.string()), ("value", pa.float64()), ("spread", pa.float64()), ("n", pa.int64())]
        return pa.schema([*NUMBER, *values, ("reason", pa.string())])

    def rows(self, part: Part) -> Iterator[tuple[Any, ...]]:
        """A row for each value, in ms, degrees or bpm."""
        from ecgcore.measurements import AXES, CORRECTED, INTERVALS, measure

        chosen = LeadSet(self.leads)
        for entry, ecg in self.recordings(part, None, lambda ecg: ecg.pick(chosen) if chosen else ecg):
            measured = part.tried(entry, lambda ecg=ecg: measure(ecg))
            for name in (*INTERVALS, *CORRECTED, *AXES) if measured else ():
                value = measured[name]
                yield entry.number, entry.record, name, value.value, value.spread, value.n, value.reason


@dataclass(frozen=True)
class Reconstructions(Reconstructing):
    """Twelve leads of each recording with their roles and half widths of their intervals, a row a
    recording.

    electrodes: "checked", so that what the check says of each recording stands beside it, "corrected", so
    that what it names is undone first, or None."""

    kind: ClassVar[str] = "reconstructions"
    electrodes: str | None = None

    @property
    def schema(self) -> pa.Schema:
        """Columns: number and record, rate, conditions, what the check of electrodes says, then roles,
        samples (mV) and half widths (mV) by lead."""
        texts = [(name, pa.string()) for name in ("model", "weights", "interval", "filter", "warnings")]
        samples = [(f"{lead} (mV)", pa.list_(pa.float32())) for lead in STANDARD]
        half = [(f"{lead} half width (mV)", pa.list_(pa.float32())) for lead in STANDARD]
        roles = [(f"{lead} role", pa.string()) for lead in STANDARD]
        electrodes = ELECTRODES if self.electrodes else []
        return pa.schema([*NUMBER, ("rate_hz", pa.float64()), *texts, *electrodes, *roles, *samples, *half])

    def rows(self, part: Part) -> Iterator[tuple[Any, ...]]:
        """A row for each recording."""
        from ecgcore.export.content import ROLE_OF

        answers: dict[int, tuple[Any, ...]] = {}
        for entry, _, result in self.reconstructions(part, self._prepared(part, answers)):
            texts = (result.model, result.weights, result.rung, self.passband, " ".join(result.warnings))
            electrodes = answers.get(entry.number, ())
            roles = [ROLE_OF[result.source[lead]] for lead in STANDARD]
            half = [None] * len(STANDARD) if result.interval is None else list(result.interval)
            yield (
                entry.number, entry.record, result.ecg.rate, *texts, *electrodes, *roles, *result.ecg.signals,
                *half,
            )  # fmt: skip

    def _prepared(self, part: Part, answers: dict[int, tuple[Any, ...]]) -> Iterator[tuple[Entry, Ecg]]:
        """Recordings in their passband, with the leads that the model is given; what the check says of each,
        in columns of ``ELECTRODES``, is put into ``answers``."""
        from ecgcore.evaluation.scoring import prepare
        from models.reconstruct import named

        whole = named(self.model).personal

        def prepared(entry: Entry, recorded: Ecg) -> Ecg:
            recorded = with_recorded_leads(recorded)
            if self.electrodes:
                recorded, answers[entry.number] = self._checked(recorded)
            return prepare(recorded if whole else recorded.pick(self.inputs), self.passband)

        for entry, recorded in self.recordings(part):
            ecg = part.tried(entry, lambda entry=entry, recorded=recorded: prepared(entry, recorded))
            if ecg is not None:
                yield entry, ecg

    def _checked(self, recorded: Ecg) -> tuple[Ecg, tuple[str | None, str | None, float | None]]:
        from models.electrodes.scores import checked

        ecg, answer, sentence = checked(recorded, self.electrodes == "corrected")
        if answer is None:
            return ecg, (None, None, None)
        return ecg, (sentence, answer.likeliest.name, answer.wrong)
