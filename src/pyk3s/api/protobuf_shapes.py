"""How messages and their JSON forms go together, where they are not the same dict.

Some messages stand for one JSON value (times, quantities, raw JSON); some fields lie inline in JSON (`volumeSource`);
some have other names there; bytes are base64 text; keys that are no field of the message are left out.
"""

import base64
import binascii
import datetime
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import msgspec

from pyk3s.lib.protobuf import Adapter, ProtobufError

JSON = dict[str, Any]

_INLINE = frozenset(
    {
        *("deviceConfiguration", "ephemeralContainerCommon", "handler", "ingressRuleValue", "localObjectReference"),
        *("persistentVolumeSource", "rule", "ruleWithOperations", "volumeSource"),
    }
)
_JSON_NAMES = {
    "Expression": "expression",
    "Name": "name",
    "Webhooks": "webhooks",
    "aPIGroup": "apiGroup",
    "uID": "uid",
}
_SCHEMA_NAMES = {
    "ref": "$ref",
    "schema": "$schema",
    "xKubernetesEmbeddedResource": "x-kubernetes-embedded-resource",
    "xKubernetesIntOrString": "x-kubernetes-int-or-string",
    "xKubernetesListMapKeys": "x-kubernetes-list-map-keys",
    "xKubernetesListType": "x-kubernetes-list-type",
    "xKubernetesMapType": "x-kubernetes-map-type",
    "xKubernetesPreserveUnknownFields": "x-kubernetes-preserve-unknown-fields",
    "xKubernetesValidations": "x-kubernetes-validations",
}
# Optional numbers and booleans where zero is not the same as nothing.
_ZERO_MEANS_SOMETHING = frozenset(
    {
        *("activeDeadlineSeconds", "backoffLimit", "backoffLimitPerIndex", "completions", "defaultMode"),
        *("deletionGracePeriodSeconds", "expirationSeconds", "failedJobsHistoryLimit", "fsGroup", "fsGroupPolicy"),
        *("gracePeriodSeconds", "leaseDurationSeconds", "leaseTransitions", "maxFailedIndexes", "minDomains"),
        *("minReplicas", "mode", "parallelism", "partition", "priority", "progressDeadlineSeconds", "replicas"),
        *("revisionHistoryLimit", "runAsGroup", "runAsUser", "stabilizationWindowSeconds", "startingDeadlineSeconds"),
        *("successfulJobsHistoryLimit", "terminationGracePeriodSeconds", "tolerationSeconds"),
        *("ttlSecondsAfterFinished", "value"),
        *("allocateLoadBalancerNodePorts", "allowPrivilegeEscalation", "allowVolumeExpansion", "attachRequired"),
        *("automountServiceAccountToken", "blockOwnerDeletion", "controller", "enableServiceLinks", "hostUsers"),
        *("immutable", "manualSelector", "optional", "orphanDependents", "podInfoOnMount", "privileged"),
        *("readOnlyRootFilesystem", "ready", "requiresRepublish", "runAsNonRoot", "serving"),
        *("setHostnameAsFQDN", "shareProcessNamespace", "storageCapacity", "suspend", "terminating"),
        *("allowed", "served", "storage"),
    }
)


class Adapters(Mapping[str, Adapter]):
    """The adapter of every message, made when first asked for."""

    def __init__(self, facts: Mapping[str, list[list[Any]]]):
        self._facts = facts
        self._made: dict[str, Adapter] = {}

    def __getitem__(self, name: str) -> Adapter:
        adapter = self._made.get(name)
        if adapter is None:
            short = name.rpartition(".")[2]
            adapter = self._made[name] = _SPECIAL.get(short) or _struct(short, self._facts[name])
        return adapter

    def get(self, name: str, default: Any = None) -> Any:
        return self[name] if name in self._facts else default

    def __iter__(self) -> Iterator[str]:
        return iter(self._facts)

    def __len__(self) -> int:
        return len(self._facts)


def _struct(short: str, fields: list[list[Any]]) -> Adapter:
    """The adapter of a plain message."""
    renamed = _SCHEMA_NAMES if short == "JSONSchemaProps" else _JSON_NAMES
    names = {name: renamed.get(name, name) for _, name, _ in fields}
    inline = {name for _, name, kind in fields if name in _INLINE and kind not in ("string", "bool")}
    octets = {name: kind for _, name, kind in fields if kind in ("bytes", "bytes[]", "map<string,bytes>")}

    def decoded(message: JSON) -> JSON:
        obj: JSON = {}
        for name, value in message.items():
            if name in inline:
                obj.update(value)
            elif name in octets:
                if value:
                    obj[names[name]] = _each(value, _to_base64)
            elif _says_something(name, value):
                obj[names[name]] = value
        return obj

    def encoded(obj: Any) -> JSON:
        if not isinstance(obj, Mapping):
            raise ProtobufError(f"{short} is made from an object, not {type(obj).__name__}")
        message: JSON = {}
        for name, json_name in names.items():
            if name in inline:
                message[name] = obj
            elif (value := obj.get(json_name)) is not None:
                message[name] = _each(value, _from_base64) if name in octets else value
        return message

    return Adapter(decoded, encoded)


