"""Stored tables: read back as they were, refused when cut or foreign, continued after a kill, and written
by one command at a time."""

import gzip
import subprocess
import sys

import pandas as pd
import pytest

from ecgcore.evaluation.tables import Table, UnusableTable, made_with_other_weights, stale

KIND = Table("tests", ("model", "weights", "record", "value"), ("model", "record"), {"value": "float64"})
LONG = Table(KIND.subject, KIND.columns, KIND.keys, KIND.numbers, categories=True)
ROWS = [("a", "x", "1", 0.5), ("a", "x", "1", None), ("a", "x", "007", 1.25), ("b", "", "1", -3.0)]
SUFFIXES = (".csv", ".csv.gz", ".parquet")


def table(rows=ROWS):
    return pd.DataFrame(rows, columns=list(KIND.columns))


def lines(path):
    return gzip.decompress(path.read_bytes()).decode() if path.suffix == ".gz" else path.read_text()


@pytest.mark.parametrize("suffix", SUFFIXES)
@pytest.mark.parametrize("kind", [KIND, LONG])
def test_what_is_written_is_read_back(tmp_path, suffix, kind):
    path = tmp_path / f"m/t{suffix}"
    kind.write(table(), path)
    again = kind.read(path)
    assert again.astype({"value": float}).astype(object).where(again.notna(), None).to_numpy().tolist() == [
        list(row) for row in ROWS
    ]
    assert again["record"].tolist()[2] == "007"
    assert not list(path.parent.glob("*.new"))


@pytest.mark.parametrize("suffix", SUFFIXES)
@pytest.mark.parametrize(
    "content", [b"", b"no table\n", b"a,b\n1,2\n", b"PAR1PAR1", b"\x1f\x8b\x08", b"\xff\xfe\n"]
)
def test_a_foreign_file_is_refused_by_name(tmp_path, suffix, content):
    path = tmp_path / f"t{suffix}"
    path.write_bytes(content)
    with pytest.raises(UnusableTable, match=rf"^{tmp_path.name}/t{suffix} .*\.$"):
        KIND.read(path)
    with pytest.raises(UnusableTable), KIND.appending(path):
        pass
    assert path.read_bytes() == content


