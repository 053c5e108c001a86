"""`--kubelet-arg` and `--kube-controller-manager-arg name=value` as data: which arguments are taken, and how each is
read. Every other one is refused with the list of what there is; nothing is accepted and ignored.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

from pyk3s.api import quantity
from pyk3s.config.argument_values import BadValue, duration, number
from pyk3s.lib.failure import Failure


class Argument(NamedTuple):
    """How one argument is read, and the field of the component's settings that it sets."""

    read: Callable[[str], Any]
    field: str


def _percent(value: str) -> int:
    found = number(value)
    if found > 100:
        raise BadValue("a percentage is wanted")
    return found


def _positive(value: str) -> int:
    found = number(value)
    if found < 1:
        raise BadValue("a whole number from 1 is wanted")
    return found


def _several(value: str) -> int:
    found = number(value)
    if found < 2:
        raise BadValue("a whole number from 2 is wanted")
    return found


def _bytes(value: str) -> int:
    try:
        found = int(quantity.parse(value).value)
    except quantity.QuantityError:
        found = 0
    if found < 1:
        raise BadValue("a size such as 10Mi is wanted")
    return found


def _seconds(value: str) -> int:
    return int(duration(value))


def _prefix(value: str) -> int:
    found = number(value)
    if not 16 <= found <= 28:
        raise BadValue("a length from 16 to 28 is wanted")
    return found


def _names(value: str) -> tuple[str, ...]:
    return tuple(part.strip() for part in value.split(",") if part.strip())


KUBELET: Mapping[str, Argument] = {
    "max-pods": Argument(_positive, "max_pods"),
    "provider-id": Argument(str, "provider_id"),
    "allowed-unsafe-sysctls": Argument(_names, "allowed_unsafe_sysctls"),
}
COLLECTION: Mapping[str, Argument] = {
    "image-gc-high-threshold": Argument(_percent, "image_high_percent"),
    "image-gc-low-threshold": Argument(_percent, "image_low_percent"),
    "minimum-image-ttl-duration": Argument(_seconds, "image_least_age_s"),
    "maximum-dead-containers-per-container": Argument(number, "dead_containers_per_container"),
    "container-log-max-size": Argument(_bytes, "log_size"),
    "container-log-max-files": Argument(_several, "log_files"),
}
CONTROLLERS: Mapping[str, Argument] = {
    "node-monitor-grace-period": Argument(duration, "node_grace_s"),
    "terminated-pod-gc-threshold": Argument(number, "terminated_pods_most"),
    "node-cidr-mask-size": Argument(_prefix, "node_cidr_prefix"),
}
Fields = Mapping[str, Any]


def kubelet(given: Sequence[str]) -> tuple[Fields, Fields]:
    """Fields of NodeSettings, and of CollectionSettings; raises Failure."""
    found = _read("--kubelet-arg", given, {**KUBELET, **COLLECTION})
    high, low = found.get("image_high_percent", 85), found.get("image_low_percent", 80)
    if low >= high:
        what = f"--kubelet-arg image-gc-low-threshold {low} is not below image-gc-high-threshold {high}"
        raise Failure(what, remedy="give both so that it is")
    collected = {argument.field for argument in COLLECTION.values()}
    node = {name: value for name, value in found.items() if name not in collected}
    return node, {name: value for name, value in found.items() if name in collected}


def controllers(given: Sequence[str]) -> Fields:
    """Fields of ControllerSettings; raises Failure."""
    return _read("--kube-controller-manager-arg", given, CONTROLLERS)


def _read(flag: str, given: Sequence[str], table: Mapping[str, Argument]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for text in given:
        name, _, value = text.removeprefix("--").partition("=")
        argument = table.get(name)
        if argument is None:
            raise Failure(f"{flag} {name} is refused", remedy=f"supported are {', '.join(sorted(table))}")
        try:
            found[argument.field] = argument.read(value)
        except BadValue as error:
            raise Failure(f"invalid value {value!r} for {flag} {name}", remedy=str(error)) from None
    return found
