import asyncio

from making import UID, pod

from pyk3s.lib import timestamps
from pyk3s.node.volumes.payloads import TokenRequest
from pyk3s.node.volumes.tokens import Tokens, renewal


class At:
    """A clock that stands still."""

    def __init__(self):
        self.now = 0.0

    def time(self):
        return self.now


class Issuer:
    """Issues tokens for an hour."""

    def __init__(self, time):
        self.time, self.asked = time, []

    async def create(self, path, body):
        self.asked.append((path, body["spec"]))
        ends = timestamps.rfc3339(self.time.now + 3600)
        return {"status": {"token": f"t{len(self.asked)}", "expirationTimestamp": ends}}


def test_renewal_is_due_at_four_fifths_of_its_life_or_after_a_day():
    assert renewal(0.0, 1000.0) == 800.0
    assert renewal(0.0, 10_000_000.0) == 86400.0


def test_a_token_is_kept_until_it_is_due_and_bound_to_its_pod():
    time = At()
    issuer = Issuer(time)
    tokens, request = Tokens(issuer, time), TokenRequest("aud", 3600)

    async def play():
        assert [await tokens.get(pod(), request) for _ in range(2)] == ["t1", "t1"]
        assert tokens.renew_at(UID) == 2880.0
        time.now = 2881.0
        assert await tokens.get(pod(), request) == "t2"

    asyncio.run(play())
    path, spec = issuer.asked[0]
    assert path == "/api/v1/namespaces/default/serviceaccounts/default/token"
    assert (spec["audiences"], spec["boundObjectRef"]["uid"]) == (["aud"], UID)
    tokens.forget(UID)
    assert tokens.renew_at(UID) is None
