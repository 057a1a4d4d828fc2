"""Groups of diagnoses and the recordings that show them."""

from __future__ import annotations

from ecgcore.datasets.diagnoses import ALL, TAUGHT, examples, groups_of


def test_groups_hold_the_superclasses_and_only_frequent_diagnoses():
    codes = [("CLBBB",), *[("ASMI", "SR")] * 10, ("XASMI",)]
    groups = groups_of([("CD",), *[("MI",)] * 10, ()], codes)
    assert (
        sum(groups["Anterior infarction"]) == 10
        and not groups["Anterior infarction"][-1]
        and "Left bundle branch block" not in groups
    )
    assert sum(groups["MI"]) == 10 and sum(groups["CD"]) == 1 and sum(groups[ALL]) == 12


def test_without_a_data_root_lessons_have_simulated_hearts_that_exist():
    from ecgcore.demonstrations import demonstrations

    shown = {diagnosis.name: examples(diagnosis, None) for diagnosis in TAUGHT}
    assert set(shown["Brugada pattern"]) == set()
    for name in ("Left bundle branch block", "Right bundle branch block", "Anterior infarction"):
        assert shown[name][0].record in demonstrations() and shown[name][0].database == ""


def test_examples_come_from_the_test_part_first_and_the_purest_first(tmp_path, monkeypatch):
    import pandas as pd

    from ecgcore.datasets import diagnoses

    class Base:
        title = "Base"
        index = pd.DataFrame(
            {
                "record": ["1", "2", "3", "4"],
                "split": ["train", "test", "test", "test"],
                "codes": [("CLBBB",), ("CLBBB", "AFIB"), ("CLBBB",), ("NORM",)],
            }
        )

    monkeypatch.setattr(diagnoses, "local_databases", lambda root: ["ptb-xl"])
    monkeypatch.setattr(diagnoses, "open_database", lambda name, root: Base)
    chosen = examples(TAUGHT[0], tmp_path)
    assert [example.record for example in chosen] == ["3", "2", "1"]
    assert "never trained on" in chosen[0].note and "in the training data" in chosen[-1].note


def test_simulated_diseases_look_like_what_they_are_called():
    from ecgcore.demonstrations import demonstrations

    hearts = {title: make() for title, make in demonstrations().items()}
    right = next(ecg for title, ecg in hearts.items() if "right bundle" in title)
    front = next(ecg for title, ecg in hearts.items() if "anterior infarction" in title)
    assert right["V1"].max() > 0.8 and right["V6"].min() < -0.25 and right["I"].min() < -0.4
    assert (
        all(front[lead].min() < -1 and front[lead].max() < 0.6 for lead in ("V1", "V2", "V3"))
        and front["V6"].max() > 0.8
    )
