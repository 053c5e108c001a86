import base64
import json

import pytest

from pyk3s.node.containers import credentials


def secret(**auths):
    text = json.dumps({"auths": {key.replace("__", "/"): value for key, value in auths.items()}})
    return {"data": {".dockerconfigjson": base64.b64encode(text.encode()).decode()}}


@pytest.mark.parametrize(
    ("image", "registry", "path"),
    [
        ("busybox", "docker.io", "library/busybox"),
        ("a/b:1", "docker.io", "a/b"),
        ("ghcr.io/a/b:1@sha256:ff", "ghcr.io", "a/b"),
        ("localhost:5000/x", "localhost:5000", "x"),
    ],
)
def test_names_are_taken_apart(image, registry, path):
    assert credentials.registry_and_path(image) == (registry, path)


def test_the_closest_entry_is_taken():
    held = [
        secret(
            **{"ghcr.io": {"username": "u", "password": "wide"}, "ghcr.io__team": {"username": "u", "password": "near"}}
        )
    ]
    assert credentials.find("ghcr.io/team/app:1", held)["password"] == "near"
    assert credentials.find("ghcr.io/other/app:1", held)["password"] == "wide"
    assert credentials.find("quay.io/x", held) is None


def test_the_hub_has_many_names_and_auth_is_decoded():
    entry = {"auth": base64.b64encode(b"me:word").decode()}
    made = credentials.find("busybox", [secret(**{"https://index.docker.io/v1/": entry})])
    assert made == {"username": "me", "password": "word"}
