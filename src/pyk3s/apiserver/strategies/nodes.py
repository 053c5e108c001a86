"""Nodes: they bring their status with them."""

from pyk3s.apiserver.cache.selection import Field
from pyk3s.apiserver.strategies import base

JSON = base.JSON


class Nodes(base.Strategy):
    """How nodes differ."""

    def __init__(self) -> None:
        super().__init__(empty_status={}, selectable=(Field("spec.unschedulable", default="false"),))

    def prepare_create(self, obj: JSON, now: str) -> None:
        """A node registers with its status, which therefore stays."""
