"""Root, containerd, runc and nft are real here; what is missing skips the tests and says so."""

import os
import shutil

import hosts
import pytest

NEEDED = ("containerd", "runc", "nft", "ip", "nsenter", "busybox", "catatonit")


def pytest_collection_modifyitems(items):
    reason = _reason_to_skip()
    for item in items:
        if reason and item.get_closest_marker("root"):
            item.add_marker(pytest.mark.skip(reason=reason))


def _reason_to_skip():
    if os.geteuid():
        return "needs root"
    path = os.pathsep.join([os.environ["PATH"], "/usr/sbin", "/sbin"])
    missing = [name for name in NEEDED if not shutil.which(name, path=path)]
    return f"needs {', '.join(missing)}" if missing else ""


@pytest.fixture(scope="module")
def host(tmp_path_factory):
    made = hosts.Host(tmp_path_factory.mktemp("host"))
    yield made
    made.close()


@pytest.fixture(scope="module")
def server(host):
    """A Ready server with the busybox image."""
    made = hosts.Server(host)
    made.add_image(hosts.busybox())
    made.start()
    try:
        made.wait_ready()
        yield made
    finally:
        made.close()
