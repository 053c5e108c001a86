"""Reads the values of kube-apiserver's arguments; every reader raises BadValue with what is wanted instead."""

from collections.abc import Callable

from pyk3s.lib import durations

GO_CIPHERS = {
    "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256": "ECDHE-ECDSA-AES128-GCM-SHA256",
    "TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384": "ECDHE-ECDSA-AES256-GCM-SHA384",
    "TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305": "ECDHE-ECDSA-CHACHA20-POLY1305",
    "TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256": "ECDHE-ECDSA-CHACHA20-POLY1305",
    "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256": "ECDHE-RSA-AES128-GCM-SHA256",
    "TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384": "ECDHE-RSA-AES256-GCM-SHA384",
    "TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305": "ECDHE-RSA-CHACHA20-POLY1305",
    "TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256": "ECDHE-RSA-CHACHA20-POLY1305",
}
"""Suites of TLS 1.2 that are taken, by Go's names, as OpenSSL calls them; weaker ones are not offered."""
TLS_13_CIPHERS = ("TLS_AES_128_GCM_SHA256", "TLS_AES_256_GCM_SHA384", "TLS_CHACHA20_POLY1305_SHA256")
GATES = {
    "AllAlpha": False,
    "InPlacePodVerticalScaling": True,
    "MutatingAdmissionPolicy": True,
    "OpenAPIEnums": True,
    "SidecarContainers": True,
    "StructuredAuthenticationConfiguration": False,
    "StructuredAuthorizationConfiguration": False,
    "ValidatingAdmissionPolicy": True,
    "WatchList": True,
}
"""Feature gates that are known, and how they stand; none of them can be moved."""


class BadValue(ValueError):
    """The text is what is wanted instead."""


def text(value: str) -> str:
    """Anything but nothing."""
    if not value:
        raise BadValue("a value is wanted")
    return value


def switch(value: str) -> bool:
    """True or false."""
    if value.lower() not in ("true", "false", "1", "0"):
        raise BadValue("true or false is wanted")
    return value.lower() in ("true", "1")


def number(value: str) -> int:
    """A whole number from 0."""
    if not value.isdigit():
        raise BadValue("a whole number that is not negative is wanted")
    return int(value)


def duration(value: str) -> float:
    """Seconds of a duration in Go's notation."""
    try:
        return durations.seconds(value)
    except ValueError as error:
        raise BadValue(str(error)) from None


def listed(value: str) -> tuple[str, ...]:
    """Texts separated by commas."""
    return tuple(part.strip() for part in value.split(",") if part.strip())


def modes(value: str) -> tuple[str, ...]:
    """Modes of authorisation that make sense together."""
    found = each_of("Node", "RBAC", "Webhook", "AlwaysAllow")(value)
    if len(set(found)) < len(found):
        raise BadValue("each mode once is wanted")
    if "RBAC" not in found and "AlwaysAllow" not in found:
        raise BadValue("RBAC is wanted among them: the roles of this server's own parts are kept there")
    return found


def pairs(value: str) -> dict[str, str]:
    """`name=value` separated by commas."""
    found = dict(each.partition("=")[::2] for each in listed(value))
    if not found or not all(name and said for name, said in found.items()):
        raise BadValue("name=value is wanted")
    return found


def each_of(*choices: str) -> Callable[[str], tuple[str, ...]]:
    """Reads a list of some of the choices."""

    def read(value: str) -> tuple[str, ...]:
        found = listed(value)
        if not found or not set(found) <= set(choices):
            raise BadValue(f"supported are {', '.join(choices)}")
        return found

    return read


def one_of(*choices: str) -> Callable[[str], str]:
    """Reads one of the choices."""

    def read(value: str) -> str:
        if value not in choices:
            raise BadValue(f"supported {'is' if len(choices) == 1 else 'are'} {', '.join(choices)}")
        return value

    return read


def ciphers(value: str) -> tuple[str, ...]:
    """Suites of TLS as OpenSSL calls those of TLS 1.2. Those of TLS 1.3 are always offered, as Go does."""
    named = each_of(*GO_CIPHERS, *TLS_13_CIPHERS)(value)
    found = tuple(dict.fromkeys(GO_CIPHERS[name] for name in named if name in GO_CIPHERS))
    if not any("ECDSA" in name for name in found):
        raise BadValue("a suite with ECDSA is wanted among them: the server's key is of that kind")
    return found


def gates(value: str) -> dict[str, str]:
    """Feature gates as they stand anyway."""
    found = pairs(value)
    for name, said in found.items():
        if name not in GATES:
            raise BadValue(f"gate {name} is not known here; known are {', '.join(GATES)}")
        if switch(said) is not GATES[name]:
            raise BadValue(f"gate {name} is always {str(GATES[name]).lower()}")
    return found
