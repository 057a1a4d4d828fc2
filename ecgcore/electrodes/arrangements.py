"""How electrodes and leads may be arranged, each as the linear map it is: recorded leads = matrix @ true
leads.

A cable records the potential of the site it sits on. With Wilson's terminal as zero the three limb sites are
RA = -(I + II)/3, LA = (2 I - II)/3, LL = (2 II - I)/3, a chest site is its lead, and both legs have one
potential. Leads are differences of cables, so an exchange that moves the right leg's cable displaces Wilson's
terminal and shifts all chest leads alike (exact algebra: Krasteva et al. 2019, doi:10.3390/s19132920).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from itertools import combinations

import numpy as np

from ecgcore.lead_algebra import observation
from ecgcore.leads import CHEST, INDEPENDENT, STANDARD, LeadSet

N = len(INDEPENDENT)
LIMB_CABLES = ("RA", "LA", "LL", "RL")
KINDS = (
    "as recorded", "chest exchange", "chest rotation", "chest reversed", "limb exchange", "right leg",
    "polarity", "gain", "lead order", "one space high",
)  # fmt: skip
GAINS = (0.1, 0.5, 2.0, 10.0)
HIGH_SHARE = 0.35
"""How much of -aVF a chest electrode one intercostal space too high gains, and the part of itself it loses:
the lead vector of V1 or V2 turns upwards. A simulation, no measurement."""


@dataclass(frozen=True, eq=False)
class Arrangement:
    """One way the electrodes may sit or the leads be named.

    matrix: (8, 8), recorded I, II, V1-V6 from the true ones. electrodes: those not in their place. text: what
    it looks like, as "V2 and V5 look exchanged".
    """

    name: str
    kind: str
    electrodes: tuple[str, ...]
    matrix: np.ndarray
    text: str

    @property
    def reversible(self) -> bool:
        """Whether the true leads follow from all recorded ones."""
        return bool(np.linalg.matrix_rank(self.matrix) == N)


AS_RECORDED = Arrangement("as recorded", "as recorded", (), np.eye(N), "The electrodes look right")


def cables_on(sites: Mapping[str, str]) -> np.ndarray:
    """(8, 8): recorded from true I, II, V1-V6 when each named cable sits on the named site, the others on
    their own."""
    potential = {lead: np.eye(N)[INDEPENDENT.index(lead)] for lead in CHEST}
    lead_i, lead_ii = np.eye(N)[:2]
    potential |= {
        "RA": -(lead_i + lead_ii) / 3,
        "LA": (2 * lead_i - lead_ii) / 3,
        "LL": (2 * lead_ii - lead_i) / 3,
    }
    potential["RL"] = potential["LL"]
    at = {cable: potential[sites.get(cable, cable)] for cable in (*LIMB_CABLES, *CHEST)}
    terminal = (at["RA"] + at["LA"] + at["LL"]) / 3
    return np.stack([at["LA"] - at["RA"], at["LL"] - at["RA"], *(at[lead] - terminal for lead in CHEST)])


def exchange(first: str, other: str) -> Mapping[str, str]:
    """Sites of two cables in each other's place."""
    return {first: other, other: first}


@cache
def arrangements() -> tuple[Arrangement, ...]:
    """Every arrangement that is looked for, as recorded first."""
    return (
        AS_RECORDED, *_chest(), *_limbs(), *_right_leg(), *_polarity(), *_gains(), *_orders(),
        _one_space_high(),
    )  # fmt: skip


@cache
def by_name() -> dict[str, Arrangement]:
    """The arrangements by their names."""
    return {arrangement.name: arrangement for arrangement in arrangements()}


def _moved(name: str, kind: str, sites: Mapping[str, str], text: str) -> Arrangement:
    return Arrangement(name, kind, tuple(sites), cables_on(sites), text)


def _chest() -> Iterator[Arrangement]:
    for first, other in combinations(CHEST, 2):
        yield _moved(
            f"{first}-{other}",
            "chest exchange",
            exchange(first, other),
            f"{first} and {other} look exchanged",
        )
    for a, b, c in zip(CHEST, CHEST[1:], CHEST[2:], strict=False):
        for x, y, z in ((a, b, c), (a, c, b)):
            sites = {x: y, y: z, z: x}
            text = f"{a}, {b} and {c} look rotated: {x} on the place of {y}, {y} of {z}, {z} of {x}"
            yield _moved(f"{x}>{y}>{z}", "chest rotation", sites, text)
    sites = dict(zip(CHEST, CHEST[::-1], strict=True))
    yield _moved("V6-V1", "chest reversed", sites, "V1 to V6 look attached in reverse order")


