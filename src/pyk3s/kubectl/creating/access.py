"""Service accounts, their tokens, roles and bindings."""

from typing import Any

from pyk3s.client.errors import ApiError
from pyk3s.kubectl import results
from pyk3s.kubectl.arguments import DURATION, EACH, LIST, Flag
from pyk3s.kubectl.command import Call, Command
from pyk3s.kubectl.creating import generator
from pyk3s.kubectl.errors import CommandError

JSON = dict[str, Any]
RBAC = "rbac.authorization.k8s.io"
VERBS = Flag("verb", "", LIST, text="What is allowed, for instance get,list")
RESOURCES = Flag("resource", "", LIST, text="RESOURCE[.GROUP][/SUBRESOURCE]; may be repeated")
NAMES = Flag("resource-name", "", EACH, text="Only objects of this name; may be repeated")


def service_account(call: Call, name: str) -> JSON:
    return {"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"name": name}}


async def role(call: Call, name: str) -> JSON:
    rules = await _rules(call)
    return {"apiVersion": f"{RBAC}/v1", "kind": "Role", "metadata": {"name": name}, "rules": rules}


async def cluster_role(call: Call, name: str) -> JSON:
    obj: JSON = {"apiVersion": f"{RBAC}/v1", "kind": "ClusterRole", "metadata": {"name": name}}
    if call.flags.many("aggregation-rule"):
        labels = generator.pairs(call.flags.many("aggregation-rule"), "aggregation rule")
        selectors = [{"matchLabels": labels}]
        return obj | {"aggregationRule": {"clusterRoleSelectors": selectors}, "rules": None}
    if urls := call.flags.many("non-resource-url"):
        return obj | {"rules": [{"nonResourceURLs": urls, "verbs": _verbs(call)}]}
    return obj | {"rules": await _rules(call)}


def _verbs(call: Call) -> list[str]:
    verbs = list(dict.fromkeys(call.flags.many("verb")))
    if not verbs:
        raise CommandError("at least one verb must be specified")
    return ["*"] if "*" in verbs else verbs


async def _rules(call: Call) -> list[JSON]:
    """One rule for each group that the resources are in."""
    verbs = _verbs(call)
    resources = list(dict.fromkeys(call.flags.many("resource")))
    names = call.flags.many("resource-name")
    if not resources:
        raise CommandError("at least one resource must be specified")
    if len(resources) > 1 and names:
        raise CommandError("invalid resource(s) specified: --resource-name can not be applied to multiple resources")
    discovery = await call.context.discovery()
    by_group: dict[str, list[str]] = {}
    for text in resources:
        plain, slash, subresource = text.partition("/")
        if plain == "*":
            by_group.setdefault("*", []).append("*")
            continue
        found = discovery.look_up(plain)
        if found is None:
            raise CommandError(f'the server doesn\'t have a resource type "{plain.split(".")[0]}"')
        by_group.setdefault(found.group, []).append(found.plural + slash + subresource)
    return [
        {"apiGroups": [group], **({"resourceNames": names} if names else {}), "resources": listed, "verbs": verbs}
        for group, listed in sorted(by_group.items())
    ]


def binding(kind: str) -> generator.Build:
    """The generator of RoleBinding or ClusterRoleBinding."""

    def build(call: Call, name: str) -> JSON:
        flags = call.flags
        cluster_role_name = flags.text("clusterrole")
        role_name = flags.text("role") if "role" in flags.names else ""
        if kind == "RoleBinding" and bool(cluster_role_name) == bool(role_name):
            raise CommandError("exactly one of clusterrole or role must be specified")
        if kind != "RoleBinding":
            generator.required(call, "clusterrole")
        wanted = (
            {"kind": "ClusterRole", "name": cluster_role_name}
            if cluster_role_name
            else {"kind": "Role", "name": role_name}
        )
        obj: JSON = {"apiVersion": f"{RBAC}/v1", "kind": kind, "metadata": {"name": name}}
        obj["roleRef"] = {"apiGroup": RBAC, **wanted}
        subjects = _subjects(call)
        return obj | ({"subjects": subjects} if subjects else {})

    return generator.pure(build)


def _subjects(call: Call) -> list[JSON]:
    flags = call.flags
    found: list[JSON] = [{"apiGroup": RBAC, "kind": "User", "name": name} for name in flags.many("user")]
    found += [{"apiGroup": RBAC, "kind": "Group", "name": name} for name in flags.many("group")]
    for text in flags.many("serviceaccount"):
        namespace, colon, name = text.partition(":")
        if not colon or not namespace or not name:
            raise CommandError("serviceaccount must be <namespace>:<name>")
        found.append({"kind": "ServiceAccount", "name": name, "namespace": namespace})
    return found


async def _token(call: Call) -> int:
    """Ask for a token of a service account and print it."""
    name, flags, context = generator.one_name(call), call.flags, call.context
    spec: JSON = {}
    if flags.many("audience"):
        spec["audiences"] = flags.many("audience")
    if flags.given("duration"):
        if flags.seconds("duration") <= 0 or flags.seconds("duration") % 1:
            raise CommandError("duration must be a positive number of whole seconds")
        spec["expirationSeconds"] = int(flags.seconds("duration"))
    if kind := flags.text("bound-object-kind"):
        if not flags.text("bound-object-name"):
            raise CommandError("--bound-object-name is required if --bound-object-kind is provided")
        spec["boundObjectRef"] = {"kind": kind, "apiVersion": "v1", "name": flags.text("bound-object-name")}
        if flags.text("bound-object-uid"):
            spec["boundObjectRef"]["uid"] = flags.text("bound-object-uid")
    resource = (await context.discovery()).find("serviceaccounts")
    body = {"apiVersion": "authentication.k8s.io/v1", "kind": "TokenRequest", "metadata": {}, "spec": spec}
    try:
        made = await context.server.json("POST", resource.path(context.namespace, name, "token"), body)
    except ApiError as error:
        raise CommandError(f"failed to create token: {error.message}") from error
    if flags.text("output"):
        results.Results(call).done(resource, made, "created")
    else:
        context.say(made["status"]["token"])
    return 0


SERVICE_ACCOUNT = generator.command(
    "NAME", "Create a service account with the specified name", (), generator.pure(service_account)
)
TOKEN = Command(
    "SERVICE_ACCOUNT_NAME",
    "Request a service account token",
    (
        results.OUTPUT,
        Flag("audience", "", EACH, text="For whom the token is; may be repeated"),
        Flag("duration", "", DURATION, text="How long it is to be valid"),
        Flag("bound-object-kind", text="Pod, Secret or Node that the token lives with"),
        Flag("bound-object-name", text="Name of that object"),
        Flag("bound-object-uid", text="UID of that object"),
    ),
    _token,
)
ROLE = generator.command(
    "NAME --verb=verb --resource=resource.group/subresource [--resource-name=resourcename]",
    "Create a role with single rule",
    (VERBS, RESOURCES, NAMES),
    role,
)
CLUSTER_ROLE = generator.command(
    "NAME --verb=verb --resource=resource.group [--resource-name=resourcename]",
    "Create a cluster role",
    (
        VERBS,
        RESOURCES,
        NAMES,
        Flag("non-resource-url", "", LIST, text="Path such as /healthz; may be repeated"),
        Flag("aggregation-rule", "", LIST, text="key=value labels of the roles to join"),
    ),
    cluster_role,
)
_SUBJECTS = (
    Flag("user", "", EACH, text="User to bind; may be repeated"),
    Flag("group", "", EACH, text="Group to bind; may be repeated"),
    Flag("serviceaccount", "", EACH, text="NAMESPACE:NAME to bind; may be repeated"),
    Flag("clusterrole", text="ClusterRole to give"),
)
ROLE_BINDING = generator.command(
    "NAME --clusterrole=NAME|--role=NAME [--user=username] [--group=groupname]",
    "Create a role binding for a particular role or cluster role",
    (*_SUBJECTS, Flag("role", text="Role to give")),
    binding("RoleBinding"),
)
CLUSTER_ROLE_BINDING = generator.command(
    "NAME --clusterrole=NAME [--user=username] [--group=groupname]",
    "Create a cluster role binding for a particular cluster role",
    _SUBJECTS,
    binding("ClusterRoleBinding"),
)
