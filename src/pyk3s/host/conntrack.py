"""The kernel's table of connections, through the `conntrack` program."""

import shutil

from pyk3s.host import processes
from pyk3s.lib import log

_log = log.get_logger("conntrack")


class Connections:
    """Without the program, which small systems leave out, flows stay until they time out: said once."""

    def __init__(self) -> None:
        self._told = False

    async def forget_udp(self, original: str, port: int, reply: str) -> None:
        """Remove UDP flows to address `original` (empty: any) and `port` that were rewritten to `reply`, if any."""
        program = shutil.which("conntrack")
        if program is None:
            self._tell()
            return
        command = [program, "-D", "-p", "udp", "--orig-port-dst", str(port), "--reply-src", reply]
        if original:
            command += ["--orig-dst", original]
        try:
            await processes.run(command)
        except processes.CommandFailed as error:
            if "0 flow entries" not in str(error):
                raise

    def _tell(self) -> None:
        if not self._told:
            _log.warning("conntrack is not installed: UDP clients keep a backend that is gone until they pause")
            self._told = True
