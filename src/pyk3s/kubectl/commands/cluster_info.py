"""`kubectl cluster-info`: where the cluster's API and its services are."""

from pyk3s.kubectl import targets
from pyk3s.kubectl.command import Call, Command
from pyk3s.kubectl.errors import CommandError

GREEN, YELLOW, PLAIN = "\x1b[0;32m", "\x1b[0;33m", "\x1b[0m"


async def run(call: Call) -> int:
    if call.words == ["dump"]:
        raise CommandError("cluster-info dump is refused by the built-in kubectl: use get and logs")
    context = call.context
    services = (await context.discovery()).find("services")
    found = await targets.listed(
        context, services, "kube-system", {"labelSelector": "kubernetes.io/cluster-service=true"}
    )
    coloured = context.out.isatty()

    def shown(name: str, address: str) -> str:
        if coloured:
            return f"{GREEN}{name}{PLAIN} is running at {YELLOW}{address}{PLAIN}"
        return f"{name} is running at {address}"

    context.say(shown("Kubernetes control plane", context.server.address))
    for each in found:
        metadata, ports = each["metadata"], each["spec"].get("ports") or ()
        name = (metadata.get("labels") or {}).get("kubernetes.io/name") or metadata["name"]
        port = f":{ports[0]['name']}" if ports and ports[0].get("name") else ""
        path = f"/api/v1/namespaces/{metadata['namespace']}/services/{metadata['name']}{port}/proxy"
        context.say(shown(name, context.server.address + path))
    context.say("\nTo further debug and diagnose cluster problems, use 'kubectl cluster-info dump'.")
    return 0


COMMAND = Command("", "Display cluster information", (), run)
