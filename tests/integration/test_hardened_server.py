"""`k3s server` with the arguments of K3s' hardening guide."""

import asyncio
import json
import pathlib
import socket
import ssl
import stat

import k3s_server
import pytest

POLICY = "apiVersion: audit.k8s.io/v1\nkind: Policy\nrules: [{level: Metadata}]\n"
ADMISSION = """
apiVersion: apiserver.config.k8s.io/v1
kind: AdmissionConfiguration
plugins:
- name: PodSecurity
  configuration:
    apiVersion: pod-security.admission.config.k8s.io/v1beta1
    kind: PodSecurityConfiguration
    defaults: {enforce: restricted, enforce-version: latest, warn: restricted, warn-version: latest}
    exemptions: {usernames: [], runtimeClasses: [], namespaces: [kube-system, cis-operator-system]}
- name: EventRateLimit
  path: event.yaml
"""
EVENTS = """
apiVersion: eventratelimit.admission.k8s.io/v1alpha1
kind: Configuration
limits: [{type: Server, qps: 5000, burst: 20000}]
"""


def hardened(folder: pathlib.Path) -> list[str]:
    files = {"audit.yaml": POLICY, "psa.yaml": ADMISSION, "event.yaml": EVENTS}
    for name, text in files.items():
        (folder / name).write_text(text)
    arguments = [
        "enable-admission-plugins=NodeRestriction,EventRateLimit",
        f"admission-control-config-file={folder}/psa.yaml",
        f"audit-log-path={folder}/logs/audit.log",
        f"audit-policy-file={folder}/audit.yaml",
        "audit-log-maxage=30", "audit-log-maxbackup=10", "audit-log-maxsize=100", "request-timeout=300s",
        "service-account-lookup=true", "anonymous-auth=false", "profiling=false", "event-ttl=2h",
        "tls-min-version=VersionTLS13",
    ]  # fmt: skip
    return [part for text in arguments for part in ("--kube-apiserver-arg", text)]


def test_the_hardening_guide_holds(tmp_path: pathlib.Path) -> None:
    flags = hardened(tmp_path)
    with k3s_server.server(tmp_path / "data", *flags) as server:
        server.start()

        async def ask() -> None:
            client = server.client()
            try:
                await client.get("/api/v1/namespaces/default")
            finally:
                await client.close()

        asyncio.run(ask())
        old = ssl.create_default_context()
        old.check_hostname, old.verify_mode, old.maximum_version = False, ssl.CERT_NONE, ssl.TLSVersion.TLSv1_2
        with socket.create_connection(("127.0.0.1", server.port)) as plain, pytest.raises((ssl.SSLError, OSError)):
            old.wrap_socket(plain)
    log = tmp_path / "logs" / "audit.log"
    events = [json.loads(line) for line in log.read_text().splitlines()]
    assert any(each["requestURI"] == "/api/v1/namespaces/default" for each in events)
    assert stat.S_IMODE(log.stat().st_mode) == 0o600


@pytest.mark.parametrize(
    ("broken", "told"),
    [
        ({"audit.yaml": "apiVersion: audit.k8s.io/v1\nkind: Policy\nrules: [{level: Some}]\n"}, r"rules\[0\].level"),
        ({"psa.yaml": ADMISSION.replace("restricted", "strict")}, "defaults.enforce"),
        ({"event.yaml": "kind: Configuration\n"}, "admission-control-config-file .* EventRateLimit"),
    ],
)
def test_a_file_that_cannot_be_used_ends_the_start_in_words(
    tmp_path: pathlib.Path, broken: dict[str, str], told: str
) -> None:
    flags = hardened(tmp_path)
    for name, text in broken.items():
        (tmp_path / name).write_text(text)
    with k3s_server.server(tmp_path / "data", *flags) as server, pytest.raises(RuntimeError, match=told):
        server.start()
