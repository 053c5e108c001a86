"""One server for all clients, and one with controllers for those that wait for something to happen."""

import itertools
import pathlib
import subprocess
import sys
from typing import NamedTuple

import control_plane
import hosts
import pytest
from kubectl_runner import Kubectl

ALL_VERSIONS = hosts.kubectl_versions()
OLDEST_AND_NEWEST = sorted({*ALL_VERSIONS[:1], *ALL_VERSIONS[-1:]})
BUILT_IN = "built-in"
# What the built-in kubectl refuses or does not know.
BEYOND_BUILT_IN = {
    "test_a_proxy_passes_plain_requests_on",
    "test_access_is_reconciled_from_a_file",
    "test_image_environment_resources_account_and_selector_are_set",
    "test_one_object_is_shown_in_every_form",  # as Go templates too
    "test_pruning_removes_what_is_no_longer_named",
    "test_subjects_are_added_to_a_binding",
}
_numbers = itertools.count(1)


@pytest.fixture(scope="session")
def plane(tmp_path_factory):
    """The API server alone."""
    with control_plane.running(tmp_path_factory.mktemp("api"), *control_plane.API_ONLY) as running:
        yield running


@pytest.fixture(scope="session")
def cluster(tmp_path_factory):
    """The API server, scheduler and controllers."""
    with control_plane.running(tmp_path_factory.mktemp("cluster")) as running:
        yield running


def _kubectl(version: str, plane: control_plane.ControlPlane, *, controlled: bool = False) -> Kubectl:
    """That kubectl in a new namespace, with the service account that a controller would make where one runs."""
    program = _built_in(plane.folder) if version == BUILT_IN else hosts.find_kubectl(version)
    client = Kubectl(program, plane, f"clients-{next(_numbers)}")
    client("create", "namespace", client.namespace)
    if not controlled:
        client("create", "serviceaccount", "default")
    return client


def _built_in(folder: pathlib.Path) -> str:
    """A program that is the built-in kubectl."""
    program = folder / "kubectl-built-in"
    k3s = pathlib.Path(sys.executable).with_name("k3s")
    program.write_text(f'#!/bin/sh\nK3S_KUBECTL=builtin exec {k3s} kubectl "$@"\n')
    program.chmod(0o755)
    return str(program)


def pytest_generate_tests(metafunc):
    built_in = [BUILT_IN] if metafunc.function.__name__ not in BEYOND_BUILT_IN else []
    for fixture, versions in (("version", OLDEST_AND_NEWEST + built_in), ("every_version", ALL_VERSIONS)):
        if fixture in metafunc.fixturenames:
            none = [pytest.param("", marks=pytest.mark.skip(reason="no kubectl.1.N on this machine"))]
            metafunc.parametrize(fixture, versions or none)


@pytest.fixture
def kubectl(version, plane):
    """kubectl of the oldest and of the newest version here, in a namespace of its own."""
    return _kubectl(version, plane)


@pytest.fixture
def any_kubectl(every_version, plane):
    """kubectl of each version here."""
    return _kubectl(every_version, plane)


@pytest.fixture
def newest_kubectl(plane):
    if not ALL_VERSIONS:
        pytest.skip("no kubectl.1.N on this machine")
    return _kubectl(ALL_VERSIONS[-1], plane)


@pytest.fixture
def controlled_kubectl(version, cluster):
    """kubectl where controllers act."""
    return _kubectl(version, cluster, controlled=True)


@pytest.fixture
def newest_controlled_kubectl(cluster):
    if not ALL_VERSIONS:
        pytest.skip("no kubectl.1.N on this machine")
    return _kubectl(ALL_VERSIONS[-1], cluster, controlled=True)


@pytest.fixture
def namespace_name():
    """A name that no other test has."""
    return f"clients-{next(_numbers)}"


class Certificate(NamedTuple):
    public: pathlib.Path
    private: pathlib.Path


@pytest.fixture
def certificate(tmp_path):
    """A self-signed certificate in two files."""
    made = Certificate(tmp_path / "tls.crt", tmp_path / "tls.key")
    command = "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 1 -subj /CN=shop.test"
    subprocess.run([*command.split(), "-keyout", made.private, "-out", made.public], check=True, capture_output=True)
    return made
