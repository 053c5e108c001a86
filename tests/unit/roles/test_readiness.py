"""Waiting for the node says what it waits for when patience ends."""

import asyncio

import pytest

from pyk3s.config import settings
from pyk3s.lib.failure import Failure
from pyk3s.roles import provisioning, readiness


def chosen(folder, *flags):
    places = ["--data-dir", str(folder / "data"), "--write-kubeconfig", str(folder / "k3s.yaml")]
    return settings.server_settings([*places, *flags], {}, "n1")


def test_a_server_that_never_started_is_named(tmp_path):
    with pytest.raises(Failure, match=r"n1 is not Ready.*has not made its certificates yet"):
        asyncio.run(readiness.wait(chosen(tmp_path), 0.05))


def test_an_api_that_does_not_answer_is_named(tmp_path):
    given = chosen(tmp_path, "--https-listen-port", "1", "--bind-address", "127.0.0.1")
    provisioning.provision(given, "127.0.0.1")
    with pytest.raises(Failure, match=r"n1 is not Ready.*(refused|Connect)"):
        asyncio.run(readiness.wait(given, 0.3))
