"""Flags, environment and files: precedence, refusals, and errors that say what to do."""

import pytest

from pyk3s.config import settings
from pyk3s.lib.failure import Failure


def made(*arguments, environment=None, config=None):
    given = ["--config", str(config)] if config else []
    return settings.server_settings([*given, *arguments], environment or {}, "Host")


@pytest.fixture
def config(tmp_path):
    path = tmp_path / "config.yaml"
    path.write_text("node-name: from-file\ntls-san:\n- a.example\n")
    (tmp_path / "config.yaml.d").mkdir()
    return path


def test_defaults_are_those_of_k3s():
    chosen = made()
    assert (chosen.port, str(chosen.cluster_cidr), str(chosen.service_cidr)) == (6443, "10.42.0.0/16", "10.43.0.0/16")
    assert (chosen.cluster_dns, chosen.cluster_domain) == ("10.43.0.10", "cluster.local")
    assert (chosen.kubeconfig_mode, chosen.node_name) == (0o600, "host")


def test_a_key_that_holds_a_map_is_refused(config):
    config.write_text("tls-san: {a: b}\n")
    with pytest.raises(Failure, match=r"key 'tls-san' in .* is neither a value nor a list of values"):
        made(config=config)


def test_the_dns_address_is_the_tenth_of_the_service_network():
    assert made("--service-cidr", "10.99.0.0/16").cluster_dns == "10.99.0.10"


def test_an_argument_beats_the_environment_which_beats_the_file(config):
    environment = {"K3S_NODE_NAME": "from-env"}
    assert made(config=config).node_name == "from-file"
    assert made(config=config, environment=environment).node_name == "from-env"
    assert made("--node-name=from-flag", config=config, environment=environment).node_name == "from-flag"


def test_a_later_drop_in_wins_per_key_and_a_plus_appends(config):
    (config.parent / "config.yaml.d/10.yaml").write_text("tls-san+: [b.example]\n")
    (config.parent / "config.yaml.d/20.yaml").write_text("node-name: later\n")
    chosen = made(config=config)
    assert (chosen.node_name, chosen.tls_sans) == ("later", ("a.example", "b.example"))


def test_a_switch_may_be_given_a_value():
    assert made("--disable-agent").agent is False
    assert made("--disable-agent=false").agent is True


def test_a_list_is_repeated_or_separated_by_commas():
    assert made("--disable", "traefik,servicelb", "--disable=coredns").disable == {"traefik", "servicelb", "coredns"}


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--no-such"], "unknown flag --no-such"),
        (["--https-listen-port", "70000"], "--https-listen-port: a port from 1 to 65535"),
        (["--cluster-cidr", "10.42.0.1/16"], "host bits set"),
        (["--datastore-endpoint", "etcd://x"], "only sqlite"),
        (["--rootless"], "flag --rootless is refused: it is not supported yet"),
        (["--node-label", "plain"], "key=value"),
        (["--disable", "unknown"], "packaged components are"),
        (["--kube-apiserver-arg", "bogus=1"], "supported are .*token-auth-file"),
        (["--token"], "needs a value"),
        (["stray"], "unexpected argument"),
        (["--config", "/nonexistent/config.yaml"], "does not exist"),
        (["--token-file", "/nonexistent/token"], "No such file"),
    ],
)
def test_what_cannot_be_is_refused_in_one_line(arguments, said):
    with pytest.raises(Failure, match=said) as refusal:
        made(*arguments)
    assert "\n" not in str(refusal.value)


def test_an_unreadable_config_file_is_named_with_the_place_of_the_error(config):
    config.write_text("node-name: [\n")
    with pytest.raises(Failure, match=r"config.yaml is not valid YAML.*line 2"):
        made(config=config)


def test_a_config_file_that_is_no_map_is_refused(config):
    config.write_text("- a\n")
    with pytest.raises(Failure, match="not a map"):
        made(config=config)


def test_another_data_dir_brings_its_own_run_dir(tmp_path):
    assert str(made().paths.run) == "/run/k3s"
    assert made("--data-dir", str(tmp_path)).paths.run == tmp_path / "run"


def test_an_unknown_key_of_the_config_file_is_skipped_with_a_warning(config, capsys):
    config.write_text("node-nmae: typo\ntls-san: [a.example]\n")
    assert made(config=config).tls_sans == ("a.example",)
    assert "unknown key in a config file, skipped" in capsys.readouterr().err


def test_a_key_of_a_flag_that_is_not_supported_is_refused(config):
    config.write_text("rootless: true\n")
    with pytest.raises(Failure, match=r"key 'rootless' in .* is refused"):
        made(config=config)


