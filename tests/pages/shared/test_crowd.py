"""Who waits for other readers is told about how long, and nobody else is."""

from __future__ import annotations

import threading
import time
from contextlib import ExitStack
from unittest.mock import MagicMock

import pytest

from pages.shared import crowd
from pages.shared.crowd import Crowd


def test_the_time_told_grows_with_those_who_are_answered_and_falls_when_they_are():
    readers = Crowd()
    with readers.answered() as alone, readers.answered() as second, readers.answered() as third:
        assert (alone, second, third) == pytest.approx((0, 0.6, 0.9), rel=0.05)
    assert readers.pace < 0.3  # three answers that took no time
    with readers.answered() as alone, readers.answered() as second:
        assert (alone, second) == (0, 2 * readers.pace)


def test_an_answer_that_fails_is_over():
    readers = Crowd()
    for _ in range(5):
        with pytest.raises(ValueError, match="broken"), readers.answered():
            raise ValueError("broken")
    with readers.answered() as alone:
        assert alone == 0


def test_the_pace_is_that_of_one_answer_alone_also_beside_others():
    readers = Crowd()
    readers.pace = 0.0

    def answer() -> None:
        with readers.answered():
            time.sleep(0.2)

    threads = [threading.Thread(target=answer) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert 0.01 < readers.pace < 0.05  # a tenth of .2 s each, of which each of four had a part


@pytest.mark.parametrize(("others", "pace", "text"), [(0, 9.0, ""), (3, 0.1, ""), (3, 0.8, "about 4 s")])
def test_the_page_tells_a_wait_to_those_who_wait_while_it_lasts(monkeypatch, others, pace, text):
    readers, place = Crowd(), MagicMock()
    note = place.empty.return_value
    monkeypatch.setattr(crowd, "crowd", lambda: readers)
    with ExitStack() as stack:
        for _ in range(others):
            stack.enter_context(readers.answered())
        readers.pace = pace
        with crowd.answered(place):
            assert note.markdown.called is bool(text)
            assert not text or text in note.markdown.call_args.args[0]
            assert not note.empty.called
        assert note.empty.called is bool(text)
