"""What a model made of every test recording from every set of leads it takes: the file that ``rlecg study
lead-information`` writes.

``lead_information.npz`` holds, for each state of knowledge (a set of input leads), each of the twelve
leads that the model estimates from it and each recording, r in thousandths and the RMSE in whole uV (half a
unit of rounding, no bias in means), and for the empty set the RMS of the leads. With it go patients as
numbers, the groups (diagnoses) recordings belong to, and the hash of the weights. No names. Every mean,
median, interval and Shapley value on the page follows from it.
"""

from __future__ import annotations

import json
import zipfile
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

from ecgcore.datasets.diagnoses import ALL
from ecgcore.evaluation.statistics import Interval, bootstrap_mean, draws
from ecgcore.leads import INDEPENDENT, STANDARD, LeadSet
from ecgcore.studies.lead_information.lead_sets import ORDER, Knowledge, state_of

FILE = "lead_information.npz"
ABSENT = -32768
"""Stored for a lead that is measured, follows exactly, or is not estimated by the model; and for an undefined
r."""
RESAMPLES = 400


@dataclass(frozen=True, eq=False)
class ScoredStates:
    """r: (n_states, 12, n_records), NaN where there is none. rmse: the same in uV; for the state of no leads
    the RMS of each lead itself.

    patients: (n_records,) numbers. groups: name -> (n_records,) bool. recordings: hash of which recordings
    these are. conditions: how they were treated, for the reader. weights: hash of the model's weights;
    several joined by blanks where models were put together.
    """

    model: str
    weights: str
    recordings: str
    conditions: str
    states: tuple[LeadSet, ...]
    r: np.ndarray
    rmse: np.ndarray
    patients: np.ndarray
    groups: Mapping[str, np.ndarray]

    @property
    def complete(self) -> bool:
        """Whether every state of knowledge was scored."""
        return set(ORDER) <= {*self.states, ORDER[-1]}

    @cached_property
    def place(self) -> Mapping[LeadSet, int]:
        """Where each state stands."""
        return {state: number for number, state in enumerate(self.states)}

    def has(self, leads: Iterable[str]) -> bool:
        """Whether these leads were scored."""
        return state_of(leads) in self.place

    def inside(self, group: str) -> np.ndarray:
        """(n,) numbers of the recordings of a group; none for one that is not known."""
        return np.flatnonzero(self.groups.get(group, np.zeros(len(self.patients), bool)))

    def counts(self) -> dict[str, int]:
        """Group -> number of recordings."""
        return {group: int(inside.sum()) for group, inside in self.groups.items()}

    def of(self, leads: Iterable[str], metric: str) -> np.ndarray:
        """(12, n_records) r or RMSE (uV) of every lead from these; all NaN where the model does not take
        them."""
        at = self.place.get(state_of(leads))
        values = self.r if metric == "r" else self.rmse
        return values[at] if at is not None else np.full(values.shape[1:], np.nan, np.float32)

    # -- means of one set ------------------------------------------------------------------------------------

    def figures(self, leads: Iterable[str], group: str = ALL) -> dict[str, LeadFigures]:
        """Estimated lead -> what the population says of it for one set of input leads."""
        inside = self.inside(group)
        r, rmse = (self.of(leads, metric)[:, inside] for metric in ("r", "rmse_uv"))
        patients = self.patients[inside]
        by_lead = {}
        for row, lead in enumerate(STANDARD):
            if lead in state_of(leads).missing and np.isfinite(rmse[row]).any():
                good = r[row][np.isfinite(r[row])]
                tails = (
                    (float(np.median(good)), float(np.quantile(good, 0.05)))
                    if len(good)
                    else (np.nan, np.nan)
                )
                by_lead[lead] = LeadFigures(
                    bootstrap_mean(r[row], patients, RESAMPLES),
                    *tails,
                    bootstrap_mean(rmse[row], patients, RESAMPLES),
                )
        return by_lead

    # -- every subset ----------------------------------------------------------------------------------------

    def knowledge(self, group: str = ALL, target: str = "", resamples: int = RESAMPLES) -> Knowledge:
        """The value of every set for a group of patients; see ``ecgcore.studies.lead_information.lead_sets``.
        Needs every state (``complete``)."""
        inside = self.inside(group)
        rows = [STANDARD.index(lead) for lead in ((target,) if target else INDEPENDENT)]
        at = np.array([self.place.get(state, -1) for state in ORDER])
        power = np.square(np.nan_to_num(self.rmse[at][:, rows][:, :, inside])).astype(np.float32)
        power[at < 0] = 0.0  # all leads measured: nothing is left
        flat = power.reshape(-1, len(inside)).T
        codes = np.unique(self.patients[inside], return_inverse=True)[1]
        weights = (
            draws(codes.max(initial=-1) + 1, resamples)[:, codes].astype(np.float32)
            if resamples and len(inside)
            else np.zeros((0, len(inside)))
        )
        weights = np.concatenate([np.ones((1, len(inside)), np.float32), weights])
        left = (weights @ flat).reshape(len(weights), len(ORDER), len(rows))
        with np.errstate(invalid="ignore", divide="ignore"):
            shares = (1 - left / left[:, :1]).mean(-1)
        return Knowledge(
            shares[0].astype(float),
            shares[1:].astype(float),
            target,
            len(inside),
            int(codes.max(initial=-1)) + 1,
        )

    # -- the file --------------------------------------------------------------------------------------------

    def save(self, path: Path) -> None:
        """Write the file in one step."""
        kept = [
            (s, row)
            for s in range(len(self.states))
            for row in range(len(STANDARD))
            if np.isfinite(self.rmse[s, row]).any()
        ]
        where = tuple(np.array(kept).T)
        head = {
            "format": 1,
            "model": self.model,
            "weights": self.weights,
            "recordings": self.recordings,
            "conditions": self.conditions,
        }
        head |= {"states": [str(state) for state in self.states], "groups": list(self.groups)}
        arrays: dict[str, Any] = {
            "cells": np.array(kept, np.uint16),
            "r": _whole(1000 * self.r[where]),
            "rmse": _whole(self.rmse[where]),
            "patients": self.patients.astype(np.int32),
            "inside": np.array([self.groups[group] for group in self.groups], bool),
            "head": np.frombuffer(json.dumps(head).encode(), np.uint8),
        }
        fresh = path.with_name(path.name + ".new")
        with fresh.open("wb") as file:
            np.savez_compressed(file, **arrays)
        fresh.replace(path)

    @classmethod
    def read(cls, path: Path) -> ScoredStates:
        """Raises ValueError for a file that is none."""
        try:
            with np.load(path, allow_pickle=False) as file:
                head = json.loads(file["head"].tobytes())
                cells, r, rmse = file["cells"].astype(int), file["r"], file["rmse"]
                patients, inside = file["patients"], file["inside"]
                states = tuple(map(LeadSet, head["states"]))
                shape = (len(states), len(STANDARD), len(patients))
                full = np.full((2, *shape), np.nan, np.float32)
                full[0, cells[:, 0], cells[:, 1]] = np.where(r == ABSENT, np.nan, r / np.float32(1000))
                full[1, cells[:, 0], cells[:, 1]] = np.where(rmse == ABSENT, np.nan, rmse)
                groups = dict(zip(head["groups"], inside, strict=True))
        except (KeyError, IndexError, OSError, ValueError, zipfile.BadZipFile) as error:
            raise ValueError(f"{path.name} is no table of lead information") from error
        return cls(
            head["model"],
            head["weights"],
            head["recordings"],
            head.get("conditions") or head["said"],  # as stored first
            states,
            full[0],
            full[1],
            patients,
            groups,
        )


