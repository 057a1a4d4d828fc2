"""Readers are answered in the order in which they asked; who waits is told about how long, nobody else is."""

from __future__ import annotations

import threading
import time
from contextlib import ExitStack, contextmanager
from unittest.mock import MagicMock

import pytest

from pages.shared import crowd
from pages.shared.crowd import AT_ONCE, Crowd


def unheard(_seconds: float) -> None:
    """A reader who need not be told anything."""


@contextmanager
def full(readers: Crowd, behind: int = 0):
    """As many answers as are made at once, and so many readers behind them, until the block ends."""
    over, order, threads = threading.Event(), [], []

    def answer(number: int) -> None:
        with readers.answered(unheard):
            order.append(number)
            over.wait(20)

    for number in range(AT_ONCE + behind):
        threads.append(threading.Thread(target=answer, args=(number,)))
        threads[-1].start()
        present = number + 1
        while len(readers._answered) + len(readers._waiting) < present or len(order) < min(present, AT_ONCE):
            time.sleep(0.001)
    yield order
    over.set()
    for thread in threads:
        thread.join()


def test_so_many_are_answered_at_once_and_the_others_in_the_order_in_which_they_asked():
    readers = Crowd()
    with full(readers, behind=3) as order:
        time.sleep(0.1)
        assert order == list(range(AT_ONCE))
    assert sorted(order) == list(range(AT_ONCE + 3))
    assert not readers._waiting
    assert not readers._answered


def test_those_behind_begin_in_their_order(monkeypatch):
    monkeypatch.setattr(crowd, "AT_ONCE", 1)
    readers, order, threads = Crowd(), [], []

    def answer(number: int) -> None:
        with readers.answered(unheard):
            order.append(number)
            time.sleep(0.05)

    for number in range(5):
        threads.append(threading.Thread(target=answer, args=(number,)))
        threads[-1].start()
        while len(readers._waiting) + len(order) <= number:
            time.sleep(0.001)
    for thread in threads:
        thread.join()
    assert order == list(range(5))


def test_nobody_waits_for_a_long_answer(monkeypatch):
    monkeypatch.setattr(crowd, "LONG_S", 0.1)
    readers = Crowd()
    with full(readers):
        began = time.monotonic()
        with readers.answered(unheard):
            assert 0.05 < time.monotonic() - began < 5


def test_the_wait_that_is_told_grows_with_those_before():
    readers = Crowd()
    readers.pace, waits = 1.0, []

    class Enough(Exception):
        pass

    def tell(seconds: float) -> None:
        waits.append(seconds)
        raise Enough

    for behind in (0, 2):
        with full(readers, behind):
            readers.pace = 1.0
            with pytest.raises(Enough), readers.answered(tell):
                pytest.fail("It was answered beside others.")
    assert waits == pytest.approx([1 / AT_ONCE, 3 / AT_ONCE])


def test_a_reader_who_asks_for_something_else_gives_the_place_up():
    readers = Crowd()

    class Rerun(BaseException):
        pass

    def tell(_seconds: float) -> None:
        raise Rerun

    with full(readers), pytest.raises(Rerun), readers.answered(tell):
        pytest.fail("It was answered beside others.")
    assert not readers._waiting
    assert not readers._answered


def test_an_answer_that_fails_is_over():
    readers = Crowd()
    for _ in range(AT_ONCE + 1):
        with pytest.raises(ValueError, match="broken"), readers.answered(unheard):
            raise ValueError("broken")
    with readers.answered(lambda _seconds: pytest.fail("Nobody else is there.")):
        pass


@pytest.mark.parametrize(("pace", "text"), [(0.1, ""), (9.0, "about 3 s")])
def test_the_page_tells_a_wait_to_those_who_wait_while_it_lasts(monkeypatch, pace, text):
    readers, place = Crowd(), MagicMock()
    note = place.empty.return_value
    monkeypatch.setattr(crowd, "crowd", lambda: readers)
    monkeypatch.setattr(crowd, "LOOK_S", 0.01)
    with ExitStack() as stack:
        stack.enter_context(full(readers))
        readers.pace = pace
        threading.Timer(0.2, stack.pop_all().close).start()
        with crowd.answered(place):
            assert note.markdown.call_count == bool(text)
            assert not text or text in note.markdown.call_args.args[0]
            assert note.empty.called is bool(text)
            assert place.empty.called is bool(text)
