"""Gathers everything that /metrics shows; figures that exist anyway are read only now."""

from collections.abc import Iterator

from pyk3s.apiserver.audit import auditing
from pyk3s.apiserver.flowcontrol import gate
from pyk3s.apiserver.metrics import exposition, process, requests
from pyk3s.apiserver.registry import registry as registries
from pyk3s.apiserver.registry import store as stores
from pyk3s.wire.http import messages

PATH = "/metrics"
_MEDIA = b"text/plain; version=0.0.4; charset=utf-8"
_SEATS = (
    ("nominal_limit_seats", "gauge", "Seats of a priority level.", "nominal"),
    ("current_executing_requests", "gauge", "Requests that hold a seat.", "busy"),
    ("current_inqueue_requests", "gauge", "Requests that wait for a seat.", "waiting"),
    ("rejected_requests_total", "counter", "Requests told to come back later.", "refused"),
)


class Page:
    """The page of one server."""

    def __init__(
        self, registry: registries.Registry, counted: requests.Requests, flow_control: gate.Gate, version: str
    ):
        self._registry, self._counted, self._flow_control, self._version = registry, counted, flow_control, version
        self.auditor: auditing.Auditor | None = None

    def answer(self) -> messages.Response:
        """The page as it is now."""
        build = {"git_version": self._version, "major": "1", "minor": self._version.split(".")[1]}
        lines = exposition.family("kubernetes_build_info", "gauge", "The version of this server.", [(build, 1)])
        lines += self._counted.lines()
        lines += self._storage()
        lines += self._seats()
        lines += self._audit()
        lines += process.lines()
        return messages.Response(200, [(b"Content-Type", _MEDIA)], ("\n".join(lines) + "\n").encode())

    def _storage(self) -> list[str]:
        objects, watches = [], []
        for store in self._stored():
            resource, collection = store.served, store.collection
            labels = {"group": resource.group, "resource": resource.plural}
            objects.append((labels, float(len(collection))))
            if open_now := len(collection.watchers):
                watches.append(({**labels, "verb": "WATCH", "component": "apiserver"}, float(open_now)))
        qualified = [({"resource": _qualified(labels)}, number) for labels, number in objects]
        revision = float(self._registry.cache.revision)
        return [
            *exposition.family("apiserver_resource_objects", "gauge", "Objects in the datastore.", objects),
            *exposition.family("apiserver_storage_objects", "gauge", "Objects in the datastore.", qualified),
            *exposition.family("apiserver_longrunning_requests", "gauge", "Open watches.", watches),
            *exposition.family(
                "apiserver_watch_cache_resource_version", "gauge", "Revision of the cache.", [({}, revision)]
            ),
        ]

    def _stored(self) -> Iterator[stores.ResourceStore]:
        """One store per place in the datastore."""
        seen = set()
        for resource in self._registry.catalog:
            if resource.stored and resource.storage_prefix not in seen:
                seen.add(resource.storage_prefix)
                yield self._registry.store(resource)

    def _seats(self) -> list[str]:
        lines = []
        for name, kind, told, attribute in _SEATS:
            levels = [level for level in self._flow_control.levels if not level.is_exempt]
            samples = [({"priority_level": level.name}, float(getattr(level, attribute))) for level in levels]
            lines += exposition.family(f"apiserver_flowcontrol_{name}", kind, told, samples)
        return lines

    def _audit(self) -> list[str]:
        if (auditor := self.auditor) is None:
            return []
        written, lost = ([({"plugin": "log"}, float(each))] for each in (auditor.written, auditor.lost))
        return [
            *exposition.family("apiserver_audit_event_total", "counter", "Audit events written.", written),
            *exposition.family("apiserver_audit_error_total", "counter", "Audit events lost.", lost),
        ]


def _qualified(labels: dict[str, str]) -> str:
    return f"{labels['resource']}.{labels['group']}" if labels["group"] else labels["resource"]
