"""The annotation in which `apply` keeps what it applied last. Pure."""

import json
from typing import Any

from pyk3s.kubectl.printing import json_text

JSON = dict[str, Any]
ANNOTATION = "kubectl.kubernetes.io/last-applied-configuration"


def of(live: JSON) -> JSON | None:
    """What was applied last, or None where the object was not made by apply."""
    text = ((live.get("metadata") or {}).get("annotations") or {}).get(ANNOTATION)
    if text is None:
        return None
    try:
        found = json.loads(text)
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


def annotated(manifest: JSON) -> JSON:
    """A manifest that carries itself in its annotation."""
    plain = without(manifest)
    metadata = plain.get("metadata") or {}
    bare = {**plain, "metadata": {**metadata, "annotations": metadata.get("annotations") or {}}}
    annotations = {**(metadata.get("annotations") or {}), ANNOTATION: json_text.compact(bare) + "\n"}
    return {**plain, "metadata": {**metadata, "annotations": annotations}}


def without(obj: JSON) -> JSON:
    """The object without its annotation."""
    metadata = obj.get("metadata") or {}
    annotations = metadata.get("annotations") or {}
    if ANNOTATION not in annotations:
        return obj
    kept = {key: value for key, value in annotations.items() if key != ANNOTATION}
    return {**obj, "metadata": {**metadata, "annotations": kept}}


def alone(obj: JSON, text: str) -> JSON:
    """An object that says nothing but which one it is and what was applied last."""
    metadata = obj.get("metadata") or {}
    identity = {name: metadata[name] for name in ("name", "namespace") if metadata.get(name)}
    kept = {"apiVersion": obj["apiVersion"], "kind": obj["kind"]}
    return {**kept, "metadata": {**identity, "annotations": {ANNOTATION: text}}}
