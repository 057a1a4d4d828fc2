"""How the tests are shared out among processes (``tests/conftest.py``)."""

import pytest


def test_a_process_of_several_knows_which_tests_stay_together(request):
    if not hasattr(request.config, "workerinput"):
        pytest.skip("the tests run in one process")
    assert request.node.nodeid.endswith("@contracts/test_sharing")
