"""nftables through the `nft` program: a script is one transaction, taken whole or not at all."""

from pyk3s.host import processes
from pyk3s.lib.failure import Failure


async def apply(script: str) -> None:
    """Carry out a script; raises Failure with what nft said, and then nothing has changed."""
    try:
        await processes.run(["nft", "-f", "-"], feed=script.encode())
    except processes.CommandFailed as error:
        raise Failure(
            f"nftables refused a change: {error}", remedy="is nft installed and the kernel's nf_tables on?"
        ) from error


async def delete_table(table: str) -> None:
    """Remove a table such as `ip k3s-proxy`, whether it is there or not."""
    await apply(f"add table {table}\ndelete table {table}\n")
