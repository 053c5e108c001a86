"""What pods see of their volumes, environment and names."""

import pytest

pytestmark = pytest.mark.root
CONFIG_MAPS = "/api/v1/namespaces/default/configmaps"
FOREVER = ["sh", "-c", "trap 'exit 0' TERM; while true; do sleep 0.1; done"]


def _config_map(play, name, data):
    play.do(play.api.create(CONFIG_MAPS, {"metadata": {"name": name}, "data": data}))


def test_environment_comes_from_everywhere_and_refers_to_itself(play):
    _config_map(play, "env", {"color": "blue", "SIZE": "2"})
    variables = [
        {"name": "COLOR", "valueFrom": {"configMapKeyRef": {"name": "env", "key": "color"}}},
        {"name": "NAME", "valueFrom": {"fieldRef": {"fieldPath": "metadata.name"}}},
        {"name": "LIMIT", "valueFrom": {"resourceFieldRef": {"resource": "limits.cpu", "divisor": "1m"}}},
        {"name": "ALL", "value": "$(NAME)-$(COLOR)-$(P_SIZE)-$$(NAME)-$(UNKNOWN)"},
    ]
    output = play.run_to_end(
        "envs",
        'echo "$ALL $LIMIT $0"',
        env=variables,
        envFrom=[{"prefix": "P_", "configMapRef": {"name": "env"}}],
        resources={"limits": {"cpu": "250m"}},
        args=["$(COLOR)"],
    )
    assert output == "envs-blue-2-$(NAME)-$(UNKNOWN) 250 blue\n"


def test_a_missing_config_map_holds_the_container_until_it_is_there(play):
    source = [{"configMapRef": {"name": "later"}}]
    play.create("waits", {"containers": [{"name": "c", "command": FOREVER, "envFrom": source}]})
    play.until(lambda: play.container("waits")["state"]["waiting"]["reason"] == "CreateContainerConfigError")
    assert play.container("waits")["state"]["waiting"]["message"] == 'configmap "later" not found'
    _config_map(play, "later", {})
    play.until(lambda: play.ready("waits"))


def test_a_changed_config_map_reaches_the_running_container(play):
    _config_map(play, "live", {"word": "old"})
    volume = {"name": "v", "configMap": {"name": "live", "defaultMode": 0o400}}
    script = "stat -Lc %a /v/word; until grep -q new /v/word; do sleep 0.1; done; cat /v/word; echo; sleep 100"
    container = {"name": "c", "command": ["sh", "-c", script], "volumeMounts": [{"name": "v", "mountPath": "/v"}]}
    play.create("live", {"containers": [container], "volumes": [volume]})
    play.until(lambda: play.ready("live"))
    play.do(play.api.patch(f"{CONFIG_MAPS}/live", {"data": {"word": "new"}}))
    play.until(lambda: play.log("live") == "400\nnew\n")


def test_changed_labels_reach_the_downward_files(play):
    item = {"path": "labels", "fieldRef": {"fieldPath": "metadata.labels"}}
    script = "until grep -q fresh /v/labels; do sleep 0.1; done; cat /v/labels; echo; sleep 100"
    container = {"name": "c", "command": ["sh", "-c", script], "volumeMounts": [{"name": "v", "mountPath": "/v"}]}
    volume = {"name": "v", "downwardAPI": {"items": [item]}}
    play.create("told", {"containers": [container], "volumes": [volume]}, labels={"a": "stale"})
    play.until(lambda: play.ready("told"))
    play.do(play.api.patch("/api/v1/namespaces/default/pods/told", {"metadata": {"labels": {"a": "fresh"}}}))
    play.until(lambda: play.log("told") == 'a="fresh"\n')


