"""A host of its own for each test: a network namespace with one address, in which a whole server runs.

Ports, bridge, nft tables and links live in the namespace, data below a temporary folder, so tests can run side by side.
Nothing leaves the namespace: both ends of its one link are inside.
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
KUBECTL_FOLDERS = ("/usr/lib/google-cloud-sdk/bin", "/usr/local/bin", "/usr/bin")


class Host:
    """A network namespace to run commands in. Mounts and cgroups stay those of the machine."""

    def __init__(self, folder: pathlib.Path):
        self.name = f"k3s-{secrets.token_hex(3)}"
        self.folder = folder
        for command in (
            f"ip netns add {self.name}",
            f"ip -n {self.name} link set lo up",
            f"ip -n {self.name} link add eth0 type veth peer name eth0-far",
            f"ip -n {self.name} link set eth0-far up",
            f"ip -n {self.name} addr add {ADDRESS}/24 dev eth0",
            f"ip -n {self.name} link set eth0 up",
            f"ip -n {self.name} route add default via 198.51.100.1",
        ):
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


class Server:
    """`k3s server` in a host, its log in a file."""

    def __init__(self, host: Host, *flags: str):
        self.host, self.flags = host, flags
        self.data = host.folder / "data"
        self.kubeconfig = host.folder / "k3s.yaml"
        self.config = host.folder / "config.yaml"
        self.config.touch()
        self.log = host.folder / "server.log"
        self.process: subprocess.Popen[bytes] | None = None

    def add_image(self, recipe: images.Recipe) -> None:
        """Place an archive where the agent imports it from at start."""
        folder = self.data / "agent/images"
        folder.mkdir(parents=True, exist_ok=True)
        name = recipe.name.replace("/", "_").replace(":", "_")
        (folder / f"{name}.tar").write_bytes(images.archive(recipe))

    def start(self) -> None:
        k3s = pathlib.Path(sys.executable).with_name("k3s")
        places = ["--data-dir", str(self.data), "--write-kubeconfig", str(self.kubeconfig)]
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                self.host.command(str(k3s), "server", *places, *self.flags),
                stdout=log,
                stderr=log,
                env={**os.environ, "K3S_CONFIG_FILE": str(self.config)},
            )

    def kill(self) -> None:
        """As the kernel's out-of-memory killer would: the supervisor, and with it its children."""
        self._signal(signal.SIGKILL)

    def stop(self) -> None:
        self._signal(signal.SIGTERM)

    def _signal(self, number: signal.Signals) -> None:
        if self.process and self.process.poll() is None:
            self.process.send_signal(number)
            self.process.wait(60)

    def wait_ready(self, timeout: float = 120) -> None:
        """Until kubectl shows the node Ready."""
        eventually(lambda: " Ready " in self.kubectl("get", "nodes", check=False).stdout, timeout, self.told)

    def kubectl(self, *words: str, version: str = "", check: bool = True, timeout: float = 60, feed: str | None = None):
        """One kubectl command; `version` such as 1.27 chooses which."""
        return self.host.run(*self.kubectl_words(*words, version=version), check=check, timeout=timeout, feed=feed)

    def kubectl_words(self, *words: str, version: str = "") -> list[str]:
        return [find_kubectl(version), "--kubeconfig", str(self.kubeconfig), *words]

    def told(self) -> str:
        """The end of the server's log, for failure messages."""
        return "\n".join(self.log.read_text(errors="replace").splitlines()[-40:]) if self.log.exists() else ""

    def close(self) -> None:
        """Stop, then end what outlives a server on purpose: pods, their mounts."""
        self.stop()
        script = pathlib.Path(__file__).parents[2] / "packaging/k3s-killall.sh"
        self.host.run("env", f"K3S_DATA_DIR={self.data}", str(script), timeout=120)
        shutil.rmtree(self.data)


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
