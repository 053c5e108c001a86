"""One node with a real containerd of its own, against an API in memory; shared by the tests of a module."""

import pytest
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
