"""Service account tokens for pods: asked of the API, bound to the pod, renewed at 80 % of their life or after a day."""

from typing import NamedTuple

from pyk3s.client import resources, rest
from pyk3s.lib import clock, timestamps
from pyk3s.node import objects
from pyk3s.node.volumes.payloads import TokenRequest

RENEW_SHARE = 0.8
MOST_AGE_SECONDS = 24 * 3600.0


class Held(NamedTuple):
    """A token and when to ask for the next one."""

    token: str
    renew_at: float


def renewal(issued_at: float, expires_at: float) -> float:
    """When a token of that life should be replaced."""
    return issued_at + min((expires_at - issued_at) * RENEW_SHARE, MOST_AGE_SECONDS)


class Tokens:
    """The tokens in use, by pod and request."""

    def __init__(self, client: rest.Client, time: clock.Clock):
        self._client, self._time = client, time
        self._held: dict[tuple[str, TokenRequest], Held] = {}

    async def get(self, pod: objects.Pod, request: TokenRequest) -> str:
        """A token with enough life left; raises ApiError."""
        key = (pod.uid, request)
        held = self._held.get(key)
        if held is None or held.renew_at <= self._time.time():
            held = self._held[key] = await self._request(pod, request)
        return held.token

    def renew_at(self, uid: str) -> float | None:
        """When the first token of a pod is due; None if it has none."""
        return min((held.renew_at for (owner, _), held in self._held.items() if owner == uid), default=None)

    def forget(self, uid: str) -> None:
        for key in [key for key in self._held if key[0] == uid]:
            del self._held[key]

    async def _request(self, pod: objects.Pod, request: TokenRequest) -> Held:
        account = pod.spec.get("serviceAccountName") or "default"
        bound = {"apiVersion": "v1", "kind": "Pod", "name": pod.name, "uid": pod.uid}
        spec: objects.JSON = {"expirationSeconds": request.seconds, "boundObjectRef": bound}
        spec["audiences"] = [request.audience] if request.audience else []
        body = {"apiVersion": "authentication.k8s.io/v1", "kind": "TokenRequest", "spec": spec}
        path = resources.SERVICE_ACCOUNTS.path(pod.namespace, account, "token")
        answer = await self._client.create(path, body)
        now = self._time.time()
        return Held(
            answer["status"]["token"], renewal(now, timestamps.parse_rfc3339(answer["status"]["expirationTimestamp"]))
        )
