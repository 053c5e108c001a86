"""Hosts for tests: network namespaces in which whole servers and agents run.

Ports, bridge, nft tables and links live in the namespace, data below a temporary folder, so tests can run side by side.
Nothing leaves: the link of a host leads to nowhere, or to the `Lan` that it shares with others.
"""

import contextlib
import os
import pathlib
import secrets
import shutil
import signal
import subprocess
import sys
import time

from pyk3s.cri import images

ADDRESS = "198.51.100.10"  # TEST-NET-2 of RFC 5737
IMAGE = "docker.io/test/busybox:1"
K3S = pathlib.Path(sys.executable).with_name("k3s")
KUBECTL_FOLDERS = ("/usr/lib/google-cloud-sdk/bin", "/usr/local/bin", "/usr/bin")


class Lan:
    """A bridge in a network namespace of its own, which hosts can be plugged into."""

    def __init__(self) -> None:
        self.name = f"k3s-{secrets.token_hex(3)}-lan"
        self._plugs = 0
        for command in (
            f"ip netns add {self.name}",
            f"ip -n {self.name} link add lan type bridge",
            f"ip -n {self.name} link set lan up",
        ):
            subprocess.run(command.split(), check=True)

    def plug(self, host: str) -> None:
        """Give a host the link eth0, whose other end is in the bridge."""
        self._plugs += 1
        plug = f"plug{self._plugs}"
        for command in (
            f"ip -n {host} link add eth0 type veth peer name {plug} netns {self.name}",
            f"ip -n {self.name} link set {plug} master lan up",
        ):
            subprocess.run(command.split(), check=True)

    def close(self) -> None:
        subprocess.run(["ip", "netns", "delete", self.name], check=True)


class Host:
    """A network namespace to run commands in. Mounts and cgroups stay those of the machine."""

    def __init__(self, folder: pathlib.Path, address: str = ADDRESS, lan: Lan | None = None):
        self.name = f"k3s-{secrets.token_hex(3)}"
        self.folder, self.address = folder, address
        self._run(f"ip netns add {self.name}", f"ip -n {self.name} link set lo up")
        if lan is None:
            self._run(
                f"ip -n {self.name} link add eth0 type veth peer name eth0-far",
                f"ip -n {self.name} link set eth0-far up",
            )
        else:
            lan.plug(self.name)
        self._run(f"ip -n {self.name} link set eth0 up")
        self._take(address)

    def move(self, address: str) -> None:
        """Lose the address for another one."""
        self._run(f"ip -n {self.name} addr del {self.address}/24 dev eth0")
        self._take(address)
        self.address = address

    def _take(self, address: str) -> None:
        self._run(
            f"ip -n {self.name} addr add {address}/24 dev eth0",
            f"ip -n {self.name} route replace default via 198.51.100.1",
        )

    @staticmethod
    def _run(*commands: str) -> None:
        for command in commands:
            subprocess.run(command.split(), check=True)

    def command(self, *words: str) -> list[str]:
        return ["nsenter", f"--net=/run/netns/{self.name}", *words]

    def run(self, *words: str, timeout: float = 60, check: bool = True, feed: str | None = None):
        """Run to the end; returns the completed process with text output."""
        done = subprocess.run(self.command(*words), capture_output=True, text=True, timeout=timeout, input=feed)
        if check and done.returncode:
            raise AssertionError(f"{' '.join(words)} ended with {done.returncode}: {done.stderr}{done.stdout}")
        return done

    def close(self) -> None:
        subprocess.run(["ip", "netns", "delete", self.name], check=True)


