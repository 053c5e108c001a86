"""What admission adds to new pods: service account and its token, priority, tolerations; and the taint of new nodes."""

import secrets
from typing import Any

from pyk3s.api import catalog, status
from pyk3s.apiserver.admission import chain
from pyk3s.apiserver.registry import registry as registries

JSON = dict[str, Any]
TOKEN_PATH = "/var/run/secrets/kubernetes.io/serviceaccount"
TOKEN_LIFE_S = 3607
TOKEN_VOLUME = "kube-api-access-"
NOT_READY, UNREACHABLE = "node.kubernetes.io/not-ready", "node.kubernetes.io/unreachable"
TOLERATED_S = 300
MIRROR = "kubernetes.io/config.mirror"
_SUFFIX_LETTERS = "bcdfghjklmnpqrstvwxz2456789"


class OnPods(chain.Base):
    """A plug-in that sees pods as they are created."""

    def __init__(self, registry: registries.Registry):
        self._registry = registry

    def concerns(self, operation: str, resource: catalog.Resource, subresource: str) -> bool:
        return operation == chain.CREATE and resource.plural == "pods" and not resource.group and not subresource


def refuse(attributes: chain.Attributes, why: str) -> status.StatusError:
    """403 for the object that is about to be written."""
    resource = attributes.resource
    return status.forbidden(resource.group, resource.plural, attributes.name, why)


class ServiceAccounts(OnPods):
    """Gives pods a service account, its pull secrets, and a token mounted into every container."""

    def mutate(self, attributes: chain.Attributes) -> None:
        pod = attributes.object
        if MIRROR in (pod["metadata"].get("annotations") or {}):
            return
        spec = pod["spec"]
        name = spec.setdefault("serviceAccountName", "default") or "default"
        spec["serviceAccountName"] = spec["serviceAccount"] = name
        account = self._registry.read("", "serviceaccounts", name, namespace=attributes.namespace)
        if account is None:
            raise refuse(
                attributes,
                f'error looking up service account {attributes.namespace}/{name}: serviceaccount "{name}" not found',
            )
        if _mounts(spec, account):
            _mount_token(spec)
        if not spec.get("imagePullSecrets") and (pull := account.get("imagePullSecrets")):
            spec["imagePullSecrets"] = pull


def _mounts(spec: JSON, account: JSON) -> bool:
    for stated in (spec.get("automountServiceAccountToken"), account.get("automountServiceAccountToken")):
        if stated is not None:
            return bool(stated)
    return True


def _mount_token(spec: JSON) -> None:
    volumes = spec.get("volumes") or []
    existing = next((each["name"] for each in volumes if each["name"].startswith(TOKEN_VOLUME)), "")
    name = existing or TOKEN_VOLUME + "".join(secrets.choice(_SUFFIX_LETTERS) for _ in range(5))
    needed = False
    for container in (*(spec.get("initContainers") or ()), *(spec.get("containers") or ())):
        mounts = container.setdefault("volumeMounts", [])
        if not any(mount.get("mountPath") == TOKEN_PATH for mount in mounts):
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


class Priority(OnPods):
    """Resolves priorityClassName, or the default class, to numbers."""

    def mutate(self, attributes: chain.Attributes) -> None:
        spec = attributes.object["spec"]
        name = spec.get("priorityClassName") or ""
        found = self._named(attributes, name) if name else self._default()
        value, policy = 0, "PreemptLowerPriority"
        if found:
            value = found.get("value", 0)
            policy = found.get("preemptionPolicy") or policy
            spec["priorityClassName"] = found["metadata"]["name"]
        if spec.get("priority") not in (None, value):
            raise refuse(
                attributes,
                f"the integer value of priority ({spec['priority']}) must not be provided in pod spec; "
                f"priority admission controller computed {value} from the given PriorityClass name",
            )
        spec["priority"] = value
        if spec.get("preemptionPolicy") not in (None, policy):
            raise refuse(
                attributes,
                f"the string value of PreemptionPolicy ({spec['preemptionPolicy']}) must not be provided in pod spec; "
                f"priority admission controller computed {policy} from the given PriorityClass name",
            )
        spec["preemptionPolicy"] = policy

    def _named(self, attributes: chain.Attributes, name: str) -> JSON:
        found = self._registry.read("scheduling.k8s.io", "priorityclasses", name)
        if found is None:
            raise refuse(attributes, f"no PriorityClass with name {name} was found")
        return found

    def _default(self) -> JSON | None:
        """The class marked as default; of several the one with the lowest value."""
        marked = [
            each
            for each in self._registry.read_all("scheduling.k8s.io", "priorityclasses")
            if each.get("globalDefault")
        ]
        return min(marked, key=lambda each: each.get("value", 0), default=None)


class DefaultTolerations(OnPods):
    """Lets pods stay five minutes on a node that is not ready or unreachable; also those that are updated."""

    def concerns(self, operation: str, resource: catalog.Resource, subresource: str) -> bool:
        operation = chain.CREATE if operation == chain.UPDATE else operation
        return super().concerns(operation, resource, subresource)

    def mutate(self, attributes: chain.Attributes) -> None:
        spec = attributes.object["spec"]
        tolerations = spec.get("tolerations") or []
        missing = [key for key in (NOT_READY, UNREACHABLE) if not any(_tolerates(each, key) for each in tolerations)]
        if missing:
            spec["tolerations"] = tolerations + [
                {"key": key, "operator": "Exists", "effect": "NoExecute", "tolerationSeconds": TOLERATED_S}
                for key in missing
            ]


def _tolerates(toleration: JSON, key: str) -> bool:
    return toleration.get("key") in (None, "", key) and toleration.get("effect") in (None, "", "NoExecute")


class TaintNewNodes(chain.Base):
    """A node that registers is tainted as not ready until it is."""

    def concerns(self, operation: str, resource: catalog.Resource, subresource: str) -> bool:
        return operation == chain.CREATE and resource.plural == "nodes" and not resource.group

    def mutate(self, attributes: chain.Attributes) -> None:
        taints = attributes.object.setdefault("spec", {}).setdefault("taints", [])
        if not any(each.get("key") == NOT_READY and each.get("effect") == "NoSchedule" for each in taints):
            taints.append({"key": NOT_READY, "effect": "NoSchedule"})
