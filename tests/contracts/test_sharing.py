"""How the tests are shared out among processes (``tests/conftest.py``)."""

from pathlib import Path

from tests.conftest import IN_CHROMIUM, scope_of

ROOT = Path(__file__).parents[2]


def test_files_stay_together_and_browser_tests_in_one_process():
    assert scope_of("tests/models/test_a.py::test_b[c::d]") == "tests/models/test_a.py"
    assert {scope_of(f"{folder}test_a.py::test_b") for folder in IN_CHROMIUM} == {"in Chromium"}


def test_whatever_starts_a_browser_lies_in_those_folders():
    starting = [path for path in (ROOT / "tests").rglob("test_*.py") if "playwright" in path.read_text()]
    using = [path for path in (ROOT / "tests").rglob("test_*.py") if "cold_server" in path.read_text()]
    places = {path.relative_to(ROOT).as_posix() for path in (*starting, *using)} - {
        Path(__file__).relative_to(ROOT).as_posix()
    }
    assert places and all(place.startswith(IN_CHROMIUM) for place in places)
