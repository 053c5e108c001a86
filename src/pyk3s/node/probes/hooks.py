"""postStart and preStop: a command, an HTTP request or a pause. A hook that fails is told by words, not by an
exception.
"""

import asyncio

from pyk3s.cri import runtime
from pyk3s.lib import clock
from pyk3s.node.objects import JSON
from pyk3s.node.probes import checks

NO_LIMIT_SECONDS = 3600.0


async def run(
    cri: runtime.Runtime, hook: JSON, target: checks.Target, time: clock.Clock, *, limit_s: float | None = None
) -> str:
    """Run a hook to its end or `limit_s`; the complaint, empty when all went well."""
    limit = NO_LIMIT_SECONDS if limit_s is None else limit_s
    try:
        if pause := hook.get("sleep"):
            await asyncio.wait_for(time.sleep(float(pause["seconds"])), limit)
            return ""
        if hook.get("tcpSocket"):
            return ""  # the API keeps it for old objects and promises that it does nothing
        result = await checks.check(cri, hook, target, limit)
    except TimeoutError:
        return f"did not end within {limit:g} s"
    except checks.Unsupported as error:
        return str(error)
    return "" if result.success else result.message or "failed"
