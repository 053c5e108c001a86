"""`kubectl uncordon`: nodes take new pods again."""

from pyk3s.kubectl import cordoning
from pyk3s.kubectl.command import Call, Command


async def run(call: Call) -> int:
    for node in await cordoning.nodes(call):
        await cordoning.mark(call, node, unschedulable=False)
    return 0


COMMAND = Command("NODE", "Mark node as schedulable", cordoning.FLAGS, run)
