import pathlib
import tomllib

from pyk3s.cri.containerd import config, registries

LAYOUT = config.Layout(pathlib.Path("/d/agent"), pathlib.Path("/r"), pathlib.Path("/cni"), pathlib.Path("/bin"))


def rendered(options=None, **changes):
    settings = {"systemd_cgroup": False, "restrict_oom_score": True, "apparmor": False, "snapshotter": "overlayfs"}
    return tomllib.loads(
        config.render(LAYOUT, config.Abilities(**settings | changes), options or config.Options("img:1"))
    )


def test_the_configuration_says_what_this_machine_allows():
    cri = rendered()["plugins"]["io.containerd.grpc.v1.cri"]
    assert (cri["sandbox_image"], cri["restrict_oom_score_adj"], cri["disable_apparmor"]) == ("img:1", True, True)
    assert cri["cni"] == {"bin_dir": "/bin", "conf_dir": "/cni"}
    assert cri["containerd"]["runtimes"]["runc"]["options"]["SystemdCgroup"] is False
    other = rendered(systemd_cgroup=True, snapshotter="native")["plugins"]["io.containerd.grpc.v1.cri"]
    assert other["containerd"]["runtimes"]["runc"]["options"]["SystemdCgroup"] is True
    assert other["containerd"]["snapshotter"] == "native"


def test_everything_lies_where_k3s_puts_it():
    made = rendered()
    assert (made["root"], made["state"]) == ("/d/agent/containerd", "/r/containerd")
    assert made["grpc"]["address"] == "/r/containerd/containerd.sock"
    assert str(LAYOUT.config) == "/d/agent/etc/containerd/config.toml"


def test_credentials_and_ownership_of_devices_are_told_as_wished():
    wished = config.Options("img:1", registries.plan({"configs": {"r:5000": {"auth": {"username": 'u"1'}}}}), True)
    cri = rendered(wished)["plugins"]["io.containerd.grpc.v1.cri"]
    assert cri["registry"]["configs"] == {"r:5000": {"auth": {"username": 'u"1'}}}
    assert cri["device_ownership_from_security_context"] is True
