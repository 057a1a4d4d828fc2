"""Guess which trace was recorded: what is asked, and the tally of the answers."""

from __future__ import annotations

import csv
import io
import random
from collections.abc import Sequence
from dataclasses import dataclass, replace

from ecgcore.ecg import NOT_FOR_DIAGNOSIS


@dataclass(frozen=True)
class Answer:
    """real, guessed: "A" or "B"."""

    lead: str
    inputs: str
    model: str
    real: str
    guessed: str

    @property
    def right(self) -> bool:
        """Whether the guess was right."""
        return self.real == self.guessed


@dataclass(frozen=True)
class Tally:
    """The answers of one reader, and the seed of the next question."""

    rows: tuple[Answer, ...] = ()
    seed: int = 0

    def add(self, *answer: str) -> Tally:
        """With one answer more."""
        return replace(self, rows=(*self.rows, Answer(*answer)))

    @property
    def sentence(self) -> str:
        """The score, and how often guessing would do as well."""
        from scipy.stats import binomtest

        right = sum(row.right for row in self.rows)
        p = binomtest(right, len(self.rows), alternative="greater").pvalue
        return f"{right} of {len(self.rows)} right; blind guessing does as well with probability {p:.2f}."

    def csv(self) -> str:
        """One line an answer; no recording is named."""
        text = io.StringIO()
        text.write(f"# {NOT_FOR_DIAGNOSIS}\n")
        writer = csv.writer(text, lineterminator="\n")
        writer.writerow(("number", "lead", "inputs", "model", "real", "guessed", "right"))
        for number, row in enumerate(self.rows, 1):
            writer.writerow((number, row.lead, row.inputs, row.model, row.real, row.guessed, int(row.right)))
        return text.getvalue()


WINDOW_S = 4.0


@dataclass(frozen=True)
class Question:
    """lead: what is asked about. real: which side, "A" or "B", is the recorded one. start: s into the
    recording."""

    lead: str
    real: str
    start: float


def question(number: int, leads: Sequence[str], seconds: float, seed: int = 0) -> Question:
    """The question of that number on a recording of that length: the same on every call."""
    draw = random.Random(f"{seed}-{number}")
    lead, real = draw.choice(list(leads)), draw.choice("AB")
    return Question(lead, real, round(draw.uniform(0, max(0.0, seconds - WINDOW_S)), 2))
