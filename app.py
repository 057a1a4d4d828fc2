"""Start here: ``streamlit run app.py``. Opens the Review page and keeps what the link asks for.

The pages are found by Streamlit in ``pages/``; each brings its own frame (see ``pages/shared/frame.py``).
The server imports this file once and gets ready for its first reader; then it is run for each of them.
"""

import threading
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import streamlit as st


def get_ready() -> None:
    """Do once what every reader's first page takes: import what reads, estimates and measures, read the
    weights of the usual model, and have a process wait for uploads."""
    from ecgcore import LeadSet, measure
    from ecgcore.demonstrations import real_recording
    from ecgcore.io import get_ready as expect_uploads
    from models import load

    measure(load().reconstruct(real_recording(), LeadSet("I II V2")).ecg)
    expect_uploads()


@asynccontextmanager
async def beside_the_server(_: st.App) -> AsyncIterator[None]:
    """Get ready while the first reader's browser still loads its scripts."""
    threading.Thread(target=get_ready, name="get ready", daemon=True).start()
    yield


if __name__ == "__main__":
    st.switch_page("pages/review.py", query_params=st.query_params.to_dict())
else:
    app = st.App(__file__, lifespan=beside_the_server)
