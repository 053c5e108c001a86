import pytest

from pyk3s.apiserver.cache import selection
from pyk3s.apiserver.cache.collection import Collection, TooOld
from pyk3s.apiserver.cache.entry import Entry
from pyk3s.apiserver.cache.watchers import EVERYTHING, Watcher


def value(name: str, revision: int, node: str = "") -> bytes:
    told = '{"kind":"Pod","apiVersion":"v1","metadata":{"resourceVersion":"%d","name":"%s"},"spec":{"nodeName":"%s"}}'
    return (told % (revision, name, node)).encode()


class Kept:
    """A collection that is written to by name."""

    def __init__(self, *, floor: int = 0):
        projection = selection.Projection((selection.Field("spec.nodeName"),))
        self.collection = Collection("/registry/pods/", projection, floor, ("spec.nodeName",))
        self.revision = floor

    def put(self, key: str, *, node: str = "", deleted: bool = False) -> None:
        self.revision += 1
        made = Entry(key, self.revision, value(key.partition("/")[2], self.revision, node))
        self.collection.apply(made, deleted=deleted, stamp=0.0)

    def keys(self, namespace: str = "", **how) -> list[str]:
        return [entry.key for entry in self.collection.scan(namespace, **how)]


class Whole:
    name = "whole"

    def shown(self, entry: Entry) -> bytes:
        return entry.value

    def encoded(self, obj: dict) -> bytes:
        return b""

    def frame(self, kind: str, shown: bytes) -> bytes:
        return b'{"type":"%b","object":%b}' % (kind.encode(), shown)


def kinds(watcher: Watcher) -> list[str]:
    return [frame.split(b'"')[3].decode() for frame in watcher._pending]


def test_a_namespace_holds_its_own_keys_only():
    kept = Kept()
    for key in ("a/x", "a-b/x", "b/x", "a/y"):
        kept.put(key)
    assert kept.keys("a") == ["a/x", "a/y"]
    assert kept.keys() == ["a-b/x", "a/x", "a/y", "b/x"]


def test_the_past_is_the_present_with_changes_undone():
    kept = Kept()
    kept.put("a/x")
    kept.put("a/y")
    kept.put("a/x", deleted=True)
    kept.put("a/z")
    assert kept.keys(at=2) == ["a/x", "a/y"]
    assert kept.keys(at=1) == ["a/x"]
    assert kept.keys() == ["a/y", "a/z"]


@pytest.mark.parametrize("at", [None, 3, 5])
@pytest.mark.parametrize("after", ["", "a/x", "b/"])
@pytest.mark.parametrize("namespace", ["", "a", "c"])
@pytest.mark.parametrize("most", [1, 2, 9])
def test_a_page_is_the_beginning_of_a_scan_and_tells_how_many_follow(namespace, after, at, most):
    kept = Kept()
    for key in ("a/x", "b/x", "a/z", "a/y"):
        kept.put(key)
    kept.put("a/x", deleted=True)
    kept.put("a/x")
    whole = kept.keys(namespace, after=after, at=at)
    page, rest = kept.collection.page(namespace, after=after, at=at, most=most)
    assert [entry.key for entry in page] == whole[:most]
    assert rest == max(0, len(whole) - most)


def test_what_was_compacted_is_too_old():
    kept = Kept()
    kept.put("a/x")
    kept.put("a/y")
    kept.collection.compact(1)
    assert kept.keys(at=1) == ["a/x"]
    with pytest.raises(TooOld):
        kept.keys(at=0)
    with pytest.raises(TooOld):
        kept.collection.since(0)


async def _watched(matches=None, interest=EVERYTHING) -> tuple[Kept, Watcher]:
    kept = Kept()
    watcher = Watcher(interest, matches, Whole())
    kept.collection.watchers.add(watcher)
    return kept, watcher


def run(work):
    import asyncio

    return asyncio.run(work)


def test_a_watch_tells_what_happened():
    async def work():
        kept, watcher = await _watched()
        kept.put("a/x")
        kept.put("a/x")
        kept.put("a/x", deleted=True)
        return kinds(watcher)

    assert run(work()) == ["ADDED", "MODIFIED", "DELETED"]


def test_an_object_that_leaves_a_selection_is_told_as_deleted():
    async def work():
        kept, watcher = await _watched(interest=("spec.nodeName", "n1"))
        watcher._matches = lambda entry: entry.facts(kept.collection.projection).fields["spec.nodeName"] == "n1"
        kept.put("a/x")
        kept.put("a/x", node="n1")
        kept.put("a/x", node="n2")
        return watcher._pending

    frames = run(work())
    assert [frame.split(b'"')[3] for frame in frames] == [b"ADDED", b"DELETED"]
    assert b'"resourceVersion":"3"' in frames[1]
    assert b'"nodeName":"n1"' in frames[1]


def test_a_change_is_news_where_an_indexed_field_led_and_where_it_leads():
    kept = Kept()
    kept.put("a/x", node="n1")
    kept.put("a/x", node="n2")
    kept.put("a/x", node="n2", deleted=True)
    created, moved, deleted = ({*kept.collection.watchers.interests(each)} for each in kept.collection.since(0))
    everywhere = {EVERYTHING, ("namespace", "a"), ("key", "a/x")}
    assert created - everywhere == {("spec.nodeName", "n1")}
    assert moved - everywhere == {("spec.nodeName", "n1"), ("spec.nodeName", "n2")}
    assert deleted - everywhere == {("spec.nodeName", "n2")}


def test_a_change_elsewhere_is_not_even_offered():
    async def work():
        kept, watcher = await _watched(interest=("namespace", "b"))
        kept.put("a/x")
        kept.put("b/x")
        return len(watcher._pending)

    assert run(work()) == 1


def test_a_watcher_that_lags_too_far_is_ended(monkeypatch):
    async def work():
        kept, watcher = await _watched()
        monkeypatch.setattr("pyk3s.apiserver.cache.watchers.MOST_PENDING_BYTES", 200)
        for number in range(5):
            kept.put(f"a/{number}")
        return watcher.ended, await watcher.take()

    assert run(work()) == (True, b"")
