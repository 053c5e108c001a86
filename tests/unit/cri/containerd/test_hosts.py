"""The folder of registries holds what is wanted and what is not ours."""

from pyk3s.cri.containerd import hosts, registries


def test_what_is_not_wanted_any_more_goes_and_what_others_wrote_stays(tmp_path):
    wanted = registries.plan({"mirrors": {"a.example": {}, "b.example": {}}}).hosts
    hosts.write(tmp_path, wanted)
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine/hosts.toml").write_text('server = "https://mine"\n')
    hosts.write(tmp_path, {"a.example": wanted["a.example"]})
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.example", "mine"]
