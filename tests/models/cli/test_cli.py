"""The command ``rlecg``: it lists itself, answers at once, refuses in one sentence, and what is promised
parses."""

from __future__ import annotations

import argparse
import re
import resource
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

import models.cli
from ecgcore.ecg import UnusableEcg
from models.cli import NAME, frame, main
from models.cli.contents import Tree
from models.cli.frame import Command, Parser, parser_of
from models.hints import HINTS, hint

ROOT = Path(__file__).parents[3]
TOP = Tree(NAME, models.cli.__name__)


def leaves(tree: Tree = TOP) -> dict[str, str]:
    """Every command that does something, as it is typed -> its module."""
    words = {}
    for name, module in tree.all().items():
        below = tree.below(name)
        words |= leaves(below) if below else {f"{tree.name} {name}": module}
    return words


def parsed(words: str) -> argparse.Namespace:
    """What a command line is read as; fails where it does not parse."""
    place = max((name for name in leaves() if f"{words} ".startswith(f"{name} ")), key=len)
    rest = shlex.split(words[len(place) :], comments=True)
    return parser_of(place, leaves()[place]).parse_args(rest)


def test_alone_it_prints_its_table_of_contents(capsys):
    assert main([]) == 0
    text = capsys.readouterr().out
    for name in TOP.all():
        assert re.search(rf"^  {name} +\S", text, re.MULTILINE)
    assert main(["study"]) == 0
    assert "out-of-distribution" in capsys.readouterr().out


@pytest.mark.parametrize("words", leaves())
def test_every_command_has_a_sentence_an_example_and_help(words, capsys):
    with pytest.raises(SystemExit) as ended:
        main([*words.split()[1:], "--help"])
    text = capsys.readouterr().out
    assert ended.value.code == 0 and f"    {words}" in text and f"usage: {words}" in text


def test_help_imports_nothing_heavy_and_answers_at_once():
    """Every help in one process; the processor's time is that of the start of Python and all of them."""
    code = (
        "import sys\nfrom models.cli import main\n"
        f"for words in {[name.split()[1:] for name in leaves()]}:\n"
        "    try: main([*words, '--help'])\n"
        "    except SystemExit: pass\n"
        "heavy = {'torch', 'numpy', 'pandas', 'scipy', 'streamlit'} & set(sys.modules)\n"
        "sys.exit(f'imported {heavy}' if heavy else 0)"
    )
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    ended = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False
    )
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    assert ended.returncode == 0, ended.stderr
    assert after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime < 5


@pytest.mark.parametrize("purpose", HINTS)
def test_every_hint_parses(purpose):
    assert parsed(hint(purpose, model="linear", question="contribution"))


def test_words_of_earlier_versions_still_parse():
    assert parsed("rlecg study significance worth --data ROOT").question == "contribution"
    assert parsed("rlecg score linear --band as-recorded --inputs II --out x.csv").passband == "as-recorded"


def joined(text: str) -> list[str]:
    """The lines of a text, those that end in a backslash with what follows them."""
    return re.sub(r"\\\n\s*", "", text).splitlines()


def examples() -> list[str]:
    """The lines of the docstrings and of the README that show a command."""
    import importlib

    sources = [importlib.import_module(module).__doc__ or "" for module in leaves().values()]
    sources.append((ROOT / "README.md").read_text(encoding="utf-8"))
    lines = [line.strip().removeprefix(".venv/bin/") for source in sources for line in joined(source)]
    return [re.sub(r"\(.*\)$|  +[^\"]*$", "", line).strip() for line in lines if line.startswith(f"{NAME} ")]


@pytest.mark.parametrize("line", [line for line in examples() if "[" not in line and "COMMAND" not in line])
def test_every_example_parses(line):
    assert parsed(line)


