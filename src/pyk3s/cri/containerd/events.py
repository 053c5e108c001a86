"""containerd's own task events: which container ended or ran out of memory, so that nothing has to be polled.

CRI's event stream does not exist in containerd 1.6. Messages, by number of field: Envelope 3 topic, 4 event (Any: 2 value);
TaskExit 1 container, 2 process (the container itself, or a command run in it); TaskOOM 1 container.
"""

from collections.abc import AsyncIterator

from pyk3s.lib import protobuf
from pyk3s.wire import grpc

SUBSCRIBE = "/containerd.services.events.v1.Events/Subscribe"
EXITED, OUT_OF_MEMORY = "/tasks/exit", "/tasks/oom"
FILTERS = (f'namespace==k8s.io,topic=="{EXITED}"', f'namespace==k8s.io,topic=="{OUT_OF_MEMORY}"')
