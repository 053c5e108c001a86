"""What names, keys and other short texts must look like: each check returns the list of what is wrong, empty if
nothing is.

Rules and wording are those of the Kubernetes API (RFC 1123 labels, qualified names, label values, port names and so
on). Checks of names that recur from request to request are memoised in small caches. No paths here: callers add them.
"""

import re
from collections.abc import Callable

Messages = tuple[str, ...]
NameCheck = Callable[[str], Messages]

FINE: Messages = ()

LABEL_LENGTH = 63
SUBDOMAIN_LENGTH = 253

_LABEL = "[a-z0-9]([-a-z0-9]*[a-z0-9])?"
_SUBDOMAIN = rf"{_LABEL}(\.{_LABEL})*"
_UNDERSCORED_LABEL = "_?[a-z0-9]([-_a-z0-9]*[a-z0-9])?"
_UNDERSCORED_SUBDOMAIN = rf"{_UNDERSCORED_LABEL}(\.{_UNDERSCORED_LABEL})*"
_LABEL_1035 = "[a-z]([-a-z0-9]*[a-z0-9])?"
_QUALIFIED_PART = "([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]"
_LABEL_VALUE = f"({_QUALIFIED_PART})?"
_C_IDENTIFIER = "[A-Za-z_][A-Za-z0-9_]*"
_CONFIG_KEY = "[-._a-zA-Z0-9]+"
_HEADER = "[-A-Za-z0-9]+"
_PERCENT = "[0-9]+%"
_PATH = r"[A-Za-z0-9/\-._~%!$&'()*+,;=:]+"


_LONGEST_KEPT = 320  # longer texts are refused anyway and must not fill a cache


class _Verdicts(dict[str, Messages]):
    """What a check said of texts of sensible length; forgets them all when they become too many."""

    def __init__(self, check: NameCheck, size: int):
        self._check, self._size = check, size

    def __missing__(self, value: str) -> Messages:
        told = self._check(value)
        if len(value) < _LONGEST_KEPT:
            if len(self) >= self._size:
                self.clear()
            self[value] = told
        return told


def _memoised(size: int) -> Callable[[NameCheck], NameCheck]:
    """Keep the verdicts on up to `size` texts; a check is then a look-up, which enters no Python for a known text."""
    return lambda check: _Verdicts(check, size).__getitem__


def expected(what: str, pattern: str, *examples: str) -> str:
    """The message of a failed pattern: what is wanted, examples, the pattern itself."""
    shown = "'" + "',  or '".join(examples) + "', " if examples else ""
    return f"{what} ({f'e.g. {shown}' if shown else ''}regex used for validation is '{pattern}')"


def at_most(length: int, unit: str = "characters") -> str:
    return f"must be no more than {length} {unit}"


