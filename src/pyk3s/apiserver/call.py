"""One request on its way through the server: who asks for what, with which parameters, and what to warn about."""

from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import parse_qs

from pyk3s.api import catalog
from pyk3s.apiserver import identity, negotiation, routing
from pyk3s.wire.http import messages

if TYPE_CHECKING:
    from pyk3s.apiserver.audit import record as records

JSON = dict[str, Any]
_NO_QUERY: dict[str, list[str]] = {}


class Call:
    """A request with what routing and authentication found out about it."""

    __slots__ = (
        "_query", "annotations", "form", "record", "request", "resource", "route", "user", "verb", "warnings",
    )  # fmt: skip

    def __init__(
        self,
        request: messages.Request,
        route: routing.Route,
        verb: str,
        user: identity.User,
        record: "records.Record | None" = None,
    ):
        self.request, self.route, self.verb, self.user, self.record = request, route, verb, user, record
        self.resource: catalog.Resource = NO_RESOURCE
        self.form = negotiation.PLAIN
        self.warnings: list[str] = []
        self.annotations: dict[str, str] | None = None if record is None else {}
        """What admission has to say in the audit log; None where nobody keeps one."""
        self._query = None if request.raw_query else _NO_QUERY

    @property
    def query(self) -> dict[str, list[str]]:
        """All parameters; empty values are kept."""
        if self._query is None:
            self._query = parse_qs(self.request.raw_query, keep_blank_values=True)
        return self._query

    def parameter(self, name: str) -> str:
        """The first value of a parameter, or nothing."""
        values = self.query.get(name)
        return values[0] if values else ""

    def flag(self, name: str) -> bool:
        """A boolean parameter as the API reads it: present and neither `false` nor `0`."""
        values = self.query.get(name)
        return bool(values) and values is not None and values[0].lower() not in ("false", "0")


NO_RESOURCE = catalog.Resource("", "", "", "", "", False, (), "", stored=False)


class Outcome(NamedTuple):
    """An answer before it takes its form: status code and the JSON bytes of an object or list."""

    code: int
    body: bytes
