"""Numbers and tables in Markdown."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from ecgcore.evaluation.statistics import Interval


def short(value: float) -> str:
    """A correlation without its zero: .843."""
    return f"{value:.3f}".replace("0.", ".", 1)


def correlation(value: Interval) -> str:
    """.843 [.831, .855]."""
    return f"{short(value.value)} [{short(value.low)}, {short(value.high)}]"


def signed(value: Interval, digits: int) -> str:
    """+.008 [+.006, +.012] with three digits, -2.3 [-3.8, -0.7] with one."""
    low, middle, high = (
        f"{number:+.{digits}f}".replace("+0.", "+.", 1).replace("-0.", "-.", 1)
        for number in (value.low, value.value, value.high)
    )
    return f"{middle} [{low}, {high}]"


def microvolts(value: Interval) -> str:
    """116 [107, 125]."""
    return f"{value.value:.0f} [{value.low:.0f}, {value.high:.0f}]"


def both(r: Interval, rmse: Interval) -> str:
    """.843 [.831, .855] / 116 [107, 125]."""
    return f"{correlation(r)} / {microvolts(rmse)}"


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> Iterator[str]:
    """Lines of a table."""
    yield f"| {' | '.join(head)} |"
    yield f"|{'---|' * len(head)}"
    for row in rows:
        yield f"| {' | '.join(cell.replace('|', '/') for cell in row)} |"


def block(lines: Iterable[str]) -> Iterator[str]:
    """Lines as they are printed."""
    yield "```"
    yield from lines
    yield "```"
