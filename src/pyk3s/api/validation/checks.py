"""Checks that rules of many kinds share: each appends what is wrong with one field to a list of errors.

Objects are JSON-like dicts after decoding and defaulting, so types are right. Rules append to one list instead of
joining many, and build a path only where they go deeper or complain.
"""

import functools
import ipaddress
import re
from collections.abc import Callable, Collection, Iterable, Mapping
from typing import Any, TypeVar

import msgspec

from pyk3s.api import fields, names, quantity
from pyk3s.api.fields import FieldError

Object = dict[str, Any]
Errors = list[FieldError]
Item = TypeVar("Item")
Rule = Callable[[Any, str, Errors], None]
"""Complains of a value at a path."""

MOST_INT32 = 2**31 - 1
MOST_REMEMBERED, LONGEST_REMEMBERED = 256, 2048
"""Values that a rule remembers, and the bytes of one."""
NOT_NEGATIVE = "must be greater than or equal to 0"
POSITIVE = "must be greater than 0"
IMMUTABLE = "field is immutable"
LINK_LOCAL_MULTICAST = {4: ipaddress.ip_network("224.0.0.0/24"), 6: ipaddress.ip_network("ff02::/16")}
NOT_AN_IP = "must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)"
NOT_A_CIDR = "must be a valid CIDR value, (e.g. 10.9.8.0/24 or 2001:db8::/64)"

_encode = msgspec.json.Encoder().encode
_integer = re.compile("[0-9]+").fullmatch


def remembered(rule: Rule) -> Rule:
    """A rule about a value alone, not asked again about one like those in which it found nothing wrong lately.

    For what pods have alike, as the server adds it to each or a template says it: a look-up costs two checks.
    """
    faultless: set[bytes] = set()

    @functools.wraps(rule)
    def judged(value: Any, path: str, errors: Errors) -> None:
        spelt = _encode(value)
        if spelt in faultless:
            return
        before = len(errors)
        rule(value, path, errors)
        if len(errors) == before and len(spelt) <= LONGEST_REMEMBERED:
            if len(faultless) >= MOST_REMEMBERED:
                faultless.clear()
            faultless.add(spelt)

    return judged


def text(errors: Errors, check: names.NameCheck, value: str, path: str) -> None:
    """Complain of everything that a name check finds."""
    for message in check(value):
        errors.append(fields.invalid(path, value, message))


def required_text(errors: Errors, check: names.NameCheck, value: str | None, path: str, detail: str = "") -> None:
    """A text that must be there and pass a name check."""
    if not value:
        errors.append(fields.required(path, detail))
    else:
        text(errors, check, value, path)


def present(errors: Errors, value: object, path: str, detail: str = "") -> None:
    """A field that must not be empty."""
    if not value:
        errors.append(fields.required(path, detail))


def present_fields(errors: Errors, holder: Object, path: str, *keys: str) -> None:
    """Several fields of one object that must not be empty."""
    for key in keys:
        if not holder.get(key):
            errors.append(fields.required(f"{path}.{key}"))


def not_negative(errors: Errors, value: int | None, path: str) -> None:
    if value is not None and value < 0:
        errors.append(fields.invalid(path, value, NOT_NEGATIVE))


def positive(errors: Errors, value: int | None, path: str) -> None:
    if value is not None and value <= 0:
        errors.append(fields.invalid(path, value, POSITIVE))


def not_negative_fields(errors: Errors, holder: Object, path: str, *keys: str) -> None:
    """Several integer fields of one object, each at least 0."""
    for key in keys:
        value = holder.get(key)
        if value is not None and value < 0:
            errors.append(fields.invalid(f"{path}.{key}" if path else key, value, NOT_NEGATIVE))


def in_range(errors: Errors, value: int | None, path: str, least: int, most: int) -> None:
    if value is not None and not least <= value <= most:
        errors.append(fields.invalid(path, value, f"must be between {least} and {most}, inclusive"))


def port_number(errors: Errors, value: int, path: str) -> None:
    if not 1 <= value <= 65535:
        errors.append(fields.invalid(path, value, "must be between 1 and 65535, inclusive"))


def port_or_name(errors: Errors, value: int | str, path: str) -> None:
    """A port by number, or by the name it has in the pod."""
    if isinstance(value, int):
        port_number(errors, value, path)
    else:
        text(errors, names.port_name, value, path)


def one_of(errors: Errors, value: object, path: str, choices: Collection[str]) -> bool:
    """Complain unless value is one of choices; says whether it is."""
    if value in choices:
        return True
    errors.append(fields.not_supported(path, value or "", list(choices)))
    return False


def required_one_of(errors: Errors, value: object, path: str, choices: Collection[str], detail: str = "") -> bool:
    """A choice that must be made."""
    if value:
        return one_of(errors, value, path, choices)
    errors.append(fields.required(path, detail))
    return False


def same(errors: Errors, new: Any, old: Any, path: str, detail: str = IMMUTABLE) -> None:
    """A field that may not change; absent and empty count as one."""
    if (new or None) != (old or None):
        errors.append(fields.invalid(path, new, detail))


def same_fields(errors: Errors, new: Object, old: Object, path: str, *keys: str) -> None:
    """Several fields of one object that may not change."""
    for key in keys:
        same(errors, new.get(key), old.get(key), f"{path}.{key}" if path else key)


