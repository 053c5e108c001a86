"""Descriptions say what kubectl's say; the conformance scenarios compare whole ones."""

from pyk3s.kubectl.describing import generic, nodes, table, writer
from pyk3s.kubectl.describing.writer import Related, Writer

NOW = 1_770_000_000.0


def _described(obj, **related):
    group = obj["apiVersion"].rpartition("/")[0]
    return table.find(group, obj["kind"]).load()(obj, Related(now=NOW, **related))


def test_a_secret_shows_sizes_and_no_values():
    obj = {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "s"}, "data": {"a": "c2VjcmV0"}}
    text = _described(obj, events=None)
    assert "a:  6 bytes" in text and "secret" not in text and "c2Vj" not in text


def test_events_come_oldest_first_with_their_count():
    def event(message, last, count=1):
        times = {"firstTimestamp": "2026-02-02T02:00:00Z", "lastTimestamp": last}
        return {"metadata": {}, "type": "Normal", "reason": "R", "message": message, "count": count, **times}

    told = Writer()
    found = [event("new", "2026-02-02T02:39:00Z", 3), event("old", "2026-02-02T02:00:00Z")]
    writer.events(told, found, NOW)
    lines = told.text().splitlines()
    assert lines[0] == "Events:" and lines[3].endswith("old") and lines[4].endswith("new")
    assert "(x3 over " in lines[4]


def test_no_events_are_told_and_unwanted_ones_are_not():
    told = Writer()
    writer.events(told, [], NOW)
    assert told.text() == "Events:  <none>\n"
    writer.events(told, None, NOW)
    assert told.text() == "Events:  <none>\n"


def test_a_pods_demand_is_the_larger_of_its_containers_sum_and_its_largest_init_container():
    def container(cpu, **more):
        return {"resources": {"requests": {"cpu": cpu}}, **more}

    spec = {"containers": [container("100m"), container("200m")], "initContainers": [container("250m")]}
    assert str(nodes.demand({"spec": spec}, "requests")["cpu"]) == "300m"
    spec["initContainers"] = [container("50m", restartPolicy="Always"), container("500m")]
    assert str(nodes.demand({"spec": spec}, "requests")["cpu"]) == "550m"


def test_other_kinds_are_told_field_by_field():
    obj = {
        "apiVersion": "x/v1",
        "kind": "Greeting",
        "metadata": {"name": "hi", "creationTimestamp": "2026-01-01T00:00:00Z", "managedFields": [{}]},
        "spec": {"someURL": "u", "list": [1, {"a": True}]},
    }
    text = _described(obj, events=None)
    assert "Creation Timestamp:  2026-01-01T00:00:00Z" in text and "Managed" not in text
    assert "Some URL:  u" in text and "A:       true" in text


def test_names_become_words():
    assert generic.words("creationTimestamp") == "Creation Timestamp"
    assert generic.words("apiVersion") == "API Version"
    assert generic.words("a.b/c") == "a.b/c"


def test_long_annotations_are_put_below_their_key_and_applied_ones_are_left_out():
    told = Writer()
    long = "x" * 200
    applied = {"kubectl.kubernetes.io/last-applied-configuration": "{}"}
    writer.annotations(told, 0, {"k": long, **applied})
    assert told.text().splitlines()[0].rstrip() == "Annotations:  k:"
    assert told.text().splitlines()[1].endswith("...") and "last-applied" not in told.text()
