"""Fills Secrets of type kubernetes.io/service-account-token, and removes them with their account.

Who wants a token that never ends makes such a Secret, naming the account in an annotation. None is made by itself.
"""

import base64

import msgspec

from pyk3s.client import objects, resources
from pyk3s.client.errors import ApiError
from pyk3s.controllers import deletion
from pyk3s.controllers.context import Context
from pyk3s.controllers.kind_controller import KindController
from pyk3s.controllers.signing import Signer

TYPE = "kubernetes.io/service-account-token"
NAME, UID = "kubernetes.io/service-account.name", "kubernetes.io/service-account.uid"
ISSUER, CLAIM = "kubernetes/serviceaccount", "kubernetes.io/serviceaccount/"


class Account(msgspec.Struct):
    metadata: objects.Metadata


class Secret(msgspec.Struct):
    """`data` is base64, as the API has it."""

    metadata: objects.Described
    data: dict[str, str] = {}

    @property
    def account(self) -> str:
        return f"{self.metadata.namespace}/{self.metadata.annotations.get(NAME, '')}"


class Controller(KindController[Secret]):
    """The tokens controller."""

    name = "serviceaccount-token-controller"

    def __init__(self, context: Context, signer: Signer):
        self._signer = signer
        self._authority = _encoded(context.settings.cluster_ca_pem)
        secrets = context.shared(resources.SECRETS, Secret, field_selector=f"type={TYPE}")
        super().__init__(context, secrets)
        self._of_account = secrets.index(lambda secret: [secret.account])
        self._accounts = context.shared(resources.SERVICE_ACCOUNTS, Account)
        self._accounts.on_change(self._account_changed)

    def _is_due(self, secret: Secret) -> bool:
        return secret.metadata.deletion_timestamp is None

    def _account_changed(self, old: Account | None, new: Account | None) -> None:
        account = new or old
        assert account is not None
        if old is None or new is None or old.metadata.uid != new.metadata.uid:
            for secret in self._of_account.get(account.metadata.key):
                self._reconciler.add(secret.metadata.key)

    async def _act(self, secret: Secret) -> None:
        account = await self._account(secret.account)
        stated = secret.metadata.annotations.get(UID, "")
        if account is None or (stated and stated != account.uid):
            await deletion.delete(self._client, resources.SECRETS, self._objects, secret.metadata)
            return
        await self._fill(secret, account)

    async def _account(self, key: str) -> objects.Identity | None:
        """As the informer knows it; what it does not know is asked, so that nothing is removed by a late view."""
        if (known := self._accounts.get(key)) is not None:
            return known.metadata
        try:
            raw = await self._client.call("GET", resources.SERVICE_ACCOUNTS.path_of(key))
        except ApiError as error:
            if error.not_found:
                return None
            raise
        return msgspec.json.decode(raw, type=Account).metadata

    async def _fill(self, secret: Secret, account: objects.Identity) -> None:
        wanted = {"ca.crt": self._authority, "namespace": _encoded(secret.metadata.namespace)}
        data = {key: value for key, value in wanted.items() if value and secret.data.get(key) != value}
        if not secret.data.get("token"):
            data["token"] = _encoded(await self._signer.token(_claims(secret.metadata, account)))
        if not data and secret.metadata.annotations.get(UID) == account.uid:
            return
        path = resources.SECRETS.path_of(secret.metadata.key)
        live = await self._client.get(path)
        if live["metadata"]["resourceVersion"] != secret.metadata.resource_version:
            return  # the change will be told
        live["metadata"]["annotations"][UID] = account.uid
        live["data"] = {**(live.get("data") or {}), **data}
        self._objects.wrote(await self._client.send("PUT", path, live))


def _claims(secret: objects.Identity, account: objects.Identity) -> dict[str, str]:
    return {
        "iss": ISSUER,
        f"{CLAIM}namespace": secret.namespace,
        f"{CLAIM}secret.name": secret.name,
        f"{CLAIM}service-account.name": account.name,
        f"{CLAIM}service-account.uid": account.uid,
        "sub": f"system:serviceaccount:{secret.namespace}:{account.name}",
    }


def _encoded(text: str) -> str:
    return base64.b64encode(text.encode()).decode()
