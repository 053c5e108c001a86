import asyncio

import pytest

from pyk3s.host import processes


def test_a_command_gives_its_output():
    assert asyncio.run(processes.run(["cat"], feed=b"hello")).output == b"hello"


def test_failures_say_what_and_why():
    with pytest.raises(processes.CommandFailed, match="ended with status 3: oh"):
        asyncio.run(processes.run(["sh", "-c", "echo oh >&2; exit 3"]))
    with pytest.raises(processes.CommandFailed, match="cannot be started"):
        asyncio.run(processes.run(["/no/such/program"]))


def test_a_service_is_stopped(tmp_path):
    async def play():
        service = processes.Service(["sleep", "100"], log_path=str(tmp_path / "log"))
        await service.start()
        await service.stop()
        return await service.ended()

    assert asyncio.run(play()) == -15
