"""Network links, addresses and routes, through the `ip` program. Everything may be asked again with the same result."""

from collections.abc import Sequence
from ipaddress import ip_address

from pyk3s.host import processes


async def ensure_address_holder(name: str, addresses: Sequence[str]) -> None:
    """A link that is up and holds these addresses, each as a host of its own: a bridge without ports.

    A dummy link would say it better, but kernels for small machines leave that type out; bridges pods need anyhow.
    """
    try:
        await processes.run(["ip", "link", "add", name, "type", "bridge"])
    except processes.CommandFailed as error:
        if "File exists" not in str(error):
            raise
    for address in addresses:
        length = ip_address(address).max_prefixlen
        await processes.run(["ip", "addr", "replace", f"{address}/{length}", "dev", name])
    await processes.run(["ip", "link", "set", name, "up"])


async def ensure_route(network: str, link: str, source: str) -> None:
    """A route to `network` by `link`; what this host sends that way carries the address `source`."""
    await processes.run(["ip", "route", "replace", network, "dev", link, "src", source])


async def load_module(name: str) -> None:
    """Ask for a kernel module; that there is none is for the caller to find out by its effects."""
    try:
        await processes.run(["modprobe", "-q", name])
    except processes.CommandFailed:
        return  # built in, absent, or forbidden here: only the effect counts
