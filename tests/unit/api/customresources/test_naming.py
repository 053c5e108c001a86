from pyk3s.api.customresources import naming

NOW, LATER = "2026-01-01T00:00:00Z", "2026-01-02T00:00:00Z"


def definition(plural="widgets", kind="Widget", group="example.com", annotations=None, **names):
    names = {"plural": plural, "singular": kind.lower(), "kind": kind, "listKind": f"{kind}List", **names}
    metadata = {"name": f"{plural}.{group}", "annotations": annotations or {}}
    return {"metadata": metadata, "spec": {"group": group, "names": names}, "status": {"storedVersions": ["v1"]}}


def conditions(status):
    return {each["type"]: (each["status"], each["reason"]) for each in status["conditions"]}


def settled(made, *others, now=NOW):
    made["status"] = naming.settle(made, others, now)
    return made


def test_free_names_are_accepted_and_the_definition_is_established():
    status = settled(definition(shortNames=["wd"]))["status"]
    assert conditions(status) == {
        "NamesAccepted": ("True", "NoConflicts"),
        "Established": ("True", "InitialNamesAccepted"),
    }
    assert status["acceptedNames"]["shortNames"] == ["wd"]
    assert status["storedVersions"] == ["v1"]


def test_settling_again_changes_nothing():
    made = settled(definition())
    assert naming.settle(made, (), LATER) == made["status"]


def test_taken_names_are_not_accepted():
    status = settled(definition("gadgets"), settled(definition()))["status"]
    assert conditions(status) == {
        "NamesAccepted": ("False", "ListKindConflict"),
        "Established": ("False", "NotAccepted"),
    }
    assert status["acceptedNames"] == {"plural": "gadgets", "kind": ""}


def test_every_short_name_that_is_taken_is_told():
    first = settled(definition(shortNames=["a", "b"]))
    status = settled(definition("gadgets", "Gadget", shortNames=["a", "b", "c"]), first)["status"]
    assert status["conditions"][0]["reason"] == "ShortNamesConflict"
    assert status["conditions"][0]["message"] == '["a" is already in use, "b" is already in use]'


def test_an_established_definition_stays_so_when_a_new_name_is_taken():
    first = settled(definition(shortNames=["a"]))
    second = settled(definition("gadgets", "Gadget"), first)
    second["spec"]["names"]["shortNames"] = ["a"]
    status = settled(second, first, now=LATER)["status"]
    assert conditions(status) == {
        "NamesAccepted": ("False", "ShortNamesConflict"),
        "Established": ("True", "InitialNamesAccepted"),
    }
    assert [each["lastTransitionTime"] for each in status["conditions"]] == [LATER, NOW]


def test_groups_of_the_project_tell_whether_they_are_approved():
    approved = definition(group="x.k8s.io", annotations={naming.APPROVAL: "https://example.com/1"})
    bypassed = definition(group="x.k8s.io", annotations={naming.APPROVAL: "unapproved, a test"})
    assert conditions(settled(approved)["status"])[naming.APPROVED] == ("True", "ApprovedAnnotation")
    assert conditions(settled(bypassed)["status"])[naming.APPROVED] == ("False", "UnapprovedAnnotation")
