"""Typed access to what flags were given, whatever the source. Every error names the flag and what is wanted."""

import ipaddress
import re
from collections.abc import Mapping, Sequence
from urllib.parse import urlsplit

from pyk3s.config.flags import Flag
from pyk3s.lib import durations
from pyk3s.lib.failure import Failure

Network = ipaddress.IPv4Network | ipaddress.IPv6Network
_PORTS = re.compile(r"(\d+)-(\d+)")


class Values:
    """Merged texts of the flags in `table`, by flag name; every reader names the flag in its error."""

    def __init__(self, given: Mapping[str, list[str]], table: Mapping[str, Flag]):
        self._given, self._table = given, table

    def given(self, name: str) -> bool:
        """Whether anybody set it."""
        return name in self._given

    def names(self) -> tuple[str, ...]:
        """The long names of the flags that there are."""
        return tuple(dict.fromkeys(flag.name for flag in self._table.values()))

    def also(self, name: str, text: str) -> "Values":
        """The same with one flag more."""
        return Values({**self._given, name: [text]}, self._table)

    def text(self, name: str) -> str:
        given = self._given.get(name)
        return given[-1] if given else self._table[name].default

    def listed(self, name: str) -> tuple[str, ...]:
        """Repeated or separated by commas."""
        return tuple(part.strip() for text in self._given.get(name, []) for part in text.split(",") if part.strip())

    def repeated(self, name: str) -> tuple[str, ...]:
        """Repeated; commas belong to the value."""
        return tuple(text.strip() for text in self._given.get(name, []) if text.strip())

    def server_url(self, name: str) -> str:
        """The https address of a server, empty if none is given."""
        text = self.text(name).rstrip("/")
        try:
            found = urlsplit(text)
            right = not text or (found.scheme == "https" and bool(found.hostname) and (found.port or 1) > 0)
        except ValueError:
            right = False
        if not right or (text and (found.path or found.query or found.username)):
            raise self._bad(name, text, "an address such as https://server.example:6443 is wanted")
        return text

    def switch(self, name: str) -> bool:
        text = self.text(name).lower()
        if text not in ("", "true", "false", "1", "0"):
            raise self._bad(name, text, "true or false is wanted")
        return text in ("true", "1")

    def choice(self, name: str, choices: Sequence[str]) -> str:
        text = self.text(name)
        if text not in choices:
            raise self._bad(name, text, f"supported are {', '.join(choices)}")
        return text

    def number(self, name: str, *, least: int = 0) -> int:
        text = self.text(name)
        if not text.isdigit() or int(text) < least:
            raise self._bad(name, text, f"a whole number from {least} is wanted")
        return int(text)

    def duration(self, name: str) -> float:
        """Seconds."""
        text = self.text(name)
        try:
            return durations.seconds(text)
        except ValueError as error:
            raise self._bad(name, text, str(error)) from None

    def port(self, name: str) -> int:
        text = self.text(name)
        if not text.isdigit() or not 0 < int(text) < 65536:
            raise self._bad(name, text, "a port from 1 to 65535 is wanted")
        return int(text)

    def ports(self, name: str) -> range:
        text = self.text(name)
        found = _PORTS.fullmatch(text)
        if not found or not 0 < int(found[1]) <= int(found[2]) < 65536:
            raise self._bad(name, text, "a range such as 30000-32767 is wanted")
        return range(int(found[1]), int(found[2]) + 1)

    def mode(self, name: str) -> int:
        text = self.text(name)
        try:
            return int(text, 8)
        except ValueError:
            raise self._bad(name, text, "an octal mode such as 0600 is wanted") from None

    def network(self, name: str) -> Network:
        text = self.text(name)
        try:
            return ipaddress.ip_network(text)
        except ValueError as error:
            raise self._bad(name, text, str(error)) from None

    def address(self, name: str) -> str:
        return self._address(name, text) if (text := self.text(name)) else ""

    def addresses(self, name: str) -> tuple[str, ...]:
        return tuple(self._address(name, text) for text in self.listed(name))

    def pairs(self, name: str) -> tuple[str, ...]:
        for text in (listed := self.listed(name)):
            if "=" not in text:
                raise self._bad(name, text, "key=value is wanted")
        return listed

    def _address(self, name: str, text: str) -> str:
        try:
            return str(ipaddress.ip_address(text))
        except ValueError:
            raise self._bad(name, text, "an IP address is wanted") from None

    def _bad(self, name: str, text: str, wanted: str) -> Failure:
        return Failure(f"invalid value {text!r} for --{name}", remedy=wanted)
