"""Users whom others recognise: an OIDC issuer and a token webhook over TLS, well-behaved and not."""

import base64
import contextlib
import http.server
import json
import pathlib
import threading
import time

import deciding_webhook
import https_server
import pytest
from api_in_process import running
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa

from pyk3s.apiserver.authn import oidc, others

WHO = "/apis/authentication.k8s.io/v1/selfsubjectreviews"
REVIEW = {"apiVersion": "authentication.k8s.io/v1", "kind": "SelfSubjectReview"}
TOKEN_REVIEWS = "/apis/authentication.k8s.io/v1/tokenreviews"


def who(api, token, **headers):
    """Code, and the user's name and groups where there is one."""
    reply = api.send("POST", WHO, REVIEW, token=token, headers=headers)
    user = reply.json.get("status", {}).get("userInfo", {}) if reply.code == 201 else {}
    return reply.code, user.get("username"), user.get("groups")


def encoded(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


class Issuer:
    """An OIDC provider whose documents a test may change."""

    def __init__(self):
        self.asked, self.address, self.documents = [], "", {}
        self.key = rsa.generate_private_key(65537, 2048)
        self.status = 200

    def publish(self, kid="k1"):
        public = self.key.public_key().public_numbers()
        n, e = (encoded(value.to_bytes((value.bit_length() + 7) // 8)) for value in (public.n, public.e))
        self.documents = {
            oidc.DISCOVERY: {"issuer": self.address, "jwks_uri": f"{self.address}/keys"},
            "/keys": {"keys": [{"kty": "RSA", "kid": kid, "n": n, "e": e}]},
        }

    def token(self, kid="k1", **claims):
        stated = {"iss": self.address, "aud": "us", "sub": "eve", "exp": time.time() + 60, **claims}
        text = ".".join(encoded(json.dumps(part).encode()) for part in ({"alg": "RS256", "kid": kid}, stated))
        return f"{text}.{encoded(self.key.sign(text.encode(), padding.PKCS1v15(), hashes.SHA256()))}"


@contextlib.contextmanager
def issuing(folder: pathlib.Path):
    issuer = Issuer()

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            issuer.asked.append(self.path)
            self.send_response(issuer.status)
            self.send_header("Location", f"{issuer.address}/keys")
            self.end_headers()
            self.wfile.write(json.dumps(issuer.documents.get(self.path, {})).encode())

        def log_message(self, *parts):
            """Tests are quiet."""

    with https_server.listening(folder, Handler) as (port, _):
        issuer.address = f"https://127.0.0.1:{port}"
        issuer.publish()
        settings = oidc.OidcSettings(
            issuer=issuer.address, client_id="us", ca_file=folder / "ca.crt",
            username_prefix="oidc:", groups_claim="groups", groups_prefix="oidc:",
        )  # fmt: skip
        with running(other_authenticators=others.OthersSettings(issuer=settings)) as api:
            yield issuer, api


def test_a_token_of_the_issuer_names_its_user_and_keys_are_fetched_once(tmp_path):
    with issuing(tmp_path / "idp") as (issuer, api):
        for groups in (["dev"], ["ops"]):
            told = who(api, issuer.token(groups=groups))
            assert told == (201, "oidc:eve", [f"oidc:{groups[0]}", "system:authenticated"])
    assert issuer.asked == [oidc.DISCOVERY, "/keys"]


def test_tokens_that_do_not_hold_are_refused(tmp_path):
    with issuing(tmp_path / "idp") as (issuer, api):
        good = issuer.token()
        head, payload, signature = good.split(".")
        root = encoded(json.dumps({"iss": issuer.address, "sub": "root", "aud": "us", "exp": 1e10}).encode())
        other = Issuer()
        other.address = issuer.address
        for bad in (
            issuer.token(aud="them"), issuer.token(exp=time.time() - 1), issuer.token(nbf=time.time() + 600),
            issuer.token(iss="https://evil"), other.token(), good[:-20], f"{head}.{payload}.", f"{head}.{payload}",
            f"{head}.{root}.{signature}",
            encoded(b'{"alg":"none"}') + f".{payload}.", "a.b.c", "." * 5000, "x" * 300_000,
        ):  # fmt: skip
            assert who(api, bad)[0] == 401, bad[:80]
        assert who(api, good)[0] == 201


def test_forged_tokens_do_not_make_us_ask_the_issuer_again(tmp_path):
    with issuing(tmp_path / "idp") as (issuer, api):
        for number in range(20):
            assert who(api, issuer.token(kid=f"unknown-{number}"))[0] == 401
    assert len(issuer.asked) == 2


def test_an_issuer_may_change_its_keys(tmp_path, monkeypatch):
    monkeypatch.setattr(oidc, "AGAIN_S", 0.0)
    with issuing(tmp_path / "idp") as (issuer, api):
        assert who(api, issuer.token())[0] == 201
        issuer.key = rsa.generate_private_key(65537, 2048)
        issuer.publish("k2")
        time.sleep(1.1)  # the answer of before holds for a second
        assert who(api, issuer.token("k2"))[0] == 201


@pytest.mark.parametrize("change", ["other issuer", "redirect", "garbage", "plain http"])
def test_an_issuer_that_is_not_itself_recognises_nobody(tmp_path, change):
    with issuing(tmp_path / "idp") as (issuer, api):
        if change == "other issuer":
            issuer.documents[oidc.DISCOVERY]["issuer"] = "https://evil"
        elif change == "redirect":
            issuer.status = 302
        elif change == "garbage":
            issuer.documents["/keys"] = ["keys"]
        else:
            issuer.documents[oidc.DISCOVERY]["jwks_uri"] = "http://127.0.0.1/keys"
        assert who(api, issuer.token())[0] == 401


YES = {"authenticated": True, "user": {"username": "hooked", "groups": ["g"]}}


@contextlib.contextmanager
def hooked(folder: pathlib.Path):
    with deciding_webhook.listening(folder, YES) as webhook:
        settings = others.OthersSettings(webhook_file=webhook.config)
        with running(other_authenticators=settings) as api:
            yield webhook, api


def test_a_webhook_names_the_user_and_is_asked_once(tmp_path):
    with hooked(tmp_path / "hook") as (webhook, api):
        for _ in range(3):
            assert who(api, "foreign") == (201, "hooked", ["g", "system:authenticated"])
    (asked,) = webhook.asked
    assert (asked["kind"], asked["spec"]["token"]) == ("TokenReview", "foreign")


def test_tokens_of_our_own_are_not_shown_to_the_webhook(tmp_path):
    with hooked(tmp_path / "hook") as (webhook, api):
        assert who(api, "alice-token")[1] == "alice"
    assert webhook.asked == []


def test_whom_the_webhook_recognises_may_act_as_others_only_if_allowed(tmp_path):
    with hooked(tmp_path / "hook") as (_, api):
        assert who(api, "foreign", **{"Impersonate-User": "admin"})[0] == 403


def test_token_reviews_ask_the_webhook_too(tmp_path):
    with hooked(tmp_path / "hook") as (_, api):
        review = {"apiVersion": "authentication.k8s.io/v1", "kind": "TokenReview", "spec": {"token": "foreign"}}
        told = api.send("POST", TOKEN_REVIEWS, review).json["status"]
    assert (told["authenticated"], told["user"]["username"]) == (True, "hooked")


@pytest.mark.parametrize(
    "bad",
    [
        {"status": 500}, {"status": 302}, {"raw": b""}, {"raw": b"\xff\xfe"}, {"raw": b"[]"}, {"raw": b"{}"},
        {"raw": b"[" * 100_000}, {"raw": b" " * (2 << 20)}, {"answer": None}, {"answer": {"authenticated": True}},
        {"answer": {"authenticated": False, "error": "no"}},
    ],
)  # fmt: skip
def test_a_webhook_that_answers_badly_recognises_nobody(tmp_path, bad):
    with hooked(tmp_path / "hook") as (webhook, api):
        vars(webhook).update(bad)
        assert who(api, "foreign")[0] == 401
        assert who(api, "admin-token")[0] == 201


def test_a_webhook_that_is_late_holds_up_nobody_else(tmp_path, monkeypatch):
    monkeypatch.setattr("pyk3s.apiserver.remote.endpoint.TIMEOUT_S", 0.3)
    with hooked(tmp_path / "hook") as (webhook, api):
        webhook.lets.clear()
        replies = []
        late = threading.Thread(target=lambda: replies.append(who(api, "foreign")))
        late.start()
        assert who(api, "alice-token")[0] == 201
        late.join()
    assert replies[0][0] == 401


def test_a_webhook_that_is_not_there_recognises_nobody(tmp_path):
    config = deciding_webhook.config(tmp_path, "http://127.0.0.1:1/")
    with running(other_authenticators=others.OthersSettings(webhook_file=config)) as api:
        assert who(api, "foreign")[0] == 401


def test_anonymous_requests_are_refused_where_they_are_not_wanted():
    with running(anonymous=False) as api:
        assert api.send("GET", "/version", token="").code == 401
        assert api.send("GET", "/version").code == 200
