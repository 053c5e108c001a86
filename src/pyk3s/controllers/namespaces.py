"""What every live namespace is given: a `default` ServiceAccount, and the ConfigMap with which pods trust the API
server.

Both are one controller each, of the same kind: one object of a fixed name per namespace, made again when it is lost.
"""

from typing import Any

import msgspec

from pyk3s.client import informer, objects, resources
from pyk3s.client.errors import ApiError
from pyk3s.client.reconciler import Reconciler
from pyk3s.controllers.context import Context
from pyk3s.controllers.objects import Namespace

CA_MAP, CA_KEY = "kube-root-ca.crt", "ca.crt"
DESCRIPTION = "kubernetes.io/description"
PURPOSE = "The certificates by which to verify this cluster's API server."


class ServiceAccount(msgspec.Struct):
    metadata: objects.Metadata


class ConfigMap(msgspec.Struct):
    metadata: objects.Metadata
    data: dict[str, str] = {}


class _PerNamespace:
    """Keeps one object per namespace; `_wanted` says what it must be."""

    name: str
    _ref: resources.ResourceRef
    _object_name: str

    def __init__(self, context: Context, struct: Any):
        self._client, self._namespaces = context.client, context.namespaces
        self._objects: informer.Informer[Any] = context.shared(
            self._ref, struct, field_selector=f"metadata.name={self._object_name}"
        )
        self._reconciler = Reconciler(self.name, self._reconcile, workers=2)
        self._namespaces.on_change(self._namespace_changed)
        self._objects.on_change(self._object_changed)

    async def run(self) -> None:
        await self._reconciler.run()

    def _namespace_changed(self, old: Namespace | None, new: Namespace | None) -> None:
        if new is not None and not new.terminating:
            self._reconciler.add(new.metadata.name)

    def _object_changed(self, old: Any, new: Any) -> None:
        self._reconciler.add((new or old).metadata.namespace)

    async def _reconcile(self, name: str) -> None:
        namespace = self._namespaces.get(name)
        if namespace is None or namespace.terminating:
            return
        present = self._objects.get(f"{name}/{self._object_name}")
        try:
            if present is None:
                body = {"apiVersion": "v1", "kind": self._ref.kind, **self._wanted(name)}
                self._objects.wrote(await self._client.send("POST", self._ref.path(name), body))
            elif not self._is_right(present):
                patch = self._wanted(name)
                path = self._ref.path(name, self._object_name)
                raw = await self._client.send("PATCH", path, patch, content_type="application/merge-patch+json")
                self._objects.wrote(raw)
        except ApiError as error:
            if not (error.already_exists or error.namespace_terminating):
                raise

    def _wanted(self, namespace: str) -> dict[str, Any]:
        return {"metadata": {"name": self._object_name, "namespace": namespace}}

    def _is_right(self, present: Any) -> bool:
        return True


class ServiceAccounts(_PerNamespace):
    """The `default` ServiceAccount."""

    name, _ref, _object_name = "serviceaccount", resources.SERVICE_ACCOUNTS, "default"

    def __init__(self, context: Context):
        super().__init__(context, ServiceAccount)


class RootCertificate(_PerNamespace):
    """The ConfigMap `kube-root-ca.crt`."""

    name, _ref, _object_name = "root-ca-certificate-publisher", resources.CONFIG_MAPS, CA_MAP

    def __init__(self, context: Context):
        self._pem = context.settings.cluster_ca_pem
        super().__init__(context, ConfigMap)

    def _wanted(self, namespace: str) -> dict[str, Any]:
        wanted = super()._wanted(namespace)
        wanted["metadata"]["annotations"] = {DESCRIPTION: PURPOSE}
        wanted["data"] = {CA_KEY: self._pem}
        return wanted

    def _is_right(self, present: ConfigMap) -> bool:
        return present.data == {CA_KEY: self._pem}
