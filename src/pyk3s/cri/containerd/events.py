"""containerd's own task events: which container ended or ran out of memory, so that nothing has to be polled.

CRI's event stream does not exist in containerd 1.6. Messages, by number of field: Envelope 3 topic, 4 event (Any: 2
value); TaskExit 1 container, 2 process (the container itself, or a command run in it); TaskOOM 1 container.
"""

from collections.abc import AsyncIterator

from pyk3s.lib import protobuf
from pyk3s.wire import grpc

SUBSCRIBE = "/containerd.services.events.v1.Events/Subscribe"
EXITED, OUT_OF_MEMORY = "/tasks/exit", "/tasks/oom"
FILTERS = (f'namespace==k8s.io,topic=="{EXITED}"', f'namespace==k8s.io,topic=="{OUT_OF_MEMORY}"')
TABLES = {
    "SubscribeRequest": [[1, "filters", "string[]"]],
    "Envelope": [[2, "namespace", "string"], [3, "topic", "string"], [4, "event", "Any"]],
    "Any": [[1, "type_url", "string"], [2, "value", "bytes"]],
    "Task": [[1, "container_id", "string"], [2, "id", "string"]],
}
_codec = protobuf.Codec(TABLES)


def ended_container(envelope: bytes) -> str | None:
    """The container that an envelope tells the end of; None where it was only a command run in one."""
    told = _codec.decode("Envelope", envelope)
    task = _codec.decode("Task", (told.get("event") or {}).get("value", b""))
    container_id = str(task.get("container_id", ""))
    if told.get("topic") == EXITED and task.get("id", container_id) != container_id:
        return None
    return container_id or None


async def ended_containers(channel: grpc.Channel) -> AsyncIterator[str]:
    """Ids of containers as they end; raises GrpcError when the stream breaks."""
    request = _codec.encode("SubscribeRequest", {"filters": list(FILTERS)})
    async for envelope in channel.stream(SUBSCRIBE, request):
        if container_id := ended_container(envelope):
            yield container_id
