"""Registry credentials from imagePullSecrets: the entry of a docker configuration that fits an image best. Pure."""

import base64
import json
from collections.abc import Iterable

from pyk3s.node.objects import JSON

DEFAULT_REGISTRY = "docker.io"
DEFAULT_ALIASES = ("index.docker.io", "registry-1.docker.io", "docker.io")


def registry_and_path(image: str) -> tuple[str, str]:
    """`ghcr.io/a/b:1` is (`ghcr.io`, `a/b`); a name without a registry is Docker Hub's."""
    name = image.split("@")[0]
    head, slash, rest = name.partition("/")
    if not slash or not ("." in head or ":" in head or head == "localhost"):
        head, rest = DEFAULT_REGISTRY, name if slash else f"library/{name}"
    last = rest.rfind("/")
    return head, rest[: rest.find(":", last)] if ":" in rest[last + 1 :] else rest


def find(image: str, secrets: Iterable[JSON]) -> JSON | None:
    """CRI AuthConfig for an image from Secrets of the types dockerconfigjson and dockercfg."""
    registry, path = registry_and_path(image)
    best: tuple[int, JSON] | None = None
    for secret in secrets:
        for address, entry in _entries(secret).items():
            length = _fit(address, registry, path)
            if length and (best is None or length > best[0]):
                best = (length, entry)
    return _auth(best[1]) if best else None


def _entries(secret: JSON) -> dict[str, JSON]:
    data = secret.get("data") or {}
    if text := data.get(".dockerconfigjson"):
        return dict(json.loads(base64.b64decode(text)).get("auths") or {})
    if text := data.get(".dockercfg"):
        return dict(json.loads(base64.b64decode(text)))
    return {}


def _fit(address: str, registry: str, path: str) -> int:
    """How well an address of a configuration fits, 0 for not at all."""
    bare = address.removeprefix("https://").removeprefix("http://").rstrip("/")
    host, _, folder = bare.partition("/")
    folder = "" if folder in ("v1", "v2") else folder
    same = host == registry or (registry in DEFAULT_ALIASES and host in DEFAULT_ALIASES)
    if not same or (folder and not f"{path}/".startswith(f"{folder}/")):
        return 0
    return 1 + len(folder)


def _auth(entry: JSON) -> JSON:
    made = {"username": entry.get("username", ""), "password": entry.get("password", "")}
    if not made["username"] and entry.get("auth"):
        user, _, word = base64.b64decode(entry["auth"]).decode().partition(":")
        made = {"username": user, "password": word.rstrip("\x00")}
    if entry.get("identitytoken"):
        made["identity_token"] = entry["identitytoken"]
    return made
