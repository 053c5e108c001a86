from pyk3s.cri.containerd import events
from pyk3s.lib import protobuf

codec = protobuf.Codec(events.TABLES)


def envelope(topic, container_id, task_id):
    value = codec.encode("Task", {"container_id": container_id, "id": task_id})
    return codec.encode("Envelope", {"topic": topic, "event": {"type_url": "t", "value": value}})


def test_the_end_of_a_container_is_told_but_not_of_a_command_in_it():
    assert events.ended_container(envelope(events.EXITED, "c", "c")) == "c"
    assert events.ended_container(envelope(events.EXITED, "c", "command")) is None
    assert events.ended_container(envelope(events.OUT_OF_MEMORY, "c", "")) == "c"
