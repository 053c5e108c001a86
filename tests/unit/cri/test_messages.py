import pytest

from pyk3s.cri import messages
from pyk3s.lib import protobuf


def test_messages_keep_their_content():
    value = {
        "pod_sandbox_id": "s",
        "config": {
            "metadata": {"name": "c", "attempt": 2},
            "envs": [{"key": "A", "value": b"\xff"}],
            "labels": {"k": "v"},
            "linux": {"resources": {"oom_score_adj": -997}, "security_context": {"namespace_options": {"pid": 3}}},
        },
    }
    assert messages.decode("CreateContainerRequest", messages.encode("CreateContainerRequest", value)) == value


def test_what_is_no_field_is_refused():
    with pytest.raises(protobuf.ProtobufError):
        messages.encode("StopContainerRequest", {"grace": 1})
