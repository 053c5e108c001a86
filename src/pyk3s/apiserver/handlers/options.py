"""Options of requests, from the query and from DeleteOptions bodies, checked with upstream's words."""

import re
from collections.abc import Sequence
from typing import Any, NamedTuple

from pyk3s.api import decoding, fields, status
from pyk3s.apiserver import call as calls
from pyk3s.apiserver.registry import context
from pyk3s.apiserver.registry import registry as registries

GROUP = "meta.k8s.io"
SCHEME = "k8s.io/apimachinery/pkg/apis/meta/internalversion/scheme/register.go:27"  # upstream names its own source
LONGEST_MANAGER = 128
MOST_DIGITS = 100
"""Of a number that is looked at; no honest one has that many."""
_is_integer = re.compile(r"[+-]?[0-9]+").fullmatch
FIELD_VALIDATION = ("", "Ignore", "Strict", "Warn")
DELETE_OPTIONS = decoding.Body("", "v1", "DeleteOptions", "io.k8s.apimachinery.pkg.apis.meta.v1.DeleteOptions")
PROPAGATION = ("Foreground", "Background", "Orphan")


def refuse(kind: str, errors: Sequence[fields.FieldError]) -> None:
    """Raise 422 for options that are wrong, if any are."""
    if errors:
        raise status.invalid(GROUP, kind, "", errors)


def integer(call: calls.Call, name: str) -> int:
    """An integer parameter; 0 where it is missing. Raises 400."""
    text = call.parameter(name)
    if not text:
        return 0
    if not _is_integer(text):
        raise status.bad_request(f'strconv.ParseInt: parsing "{text}": invalid syntax')
    if len(text) > MOST_DIGITS or not -(2**63) <= int(text) < 2**63:
        raise status.bad_request(f'strconv.ParseInt: parsing "{text}": value out of range')
    return int(text)


def write(registry: registries.Registry, call: calls.Call, kind: str) -> context.Write:
    """The options of a create, update or patch, as the parameters say."""
    dry_run: list[str] = []
    manager, force = "", False
    if call.request.raw_query:
        dry_run, manager, force = call.query.get("dryRun", []), call.parameter("fieldManager"), call.flag("force")
        errors = [*_dry_run_errors(dry_run), *_manager_errors(manager)]
        validation = call.parameter("fieldValidation")
        if validation not in FIELD_VALIDATION:
            errors.append(fields.not_supported("fieldValidation", validation, list(FIELD_VALIDATION)))
        refuse(kind, errors)
    return context.Write(
        user=call.user,
        now=registry.now(),
        manager=manager or _manager_of(call.request.headers.get("user-agent")),
        dry_run=any(dry_run),
        force=force,
        warnings=call.warnings,
        annotations=call.annotations,
        options={"kind": kind, "apiVersion": f"{GROUP}/v1"},
    )


def _dry_run_errors(dry_run: list[str]) -> list[fields.FieldError]:
    if all(value in ("All", "") for value in dry_run):
        return []
    return [fields.not_supported("dryRun", dry_run, ["All"])]


def _manager_errors(manager: str) -> list[fields.FieldError]:
    errors = []
    if len(manager) > LONGEST_MANAGER:
        errors.append(fields.too_long("fieldManager", LONGEST_MANAGER))
    if not manager.isprintable():
        errors.append(fields.invalid("fieldManager", manager, "should only contain printable characters"))
    return errors


def _manager_of(agent: str) -> str:
    """The field manager of a request that names none: the first word of its User-Agent."""
    name = agent.split("/", 1)[0]
    if not name.isprintable():
        name = "".join(letter for letter in name if letter.isprintable())
    return name[:LONGEST_MANAGER] or "unknown"


def field_validation(call: calls.Call) -> decoding.FieldValidation:
    """Strict, Warn or Ignore."""
    stated = call.parameter("fieldValidation") if call.request.raw_query else ""
    return "Strict" if stated == "Strict" else "Ignore" if stated == "Ignore" else "Warn"


class Delete(NamedTuple):
    """Options of a deletion."""

    options: context.DeleteOptions
    write: context.Write


def delete(registry: registries.Registry, call: calls.Call) -> Delete:
    """DeleteOptions of the body, or else of the parameters; raises 400 and 422."""
    body = call.request.body
    stated = _delete_body(call) if body else _delete_query(call)
    options = wish(stated)
    made = context.Write(
        user=call.user,
        now=registry.now(),
        dry_run=options.dry_run,
        options=stated,
        warnings=call.warnings,
        annotations=call.annotations,
    )
    return Delete(options, made)


def wish(stated: dict[str, Any]) -> context.DeleteOptions:
    """What the fields of a DeleteOptions ask for; raises 422."""
    errors = _dry_run_errors(stated.get("dryRun") or [])
    propagation, orphan = stated.get("propagationPolicy") or "", stated.get("orphanDependents")
    if propagation and orphan is not None:
        errors.append(
            fields.invalid(
                "propagationPolicy", propagation, "orphanDependents and deletionPropagation cannot be both set"
            )
        )
    elif propagation and propagation not in PROPAGATION:
        errors.append(fields.not_supported("propagationPolicy", propagation, [*PROPAGATION, "nil"]))
    refuse("DeleteOptions", errors)
    preconditions = stated.get("preconditions") or {}
    return context.DeleteOptions(
        grace=stated.get("gracePeriodSeconds"),
        propagation=propagation,
        orphan=orphan,
        uid=preconditions.get("uid") or "",
        revision=preconditions.get("resourceVersion") or "",
        dry_run=bool(stated.get("dryRun")),
    )


def _delete_body(call: calls.Call) -> dict[str, Any]:
    content_type = call.request.headers.get("content-type")
    stated = decoding.decode(call.request.body, content_type, DELETE_OPTIONS.kind).value
    if isinstance(stated, dict) and (kind := stated.get("kind")) not in (None, "", DELETE_OPTIONS.kind):
        version = stated.get("apiVersion") or ""
        raise status.bad_request(f'no kind "{kind}" is registered for version "{version}" in scheme "{SCHEME}"')
    return decoding.read(DELETE_OPTIONS, call.request.body, content_type, "Ignore")[0]


def _delete_query(call: calls.Call) -> dict[str, Any]:
    stated: dict[str, Any] = {}
    query = call.query
    if "gracePeriodSeconds" in query:
        stated["gracePeriodSeconds"] = integer(call, "gracePeriodSeconds")
    if "orphanDependents" in query:
        stated["orphanDependents"] = call.flag("orphanDependents")
    for name in ("propagationPolicy",):
        if name in query:
            stated[name] = call.parameter(name)
    if "dryRun" in query:
        stated["dryRun"] = query["dryRun"]
    return stated
