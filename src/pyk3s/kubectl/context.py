"""What every command stands on: streams, environment, the chosen cluster, and what it serves."""

from collections.abc import Mapping
from typing import IO, TYPE_CHECKING, Any

from pyk3s.kubectl import durations, kubeconfig
from pyk3s.kubectl.arguments import Flag, Flags
from pyk3s.kubectl.errors import CommandError

if TYPE_CHECKING:  # a command such as `config view` needs neither
    from pyk3s.kubectl.discovery import Discovery
    from pyk3s.kubectl.server import Server

JSON = dict[str, Any]

GLOBAL_FLAGS = (
    Flag("kubeconfig", text="Path to the kubeconfig file to use"),
    Flag("context", text="The kubeconfig context to use"),
    Flag("cluster", text="The kubeconfig cluster to use"),
    Flag("user", text="The kubeconfig user to use"),
    Flag("namespace", "n", text="The namespace of this request"),
    Flag("server", "s", text="Address of the API server"),
    Flag("token", text="Bearer token for the API server"),
    Flag("username", text="Name for basic authentication"),
    Flag("password", text="Password for basic authentication"),
    Flag("as", text="User to act as"),
    Flag("as-group", "", "stringArray", text="Group to act as; may be repeated"),
    Flag("as-uid", text="UID to act as"),
    Flag("certificate-authority", text="File with the authority that vouches for the server"),
    Flag("client-certificate", text="File with a client certificate"),
    Flag("client-key", text="File with the client certificate's key"),
    Flag("insecure-skip-tls-verify", "", "bool", text="Do not check the server's certificate"),
    Flag("tls-server-name", text="Name that the server's certificate must carry"),
    Flag("request-timeout", default="0", text="How long to wait for one answer; 0 is for ever"),
    Flag("cache-dir", text="Accepted for kubectl's sake: nothing is cached on disk"),
    Flag("warnings-as-errors", "", "bool", text="End with status 1 if the server warned"),
    Flag("v", "v", "int", "0", text="How much to tell; from 6 on every request"),
)


class Context:
    """One run of kubectl."""

    def __init__(self, out: IO[str], err: IO[str], stdin: IO[bytes], environment: Mapping[str, str]):
        self.out, self.err, self.stdin, self.environment = out, err, stdin, environment
        self.flags = Flags(GLOBAL_FLAGS, {})
        self.warned = False
        self._config: JSON | None = None
        self._resolved: kubeconfig.Resolved | None = None
        self._server: Server | None = None
        self._discovery: Discovery | None = None

    def say(self, text: str) -> None:
        """A line to standard output."""
        self.out.write(f"{text}\n")

    def write(self, data: bytes) -> None:
        """Bytes to standard output as they are, where it takes bytes."""
        raw = getattr(self.out, "buffer", None)
        if raw is None:
            self.out.write(data.decode("utf-8", "replace"))
            return
        self.out.flush()
        raw.write(data)
        raw.flush()

    def write_error(self, data: bytes) -> None:
        """Bytes to standard error as they are, where it takes bytes."""
        raw = getattr(self.err, "buffer", None)
        if raw is None:
            self.err.write(data.decode("utf-8", "replace"))
            return
        raw.write(data)
        raw.flush()

    def complain(self, text: str) -> None:
        """A line to standard error, after what was said before it."""
        self.out.flush()
        self.err.write(f"{text}\n")
        self.err.flush()

    @property
    def config(self) -> JSON:
        """The merged kubeconfig."""
        if self._config is None:
            self._config = kubeconfig.load(self.flags.text("kubeconfig"), self.environment)
        return self._config

    @property
    def resolved(self) -> kubeconfig.Resolved:
        if self._resolved is None:
            self._resolved = kubeconfig.resolve(self.config, overrides(self.flags), self.environment)
        return self._resolved

    @property
    def namespace(self) -> str:
        """The namespace to act in where an object does not say."""
        return self.flags.text("namespace") or self.resolved.namespace

    @property
    def namespace_given(self) -> bool:
        return bool(self.flags.text("namespace"))

    @property
    def server(self) -> "Server":
        """The API server, connected at the first request."""
        if self._server is None:
            from pyk3s.kubectl import connecting, server

            self._server = server.Server(
                connecting.connect(self.resolved),
                str(self.resolved.cluster["server"]).rstrip("/"),
                timeout=_timeout(self.flags.text("request-timeout")),
                complain=self._heed,
                verbose=self.flags.number("v"),
            )
        return self._server

    async def discovery(self) -> "Discovery":
        """What the server serves; asked once."""
        if self._discovery is None:
            from pyk3s.kubectl import discovery

            self._discovery = await discovery.fetch(self.server, self._heed)
        return self._discovery

    def forget_discovery(self) -> None:
        """Ask anew, because kinds have been defined meanwhile."""
        self._discovery = None

    async def close(self) -> None:
        if self._server is not None:
            await self._server.close()

    def _heed(self, text: str) -> None:
        self.warned = self.warned or text.startswith("Warning: ")
        self.complain(text)


def overrides(flags: Flags) -> kubeconfig.Overrides:
    """What the global flags say instead of the kubeconfig."""
    cluster: JSON = {
        "server": flags.text("server"),
        "certificate-authority": flags.text("certificate-authority"),
        "insecure-skip-tls-verify": flags.on("insecure-skip-tls-verify"),
        "tls-server-name": flags.text("tls-server-name"),
    }
    user: JSON = {
        name: flags.text(name) for name in ("token", "client-certificate", "client-key", "username", "password")
    }
    user |= {"as": flags.text("as"), "as-uid": flags.text("as-uid"), "as-groups": flags.many("as-group")}
    if user["token"]:
        user["tokenFile"] = ""
    chosen = {name: value for name, value in user.items() if value}
    for name in ("client-certificate", "client-key"):
        if name in chosen:
            chosen[f"{name}-data"] = ""
    given = {name: value for name, value in cluster.items() if value}
    if "certificate-authority" in given:
        given["certificate-authority-data"] = ""
    return kubeconfig.Overrides(flags.text("context"), flags.text("cluster"), flags.text("user"), given, chosen)


def _timeout(text: str) -> float | None:
    try:
        return durations.timeout(text)
    except ValueError as error:
        raise CommandError(
            "Invalid timeout value. Timeout must be a single integer in seconds, or an integer followed by a "
            "corresponding time unit (e.g. 1s | 2m | 3h)"
        ) from error