def test_a_column_that_is_lacking_is_named(tmp_path):
    (tmp_path / "t.csv").write_text("model,weights,record\na,x,1\n")
    with pytest.raises(UnusableTable, match="is no table of tests: it lacks value"):
        KIND.read(tmp_path / "t.csv")
    with pytest.raises(UnusableTable, match="There is no table"):
        KIND.read(tmp_path / "u.csv")


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_a_cut_file_is_refused_wherever_it_was_cut(tmp_path, suffix):
    path = tmp_path / f"t{suffix}"
    KIND.write(table(), path)
    whole = path.read_bytes()
    for length in range(len(whole) - 1, 0, -max(1, len(whole) // 40)):
        if suffix == ".csv" and whole[length - 1 : length] == b"\n":
            continue  # whole rows are a whole table
        path.write_bytes(whole[:length])
        with pytest.raises(UnusableTable):
            KIND.read(path)


def test_numbers_that_are_none_are_refused(tmp_path):
    (tmp_path / "t.csv").write_text("model,weights,record,value\na,x,1,tall\n")
    with pytest.raises(UnusableTable, match="is no table of tests"):
        KIND.read(tmp_path / "t.csv")


def test_tables_of_an_earlier_version_get_the_value_that_held_then(tmp_path):
    kind = Table("tests", (*KIND.columns, "version"), KIND.keys, KIND.numbers, earlier={"version": "1"})
    KIND.write(table(), tmp_path / "t.csv")
    assert set(kind.read(tmp_path / "t.csv")["version"]) == {"1"}
    with kind.appending(tmp_path / "t.csv") as (_, write):
        write([("c", "", "1", 0.0, "2")])
    assert kind.read(tmp_path / "t.csv")["version"].tolist() == ["1"] * 4 + ["2"]


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_a_column_by_its_earlier_name_is_read_and_completed_under_todays(tmp_path, suffix):
    columns = ("model", "weights", "passband", "value")
    kind = Table("tests", columns, ("model", "passband"), {"value": "float64"})
    earlier = Table("tests", ("model", "weights", "band", "value"), ("model",), kind.numbers)
    path = tmp_path / f"t{suffix}"
    earlier.write(pd.DataFrame([("a", "x", "high-pass", 0.5)], columns=list(earlier.columns)), path)
    assert kind.read(path)["passband"].tolist() == ["high-pass"]
    with kind.appending(path) as (done, write):
        assert done == {("a", "high-pass")}
        write([("a", "x", "as-recorded", 1.5)])
    assert tuple(kind.read(path).columns) == columns and kind.read(path)["value"].tolist() == [0.5, 1.5]


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_a_table_goes_on_where_it_stopped(tmp_path, suffix):
    path = tmp_path / f"t{suffix}"
    for part, before in ((ROWS[:2], set()), (ROWS[2:], {("a", "1")})):
        with KIND.appending(path) as (done, write):
            assert done == before
            write(part)
    assert KIND.read(path)["value"].tolist()[2:] == [1.25, -3.0]
    assert sorted(file.name for file in tmp_path.iterdir()) == [path.name]


@pytest.mark.parametrize("cut", [0, 1, 3, 8])
def test_half_a_key_that_a_killed_command_left_is_computed_again(tmp_path, cut):
    path = tmp_path / "t.csv.gz"
    KIND.write(table([*ROWS, ("b", "", "2", 1.0), ("b", "", "2", 2.0)]), path)
    whole = lines(path)
    path.unlink()
    path.with_name("t.csv.gz.part").write_text(whole[: len(whole) - cut])
    with KIND.appending(path) as (done, write):
        assert done == {("a", "1"), ("a", "007"), ("b", "1")}
        write([("b", "", "2", 1.0), ("b", "", "2", 2.0)])
    assert lines(path) == whole


def test_a_command_that_fails_keeps_its_rows_and_the_table_before_it(tmp_path):
    path = tmp_path / "t.csv"
    KIND.write(table(ROWS[:2]), path)

    def fails():
        with KIND.appending(path) as (_, write):
            write(ROWS[2:3])
            write(ROWS[3:])
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fails()
    assert len(KIND.read(path)) == 2
    with KIND.appending(path) as (done, write):
        assert done == {("a", "1"), ("a", "007")}
        write(ROWS[3:])
    assert len(KIND.read(path)) == 4


@pytest.mark.parametrize("suffix", SUFFIXES)
@pytest.mark.parametrize("rows_before_it_failed", [0, 1])
def test_a_finished_table_loses_nothing_when_a_command_on_it_fails(tmp_path, suffix, rows_before_it_failed):
    path = tmp_path / f"t{suffix}"
    KIND.write(table(ROWS[:2]), path)

    def refused():
        with KIND.appending(path) as (_, write):
            write(ROWS[2:][:rows_before_it_failed])
            raise RuntimeError

    with pytest.raises(RuntimeError):
        refused()
    assert path.with_name(path.name + ".part").exists() == bool(rows_before_it_failed)
    with KIND.appending(path) as (done, write):
        assert ("a", "1") in done
        write(ROWS[3:])
    assert KIND.read(path)["record"].tolist()[:2] == ["1", "1"]
    assert KIND.keep(path, lambda rows: rows["model"] == "a") == 1


def test_a_table_of_another_ending_is_refused_before_anything_is_written(tmp_path):
    with (
        pytest.raises(UnusableTable, match=r"t.txt cannot be a table; .* \.parquet, \.csv, \.csv\.gz"),
        KIND.appending(tmp_path / "t.txt"),
    ):
        pass
    with pytest.raises(UnusableTable, match=r"t.txt cannot be a table"):
        KIND.write(table(), tmp_path / "t.txt")
    assert not list(tmp_path.iterdir())


def test_two_commands_do_not_write_one_table(tmp_path):
    path = tmp_path / "t.csv"
    other = (
        "import sys; from pathlib import Path; from tests.ecgcore.evaluation.test_tables import KIND\n"
        "with KIND.appending(Path(sys.argv[1])): pass"
    )
    with KIND.appending(path) as (_, write):
        write(ROWS[:2])
        with (
            pytest.raises(UnusableTable, match="t.csv is being written by another command"),
            KIND.appending(path),
        ):
            pass
        with pytest.raises(UnusableTable, match="another command"):
            KIND.keep(path, lambda rows: rows["model"] == "b")
        second = subprocess.run(
            [sys.executable, "-c", other, str(path)], capture_output=True, text=True, check=False
        )
        assert second.returncode == 1
        assert "is being written by another command" in second.stderr
        write(ROWS[2:])
    assert len(KIND.read(path)) == 4
    assert [file.name for file in tmp_path.iterdir()] == ["t.csv"]


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_rows_are_taken_out_of_a_table_and_of_what_a_killed_command_left(tmp_path, suffix):
    path = tmp_path / f"t{suffix}"
    assert KIND.keep(path, lambda rows: rows["weights"] == "x") == 0
    KIND.write(table(), path)
    part = path.with_name(path.name + ".part")
    part.write_text("model,weights,record,value\na,x,1,1\nb,y,1,1\nb,y,2,1\nc,z")
    assert KIND.keep(path, lambda rows: rows["weights"] == "x") == 2
    assert set(KIND.read(path)["weights"]) == {"x"}
    assert part.read_text() == "model,weights,record,value\na,x,1,1.0\n"


def test_models_of_other_weights_are_named_in_one_sentence():
    rows = table([("a", "old", "1", 0.0), ("a", "new", "2", 0.0), ("b", "", "1", 0.0), ("c", "q", "1", 0.0)])
    assert stale(rows, {"a": "new", "c": "q"}) == ["a"]
    assert stale(rows, {}) == ["a", "c"]
    assert made_with_other_weights(["A", "C"], "do it") == (
        "Made with other weights than those on disk: A, C. `do it` makes them anew."
    )
