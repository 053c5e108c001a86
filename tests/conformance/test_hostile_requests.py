"""Requests that schemathesis makes up from the served OpenAPI, fitting and not, find no error of the server.

Left out are what never ends (watches), and the 5xx that a real API server gives too: a binding without a target is a
bare 500, a service without endpoints 503.
"""

import json
import pathlib
import re
import subprocess
import sys

import pytest
from api_server import TOKEN, Api, running

DOCUMENTS = ("api/v1", "apis/apps/v1", "apis/apiextensions.k8s.io/v1", "apis/admissionregistration.k8s.io/v1")
SECONDS = 25  # of making up requests for one document
LEFT_OUT = re.compile(r"/watch/|bindings?$|/proxy")
ENDLESS = ("watch", "timeoutSeconds")
FOUND_NOTHING = 0


@pytest.fixture(scope="module")
def api(tmp_path_factory: pytest.TempPathFactory):
    with running(tmp_path_factory.mktemp("hostile")) as server:
        yield server


def document(api: Api, name: str) -> dict:
    """A served document without what is left out."""
    _, served = api.send("GET", f"/openapi/v3/{name}")
    served["paths"] = {path: item for path, item in served["paths"].items() if not LEFT_OUT.search(path)}
    for item in served["paths"].values():
        for holder in (item, *item.values()):
            if isinstance(holder, dict) and "parameters" in holder:
                holder["parameters"] = [each for each in holder["parameters"] if each.get("name") not in ENDLESS]
    return served


@pytest.mark.parametrize("name", DOCUMENTS)
def test_no_request_makes_the_server_fail(api: Api, name: str, tmp_path: pathlib.Path) -> None:
    described = tmp_path / "openapi.json"
    described.write_text(json.dumps(document(api, name)))
    program = pathlib.Path(sys.executable).with_name("schemathesis")
    done = subprocess.run(
        [
            *(program, "run", described, "--url", api.url, "--tls-verify", "false", "--no-color"),
            *("--header", f"Authorization: Bearer {TOKEN}", "--checks", "not_a_server_error"),
            *("--phases", "coverage,fuzzing", "--max-time", str(SECONDS), "--request-timeout", "60"),
            *("--continue-on-failure", "--suppress-health-check", "all", "--warnings", "off"),
        ],
        capture_output=True,
        text=True,
        timeout=280,
        cwd=tmp_path,
    )
    assert re.search(r"^\s+\d+ generated", done.stdout, re.MULTILINE), done.stdout + done.stderr
    assert done.returncode == FOUND_NOTHING, done.stdout
    assert api.send("GET", "/version")[0] == 200
