import base64

import pytest
from making import container, pod

from pyk3s.node.containers.fields import Place
from pyk3s.node.volumes import payloads
from pyk3s.node.volumes.atomic import File
from pyk3s.node.volumes.payloads import Reference, Supplies, TokenRequest

PLACE = Place(("192.0.2.1",), (), {"cpu": "2"})


def files(volume, *, held=None, tokens=None, pod_=None):
    return payloads.files(pod_ or pod(), volume, Supplies(PLACE, held or {}, tokens or {}))


def test_a_config_map_becomes_files_with_text_and_binary_content():
    held = {Reference("configmap", "m"): {"data": {"a": "x"}, "binaryData": {"b": base64.b64encode(b"\0").decode()}}}
    volume = {"configMap": {"name": "m", "defaultMode": 0o400}}
    assert files(volume, held=held) == {"a": File(b"x", 0o400), "b": File(b"\0", 0o400)}


def test_items_choose_and_rename():
    held = {Reference("secret", "s"): {"data": {"k": base64.b64encode(b"v").decode(), "other": ""}}}
    items = [{"key": "k", "path": "deep/name", "mode": 0o440}]
    volume = {"secret": {"secretName": "s", "items": items}}
    assert files(volume, held=held) == {"deep/name": File(b"v", 0o440)}


def test_what_is_missing_is_told_unless_it_is_optional():
    with pytest.raises(payloads.NotReady, match='secret "s" not found'):
        files({"secret": {"secretName": "s"}})
    assert files({"secret": {"secretName": "s", "optional": True}}) == {}
    held = {Reference("configmap", "m"): {"data": {}}}
    with pytest.raises(payloads.NotReady, match="non-existent config key: k"):
        files({"configMap": {"name": "m", "items": [{"key": "k", "path": "p"}]}}, held=held)


def test_the_downward_api_tells_fields_and_resources():
    items = [
        {"path": "name", "fieldRef": {"fieldPath": "metadata.name"}},
        {"path": "cpu", "resourceFieldRef": {"containerName": "c", "resource": "limits.cpu"}},
    ]
    assert files({"downwardAPI": {"items": items}}) == {"name": File(b"web"), "cpu": File(b"2")}


def test_projections_are_laid_together_and_say_what_they_need():
    volume = {
        "projected": {
            "sources": [
                {"serviceAccountToken": {"path": "token", "expirationSeconds": 600, "audience": "x"}},
                {"configMap": {"name": "m"}},
            ]
        }
    }
    assert payloads.references(volume) == [Reference("configmap", "m")]
    assert payloads.token_requests(volume) == [TokenRequest("x", 600)]
    made = files(volume, held={Reference("configmap", "m"): {"data": {"a": "1"}}}, tokens={TokenRequest("x", 600): "t"})
    assert set(made) == {"token", "a"}


@pytest.mark.parametrize(
    ("context", "containers", "access"),
    [
        ({}, [{}], (0o644, -1)),
        ({"runAsUser": 7}, [{}], (0o600, 7)),
        ({"runAsUser": 7}, [{}, {"runAsUser": 8}], (0o644, -1)),
        ({"runAsUser": 7, "fsGroup": 9}, [{}], (0o600, -1)),
    ],
)
def test_a_token_is_readable_by_its_user_alone_where_there_is_one(context, containers, access):
    specs = [container(f"c{index}", securityContext=own) for index, own in enumerate(containers)]
    volume = {"projected": {"sources": [{"serviceAccountToken": {"path": "token"}}]}}
    tokens = {TokenRequest("", 3600): "t"}
    made = files(volume, tokens=tokens, pod_=pod(specs, securityContext=context))["token"]
    assert (made.mode, made.owner) == access


def test_unknown_sources_are_refused_in_words():
    with pytest.raises(payloads.NotReady, match="clusterTrustBundle is not supported"):
        files({"projected": {"sources": [{"clusterTrustBundle": {}}]}})
