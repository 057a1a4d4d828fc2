"""What cannot be done is refused before anything is written, in one sentence and with status 2."""

import json

import pandas as pd
import pytest

from ecgcore.io.write import write_ecg
from ecgcore.synthetic import Heart, simulate
from models.cli import main


def refusal(words, capsys) -> str:
    """The sentence with which a command is refused."""
    try:
        status = main(words)
    except SystemExit as ended:
        status = ended.code
    out, err = capsys.readouterr()
    assert status == 2 and err.count("\n") == 1 and not out, (status, out, err)
    return err


@pytest.fixture
def record(tmp_path):
    write_ecg(simulate(Heart(), 500.0, 5.0), tmp_path / "in", "MUELLER_1950")
    return str(tmp_path / "in" / "MUELLER_1950.hea")


@pytest.mark.parametrize(
    ("words", "given"),
    [
        ("check x --every 0", "--every: '0'"),
        ("check x --rate nan", "--rate: 'nan'"),
        ("measure x --rate -250", "--rate: '-250'"),
        ("reconstruct x --from -1", "--from: '-1'"),
        ("reconstruct x --reference-seconds 0", "--reference-seconds: '0'"),
        ("calibrate-site --name x --threads 0", "--threads: '0'"),
        ("score linear --inputs I --out x.csv --rate -5", "--rate: '-5'"),
        ("bench --repeats 1.5", "--repeats: '1.5'"),
        ("study maps --most 0 --out x.csv", "--most: '0'"),
    ],
)
def test_a_number_that_cannot_be_is_named_with_what_could(words, given, capsys):
    assert f"argument {given} is no " in refusal(words.split(), capsys)


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["--rate", "250"], "The file says 500 Hz, not 250; leave --rate out."),
        (["--unit", "bananas"], "'bananas', which is no voltage; possible are"),
        (["--leads", "ECGX=I"], "There is no channel ECGX; the channels are"),
    ],
)
def test_what_contradicts_a_file_is_refused(record, words, sentence, capsys):
    assert sentence in refusal(["check", record, *words], capsys)


@pytest.mark.parametrize(
    ("words", "idle"),
    [
        ("reconstruct R --inputs II --out OUT --same-session", "--same-session does"),
        ("reconstruct R --inputs II --out OUT --fast --workers 2", "--workers, --fast do"),
        ("reconstruct R --inputs II --out OUT --part 9", "--part does"),
        ("reconstruct R --inputs II --json OUT/x.json --to 3 --csv", "--csv does"),
        ("reconstruct R --inputs II --out OUT --reference R --site x", "--site does"),
        ("reconstruct --list L --inputs II --out OUT --json x", "--json does"),
        ("measure --list L --out OUT --json x", "--json does"),
        ("measure R --out OUT", "--out does"),
        ("measure R --part 9 --memory 2", "--part, --memory do"),
        ("measure --list L --out OUT --memory 2", "--memory does"),
        ("score linear --inputs II --data . --out OUT/x.csv --part 9 --unit mV", "--unit, --part do"),
        ("score linear --inputs II --list L --out OUT --card --zones", "--zones, --card do"),
        ("check --database ludb --data . --json x", "--json does"),
        ("check R --every 2", "--every does"),
        ("check ludb/1 --data . --rate 500", "--rate does"),
    ],
)
def test_an_option_that_would_do_nothing_is_refused(record, words, idle, tmp_path, capsys):
    (tmp_path / "list.txt").write_text(record)
    places = {"R": record, "L": str(tmp_path / "list.txt"), "OUT": str(tmp_path / "out")}
    filled = [places.get(word, word.replace("OUT", str(tmp_path / "out"))) for word in words.split()]
    assert f"{idle} nothing " in refusal(filled, capsys)
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("text", ["nodb/1", "missing.dcm"])
def test_a_recording_that_is_not_there_is_named_with_what_could_be(text, capsys):
    sentence = refusal(["check", text], capsys)
    assert f"There is no file {text}; " in sentence and "DATABASE/RECORD with a database of" in sentence


def test_a_folder_is_no_recording(tmp_path, capsys):
    assert f"{tmp_path.name} is a folder; " in refusal(["check", str(tmp_path)], capsys)


def test_failures_of_a_list_name_no_file(record, tmp_path, capsys):
    for name in ("MUELLER_1951.csv", "MUELLER 1952.dcm"):
        (tmp_path / "in" / name).write_text("1;2\n")
    lines = [record, "in/MUELLER_1951.csv", "in/MUELLER 1952.dcm", "in/MUELLER_1953.xml"]
    (tmp_path / "list.txt").write_text("\n".join(lines))
    assert main(["measure", "--list", str(tmp_path / "list.txt"), "--out", str(tmp_path / "out")]) == 0
    reasons = pd.read_parquet(tmp_path / "out" / "failures")["reason"]
    assert len(reasons) == 3 and not reasons.str.contains("MUELLER|195").any(), reasons.tolist()
    assert reasons.str.contains("this file|no such file", case=False).all()


