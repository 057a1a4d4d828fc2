"""Links to every view of every page: each opens the view it names in a fresh session, keeps every part of
itself and complains of nothing; every table and figure it shows can be taken along; numbers, units and lead
sets are written one way."""

from __future__ import annotations

import ast
import json
import os
import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from urllib.parse import parse_qsl

import pytest
from streamlit.testing.v1 import AppTest

from ecgcore.ecg import NOT_FOR_DIAGNOSIS
from pages.views.lead_information.lesson_texts import LESSONS
from pages.views.results.published import TABLES
from pages.views.review.desk import SHOWN
from tests.contracts.links import LINKS

ROOT = Path(__file__).parents[2]
WITHOUT_DATA = "ECG_DATA holds no PTB-XL"
FIRST_OF_PAGE = {link.split()[0]: link for link in reversed(LINKS)}
"""The links that are opened among the fast tests too: the first of each page."""
TABLE = re.compile(r"^\|.*\|\n\|[:\-| ]+\|\n", re.MULTILINE)
CODE = re.compile(
    r"```.*?```|`[^`]*`|\]\([^)]*\)|<style>.*?</style>|<script>.*?</script>|:[a-z]+/\w+:", re.DOTALL
)
BY_MOUSE = re.compile(r"\b(?:Click|Drag|Press|Tick|Hover|Scroll) \w")
ONE_WAY = {
    "a plain minus": re.compile(r"(?<![\w\-/])-\.?\d"),
    "uV": re.compile(r"\buV\b"),
    "no zero before the point": re.compile(r"(?<![\w.…])\.\d"),
    "a lead set without spaces": re.compile(r"\b(?:I|II|III|aV[RLF]|V[1-6])\+(?:I|II|III|aV[RLF]|V[1-6])\b"),
}
"""What is written otherwise on every screen."""


def opened(link: str) -> AppTest:
    """A fresh session at that address."""
    name, _, query = link.partition(" ")
    app = AppTest.from_file(str(ROOT / "app.py"), default_timeout=240)
    for key, value in {"model": "linear", **dict(parse_qsl(query))}.items():
        app.query_params[key] = value
    return app.switch_page(f"pages/{name}.py").run()


@pytest.fixture(
    scope="module",
    params=[
        pytest.param(link, marks=() if link in FIRST_OF_PAGE.values() else pytest.mark.slow) for link in LINKS
    ],
)
def screen(request) -> tuple[str, AppTest]:
    link = request.param
    ptb_xl = Path(os.environ.get("ECG_DATA", "")) / "ptb-xl/ptbxl_database.csv"
    if "record=local/" in link and not ptb_xl.is_file():
        pytest.skip(WITHOUT_DATA)
    return link, opened(link)


def test_there_are_more_than_fifty():
    assert len(set(LINKS)) > 50


def test_every_page_and_every_view_of_it_has_its_link():
    parts = {(link.split()[0], *pair) for link in LINKS for pair in parse_qsl(link.partition(" ")[2])}
    assert {path.stem for path in (ROOT / "pages").glob("*.py")} == set(FIRST_OF_PAGE)
    for page, name, views in _views():
        usual, *others = views
        assert {view for view in others if (page, name, view) not in parts} == set(), (page, name, usual)


def _views() -> Iterator[tuple[str, str, list[str]]]:
    """Page, name in the address, views: the first is the usual one."""
    for path in sorted((ROOT / "pages").glob("*.py")):
        for node in ast.parse(path.read_text(encoding="utf-8")).body:
            if isinstance(node, ast.Assign) and node.targets[0].id in ("VIEWS", "QUESTIONS"):  # type: ignore[attr-defined]
                name = {"VIEWS": "view", "QUESTIONS": "question"}[node.targets[0].id]  # type: ignore[attr-defined]
                yield path.stem, name, list(ast.literal_eval(node.value))
    yield "review", "show", list(SHOWN)
    yield "results", "table", list(TABLES)
    yield "lead_information", "lesson", [*LESSONS, "quiz"]


def test_it_opens_its_view_and_stays_as_it_is(screen):
    link, app = screen
    assert not app.exception, app.exception
    assert NOT_FOR_DIAGNOSIS in "".join(_texts(app)).replace("\xa0", " ")
    assert not [warning.value for warning in app.warning if "The link asks" in warning.value]
    for name, value in parse_qsl(link.partition(" ")[2]):
        there = app.query_params.get(name)
        assert (there if isinstance(there, str) else (there or [None])[0]) == value, (name, there)


def test_each_table_and_each_figure_has_its_button(screen):
    _, app = screen
    figures = {chart.key for chart in app.get("plotly_chart")}
    pictures = {
        name for one in app.get("html") for name in re.findall(r"take-svg of-([\w-]+)", str(one.proto))
    }
    assert {re.sub(r"[^\w-]", "-", key) for key in figures} == pictures
    tables = [text for text in (str(element.value) for element in app.markdown) if TABLE.search(text)]
    buttons = [button.key for button in app.get("download_button") if str(button.key).startswith("csv_")]
    of_tables = [key for key in buttons if key.removeprefix("csv_") not in figures]
    assert len(of_tables) >= len(tables), (of_tables, [table[:60] for table in tables])


def test_numbers_units_and_lead_sets_are_written_one_way(screen):
    _, app = screen
    wrong = [
        (why, text[max(0, match.start() - 30) : match.end() + 30])
        for text in (CODE.sub(" ", text) for text in _texts(app))
        for why, form in ONE_WAY.items()
        for match in form.finditer(text)
    ]
    assert not wrong


def test_what_to_do_with_a_mouse_is_not_printed(screen):
    _, app = screen
    for text, containers in _placed(app._tree):
        if BY_MOUSE.search(text):
            assert any("-screen_only" in key for key in containers), text


def _placed(block, containers: tuple[str, ...] = ()) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Each text of a page with the keys of the containers that it stands in."""
    for child in block.children.values():
        if hasattr(child, "children"):
            yield from _placed(child, (*containers, getattr(child.proto, "id", "")))
        elif child.type in ("markdown", "caption"):
            yield str(child.value), containers


def _texts(app: AppTest) -> Iterator[str]:
    """All that can be read: text, help, labels and entries of controls, words of figures."""
    for kind in ("markdown", "caption", "warning", "error", "info", "success"):
        for element in app.get(kind):
            yield str(element.value)
            yield str(getattr(element.proto, "help", ""))
    for kind in ("selectbox", "multiselect", "button_group", "radio", "button", "slider"):
        for element in app.get(kind):
            yield str(element.label if hasattr(element, "label") else "")
            yield from map(str, getattr(element, "options", ()))
    for chart in app.get("plotly_chart"):
        yield from _words(json.loads(chart.proto.spec))


def _words(part: object) -> Iterator[str]:
    """The texts of a figure that are drawn or shown under the pointer."""
    if isinstance(part, dict):
        for name, value in part.items():
            if name in ("text", "name", "hovertext", "ticktext", "title"):
                yield from _strings(value)
            elif isinstance(value, dict | list):
                yield from _words(value)
    elif isinstance(part, list):
        for value in part:
            if isinstance(value, dict | list):
                yield from _words(value)


def _strings(value: object) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        yield from _words(value)
    elif isinstance(value, Iterable):
        for part in value:
            yield from _strings(part)
