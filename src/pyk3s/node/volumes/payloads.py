"""The files of configMap, secret, downwardAPI and projected volumes, from API objects. Pure: what is needed is told
first, fetched by the caller, then made into files.
"""

import base64
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from pyk3s.node import objects
from pyk3s.node.containers import fields
from pyk3s.node.objects import JSON
from pyk3s.node.volumes.atomic import File

DEFAULT_MODE = 0o644
TOKEN_SECONDS = 3600


class Reference(NamedTuple):
    """A ConfigMap or Secret of the pod's namespace."""

    kind: str  # configmap or secret
    name: str


class TokenRequest(NamedTuple):
    """A service account token that a volume needs."""

    audience: str
    seconds: int


class NotReady(Exception):
    """Something that a volume needs is not there (yet); the message is for the FailedMount event."""


@dataclass(frozen=True, slots=True)
class Supplies:
    """What was fetched. An object that does not exist is None."""

    place: fields.Place
    held: Mapping[Reference, JSON | None] = field(default_factory=dict)
    tokens: Mapping[TokenRequest, str] = field(default_factory=dict)


def sources(volume: JSON) -> list[JSON]:
    """The sources of a volume that is made of files; a plain configMap, secret or downwardAPI volume is a projection
    of one.
    """
    if "projected" in volume:
        return list(volume["projected"].get("sources") or ())
    if "configMap" in volume:
        return [{"configMap": volume["configMap"]}]
    if "secret" in volume:
        secret = volume["secret"]
        return [{"secret": {**secret, "name": secret.get("secretName", "")}}]
    if "downwardAPI" in volume:
        return [{"downwardAPI": volume["downwardAPI"]}]
    return []


def references(volume: JSON) -> list[Reference]:
    """The objects that a volume is made from."""
    found = []
    for source in sources(volume):
        if "configMap" in source:
            found.append(Reference("configmap", source["configMap"]["name"]))
        elif "secret" in source:
            found.append(Reference("secret", source["secret"]["name"]))
    return found


def token_requests(volume: JSON) -> list[TokenRequest]:
    """The tokens that a volume needs."""
    return [_token_request(each["serviceAccountToken"]) for each in sources(volume) if "serviceAccountToken" in each]


def _token_request(source: JSON) -> TokenRequest:
    return TokenRequest(source.get("audience", ""), int(source.get("expirationSeconds") or TOKEN_SECONDS))


def files(pod: objects.Pod, volume: JSON, supplies: Supplies) -> dict[str, File]:
    """Relative paths and their files; raises NotReady and fields.FieldUnknown."""
    made: dict[str, File] = {}
    default = _default_mode(volume)
    for source in sources(volume):
        if "configMap" in source:
            made |= _from_object(pod, "configmap", source["configMap"], supplies, default)
        elif "secret" in source:
            made |= _from_object(pod, "secret", source["secret"], supplies, default)
        elif "downwardAPI" in source:
            made |= _from_pod(pod, source["downwardAPI"], supplies, default)
        elif "serviceAccountToken" in source:
            token = supplies.tokens[_token_request(source["serviceAccountToken"])]
            mode, owner = _token_access(pod, default)
            made[source["serviceAccountToken"]["path"]] = File(token.encode(), mode, owner)
        else:
            raise NotReady(f"projected volume source {next(iter(source), '')} is not supported by this node")
    return made


def _default_mode(volume: JSON) -> int:
    for name in ("projected", "configMap", "secret", "downwardAPI"):
        if name in volume and (mode := volume[name].get("defaultMode")) is not None:
            return int(mode)
    return DEFAULT_MODE


def _from_object(pod: objects.Pod, kind: str, source: JSON, supplies: Supplies, default: int) -> dict[str, File]:
    name, optional = source["name"], bool(source.get("optional"))
    held = supplies.held.get(Reference(kind, name))
    if held is None:
        if optional:
            return {}
        raise NotReady(f'{kind} "{name}" not found')
    contents = content_of(kind, held)
    items = source.get("items")
    if not items:
        return {key: File(content, default) for key, content in contents.items()}
    made = {}
    for item in items:
        if item["key"] in contents:
            made[item["path"]] = File(contents[item["key"]], _mode(item, default))
        elif not optional:
            raise NotReady(
                f"references non-existent {'config' if kind == 'configmap' else 'secret'} key: {item['key']}"
            )
    return made


def content_of(kind: str, held: JSON) -> dict[str, bytes]:
    """Keys and contents of a ConfigMap or Secret."""
    data = held.get("data") or {}
    if kind == "secret":
        return {key: base64.b64decode(value) for key, value in data.items()}
    binary = held.get("binaryData") or {}
    return {key: value.encode() for key, value in data.items()} | {
        key: base64.b64decode(value) for key, value in binary.items()
    }


def _from_pod(pod: objects.Pod, source: JSON, supplies: Supplies, default: int) -> dict[str, File]:
    made = {}
    for item in source.get("items") or ():
        if reference := item.get("fieldRef"):
            value = fields.field_value(pod, reference["fieldPath"], supplies.place)
        else:
            reference = item["resourceFieldRef"]
            about = fields.referenced_container(pod, None, reference)
            value = fields.resource_value(pod, about, reference, supplies.place)
        made[item["path"]] = File(value.encode(), _mode(item, default))
    return made


def _mode(item: JSON, default: int) -> int:
    mode = item.get("mode")
    return default if mode is None else int(mode)


def _token_access(pod: objects.Pod, default: int) -> tuple[int, int]:
    """Mode and owner of a token file: readable by its user alone where all containers share one, else by all."""
    if (pod.spec.get("securityContext") or {}).get("fsGroup") is not None:
        return 0o600, -1
    users = {user_of(pod, each) for each in pod.every_container()}
    if len(users) == 1 and (user := users.pop()) is not None:
        return 0o600, user
    return default, -1


def user_of(pod: objects.Pod, container: JSON) -> int | None:
    """The user id that a container is told to run as."""
    own = (container.get("securityContext") or {}).get("runAsUser")
    told = (pod.spec.get("securityContext") or {}).get("runAsUser") if own is None else own
    return None if told is None else int(told)
