"""The keys of controllers: used in processes that end, with words for what cannot be."""

import asyncio
import datetime
import subprocess
import sys

import pytest

from pyk3s.controllers import signing as needs
from pyk3s.pki import jwt, provision
from pyk3s.roles import signing

PROGRAM = """
import asyncio, pathlib, sys
from pyk3s.roles import signing
print(asyncio.run(signing.ShortLivedSigner(pathlib.Path(sys.argv[1])).token({"sub": "x"})))
assert not [name for name in sys.modules if name.startswith("cryptography")]
"""


@pytest.fixture
def tls(tmp_path):
    identity = provision.Identity("n1", ("127.0.0.1",), ("n1",))
    provision.provision_server(tmp_path / "tls", identity, datetime.datetime.now(datetime.UTC))
    return tmp_path / "tls"


def test_the_resident_process_loads_neither_key_nor_library(tls):
    done = subprocess.run([sys.executable, "-c", PROGRAM, tls], capture_output=True, text=True, check=True)
    keys = jwt.Keys((tls / "service.key").read_bytes())
    assert keys.verify(done.stdout.strip()) == {"sub": "x"}


def test_an_unusable_key_is_unavailable_in_words(tls):
    (tls / "service.key").write_text("garbage")
    with pytest.raises(needs.Unavailable, match=r"service\.key cannot sign: no key"):
        asyncio.run(signing.ShortLivedSigner(tls).token({}))


def test_an_unreadable_request_is_the_requests_fault(tls):
    with pytest.raises(ValueError, match="cannot be read"):
        asyncio.run(signing.ShortLivedSigner(tls).read(b"garbage"))
