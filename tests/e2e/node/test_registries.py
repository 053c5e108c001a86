"""A real containerd with what registries.yaml was turned into, against registries of the test; and archives."""

import asyncio
import base64
import contextlib
import gzip
import hashlib
import http.server
import json
import threading

import pytest

from pyk3s.cri import images, runtime
from pyk3s.cri.containerd import config, importing, process, registries
from pyk3s.host import cgroups
from pyk3s.wire import grpc

pytestmark = pytest.mark.root
MANIFEST = "application/vnd.docker.distribution.manifest.v2+json"


def image(name: str) -> images.Recipe:
    return images.Recipe(name, {"/x": name.encode()}, entrypoint=("/x",))


class Registry(http.server.ThreadingHTTPServer):
    """Serves one image under `path`, to who shows the credentials."""

    def __init__(self, path: str, login: str):
        super().__init__(("127.0.0.1", 0), Handler)
        self.path, self.login, self.asked = path, "Basic " + base64.b64encode(login.encode()).decode(), []
        layer = gzip.compress(images._layer(image("pulled")))
        made = json.dumps(images._config(image("pulled"), gzip.decompress(layer))).encode()
        manifest = {
            "schemaVersion": 2,
            "mediaType": MANIFEST,
            "config": blob(made, "application/vnd.docker.container.image.v1+json"),
            "layers": [blob(layer, "application/vnd.docker.image.rootfs.diff.tar.gzip")],
        }
        self.manifest = json.dumps(manifest).encode()
        self.blobs = {digest(data): data for data in (layer, made, self.manifest)}

    @property
    def address(self) -> str:
        return f"127.0.0.1:{self.server_address[1]}"


class Handler(http.server.BaseHTTPRequestHandler):
    server: Registry

    def do_GET(self) -> None:
        self.server.asked.append(self.path)
        if self.headers.get("Authorization") != self.server.login:
            return self.answer(401, b"", ("WWW-Authenticate", 'Basic realm="test"'))
        where = self.path.partition("?")[0].removeprefix(self.server.path)
        if where == "/manifests/1":
            return self.answer(200, self.server.manifest, ("Content-Type", MANIFEST))
        found = self.server.blobs.get(where.rpartition("/")[2])
        kind = MANIFEST if where.startswith("/manifests/") else "application/octet-stream"
        return self.answer(200, found, ("Content-Type", kind)) if found else self.answer(404, b"")

    do_HEAD = do_GET

    def answer(self, code: int, body: bytes, *headers: tuple[str, str]) -> None:
        self.send_response(code)
        for header in (*headers, ("Content-Length", str(len(body))), ("Docker-Content-Digest", digest(body))):
            self.send_header(*header)
        self.end_headers()
        if self.command == "GET":
            self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Silent."""


def digest(data: bytes) -> str:
    return f"sha256:{hashlib.sha256(data).hexdigest()}"


def blob(data: bytes, kind: str) -> dict[str, object]:
    return {"mediaType": kind, "size": len(data), "digest": digest(data)}


@contextlib.asynccontextmanager
async def containerd(folder, wished=None):
    layout = config.Layout(folder / "agent", folder / "run", folder / "cni", folder / "bin")
    options = config.Options("docker.io/test/pause:1", wished or registries.Registries())
    running = process.Containerd(layout, config.detect(cgroups.detect(), "native"), options)
    await running.start()
    try:
        yield layout
    finally:
        await running._service.stop()


@pytest.fixture
def mirror():
    server = Registry("/v2/mirrors/hub/library/small", "user:word")
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield server
    server.shutdown()
    server.server_close()


def test_an_image_comes_from_the_mirror_by_path_and_credentials(tmp_path, mirror):
    parsed = {
        "mirrors": {"hub.invalid": {"endpoint": [f"http://{mirror.address}"], "rewrite": {"(.*)": "mirrors/hub/$1"}}},
        "configs": {mirror.address: {"auth": {"username": "user", "password": "word"}}},
    }

    async def scenario():
        async with containerd(tmp_path, registries.plan(parsed, default_endpoint=False)) as layout:
            cri = runtime.Runtime(grpc.Channel(str(layout.socket)))
            try:
                return await cri.pull("hub.invalid/library/small:1", None, {})
            finally:
                await cri.close()

    assert asyncio.run(scenario()).startswith("sha256:")
    assert any(path.startswith("/v2/mirrors/hub/library/small/manifests/1") for path in mirror.asked)


def test_imported_images_are_pinned_also_those_that_were_there_and_bad_archives_hinder_no_others(tmp_path, capsys):
    name = "docker.io/test/airgap:1"

    async def scenario():
        async with containerd(tmp_path) as layout:
            importer = importing.Importer(layout.socket, unpack_in=layout.root)
            layout.images.mkdir(parents=True)
            (layout.images / "a.tar").write_bytes(b"no archive")
            (layout.images / "b.tar.gz").write_bytes(gzip.compress(images.archive(image(name))))
            await importer.import_folder(layout.images)
            assert name in await importer.pinned()
            await importing.processes.run([*importer._command, "images", "label", name, f"{importing.PIN_LABEL}="])
            assert name not in await importer.pinned()
            (layout.images / "c.tar").write_bytes(images.archive(image(name)))
            await importer.import_folder(layout.images)
            return await importer.pinned()

    assert name in asyncio.run(scenario())
    assert "image archive cannot be imported" in capsys.readouterr().err
