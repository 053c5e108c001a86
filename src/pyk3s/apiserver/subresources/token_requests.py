"""`serviceaccounts/NAME/token`: a TokenRequest in, a token out; nothing is stored."""

from typing import Any

from pyk3s.api import decoding, fields, status
from pyk3s.api.ownership import update as ownership
from pyk3s.apiserver import call as calls
from pyk3s.apiserver import rendering
from pyk3s.apiserver.authn.service_accounts import BOUND_RESOURCES, ServiceAccounts
from pyk3s.apiserver.handlers import body, options
from pyk3s.apiserver.registry import creation
from pyk3s.apiserver.registry import registry as registries
from pyk3s.lib import timestamps

JSON = dict[str, Any]
REQUEST = decoding.Body("authentication.k8s.io", "v1", "TokenRequest", "io.k8s.api.authentication.v1.TokenRequest")
DEFAULT_LIFETIME_S = 3600
POD_LIFETIME_S = 3607
LEAST_LIFETIME_S = 600
MOST_LIFETIME_S = 1 << 32


class TokenRequests:
    """Answers requests for tokens."""

    def __init__(self, accounts: ServiceAccounts):
        self._accounts = accounts

    def create(self, registry: registries.Registry, call: calls.Call) -> calls.Outcome:
        """POST; raises 404 for a missing account or bound object, 409 for another uid, 422 for a bad lifetime."""
        write = options.write(registry, call, "CreateOptions")
        namespace, name = call.route.namespace, call.route.name
        request = body.read_other(call, REQUEST)
        metadata = request.setdefault("metadata", {})
        creation.settle_namespace(registry.find("", "serviceaccounts"), metadata, namespace)
        if (stated := metadata.get("name") or name) != name:
            error = fields.invalid("metadata.name", stated, "must match the service account name if specified")
            raise status.invalid(REQUEST.group, REQUEST.kind, name, [error])
        account = registry.read("", "serviceaccounts", name, namespace=namespace)
        if account is None:
            raise status.not_found("", "serviceaccounts", name)
        _check_uid(metadata, account)
        issuing = self._accounts.issuing
        spec = _checked(request.get("spec") or {})
        bound = _bound(registry, account, spec.get("boundObjectRef"))
        if issuing.longest_s and (asked := spec["expirationSeconds"]) > issuing.longest_s:
            call.warnings.append(f"requested expiration of {asked} seconds shortened to {issuing.longest_s} seconds")
            spec["expirationSeconds"] = issuing.longest_s
        answer = _answer(account, spec, write.now)
        ownership.track_update(
            registry.pack.type(REQUEST.definition),
            None,
            answer,
            manager=write.manager,
            api_version="authentication.k8s.io/v1",
            now=write.now,
            subresource="token",
        )
        spec.setdefault("audiences", list(issuing.audiences))
        spec.setdefault("boundObjectRef", None)
        seconds = spec["expirationSeconds"]
        extend = issuing.extends and bound is not None and bound[0] == "pod" and _is_usual(spec, issuing.names)
        token, ends = self._accounts.issue(account, bound, spec["audiences"], seconds, extend=extend)
        answer["status"] = {"token": token, "expirationTimestamp": timestamps.rfc3339(ends)}
        return rendering.encoded(201, answer)


def _answer(account: JSON, spec: JSON, now: str) -> JSON:
    copied = {key: account["metadata"][key] for key in ("name", "namespace", "uid")}
    return {
        "kind": "TokenRequest",
        "apiVersion": "authentication.k8s.io/v1",
        "metadata": {**copied, "creationTimestamp": now},
        "spec": spec,
    }


def _is_usual(spec: JSON, names: tuple[str, ...]) -> bool:
    """Whether this is the token that every pod is given: for the API, and for the time that the admission asks for."""
    return bool(spec["expirationSeconds"] == POD_LIFETIME_S and set(spec["audiences"]) <= set(names))


def _check_uid(metadata: JSON, account: JSON) -> None:
    uid, name = account["metadata"]["uid"], account["metadata"]["name"]
    if (asked := metadata.get("uid") or uid) != uid:
        why = f"the UID in the token request ({asked}) does not match the UID of the service account ({uid})"
        raise status.conflict(REQUEST.group, REQUEST.kind, name, why)


def _checked(spec: JSON) -> JSON:
    """The spec with its default lifetime; an empty audience list counts as none."""
    seconds = spec.setdefault("expirationSeconds", DEFAULT_LIFETIME_S)
    if not spec.get("audiences"):
        spec.pop("audiences", None)
    path = "spec.expirationSeconds"
    if seconds < LEAST_LIFETIME_S:
        error = fields.invalid(path, seconds, "may not specify a duration less than 10 minutes")
    elif seconds > MOST_LIFETIME_S:
        error = fields.invalid(path, seconds, "may not specify a duration larger than 2^32 seconds")
    else:
        return spec
    raise status.invalid(REQUEST.group, REQUEST.kind, "", [error])


def _bound(registry: registries.Registry, account: JSON, reference: JSON | None) -> tuple[str, JSON] | None:
    """What the token is to be bound to, as (kind in lower case, object)."""
    if not reference:
        return None
    metadata = account["metadata"]
    kind, name = reference.get("kind", ""), reference.get("name", "")
    group, _, version = str(reference.get("apiVersion", "")).rpartition("/")
    plural = BOUND_RESOURCES.get(kind.lower())
    if plural is None or group or not kind.istitle():
        raise status.bad_request(f"cannot bind token to object of type {group}/{version}, Kind={kind}")
    found = registry.read("", plural, name, namespace="" if kind == "Node" else metadata["namespace"])
    if found is None:
        raise status.not_found("", plural, name)
    if kind == "Pod" and found["spec"].get("serviceAccountName") != metadata["name"]:
        why = f'cannot bind token for serviceaccount "{metadata["name"]}" to pod running with different serviceaccount'
        raise status.bad_request(f"{why} name.")
    asked = reference.get("uid", "")
    if asked and asked != found["metadata"]["uid"]:
        why = f"the UID in the bound object reference ({asked}) does not match the UID in record. "
        raise status.conflict("", kind, name, why + "The object might have been deleted and then recreated")
    return kind.lower(), found
