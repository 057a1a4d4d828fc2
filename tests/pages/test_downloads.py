"""No view draws past the helper that gives every table and figure its download; the personal estimate can be
taken along, too. ``tests/contracts/test_links.py`` looks at what each view shows."""

from __future__ import annotations

import re
from pathlib import Path

from ecgcore.demonstrations import LONG
from pages.shared.session import slug
from tests.contracts.test_pages import opened

VIEWS = Path(__file__).parents[2] / "pages" / "views"
PAST_THE_HELPER = re.compile(
    r"\.(plotly_chart|pyplot|altair_chart|line_chart|bar_chart|dataframe)\(|st\.table\("
)


def test_no_view_draws_a_figure_or_a_table_past_the_shared_helper():
    for file in VIEWS.rglob("*.py"):
        assert not PAST_THE_HELPER.search(file.read_text(encoding="utf-8")), file


def test_the_personal_estimate_can_be_taken_along():
    app = opened("personal_model", record=f"demo/{slug(LONG)}", method="least-squares")
    assert any("Estimate of the last 12 s" in button.proto.label for button in app.get("download_button"))
