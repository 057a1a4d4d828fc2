"""Whether a map can be trusted, in badges and a table; and how the Significance page writes its numbers."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from typing import NamedTuple

from ecgcore.figures.style import NO_BREAK
from ecgcore.studies.significance.trust import CHECKS, Answer
from pages.shared import downloads, widgets

BELOW = 0.2
"""Rank correlation with shuffled models below which a map depends on what was learned."""
AGREES = 0.5
"""Spearman from which two orders of leads are said to agree."""


class Check(NamedTuple):
    """A check of a map: its name, value (None where it cannot be measured), what holds, and what it means."""

    name: str
    value: float | None
    good: Callable[[float], bool]
    meaning: str

    @property
    def verdict(self) -> str:
        """What came out, in words."""
        if self.value is None or math.isnan(self.value):
            return "not measurable"
        return "holds" if self.good(self.value) else "does not hold"


def shuffled(value: float | None) -> Check:
    """Whether the map depends on what was learned."""
    meaning = (
        f"rank correlation with the maps of models whose weights were shuffled; below {BELOW} the "
        f"map shows what was learned"
    )
    return Check("Shuffled model", value, lambda v: v < BELOW, meaning)


def better_than_random(curves: object, what: str) -> tuple[Check, Check]:
    """Deletion and insertion curves (``ecgcore.studies.significance.contributions.Curves``) against random
    order."""
    lost = (
        f"area between the curves; above 0 {what} suffers more when the map's patches go first than in "
        f"random order"
    )
    sentence = f"the same when patches are added: above 0 {what} is back sooner"
    return (
        Check("Deletion against random", curves.gain_deletion, lambda v: v > 0, lost),
        Check("Insertion against random", curves.gain_insertion, lambda v: v > 0, sentence),
    )


def agreement(value: float | None, with_what: str) -> Check:
    """Whether the map orders the leads as the Shapley values do."""
    return Check(
        "Agreement with Shapley",
        value,
        lambda v: v >= AGREES,
        f"Spearman of the map's lead shares with {with_what}; needs three leads",
    )


def steady(value: float | None) -> Check:
    """Whether the map is the same in every beat."""
    meaning = (
        "mean rank correlation of the map in two beats, laid over one another at R; needs two whole beats"
    )
    return Check("Stability over beats", value, lambda v: v >= AGREES, meaning)


def steady_windows(value: float | None) -> Check:
    """Whether the map is the same in every window."""
    return Check(
        "Stability over windows",
        value,
        lambda v: v >= AGREES,
        "mean Spearman of the lead shares of two windows",
    )


def badges(checks: Iterable[Check]) -> None:
    """One line for beside the map: what fails is as large as what holds."""
    look = {
        "holds": ":green-badge[:material/check: {}]",
        "does not hold": ":orange-badge[:material/warning: {}]",
        "not measurable": ":gray-badge[{}]",
    }
    shown = [look[check.verdict].format(f"{check.name} {number(check.value)}") for check in checks]
    widgets.markdown(f"**Can it be trusted?** {' '.join(shown)}")


def table(checks: Iterable[Check]) -> None:
    """The same with what it means."""
    icon = {
        "holds": f"✓{NO_BREAK}holds",
        "does not hold": f"✗{NO_BREAK}does{NO_BREAK}not{NO_BREAK}hold",
        "not measurable": "not measurable",
    }
    rows = [
        f"| {check.name} | {number(check.value)} | {icon[check.verdict]} | {check.meaning} |"
        for check in checks
    ]
    downloads.table("| Check | value | | what it means |\n|:--|--:|:--|:--|\n" + "\n".join(rows), "checks")


def over_recordings(answers: Iterable[Answer]) -> None:
    """The same over many recordings and several trainings, where that was computed."""
    rows = [
        f"| {CHECKS[answer.check]} | {_interval(answer)} | {answer.value.n_records:,} | {answer.networks} |"
        for answer in answers
    ]
    if not rows:
        return
    widgets.markdown("##### Over the test fold, and from training to training")
    downloads.table(
        "| Check of the map | mean [95 %] | maps | trainings or pairs |\n|:--|:--|--:|--:|\n"
        + "\n".join(rows),
        "checks-over-recordings",
    )
    widgets.caption(
        "PTB-XL test fold; intervals by patient.",
        help="From I + II + V2 and I + II + V2 + V4, every other chest lead explained; short trainings that "
        "differ in nothing but their seed.",
    )


def _interval(answer: Answer) -> str:
    value, low, high = answer.value.value, answer.value.low, answer.value.high
    digits = 2 if abs(value) < 1 else 1
    return f"{number(value, digits)} [{number(low, digits)}, {number(high, digits)}]"


# -- numbers -------------------------------------------------------------------------------------------------


def number(value: float | None, digits: int = 2) -> str:
    """With a true minus; a dash for what is not there."""
    return "–" if value is None or math.isnan(value) else f"{value:,.{digits}f}".replace("-", "−")


def percent(part: float | None, digits: int = 0) -> str:
    """A share as whole percent."""
    return "–" if part is None or math.isnan(part) else f"{100 * part:.{digits}f} %".replace("-", "−")


def chance(value: float) -> str:
    """A p value: "< .001", ".012", "1"."""
    return (
        "–"
        if math.isnan(value)
        else "< .001"
        if value < 0.001
        else f"{value:.3f}".lstrip("0")
        if value < 0.9995
        else "1"
    )
