"""Upstream's EncryptionConfiguration: what is written is what kube-apiserver takes, and read as it stands."""

import base64
import json

import pytest

from pyk3s.datastore.encryption import configuration as configurations
from pyk3s.datastore.encryption.configuration import Configuration, ConfigurationError, Key

OLD, NEW, OTHER = (Key(kind, name, bytes([at]) * 32) for at, (kind, name) in enumerate((
    ("aescbc", "aescbckey"), ("aescbc", "aescbckey-2"), ("aesgcm", "aesgcmkey"),
)))  # fmt: skip


def providers(configuration):
    found = json.loads(configurations.render(configuration))
    assert (found["kind"], found["apiVersion"]) == ("EncryptionConfiguration", "apiserver.config.k8s.io/v1")
    (rule,) = found["resources"]
    assert rule["resources"] == ["secrets"]
    return rule["providers"]


def test_the_first_key_writes_and_plain_text_is_read_last():
    keys = [{"name": key.name, "secret": base64.b64encode(key.secret).decode()} for key in (OLD, NEW)]
    assert providers(Configuration((OLD, NEW), True)) == [{"aescbc": {"keys": keys}}, {"identity": {}}]


def test_disabled_means_that_plain_text_comes_first():
    assert [next(iter(each)) for each in providers(Configuration((OLD,), False))] == ["identity", "aescbc"]


@pytest.mark.parametrize("enabled", [True, False])
def test_keys_of_several_providers_keep_their_order(enabled):
    configuration = Configuration((OTHER, OLD, NEW), enabled)
    assert configurations.parse(configurations.render(configuration)) == configuration


def test_a_rotation_goes_by_three_steps():
    prepared = Configuration((OLD,), True).with_next(NEW)
    assert prepared.writer == OLD
    rotated = prepared.rotated()
    assert (rotated.writer, rotated.keys) == (NEW, (NEW, OLD))
    assert rotated.without_old().keys == (NEW,)


def test_names_of_keys_are_not_used_twice():
    assert configurations.key_name("aescbc", ()) == "aescbckey"
    assert configurations.key_name("aescbc", (), "now") == "aescbckey-now"
    assert configurations.key_name("aescbc", ("aescbckey-now",), "now") == "aescbckey-now-2"


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        (lambda text: b"{", "cannot be read"),
        (lambda text: b"[]", "cannot be read"),
        (lambda text: text.replace(b"secrets", b"pods"), "for secrets alone"),
        (lambda text: text.replace(b"aescbc", b"kms"), "the provider kms is not supported"),
        (lambda text: text.replace(b"identity", b"aesgcm"), "cannot be read"),
        (lambda text: text.replace(base64.b64encode(OLD.secret), b"c2hvcnQ="), "has 5 bytes"),
        (lambda text: text.replace(base64.b64encode(OLD.secret), b"?"), "not base64"),
    ],
)
def test_a_file_that_cannot_be_used_says_why(spoil, said):
    with pytest.raises(ConfigurationError, match=said):
        configurations.parse(spoil(configurations.render(Configuration((OLD,), True))))
