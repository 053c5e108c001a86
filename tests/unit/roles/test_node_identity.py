"""What makes a node the same one again: a password and an id that stay."""

import pytest

from pyk3s.config import settings
from pyk3s.lib.failure import Failure
from pyk3s.roles import node_identity


def chosen(folder, *flags):
    return settings.agent_settings(["--data-dir", str(folder), *flags], {}, "Host")


def test_a_password_is_made_once_and_only_root_reads_it(tmp_path):
    made = node_identity.password(tmp_path / "node")
    assert len(made) == 32
    assert node_identity.password(tmp_path / "node") == made
    assert (tmp_path / "node/password").stat().st_mode & 0o777 == 0o600


def test_a_password_that_others_could_read_is_closed_to_them(tmp_path):
    (tmp_path / "password").write_text("mine\n")
    (tmp_path / "password").chmod(0o644)
    assert node_identity.password(tmp_path) == "mine"
    assert (tmp_path / "password").stat().st_mode & 0o777 == 0o600


def test_a_name_gets_the_id_of_its_host_where_that_is_wanted(tmp_path):
    assert node_identity.named(chosen(tmp_path)).node_name == "host"
    wanted = chosen(tmp_path, "--with-node-id")
    name = node_identity.named(wanted).node_name
    assert name == f"host-{(wanted.paths.node_identity / 'id').read_text().strip()}"
    assert node_identity.named(wanted).node_name == name


def test_what_cannot_be_kept_is_said(tmp_path):
    (tmp_path / "node").write_text("a file")
    with pytest.raises(Failure, match="cannot keep"):
        node_identity.password(tmp_path / "node")
