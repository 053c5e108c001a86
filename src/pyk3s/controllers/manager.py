"""Runs all controllers of one process on shared informers.

A controller that fails unexpectedly ends `run`: the supervisor starts the process again. Single objects cannot cause
that, see `client.reconciler`.
"""

from typing import Protocol

from pyk3s.client import rest
from pyk3s.controllers import (
    cluster_roles,
    joining,
    namespace_deletion,
    namespaces,
    node_addresses,
    node_roles,
    pod_garbage,
    policy_status,
    service_account_tokens,
    signing,
    volume_protection,
)
from pyk3s.controllers.certificates import approving, cleaning, issuing
from pyk3s.controllers.context import Context
from pyk3s.controllers.deployment import controller as deployment
from pyk3s.controllers.endpoints import controller as endpoints
from pyk3s.controllers.endpoints import mirroring
from pyk3s.controllers.garbage import controller as garbage
from pyk3s.controllers.nodelifecycle import controller as nodelifecycle
from pyk3s.controllers.quota import controller as quota
from pyk3s.controllers.replicaset import controller as replicaset
from pyk3s.controllers.settings import ControllerSettings
from pyk3s.lib import clock, log, tasks

_log = log.get_logger("controllers")


class Controller(Protocol):
    """What every controller is: `name` is by which it can be disabled."""

    name: str

    def __init__(self, context: Context): ...
    async def run(self) -> None: ...


CONTROLLERS: list[type[Controller]] = [
    namespaces.ServiceAccounts,
    namespaces.RootCertificate,
    namespace_deletion.Controller,
    cluster_roles.Controller,
    replicaset.Controller,
    deployment.Controller,
    endpoints.Controller,
    mirroring.Controller,
    node_addresses.Controller,
    node_roles.Controller,
    joining.NodePasswords,
    joining.TokenCleaner,
    nodelifecycle.Controller,
    pod_garbage.Controller,
    policy_status.Controller,
    volume_protection.Claims,
    volume_protection.Volumes,
    quota.Controller,
    garbage.Controller,
    cleaning.Controller,
]


class SigningController(Protocol):
    """A controller that uses the cluster's keys."""

    name: str

    def __init__(self, context: Context, signer: signing.Signer): ...
    async def run(self) -> None: ...


SIGNING: list[type[SigningController]] = [
    approving.Controller,
    issuing.Controller,
    service_account_tokens.Controller,
]


async def run(
    client: rest.Client,
    settings: ControllerSettings,
    time: clock.Clock | None = None,
    signer: signing.Signer | None = None,
) -> None:
    """Run the controllers until cancelled; without a signer those that need the cluster's keys are left out."""
    context = Context(client, settings, time)
    controllers: list[Controller | SigningController] = [
        make(context) for make in CONTROLLERS if make.name not in settings.disabled
    ]
    if signer is not None:
        controllers += [make(context, signer) for make in SIGNING if make.name not in settings.disabled]
    async with tasks.TaskOwner("controllers") as owner:
        owner.start(context.events.run(), "events")
        for informer in context.informers:
            owner.start(informer.run(), f"informer {informer.ref.plural}")
        for informer in context.informers:
            await informer.synced()
        for controller in controllers:
            owner.start(controller.run(), controller.name)
        _log.info("controllers started", count=len(controllers))
        await owner.run()
