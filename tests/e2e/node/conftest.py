"""One node with a real containerd of its own, against an API in memory; shared by the tests of a module."""

import pathlib
import sys

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).parent))  # helpers of these tests

from playing import Play


@pytest.fixture(scope="module")
def play(tmp_path_factory):
    made = Play(tmp_path_factory.mktemp("node"))
    made.start()
    try:
        yield made
    finally:
        made.close()


@pytest.fixture(autouse=True)
def no_pods_left(request):
    """Every test ends with its pods gone."""
    yield
    if "play" in request.fixturenames:
        request.getfixturevalue("play").delete_all()
