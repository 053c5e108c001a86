"""kubeconfig files, as text: small enough that no YAML library is needed."""

import base64
import re
from dataclasses import dataclass


@dataclass(frozen=True)
class Credentials:
    """A client certificate with its key, and the authority that vouches for the server; all PEM."""

    authority: bytes
    certificate: bytes
    key: bytes


def render(server: str, credentials: Credentials, name: str = "default") -> str:
    """A kubeconfig with one cluster, user and context, all called `name`, as K3s writes it."""
    return f"""\
apiVersion: v1
clusters:
- cluster:
    certificate-authority-data: {_data(credentials.authority)}
    server: {server}
  name: {name}
contexts:
- context:
    cluster: {name}
    user: {name}
  name: {name}
current-context: {name}
kind: Config
preferences: {{}}
users:
- name: {name}
  user:
    client-certificate-data: {_data(credentials.certificate)}
    client-key-data: {_data(credentials.key)}
"""


def server(text: str) -> str:
    """The server's URL in a kubeconfig that `render` made; empty if it does not say."""
    found = re.search(r"^    server: (\S+)$", text, re.MULTILINE)
    return found[1] if found else ""


def _data(pem: bytes) -> str:
    return base64.b64encode(pem).decode()
