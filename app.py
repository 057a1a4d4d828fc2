"""Start here: ``streamlit run app.py``. Opens the Review page and keeps what the link asks for.

The pages are found by Streamlit in ``pages/``; each brings its own frame (see ``pages/shared/frame.py``).
The server imports this file once and gets ready for its first reader; then it is run for each of them. What
has caches is imported once the server's runtime is there, for they ask where to lie.

A reader's work takes one core: matrices here are small, and threads that share them out wait for one another
by counting, which takes the cores from other readers (``python -m tests.load`` measures it).
"""

import os

os.environ.setdefault("OMP_NUM_THREADS", "1")  # read by PyTorch and OpenBLAS when they are first imported

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import streamlit as st


@asynccontextmanager
async def beside_the_server(_: st.App) -> AsyncIterator[None]:
    """Get ready while the first reader's browser still loads its scripts."""
    from pages.shared.session import ready

    ready.begin()
    yield


if __name__ == "__main__":
    from pages.shared.session import ready

    ready.wait()
    st.switch_page("pages/review.py", query_params=st.query_params.to_dict())
else:
    app = st.App(__file__, lifespan=beside_the_server)
