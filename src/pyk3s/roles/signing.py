"""The cluster's keys for controllers: each use is a short-lived process, so that no resident one holds them."""

import datetime
import json
import pathlib
from collections.abc import Callable, Sequence
from typing import Any

from pyk3s.controllers import signing
from pyk3s.host import short_lived
from pyk3s.lib.failure import Failure

_REFUSED = b"!"


class ShortLivedSigner:
    """Implements `controllers.signing.Signer` over the files of a server's `tls` folder."""

    def __init__(self, tls: pathlib.Path):
        self._tls = tls

    async def read(self, request: bytes) -> signing.Asked:
        """What a request asks for."""

        def work() -> bytes:
            from pyk3s.pki import signers

            return json.dumps(signers.read(request)).encode()

        asked = json.loads(await _run(work))
        lists = {key: tuple(value) for key, value in asked.items() if isinstance(value, list)}
        return signing.Asked(asked["common_name"], **lists)

    async def sign(self, authority: str, request: bytes, usages: Sequence[str], seconds: int) -> bytes:
        """The certificate for a request."""

        def work() -> bytes:
            from pyk3s.pki import signers, x509

            now, stem = datetime.datetime.now(datetime.UTC), self._tls / f"{authority}-ca"
            try:
                loaded = x509.load_authority(stem.with_suffix(".crt"), stem.with_suffix(".key"), now)
            except ValueError as error:
                raise Failure(str(error)) from error
            return signers.sign(loaded, request, usages, datetime.timedelta(seconds=seconds), now)

        return await _run(work)

    async def token(self, claims: dict[str, Any]) -> str:
        """A token signed with the newest service-account key."""

        def work() -> bytes:
            from pyk3s.pki import jwt

            try:
                keys = jwt.Keys((self._tls / "service.key").read_bytes())
            except ValueError as error:
                raise Failure(f"{self._tls}/service.key cannot sign", remedy=str(error)) from error
            return keys.sign(claims).encode()

        return (await _run(work)).decode()


async def _run(work: Callable[[], bytes]) -> bytes:
    """Raises ValueError for what is wrong with the request, Unavailable for what is wrong here."""

    def told() -> bytes:
        try:
            return b"=" + work()
        except ValueError as error:
            return _REFUSED + str(error).encode()

    try:
        answer = await short_lived.run_in_loop(told)
    except Failure as failure:
        raise signing.Unavailable(str(failure)) from failure
    if answer.startswith(_REFUSED):
        raise ValueError(answer[1:].decode())
    return answer[1:]
