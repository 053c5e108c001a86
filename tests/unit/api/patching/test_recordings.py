"""Each recorded patch, applied to the object before it, gives the recorded object or refusal."""

import json
import pathlib
from typing import Any

import pytest

from pyk3s.api import status
from pyk3s.api.patching import json_patch, merge_patch, strategic
from pyk3s.api.schema import pack

GOLDEN = pathlib.Path(__file__).parents[5] / "shared" / "golden" / "patch.json"

JSON = dict[str, Any]

DECIDED_LATER = ("is invalid", "match the n", "namespace of the provided")  # by validation and by the registry


def steps():
    if not GOLDEN.exists():
        return []
    found = []
    for case in json.loads(GOLDEN.read_text()):
        before = None
        for index, step in enumerate(case["steps"]):
            request, body = step["request"], step["response"].get("body")
            content_type = (request.get("headers") or {}).get("content-type", "")
            if request["method"] == "PATCH" and "apply" not in content_type:
                param = pytest.param(
                    before, content_type, request["body"], step["response"], id=f"{case['name']}-{index}"
                )
                found.append(param)
            if isinstance(body, dict) and body.get("kind") != "Status":
                before = body
    return found


def patched(before: JSON, content_type: str, sent: Any) -> JSON:
    raw = sent.encode() if isinstance(sent, str) else json.dumps(sent).encode()
    if "json-patch" in content_type:
        return json_patch.apply(before, json_patch.parse(raw))
    patch = merge_patch.parse(raw)
    if "strategic" not in content_type:
        return merge_patch.apply(before, patch)
    group, _, version = before["apiVersion"].rpartition("/")
    resource = pack.load().catalog.by_kind(group, version, before["kind"])
    return strategic.apply(pack.load().type(resource.definition), before, patch)


def differences(ours: Any, theirs: Any, path: str = "") -> list[str]:
    """Where our result, not yet defaulted, differs from the recorded one."""
    if isinstance(ours, dict) and isinstance(theirs, dict):
        return [each for name in ours for each in differences(ours[name], theirs.get(name), f"{path}.{name}")]
    if isinstance(ours, list) and isinstance(theirs, list) and len(ours) == len(theirs):
        return [
            each for index in range(len(ours)) for each in differences(ours[index], theirs[index], f"{path}[{index}]")
        ]
    return [] if ours == theirs or ours in ({}, []) else [path]


SET_BY_SERVER = (".metadata.managedFields", ".metadata.generation", ".metadata.creationTimestamp", ".status")


@pytest.mark.golden
@pytest.mark.skipif(not GOLDEN.exists(), reason="needs the recordings in ../shared/golden")
@pytest.mark.parametrize(("before", "content_type", "sent", "response"), steps())
def test_a_recorded_patch_gives_what_was_recorded(before, content_type, sent, response):
    body = response["body"]
    if body["kind"] == "Status":
        if any(each in body["message"] for each in DECIDED_LATER):
            pytest.skip("refused by another part")
        with pytest.raises(status.StatusError) as refused:
            patched(before, content_type, sent)
        assert refused.value.body() == body
    else:
        result = patched(before, content_type, sent)
        assert [each for each in differences(result, body) if not each.startswith(SET_BY_SERVER)] == []
