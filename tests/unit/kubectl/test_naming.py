"""Words name objects in each of kubectl's forms."""

import pytest

from pyk3s.kubectl import naming
from pyk3s.kubectl.discovery import Discovery, Resource
from pyk3s.kubectl.errors import CommandError
from pyk3s.kubectl.naming import Asked

PODS = Resource("", "v1", "pods", "Pod", True, "pod", ("get", "list"), ("po",), ("all",))
DEPLOYMENTS = Resource("apps", "v1", "deployments", "Deployment", True, "deployment", ("list",), ("deploy",), ("all",))
EVENTS = Resource("", "v1", "events", "Event", True, "event", ("list",), ("ev",))
NEW_EVENTS = Resource("events.k8s.io", "v1", "events", "Event", True, "event", ("list",), ("ev",))
SERVED = (PODS, EVENTS, DEPLOYMENTS, NEW_EVENTS)


@pytest.mark.parametrize(
    ("words", "asked"),
    [
        (["pods"], [Asked("pods")]),
        (["pods,svc"], [Asked("pods"), Asked("svc")]),
        (["pods", "a", "b"], [Asked("pods", ("a", "b"))]),
        (["pod/a", "svc/b"], [Asked("pod", ("a",)), Asked("svc", ("b",))]),
    ],
)
def test_types_and_names_are_told_apart(words, asked):
    assert naming.asked(words) == asked


@pytest.mark.parametrize("words", [["pod/a", "b"], ["pod/a/b"], ["pod/"], ["pods", "x/y"]])
def test_mixed_forms_are_refused(words):
    with pytest.raises(CommandError, match="resource"):
        naming.asked(words)


@pytest.mark.parametrize(
    ("name", "found"),
    [
        ("pods", PODS),
        ("Pod", PODS),
        ("po", PODS),
        ("deploy.apps", DEPLOYMENTS),
        ("deployments.v1.apps", DEPLOYMENTS),
        ("events", EVENTS),
        ("events.events.k8s.io", NEW_EVENTS),
        ("events.v1.events.k8s.io", NEW_EVENTS),
    ],
)
def test_a_resource_is_found_by_each_of_its_names(name, found):
    assert Discovery(SERVED).find(name) is found


@pytest.mark.parametrize("name", ["nonsense", "pods.v1.foo", "deployments.batch"])
def test_an_unknown_type_is_named_in_the_complaint(name):
    with pytest.raises(CommandError, match=f'the server doesn\'t have a resource type "{name.split(".")[0]}"'):
        Discovery(SERVED).find(name)


def test_a_short_name_with_two_meanings_is_warned_of():
    told: list[str] = []
    Discovery(SERVED, told.append).find("ev")
    assert told == ['Warning: short name "ev" could also match lower priority resource events.events.k8s.io']


def test_a_category_stands_for_its_members():
    found = naming.select(Discovery(SERVED), [Asked("all")])
    assert [each.resource for each in found] == [PODS, DEPLOYMENTS]
