"""Rules of ConfigMaps and Secrets: keys that can be files, one MiB at most, immutability, keys that a type needs."""

import base64
import json

from pyk3s.api import fields, names
from pyk3s.api.validation import checks
from pyk3s.api.validation.checks import Errors, Object

MOST_BYTES = 1024 * 1024
SEALED = "field is immutable when `immutable` is set"
ACCOUNT_ANNOTATION = "kubernetes.io/service-account.name"
REDACTED = "<secret contents redacted>"
REQUIRED_KEYS = {
    "kubernetes.io/ssh-auth": ("ssh-privatekey",),
    "kubernetes.io/tls": ("tls.crt", "tls.key"),
}
DOCKER_KEYS = {
    "kubernetes.io/dockercfg": ".dockercfg",
    "kubernetes.io/dockerconfigjson": ".dockerconfigjson",
}


def create_config_map(config_map: Object, errors: Errors) -> None:
    data, binary = config_map.get("data") or {}, config_map.get("binaryData") or {}
    size = 0
    for key, value in data.items():
        checks.text(errors, names.config_key, key, f"data[{key}]")
        if key in binary:
            errors.append(fields.invalid(f"data[{key}]", key, "duplicate of key present in binaryData"))
        size += len(value.encode())
    for key, value in binary.items():
        checks.text(errors, names.config_key, key, f"binaryData[{key}]")
        size += _decoded_size(value)
    if size > MOST_BYTES:
        errors.append(fields.too_long("", MOST_BYTES))


def _decoded_size(encoded: str | None) -> int:
    """Bytes that base64 text stands for."""
    return len(encoded) // 4 * 3 - encoded.count("=", -2) if encoded else 0


def update_config_map(new: Object, old: Object, errors: Errors) -> None:
    _still_sealed(new, old, ("data", "binaryData"), errors)
    create_config_map(new, errors)


def _still_sealed(new: Object, old: Object, keys: tuple[str, ...], errors: Errors) -> None:
    """Once immutable, always immutable."""
    if not old.get("immutable"):
        return
    if not new.get("immutable"):
        errors.append(fields.forbidden("immutable", SEALED))
    for key in keys:
        if (new.get(key) or {}) != (old.get(key) or {}):
            errors.append(fields.forbidden(key, SEALED))


def create_secret(secret: Object, errors: Errors) -> None:
    data = secret.get("data") or {}
    for key in data:
        checks.text(errors, names.config_key, key, f"data[{key}]")
    if sum(_decoded_size(value) for value in data.values()) > MOST_BYTES:
        errors.append(fields.too_long("data", MOST_BYTES))
    _by_type(secret.get("type", ""), secret, data, errors)


def _by_type(kind: str, secret: Object, data: dict[str, str], errors: Errors) -> None:
    if kind == "kubernetes.io/service-account-token":
        annotations = secret["metadata"].get("annotations") or {}
        checks.present(errors, annotations.get(ACCOUNT_ANNOTATION), f"metadata.annotations[{ACCOUNT_ANNOTATION}]")
    elif kind == "kubernetes.io/basic-auth":
        if "username" not in data and "password" not in data:
            errors.append(fields.required("data[username]"))
            errors.append(fields.required("data[password]"))
    elif key := DOCKER_KEYS.get(kind):
        _docker(data.get(key), f"data[{key}]", errors)
    else:
        for required in REQUIRED_KEYS.get(kind, ()):
            if required not in data or (kind == "kubernetes.io/ssh-auth" and not data[required]):
                errors.append(fields.required(f"data[{required}]"))


def _docker(encoded: str | None, path: str, errors: Errors) -> None:
    if encoded is None:
        errors.append(fields.required(path))
        return
    if wrong := _json_problem(base64.b64decode(encoded or "")):
        errors.append(fields.invalid(path, REDACTED, wrong))


def _json_problem(document: bytes) -> str:
    """Why bytes are no JSON object, in the words of the API; nothing if they are one."""
    text = document.decode(errors="replace")
    try:
        value = json.loads(text)
    except json.JSONDecodeError as wrong:
        at = text[wrong.pos :].lstrip()
        if not at or text[wrong.pos] == '"':
            return "unexpected end of JSON input"
        return f"invalid character {_go_rune(at[0])} looking for beginning of value"
    except RecursionError:
        return "exceeded max depth"
    if isinstance(value, dict) or value is None:
        return ""
    kind = {list: "array", str: "string", bool: "bool"}.get(type(value), "number")
    return f"json: cannot unmarshal {kind} into Go value of type map[string]interface {{}}"


def _go_rune(character: str) -> str:
    return "'\\''" if character == "'" else f"'{character}'"


def update_secret(new: Object, old: Object, errors: Errors) -> None:
    checks.same(errors, new.get("type"), old.get("type"), "type")
    _still_sealed(new, old, ("data",), errors)
    create_secret(new, errors)
