"""Static tokens as kube-apiserver reads them."""

import pytest

from pyk3s.lib.failure import Failure
from pyk3s.roles import api_process


def test_a_line_is_token_user_uid_and_groups(tmp_path):
    path = tmp_path / "tokens"
    path.write_text('# comment\nsecret,ann,7,"system:masters,dev"\nother,bob,8\n')
    users = api_process.read_tokens(path)
    assert users["secret"].groups == ("system:masters", "dev", "system:authenticated")
    assert (users["other"].name, users["other"].uid) == ("bob", "8")


def test_a_short_line_is_named(tmp_path):
    path = tmp_path / "tokens"
    path.write_text("secret,ann,7\nonly-a-token\n")
    with pytest.raises(Failure, match="line 2"):
        api_process.read_tokens(path)


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(Failure, match="No such file"):
        api_process.read_tokens(tmp_path / "none")
