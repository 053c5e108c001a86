"""Readiness for a service manager: systemd's notification protocol, one datagram; silent where nobody asks for it."""

import os
import socket


def notify(state: str) -> None:
    """Send a state such as `READY=1` to the socket in NOTIFY_SOCKET, if there is one."""
    address = os.environ.get("NOTIFY_SOCKET")
    if not address:
        return
    if address.startswith("@"):
        address = "\0" + address[1:]
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC) as sender:
        sender.sendto(state.encode(), address)
