"""Tables of the groups rbac, certificates, apiregistration and admissionregistration."""

from typing import Any

from pyk3s.api import cells
from pyk3s.api.tables.columns import AGE, NAME, Column, says, shows

JSON = dict[str, Any]

_UNRESOLVED = "If the RoleRef cannot be resolved, the Authorizer must return an error."


def _binding(role: str, binding: str) -> tuple[Column, ...]:
    return (
        NAME,
        says("Role", f"{role} {_UNRESOLVED}"),
        AGE,
        says("Users", f"Users in the {binding}", priority=1),
        says("Groups", f"Groups in the {binding}", priority=1),
        says("ServiceAccounts", f"ServiceAccounts in the {binding}", priority=1),
    )


ROLE_BINDING = _binding(
    "RoleRef can reference a Role in the current namespace or a ClusterRole in the global namespace.", "roleBinding"
)
CLUSTER_ROLE_BINDING = _binding(
    "RoleRef can only reference a ClusterRole in the global namespace.", "clusterRoleBinding"
)


def role_binding(obj: JSON, now: float) -> list[Any]:
    role, subjects = obj.get("roleRef") or {}, obj.get("subjects") or ()
    of_kind = {kind: [each for each in subjects if each.get("kind") == kind] for kind in _SUBJECTS}
    return [
        obj["metadata"]["name"],
        f"{role.get('kind', '')}/{role.get('name', '')}",
        cells.age(obj, now),
        ", ".join(each.get("name", "") for each in of_kind["User"]),
        ", ".join(each.get("name", "") for each in of_kind["Group"]),
        ", ".join(f"{each.get('namespace', '')}/{each.get('name', '')}" for each in of_kind["ServiceAccount"]),
    ]


_SUBJECTS = ("User", "Group", "ServiceAccount")

_SIGNER = (
    "Requested signer for the request. It is a qualified name in the form: `scope-hostname.io/name`."
    " If empty, it will be defaulted:\n"
    " 1. If it's a kubelet client certificate, it is assigned\n"
    '    "kubernetes.io/kube-apiserver-client-kubelet".\n'
    " 2. If it's a kubelet serving certificate, it is assigned\n"
    '    "kubernetes.io/kubelet-serving".\n'
    ' 3. Otherwise, it is assigned "kubernetes.io/legacy-unknown".\n'
    "Distribution of trust for signers happens out of band."
    " You can select on this field using `spec.signerName`."
)
SIGNING_REQUEST = (
    NAME,
    AGE,
    says("SignerName", _SIGNER),
    says("Requestor", "Base64-encoded PKCS#10 CSR data"),
    shows("RequestedDuration", "certificates.v1.CertificateSigningRequestSpec.expirationSeconds"),
    says("Condition", "Conditions applied to the request, such as approval or denial."),
)


def signing_request(obj: JSON, now: float) -> list[Any]:
    spec = cells.spec(obj)
    seconds = spec.get("expirationSeconds")
    return [
        obj["metadata"]["name"],
        cells.age(obj, now),
        spec.get("signerName") or cells.NONE,
        spec.get("username", ""),
        cells.NONE if seconds is None else cells.duration(seconds),
        _signing_state(obj),
    ]


def _signing_state(obj: JSON) -> str:
    types = {each.get("type") for each in cells.status(obj).get("conditions") or ()}
    words = ["Denied" if "Denied" in types else "Approved" if "Approved" in types else "Pending"]
    if "Failed" in types:
        words.append("Failed")
    if cells.status(obj).get("certificate"):
        words.append("Issued")
    return ",".join(words)


API_SERVICE = (
    NAME,
    says("Service", "The reference to the service that hosts this API endpoint."),
    says("Available", "Whether this service is available."),
    AGE,
)


def api_service(obj: JSON, now: float) -> list[Any]:
    service, available = cells.spec(obj).get("service"), cells.condition(obj, "Available")
    name = f"{service.get('namespace', '')}/{service.get('name', '')}" if service else "Local"
    shown = "Unknown"
    if available is not None:
        shown = str(available.get("status"))
        if shown != "True":
            shown = f"{shown} ({available.get('reason', '')})"
    return [obj["metadata"]["name"], name, shown, cells.age(obj, now)]


WEBHOOKS = (
    NAME,
    says("Webhooks", "Webhooks indicates the number of webhooks registered in this configuration", "integer"),
    AGE,
)


def webhooks(obj: JSON, now: float) -> list[Any]:
    return [obj["metadata"]["name"], len(obj.get("webhooks") or ()), cells.age(obj, now)]


_PARAM_KIND = says("ParamKind", "ParamKind specifies the kind of resources used to parameterize this policy")
VALIDATING_POLICY = (
    NAME,
    says(
        "Validations", "Validations indicates the number of validation rules defined in this configuration", "integer"
    ),
    _PARAM_KIND,
    AGE,
)
MUTATING_POLICY = (
    NAME,
    says("Mutations", "Mutation indicates the number of mutations rules defined in this configuration", "integer"),
    _PARAM_KIND,
    AGE,
)


def admission_policy(obj: JSON, now: float) -> list[Any]:
    spec, kind = cells.spec(obj), cells.spec(obj).get("paramKind")
    rules = spec.get("validations") or spec.get("mutations") or ()
    shown = f"{kind.get('apiVersion', '')}/{kind.get('kind', '')}" if kind else cells.UNSET
    return [obj["metadata"]["name"], len(rules), shown, cells.age(obj, now)]


POLICY_BINDING = (
    NAME,
    says("PolicyName", "PolicyName indicates the policy definition which the policy binding binded to"),
    says("ParamRef", "ParamRef indicates the param resource which sets the configuration param"),
    AGE,
)


def policy_binding(obj: JSON, now: float) -> list[Any]:
    spec, reference = cells.spec(obj), cells.spec(obj).get("paramRef")
    shown = cells.UNSET
    if reference:
        shown = "/".join(filter(None, (reference.get("namespace"), reference.get("name"))))
        shown = shown if reference.get("name") else cells.selector(reference.get("selector"))
    return [obj["metadata"]["name"], spec.get("policyName", ""), shown, cells.age(obj, now)]
