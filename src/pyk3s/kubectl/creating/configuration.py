"""ConfigMaps and Secrets out of literals and files."""

import base64
import json
import pathlib
from typing import Any

from pyk3s.kubectl.arguments import SWITCH, Flag
from pyk3s.kubectl.command import Call, Group
from pyk3s.kubectl.creating import generator, sources
from pyk3s.kubectl.errors import CommandError

JSON = dict[str, Any]
HASH = Flag("append-hash", "", SWITCH, text="Refused: name the object yourself")
DEFAULT_REGISTRY = "https://index.docker.io/v1/"


def _refuse_hash(call: Call) -> None:
    if call.flags.on("append-hash"):
        raise CommandError("--append-hash is refused by the built-in kubectl: put the hash into the name yourself")


def config_map(call: Call, name: str) -> JSON:
    """A ConfigMap; what is not UTF-8 becomes binaryData."""
    _refuse_hash(call)
    data, binary = {}, {}
    for key, value in sources.read(call, f'ConfigMap "{name}"').items():
        try:
            data[key] = value.decode()
        except UnicodeDecodeError:
            binary[key] = base64.b64encode(value).decode()
    obj: JSON = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name}}
    if data:
        obj["data"] = data
    if binary:
        obj["binaryData"] = binary
    return obj


def _secret(name: str, data: dict[str, bytes], type_: str = "") -> JSON:
    obj: JSON = {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": name}}
    if data:
        obj["data"] = {key: base64.b64encode(value).decode() for key, value in data.items()}
    return obj | ({"type": type_} if type_ else {})


def generic(call: Call, name: str) -> JSON:
    _refuse_hash(call)
    return _secret(name, sources.read(call, f'Secret "{name}"'), call.flags.text("type"))


def tls(call: Call, name: str) -> JSON:
    """A Secret of a certificate and its key, which must fit together."""
    _refuse_hash(call)
    certificate, key = (_pem(call, flag) for flag in ("cert", "key"))
    _check_pair(call.flags.text("cert"), call.flags.text("key"))
    return _secret(name, {"tls.crt": certificate, "tls.key": key}, "kubernetes.io/tls")


def _pem(call: Call, flag: str) -> bytes:
    path = call.flags.text(flag)
    if not path:
        raise CommandError("key and cert must be specified")
    try:
        return pathlib.Path(path).read_bytes()
    except OSError as error:
        raise CommandError(f"open {path}: {(error.strerror or '').lower()}") from error


def _check_pair(certificate: str, key: str) -> None:
    import ssl

    try:
        ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).load_cert_chain(certificate, key)
    except (ssl.SSLError, OSError) as error:
        raise CommandError(f"tls: the certificate and the key do not fit together: {error}") from error


def docker_registry(call: Call, name: str) -> JSON:
    """A Secret with the credentials of an image registry."""
    flags = call.flags
    _refuse_hash(call)
    if flags.given("from-file"):
        found = sources.read(call, f'Secret "{name}"')
        config = next(iter(found.values()), b"")
        return _secret(name, {".dockerconfigjson": config}, "kubernetes.io/dockerconfigjson")
    missing = [flag for flag in ("docker-username", "docker-password") if not flags.text(flag)]
    if missing:
        raise CommandError(
            "either --from-file or the combination of --docker-username, --docker-password and --docker-server "
            "is required"
        )
    user, password = flags.text("docker-username"), flags.text("docker-password")
    credentials = {"username": user, "password": password}
    if flags.text("docker-email"):
        credentials["email"] = flags.text("docker-email")
    credentials["auth"] = base64.b64encode(f"{user}:{password}".encode()).decode()
    config = json.dumps({"auths": {flags.text("docker-server"): credentials}}, separators=(",", ":")).encode()
    return _secret(name, {".dockerconfigjson": config}, "kubernetes.io/dockerconfigjson")


CONFIG_MAP = generator.command(
    "NAME [--from-file=[key=]source] [--from-literal=key1=value1]",
    "Create a config map from a local file, directory or literal value",
    (*sources.FLAGS, HASH),
    generator.pure(config_map),
)
SECRET = Group(
    "Create a secret using a specified subcommand",
    {
        "generic": generator.command(
            "NAME [--type=string] [--from-file=[key=]source] [--from-literal=key1=value1]",
            "Create a secret from a local file, directory, or literal value",
            (*sources.FLAGS, HASH, Flag("type", text="The type of the secret")),
            generator.pure(generic),
        ),
        "tls": generator.command(
            "NAME --cert=path/to/cert/file --key=path/to/key/file",
            "Create a TLS secret",
            (Flag("cert", text="File with the certificate"), Flag("key", text="File with its key"), HASH),
            generator.pure(tls),
        ),
        "docker-registry": generator.command(
            "NAME --docker-username=user --docker-password=password [--docker-server=string]",
            "Create a secret for use with a Docker registry",
            (
                *sources.FLAGS,
                HASH,
                Flag("docker-server", default=DEFAULT_REGISTRY, text="Address of the registry"),
                Flag("docker-username", text="Name at the registry"),
                Flag("docker-password", text="Password at the registry"),
                Flag("docker-email", text="Mail address at the registry"),
            ),
            generator.pure(docker_registry),
        ),
    },
)
