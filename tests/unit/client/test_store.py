"""Claims about the informer's cache."""

from pyk3s.client.store import Store


def filled() -> Store[str]:
    store: Store[str] = Store()
    store.replace(10, {"a": ("u1", "first"), "b": ("u2", "second")})
    return store


def test_an_own_write_is_seen_before_the_watch_shows_it() -> None:
    store = filled()
    store.wrote("a", "u1", 12, "newer")
    assert store.objects["a"] == "newer"


def test_an_event_older_than_an_own_write_is_ignored() -> None:
    store = filled()
    store.wrote("a", "u1", 12, "newer")
    store.event("a", "u1", 11, "older")
    assert store.objects["a"] == "newer"
    store.event("a", "u1", 13, "newest")
    assert store.objects["a"] == "newest"


def test_an_answer_that_the_watch_has_overtaken_is_ignored() -> None:
    store = filled()
    store.event("a", "u1", 14, None)
    store.wrote("a", "u1", 12, "late answer")
    assert "a" not in store.objects


def test_events_of_an_object_that_we_removed_do_not_bring_it_back() -> None:
    store = filled()
    store.removed("a", "u1")
    store.event("a", "u1", 11, "late")
    assert "a" not in store.objects
    store.event("a", "u1", 12, None)
    store.event("a", "u9", 13, "another by that name")
    assert store.objects["a"] == "another by that name"


def test_a_new_list_removes_what_it_lacks_and_keeps_newer_own_writes() -> None:
    store = filled()
    store.wrote("c", "u3", 15, "ours")
    store.wrote("d", "u4", 16, "ours too")
    store.replace(15, {"b": ("u2", "second")})
    assert store.objects == {"b": "second", "d": "ours too"}


def test_indexes_follow_changes() -> None:
    store = filled()
    by_initial = store.index(lambda text: [text[0]])
    store.event("a", "u1", 11, "sea")
    assert sorted(by_initial.get("s")) == ["sea", "second"]
    assert by_initial.get("f") == []
    store.event("b", "u2", 12, None)
    assert by_initial.get("s") == ["sea"]


def test_callbacks_see_old_and_new() -> None:
    store, seen = filled(), []
    store.on_change(lambda old, new: seen.append((old, new)))
    store.event("a", "u1", 11, "changed")
    store.event("a", "u1", 12, None)
    assert seen == [(None, "first"), (None, "second"), ("first", "changed"), ("changed", None)]
