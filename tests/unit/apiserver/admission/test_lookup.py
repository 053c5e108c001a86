"""Facts that plug-ins look up."""

import json
from types import SimpleNamespace

from pyk3s.apiserver.admission import lookup
from pyk3s.apiserver.cache import selection
from pyk3s.apiserver.cache.collection import Collection
from pyk3s.apiserver.cache.entry import Entry


class Kept:
    """A collection and look-ups of the size of its objects."""

    def __init__(self) -> None:
        self.collection = Collection("/registry/limitranges/", selection.Projection(), 0)
        self.decoded = self.revision = 0
        store = SimpleNamespace(collection=self.collection, key=lambda namespace, name: f"{namespace}/{name}")
        store.decode = self._decode
        self.lookup = lookup.Lookup(SimpleNamespace(find=lambda *_: store), "", "limitranges", lambda obj: obj["size"])

    def _decode(self, entry: Entry) -> dict:
        self.decoded += 1
        return json.loads(entry.value)

    def put(self, key: str, size: int = 0, *, deleted: bool = False) -> None:
        self.revision += 1
        value = json.dumps({"size": size}).encode()
        self.collection.apply(Entry(key, self.revision, value), deleted=deleted, stamp=0.0)


def test_the_facts_of_a_namespace_are_those_of_its_objects_in_order_of_name():
    kept = Kept()
    for key, size in (("b/x", 1), ("a/y", 2), ("a/x", 3), ("a-b/x", 4)):
        kept.put(key, size)
    assert [kept.lookup.all(each) for each in ("a", "b", "a-b", "c")] == [[3, 2], [1], [4], ()]


def test_a_change_is_seen_at_once():
    kept = Kept()
    assert (list(kept.lookup.all("a")), kept.lookup.get("x", "a")) == ([], None)
    kept.put("a/x", 1)
    assert (list(kept.lookup.all("a")), kept.lookup.get("x", "a")) == ([1], 1)
    kept.put("a/x", 2)
    assert (list(kept.lookup.all("a")), kept.lookup.get("x", "a")) == ([2], 2)
    kept.put("a/x", deleted=True)
    assert (list(kept.lookup.all("a")), kept.lookup.get("x", "a")) == ([], None)


def test_what_stays_is_the_same_list_and_is_decoded_once():
    kept = Kept()
    kept.put("a/x", 1)
    first = kept.lookup.all("a")
    assert kept.lookup.all("a") is first
    kept.put("b/x", 2)
    assert (kept.lookup.all("a"), kept.lookup.all("b")) == ([1], [2])
    assert kept.decoded == 2


def test_objects_from_before_the_start_count():
    kept = Kept()
    kept.collection.load([Entry("a/x", 7, b'{"size": 5}')])
    assert kept.lookup.all("a") == [5]
