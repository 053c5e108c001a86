"""A volume has one source; the errors come in the API's order of sources, not in that of the object."""

from pyk3s.api.validation.core import volumes


def told(volume):
    errors = []
    volumes.source(volume, "v", errors)
    return [(error.path, error.message) for error in errors]


def test_a_volume_without_source_is_refused():
    assert told({"name": "a", "emptyDir": None}) == [("v", "Required value: must specify a volume type")]


def test_of_several_sources_all_but_the_first_are_forbidden_whatever_their_order():
    keys = [key for key in volumes.SOURCES if key in ("emptyDir", "hostPath")]
    both = {"emptyDir": {}, "hostPath": {"path": "/x"}}
    wanted = [(f"v.{keys[1]}", "Forbidden: may not specify more than 1 volume type")]
    assert told(both) == wanted
    assert told(dict(reversed(both.items()))) == wanted
