"""The choices of one view in the address, so that a fresh browser shows the same and Back and Forward bring
them back.

A widget made here shows what the address says until it is changed; what is as usual is left out of the
address. It is written once, at the end of a run: every change is one step of the browser's history. Where the
address moved by itself (Back, Forward), the widgets are read from it again.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import Any

import streamlit as st

from ecgcore.figures.style import written as in_words
from ecgcore.io.text import harmless
from pages.shared.memory import complain, forget, keep, kept

APART = "-"
"""Between the values of a choice of several."""


def one_of(
    make: Callable[..., Any], label: str, name: str, options: Sequence[str], usual: str = "", **more: Any
) -> str:
    """A widget whose choice is part of the link under that name; usual: what stands for no choice, the first
    if not given."""
    usual = usual or options[0]
    _prepare(name, usual, lambda text: text if text in options else None, ", ".join(options))
    if kept(_key(name)) not in options:
        keep(**{_key(name): usual})
    more = {"format_func": in_words} | more
    chosen = make(label, list(options), key=_key(name), on_change=touch, **more) or usual
    _note(name, chosen, chosen == usual)
    return chosen


def one_or_none(
    make: Callable[..., Any], label: str, name: str, options: Sequence[str], **more: Any
) -> str | None:
    """A widget whose choice is part of the link, nothing chosen at first."""
    _prepare(name, None, lambda text: text if text in options else None, ", ".join(options))
    if kept(_key(name)) not in options:
        forget(_key(name))
    more = {"format_func": in_words} | more
    chosen = make(label, list(options), key=_key(name), on_change=touch, **more)
    _note(name, str(chosen), chosen is None)
    return None if chosen is None else str(chosen)


def remembered(name: str, options: Sequence[str], usual: str | None = None) -> str | None:
    """One of the options that a callback has ``put``, part of the link too unless it is the usual one, which
    it is before."""
    _prepare(name, usual, lambda text: text if text in options else None, ", ".join(options))
    value = kept(_key(name))
    _note(name, str(value), value == usual)
    return None if value is None else str(value)


def several_of(
    label: str, name: str, options: Sequence[str], usual: Sequence[str] = (), **more: Any
) -> list[str]:
    """A choice of any number, in the order of the options."""

    def read(text: str) -> list[str] | None:
        parts = text.split(APART)
        return [option for option in options if option in parts] or None

    _prepare(name, list(usual), read, ", ".join(options))
    keep(**{_key(name): [option for option in kept(_key(name)) if option in options]})
    more = {"format_func": in_words} | more
    picked = st.multiselect(label, list(options), key=_key(name), on_change=touch, **more)
    chosen = [option for option in options if option in picked]
    _note(name, APART.join(chosen), chosen == list(usual) or not chosen)
    return chosen


def switch(label: str, name: str, usual: bool = False, **more: Any) -> bool:
    """On or off."""
    _prepare(name, usual, {"on": True, "off": False}.get, "on, off")
    chosen = st.toggle(label, key=_key(name), on_change=touch, **more)
    _note(name, "on" if chosen else "off", chosen == usual)
    return chosen


def span(name: str, last: float, usual: tuple[float, float], label: tuple[str, str]) -> tuple[float, float]:
    """Two seconds from 0 to last, written 1.25-2.4."""

    def read(text: str) -> tuple[float, float] | None:
        ends = re.fullmatch(r"(\d{1,6}(?:\.\d+)?)-(\d{1,6}(?:\.\d+)?)", text)
        return (float(ends[1]), float(ends[2])) if ends else None

    _prepare(name, usual, read, "seconds, written 1.25-2.4")
    keys, ends = (f"{_key(name)}_from", f"{_key(name)}_to"), kept(_key(name))
    for key, end in zip(keys, ends, strict=True):
        keep(**{key: min(max(0.0, kept(key, end)), last)})
    shown = [
        st.number_input(text, 0.0, last, step=0.05, key=key, width=130, on_change=touch)
        for text, key in zip(label, keys, strict=True)
    ]
    _note(name, f"{shown[0]:g}-{shown[1]:g}", False)
    return shown[0], shown[1]


def page_of(pages: int) -> int:
    """Which page of a long list, from 1; ``put(page=...)`` turns it."""
    _prepare("page", 1, lambda text: int(text) if text.isdigit() and len(text) < 6 else None, "1 and on")
    page = min(max(1, kept(_key("page"))), pages)
    _note("page", str(page), page == 1)
    return page


def put_span(name: str, start: float, stop: float) -> None:
    """From a callback: the next value of a ``span``."""
    keep(**{f"{_key(name)}_from": start, f"{_key(name)}_to": stop})
    touch()


def put(**values: Any) -> None:
    """From a callback: what the widgets of these names show next."""
    keep(**{_key(name): value for name, value in values.items()})
    touch()


def touch() -> None:
    """The reader changed something here, so this run does not follow the address."""
    keep(address_touched=True)


def moved() -> bool:
    """Whether the address changed by itself since it was last written: Back or Forward."""
    now, touched = st.query_params.to_dict(), kept("address_touched", False)
    due = kept("address_due", True) or touched  # a run that another interrupts writes nothing
    keep(address_touched=False, address_noted={}, address_due=due)
    return bool(now) and not touched and now != kept("address_written", now)


def follow() -> None:
    """Read the widgets of the view from the address again."""
    forget(*[name for name in st.session_state if str(name).startswith("link_")])


def written(common: dict[str, str]) -> None:
    """Write the address: what all pages share and what this view noted. An empty one stays empty unless this
    is the first to be written or the reader changed something: they went back to it, and a new entry would
    hold them there."""
    wanted, now = common | kept("address_noted", {}), st.query_params.to_dict()
    write = bool(now) or kept("address_due", True)
    keep(address_touched=False, address_due=False)
    if wanted != now and write:
        st.query_params.from_dict(wanted)
    keep(address_written=wanted if write else now)


def _key(name: str) -> str:
    return f"link_{name}"


def _prepare(name: str, usual: Any, read: Callable[[str], Any], possible: str) -> None:
    """Give the widget its first value: that of the address if it holds, else the usual one and a sentence."""
    if kept(_key(name)) is not None:
        return
    text = st.query_params.get(name)
    value = usual if text is None else read(text)
    if value is None:
        complain(f"The link asks for {name} {harmless(text, 20)!r}; possible are {possible}.")
        value = usual
    keep(**{_key(name): value})


def _note(name: str, text: str, usual: bool) -> None:
    if not usual:
        keep(address_noted={**kept("address_noted", {}), name: text})