LABEL_MESSAGE = expected(
    "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', "
    "and must start and end with an alphanumeric character",
    _LABEL,
    "my-name",
    "123-abc",
)
SUBDOMAIN_MESSAGE = expected(
    "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', "
    "and must start and end with an alphanumeric character",
    _SUBDOMAIN,
    "example.com",
)
UNDERSCORED_SUBDOMAIN_MESSAGE = expected(
    "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '_', '-' or '.', "
    "and must start and end with an alphanumeric character",
    _UNDERSCORED_SUBDOMAIN,
    "example.com",
)
LABEL_1035_MESSAGE = expected(
    "a DNS-1035 label must consist of lower case alphanumeric characters or '-', "
    "start with an alphabetic character, and end with an alphanumeric character",
    _LABEL_1035,
    "my-name",
    "abc-123",
)
WILDCARD_MESSAGE = expected(
    "a wildcard DNS-1123 subdomain must start with '*.', followed by a valid DNS subdomain, "
    "which must consist of lower case alphanumeric characters, '-' or '.' and end with an alphanumeric character",
    rf"\*\.{_SUBDOMAIN}",
    "*.example.com",
)
QUALIFIED_MESSAGE = expected(
    "must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character",
    _QUALIFIED_PART,
    "MyName",
    "my.name",
    "123-abc",
)
MANY_SLASHES_MESSAGE = (
    f"a qualified name {QUALIFIED_MESSAGE} with an optional DNS subdomain prefix and '/' (e.g. 'example.com/MyName')"
)
LABEL_VALUE_MESSAGE = expected(
    "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', "
    "and must start and end with an alphanumeric character",
    _LABEL_VALUE,
    "MyValue",
    "my_value",
    "12345",
)
C_IDENTIFIER_MESSAGE = expected(
    "a valid C identifier must start with alphabetic character or '_', "
    "followed by a string of alphanumeric characters or '_'",
    _C_IDENTIFIER,
    "my_name",
    "MY_NAME",
    "MyName",
)
CONFIG_KEY_MESSAGE = expected(
    "a valid config key must consist of alphanumeric characters, '-', '_' or '.'",
    _CONFIG_KEY,
    "key.name",
    "KEY_NAME",
    "key-name",
)
HEADER_MESSAGE = expected(
    "a valid HTTP header must consist of alphanumeric characters or '-'", _HEADER, "X-Header-Name"
)
PERCENT_MESSAGE = expected(
    "a valid percent string must be a numeric string followed by an ending '%'", _PERCENT, "1%", "93%"
)
PATH_MESSAGE = expected("Invalid path", _PATH)
ENV_NAME_MESSAGE = "a valid environment variable name must consist only of printable ASCII characters other than '='"

_is_label = re.compile(_LABEL).fullmatch
_is_subdomain = re.compile(_SUBDOMAIN).fullmatch
_is_underscored_subdomain = re.compile(_UNDERSCORED_SUBDOMAIN).fullmatch
_is_label_1035 = re.compile(_LABEL_1035).fullmatch
_is_wildcard = re.compile(rf"\*\.{_SUBDOMAIN}").fullmatch
_is_qualified_part = re.compile(_QUALIFIED_PART).fullmatch
_is_label_value = re.compile(_LABEL_VALUE).fullmatch
_is_c_identifier = re.compile(_C_IDENTIFIER).fullmatch
_is_config_key = re.compile(_CONFIG_KEY).fullmatch
_is_header = re.compile(_HEADER).fullmatch
is_path = re.compile(_PATH).fullmatch
_is_percent = re.compile(_PERCENT).fullmatch
_is_env_name = re.compile("[ -<>-~]+").fullmatch
_is_port_text = re.compile("[-a-z0-9]+").fullmatch
_has_letter = re.compile("[a-z]").search


def _both(length: int, value: str, matches: object, message: str, unit: str = "characters") -> Messages:
    """Length and pattern together, in the order in which the API names them."""
    found = [] if len(value.encode()) <= length else [at_most(length, unit)]
    if not matches:
        found.append(message)
    return tuple(found)


@_memoised(2048)
def label(value: str) -> Messages:
    """RFC 1123 label: names of namespaces, containers, volumes."""
    message = "must not contain dots" if _is_subdomain(value) else LABEL_MESSAGE
    return _both(LABEL_LENGTH, value, _is_label(value), message)


@_memoised(4096)
def subdomain(value: str) -> Messages:
    """RFC 1123 subdomain: names of most objects."""
    return _both(SUBDOMAIN_LENGTH, value, _is_subdomain(value), SUBDOMAIN_MESSAGE)


def underscored_subdomain(value: str) -> Messages:
    """The same with underscores, as paths in which DNS names are searched may have them."""
    return _both(SUBDOMAIN_LENGTH, value, _is_underscored_subdomain(value), UNDERSCORED_SUBDOMAIN_MESSAGE)


@_memoised(256)
def label_1035(value: str) -> Messages:
    """RFC 1035 label: begins with a letter."""
    return _both(LABEL_LENGTH, value, _is_label_1035(value), LABEL_1035_MESSAGE)


def wildcard_subdomain(value: str) -> Messages:
    """`*.example.com`."""
    return _both(SUBDOMAIN_LENGTH, value, _is_wildcard(value), WILDCARD_MESSAGE)


