"""Short ways to pods, containers and what the runtime has of them, for the tests of the node."""

from pyk3s.node import objects
from pyk3s.node.pods import observed, planning

UID = "11111111-2222-3333-4444-555555555555"


def pod(containers=None, *, meta=None, status=None, **spec) -> objects.Pod:
    """A pod `default/web` of one container `c` unless told otherwise."""
    described = {"name": "web", "namespace": "default", "uid": UID, "generation": 3, **(meta or {})}
    whole = {"containers": containers or [container()], **spec}
    return objects.Pod(objects.PodMeta(**described), whole, status or {})


def container(name="c", **fields):
    return {"name": name, "image": "busybox:1", **fields}


def ran(name="c", state="running", *, attempt=0, code=0, sandbox="s0", finished=0.0, image="busybox:1", **fields):
    """A container as the runtime has it; its id is `name-attempt`."""
    return observed.Container(
        id=f"{name}-{attempt}",
        name=name,
        attempt=attempt,
        state=state,
        sandbox_id=sandbox,
        created_at=100.0 + attempt,
        started_at=100.0 + attempt,
        finished_at=finished,
        exit_code=code,
        image=image,
        spec_hash=planning.spec_hash(container(name)),
        **fields,
    )


def seen(*containers, sandbox=True, ready=True, ips=("10.42.0.5",)) -> observed.RuntimePod:
    """What the runtime has of the pod."""
    sandboxes = [observed.Sandbox("s0", 0, ready, 99.0, ips)] if sandbox else []
    return observed.assemble(UID, "default", "web", sandboxes, containers)
