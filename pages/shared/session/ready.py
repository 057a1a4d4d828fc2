"""What the server does once, beside itself, as soon as it starts: what every reader's first page takes.

A page waits for it: libraries look at one another while they are imported, and plotly fails where pandas is
imported half.
"""

from __future__ import annotations

import threading

_done = threading.Event()
_done.set()


def begin() -> None:
    """Get ready in the background."""
    _done.clear()
    threading.Thread(target=_get_ready, name="get ready", daemon=True).start()


def wait() -> None:
    """Until the server is ready; at once where it never began, as in tests."""
    _done.wait()


def _get_ready() -> None:
    try:
        read_and_estimate()
    finally:
        _done.set()
    from ecgcore.io import get_ready as expect_uploads

    expect_uploads()


def read_and_estimate() -> None:
    """Import what opens and estimates, and read the weights of the usual model."""
    import pandas  # noqa: F401, ICN001 - not by the first reader

    from ecgcore.demonstrations import real_recording
    from ecgcore.leads import LeadSet
    from models import load

    load().reconstruct(real_recording(), LeadSet("I II V2"))
