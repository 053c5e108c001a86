"""What servers with a node and agents need of their host alike."""

import os

from pyk3s.config.settings import HostSettings
from pyk3s.host import sysctl
from pyk3s.lib import log
from pyk3s.lib.failure import Failure
from pyk3s.roles import preflight

PROGRAMS = ("containerd", "ctr", "setpriv", "runc", "nft", "ip", "iptables")
OWN_RUNTIME = ("containerd", "ctr", "setpriv", "runc")
KUBELET = ("0.0.0.0", 10250)  # where NodeSettings lets it listen


def check_node(settings: HostSettings) -> None:
    """Root, programs, plugins, the kubelet's port. Raises Failure."""
    preflight.require_root(os.geteuid())
    preflight.require_programs(_needed(settings), preflight.find_program)
    preflight.plugin_folder()
    preflight.require_short(settings.paths.run)
    preflight.require_free_port(*KUBELET)
    if settings.protects_kernel:
        preflight.require_kernel_values(sysctl.read)


def open_log(settings: HostSettings) -> None:
    """Write log lines where they are wanted; raises Failure."""
    try:
        stream = open(settings.log, "a", encoding="utf-8") if settings.log else None  # noqa: SIM115, PTH123 - for life
    except OSError as error:
        raise Failure(f"cannot write --log {settings.log}", remedy=error.strerror or str(error)) from error
    log.configure(debug=settings.debug, stream=stream, also_stderr=settings.logs_to_stderr)


def _needed(settings: HostSettings) -> list[str]:
    """The runtime's programs are another's business when a runtime is given; catatonit makes the pause image."""
    needed = list(PROGRAMS)
    if settings.container_runtime_endpoint:
        needed = [name for name in needed if name not in OWN_RUNTIME]
    elif not settings.pause_image:
        needed.append("catatonit")
    return needed
