"""What is looked for in the local databases: the same on all pages, part of every address."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import streamlit as st

from ecgcore.datasets import data_root, title_of
from ecgcore.datasets.search import QUALITIES, SEXES, Hit, Search, find
from pages.shared import links, session
from pages.shared.memory import keep, kept

OLDEST = 100
ALL = "All databases"
SPLITS = {"train": "in the training data", "val": "validation fold", "test": "test fold"}


def wanted() -> Search:
    """What is looked for; as long as nothing was asked, the database of the open recording, else all."""
    place = session.origin()
    return kept("search") or Search(database=place.database if place.kind == "local" else "")


def hits() -> tuple[Hit, ...]:
    """The recordings that meet it."""
    return _find(data_root(), _possible())


def lines(most: int) -> dict[tuple[str, str], str]:
    """(database, record) of the first of them -> its line in a list."""
    return _lines(data_root(), _possible(), most)


def _possible() -> Search:
    search = wanted()
    return replace(search, database=search.database if search.database in session.local_databases() else "")


@st.cache_resource(max_entries=64, show_spinner="Reading the tables of the databases")
def _find(root: Path | None, search: Search) -> tuple[Hit, ...]:
    return find(root, search)


@st.cache_resource(max_entries=16, show_spinner=False)
def _lines(root: Path | None, search: Search, most: int) -> dict[tuple[str, str], str]:
    return {(hit.database, hit.record): label(hit) for hit in _find(root, search)[:most]}


def words() -> None:
    """The field for words."""
    st.session_state.pick_words = wanted().words
    st.text_input(
        "Find",
        key="pick_words",
        type="search",
        max_chars=100,
        placeholder="anterior infarction, atrial fibrillation",
        icon=":material/search:",
        on_change=_take,
        args=("words", "pick_words"),
        help="Words of diagnoses in full or short (left bundle, LBBB, paced) or of a record's name; separate "
        "what must all be there by commas.",
    )


def database() -> None:
    """Which database, or all."""
    names = ["", *session.local_databases()]
    now = wanted().database
    st.session_state.pick_database = now if now in names else ""
    st.selectbox(
        "Database",
        names,
        key="pick_database",
        format_func=lambda name: title_of(name) if name else ALL,
        on_change=_take,
        args=("database", "pick_database"),
    )


def filters(width: str = "content") -> None:
    """Age, sex, quality and fold, behind a button that says which of them are set."""
    now = wanted()
    with st.popover(_in_words(now) or "Age, sex, quality", icon=":material/filter_alt:", width=width):
        st.session_state.pick_age = (now.youngest or 0, OLDEST if now.oldest is None else now.oldest)
        st.slider("Age, years", 0, OLDEST, key="pick_age", on_change=_take_age)
        _choice("Sex", "sex", {"": "Any", **{sex: sex.capitalize() for sex in SEXES}})
        _choice("Signal quality", "quality", {"": "Any", **QUALITIES})
        _choice("Fold", "fold", {None: "Any", **{fold: str(fold) for fold in range(1, 11)}})


def _in_words(search: Search) -> str:
    """The filters that are set."""
    age = (
        ""
        if search.youngest is search.oldest is None
        else f"{search.youngest or 0} to {search.oldest or OLDEST} years"
    )
    quality = {"good": "good quality", "noted": "trouble noted"}.get(search.quality, "")
    fold = "" if search.fold is None else f"fold {search.fold}"
    return ", ".join(part for part in (search.sex, age, quality, fold) if part)


def _choice(title: str, name: str, titles: dict[Any, str]) -> None:
    key = f"pick_search_{name}"
    st.session_state[key] = getattr(wanted(), name)
    st.selectbox(
        title, list(titles), key=key, format_func=titles.__getitem__, on_change=_take, args=(name, key)
    )


def _take(name: str, key: str) -> None:
    _look_for(**{name: st.session_state[key]})


def _take_age() -> None:
    youngest, oldest = st.session_state.pick_age
    _look_for(youngest=youngest or None, oldest=None if oldest == OLDEST else oldest)


def _look_for(**changes: Any) -> None:
    links.touch()
    keep(search=replace(wanted(), **changes))
    links.put(page=1)


# -- a recording in words -----------------------------------------------------------------------------------


def label(hit: Hit) -> str:
    """One line in a list: record, person, diagnoses."""
    return " · ".join(part for part in (hit.record, person(hit), diagnoses(hit, 3, marked=False)) if part)


def person(hit: Hit) -> str:
    """Age and sex, as far as known."""
    age = "" if hit.age is None else f"{hit.age:.0f} y"
    return " ".join(part for part in (hit.sex, age) if part)


def diagnoses(hit: Hit, most: int, marked: bool = True) -> str:
    """The first diagnoses in full words, those that were looked for in bold."""
    shown = [
        f"**{word}**" if marked and number < hit.met else word
        for number, word in enumerate(hit.diagnoses[:most])
    ]
    more = len(hit.diagnoses) - most
    return ", ".join(shown) + (f" and {more} more" if more > 0 else "")


def place_in_words(hit: Hit) -> str:
    """Database, record, and whether models were trained on it."""
    parts = [f"{title_of(hit.database)} {hit.record}"]
    split = session.database(hit.database).info(hit.record).get("split", "")
    return " · ".join([*parts, *([SPLITS[split]] if split in SPLITS else [])])
