"""The built-in kubectl says what the machine's kubectl says: the scenarios are lines that both are given."""

import pathlib

import hosts
import pytest
from both_kubectls import MANIFESTS, Both

SCENARIOS = sorted((pathlib.Path(__file__).parent / "scenarios").glob("*.txt"))


@pytest.fixture
def both(plane, namespace_name, tmp_path):
    """Both kubectls, each with the shop in its namespace."""
    versions = hosts.kubectl_versions()
    if not versions:
        pytest.skip("no kubectl.1.N on this machine")
    theirs, ours = f"{namespace_name}-a", f"{namespace_name}-b"
    made = Both(hosts.find_kubectl(versions[-1]), plane, theirs, ours, tmp_path)
    made.prepare("create", "namespace", "{namespace}")
    made.prepare("create", "serviceaccount", "default")
    made.prepare("apply", "--server-side", "-f", str(MANIFESTS / "shop.yaml"))
    yield made
    made.prepare("delete", "namespace", "{namespace}", "--wait=false")


@pytest.mark.parametrize("scenario", SCENARIOS, ids=[path.stem for path in SCENARIOS])
def test_both_kubectls_say_the_same(both, scenario):
    lines = [line for line in scenario.read_text().splitlines() if line.strip() and not line.startswith("#")]
    differing = [told for line in lines if (told := both.differences(line))]
    assert not differing, "\n\n".join(differing)
