"""``models/RESULTS.md`` and the README's table: written from the stored tables, and not older than these."""

from __future__ import annotations

import pytest

from ecgcore.evaluation.statistics import Interval
from models import report
from models.cli import main as rlecg
from models.reconstruct import TRAINED
from models.report import markdown, sections
from models.sites import hospitals

WRITE = "run `rlecg study report`: RESULTS.md is older than the stored tables"


def test_the_text_is_of_the_tables_that_are_stored():
    assert report.hashes(TRAINED) in report.RESULTS.read_text(encoding="utf-8"), WRITE
    assert rlecg(["study", "report", "--check"]) == 0


def test_the_report_says_which_interval_is_the_product_s_and_how_it_was_judged():
    text = "\n".join(sections.SECTIONS["Other hospitals"](TRAINED))
    (line,) = (line for line in text.splitlines() if line.startswith(hospitals.SHIPPED))
    assert ">= 88 %" in line and f"is the {hospitals.SHIPPED}; it was chosen among these" in text
    assert "--left-out FOLDER" in text


@pytest.mark.slow
def test_every_line_comes_out_again():
    assert report.results(TRAINED) == report.RESULTS.read_text(encoding="utf-8"), WRITE


def test_the_table_of_the_readme_comes_out_again():
    text = report.README.read_text(encoding="utf-8")
    assert report.BLOCK.search(text) and report.readme(text, TRAINED) == text, WRITE


def test_a_newer_table_is_noticed(tmp_path, monkeypatch, capsys):
    (tmp_path / "linear").mkdir()
    (tmp_path / "linear" / "scores.parquet").write_bytes(b"newer")
    monkeypatch.setattr("models.reconstruct.TRAINED", tmp_path)
    assert rlecg(["study", "report", "--check"]) == 2
    assert "older than the stored tables" in capsys.readouterr().err


@pytest.mark.parametrize(
    "title", [name for name in sections.SECTIONS if name not in ("Models", "Not stored")]
)
def test_without_a_table_a_section_names_the_command(title, tmp_path):
    assert "rlecg " in "\n".join(sections.SECTIONS[title](tmp_path))


def test_numbers_are_short_and_carry_their_interval():
    r, rmse = Interval(0.8431, 0.8312, 0.8549, 9, 8), Interval(115.7, 106.9, 124.7, 9, 8)
    assert markdown.both(r, rmse) == ".843 [.831, .855] / 116 [107, 125]"
    assert markdown.short(1.0) == "1.000" and markdown.short(-0.012) == "-.012"
    assert list(markdown.table(["a"], [["x|y"]])) == ["| a |", "|---|", "| x/y |"]
