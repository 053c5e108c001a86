"""How this server shows to those behind it that it may speak for its users."""

from pathlib import Path
from typing import NamedTuple


class ProxyIdentity(NamedTuple):
    """Certificate and key, signed by the CA that `extension-apiserver-authentication` names."""

    certificate: Path
    key: Path
    common_name: str = "system:auth-proxy"
