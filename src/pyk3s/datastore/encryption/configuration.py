"""Upstream's EncryptionConfiguration for one resource, as a value: which keys there are, and which one writes. Pure.

The first key of the first provider writes, every other one only reads. `identity` is plain text. The file is what
kube-apiserver's `--encryption-provider-config` takes, so that another Kubernetes can read the data.
"""

import base64
import binascii
import json
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, NamedTuple

IDENTITY = "identity"
TYPES = {"aescbc": "AES-CBC", "aesgcm": "AES-GCM"}
KEY_BYTES = (16, 24, 32)
NEW_KEY_BYTES = 32
RESOURCE = "secrets"


class ConfigurationError(ValueError):
    """The file says what this program cannot do, or nothing that makes sense."""


class Key(NamedTuple):
    """One key: the provider that uses it, its name in stored values, and its bytes."""

    provider: str
    name: str
    secret: bytes

    @property
    def prefix(self) -> bytes:
        """How values begin that were encrypted with it."""
        return f"k8s:enc:{self.provider}:v1:{self.name}:".encode()


@dataclass(frozen=True)
class Configuration:
    """The keys, the one that writes first; `enabled` is whether it does, or new values are written as plain text."""

    keys: tuple[Key, ...]
    enabled: bool

    @property
    def writer(self) -> Key | None:
        return self.keys[0] if self.enabled and self.keys else None

    def with_next(self, key: Key) -> "Configuration":
        """One key more, which reads only."""
        return Configuration((*self.keys, key), self.enabled)

    def rotated(self) -> "Configuration":
        """The newest key writes from now on."""
        return Configuration((self.keys[-1], *self.keys[:-1]), self.enabled)

    def without_old(self) -> "Configuration":
        """Only the key that writes."""
        return Configuration(self.keys[:1], self.enabled)

    def switched(self, enabled: bool) -> "Configuration":
        return Configuration(self.keys, enabled)


def key_name(provider: str, taken: Iterable[str], stamp: str = "") -> str:
    """A name that no key has yet: `aescbckey` for the first one, later ones carry when they were made."""
    base = f"{provider}key{'-' if stamp else ''}{stamp}"
    names, number = set(taken), 2
    name = base
    while name in names:
        name, number = f"{base}-{number}", number + 1
    return name


def render(configuration: Configuration) -> bytes:
    """The file. Keys of one provider stand together where they follow each other."""
    providers: list[dict[str, Any]] = []
    for key in configuration.keys:
        entry = {"name": key.name, "secret": base64.b64encode(key.secret).decode()}
        if providers and key.provider in providers[-1]:
            providers[-1][key.provider]["keys"].append(entry)
        else:
            providers.append({key.provider: {"keys": [entry]}})
    plain: dict[str, Any] = {IDENTITY: {}}
    providers = [*providers, plain] if configuration.enabled else [plain, *providers]
    return json.dumps(
        {
            "kind": "EncryptionConfiguration",
            "apiVersion": "apiserver.config.k8s.io/v1",
            "resources": [{"resources": [RESOURCE], "providers": providers}],
        }
    ).encode()


def parse(text: bytes) -> Configuration:
    """Read the file; raises ConfigurationError."""
    try:
        found = json.loads(text)
        (rule,) = found["resources"]
        if found.get("kind") != "EncryptionConfiguration" or rule["resources"] != [RESOURCE]:
            raise ConfigurationError(f"it is not an EncryptionConfiguration for {RESOURCE} alone")
        names = [next(iter(provider)) for provider in rule["providers"]]
        keys = tuple(key for provider in rule["providers"] for key in _keys(provider))
    except (ValueError, KeyError, TypeError, StopIteration) as error:
        if isinstance(error, ConfigurationError):
            raise
        raise ConfigurationError(f"it cannot be read: {error!r}") from error
    if IDENTITY not in names:
        raise ConfigurationError("the provider identity is missing")
    return Configuration(keys, enabled=names[0] != IDENTITY)


def _keys(provider: dict[str, Any]) -> list[Key]:
    ((name, content),) = provider.items()
    if name == IDENTITY:
        return []
    if name not in TYPES:
        raise ConfigurationError(f"the provider {name} is not supported; {', '.join(TYPES)} are")
    return [Key(name, str(entry["name"]), _secret(entry)) for entry in content["keys"]]


def _secret(entry: dict[str, Any]) -> bytes:
    try:
        secret = base64.b64decode(entry["secret"], validate=True)
    except binascii.Error as error:
        raise ConfigurationError(f"the key {entry['name']} is not base64") from error
    if len(secret) not in KEY_BYTES:
        raise ConfigurationError(f"the key {entry['name']} has {len(secret)} bytes; 32 are wanted")
    return secret
