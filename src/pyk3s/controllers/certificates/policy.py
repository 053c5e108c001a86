"""What each built-in signer signs, and for how long. Pure; the words of refusals are those of the API."""

from collections.abc import Collection

from pyk3s.controllers.certificates.objects import CLIENT, KUBELET_CLIENT, KUBELET_SERVING
from pyk3s.controllers.signing import Asked

NODES, NODE = "system:nodes", "system:node:"
SIGNATURE, ENCIPHERMENT = "digital signature", "key encipherment"
AUTHORITIES = {CLIENT: "client", KUBELET_CLIENT: "client", KUBELET_SERVING: "server"}
"""The authority behind each signer."""
LONGEST_S, LEAST_S = 365 * 24 * 3600, 600


def refusal(signer: str, asked: Asked, usages: Collection[str]) -> str:
    """Why a signer does not sign what is asked, empty if it does."""
    if signer == CLIENT:
        return _client(usages)
    if asked.organizations != (NODES,):
        return f"subject organization is not {NODES}"
    wrong = _names(asked, serving=signer == KUBELET_SERVING)
    if wrong:
        return wrong
    if not asked.common_name.startswith(NODE):
        return f"subject common name does not begin with {NODE}"
    purpose = "server auth" if signer == KUBELET_SERVING else "client auth"
    if set(usages) - {ENCIPHERMENT} != {SIGNATURE, purpose}:
        return f"usages did not match [{' '.join(sorted((SIGNATURE, ENCIPHERMENT, purpose)))}]"
    return ""


def _names(asked: Asked, *, serving: bool) -> str:
    """Kubelets serve under names and addresses, and as clients have none."""
    if serving and not asked.dns_names and not asked.addresses:
        return "DNS or IP subjectAltName is required"
    unwanted = {"Email": asked.emails, "URI": asked.uris}
    if not serving:
        unwanted = {"DNS": asked.dns_names, "Email": asked.emails, "IP": asked.addresses, "URI": asked.uris}
    return next((f"{kind} subjectAltNames are not allowed" for kind, names in unwanted.items() if names), "")


def _client(usages: Collection[str]) -> str:
    for usage in usages:
        if usage not in (SIGNATURE, ENCIPHERMENT, "client auth"):
            return f"invalid usage for client certificate: {usage}"
    return "" if "client auth" in usages else "missing required usage for client certificate: client auth"


def seconds(wanted: int | None) -> int:
    """How long a certificate shall hold: as asked, between ten minutes and a year."""
    return LONGEST_S if wanted is None else min(max(wanted, LEAST_S), LONGEST_S)
