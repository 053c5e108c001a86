"""kubeconfig files: found, merged and resolved to one cluster, user and namespace, as kubectl does it.

`--kubeconfig` names one file; `KUBECONFIG` a list of files, of which the first that says something wins; else it is
`~/.kube/config`. Without any, a pod's own service account. Flags override what the files say.
"""

import pathlib
from collections.abc import Mapping
from typing import Any, NamedTuple

from pyk3s.kubectl.errors import CommandError

JSON = dict[str, Any]
POD_FOLDER = pathlib.Path("/var/run/secrets/kubernetes.io/serviceaccount")
DEFAULT_SERVER = "http://localhost:8080"
LISTS = {"clusters": "cluster", "users": "user", "contexts": "context"}
FILES = ("certificate-authority", "client-certificate", "client-key", "tokenFile")


class Resolved(NamedTuple):
    """Where to go and as whom; `namespace` is the one of the context, or "default"."""

    cluster: JSON
    user: JSON
    namespace: str


class Overrides(NamedTuple):
    """What flags say instead of the files; empty where they say nothing."""

    context: str = ""
    cluster: str = ""
    user: str = ""
    cluster_fields: JSON = {}
    user_fields: JSON = {}


def paths(explicit: str, environment: Mapping[str, str]) -> list[pathlib.Path]:
    """The files to read, in order of precedence."""
    if explicit:
        return [pathlib.Path(explicit)]
    if listed := environment.get("KUBECONFIG"):
        return [pathlib.Path(part) for part in listed.split(":") if part]
    return [pathlib.Path(environment.get("HOME", "/")) / ".kube/config"]


def read(path: pathlib.Path) -> JSON:
    """One file as it is; raises CommandError where it is no kubeconfig."""
    import yaml

    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    try:
        found = yaml.load(path.read_bytes(), Loader=loader)
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise CommandError(f'error loading config file "{path}": {" ".join(str(error).split())}') from error
    except OSError as error:
        raise CommandError(f'error loading config file "{path}": open {path}: {_reason(error)}') from error
    if not isinstance(found, dict | None):
        raise CommandError(f'error loading config file "{path}": it is not a mapping')
    for listed, inner in LISTS.items():
        entries = (found or {}).get(listed) or []
        if not isinstance(entries, list) or not all(_is_entry(each, inner) for each in entries):
            raise CommandError(f'error loading config file "{path}": {listed} is not a list of named {listed}')
    return found or {}


def _is_entry(value: Any, inner: str) -> bool:
    return isinstance(value, dict) and isinstance(value.get(inner), dict | None)


def load(explicit: str, environment: Mapping[str, str]) -> JSON:
    """All files merged into one, with relative file names made absolute; `{}` where there is no file."""
    if explicit and not pathlib.Path(explicit).exists():
        raise CommandError(f"stat {explicit}: no such file or directory")
    found = [(path, read(path)) for path in paths(explicit, environment) if path.exists()]
    return merged([_located(config, path.parent) for path, config in found])


def merged(configs: list[JSON]) -> JSON:
    """One config of several: of each named entry, and of the current context, the first wins."""
    result: JSON = {}
    for config in configs:
        if config.get("current-context") and not result.get("current-context"):
            result["current-context"] = config["current-context"]
        for listed in LISTS:
            entries = result.setdefault(listed, [])
            known = {entry.get("name") for entry in entries}
            entries += [entry for entry in config.get(listed) or () if entry.get("name") not in known]
    return result


def _located(config: JSON, folder: pathlib.Path) -> JSON:
    for listed, inner in LISTS.items():
        for entry in config.get(listed) or ():
            fields = entry.get(inner) or {}
            fields.update({name: str(folder.absolute() / fields[name]) for name in FILES if fields.get(name)})
    return config


def resolve(config: JSON, overrides: Overrides, environment: Mapping[str, str]) -> Resolved:
    """The cluster, user and namespace to use; raises CommandError where a name is unknown."""
    name = overrides.context or config.get("current-context") or ""
    context = entry(config, "contexts", name)
    if context is None and name:
        if overrides.context:
            text = f"Error in configuration: context was not found for specified context: {name}"
            raise CommandError(text, plain=True)
        raise CommandError(f'context "{name}" does not exist')
    nothing_said = context is None and not overrides.cluster_fields.get("server") and not config.get("clusters")
    if nothing_said and (in_pod := _in_pod(environment)):
        return in_pod
    cluster = _named(config, "clusters", overrides.cluster or (context or {}).get("cluster") or "")
    user = _named(config, "users", overrides.user or (context or {}).get("user") or "")
    cluster, user = cluster | overrides.cluster_fields, user | overrides.user_fields
    cluster.setdefault("server", DEFAULT_SERVER)
    if cluster.get("insecure-skip-tls-verify"):
        cluster = {key: value for key, value in cluster.items() if not key.startswith("certificate-authority")}
    return Resolved(cluster, user, (context or {}).get("namespace") or "default")


def entry(config: JSON, listed: str, name: str) -> JSON | None:
    """What a config says under a name, for instance of `clusters`; None where it does not know it."""
    found = next((each for each in config.get(listed) or () if each.get("name") == name), None)
    return None if found is None else found.get(LISTS[listed]) or {}


def _named(config: JSON, listed: str, name: str) -> JSON:
    found = entry(config, listed, name) if name else {}
    if found is None:
        if listed == "clusters":
            raise CommandError(f'no server found for cluster "{name}"')
        raise CommandError(f'auth info "{name}" does not exist')
    return dict(found)


def _in_pod(environment: Mapping[str, str]) -> Resolved | None:
    """The service account of the pod this runs in."""
    host, port = environment.get("KUBERNETES_SERVICE_HOST"), environment.get("KUBERNETES_SERVICE_PORT")
    token = POD_FOLDER / "token"
    if not host or not port or not token.exists():
        return None
    shown = f"[{host}]" if ":" in host else host
    cluster = {"server": f"https://{shown}:{port}", "certificate-authority": str(POD_FOLDER / "ca.crt")}
    namespace = POD_FOLDER / "namespace"
    here = namespace.read_text().strip() if namespace.exists() else ""
    return Resolved(cluster, {"tokenFile": str(token)}, here or "default")


def _reason(error: OSError) -> str:
    return (error.strerror or str(error)).lower()
