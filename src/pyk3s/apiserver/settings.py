"""What the API server needs to be told. The composition root fills it in; nothing else is read from outside."""

import ssl
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from pyk3s.apiserver import identity
from pyk3s.apiserver.admission.selection import AdmissionSettings
from pyk3s.apiserver.aggregation.identity import ProxyIdentity
from pyk3s.apiserver.audit.settings import AuditSettings
from pyk3s.apiserver.authn.issuing import Issuing
from pyk3s.apiserver.authn.others import OthersSettings
from pyk3s.apiserver.authz.modes import AuthorizationSettings
from pyk3s.apiserver.expiring import TTL_S
from pyk3s.apiserver.flowcontrol import levels
from pyk3s.apiserver.streaming import kubelets
from pyk3s.pki import contexts


@dataclass(frozen=True, kw_only=True)
class ApiSettings:
    """Settings of one API server."""

    host: str = "127.0.0.1"
    port: int = 6443
    ssl_context: ssl.SSLContext | None = None
    """The server's TLS; client certificates are those that it verifies. None: plain HTTP, for tests."""
    live: contexts.Contexts = field(default_factory=contexts.Contexts)
    """Keeps TLS contexts up to date with their files; the server runs it."""
    advertise_address: str = "127.0.0.1"
    advertise_port: int = 0
    """Where clients reach the port, if that is another one."""
    service_cidr: str = "10.43.0.0/16"
    tokens: Mapping[str, identity.User] = field(default_factory=dict)
    """Static bearer tokens."""
    issuing: Issuing | None = None
    """How service-account tokens are made and recognised; None: there are none."""
    client_ca: Path | None = None
    """CA of client certificates, published to the cluster."""
    kubelet_client_certificate: Path | None = None
    kubelet_client_key: Path | None = None
    kubelet_ca: Path | None = None
    dial_node: kubelets.Dial | None = None
    """Another way to kubelets than their addresses: tunnels."""
    request_header_ca: Path | None = None
    """CA of the certificate that this server shows to those behind it; they are told about it in a ConfigMap."""
    proxy_identity: ProxyIdentity | None = None
    other_authenticators: OthersSettings = field(default_factory=OthersSettings)
    authorization: AuthorizationSettings = field(default_factory=AuthorizationSettings)
    admission: AdmissionSettings = field(default_factory=AdmissionSettings)
    event_ttl_s: float = TTL_S
    """How long Events are kept after they were last written; 0: for ever."""
    seats: int = levels.SEATS
    """How many requests that take time are worked on at once."""
    request_timeout_s: float = 0.0
    """After this time a request that has no answer is answered with 504; its work goes on. 0: never."""
    anonymous: bool = True
    """Whether a request without credentials is let in as system:anonymous, or refused with 401."""
    audit: AuditSettings | None = None
    version: str = "v1.36.2+k3s1"
    commit: str = "0" * 40

    @property
    def advertised(self) -> str:
        """Address and port under which clients reach this server."""
        return f"{self.advertise_address}:{self.advertise_port or self.port}"
