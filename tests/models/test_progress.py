"""How far long work is: seldom and in lines where no screen shows it."""

import sys

import pytest

from models.progress import progress


def test_a_log_gets_whole_lines_at_the_begin_and_the_end(capsys):
    assert list(progress(range(1000), about="ludb")) == list(range(1000))
    written = capsys.readouterr().err
    first, last = written.splitlines()
    assert "\r" not in written and first.startswith("ludb: ") and "0/1000" in first
    assert "1000/1000" in last and "recordings/s" in last


@pytest.mark.parametrize(("screen", "seconds"), [(True, 0.5), (False, 30.0)])
def test_lines_come_twice_a_second_on_a_screen_and_twice_a_minute_in_a_log(monkeypatch, screen, seconds):
    monkeypatch.setattr(sys.stderr, "isatty", lambda: screen, raising=False)
    with progress(total=3) as bar:
        assert bar.mininterval == seconds <= bar.maxinterval


def test_what_was_through_before_counts(capsys):
    with progress(total=10, done=4) as bar:
        bar.update(6)
    assert "10/10" in capsys.readouterr().err.splitlines()[-1]
