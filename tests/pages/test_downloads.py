"""Every table and every figure of every page can be taken along."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from ecgcore.demonstrations import LONG
from pages.shared.session import slug
from tests.contracts.test_pages import opened

VIEWS = Path(__file__).parents[2] / "pages" / "views"
TABLE = re.compile(r"^\|.*\|\n\|[:\-| ]+\|\n", re.MULTILINE)


@pytest.mark.parametrize(
    ("page", "link"),
    [
        ("review", {}),
        ("measurements", {}),
        ("lead_information", {}),
        pytest.param("personal_model", {"record": f"demo/{slug(LONG)}"}, marks=pytest.mark.slow),
        ("results", {}),
        pytest.param("results", {"view": "published"}, marks=pytest.mark.slow),
        ("trained", {}),
    ],
)
def test_each_table_and_each_figure_has_its_button(page, link):
    app = opened(page, **link)
    assert not app.exception
    tables = [text for text in (element.value for element in app.markdown) if TABLE.search(str(text))]
    figures = app.get("plotly_chart")
    svg = [one for one in app.get("html") if "<button class=" in str(one.proto)]
    assert len(svg) == len(figures)
    assert len(app.get("download_button")) >= len(tables)


def test_no_view_draws_a_figure_or_a_table_past_the_shared_helper():
    for file in VIEWS.rglob("*.py"):
        code = file.read_text(encoding="utf-8")
        assert "st.plotly_chart(" not in code, file
        assert 'st.markdown("\\n".join(lines))' not in code, file


def test_the_personal_estimate_can_be_taken_along():
    app = opened("personal_model", record=f"demo/{slug(LONG)}", method="least-squares")
    assert any("Estimate of the last 12 s" in button.proto.label for button in app.get("download_button"))
