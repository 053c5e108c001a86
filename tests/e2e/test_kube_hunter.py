"""What kube-hunter finds on a running server, from outside and without credentials: no weakness."""

import json
import pathlib

import pytest

HUNTER = pathlib.Path(__file__).parents[2] / "build/kube-hunter/bin/kube-hunter"
HARMLESS = {"informational", "none"}

pytestmark = [
    pytest.mark.root,
    pytest.mark.timeout(600),
    pytest.mark.skipif(not HUNTER.exists(), reason="kube-hunter is not installed; ./test.sh does that"),
]


@pytest.mark.parametrize("how", [(), ("--active",)], ids=["looking", "attacking"])
def test_a_hunter_finds_no_weakness(server, host, how):
    words = (str(HUNTER), "--remote", host.address, "--report", "json", "--log", "none", *how)
    report = json.loads(host.run(*words, timeout=300).stdout)
    assert {node["location"] for node in report["nodes"]} == {host.address}
    found = {each["vulnerability"]: each["evidence"] for each in report["vulnerabilities"] if _matters(each)}
    assert found == {}


def _matters(vulnerability):
    return vulnerability["severity"].lower() not in HARMLESS
