"""What every node of a server's cluster is told about it."""

from pyk3s import version
from pyk3s.config.settings import ServerSettings
from pyk3s.joining import protocol


def config(settings: ServerSettings) -> protocol.ClusterConfig:
    return protocol.ClusterConfig(
        cluster_cidr=str(settings.cluster_cidr),
        service_cidr=str(settings.service_cidr),
        cluster_dns=settings.cluster_dns,
        cluster_domain=settings.cluster_domain,
        own_dns="coredns" not in settings.disable,
        proxy=settings.proxy,
        egress_mode=settings.egress_mode,
        version=version.GIT_VERSION,
    )
