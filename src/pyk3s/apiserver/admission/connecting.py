"""Admission of connections: exec, attach, port-forward and proxy are CONNECT, and their parameters are the object."""

from typing import Any

from pyk3s.apiserver import call as calls
from pyk3s.apiserver.admission import chain
from pyk3s.apiserver.registry import registry as registries

JSON = dict[str, Any]
SUBRESOURCES = frozenset(("exec", "attach", "portforward", "proxy"))
_SWITCHES = ("stdin", "stdout", "stderr", "tty")


async def admit(registry: registries.Registry, call: calls.Call) -> None:
    """Let the admission chain see a connection that is about to be made; raises StatusError."""
    route = call.route
    attributes = chain.Attributes(
        chain.CONNECT,
        call.resource,
        route.namespace,
        route.name,
        call.user,
        options_of(call),
        subresource=route.subresource,
        warnings=call.warnings,
        annotations=call.annotations,
    )
    await registry.admission.mutate(attributes)
    await registry.admission.validate(attributes)


def options_of(call: calls.Call) -> JSON:
    """The parameters of a connection as the object of its kind, such as PodExecOptions."""
    route = call.route
    sub = call.resource.subresource(route.subresource)
    made: JSON = {"kind": sub.kind if sub is not None else "", "apiVersion": "v1"}
    if route.subresource == "proxy":
        return {**made, "path": f"/{route.rest}"} if route.rest else made
    if route.subresource == "portforward":
        ports = [int(each) for each in call.query.get("ports", ()) if each.isdigit()]
        return {**made, "ports": ports} if ports else made
    made |= {name: True for name in _SWITCHES if call.flag(name)}
    if container := call.parameter("container"):
        made["container"] = container
    if route.subresource == "exec":
        made["command"] = call.query.get("command") or None
    return made
