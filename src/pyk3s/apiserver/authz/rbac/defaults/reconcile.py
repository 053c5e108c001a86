"""Brings the stored default roles and bindings up to the tables: creates what is missing, adds what was taken away.

What an administrator added stays. An object whose annotation `autoupdate` says false is left alone.
"""

import asyncio

from pyk3s.apiserver.authz.rbac import rules
from pyk3s.apiserver.authz.rbac.defaults import components, controllers, users
from pyk3s.apiserver.authz.rbac.defaults.notation import GROUP, JSON
from pyk3s.apiserver.bootstrap import create
from pyk3s.apiserver.registry import registry as registries

AUTOUPDATE = "rbac.authorization.kubernetes.io/autoupdate"


def everything() -> list[JSON]:
    """All default roles, then all default bindings."""
    tables = (users, components, controllers)
    return [obj for table in tables for obj in table.roles()] + [obj for table in tables for obj in table.bindings()]


async def reconcile(registry: registries.Registry) -> None:
    """Create and complete the default objects, all at once, so that they share a few commits."""
    await asyncio.gather(*(_ensure(registry, wanted) for wanted in everything()))


async def _ensure(registry: registries.Registry, wanted: JSON) -> None:
    metadata, plural = wanted["metadata"], f"{wanted['kind'].lower()}s"
    found = registry.read(GROUP, plural, metadata["name"], namespace=metadata.get("namespace", ""))
    lacking = {} if found is None else additions(found, wanted)
    if found is None or lacking:
        await create.ensure(registry, {**wanted, **lacking}, update=tuple(lacking))


def additions(found: JSON, wanted: JSON) -> JSON:
    """Those fields of a stored object that lack something, completed."""
    if (found["metadata"].get("annotations") or {}).get(AUTOUPDATE) == "false":
        return {}
    made: JSON = {}
    policies, subjects = found.get("rules") or [], found.get("subjects") or []
    expected = wanted.get("rules") or []
    if policies != expected:  # the usual case needs no looking into rules
        lacking = rules.missing([rules.compiled(policy) for policy in policies], expected)
        made |= {"rules": policies + rules.compact(lacking)} if lacking else {}
    if absent := [subject for subject in wanted.get("subjects") or () if subject not in subjects]:
        made["subjects"] = subjects + absent
    return made
