import pytest

from pyk3s.api.customresources import paths

OBJECT = {
    "metadata": {"annotations": {"a.b": "dotted"}},
    "spec": {"size": 3, "ports": [{"name": "http", "port": 80}, {"name": "dns", "port": 53}]},
    "status": {"conditions": [{"type": "Synced", "status": "False"}, {"type": "Ready", "status": "True"}]},
}


@pytest.mark.parametrize(
    ("path", "found"),
    [
        (".spec.size", [3]),
        (".spec.nothing", []),
        (".spec.ports[0].port", [80]),
        (".spec.ports[-1].port", [53]),
        (".spec.ports[7].port", []),
        (".spec.ports[*].name", ["http", "dns"]),
        ("['spec'].size", [3]),
        (r".metadata.annotations.a\.b", ["dotted"]),
        (".metadata.annotations['a.b']", ["dotted"]),
        ('.status.conditions[?(@.type=="Ready")].status', ["True"]),
        (".status.conditions[?(@.type!='Ready')].status", ["False"]),
        (".spec.ports[?(@.port==53)].name", ["dns"]),
        (".spec[", []),
    ],
)
def test_a_path_finds_what_it_names(path, found):
    assert paths.find(path, OBJECT) == found
