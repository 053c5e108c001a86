"""Gives every node a network of its own for its pods (`spec.podCIDR`), out of the cluster's."""

import ipaddress
from collections.abc import Iterable

from pyk3s.client import objects, resources, rest
from pyk3s.client.errors import ApiError
from pyk3s.controllers.context import Context
from pyk3s.controllers.kind_controller import KindController
from pyk3s.controllers.objects import Node

IPV6_PREFIX = 64

Network = ipaddress.IPv4Network | ipaddress.IPv6Network


class Full(Exception):
    """The cluster network has no free part left."""


class Allocator:
    """Equal parts of one network, by number. Pure; the lowest free part is taken."""

    def __init__(self, network: str, prefix: int):
        self._network: Network = ipaddress.ip_network(network)
        self._prefix = max(prefix if self._network.version == 4 else IPV6_PREFIX, self._network.prefixlen)
        self._size = 1 << (self._network.max_prefixlen - self._prefix)
        self._count = 1 << (self._prefix - self._network.prefixlen)
        self._taken: set[int] = set()
        self._lowest_free = 0

    def take(self) -> str:
        """A free part. Raises Full."""
        while self._lowest_free in self._taken:
            self._lowest_free += 1
        if self._lowest_free >= self._count:
            raise Full(f"{self._network} has no free /{self._prefix} left: nodes need a larger cluster network")
        self._taken.add(self._lowest_free)
        base = int(self._network.network_address) + self._lowest_free * self._size
        address = ipaddress.IPv4Address if self._network.version == 4 else ipaddress.IPv6Address
        return f"{address(base)}/{self._prefix}"

    def occupy(self, part: str) -> None:
        """A node has this part already; parts of other networks do not matter."""
        self._taken.update(self._numbers(part))

    def release(self, part: str) -> None:
        numbers = set(self._numbers(part))
        self._taken -= numbers
        self._lowest_free = min([self._lowest_free, *numbers])

    def _numbers(self, part: str) -> Iterable[int]:
        network = ipaddress.ip_network(part, strict=False)
        if network.version != self._network.version or not network.overlaps(self._network):
            return range(0)
        start = int(network.network_address) - int(self._network.network_address)
        first = max(0, start // self._size)
        last = min(self._count - 1, (start + network.num_addresses - 1) // self._size)
        return range(first, last + 1)


class Controller(KindController[Node]):
    """The node address controller."""

    name = "nodeipam"

    def __init__(self, context: Context):
        self._events = context.events
        settings = context.settings
        self._allocators = [Allocator(cidr, settings.node_cidr_prefix) for cidr in settings.cluster_cidrs]
        super().__init__(context, context.nodes)

    def _is_due(self, node: Node) -> bool:
        return not node.spec.pod_cidrs

    def _changed(self, old: Node | None, new: Node | None) -> None:
        before, after = (set(each.spec.pod_cidrs) if each else set() for each in (old, new))
        for allocator in self._allocators:
            for part in before - after:
                allocator.release(part)
            for part in after:
                allocator.occupy(part)
        super()._changed(old, new)

    async def _act(self, node: Node) -> None:
        parts: list[str] = []
        try:
            for allocator in self._allocators:
                parts.append(allocator.take())
            patch = {"metadata": {"uid": node.metadata.uid}, "spec": {"podCIDR": parts[0], "podCIDRs": parts}}
            path = resources.NODES.path_of(node.metadata.key)
            self._objects.wrote(await self._client.send("PATCH", path, patch, content_type=rest.MERGE_PATCH))
        except Full as full:
            self._give_back(parts)
            about = objects.reference("v1", "Node", node.metadata)
            self._events.record(about, "CIDRNotAvailable", str(full), warning=True)
        except (ApiError, OSError, TimeoutError):
            self._give_back(parts)
            raise

    def _give_back(self, parts: list[str]) -> None:
        for allocator, part in zip(self._allocators, parts, strict=False):
            allocator.release(part)
