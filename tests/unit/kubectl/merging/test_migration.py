"""What client-side apply owned is given to server-side apply."""

from pyk3s.kubectl.merging import migration


def _entry(manager, operation, fields, version="v1", **more):
    return {"manager": manager, "operation": operation, "apiVersion": version, "fieldsV1": fields, **more}


def test_fields_of_both_become_the_new_managers():
    other = _entry("controller", "Update", {"f:status": {}})
    old = _entry(migration.CLIENT_SIDE, "Update", {"f:data": {"f:a": {}, "f:b": {}}})
    new = _entry("kubectl", "Apply", {"f:data": {"f:b": {}, "f:c": {}}})
    moved = migration.migrated([old, other, new], "kubectl")
    assert moved == [other, _entry("kubectl", "Apply", {"f:data": {"f:a": {}, "f:b": {}, "f:c": {}}})]


def test_without_an_old_or_a_new_owner_there_is_nothing_to_move():
    old, new = _entry(migration.CLIENT_SIDE, "Update", {}), _entry("kubectl", "Apply", {})
    assert migration.migrated([old], "kubectl") is None
    assert migration.migrated([new], "kubectl") is None


def test_parts_such_as_status_and_other_versions_stay_out_of_it():
    part = _entry(migration.CLIENT_SIDE, "Update", {"f:status": {}}, subresource="status")
    old = _entry(migration.CLIENT_SIDE, "Update", {"f:x": {}}, version="v0")
    new = _entry("kubectl", "Apply", {"f:y": {}})
    assert migration.migrated([part, new], "kubectl") is None
    assert migration.migrated([part, old, new], "kubectl") == [part, new]
