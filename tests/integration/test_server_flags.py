"""Flags whose effect shows on a running server."""

import os

from k3s_server import in_server, server


def test_another_published_port_stands_in_the_endpoints_of_the_api(tmp_path):
    with server(tmp_path / "k3s", "--advertise-port", "443", "--advertise-address", "192.0.2.7") as made:
        made.start()
        found = in_server(made, lambda client: client.get("/api/v1/namespaces/default/endpoints/kubernetes"))
        (subset,) = found["subsets"]
        assert (subset["addresses"], subset["ports"][0]["port"]) == ([{"ip": "192.0.2.7"}], 443)


def test_the_kubeconfig_belongs_to_the_group_with_the_mode_that_was_asked_for(tmp_path):
    group = os.getgid()
    with server(tmp_path / "k3s", "--write-kubeconfig-group", str(group), "--write-kubeconfig-mode", "0640") as made:
        made.start()
        facts = (made.folder / "k3s.yaml").stat()
        assert (facts.st_gid, facts.st_mode & 0o777) == (group, 0o640)


def test_the_log_goes_to_the_file_and_to_standard_error_where_both_are_wanted(tmp_path):
    log = tmp_path / "k3s.log"
    with server(tmp_path / "k3s", "--log", str(log), "--alsologtostderr", "-v", "1") as made:
        made.start()
        assert "supervisor" in log.read_text()
        assert "supervisor" in made.log.read_text()
