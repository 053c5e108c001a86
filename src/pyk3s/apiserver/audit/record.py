"""One request as the audit log tells it: an event of audit.k8s.io/v1 per stage.

Bodies are taken over as the bytes they are where they are JSON already; they are decoded only to leave out
managedFields, or where they came as YAML or protobuf.
"""

import ipaddress
from typing import Any

import msgspec

from pyk3s.api import decoding, status
from pyk3s.apiserver import call as calls
from pyk3s.apiserver import identity
from pyk3s.apiserver.audit import policy as policies
from pyk3s.lib import timestamps
from pyk3s.wire.http import messages

JSON = dict[str, Any]
LONGEST_ID = 64
DECISION, REASON = "authorization.k8s.io/decision", "authorization.k8s.io/reason"
WRITING = frozenset(("create", "update", "patch", "delete", "deletecollection"))
_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder().decode


class Record:
    """What is known about one request so far."""

    def __init__(self, request: messages.Request, audit_id: str, received: float):
        self.request, self.audit_id, self.received = request, audit_id, received
        self.rule = policies.NOTHING
        self.call: calls.Call | None = None
        self.actor: identity.User | None = None
        self.outcome: calls.Outcome | None = None
        self.annotations: dict[str, str] = {}
        self._body: Any = None

    def decided(self, decision: identity.Decision) -> None:
        """The authoriser has spoken."""
        self.annotations[DECISION] = "allow" if decision.allowed else "forbid"
        self.annotations[REASON] = decision.reason

    def failed(self, error: status.StatusError) -> None:
        """The answer is this error."""
        self.outcome = calls.Outcome(error.code, _encode(error.body()))

    def wants(self, stage: str) -> bool:
        return self.rule.level > policies.Level.None_ and stage not in self.rule.omit_stages

    def event(self, stage: str, code: int, now: float) -> bytes:
        """The event of a stage as a line of JSON; `code` is 0 before the answer is known."""
        rule, request, call = self.rule, self.request, self.call
        made: JSON = {
            "kind": "Event",
            "apiVersion": policies.API_VERSION,
            "level": rule.level.label,
            "auditID": self.audit_id,
            "stage": stage,
            "requestURI": request.target,
            "verb": call.verb if call is not None else request.method.lower(),
            "user": identity.user_info(self.actor) if self.actor is not None else {},
        }
        if call is not None and self.actor is not None and call.user is not self.actor:
            made["impersonatedUser"] = identity.user_info(call.user)
        made["sourceIPs"] = _sources(request)
        if agent := request.headers.get("user-agent"):
            made["userAgent"] = agent
        if call is not None and call.route.plural:
            made["objectRef"] = self._reference(call, stage)
        if code:
            made["responseStatus"] = self._status(code)
        if stage != policies.RECEIVED:
            self._add_bodies(made, stage)
        made["requestReceivedTimestamp"] = timestamps.rfc3339_micro(self.received)
        made["stageTimestamp"] = timestamps.rfc3339_micro(now)
        annotations = {**self.annotations, **((call.annotations or {}) if call is not None else {})}
        if annotations:
            made["annotations"] = annotations
        return _encode(made) + b"\n"

    def _reference(self, call: calls.Call, stage: str) -> JSON:
        route = call.route
        told: JSON = {
            "resource": route.plural,
            "namespace": route.namespace,
            "name": route.name,
            "apiGroup": route.group,
            "apiVersion": route.version,
            "subresource": route.subresource,
        }
        if stage != policies.RECEIVED and call.verb in ("create", "update") and self.request.body:
            body = self._read_body()
            metadata = body.get("metadata") if isinstance(body, dict) else None
            if isinstance(metadata, dict):
                for ours, theirs in (("name", "name"), ("namespace", "namespace"), ("uid", "uid")):
                    told[ours] = told.get(ours) or metadata.get(theirs)
                told["resourceVersion"] = metadata.get("resourceVersion")
        return {key: value for key, value in told.items() if value}

    def _status(self, code: int) -> JSON:
        told: JSON = {"metadata": {}, "code": code}
        if self.outcome is not None and b'"kind":"Status"' in self.outcome.body[:64]:
            stated = _decode(self.outcome.body)
            told |= {key: stated[key] for key in ("status", "message", "reason", "details") if stated.get(key)}
        return told

    def _add_bodies(self, made: JSON, stage: str) -> None:
        level, call = self.rule.level, self.call
        if call is None or not call.route.plural:
            return
        if level >= policies.Level.Request and self.request.body and call.verb in WRITING:
            made["requestObject"] = self._without_owners(self._read_body())
        if level >= policies.Level.RequestResponse and self.outcome is not None and stage == policies.COMPLETE:
            omits = self.rule.omit_managed_fields
            body = self.outcome.body
            made["responseObject"] = self._without_owners(_decode(body)) if omits else msgspec.Raw(body)

    def _read_body(self) -> Any:
        """The request's body as JSON; what cannot be read is told as it came."""
        if self._body is None:
            body, content_type = self.request.body, self.request.headers.get("content-type")
            try:
                if "patch+" in content_type and not content_type.startswith("application/apply-patch"):
                    self._body = _decode(body)
                else:
                    self._body = decoding.decode(body, _plain_type(content_type), strict=False).value
            except (status.StatusError, msgspec.DecodeError, UnicodeDecodeError):
                self._body = {"unreadable": body[:1024].decode("utf-8", "replace")}
        return self._body

    def _without_owners(self, value: Any) -> Any:
        if not self.rule.omit_managed_fields or not isinstance(value, dict):
            return value
        value = {**value}
        metadata = value.get("metadata")
        if isinstance(metadata, dict) and "managedFields" in metadata:
            value["metadata"] = {key: each for key, each in metadata.items() if key != "managedFields"}
        if isinstance(value.get("items"), list):
            value["items"] = [self._without_owners(each) for each in value["items"]]
        return value


def _plain_type(content_type: str) -> str:
    """Apply patches are YAML, or JSON, which is YAML too; CBOR is not spoken here."""
    return decoding.YAML_TYPE if content_type.startswith("application/apply-patch") else content_type


def _sources(request: messages.Request) -> list[str]:
    """Addresses from the client to us; what a client says about itself comes first, and may be a lie."""
    claimed = [*request.headers.lists("x-forwarded-for"), *request.headers.lists("x-real-ip")]
    found = [each for each in claimed if _is_address(each)]
    return list(dict.fromkeys((*found, request.peer.address)))


def _is_address(text: str) -> bool:
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return False
    return True
