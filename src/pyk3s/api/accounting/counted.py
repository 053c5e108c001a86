"""What is counted, as far as accounting cares: a resource of the API."""

from typing import Protocol


class Counted(Protocol):
    """A resource by its names; `qualified` is `pods` or `deployments.apps`."""

    @property
    def group(self) -> str: ...
    @property
    def plural(self) -> str: ...
    @property
    def qualified(self) -> str: ...
