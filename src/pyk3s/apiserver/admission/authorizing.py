"""The `authorizer` of expressions: asks the server's authoriser what somebody may do.

Method names are those that expressions use; `cel_type` says which of them an object has. An authoriser that must ask
elsewhere cannot be waited for inside an expression: the question is kept in `Asked`, and raised once the expression has
ended, so that the whole request is tried again when it is settled.
"""

from pyk3s.api import names, selectors
from pyk3s.apiserver import identity
from pyk3s.apiserver.admission import chain

_TYPE = "kubernetes.authorization."


class Asked:
    """The authoriser as expressions of one evaluation ask it."""

    def __init__(self, authorizer: identity.Authorizer):
        self._authorizer = authorizer
        self.open: identity.Unsettled | None = None

    def decide(self, access: identity.Access) -> "Decision":
        try:
            decision = self._authorizer.decide(access)
        except identity.Unsettled as question:
            self.open = question
            return Decision(error="this must be asked elsewhere")
        return Decision(decision.allowed, decision.reason)

    def raise_open(self) -> None:
        """Raise the question that must be asked elsewhere, if there is one."""
        if self.open is not None:
            raise self.open


class Decision:
    """What the authoriser says."""

    cel_type = _TYPE + "Decision"

    def __init__(self, allowed: bool = False, reason: str = "", error: str = ""):
        self._allowed, self._reason, self._error = allowed, reason, error

    def allowed(self) -> bool:
        return self._allowed

    def reason(self) -> str:
        return self._reason

    def errored(self) -> bool:
        return bool(self._error)

    def error(self) -> str:
        return self._error


class Authorizer:
    """`authorizer`: what a user may do."""

    cel_type = _TYPE + "Authorizer"

    def __init__(self, asked: Asked, user: identity.User):
        self._asked, self._user = asked, user

    def path(self, path: str) -> "PathCheck":
        if not path:
            raise ValueError("path must not be empty")
        return PathCheck(self._asked, identity.Access(self._user, "", path=path))

    def group(self, group: str) -> "GroupCheck":
        return GroupCheck(self._asked, identity.Access(self._user, "", group=group))

    def serviceAccount(self, namespace: str, name: str) -> "Authorizer":
        if wrong := [*names.label(namespace), *names.subdomain(name)]:
            raise ValueError(f"invalid service account {namespace}/{name}: {wrong[0]}")
        groups = ("system:serviceaccounts", f"system:serviceaccounts:{namespace}", "system:authenticated")
        return Authorizer(self._asked, identity.User(f"system:serviceaccount:{namespace}:{name}", groups))


class PathCheck:
    """`authorizer.path('/healthz')`."""

    cel_type = _TYPE + "PathCheck"

    def __init__(self, asked: Asked, access: identity.Access):
        self._asked, self._access = asked, access

    def check(self, verb: str) -> Decision:
        return self._asked.decide(self._access._replace(verb=verb))


class GroupCheck:
    """`authorizer.group('apps')`."""

    cel_type = _TYPE + "GroupCheck"

    def __init__(self, asked: Asked, access: identity.Access):
        self._asked, self._access = asked, access

    def resource(self, plural: str) -> "ResourceCheck":
        return ResourceCheck(self._asked, self._access._replace(plural=plural, version="*"))


class ResourceCheck:
    """`authorizer.group('apps').resource('deployments')`, and what narrows it."""

    cel_type = _TYPE + "ResourceCheck"

    def __init__(self, asked: Asked, access: identity.Access, error: str = ""):
        self._asked, self._access, self._error = asked, access, error

    def subresource(self, name: str) -> "ResourceCheck":
        return self._narrowed(self._access._replace(subresource=name))

    def namespace(self, name: str) -> "ResourceCheck":
        return self._narrowed(self._access._replace(namespace=name))

    def name(self, name: str) -> "ResourceCheck":
        return self._narrowed(self._access._replace(name=name))

    def fieldSelector(self, text: str) -> "ResourceCheck":
        try:
            terms = selectors.parse_fields(text).requirements
        except selectors.SelectorError as error:
            return ResourceCheck(self._asked, self._access, str(error))
        selects = tuple((term.field, term.value) for term in terms if term.equal)
        return self._narrowed(self._access._replace(selects=selects))

    def labelSelector(self, text: str) -> "ResourceCheck":
        try:
            selectors.parse_labels(text)
        except selectors.SelectorError as error:
            return ResourceCheck(self._asked, self._access, str(error))
        return self  # no authoriser here looks at labels

    def _narrowed(self, access: identity.Access) -> "ResourceCheck":
        return ResourceCheck(self._asked, access, self._error)

    def check(self, verb: str) -> Decision:
        if self._error:
            return Decision(error=self._error)
        return self._asked.decide(self._access._replace(verb=verb))


def of_request(asked: Asked, attributes: chain.Attributes) -> ResourceCheck:
    """`authorizer.requestResource`: the resource of the request itself."""
    resource = attributes.resource
    access = identity.Access(
        attributes.user, "", resource.group, resource.version, resource.plural,
        attributes.subresource, attributes.namespace, attributes.name,
    )  # fmt: skip
    return ResourceCheck(asked, access)