def test_projected_volumes_hold_a_token_in_memory(play):
    sources = [
        {"serviceAccountToken": {"path": "token", "expirationSeconds": 3600}},
        {"downwardAPI": {"items": [{"path": "namespace", "fieldRef": {"fieldPath": "metadata.namespace"}}]}},
    ]
    output = play.run_to_end(
        "tokens",
        "cat /v/token; echo; cat /v/namespace; echo; grep -c ' /v tmpfs' /proc/mounts; stat -Lc '%a %u' /v/token",
        volumeMounts=[{"name": "v", "mountPath": "/v"}],
        securityContext={"runAsUser": 1000},
        pod={"volumes": [{"name": "v", "projected": {"sources": sources}}]},
    )
    assert output == "token-of-default\ndefault\n1\n600 1000\n"


def test_empty_dirs_are_writable_for_everybody_and_can_be_in_memory(play):
    output = play.run_to_end(
        "empties",
        "stat -c %a /disk /memory; df -k /memory | tail -1 | awk '{print $2}'; touch /disk/x /memory/x && echo written",
        volumeMounts=[{"name": "disk", "mountPath": "/disk"}, {"name": "memory", "mountPath": "/memory"}],
        securityContext={"runAsUser": 1000},
        pod={
            "volumes": [
                {"name": "disk", "emptyDir": {}},
                {"name": "memory", "emptyDir": {"medium": "Memory", "sizeLimit": "1Mi"}},
            ]
        },
    )
    assert output == "777\n777\n1024\nwritten\n"


def test_a_group_owns_its_volumes(play):
    output = play.run_to_end(
        "grouped",
        "id -G; stat -c '%a %g' /v; touch /v/x; stat -c %g /v/x",
        volumeMounts=[{"name": "v", "mountPath": "/v"}],
        securityContext={"runAsUser": 1000, "runAsGroup": 3000},
        pod={"volumes": [{"name": "v", "emptyDir": {}}], "securityContext": {"fsGroup": 2000}},
    )
    assert output == "3000 2000\n2777 2000\n2000\n"


def test_sub_paths_are_made_and_do_not_lead_out(play):
    output = play.run_to_end(
        "subbed",
        "echo kept > /one/f; cat /whole/inner/subbed/f",
        env=[{"name": "POD", "valueFrom": {"fieldRef": {"fieldPath": "metadata.name"}}}],
        volumeMounts=[
            {"name": "v", "mountPath": "/whole"},
            {"name": "v", "mountPath": "/one", "subPathExpr": "inner/$(POD)"},
        ],
        pod={"volumes": [{"name": "v", "emptyDir": {}}]},
    )
    assert output == "kept\n"
    mount = {"name": "v", "mountPath": "/one", "subPath": "../.."}
    container = {"name": "c", "command": FOREVER, "volumeMounts": [mount]}
    play.create("climber", {"containers": [container], "volumes": [{"name": "v", "emptyDir": {}}]})
    play.until(lambda: "must not contain" in play.container("climber")["state"]["waiting"].get("message", ""))


def test_a_host_path_of_the_wrong_type_is_refused_in_words(play):
    volume = {"name": "v", "hostPath": {"path": "/etc/passwd", "type": "Directory"}}
    container = {"name": "c", "command": FOREVER, "volumeMounts": [{"name": "v", "mountPath": "/v"}]}
    play.create("wrong", {"containers": [container], "volumes": [volume]})
    play.until(lambda: any("is not a directory" in each for each in play.events("FailedMount")))


def test_names_of_the_pod_and_its_aliases_are_in_its_hosts_file(play):
    output = play.run_to_end(
        "named",
        "hostname; cat /etc/hosts; cat /etc/resolv.conf",
        pod={
            "hostname": "me",
            "subdomain": "sub",
            "hostAliases": [{"ip": "10.1.2.3", "hostnames": ["one", "two"]}],
            "dnsPolicy": "None",
            "dnsConfig": {
                "nameservers": ["10.9.9.9"],
                "searches": ["x.y"],
                "options": [{"name": "ndots", "value": "2"}],
            },
        },
    )
    assert output.startswith("me\n# Kubernetes-managed hosts file.")
    assert "\tme.sub.default.svc.cluster.local\tme\n" in output
    assert "10.1.2.3\tone\ttwo\n" in output
    assert "search x.y\nnameserver 10.9.9.9\noptions ndots:2\n" in output