def test_words_spelled_for_speed_are_those_of_the_science():
    from ecgcore.datasets import SPLITS
    from ecgcore.evaluation.scoring import PASSBANDS
    from ecgcore.leads import STANDARD
    from ecgcore.measurements.delineation.plain_neurokit import METHODS
    from ecgcore.studies.diagnosis import FOLDS
    from models.cli.judging.study.trust import delineation

    assert frame.SPLITS == SPLITS and frame.PASSBANDS == PASSBANDS and frame.LEADS.split() == list(STANDARD)
    assert delineation.METHODS == METHODS
    options = parser_of("x", leaves()["rlecg study diagnosis"]).parse_args(["show", "--split", *FOLDS])
    assert options.split == list(FOLDS)


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["recnstruct"], "rlecg has no command 'recnstruct'; there are check, formats, measure"),
        (["study", "x"], "rlecg study has no command 'x'"),
        (["check", "no-such-file.hea"], "no-such-file.hea"),
        (["compare", "linear", "nobody"], "nobody"),
        (
            ["study", "personal-model", "--data", ".", "--out", "x", "--models", "nobody"],
            "No model nobody to try; there are least-squares",
        ),
    ],
)
def test_a_refusal_is_one_sentence_and_status_2(words, sentence, capsys):
    assert main(words) == 2
    text = capsys.readouterr().err
    assert sentence in text and len(text.strip().splitlines()) == 1


@pytest.mark.parametrize(
    "words", [["score", "linear"], ["score", "--passband", "wide"], ["bench", "--repeats", "x"]]
)
def test_options_that_do_not_parse_are_refused_alike(words, capsys):
    with pytest.raises(SystemExit) as ended:
        main(words)
    text = capsys.readouterr().err
    assert ended.value.code == 2 and "--help says what it takes." in text and len(text.splitlines()) == 1


def status(work, words=(), **settings) -> int:
    """Of a command that does this work."""
    return frame._work(Command(lambda parser: None, work, **settings), _parser(settings), list(words))


def _parser(settings) -> Parser:
    parser = Parser(prog="rlecg x")
    if settings.get("data"):
        parser.add_argument("--data", type=Path)
    return parser


def test_the_data_root_is_the_option_or_the_environment(monkeypatch, tmp_path, capsys):
    roots = []
    monkeypatch.delenv("ECG_DATA", raising=False)
    assert status(lambda options: roots.append(options.data), ["--data", "there"], data="ptb-xl") == 0
    with pytest.raises(SystemExit):
        status(lambda options: pytest.fail("began"), data="ptb-xl")
    assert "set ECG_DATA" in capsys.readouterr().err
    monkeypatch.setenv("ECG_DATA", str(tmp_path))
    assert status(lambda options: roots.append(options.data), data="ptb-xl") == 0
    assert roots == [Path("there"), tmp_path]
    monkeypatch.delenv("ECG_DATA")
    assert status(lambda options: None, data="ptb-xl", needs_data=lambda options: False) == 0


def test_refusals_and_files_are_sentences_but_bugs_show(tmp_path, capsys):
    def refuse(options):
        raise UnusableEcg("There is no lead X; there are I and II.")

    assert status(refuse) == 2 and capsys.readouterr().err == "There is no lead X; there are I and II.\n"
    assert status(lambda options: (tmp_path / "a" / "b").write_text("")) == 2
    assert capsys.readouterr().err == f"{tmp_path / 'a' / 'b'}: No such file or directory.\n"
    with pytest.raises(ZeroDivisionError):
        status(lambda options: 1 / 0)


@pytest.mark.parametrize(
    "name",
    [
        "train", "evaluate", "average", "recalibrate", "compare", "familiarity", "peaks", "speed",
        "common_ground", "reconstruct", "studies", "diagnosis", "significance", "significance.speed",
    ],
)  # fmt: skip
def test_earlier_names_still_answer(name, monkeypatch, capsys):
    import runpy

    monkeypatch.setattr(sys, "argv", [name, "--help"])
    with pytest.raises(SystemExit) as ended:
        runpy.run_module(f"models.{name}", run_name="__main__")
    assert ended.value.code == 0 and "usage: rlecg " in capsys.readouterr().out


def test_a_command_that_is_interrupted_ends_without_a_traceback(capsys):
    def interrupted(_options):
        raise KeyboardInterrupt

    assert status(interrupted) == 130
    assert capsys.readouterr().err == "\nInterrupted.\n"


def test_a_reader_that_has_seen_enough_ends_a_command_quietly():
    code = "import sys; from models.cli import main; sys.exit(main(['formats']))"
    words = f"set -o pipefail; {shlex.quote(sys.executable)} -c {shlex.quote(code)} | true"
    done = subprocess.run(["bash", "-c", words], cwd=ROOT, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
