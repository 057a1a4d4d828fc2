"""The frame of every command: one sentence for what cannot be done, and bugs that show."""

import pytest

from ecgcore.command import parser_for, run
from ecgcore.ecg import UnusableEcg


@pytest.fixture
def parser(monkeypatch):
    monkeypatch.delenv("ECG_DATA", raising=False)
    made = parser_for("models.something", "Does something.", "ptb-xl")
    made.add_argument("--name", default="x")
    return made


def test_work_that_is_done_is_status_0_and_the_data_root_is_given(parser, tmp_path):
    seen = []
    assert run(parser, lambda chosen: seen.append(chosen.data), ["--data", str(tmp_path)]) == 0
    assert seen == [tmp_path] and "data root with ptb-xl" in parser.format_help()


def test_a_refusal_is_one_sentence_and_status_2(parser, tmp_path, capsys):
    def refuse(chosen):
        raise UnusableEcg("There is no lead X; there are I and II.")

    assert run(parser, refuse, ["--data", str(tmp_path)]) == 2
    assert capsys.readouterr().err == "There is no lead X; there are I and II.\n"


def test_a_bug_shows(parser, tmp_path):
    with pytest.raises(ZeroDivisionError):
        run(parser, lambda chosen: 1 / 0, ["--data", str(tmp_path)])


def test_without_a_data_root_nothing_is_begun_unless_none_is_needed(parser, capsys):
    with pytest.raises(SystemExit):
        run(parser, lambda chosen: pytest.fail("began"), [])
    assert "set ECG_DATA" in capsys.readouterr().err
    assert run(parser, lambda chosen: None, [], needs_data=lambda chosen: False) == 0
    assert run(parser_for("models.other", None, None), lambda chosen: None, []) == 0
