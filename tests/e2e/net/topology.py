"""A node in a network namespace: its bridge, its pods, and a client outside of it. Nothing leaves these namespaces."""

import pathlib
import secrets
import subprocess
import sys

PEER = pathlib.Path(__file__).with_name("peer.py")
NODE, GATEWAY, CLIENT = "203.0.113.1", "10.42.0.1", "203.0.113.9"
DNS = "10.43.0.10"


class Namespace:
    """A network namespace; ended with everything that was started in it."""

    def __init__(self, label: str):
        self.name = f"net-{label}-{secrets.token_hex(2)}"
        self._children: list[subprocess.Popen[bytes]] = []
        subprocess.run(["ip", "netns", "add", self.name], check=True)
        self.ip("link set lo up")

    def ip(self, words: str) -> None:
        subprocess.run(["ip", "-n", self.name, *words.split()], check=True)

    def run(self, *words: str, feed: str | None = None, check: bool = True) -> str:
        """The output of a command run here."""
        command = ["nsenter", f"--net=/run/netns/{self.name}", *words]
        done = subprocess.run(command, input=feed, capture_output=True, text=True, timeout=60)
        assert not check or done.returncode == 0, done.stderr
        return done.stdout.strip()

    def serve(self, name: str, port: int, address: str = "0.0.0.0") -> None:
        words = [sys.executable, "-SE", str(PEER), "serve", name, address, str(port)]
        command = ["nsenter", f"--net=/run/netns/{self.name}", *words]
        child = subprocess.Popen(command, stdout=subprocess.PIPE)
        self._children.append(child)
        assert child.stdout is not None
        assert child.stdout.readline() == b"ready\n"

    def ask(self, address: str, port: int, protocol: str = "tcp", own_port: int = 0) -> str:
        """`NAME ADDRESS`: who answered and whom it saw; or the name of the error."""
        return self.run(sys.executable, "-SE", str(PEER), "ask", protocol, address, str(port), str(own_port))

    def close(self) -> None:
        for child in self._children:
            child.kill()
            child.wait()
            child.stdout.close()
        subprocess.run(["ip", "netns", "delete", self.name], check=True)


class Node(Namespace):
    """The node: `cni0` with its pods, and a link to one client outside."""

    def __init__(self) -> None:
        super().__init__("node")
        self.pods: list[Namespace] = []
        self.ip("link add cni0 type bridge")
        self.ip(f"addr add {GATEWAY}/24 dev cni0")
        self.ip("link set cni0 up")
        self.client = Namespace("client")
        self._wire("out", self.client)
        self.ip(f"addr add {NODE}/24 dev out")
        self.client.ip(f"addr add {CLIENT}/24 dev eth0")
        self.client.ip(f"route add 10.43.0.0/16 via {NODE}")

    def add_pod(self, address: str) -> Namespace:
        """A pod on the bridge, as the CNI plugin `bridge` with hairpin mode would connect it."""
        pod = Namespace("pod")
        self.pods.append(pod)
        port = f"veth{len(self.pods)}"
        self._wire(port, pod)
        self.ip(f"link set {port} master cni0")
        self.ip(f"link set {port} type bridge_slave hairpin on")
        pod.ip(f"addr add {address}/24 dev eth0")
        pod.ip(f"route add default via {GATEWAY}")
        return pod

    def _wire(self, port: str, other: Namespace) -> None:
        self.ip(f"link add {port} type veth peer name eth0 netns {other.name}")
        self.ip(f"link set {port} up")
        other.ip("link set eth0 up")

    def nft(self, script: str) -> None:
        self.run("nft", "-f", "-", feed=script + "\n")

    def close(self) -> None:
        for pod in self.pods:
            pod.close()
        self.client.close()
        super().close()
