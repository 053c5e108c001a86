"""Defaults of built-in kinds, checked by hand and against the recorded answers of a real API server."""

import json
import pathlib
import re
from collections.abc import Iterator
from typing import Any

import pytest

from pyk3s.api import decoding, defaulting
from pyk3s.api.catalog import Resource
from pyk3s.api.defaulting import pods
from pyk3s.api.schema import pack, storing

JSON = dict[str, Any]
GOLDEN = pathlib.Path(__file__).parents[5] / "shared" / "golden" / "create-defaults.json"

# Not defaulting but admission, allocation, strategies and controllers: paths that a recorded answer has besides.
ELSEWHERE = re.compile(
    r"\.metadata\.(managedFields|uid|resourceVersion|creationTimestamp|generation|namespace|name|selfLink|finalizers"
    r"|deletionGracePeriodSeconds)$"
    r"|\.metadata\.annotations(\.deprecated\.daemonset\..*|\.kubernetes\.io/limit-ranger)?$"
    r"|\.status(\.|$)"
    r"|^Pod \.spec\.(tolerations|serviceAccount|serviceAccountName|priority|preemptionPolicy|imagePullSecrets"
    r"|overhead|nodeSelector|volumes|(init)?[cC]ontainers\[\d+\]\.(volumeMounts|resources\.(limits|requests)))(\.|$)"
    r"|^Job \.(metadata|spec\.template\.metadata)\.labels|^Job \.spec\.selector"
    r"|^Service \.spec\.(clusterIPs?|ipFamilies|ipFamilyPolicy|healthCheckNodePort|ports\[\d+\]\.nodePort)$"
    r"|^Node \.spec\.taints$|^Namespace \.spec\.finalizers$|^CertificateSigningRequest \.spec\.(groups|username)$"
)


def defaulted(plural: str, obj: JSON, group: str = "", version: str = "v1") -> JSON:
    resource = pack.load().catalog.find(group, version, plural)
    assert resource is not None
    made, _ = decoding.read(resource, json.dumps(obj).encode(), "application/json", "Strict")
    defaulting.apply_defaults(resource, made)
    return made


@pytest.mark.parametrize(
    ("image", "policy"),
    [
        ("app", "Always"),
        ("registry.example:5000/app", "Always"),
        ("registry.example/app:latest", "Always"),
        ("registry.example:5000/team/app:1.4", "IfNotPresent"),
        ("app@sha256:" + "0" * 64, "IfNotPresent"),
        ("app:latest@sha256:" + "0" * 64, "Always"),
        ("", "IfNotPresent"),
    ],
)
def test_images_are_pulled_always_if_their_tag_is_latest(image: str, policy: str) -> None:
    assert pods.pull_policy(image) == policy


def test_a_pod_gets_what_every_pod_gets() -> None:
    spec = defaulted("pods", {"spec": {"containers": [{"name": "c", "image": "a:1"}]}})["spec"]
    assert spec["restartPolicy"] == "Always" and spec["dnsPolicy"] == "ClusterFirst"
    assert spec["enableServiceLinks"] is True and spec["securityContext"] == {}
    assert spec["containers"][0]["resources"] == {}


def test_requests_follow_limits_only_in_pods() -> None:
    container = {"name": "c", "resources": {"limits": {"cpu": "1"}}}
    pod = defaulted("pods", {"spec": {"containers": [container]}})
    assert pod["spec"]["containers"][0]["resources"]["requests"] == {"cpu": "1"}
    made = defaulted("deployments", {"spec": {"template": {"spec": {"containers": [container]}}}}, "apps")
    assert "requests" not in made["spec"]["template"]["spec"]["containers"][0]["resources"]


def test_a_pods_own_requests_follow_its_containers_before_its_limits() -> None:
    spec: JSON = {
        "containers": [{"name": "a", "resources": {"requests": {"cpu": "100m"}}}, {"name": "b"}],
        "resources": {"limits": {"cpu": "1", "memory": "1Gi"}},
    }
    assert defaulted("pods", {"spec": spec})["spec"]["resources"]["requests"] == {"cpu": "100m", "memory": "1Gi"}


def test_a_job_without_counts_runs_once_and_with_parallelism_has_no_completions() -> None:
    job: JSON = {"spec": {"template": {"spec": {"containers": []}}}}
    assert defaulted("jobs", job, "batch")["spec"]["completions"] == 1
    job["spec"]["parallelism"] = 3
    assert "completions" not in defaulted("jobs", job, "batch")["spec"]


