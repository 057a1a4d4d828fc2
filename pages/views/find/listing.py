"""The recordings that meet a search: who, what, lead II, and the way to each."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from functools import partial

import streamlit as st

from ecgcore.datasets.search import ACCEPTABLE, Hit
from pages.shared import downloads, links, session
from pages.shared.choices import Origin
from pages.shared.reads import thumbnails
from pages.shared.recordings import local, search

ON_A_PAGE = 8


def show() -> None:
    """What is looked for, how many meet it, and one page of them."""
    st.markdown("#### Find a recording")
    if not session.local_databases():
        st.info(local.NO_DATABASE)
        return
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small"):
        with st.container(width=420):
            search.words()
        with st.container(width=240):
            search.database()
        search.filters()
    hits = search.hits()
    if not hits:
        st.info("No recording meets this. Try fewer or shorter words: left bundle, anterior, paced.")
        return
    pages = -(-len(hits) // ON_A_PAGE)
    with st.container(horizontal=True, vertical_alignment="center", gap="medium"):
        st.markdown(f"**{len(hits):,} recording{'' if len(hits) == 1 else 's'}**", width="content")
        page = links.page_of(pages)
        if pages > 1:
            _turn("Previous", "p", page - 1, page == 1)
            st.markdown(f"page {page:,} of {pages:,}", width="content")
            _turn("Next", "n", page + 1, page == pages)
        downloads.values("recordings", partial(_csv, hits))
    first = (page - 1) * ON_A_PAGE
    with st.container(gap="small"):
        for hit in hits[first : first + ON_A_PAGE]:
            _row(hit)


def _csv(hits: Sequence[Hit]) -> str:
    """All that meet the search, one a line; a record of a private folder has no name here."""
    text = io.StringIO()
    lines = csv.writer(text, lineterminator="\n")
    lines.writerow(["database", "record", "age", "sex", "diagnoses", "quality"])
    for hit in hits:
        record = "" if Origin("local", hit.database, hit.record).in_link() is None else hit.record
        age = "" if hit.age is None else f"{hit.age:.0f}"
        lines.writerow([hit.database, record, age, hit.sex, "; ".join(hit.diagnoses), hit.quality])
    return text.getvalue()


def _turn(label: str, key: str, to: int, disabled: bool) -> None:
    st.button(
        label,
        key=f"page_{key}",
        shortcut=key,
        type="tertiary",
        disabled=disabled,
        on_click=links.put,
        kwargs={"page": to},
    )


def _row(hit: Hit) -> None:
    with st.container(border=True, horizontal=True, vertical_alignment="center", gap="medium"):
        picture, noted = thumbnails.lead_ii(Origin("local", hit.database, hit.record))
        with st.container(width=380):
            if picture:
                st.image(picture, width="stretch", alt=f"Lead II of {hit.record}")
            else:
                st.caption("This recording cannot be read.")
        with st.container(width="stretch", gap="xxsmall"):
            st.markdown(search.diagnoses(hit, 6) or "No diagnosis given")
            quality = "" if hit.quality in ("", ACCEPTABLE) else f"noted: {hit.quality}"
            parts = (search.person(hit), search.place_in_words(hit), quality, noted)
            st.caption(" · ".join(part for part in parts if part))
        _open(hit)


def _open(hit: Hit) -> None:
    place = Origin("local", hit.database, hit.record)
    if named := place.in_link():
        st.page_link(
            "pages/review.py",
            label="Open",
            icon=":material/cardiology:",
            query_params=session.address() | {"record": named},
        )
    elif st.button("Open", key=f"open_{hit.database}_{hit.record}", icon=":material/cardiology:"):
        session.try_open(place)
        st.switch_page("pages/review.py", query_params=session.address())
