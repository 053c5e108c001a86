"""Makes the schema pack that the wheel carries: `python build_schema_pack.py`, or by itself when hatchling builds.

It takes the published OpenAPI definitions of Kubernetes 1.36 out of the kubernetes-validate package, undoes what that
package adds for validation (null types, enumerated kinds), keeps what the served kinds reach, and splits off the texts.
"""

import importlib.util
import json
import pathlib
import sys
from collections.abc import Iterable, Iterator
from typing import Any

ROOT = pathlib.Path(__file__).parent
SOURCE_VERSION = "v1.36.0-local"
META = "io.k8s.apimachinery.pkg.apis.meta.v1."

# Not objects of a resource, but spoken by the API: options, discovery, events of a watch, sub-resources' bodies.
EXTRA_DEFINITIONS = (
    *(META + kind for kind in ("DeleteOptions", "Status", "WatchEvent", "Patch")),
    *(META + kind for kind in ("APIGroup", "APIGroupList", "APIResourceList", "APIVersions")),
    "io.k8s.api.autoscaling.v1.Scale",
    "io.k8s.api.policy.v1.Eviction",
    "io.k8s.api.authentication.v1.TokenRequest",
    "io.k8s.apimachinery.pkg.version.Info",
)

# What the API accepts besides what its schema says; the package has both as `oneOf`.
WIRE_TYPES = {
    "io.k8s.apimachinery.pkg.api.resource.Quantity": {"type": "string"},
    "io.k8s.apimachinery.pkg.util.intstr.IntOrString": {"type": "string", "format": "int-or-string"},
}

JSON = dict[str, Any]


def build() -> pathlib.Path:
    """Write the pack and return its path."""
    sys.path.insert(0, str(ROOT / "src"))
    from pyk3s.api.schema import builtin, pack

    published: dict[str, JSON] = json.loads(_definitions_path().read_text())["$defs"]
    wanted = set(EXTRA_DEFINITIONS)
    for resource in builtin.catalog():
        wanted.add(resource.definition)
        wanted.update({f"{resource.definition}List"} & published.keys())
    names = sorted(_reachable(published, wanted))
    texts = {name: _texts(published[name]) for name in names}
    pack.write(pack.PATH, {name: WIRE_TYPES.get(name) or _reduced(published[name]) for name in names}, texts)
    return pack.PATH


def _definitions_path() -> pathlib.Path:
    found = importlib.util.find_spec("kubernetes_validate")
    if found is None or not found.submodule_search_locations:
        raise SystemExit("kubernetes-validate is not installed; it brings the schemas of Kubernetes")
    return pathlib.Path(
        found.submodule_search_locations[0], "kubernetes-json-schema", SOURCE_VERSION, "_definitions.json"
    )


def _reachable(published: dict[str, JSON], start: Iterable[str]) -> set[str]:
    found: set[str] = set()
    waiting = list(start)
    while waiting:
        name = waiting.pop()
        if name not in found:
            found.add(name)
            waiting.extend(_references(published[name]))
    return found


def _references(schema: Any) -> Iterator[str]:
    if isinstance(schema, dict):
        if isinstance(reference := schema.get("$ref"), str):
            yield _bare(reference)
        for inner in schema.values():
            yield from _references(inner)


def _bare(reference: str) -> str:
    return reference.rpartition("/")[2]


def _reduced(schema: JSON) -> JSON:
    """A schema as Kubernetes publishes it, without texts and with bare references."""
    kept: JSON = {}
    for key, value in schema.items():
        if key == "type":
            kept[key] = value if isinstance(value, str) else next(each for each in value if each != "null")
        elif key == "$ref":
            kept[key] = _bare(value)
        elif key == "properties":
            kept[key] = {name: _reduced(inner) for name, inner in value.items()}
        elif key in ("items", "additionalProperties"):
            kept[key] = _reduced(value)
        elif key not in ("description", "enum"):
            kept[key] = value
    return kept


def _texts(schema: JSON) -> dict[str, str]:
    texts = {name: inner.get("description", "") for name, inner in schema.get("properties", {}).items()}
    return {name: text for name, text in {"": schema.get("description", ""), **texts}.items() if text}


try:
    from hatchling.builders.hooks.plugin.interface import BuildHookInterface
except ImportError:  # run by hand where hatchling is not installed
    pass
else:

    class SchemaPackHook(BuildHookInterface[Any]):
        """Runs when hatchling builds a wheel or an editable install."""

        PLUGIN_NAME = "custom"

        def initialize(self, version: str, build_data: dict[str, Any]) -> None:
            build()


if __name__ == "__main__":
    path = build()
    print(f"{path.relative_to(ROOT)}: {path.stat().st_size} bytes")