@dataclass(frozen=True)
class LeadFigures:
    """One estimated lead over a population: mean r and mean RMSE (uV) with intervals by patient, median and
    5th percentile of r."""

    r: Interval
    r_median: float
    r_p05: float
    rmse: Interval


@dataclass(frozen=True)
class Losses:
    """Does one more input lead ever hurt? steps: sets with a lead added, by each lead that is then still
    to be estimated.

    count: steps whose mean r falls by more than ``limit``. worst: the largest fall of the mean r (negative),
    at ``at`` (set, added lead, target).
    worst_mean: the same of the mean over all learned leads still to be estimated, at ``mean_at`` (set, added
    lead).
    """

    steps: int
    count: int
    limit: float
    worst: float
    at: tuple[LeadSet, str, str]
    worst_mean: float
    mean_at: tuple[LeadSet, str]

    def __str__(self) -> str:
        inputs, added, target = self.at
        return (
            f"one more lead lowers a lead's mean r by more than {self.limit:g} in {self.count:,} of "
            f"{self.steps:,} steps; the worst is {self.worst:.4f} "
            f"({target} from {inputs}, {added} added); of the mean over the learned leads that are "
            f"left it is {self.worst_mean:.4f} "
            f"({self.mean_at[0]}, {self.mean_at[1]} added)"
        )


def losses(table: ScoredStates, limit: float = 0.005) -> Losses:
    """Every step from a set of leads to one lead more that the table holds, on the recordings that have an r
    in both."""
    worse, means = [], []
    for state in filter(None, table.states):
        before = table.of(state, "r")
        more = {
            state_of(state | (lead,)): lead for lead in reversed(state.missing)
        }  # a second limb lead is the same whichever it is
        for after, added in more.items():
            if after not in table.place:
                continue
            rows = [STANDARD.index(lead) for lead in after.missing]
            change = np.nanmean(table.of(after, "r")[rows] - before[rows], axis=1)
            worse += [
                (float(change_of_lead), (state, added, lead))
                for change_of_lead, lead in zip(change, after.missing, strict=True)
                if np.isfinite(change_of_lead)
            ]
            learned = change[[lead in INDEPENDENT for lead in after.missing]]
            if np.isfinite(learned).any():
                means.append((float(np.nanmean(learned)), (state, added)))
    return Losses(len(worse), sum(change < -limit for change, _ in worse), limit, *min(worse), *min(means))


def together(model: str, tables: Sequence[ScoredStates]) -> ScoredStates:
    """Models that each take other leads as one, for example the U-Nets of one paper. Raises ValueError for
    other recordings."""
    first = tables[0]
    if any(metric.recordings != first.recordings for metric in tables):
        raise ValueError("tables of different recordings cannot be put together")
    states, rows, seen = [], [], set()
    for table in tables:
        for number, state in enumerate(table.states):
            if state not in seen:
                seen.add(state)
                states.append(state)
                rows.append((table.r[number], table.rmse[number]))
    r, rmse = (np.stack([row[metric] for row in rows]) for metric in (0, 1))
    return replace(
        first,
        model=model,
        weights=" ".join(metric.weights for metric in tables),
        states=tuple(states),
        r=r,
        rmse=rmse,
    )


def _whole(values: np.ndarray) -> np.ndarray:
    return np.where(
        np.isfinite(values), np.clip(np.rint(np.nan_to_num(values)), -32767, 32767), ABSENT
    ).astype(np.int16)