class Node:
    """`k3s server` or `k3s agent` in a host, its log in a file."""

    command = ""

    def __init__(self, host: Host, *flags: str):
        self.host, self.flags, self.program = host, flags, K3S
        self.data = host.folder / "data"
        self.config = host.folder / "config.yaml"
        self.config.touch()
        self.log = host.folder / f"{self.command}.log"
        self.process: subprocess.Popen[bytes] | None = None

    def add_image(self, recipe: images.Recipe) -> None:
        """Place an archive where the agent imports it from at start."""
        folder = self.data / "agent/images"
        folder.mkdir(parents=True, exist_ok=True)
        name = recipe.name.replace("/", "_").replace(":", "_")
        (folder / f"{name}.tar").write_bytes(images.archive(recipe))

    def start(self) -> None:
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                self.host.command(str(self.program), self.command, *self.places(), *self.flags),
                stdout=log,
                stderr=log,
                env={**os.environ, "K3S_CONFIG_FILE": str(self.config)},
            )

    def places(self) -> list[str]:
        return ["--data-dir", str(self.data)]

    def kill(self) -> None:
        """As the kernel's out-of-memory killer would: the supervisor, and with it its children."""
        self._signal(signal.SIGKILL)

    def stop(self) -> None:
        self._signal(signal.SIGTERM)

    def ended(self, timeout: float = 60) -> int:
        """The exit status of one that ends by itself."""
        assert self.process is not None
        return self.process.wait(timeout)

    def _signal(self, number: signal.Signals) -> None:
        if self.process and self.process.poll() is None:
            self.process.send_signal(number)
            self.process.wait(60)

    def told(self) -> str:
        """The end of the log, for failure messages."""
        return "\n".join(self.log.read_text(errors="replace").splitlines()[-40:]) if self.log.exists() else ""

    def close(self) -> None:
        """Stop, then end what outlives a node on purpose: pods, their mounts."""
        self.stop()
        script = pathlib.Path(__file__).parents[2] / "packaging/k3s-killall.sh"
        self.host.run("env", f"K3S_DATA_DIR={self.data}", str(script), timeout=120)
        shutil.rmtree(self.data)


class Server(Node):
    """A server, with kubectl for it."""

    command = "server"

    def __init__(self, host: Host, *flags: str):
        super().__init__(host, *flags)
        self.kubeconfig = host.folder / "k3s.yaml"

    def places(self) -> list[str]:
        return [*super().places(), "--write-kubeconfig", str(self.kubeconfig)]

    def wait_ready(self, timeout: float = 120) -> None:
        """Until kubectl shows the node Ready."""
        eventually(lambda: " Ready " in self.kubectl("get", "nodes", check=False).stdout, timeout, self.told)

    def kubectl(self, *words: str, version: str = "", check: bool = True, timeout: float = 60, feed: str | None = None):
        """One kubectl command; `version` such as 1.27 chooses which."""
        return self.host.run(*self.kubectl_words(*words, version=version), check=check, timeout=timeout, feed=feed)

    def kubectl_words(self, *words: str, version: str = "") -> list[str]:
        return [find_kubectl(version), "--kubeconfig", str(self.kubeconfig), *words]

    def token(self, name: str = "node-token") -> str:
        return (self.data / "server" / name).read_text().strip()


class Agent(Node):
    """An agent that joins a server."""

    command = "agent"

    def __init__(self, host: Host, server: str, token: str, *flags: str):
        super().__init__(host, "--server", server, *(["--token", token] if token else []), *flags)


def busybox(name: str = IMAGE) -> images.Recipe:
    """An image with Debian's static busybox and its applets."""
    program = pathlib.Path(shutil.which("busybox") or "/bin/busybox")
    applets = subprocess.run([program, "--list"], capture_output=True, text=True, check=True).stdout.split()
    links = {f"/bin/{applet}": "busybox" for applet in applets if applet != "busybox"}
    return images.Recipe(
        name, {"/bin/busybox": program.read_bytes()}, entrypoint=("/bin/sh",), links=links, folders=("/tmp",)
    )


def kubectl_versions() -> list[str]:
    """The versions that this machine has by number, such as 1.27; empty if there is only a plain kubectl."""
    found = {
        path.name.removeprefix("kubectl.")
        for folder in KUBECTL_FOLDERS
        for path in pathlib.Path(folder).glob("kubectl.1.*")
    }
    return sorted(found, key=lambda text: int(text.partition(".")[2]))


def find_kubectl(version: str = "") -> str:
    for folder in KUBECTL_FOLDERS:
        path = pathlib.Path(folder, f"kubectl.{version}" if version else "kubectl")
        if path.exists():
            return str(path)
    raise FileNotFoundError(f"no kubectl {version} on this machine")


def eventually(holds, timeout: float = 60, told=lambda: "") -> None:
    """Ask again and again until it holds; fails with what `told` says."""
    deadline = time.monotonic() + timeout
    while True:
        with contextlib.suppress(AssertionError, subprocess.TimeoutExpired):
            if holds():
                return
        if time.monotonic() > deadline:
            raise AssertionError(f"did not come to hold within {timeout} s\n{told()}")
        time.sleep(0.3)
