"""The kernel's table of connections, through the `conntrack` program."""

from pyk3s.host import processes


async def forget_udp(original: str, reply: str) -> None:
    """Remove UDP flows that were sent to address `original` and rewritten to `reply`; none is fine."""
    command = ["conntrack", "-D", "-p", "udp", "--orig-dst", original, "--reply-src", reply]
    try:
        await processes.run(command)
    except processes.CommandFailed as error:
        if "0 flow entries" not in str(error):
            raise