def _limbs() -> Iterator[Arrangement]:
    names = {"RA": "right arm", "LA": "left arm", "LL": "left leg"}
    for first, other in combinations(names, 2):
        text = f"{names[first].capitalize()} and {names[other]} look exchanged"
        yield _moved(f"{first}-{other}", "limb exchange", exchange(first, other), text)
    for x, y, z in (("RA", "LA", "LL"), ("RA", "LL", "LA")):
        steps = ", ".join(f"{names[a]} on {names[b]}" for a, b in ((x, y), (y, z), (z, x)))
        text = f"The limb electrodes look rotated: {steps}"
        yield _moved(f"{x}>{y}>{z}", "limb exchange", {x: y, y: z, z: x}, text)


def _right_leg() -> Iterator[Arrangement]:
    yield _moved(
        "RA-RL",
        "right leg",
        exchange("RA", "RL"),
        "Right arm and right leg look exchanged (lead II is nearly flat)",
    )
    yield _moved(
        "LA-RL",
        "right leg",
        exchange("LA", "RL"),
        "Left arm and right leg look exchanged (lead III is nearly flat)",
    )
    both = {"RA": "RL", "RL": "RA", "LA": "LL", "LL": "LA"}
    yield _moved(
        "arms-legs", "right leg", both, "Both arms and both legs look exchanged (lead I is nearly flat)"
    )


def _scaled(name: str, kind: str, factors: Mapping[str, float], text: str) -> Arrangement:
    return Arrangement(
        name, kind, tuple(factors), np.diag([factors.get(lead, 1.0) for lead in INDEPENDENT]), text
    )


def _polarity() -> Iterator[Arrangement]:
    for lead in INDEPENDENT:
        yield _scaled(f"-{lead}", "polarity", {lead: -1.0}, f"{lead} looks upside down")
    yield _scaled(
        "-chest", "polarity", dict.fromkeys(CHEST, -1.0), "All measured chest leads look upside down"
    )
    yield _scaled("-all", "polarity", dict.fromkeys(INDEPENDENT, -1.0), "All leads look upside down")


def _gains() -> Iterator[Arrangement]:
    for lead in CHEST:
        for gain in GAINS:
            text = (
                f"{lead} looks {f'{gain:g} times too large' if gain > 1 else f'{1 / gain:g} times too small'}"
            )
            yield _scaled(f"{lead}*{gain:g}", "gain", {lead: gain}, text)


def _orders() -> Iterator[Arrangement]:
    """Files whose leads were read in another hospital's order, as far as the eight independent leads show
    it."""
    for name, order in {
        "V1-V6 first": (*CHEST, "I", "II"),
        "I III II": ("I", "III", *CHEST),
        "V6-V1, limb last": (*CHEST[::-1], "I", "II"),
    }.items():
        rows = observation(LeadSet(STANDARD))[[STANDARD.index(lead) for lead in order]]
        moved = tuple(lead for lead, name_there in zip(INDEPENDENT, order, strict=True) if lead != name_there)
        text = "The leads look named in another order: " + ", ".join(
            f"{there} as {lead}" for lead, there in zip(INDEPENDENT, order, strict=True) if lead != there
        )
        yield Arrangement(name, "lead order", moved, rows, text)


def _one_space_high() -> Arrangement:
    matrix = np.eye(N)
    down = observation(LeadSet("aVF"))[0]
    for lead in ("V1", "V2"):
        row = INDEPENDENT.index(lead)
        matrix[row] = (1 - HIGH_SHARE) * matrix[row] - HIGH_SHARE * down
    return Arrangement("V1 V2 high", "one space high", ("V1", "V2"), matrix, "V1 and V2 look placed too high")


NEED_BOTH_LIMB_LEADS = ("limb exchange", "right leg", "one space high")
NEED_ALL_LEADS = ("lead order",)


@cache
def distinct(leads: LeadSet) -> tuple[Arrangement, ...]:
    """The arrangements that can be told apart from what these leads record, as recorded first.

    leads: I and II or at most one limb lead, and chest leads. What moves limb electrodes is left out where
    not both are there, a file's order of leads where not all eight are.
    """
    see = observation(leads)
    kept: dict[bytes, Arrangement] = {}
    both = {"I", "II"} <= set(leads)
    for arrangement in arrangements():
        if (arrangement.kind in NEED_BOTH_LIMB_LEADS and not both) or (
            arrangement.kind in NEED_ALL_LEADS and len(leads) < N
        ):
            continue
        kept.setdefault(
            (np.round(see @ arrangement.matrix, 9) + 0.0).tobytes(), arrangement
        )  # + 0.0: no negative zeros
    return tuple(kept.values())


def becomes(arrangement: Arrangement) -> dict[str, str]:
    """What each of the twelve recorded leads shows: a lead, one upside down (−I), or "" for a mixture."""
    true = observation(LeadSet(STANDARD))
    named = {}
    for lead, row in zip(STANDARD, true @ arrangement.matrix, strict=True):
        ways = [
            f"{sign}{other}"
            for other, of_other in zip(STANDARD, true, strict=True)
            for sign, factor in (("", 1.0), ("−", -1.0))
            if np.allclose(row, factor * of_other, atol=1e-9)
        ]
        named[lead] = next(iter(ways), "")
    return named
