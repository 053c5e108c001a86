"""Which labels of its own Node a kubelet may set. Names in Kubernetes' own domains mean something to others: a node
that could call itself a control plane would be given what is meant for one.
"""

RESTRICTED = "node-restriction.kubernetes.io"
OWN_DOMAINS = ("kubernetes.io", "k8s.io")
KUBELET_DOMAINS = ("kubelet.kubernetes.io", "node.kubernetes.io")
KUBELET_LABELS = frozenset(
    (
        "kubernetes.io/hostname",
        "kubernetes.io/os",
        "kubernetes.io/arch",
        "beta.kubernetes.io/os",
        "beta.kubernetes.io/arch",
        "beta.kubernetes.io/instance-type",
        "topology.kubernetes.io/zone",
        "topology.kubernetes.io/region",
        "failure-domain.beta.kubernetes.io/zone",
        "failure-domain.beta.kubernetes.io/region",
    )
)


def kubelet_may_set(label: str) -> bool:
    """Whether the label is one of its own, or of a domain that is not Kubernetes'."""
    domain, slash, _ = label.partition("/")
    if not slash or not _is_within(domain, OWN_DOMAINS):
        return True
    if _is_within(domain, (RESTRICTED,)):
        return False
    return label in KUBELET_LABELS or _is_within(domain, KUBELET_DOMAINS)


def _is_within(domain: str, parents: tuple[str, ...]) -> bool:
    return any(domain == parent or domain.endswith(f".{parent}") for parent in parents)
