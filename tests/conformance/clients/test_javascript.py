"""@kubernetes/client-node, installed by npm into a temporary folder."""

import pathlib
import shutil
import subprocess

import pytest

SOURCE = pathlib.Path(__file__).parent / "javascript"
INSTALL_LIMIT_S, RUN_LIMIT_S = 120, 60


@pytest.fixture
def installed(tmp_path):
    """A folder with the script and the packages that it needs."""
    if not (npm := shutil.which("npm")) or not shutil.which("node"):
        pytest.skip("needs node and npm")
    folder = tmp_path / "javascript"
    shutil.copytree(SOURCE, folder)
    words = [npm, "install", "--no-audit", "--no-fund", "--no-package-lock"]
    done = subprocess.run(words, cwd=folder, capture_output=True, text=True, timeout=INSTALL_LIMIT_S)
    if done.returncode:
        pytest.skip(f"npm cannot install: {done.stderr.strip()[-200:]}")
    yield folder
    shutil.rmtree(folder)


def test_client_node_creates_changes_watches_and_deletes(installed, plane, namespace_name):
    done = subprocess.run(
        ["node", "test.mjs", namespace_name],
        cwd=installed,
        env=plane.environment,
        capture_output=True,
        text=True,
        timeout=RUN_LIMIT_S,
    )
    assert done.returncode == 0, done.stderr + done.stdout
