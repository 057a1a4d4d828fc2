"""Guess which trace was recorded: what is asked, and the tally of the answers."""

from __future__ import annotations

import csv
import io
import random
from collections.abc import Sequence
from dataclasses import dataclass, replace

from ecgcore.figures.style import NOT_FOR_DIAGNOSIS


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
        return self.real == self.guessed


@dataclass(frozen=True)
class Tally:
    rows: tuple[Answer, ...] = ()
    seed: int = 0

    def add(self, *answer: str) -> Tally:
        return replace(self, rows=(*self.rows, Answer(*answer)))

    @property
    def said(self) -> str:
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


def sides(number: int, leads: Sequence[str], seed: int = 0) -> tuple[str, str]:
    """The lead of the question of that number and which side, "A" or "B", is the recorded one; the same on every call."""
    draw = random.Random(f"{seed}-{number}")
    return draw.choice(list(leads)), draw.choice("AB")
