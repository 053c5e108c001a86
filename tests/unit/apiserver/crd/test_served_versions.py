from pyk3s.apiserver.crd import serving


def definition(strategy="None", **subresources):
    versions = [
        {"name": "v2", "served": True, "storage": False, "subresources": subresources},
        {"name": "v1", "served": True, "storage": True},
        {"name": "v0", "served": False, "storage": False},
    ]
    names = {"plural": "widgets", "singular": "widget", "kind": "Widget", "listKind": "Widgets"}
    spec = {"group": "example.com", "scope": "Namespaced", "names": names, "versions": versions}
    spec["conversion"] = {"strategy": strategy}
    return {"metadata": {"name": "widgets.example.com"}, "spec": spec, "status": {"acceptedNames": names}}


def test_every_served_version_is_a_resource_kept_in_the_storage_version():
    made = serving.resources(definition())
    assert [(each.version, each.stored_as) for each in made] == [
        ("v2", ("example.com", "v1")),
        ("v1", ("example.com", "v1")),
    ]
    assert {each.list_kind for each in made} == {"Widgets"}
    assert {each.storage_prefix for each in made} == {"/registry/example.com/widgets/"}


def test_every_served_version_is_a_resource_where_a_webhook_converts():
    assert [each.version for each in serving.resources(definition("Webhook"))] == ["v2", "v1"]


def test_the_stored_form_need_not_be_served():
    hidden = definition()
    hidden["spec"]["versions"][1]["served"] = False
    assert [each.version for each in serving.resources(hidden)] == ["v2"]
    assert serving.stored(hidden, serving.resources(hidden)).version == "v1"


def test_a_version_has_the_sub_resources_that_it_declares():
    made = serving.resources(definition(status={}, scale={"specReplicasPath": ".spec.n"}))
    assert [[sub.name for sub in each.subresources] for each in made] == [["status", "scale"], []]
