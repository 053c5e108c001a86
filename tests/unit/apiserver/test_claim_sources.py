import pytest

from pyk3s.apiserver.strategies.volumes import settle_sources

CLAIM = {"kind": "PersistentVolumeClaim", "name": "old"}
SNAPSHOT = {"apiGroup": "snapshot.storage.k8s.io", "kind": "VolumeSnapshot", "name": "s"}


@pytest.mark.parametrize("source", [CLAIM, SNAPSHOT])
@pytest.mark.parametrize("key", ["dataSource", "dataSourceRef"])
def test_a_source_stands_in_both_fields(key, source):
    spec = {key: dict(source)}
    settle_sources(spec, {})
    assert spec == {"dataSource": source, "dataSourceRef": source}


def test_the_older_field_knows_two_kinds_only():
    spec = {"dataSource": {"kind": "Disk", "name": "x"}}
    settle_sources(spec, {})
    assert spec == {}


def test_a_source_of_another_namespace_has_no_older_form():
    spec = {"dataSourceRef": {**CLAIM, "namespace": "other"}}
    settle_sources(spec, {})
    assert "dataSource" not in spec
