"""registries.yaml in, containerd's files out; what cannot be expressed is refused in words."""

import tomllib

import pytest

from pyk3s.cri.containerd import registries


def hosts(name, mirror=None, configs=None, **options):
    parsed = {"mirrors": {name: mirror} if mirror is not None else {}, "configs": configs or {}}
    made = registries.plan(parsed, **options).hosts
    return tomllib.loads(made["_default" if name == "*" else name])


def test_mirrors_are_tried_in_order_before_the_registry():
    made = hosts("docker.io", {"endpoint": ["https://a.example:5000", "http://b.example", "c.example/v2"]})
    assert made["server"] == "https://registry-1.docker.io"
    assert list(made["host"]) == ["https://a.example:5000", "http://b.example", "https://c.example"]
    assert made["host"]["https://a.example:5000"] == {"capabilities": ["pull", "resolve"]}


def test_every_other_registry_is_the_default_folder_without_a_server():
    made = hosts("*", {"endpoint": ["https://mirror.example"]})
    assert "server" not in made
    assert list(made["host"]) == ["https://mirror.example"]


def test_an_endpoint_that_is_the_registry_itself_is_left_out():
    assert "host" not in hosts("ghcr.io", {"endpoint": ["https://ghcr.io/v2"]})


def test_without_the_default_endpoint_the_last_mirror_stands_for_the_registry():
    made = hosts("ghcr.io", {"endpoint": ["https://a.example", "https://b.example"]}, default_endpoint=False)
    assert made["server"] == "https://b.example"
    assert hosts("ghcr.io", {}, default_endpoint=False)["server"] == "https://ghcr.io"


def test_a_path_in_an_endpoint_and_a_rewrite_of_every_name_go_before_the_name():
    made = hosts("docker.io", {"endpoint": ["https://a.example/v2/cache"]})
    assert made["host"]["https://a.example/v2/cache"]["override_path"] is True
    made = hosts("docker.io", {"endpoint": ["https://a.example"], "rewrite": {"^(.*)$": "mirrors/hub/$1"}})
    assert made["host"]["https://a.example/v2/mirrors/hub"]["override_path"] is True


def test_tls_belongs_to_the_host_of_the_endpoint():
    tls = {"ca_file": "/ca.pem", "cert_file": "/c.pem", "key_file": "/k.pem", "insecure_skip_verify": True}
    made = hosts("docker.io", {"endpoint": ["https://a.example:5000"]}, {"a.example:5000": {"tls": tls}})
    mirror = made["host"]["https://a.example:5000"]
    assert (mirror["ca"], mirror["client"], mirror["skip_verify"]) == (["/ca.pem"], [["/c.pem", "/k.pem"]], True)
    assert "ca" not in made


def test_a_private_registry_needs_no_mirror():
    made = registries.plan({"configs": {"reg.example:5000": {"tls": {"insecure_skip_verify": True}}}})
    assert tomllib.loads(made.hosts["reg.example:5000"]) == {"server": "https://reg.example:5000", "skip_verify": True}


def test_credentials_take_the_names_of_containerd():
    configs = {"https://a.example": {"auth": {"username": "u", "password": "p"}}, "b": {"auth": {"token": "t"}}}
    assert registries.plan({"configs": configs}).credentials == {
        "a.example": {"username": "u", "password": "p"},
        "b": {"identitytoken": "t"},
    }


def test_an_empty_file_is_no_registries():
    assert registries.plan(None) == registries.Registries()
    assert registries.plan({"mirrors": None}) == registries.Registries()


@pytest.mark.parametrize(
    ("parsed", "said"),
    [
        ([], "the file is not a map"),
        ({"mirror": {}}, "has 'mirror', which is not known"),
        ({"mirrors": {"../../etc": {}}}, "is not the name of a registry"),
        ({"mirrors": {"a/b": {}}}, "is not the name of a registry"),
        ({"mirrors": {"a": {"endpoint": "https://x"}}}, "is not a list of URLs"),
        ({"mirrors": {"a": {"endpoint": ["ftp://x"]}}}, "is not a URL such as"),
        ({"mirrors": {"a": {"endpoint": ['https://x"\n[host]']}}}, "is not a URL such as"),
        ({"mirrors": {"a": {"rewrite": {"^rancher/(.*)": "x/$1"}}}}, "can only put a path before every name"),
        ({"mirrors": {"a": {"rewrite": {"(.*)": "../$1"}}}}, "can only put a path before every name"),
        ({"configs": {"a": {"auth": {"password": 12345}}}}, "not a text; put it in quotes"),
        ({"configs": {"a": {"tls": {"cert_file": "/c"}}}}, "needs cert_file and key_file together"),
        ({"configs": {"a": {"tls": {"insecure_skip_verify": "yes"}}}}, "not true or false"),
        ({"configs": {"a": {"tls": {"ca": "x"}}}}, "which is not known"),
        ({"configs": {"a b": {}}}, "is not a host"),
    ],
)
def test_what_cannot_be_done_says_where_and_why(parsed, said):
    with pytest.raises(registries.BadRegistries, match=said):
        registries.plan(parsed)
