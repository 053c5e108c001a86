"""Runs the node part in a thread of its own and speaks to it as an API server's users would."""

import asyncio
import contextlib
import datetime
import json
import pathlib
import secrets
import ssl
import subprocess
import threading
import time
import urllib.error
import urllib.request

from memory_api import MemoryApi
from ports import free_port

from pyk3s.cri import images
from pyk3s.node import run
from pyk3s.node.settings import NodeSettings
from pyk3s.pki import provision

IMAGE = "docker.io/test/busybox:1"
PODS = "/api/v1/namespaces/default/pods"
WAIT_SECONDS = 30.0


class Play:
    """A node and its API."""

    def __init__(self, folder: pathlib.Path):
        self.folder = folder
        self.bridge = f"kt{secrets.token_hex(4)}"
        self.api = MemoryApi()
        self.settings = self._settings()
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._task: asyncio.Task | None = None

    def _settings(self) -> NodeSettings:
        tls, data = self.folder / "tls", self.folder / "data"
        identity = provision.Identity("n1", ("127.0.0.1",), ("127.0.0.1",))
        now = datetime.datetime.now(datetime.UTC)
        provision.provision_server(tls, identity, now)
        provision.provision_node(tls, data / "agent", identity, now)
        agent = data / "agent"
        settings = NodeSettings(
            node_name="n1",
            node_ip="127.0.0.1",
            data_dir=data,
            run_dir=pathlib.Path(f"/run/{self.bridge}"),  # sockets need short paths
            kubelet_dir=self.folder / "kubelet",
            pod_log_dir=self.folder / "logs",
            kubelet_address="127.0.0.1",
            kubelet_port=free_port(),
            serving_certificate=agent / "serving-kubelet.crt",
            serving_key=agent / "serving-kubelet.key",
            client_ca=agent / "client-ca.crt",
        )
        self._write_network(settings)
        folder = agent / "images"
        folder.mkdir(parents=True)
        (folder / "busybox.tar").write_bytes(images.archive(busybox()))
        return settings

    def _write_network(self, settings: NodeSettings) -> None:
        net = secrets.randbelow(200) + 20
        ipam = {
            "type": "host-local",
            "dataDir": str(self.folder / "ipam"),
            "ranges": [[{"subnet": f"10.197.{net}.0/24"}]],
        }
        bridge = {"type": "bridge", "bridge": self.bridge, "isGateway": True, "ipam": ipam}
        config = {"cniVersion": "0.4.0", "name": self.bridge, "plugins": [bridge]}
        settings.cni_dir.mkdir(parents=True)
        (settings.cni_dir / "10-test.conflist").write_text(json.dumps(config))

    def start(self) -> None:
        """Start the node and wait until it takes pods."""
        if not self._thread.is_alive():
            self._thread.start()
        ready = threading.Event()
        self._task = self.do(self._begin(ready.set))
        deadline = time.monotonic() + WAIT_SECONDS
        while not ready.wait(0.05):
            if self._task.done():
                self._task.result()
            assert time.monotonic() < deadline, "the node is not ready"

    async def _begin(self, ready):
        return asyncio.get_running_loop().create_task(run.run(self.api, self.settings, ready=ready))

    def do(self, work):
        """The result of a coroutine in the node's loop."""
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(WAIT_SECONDS)

    def stop(self) -> None:
        """Stop the node part, as a restart of the agent would; containerd stops with it, pods go on."""
        task = self._task

        async def ended():
            task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await task

        self.do(ended())

    def close(self) -> None:
        self.stop()
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()
        subprocess.run(["ip", "link", "delete", self.bridge], check=False, capture_output=True)
        subprocess.run(["rm", "-rf", str(self.settings.run_dir)], check=False)

    # Pods.

    def create(self, name: str, spec: dict, **metadata) -> None:
        whole = {"nodeName": "n1", "terminationGracePeriodSeconds": 2, **spec}
        for container in (*whole.get("initContainers", ()), *whole["containers"]):
            container.setdefault("image", IMAGE)
            container.setdefault("imagePullPolicy", "IfNotPresent")
        meta = {"name": name, "generation": 1, "labels": {}, "annotations": {}, **metadata}
        self.do(self.api.create(PODS, {"metadata": meta, "spec": whole, "status": {"phase": "Pending"}}))

    def pod(self, name: str) -> dict:
        return self.do(self.api.get(f"{PODS}/{name}"))

    def status(self, name: str) -> dict:
        return self.pod(name)["status"]

    def container(self, name: str, index: int = 0) -> dict:
        return self.status(name)["containerStatuses"][index]

    def delete(self, name: str, grace: int | None = None) -> None:
        options = None if grace is None else {"gracePeriodSeconds": grace}
        self.do(self.api.delete(f"{PODS}/{name}", options))

    def exists(self, name: str) -> bool:
        return f"{PODS}/{name}" in self.api.objects

    def names(self) -> list[str]:
        return [key.rpartition("/")[2] for key in list(self.api.objects) if key.startswith(f"{PODS}/")]

    def delete_all(self) -> None:
        for name in self.names():
            if not self.pod(name)["metadata"].get("deletionTimestamp"):
                self.delete(name, 1)
        self.until(lambda: not self.names())

    def until(self, holds, what: str = "") -> None:
        """Wait until something holds."""
        deadline = time.monotonic() + WAIT_SECONDS
        while not _true(holds):
            assert time.monotonic() < deadline, what or json.dumps({name: self.status(name) for name in self.names()})
            time.sleep(0.02)

    def ready(self, name: str) -> bool:
        return any(each["type"] == "Ready" and each["status"] == "True" for each in self.status(name)["conditions"])

    def run_to_end(self, name: str, script: str, **container) -> str:
        """The output of a pod that runs a script once."""
        spec = {"restartPolicy": "Never", **container.pop("pod", {})}
        self.create(name, {**spec, "containers": [{"name": "c", "command": ["sh", "-c", script], **container}]})
        self.until(lambda: self.status(name)["phase"] in ("Succeeded", "Failed"))
        return self.log(name)

    def log(self, name: str, container: str = "c", **query) -> str:
        text = "&".join(f"{key}={value}" for key, value in query.items())
        return self.call(f"/containerLogs/default/{name}/{container}?{text}")[1]

    def call(self, path: str, *, certificate: str = "client-kube-apiserver") -> tuple[int, str]:
        """A request to the kubelet's server: status and text."""
        url = f"https://127.0.0.1:{self.settings.kubelet_port}{path}"
        try:
            with urllib.request.urlopen(url, context=self.tls(certificate)) as answer:
                return answer.status, answer.read().decode()
        except urllib.error.HTTPError as error:
            with error:
                return error.code, error.read().decode()

    def tls(self, certificate: str) -> ssl.SSLContext:
        tls = self.folder / "tls"
        context = ssl.create_default_context(cafile=tls / "server-ca.crt")
        if certificate:
            context.load_cert_chain(tls / f"{certificate}.crt", tls / f"{certificate}.key")
        return context

    def events(self, reason: str) -> list[str]:
        return [event["message"] for event in list(self.api.events) if event["reason"] == reason]


def busybox() -> images.Recipe:
    """Debian's static busybox as an image."""
    program = pathlib.Path("/usr/bin/busybox")
    names = subprocess.run([program, "--list"], capture_output=True, text=True, check=True).stdout.split()
    files = {
        "/bin/busybox": program.read_bytes(),
        "/etc/passwd": b"root:x:0:0:root:/root:/bin/sh\nnobody:x:65534:65534:nobody:/:/bin/false\n",
        "/etc/group": b"root:x:0:\n",
    }
    links = {f"/bin/{name}": "busybox" for name in names if name != "busybox"}
    return images.Recipe(IMAGE, files, entrypoint=(), command=("sh",), links=links, folders=("/tmp", "/root", "/proc"))


def _true(holds) -> bool:
    try:
        return bool(holds())
    except KeyError:
        return False  # the status does not tell yet