def test_a_list_of_which_nothing_comes_fails_with_the_first_reason(tmp_path, capsys):
    (tmp_path / "list.txt").write_text("a.dcm\nb.dcm\n")
    words = ["--list", str(tmp_path / "list.txt"), "--out", str(tmp_path / "out")]
    assert main(["measure", *words]) == 2
    assert (
        "nothing came of any of the 2 recordings; the first: There is no such file;"
        in capsys.readouterr().err
    )


def test_a_row_of_a_table_without_a_name_keeps_its_number(record, tmp_path):
    from models.many.lists import entries

    pd.DataFrame({"record": [None, record]}).to_parquet(tmp_path / "list.parquet")
    pd.DataFrame({"record": [None, record]}).to_csv(tmp_path / "list.csv", index_label="other")
    for name in ("list.parquet", "list.csv"):
        first, second = entries(tmp_path / name)
        assert second.number == 1 and second.read().rate == 500
        with pytest.raises(ValueError, match="names no recording in this row"):
            first.read()


def test_a_list_for_a_site_that_is_not_there_begins_nothing(record, tmp_path, capsys):
    (tmp_path / "list.txt").write_text(record)
    words = ["--list", str(tmp_path / "list.txt"), "--inputs", "II", "--out", str(tmp_path / "out")]
    assert "no site file 'nowhere'" in refusal(["reconstruct", *words, "--site", "nowhere"], capsys)
    assert main(["reconstruct", *words]) == 0


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        ("--name X --online", "There is no site file 'X.json' to go on from; known sites: none yet."),
        (
            "--name Any_hospital",
            "None of the 1 recordings of A folder of recordings is usable; one of",
        ),
    ],
)
def test_a_site_is_refused_with_the_reason(words, sentence, record, tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("RLECG_SITES", str(tmp_path / "sites"))
    (tmp_path / "in" / "MUELLER_1950.dat").unlink()
    words = ["calibrate-site", "--data", str(tmp_path / "in"), *words.split()]
    assert sentence in refusal(words, capsys)
    assert not (tmp_path / "sites").exists()


@pytest.mark.parametrize("name", ["any hospital", "Hospitals like PTB-XL"])
def test_no_site_takes_the_name_of_an_interval_that_is_there(name, capsys):
    words = ["calibrate-site", "--data", ".", "--name", name]
    assert f"No site can be called {name!r}" in refusal(words, capsys)


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        ("compare linear nobody", "There is no model 'nobody'"),
        (
            "compare linear gradowski-i",
            "gradowski-i has no table 'scores'; its tables of scores: scores-common.",
        ),
        (
            "compare linear any-subset --table other",
            "linear has no table 'other'; its tables of scores: scores, ",
        ),
        ("recalibrate nobody --data .", "There is no model 'nobody'"),
        ("train any-subset --start nowhere --data .", "There is no checkpoint nowhere."),
        ("bench --write", "--write does nothing without --lists."),
    ],
)
def test_tables_that_are_not_there_are_named_with_those_that_are(words, sentence, capsys):
    assert sentence in refusal(words.split(), capsys)


@pytest.mark.parametrize("words", ["reconstruct R --inputs II --out OUT", "measure --list L --out OUT"])
def test_a_file_in_the_place_of_a_folder_is_named(words, record, tmp_path, capsys):
    for name in ("list.txt", "out"):
        (tmp_path / name).write_text(record)
    places = {"R": record, "L": str(tmp_path / "list.txt"), "OUT": str(tmp_path / "out")}
    sentence = refusal([places.get(word, word) for word in words.split()], capsys)
    assert f"{tmp_path / 'out'} is a file where a folder is needed" in sentence
    assert (tmp_path / "out").read_text() == record


@pytest.mark.parametrize(
    "words",
    [["measure"], ["check"], ["reconstruct", "--inputs", "I II V2", "--out", "OUT"]],
)
def test_a_report_goes_to_the_standard_output_alone(words, record, tmp_path, capsys, monkeypatch):
    monkeypatch.chdir(tmp_path)
    words = [str(tmp_path / "out") if word == "OUT" else word for word in words]
    assert main([words[0], record, *words[1:], "--json", str(tmp_path / "report.json")]) == 0
    words = [f"{word}2" if word.endswith("out") and word != "--out" else word for word in words]
    shown = capsys.readouterr().out
    assert main([words[0], record, *words[1:], "--json", "-"]) == 0
    out, err = capsys.readouterr()
    assert out == (tmp_path / "report.json").read_text()
    assert json.loads(out) and shown.strip() and err.strip() == shown.strip().replace("/out/", "/out2/")
    assert not (tmp_path / "-").exists()


@pytest.mark.parametrize(
    ("words", "option"),
    [
        ("score linear --inputs I --out -", "--out"),
        ("measure --list - --out x", "--list"),
        ("study maps --out -", "--out"),
        ("export linear --inputs I --onnx -", "--onnx"),
    ],
)
def test_no_file_is_named_as_the_standard_output(words, option, tmp_path, capsys, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert f"{option} names a file or folder" in refusal(words.split(), capsys)
    assert not any(tmp_path.iterdir())