def test_recreate_has_no_rolling_update() -> None:
    made = defaulted("deployments", {"spec": {"strategy": {"type": "Recreate"}}}, "apps")
    assert made["spec"]["strategy"] == {"type": "Recreate"}


def test_texts_of_a_secret_move_into_its_data() -> None:
    made = defaulted("secrets", {"data": {"a": "eA=="}, "stringData": {"a": "y", "b": "ü"}})
    assert made["data"] == {"a": "eQ==", "b": "w7w="} and "stringData" not in made and made["type"] == "Opaque"


def test_limits_of_containers_fill_each_other() -> None:
    item = {"type": "Container", "max": {"cpu": "2"}, "min": {"memory": "1Mi"}}
    (made,) = defaulted("limitranges", {"spec": {"limits": [item]}})["spec"]["limits"]
    assert made["default"] == {"cpu": "2"} and made["defaultRequest"] == {"cpu": "2", "memory": "1Mi"}


def test_defaulting_twice_changes_nothing() -> None:
    for case, resource, obj in recorded():
        once = json.loads(json.dumps(obj))
        defaulting.apply_defaults(resource, obj)
        assert obj == once, case


def recorded() -> Iterator[tuple[str, Resource, JSON]]:
    for case, resource, obj, _ in cases():
        defaulting.apply_defaults(resource, obj)
        yield case, resource, obj


def cases() -> Iterator[tuple[str, Resource, JSON, JSON]]:
    if not GOLDEN.exists():
        return
    for case in json.loads(GOLDEN.read_text()):
        for step in case["steps"]:
            request, response = step["request"], step["response"]
            resource = addressed(request["path"])
            if request["method"] != "POST" or response["status"] != 201 or resource is None:
                continue
            data = json.dumps(request["body"]).encode()
            obj, _ = decoding.read(resource, data, "application/json", "Ignore")
            yield case["name"], resource, obj, response["body"]


def addressed(path: str) -> Resource | None:
    words = path.partition("?")[0].strip("/").split("/")
    group, version, rest = ("", words[1], words[2:]) if words[0] == "api" else (words[1], words[2], words[3:])
    plural = rest[2] if rest[0] == "namespaces" and len(rest) > 2 else rest[0]
    return pack.load().catalog.find(group, version, plural)


def differences(mine: Any, theirs: Any, path: str) -> Iterator[str]:
    if isinstance(mine, dict) and isinstance(theirs, dict):
        for name in sorted(mine.keys() | theirs.keys()):
            if name not in mine or name not in theirs:
                yield f"{path}.{name}"
            else:
                yield from differences(mine[name], theirs[name], f"{path}.{name}")
    elif isinstance(mine, list) and isinstance(theirs, list) and len(mine) == len(theirs):
        for index, (one, other) in enumerate(zip(mine, theirs, strict=True)):
            yield from differences(one, other, f"{path}[{index}]")
    elif mine != theirs or type(mine) is not type(theirs):
        yield path


@pytest.mark.golden
@pytest.mark.skipif(not GOLDEN.exists(), reason="the golden corpus is not beside this checkout")
def test_every_created_object_is_defaulted_as_by_a_real_server() -> None:
    wrong = []
    for case, resource, obj, answer in cases():
        defaulting.apply_defaults(resource, obj)
        storing.forget_empty(resource.definition, obj)
        found = [each for each in differences(obj, answer, f"{resource.kind} ") if not ELSEWHERE.search(each)]
        if found:
            wrong.append((case, found))
    assert wrong == []


@pytest.mark.golden
@pytest.mark.skipif(not GOLDEN.exists(), reason="the golden corpus is not beside this checkout")
def test_recorded_answers_conform_unchanged() -> None:
    for case, resource, _, answer in cases():
        answer["metadata"].pop("managedFields", None)
        text = re.sub(r'"\$TIME"', '"2026-01-31T12:00:00Z"', json.dumps(answer)).replace('"$PORT"', "30000")
        text = re.sub(r'"\$MICROTIME"', '"2026-01-31T12:00:00.000000Z"', text)
        again, warnings = decoding.read(resource, text.encode(), "application/json", "Strict")
        assert (again, warnings) == (json.loads(text), []), case
