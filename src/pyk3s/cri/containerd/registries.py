"""Turns registries.yaml into what containerd reads: a hosts.toml per registry, and credentials for its configuration.

Facts of K3s: `mirrors.<registry>.endpoint` are tried in order, then the registry itself; `*` stands for every registry
without an entry; `configs.<host>` has credentials and TLS of a registry or mirror. Pure.

containerd itself cannot rewrite names by patterns (K3s patches it). What it can is a path before every name, so a
rewrite is accepted where it says just that (`"(.*)": "prefix/$1"`), and refused otherwise. There is also no way to tell
it not to ask the registry itself: with `default_endpoint` off, the last mirror stands in its place.
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple
from urllib.parse import SplitResult, urlsplit

JSON = dict[str, Any]
HEADER = "# Written by k3s at every start from registries.yaml; changes are lost.\n"
EVERY, EVERY_FOLDER = "*", "_default"
HUB, HUB_HOST = "docker.io", "registry-1.docker.io"
CREDENTIALS = {"username": "username", "password": "password", "auth": "auth", "identity_token": "identitytoken"}
TLS = {"ca_file": str, "cert_file": str, "key_file": str, "insecure_skip_verify": bool}
_is_host = re.compile(r"(?:[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?|\[[0-9A-Fa-f:]+\])(?::\d{1,5})?").fullmatch
_prefix = re.compile(r"([A-Za-z0-9._/-]+)/\$\{?1\}?")
_EVERY_NAME = frozenset(("(.*)", "^(.*)", "(.*)$", "^(.*)$"))


class BadRegistries(ValueError):
    """registries.yaml says something that cannot be done; the message says what and where."""


@dataclass(frozen=True)
class Registries:
    """What containerd is given: file contents by folder name, and credentials by host."""

    hosts: Mapping[str, str] = field(default_factory=dict)
    credentials: Mapping[str, Mapping[str, str]] = field(default_factory=dict)


class _Endpoint(NamedTuple):
    url: str  # as containerd wants it
    host: str
    overrides_path: bool


def plan(parsed: object, *, default_endpoint: bool = True) -> Registries:
    """From the parsed file to what is to be written; raises BadRegistries."""
    top = _map(parsed if parsed is not None else {}, "the file", known=("mirrors", "configs"))
    mirrors = {_registry(name): value for name, value in _map(top.get("mirrors"), "mirrors").items()}
    configs = {_config_host(name): value for name, value in _map(top.get("configs"), "configs").items()}
    secured = {host: _tls(host, config) for host, config in configs.items()}
    names = [*mirrors, *(host for host in configs if host not in mirrors and host != EVERY)]
    hosts = {
        EVERY_FOLDER if name == EVERY else name: _hosts(name, mirrors.get(name), secured, default_endpoint)
        for name in names
    }
    credentials = {host: made for host, config in configs.items() if (made := _credentials(host, config))}
    return Registries(hosts, credentials)


def _hosts(name: str, mirror: object, secured: Mapping[str, JSON], default_endpoint: bool) -> str:
    where = f"mirrors.{name}"
    given = _map(mirror, where, known=("endpoint", "endpoints", "rewrite"))
    prefix = _rewrite(given.get("rewrite"), where)
    own = None if name == EVERY else _endpoint(f"https://{HUB_HOST if name == HUB else name}", "", where)
    listed = given.get("endpoint") or given.get("endpoints") or []
    if not isinstance(listed, list) or not all(isinstance(each, str) for each in listed):
        raise BadRegistries(f"{where}.endpoint is not a list of URLs")
    endpoints = [_endpoint(each, prefix, where) for each in listed]
    endpoints = [each for each in endpoints if each != own]
    last = own if default_endpoint or not endpoints else endpoints[-1]
    lines = [HEADER]
    if last is not None:
        lines += [f"server = {_text(last.url)}", *_options(last, secured)]
    for each in endpoints:
        lines += ["", f"[host.{_text(each.url)}]", '  capabilities = ["pull", "resolve"]']
        lines += [f"  {line}" for line in _options(each, secured)]
    return "\n".join(lines) + "\n"


def _options(endpoint: _Endpoint, secured: Mapping[str, JSON]) -> list[str]:
    tls = secured.get(endpoint.host, secured.get(EVERY, {}))
    lines = ["override_path = true"] if endpoint.overrides_path else []
    if tls.get("insecure_skip_verify"):
        lines.append("skip_verify = true")
    if authority := tls.get("ca_file"):
        lines.append(f"ca = [{_text(authority)}]")
    if certificate := tls.get("cert_file"):
        lines.append(f"client = [[{_text(certificate)}, {_text(tls['key_file'])}]]")
    return lines


def _endpoint(text: str, prefix: str, where: str) -> _Endpoint:
    parts = _split(text if "://" in text else f"https://{text}")
    if parts.scheme not in ("http", "https") or not _is_host(parts.netloc) or parts.query or parts.fragment:
        raise BadRegistries(f"{where}.endpoint {text!r} is not a URL such as https://mirror.example:5000")
    path = parts.path.rstrip("/")
    overrides = path not in ("", "/v2") or bool(prefix)
    whole = "/".join(filter(None, (path or "/v2", prefix)))
    return _Endpoint(f"{parts.scheme}://{parts.netloc}{whole if overrides else ''}", parts.netloc, overrides)


def _rewrite(rules: object, where: str) -> str:
    """The path to put before every name; empty for none."""
    given = _map(rules, f"{where}.rewrite")
    if not given:
        return ""
    pattern, replacement = next(iter(given.items()))
    found = _prefix.fullmatch(str(replacement))
    if len(given) > 1 or pattern not in _EVERY_NAME or not found or ".." in found[1]:
        raise BadRegistries(
            f'{where}.rewrite is refused: containerd can only put a path before every name, "(.*)": "path/$1"'
        )
    return found[1].strip("/")


def _tls(host: str, config: object) -> JSON:
    where = f"configs.{host}.tls"
    tls = _map(_map(config, f"configs.{host}", known=("auth", "tls")).get("tls"), where, known=tuple(TLS))
    for name, value in tls.items():
        if not isinstance(value, TLS[name]):
            raise BadRegistries(f"{where}.{name} is not {'true or false' if TLS[name] is bool else 'a file name'}")
    if bool(tls.get("cert_file")) is not bool(tls.get("key_file")):
        raise BadRegistries(f"{where} needs cert_file and key_file together")
    return tls


def _credentials(host: str, config: object) -> dict[str, str]:
    where = f"configs.{host}.auth"
    known = (*CREDENTIALS, "token")
    given = _map(_map(config, f"configs.{host}").get("auth"), where, known=known)
    for name, value in given.items():
        if not isinstance(value, str):
            raise BadRegistries(f"{where}.{name} is not a text; put it in quotes")
    if token := given.pop("token", ""):
        given["identity_token"] = token
    return {CREDENTIALS[name]: value for name, value in given.items() if value}


def _registry(name: str) -> str:
    if name != EVERY and not _is_host(name):
        raise BadRegistries(f"mirrors.{name} is not the name of a registry, such as docker.io or registry.example:5000")
    return name


def _config_host(name: str) -> str:
    host = _split(name).netloc if "://" in name else name
    if host != EVERY and not _is_host(host):
        raise BadRegistries(f"configs.{name} is not a host, such as registry.example:5000")
    return HUB if host == HUB_HOST else host


def _split(url: str) -> SplitResult:
    try:
        return urlsplit(url)
    except ValueError:
        return urlsplit("")  # brackets that hold no address: no host either


def _map(value: object, where: str, known: tuple[str, ...] = ()) -> JSON:
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise BadRegistries(f"{where} is not a map")
    made = {str(key): member for key, member in value.items()}
    for key in made:
        if known and key not in known:
            raise BadRegistries(f"{where} has {key!r}, which is not known; known are {', '.join(known)}")
    return made


def _text(value: object) -> str:
    return json.dumps(str(value))  # a JSON string is a TOML basic string
