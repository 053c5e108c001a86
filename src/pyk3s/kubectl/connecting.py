"""From a resolved kubeconfig to an HTTP client: TLS, who we are, and whom we act as.

Certificates that come as data go through memory files, because the TLS library reads certificates from files only.
"""

import base64
import binascii
import contextlib
import os
import pathlib
import ssl
from collections.abc import Iterator
from typing import Any

from pyk3s import version
from pyk3s.kubectl.errors import CommandError
from pyk3s.kubectl.kubeconfig import Resolved
from pyk3s.wire.http import client as http

JSON = dict[str, Any]


def connect(resolved: Resolved) -> http.HttpClient:
    """A client of the cluster; raises CommandError for what is refused or unreadable."""
    cluster, user = resolved.cluster, resolved.user
    if cluster.get("proxy-url"):
        raise CommandError("proxy-url of the kubeconfig is refused by the built-in kubectl; reach the server directly")
    server = str(cluster["server"])
    if "://" not in server:
        server = f"https://{server}" if _has_tls(resolved) else f"http://{server}"
    context = _tls(cluster, user) if server.startswith("https://") else None
    try:
        return http.HttpClient(server, context, _headers(user), server_hostname=cluster.get("tls-server-name") or None)
    except ValueError as error:
        raise CommandError(str(error)) from error


def _has_tls(resolved: Resolved) -> bool:
    return any(name.startswith("certificate") for name in resolved.cluster) or "token" in resolved.user


def _headers(user: JSON) -> http.SentHeaders:
    headers: dict[str, str | list[str]] = {"User-Agent": f"kubectl/{version.KUBERNETES} (linux) k3s"}
    if authorization := _authorization(user):
        headers["Authorization"] = authorization
    if user.get("as"):
        headers["Impersonate-User"] = str(user["as"])
    if user.get("as-uid"):
        headers["Impersonate-Uid"] = str(user["as-uid"])
    if user.get("as-groups"):
        headers["Impersonate-Group"] = [str(group) for group in user["as-groups"]]
    if (user.get("as-groups") or user.get("as-uid")) and not user.get("as"):
        raise CommandError("requesting uid, groups or user-extra without impersonating a user")
    for key, values in (user.get("as-user-extra") or {}).items():
        headers[f"Impersonate-Extra-{key}"] = list(values)
    return headers


def _authorization(user: JSON) -> str:
    for unsupported in ("exec", "auth-provider"):
        if user.get(unsupported):
            raise CommandError(
                f"the user's credentials come from `{unsupported}`, which the built-in kubectl refuses; "
                "install kubectl, or use a token or a client certificate"
            )
    if user.get("token"):
        return f"Bearer {user['token']}"
    if user.get("tokenFile"):
        return f"Bearer {_read(user['tokenFile']).decode().strip()}"
    if user.get("username"):
        pair = f"{user['username']}:{user.get('password', '')}"
        return f"Basic {base64.b64encode(pair.encode()).decode()}"
    return ""


def _tls(cluster: JSON, user: JSON) -> ssl.SSLContext:
    authority = _material(cluster, "certificate-authority")
    try:
        if authority:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
            context.load_verify_locations(cadata=authority.decode())
        else:
            context = ssl.create_default_context()
        if cluster.get("insecure-skip-tls-verify"):
            context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        certificate, key = _material(user, "client-certificate"), _material(user, "client-key")
        if certificate and key:
            with _memory_file(certificate + b"\n" + key) as path:
                context.load_cert_chain(path)
    except (ssl.SSLError, UnicodeDecodeError) as error:
        raise CommandError(f"the kubeconfig's certificates or keys cannot be read: {error}") from error
    return context


def _material(fields: JSON, name: str) -> bytes:
    """PEM from the field `name-data` or from the file that `name` says."""
    data = fields.get(f"{name}-data")
    if not data:
        return _read(fields[name]) if fields.get(name) else b""
    try:
        return base64.b64decode(data, validate=False)
    except (binascii.Error, TypeError) as error:
        raise CommandError(f"{name}-data of the kubeconfig is not base64: {error}") from error


def _read(path: str) -> bytes:
    try:
        return pathlib.Path(path).read_bytes()
    except OSError as error:
        raise CommandError(f"unable to read {path}: {(error.strerror or '').lower()}") from error


@contextlib.contextmanager
def _memory_file(data: bytes) -> Iterator[str]:
    descriptor = os.memfd_create("kubectl")
    try:
        os.write(descriptor, data)
        yield f"/proc/self/fd/{descriptor}"
    finally:
        os.close(descriptor)
