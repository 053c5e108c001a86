"""The file of `admission-control-config-file`: configurations of plug-ins, in place or in files beside it.

K3s' hardening guide has PodSecurity and EventRateLimit in it.
"""

import pathlib
from collections.abc import Callable
from typing import Any, NamedTuple

from pyk3s.apiserver import documents
from pyk3s.apiserver.admission import event_rate_limit
from pyk3s.apiserver.admission.pod_security import configuration as security
from pyk3s.lib.failure import Failure

ARGUMENT = "admission-control-config-file"
API_VERSIONS, KIND = ("apiserver.config.k8s.io/v1", "apiserver.config.k8s.io/v1alpha1"), "AdmissionConfiguration"


class Configurations(NamedTuple):
    """What plug-ins are configured to do."""

    pod_security: security.Configuration = security.NOTHING
    event_limits: tuple[event_rate_limit.Limit, ...] = ()


READERS: dict[str, tuple[str, Callable[[Any], Any]]] = {
    "PodSecurity": ("pod_security", security.configuration),
    "EventRateLimit": ("event_limits", event_rate_limit.configuration),
}
"""By name of the plug-in: where its configuration is kept, and what makes it out of a document."""


def read(path: pathlib.Path) -> Configurations:
    """The configurations in a file; raises Failure that names the plug-in and what is wrong."""
    document = documents.read(path, ARGUMENT)
    listed = document.get("plugins") if isinstance(document, dict) else None
    if not isinstance(listed, list) or document.get("apiVersion") not in API_VERSIONS or document.get("kind") != KIND:
        raise Failure(f"{ARGUMENT} {path} cannot be used", remedy=f"{KIND} of {API_VERSIONS[0]} with plugins is wanted")
    found: dict[str, Any] = {}
    for each in listed:
        name = each.get("name") if isinstance(each, dict) else None
        if name not in READERS:
            known = ", ".join(READERS)
            raise Failure(f"{ARGUMENT} {path} configures {name!r}", remedy=f"what can be configured is {known}")
        key, parse = READERS[name]
        try:
            found[key] = parse(_content(each, path.parent))
        except ValueError as error:
            raise Failure(f"{ARGUMENT} {path} cannot be used for {name}", remedy=str(error)) from error
    return Configurations(**found)


def _content(plugin: dict[str, Any], folder: pathlib.Path) -> Any:
    if plugin.get("configuration") is not None:
        return plugin["configuration"]
    if isinstance(plugin.get("path"), str) and plugin["path"]:
        return documents.read(folder / plugin["path"], ARGUMENT)
    raise ValueError("neither configuration nor path is given")
