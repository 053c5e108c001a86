import pathlib
import tomllib

from pyk3s.cri.containerd import config

LAYOUT = config.Layout(pathlib.Path("/d/agent"), pathlib.Path("/r"), pathlib.Path("/cni"), pathlib.Path("/bin"))


def rendered(**changes):
    settings = {"systemd_cgroup": False, "restrict_oom_score": True, "apparmor": False, "snapshotter": "overlayfs"}
    return tomllib.loads(config.render(LAYOUT, config.Abilities(**settings | changes), "img:1"))


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
