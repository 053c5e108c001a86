"""Changes of kubeconfig files: each is made in the file that has what is changed, or in the first there is."""

import pathlib
from collections.abc import Mapping
from typing import Any

from pyk3s.kubectl import kubeconfig
from pyk3s.kubectl.printing import yaml_text
from pyk3s.lib import files

JSON = dict[str, Any]
PRIVATE = 0o600


def file_of(explicit: str, environment: Mapping[str, str], listed: str = "", name: str = "") -> pathlib.Path:
    """The file to change: the one that has the entry, else the first that exists, else the last one named."""
    found = kubeconfig.paths(explicit, environment)
    existing = [path for path in found if path.exists()]
    for path in existing:
        if listed and any(each.get("name") == name for each in kubeconfig.read(path).get(listed) or ()):
            return path
    if listed == "current-context":
        for path in existing:
            if kubeconfig.read(path).get("current-context"):
                return path
    return existing[0] if existing else found[-1]


def read(path: pathlib.Path) -> JSON:
    """A file's config, or an empty one."""
    empty: JSON = {"clusters": [], "contexts": [], "current-context": "", "preferences": {}, "users": []}
    return {"apiVersion": "v1", "kind": "Config", **empty, **(kubeconfig.read(path) if path.exists() else {})}


def write(path: pathlib.Path, config: JSON) -> None:
    """Replace a file; its folder is made if it is not there."""
    path.parent.mkdir(parents=True, exist_ok=True)
    files.write_atomic(path, yaml_text.dump(config).encode(), PRIVATE)


def put(config: JSON, listed: str, name: str, fields: JSON) -> bool:
    """Set fields of an entry, those that are None removed; whether the entry was there before."""
    inner = kubeconfig.LISTS[listed]
    entries = config[listed] = config.get(listed) or []
    entry = next((each for each in entries if each.get("name") == name), None)
    known = entry is not None
    if entry is None:
        entry = {"name": name, inner: {}}
        entries.append(entry)
    merged = {**(entry.get(inner) or {}), **fields}
    entry[inner] = {key: value for key, value in merged.items() if value is not None}
    return known


def remove(config: JSON, listed: str, name: str) -> bool:
    """Take an entry away; whether it was there."""
    entries = config.get(listed) or []
    config[listed] = [each for each in entries if each.get("name") != name]
    return len(config[listed]) != len(entries)


def minified(config: JSON, context: str) -> JSON:
    """What one context needs, and nothing else."""
    found = kubeconfig.entry(config, "contexts", context) or {}
    kept = {"contexts": context, "clusters": found.get("cluster"), "users": found.get("user")}
    lists = {
        listed: [each for each in config.get(listed) or () if each.get("name") == name] for listed, name in kept.items()
    }
    return {**config, **lists, "current-context": context}


def hidden(config: JSON) -> JSON:
    """The config without what is secret."""
    secret = {"token": "REDACTED", "password": "REDACTED"}
    for name in ("certificate-authority-data", "client-certificate-data", "client-key-data"):
        secret[name] = "DATA+OMITTED"
    result = dict(config)
    for listed, inner in kubeconfig.LISTS.items():
        result[listed] = [
            {**each, inner: {key: secret.get(key, value) for key, value in (each.get(inner) or {}).items()}}
            for each in config.get(listed) or ()
        ]
    return result