def joined(*arguments, environment=None):
    return settings.agent_settings(arguments, environment or {}, "Host")


def test_an_agent_takes_url_and_token_from_the_environment():
    chosen = joined(environment={"K3S_URL": "https://server.example:6443", "K3S_TOKEN": "secret"})
    assert (chosen.server, chosen.token, chosen.balancer_port, chosen.balanced) == (
        "https://server.example:6443",
        "secret",
        6444,
        True,
    )


@pytest.mark.parametrize("url", ["server.example:6443", "http://a:1", "https://", "https://a:b", "https://a/path"])
def test_an_address_that_is_no_server_is_refused(url):
    with pytest.raises(Failure, match="--server: an address such as https"):
        joined("--server", url)


def test_a_flag_of_the_other_command_is_refused_in_words():
    with pytest.raises(Failure, match=r"flag --cluster-cidr is refused: it belongs to k3s server"):
        joined("--cluster-cidr", "10.0.0.0/8")
    with pytest.raises(Failure, match=r"flag --lb-server-port is refused: it belongs to k3s agent"):
        made("--lb-server-port", "1")


def test_a_server_that_should_join_another_is_refused():
    with pytest.raises(Failure, match="variable K3S_URL is refused: joining further servers is not supported yet"):
        made(environment={"K3S_URL": "https://a:1"})


def test_an_agent_does_not_mind_variables_of_servers():
    assert joined(environment={"K3S_KUBECONFIG_MODE": "644"}).server == ""


def test_agents_may_have_a_token_of_their_own(tmp_path):
    (tmp_path / "token").write_text("agents\n")
    assert made("--agent-token-file", str(tmp_path / "token")).agent_token == "agents"
    assert made().agent_token == ""


def test_switches_for_what_never_runs_hold_and_must_be_switches():
    names = ("cloud-controller", "network-policy", "helm-controller")
    made(*(f"--disable-{name}" for name in names))
    with pytest.raises(Failure, match="true or false"):
        made("--disable-helm-controller=perhaps")


def test_names_are_never_taken_from_requests_and_cannot_be():
    made("--tls-san-security")
    with pytest.raises(Failure, match="--tls-san-security=false is refused: names are never taken from requests"):
        made("--tls-san-security=false")


def test_the_group_of_the_kubeconfig_is_a_name_or_a_number_that_there_is():
    assert made("--write-kubeconfig-group", "root").kubeconfig_group == 0
    assert made("--write-kubeconfig-group", "1000").kubeconfig_group == 1000
    assert made().kubeconfig_group is None
    with pytest.raises(Failure, match="no such group"):
        made("--write-kubeconfig-group", "no-such-group-here")


def test_another_image_service_needs_another_runtime():
    given = ("--image-service-endpoint", "/run/images.sock")
    assert made(*given, "--container-runtime-endpoint", "/run/cri.sock").image_service_endpoint == "/run/images.sock"
    with pytest.raises(Failure, match="give --container-runtime-endpoint too"):
        made(*given)


def test_the_published_port_is_that_of_the_api_unless_said_otherwise():
    assert made("--https-listen-port", "7443").advertise_port == 7443
    assert made("--advertise-port", "443").advertise_port == 443


def test_detail_of_the_log_is_a_number():
    assert made("-v", "4").debug is True
    assert made("--v=0").debug is False
    with pytest.raises(Failure, match="a whole number from 0"):
        made("-v", "much")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--default-runtime", "kata"), "supported are runc"),
        (("--secrets-encryption-provider", "secretbox"), "supported are aescbc, aesgcm"),
        (("--etcd-snapshot-schedule-cron", "never"), "--etcd-snapshot-schedule-cron"),
        (("--etcd-snapshot-schedule-cron", "0 0 30 2 *"), "that day never comes"),
        (("--etcd-snapshot-retention", "0"), "a whole number from 1"),
        (("--cluster-reset",), "k3s snapshot restore"),
        (("--etcd-s3",), "copy them elsewhere"),
    ],
)
def test_values_that_cannot_be_are_refused_with_what_can(arguments, said):
    with pytest.raises(Failure, match=said):
        made(*arguments)


def test_a_label_that_nodes_may_not_set_is_refused_with_the_way_to_do_it():
    with pytest.raises(Failure, match=r"kubectl label node NAME node-role\.kubernetes\.io/worker=true"):
        joined("--node-label", "node-role.kubernetes.io/worker=true")
    assert joined("--node-label", "topology.kubernetes.io/zone=a").node_labels == ("topology.kubernetes.io/zone=a",)