def exactly_one(
    errors: Errors, holder: Object, path: str, keys: Iterable[str], *, none: str, more: Callable[[str], FieldError]
) -> str | None:
    """A union: the first member that is set; complains where none or a further one is."""
    chosen = None
    for key in keys:
        if holder.get(key) is None:
            continue
        if chosen is not None:
            errors.append(more(f"{path}.{key}"))
        else:
            chosen = key
    if chosen is None:
        errors.append(fields.required(path, none))
    return chosen


def unique(errors: Errors, values: Iterable[Any], path: Callable[[int], str]) -> None:
    """Complain of every value that came before; values must be hashable."""
    seen = set()
    for index, value in enumerate(values):
        if value in seen:
            errors.append(fields.duplicate(path(index), value))
        seen.add(value)


def absolute_path_free_of_dots(errors: Errors, path_text: str, path: str) -> None:
    """No way up: used for paths below a volume or on a host."""
    if ".." in path_text and ".." in path_text.split("/"):
        errors.append(fields.invalid(path, path_text, "must not contain '..'"))


def local_path(errors: Errors, value: str, path: str) -> None:
    """A path that stays below the folder it is put in."""
    if value.startswith("/"):
        errors.append(fields.invalid(path, value, "must be a relative path"))
    absolute_path_free_of_dots(errors, value, path)


@functools.lru_cache(1024)
def ip(value: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    """The address that a text spells, None if it spells none."""
    try:
        return ipaddress.ip_address(value) if len(value) < 64 and "%" not in value else None
    except ValueError:
        return None


@functools.lru_cache(256)
def cidr(value: str) -> ipaddress.IPv4Network | ipaddress.IPv6Network | None:
    """The network that a text such as `10.0.0.0/8` spells, None if it spells none."""
    address, slash, length = value.partition("/")
    if not slash or not _integer(length) or ip(address) is None:
        return None
    try:
        return ipaddress.ip_network(value, strict=False)
    except ValueError:
        return None


def valid_ip(errors: Errors, value: str, path: str) -> None:
    if ip(value) is None:
        errors.append(fields.invalid(path, value, NOT_AN_IP))


def valid_cidr(errors: Errors, value: str, path: str) -> None:
    """A network without bits set beyond its length."""
    network = cidr(value)
    if network is None:
        errors.append(fields.invalid(path, value, NOT_A_CIDR))
    elif network.network_address != ip(value.partition("/")[0]):
        errors.append(fields.invalid(path, value, "must not have bits set beyond the prefix length"))


def domain_prefixed_path(errors: Errors, value: str, path: str) -> None:
    """`example.com/path`: names of signers, conditions and controllers."""
    if not value:
        errors.append(fields.required(path))
        return
    domain, _, rest = value.partition("/")
    if not domain or not rest:
        errors.append(fields.invalid(path, value, 'must be a domain-prefixed path (such as "acme.io/foo")'))
        return
    text(errors, names.subdomain, domain, path)
    if not names.is_path(rest):
        errors.append(fields.invalid(path, rest, names.PATH_MESSAGE))


def count_or_percent(errors: Errors, value: int | str, path: str) -> None:
    """`3` or `25%`."""
    if isinstance(value, str):
        text(errors, names.percent, value, path)
    else:
        not_negative(errors, value, path)


def percent_of(value: int | str | None) -> int | None:
    """The number before the percent sign, None where value is no percentage."""
    return int(value[:-1]) if isinstance(value, str) and not names.percent(value) else None


def number_of(value: int | str | None) -> int:
    """The number of a count or percentage as the API compares it: text that is neither counts as none."""
    if isinstance(value, str):
        share = percent_of(value)
        return share if share is not None else int(value) if _integer(value) else 0
    return value or 0


def at_most_hundred_percent(errors: Errors, value: int | str | None, path: str) -> None:
    share = percent_of(value)
    if share is not None and share > 100:
        errors.append(fields.invalid(path, value, "must not be greater than 100%"))


def amount(value: Any) -> quantity.Quantity:
    """The quantity of a field; decoding has made sure that it is one."""
    return quantity.of(value)


def not_negative_quantity(errors: Errors, value: Any, path: str) -> None:
    measured = quantity.of(value)
    if measured < quantity.ZERO:
        errors.append(fields.invalid(path, str(measured), NOT_NEGATIVE))


def sorted_map(mapping: Mapping[str, Any] | None) -> Object | None:
    """A map as messages print it: by key."""
    return {key: mapping[key] for key in sorted(mapping)} if mapping else None


def ordinary_ip(errors: Errors, value: str, path: str) -> None:
    """An address that packets can be sent to from elsewhere."""
    address = ip(value)
    if address is None:
        return
    if address.is_unspecified:
        errors.append(fields.invalid(path, value, f"may not be unspecified ({value})"))
    if address.is_loopback:
        errors.append(fields.invalid(path, value, "may not be in the loopback range (127.0.0.0/8, ::1/128)"))
    if address.is_link_local:
        errors.append(fields.invalid(path, value, "may not be in the link-local range (169.254.0.0/16, fe80::/10)"))
    if address in LINK_LOCAL_MULTICAST[address.version]:
        detail = "may not be in the link-local multicast range (224.0.0.0/24, ff02::/10)"
        errors.append(fields.invalid(path, value, detail))
