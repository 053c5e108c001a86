"""Which plug-ins are on: upstream's defaults, and `enable-admission-plugins` and `disable-admission-plugins` on top."""

import pathlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from pyk3s.apiserver import identity
from pyk3s.apiserver.admission import chain, configuration, event_rate_limit, optional, owner_references, pods
from pyk3s.apiserver.registry import registry as registries
from pyk3s.lib.failure import Failure

ENABLE, DISABLE = "enable-admission-plugins", "disable-admission-plugins"


@dataclass(frozen=True, kw_only=True)
class AdmissionSettings:
    """What is turned on and off, and how it is configured."""

    enable: tuple[str, ...] = ()
    disable: tuple[str, ...] = ()
    config_file: pathlib.Path | None = None
    not_ready_s: int = pods.TOLERATED_S
    unreachable_s: int = pods.TOLERATED_S


Make = Callable[[registries.Registry, configuration.Configurations, identity.Authorizer], chain.Plugin]


def _event_rate_limit(
    registry: registries.Registry, configured: configuration.Configurations, authorizer: identity.Authorizer
) -> chain.Plugin:
    if not configured.event_limits:
        raise Failure("EventRateLimit has no limits", remedy=f"give some in the file of {configuration.ARGUMENT}")
    return event_rate_limit.EventRateLimit(configured.event_limits, registry.clock.monotonic)


OPTIONAL: dict[str, Make] = {
    "AlwaysPullImages": lambda *_: optional.AlwaysPullImages(),
    "DenyServiceExternalIPs": lambda *_: optional.DenyServiceExternalIPs(),
    "EventRateLimit": _event_rate_limit,
    "ExtendedResourceToleration": lambda *_: optional.ExtendedResourceToleration(),
    "LimitPodHardAntiAffinityTopology": lambda *_: optional.LimitPodHardAntiAffinityTopology(),
    "NamespaceExists": lambda registry, *_: optional.NamespaceExists(registry),
    "OwnerReferencesPermissionEnforcement": lambda registry, configured, authorizer: owner_references.OwnerReferences(
        registry, authorizer
    ),
}
"""What is off unless it is enabled."""

FIXED: dict[str, str] = {
    "StorageObjectInUseProtection": "claims and volumes in use are always protected",
    "ClusterTrustBundleAttest": "there are no ClusterTrustBundles to attest",
}
"""What cannot be disabled, and why; enabling it says what holds."""

REFUSED: dict[str, str] = {
    "AlwaysAdmit": "it does nothing: leave it out",
    "AlwaysDeny": "a server that refuses everything serves nobody",
    "ImagePolicyWebhook": "write a ValidatingWebhookConfiguration for pods",
    "NamespaceAutoProvision": "create namespaces before what is in them",
    "PodNodeSelector": "write a MutatingAdmissionPolicy for pods",
    "PodTolerationRestriction": "write a ValidatingAdmissionPolicy for pods",
}
"""Upstream's plug-ins that are not here, and what to do instead."""


def chosen(
    settings: AdmissionSettings,
    defaults: Sequence[chain.Plugin],
    registry: registries.Registry,
    configured: configuration.Configurations,
    authorizer: identity.Authorizer,
) -> list[chain.Plugin]:
    """The optional plug-ins that are enabled, then the defaults that are not disabled; raises Failure."""
    known = {each.name for each in defaults if each.name}
    for name in settings.enable:
        _check(name, ENABLE, known | set(OPTIONAL) | set(FIXED))
    for name in settings.disable:
        if name in FIXED:
            raise Failure(f"{DISABLE} {name} is refused", remedy=FIXED[name])
        _check(name, DISABLE, known | set(OPTIONAL))
        if name in settings.enable:
            raise Failure(f"{name} is both enabled and disabled", remedy=f"name it in {ENABLE} or in {DISABLE}")
    if configured.event_limits and "EventRateLimit" not in settings.enable:
        raise Failure("EventRateLimit is configured and not enabled", remedy=f"name it in {ENABLE}")
    more = [OPTIONAL[name](registry, configured, authorizer) for name in OPTIONAL if name in settings.enable]
    return [*more, *(each for each in defaults if each.name not in settings.disable)]


def _check(name: str, argument: str, known: set[str]) -> None:
    if name in REFUSED:
        raise Failure(f"{argument} {name} is refused", remedy=REFUSED[name])
    if name not in known:
        raise Failure(f"{argument} {name}: there is no such plug-in", remedy=f"known are {', '.join(sorted(known))}")
