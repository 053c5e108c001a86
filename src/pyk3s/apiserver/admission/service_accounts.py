"""ServiceAccount: gives pods an account, its pull secrets, and a token mounted into every container.

Mirror pods, which a kubelet makes of files, run without the API and so may use nothing of it.
"""

from collections.abc import Iterator
from typing import Any, NamedTuple

from pyk3s.apiserver.admission import chain, lookup, pods
from pyk3s.apiserver.registry import registry as registries

JSON = dict[str, Any]
TOKEN_PATH = "/var/run/secrets/kubernetes.io/serviceaccount"
TOKEN_LIFE_S = 3607
TOKEN_VOLUME = "kube-api-access-"
MIRROR = "kubernetes.io/config.mirror"


class Account(NamedTuple):
    """What counts about a service account."""

    mounts: bool | None
    pulls: list[JSON]


def read(obj: JSON) -> Account:
    return Account(obj.get("automountServiceAccountToken"), obj.get("imagePullSecrets") or [])


class ServiceAccounts(pods.OnPods):
    """Concerns new pods."""

    name = "ServiceAccount"

    def __init__(self, registry: registries.Registry):
        super().__init__(registry)
        self._accounts = lookup.Lookup(registry, "", "serviceaccounts", read)

    def mutate(self, attributes: chain.Attributes) -> None:
        if _is_mirror(attributes.object):
            return
        spec = attributes.object["spec"]
        name = spec.get("serviceAccountName") or "default"
        spec["serviceAccountName"] = spec["serviceAccount"] = name
        account = self._accounts.get(name, attributes.namespace)
        if account is None:
            where = f"{attributes.namespace}/{name}"
            raise pods.refuse(
                attributes, f'error looking up service account {where}: serviceaccount "{name}" not found'
            )
        stated = spec.get("automountServiceAccountToken")
        if stated if stated is not None else account.mounts is not False:
            _mount_token(spec)
        if account.pulls and not spec.get("imagePullSecrets"):
            spec["imagePullSecrets"] = [dict(each) for each in account.pulls]

    def validate(self, attributes: chain.Attributes) -> None:
        if _is_mirror(attributes.object) and (used := next(_uses(attributes.object["spec"]), "")):
            raise pods.refuse(attributes, f"a mirror pod may not {used}")


def _is_mirror(pod: JSON) -> bool:
    return MIRROR in (pod["metadata"].get("annotations") or ())


def _uses(spec: JSON) -> Iterator[str]:
    """What a pod uses of the API, in words."""
    if spec.get("serviceAccountName"):
        yield "reference service accounts"
    volumes = spec.get("volumes") or ()
    sources = [source for volume in volumes for source in (volume.get("projected") or {}).get("sources") or ()]
    places = (*volumes, *sources, *_origins(spec))
    for what, keys in (
        ("secrets", ("secret", "secretRef", "secretKeyRef")),
        ("configmaps", ("configMap", "configMapRef", "configMapKeyRef")),
    ):
        pulls = what == "secrets" and spec.get("imagePullSecrets")
        if pulls or any(each.get(key) for each in places for key in keys):
            yield f"reference {what}"
    if any(volume.get("persistentVolumeClaim") for volume in volumes):
        yield "reference persistentvolumeclaims"
    if any(source.get("serviceAccountToken") for source in sources):
        yield "use ServiceAccountToken volume projections"


def _origins(spec: JSON) -> Iterator[JSON]:
    """Where the containers' variables come from."""
    for kind in ("initContainers", "containers", "ephemeralContainers"):
        for container in spec.get(kind) or ():
            yield from container.get("envFrom") or ()
            yield from (variable.get("valueFrom") or {} for variable in container.get("env") or ())


def _mount_token(spec: JSON) -> None:
    volumes = spec.get("volumes") or []
    existing = [each["name"] for each in volumes if each["name"].startswith(TOKEN_VOLUME)] if volumes else []
    name = existing[0] if existing else TOKEN_VOLUME + registries.suffix()
    needed = False
    for container in (*(spec.get("initContainers") or ()), *(spec.get("containers") or ())):
        mounts = container.setdefault("volumeMounts", [])
        if TOKEN_PATH not in [mount.get("mountPath") for mount in mounts]:
            mounts.append({"name": name, "readOnly": True, "mountPath": TOKEN_PATH})
            needed = True
    if needed and not existing:
        spec["volumes"] = [*volumes, {"name": name, "projected": _projection()}]


def _projection() -> JSON:
    root = {"name": "kube-root-ca.crt", "items": [{"key": "ca.crt", "path": "ca.crt"}]}
    namespace = {"path": "namespace", "fieldRef": {"apiVersion": "v1", "fieldPath": "metadata.namespace"}}
    return {
        "sources": [
            {"serviceAccountToken": {"expirationSeconds": TOKEN_LIFE_S, "path": "token"}},
            {"configMap": root},
            {"downwardAPI": {"items": [namespace]}},
        ],
        "defaultMode": 420,
    }
