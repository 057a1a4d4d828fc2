"""WFDB, PhysioNet's format: a checked header, then the signals of the standard leads."""

from __future__ import annotations

from ecgcore.ecg import UnusableEcg
from ecgcore.io.contents import Contents, Hints, Source
from ecgcore.io.formats import Facts, Format, looks_like_text
from ecgcore.io.formats.wfdb.header import read_header
from ecgcore.io.formats.wfdb.signals import read_record


def read_wfdb(source: Source, hints: Hints) -> Contents:
    """A record by its header, or by one of its signal files where the header stands beside."""
    if source.suffix != ".hea":
        head = source.sibling(f"{source.stem}.hea")
        if head is None:
            raise UnusableEcg(
                f"{source.shown} is a signal file; it can only be read together with its header, a .hea file."
            )
        source = head
    return read_record(source, hints)


def facts(source: Source) -> Facts:
    """Rate, comments, signal files and segments out of a header. Raises UnusableEcg."""
    header = read_header(source)
    files = tuple(dict.fromkeys(signal.file for signal in header.signals if signal.file != "~"))
    return Facts(
        header.rate, header.comments, files, tuple(name for name, _ in header.segments if name != "~")
    )


FORMATS = (
    Format(
        "WFDB",
        (".hea",),
        read_wfdb,
        looks_like_text,
        certain=False,
        companions=(".dat", ".mat", ".xyz"),
        needs=("leads",),
        facts=facts,
        tried="PTB-XL, LUDB, PTB, TWADB, the CinC Challenges 2011 and 2020, Brugada-HUCA",
    ),
)
