"""Sizes of machines in the server's page follow from what is measured there."""

from __future__ import annotations

import re

from tests.load import END, MARK, README, memory_row, sizes


def test_memory_is_a_line_and_a_process_is_half_busy_at_most():
    ten, hundred = sizes(0.1, (10, 600.0), (60, 1100.0))
    assert "| 10 readers" in ten and "0.10 cores: 1 process of" in ten and "0.6 GB" in ten
    assert "| 100 readers" in hundred and "1.00 cores: 2 processes" in hundred and "2.0 GB" in hundred


def test_the_page_holds_the_sizes_of_its_own_figures():
    table = README.read_text(encoding="utf-8").partition(MARK)[2].partition(END)[0]
    (cpu,) = re.findall(r"([\d.]+) s of CPU", table)
    rows = re.findall(r"\| 1 process of.*?: (\d+) sessions.* (\d+) MB with all", table)
    measured = [(int(count), float(held)) for count, held in rows]
    for row in sizes(float(cpu), min(measured), max(measured)):
        assert row in table


def test_what_memory_was_after_the_first_half_and_all_changes_stands_in_its_row():
    held = {done: 700 + done / 100 for done in range(0, 2001, 200)}
    texts = "700 MB after 0, 702 MB after 200, 710 MB after 1,000, 720 MB after 2,000"
    assert memory_row(held, 3) == f"| 2,000 changes of leads, one reader alone | memory {texts}; 3 errors |"
    assert "700 MB after 0, 701 MB after 1; 0" in memory_row({0: 700.0, 1: 701.0}, 0)