def _says_something(name: str, value: Any) -> bool:
    if value is None or value == "":
        return False
    if value is False or (value == 0 and isinstance(value, int | float)):
        return name in _ZERO_MEANS_SOMETHING
    return True


def _each(value: Any, change: Callable[[Any], Any]) -> Any:
    if isinstance(value, list):
        return [change(item) for item in value]
    if isinstance(value, dict):
        return {name: change(item) for name, item in value.items()}
    return change(value)


def _to_base64(data: bytes) -> str:
    return base64.b64encode(data).decode()


def _from_base64(text: Any) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, TypeError, ValueError) as error:
        raise ProtobufError("bytes are not base64") from error


def _time(digits: int) -> Adapter:
    def decoded(message: JSON) -> str | None:
        if not message:
            return None
        try:
            moment = datetime.datetime.fromtimestamp(message.get("seconds", 0), datetime.UTC)
        except (OverflowError, OSError, ValueError) as error:
            raise ProtobufError(f"{message.get('seconds')} seconds are no time") from error
        text = moment.strftime("%Y-%m-%dT%H:%M:%S").rjust(19, "0")
        return f"{text}.{message.get('nanos', 0) // 1000:06d}Z" if digits else f"{text}Z"

    def encoded(text: Any) -> JSON:
        try:
            moment = datetime.datetime.fromisoformat(text)
        except (TypeError, ValueError) as error:
            raise ProtobufError(f"{text!r} is no time") from error
        return {"seconds": int(moment.timestamp() // 1), "nanos": moment.microsecond * 1000 if digits else 0}

    return Adapter(decoded, encoded)


def _single(field: str) -> Adapter:
    """A message that is the value of its one field."""
    return Adapter(lambda message: message.get(field, ""), lambda value: {field: str(value)})


def _wrapped_list(field: str) -> Adapter:
    return Adapter(lambda message: message.get(field, []), lambda value: {field: value})


def _raw_json(field: str) -> Adapter:
    def decoded(message: JSON) -> Any:
        data = message.get(field, b"")
        if not data:
            return None
        try:
            return msgspec.json.decode(data)
        except (msgspec.DecodeError, RecursionError, UnicodeDecodeError) as error:
            raise ProtobufError(f"raw JSON cannot be read: {error}") from error

    return Adapter(decoded, lambda value: {field: msgspec.json.encode(value)})


def _int_or_string() -> Adapter:
    def decoded(message: JSON) -> Any:
        return message.get("strVal", "") if message.get("type") else message.get("intVal", 0)

    def encoded(value: Any) -> JSON:
        if isinstance(value, str):
            return {"type": 1, "intVal": 0, "strVal": value}
        return {"type": 0, "intVal": value, "strVal": ""}

    return Adapter(decoded, encoded)


def _schema_or(other: str) -> Adapter:
    """A JSON schema in a place where JSON also allows something else: a list, a boolean or a list of texts."""

    def decoded(message: JSON) -> Any:
        if message.get("schema") is not None:
            return message["schema"]
        return message.get(other, False if other == "allows" else [])

    def encoded(value: Any) -> JSON:
        if isinstance(value, Mapping):
            return {"schema": value, "allows": True} if other == "allows" else {"schema": value}
        return {other: value}

    return Adapter(decoded, encoded)


_SPECIAL: dict[str, Adapter] = {
    "Time": _time(0),
    "MicroTime": _time(6),
    "Quantity": _single("string"),
    "IntOrString": _int_or_string(),
    "FieldsV1": _raw_json("Raw"),
    "RawExtension": _raw_json("raw"),
    "JSON": _raw_json("raw"),
    "ExtraValue": _wrapped_list("items"),
    "Verbs": _wrapped_list("items"),
    "JSONSchemaPropsOrArray": _schema_or("jSONSchemas"),
    "JSONSchemaPropsOrBool": _schema_or("allows"),
    "JSONSchemaPropsOrStringArray": _schema_or("property"),
}