@_memoised(256)
def fully_qualified(value: str) -> Messages:
    """A subdomain of two labels or more."""
    if not value:
        return ("name is required",)
    if wrong := subdomain(value):
        return wrong
    return FINE if "." in value else ("should be a domain with at least two segments separated by dots",)


@_memoised(4096)
def qualified_name(value: str) -> Messages:
    """Keys of labels and annotations, names of resources and finalizers: `[prefix/]name`."""
    prefix, slash, name = value.rpartition("/")
    found: list[str] = []
    if slash and "/" in prefix:
        return (MANY_SLASHES_MESSAGE,)
    if slash and not prefix:
        found.append("prefix part must be non-empty")
    elif slash:
        found.extend(f"prefix part {message}" for message in subdomain(prefix))
    if not name:
        found.append("name part must be non-empty")
    elif len(name.encode()) > LABEL_LENGTH:
        found.append(f"name part {at_most(LABEL_LENGTH, 'bytes')}")
    if not _is_qualified_part(name):
        found.append(f"name part {QUALIFIED_MESSAGE}")
    return tuple(found)


@_memoised(4096)
def label_value(value: str) -> Messages:
    return _both(LABEL_LENGTH, value, _is_label_value(value), LABEL_VALUE_MESSAGE, "bytes")


def path_segment(value: str) -> Messages:
    """Names of RBAC objects: whatever fits between two slashes of a URL."""
    if value in (".", ".."):
        return (f"may not be '{value}'",)
    return tuple(f"may not contain '{part}'" for part in "/%" if part in value)


def path_segment_prefix(value: str) -> Messages:
    return tuple(f"may not contain '{part}'" for part in "/%" if part in value)


@_memoised(1024)
def env_name(value: str) -> Messages:
    return FINE if _is_env_name(value) else (ENV_NAME_MESSAGE,)


@_memoised(1024)
def config_key(value: str) -> Messages:
    """Keys of ConfigMaps and Secrets, which become names of files."""
    found = list(_both(SUBDOMAIN_LENGTH, value, _is_config_key(value), CONFIG_KEY_MESSAGE))
    if value in (".", ".."):
        found.append(f"must not be '{value}'")
    elif value.startswith(".."):
        found.append("must not start with '..'")
    return tuple(found)


def c_identifier(value: str) -> Messages:
    return FINE if _is_c_identifier(value) else (C_IDENTIFIER_MESSAGE,)


def http_header(value: str) -> Messages:
    return FINE if _is_header(value) else (HEADER_MESSAGE,)


def percent(value: str) -> Messages:
    return FINE if _is_percent(value) else (PERCENT_MESSAGE,)


@_memoised(512)
def port_name(value: str) -> Messages:
    """IANA service name: up to 15 of a-z, 0-9 and single inner hyphens, a letter among them."""
    found = [] if len(value) <= 15 else [at_most(15)]
    if not _is_port_text(value):
        found.append("must contain only alphanumeric characters (a-z, 0-9), and hyphens (-)")
    if not _has_letter(value):
        found.append("must contain at least one letter (a-z)")
    if "--" in value:
        found.append("must not contain consecutive hyphens")
    if value[:1] == "-" or value[-1:] == "-":
        found.append("must not begin or end with a hyphen")
    return tuple(found)


def for_prefix(check: NameCheck, prefix: str) -> Messages:
    """Check a generateName: a trailing dash is fine, since something follows it."""
    if check is path_segment:
        return path_segment_prefix(prefix)
    if len(prefix) > 1 and prefix[-1] == "-":
        prefix = prefix[:-2] + "a"
    return check(prefix)


_VERSION = re.compile(r"v(\d+)(?:(alpha|beta)(\d+))?").fullmatch


def version_priority(version: str) -> tuple[int, int, int, str]:
    """Sorts versions as discovery prefers them: v2, v1, v1beta1, v1alpha1, then whatever else there is by name."""
    found = _VERSION(version)
    if found is None:
        return (3, 0, 0, version)
    major, stage, minor = found.groups()
    return (("", "beta", "alpha").index(stage or ""), -int(major), -int(minor or 0), "")
