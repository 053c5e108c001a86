from making import ran, seen

from pyk3s.node.collecting import choices
from pyk3s.node.collecting.choices import ImageUse


def test_the_newest_dead_container_beside_its_successor_is_kept():
    pod = seen(ran(attempt=3), *(ran(state="exited", attempt=attempt) for attempt in (0, 1, 2)))
    assert [each.attempt for each in choices.dead_containers(pod, keep=1)] == [1, 0]
    assert choices.dead_containers(seen(ran(state="exited")), keep=0) == []


def test_space_is_freed_only_above_the_high_mark_and_down_to_the_low_one():
    assert choices.bytes_to_free(1000, 160, high_percent=85, low_percent=80) == 0
    assert choices.bytes_to_free(1000, 100, high_percent=85, low_percent=80) == 100


def image(name, *, used=0.0, pinned=False, seen_at=0.0, size=10):
    return ImageUse(name, (name,), size, pinned, seen_at, used)


def chosen(*held, in_use=(), wanted=10):
    found = choices.images_to_remove(held, set(in_use), wanted=wanted, now=1000.0, least_age_s=120)
    return [each.id for each in found]


def test_images_unused_longest_go_first_and_only_as_many_as_needed():
    assert chosen(image("new", used=900.0), image("old", used=100.0)) == ["old"]
    assert chosen(image("new", used=900.0), image("old", used=100.0), wanted=11) == ["old", "new"]


def test_used_pinned_and_young_images_stay():
    assert chosen(image("u"), image("p", pinned=True), image("y", seen_at=990.0), in_use=["u"]) == []


def test_uses_remember_when_an_image_was_seen_and_used():
    listed = [{"id": "i", "repo_tags": ["a:1"], "size": "5"}]
    first = choices.uses(listed, {}, {"i"}, set(), now=1.0)
    later = choices.uses(listed, first, set(), {"a:1"}, now=2.0)
    assert later["i"] == ImageUse("i", ("a:1",), 5, True, 1.0, 1.0)
