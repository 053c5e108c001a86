"""A kopf operator with its own resource, while controllers run, watched through kubectl."""

import contextlib
import json
import pathlib
import subprocess
import sys
import time

import pytest

pytest.importorskip("kopf", reason="needs kopf")
OPERATOR = pathlib.Path(__file__).parent / "operator/greetings.py"
LIMIT_S = 60


@pytest.fixture
def kubectl(newest_controlled_kubectl):
    """kubectl where Greetings are known."""
    newest_controlled_kubectl("apply", "-f", newest_controlled_kubectl.manifest("greetings-crd.yaml"))
    newest_controlled_kubectl("wait", "crd/greetings.clients.test", "--for=condition=Established", "--timeout=20s")
    return newest_controlled_kubectl


@pytest.fixture
def operator(kubectl, tmp_path):
    """The operator as its own process, over the test's namespace."""
    log = tmp_path / "operator.log"
    command = [sys.executable, "-m", "kopf", "run", "--standalone", "-n", kubectl.namespace, str(OPERATOR)]
    with log.open("wb") as output:
        process = subprocess.Popen(command, stdout=output, stderr=output, env=kubectl.plane.environment)
    yield log
    process.terminate()
    with contextlib.suppress(subprocess.TimeoutExpired):
        process.wait(20)
    process.kill()


def _greeting(text: str) -> str:
    spec = {"text": text}
    return json.dumps(
        {"apiVersion": "clients.test/v1", "kind": "Greeting", "metadata": {"name": "hello"}, "spec": spec}
    )


def _until(kubectl, expected: str, log: pathlib.Path, *words: str) -> None:
    deadline = time.monotonic() + LIMIT_S
    while (seen := kubectl.run(*words).stdout) != expected:
        assert time.monotonic() < deadline, f"{seen!r} is not {expected!r}: {log.read_text()[-3000:]}"
        time.sleep(0.2)


def test_an_operator_acts_on_its_resource_and_records_what_it_did(kubectl, operator):
    text = ("get", "configmap", "hello", "--ignore-not-found", "-o", "jsonpath={.data.text}")
    kubectl("apply", "-f", "-", feed=_greeting("good morning"))
    _until(kubectl, "good morning", operator, *text)
    _until(kubectl, "good morning", operator, "get", "hi", "hello", "-o", "jsonpath={.status.write.written}")
    kubectl("apply", "-f", "-", feed=_greeting("good night"))
    _until(kubectl, "good night", operator, *text)
    assert "Finalizer" in kubectl.value("greeting", "hello", path=".metadata.finalizers")
    kubectl("delete", "greeting", "hello", "--timeout=30s")
    _until(kubectl, "", operator, *text)


def test_a_custom_resource_is_defaulted_checked_shown_and_explained(kubectl):
    kubectl("apply", "-f", "-", feed=_greeting("hello"))
    assert kubectl.value("greeting", "hello", path=".spec.tone") == "kind"
    assert "TEXT" in kubectl("get", "greetings")
    assert "spec.text" in kubectl.refusal("apply", "-f", "-", feed=_greeting(""))
    assert "tone" in kubectl("explain", "greetings.spec")
    kubectl("patch", "greeting", "hello", "--type=merge", "-p", '{"spec":{"tone":"plain"}}')
    assert kubectl.value("greeting", "hello", path=".metadata.generation") == "2"
