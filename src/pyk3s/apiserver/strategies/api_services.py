"""APIServices: one without a service is of this server itself, and available from the start."""

from pyk3s.apiserver.strategies import base

JSON = base.JSON
LOCAL = {"type": "Available", "status": "True", "reason": "Local"}
MESSAGE = "Local APIServices are always available"


class ApiServices(base.Strategy):
    """How APIServices differ."""

    def __init__(self) -> None:
        super().__init__(empty_status={})

    def prepare_create(self, obj: JSON, now: str) -> None:
        super().prepare_create(obj, now)
        if not obj["spec"].get("service"):
            obj["status"] = {"conditions": [{**LOCAL, "lastTransitionTime": now, "message": MESSAGE}]}
