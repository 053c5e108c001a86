"""Label keys of a new pod become requirements, and one that the user states as well is told."""

import copy
from typing import Any

import pytest

from pyk3s.api import pod_affinity
from pyk3s.apiserver.strategies import label_keys

JSON = dict[str, Any]
SELECTOR = {"matchLabels": {"app": "web"}}
HASH = {"key": "hash", "operator": "In", "values": ["abc"]}


def term(selector: JSON | None = SELECTOR, **fields: Any) -> JSON:
    made: JSON = {"topologyKey": "zone", **fields}
    return made if selector is None else {**made, "labelSelector": copy.deepcopy(selector)}


def spread(stated: JSON) -> JSON:
    return {"topologySpreadConstraints": [{**stated, "maxSkew": 1, "whenUnsatisfiable": "DoNotSchedule"}]}


def required(stated: JSON) -> JSON:
    return {"affinity": {"podAffinity": {pod_affinity.REQUIRED: [stated]}}}


def preferred(stated: JSON) -> JSON:
    return {"affinity": {"podAntiAffinity": {pod_affinity.PREFERRED: [{"weight": 1, "podAffinityTerm": stated}]}}}


def merged(spec: JSON) -> JSON:
    """The only term of a new pod's spec."""
    pod = {"metadata": {"name": "a", "labels": {"app": "web", "hash": "abc"}}, "spec": spec}
    label_keys.merge(pod)
    (found,) = (*spec.get("topologySpreadConstraints", ()), *pod_affinity.terms(spec))
    return found


@pytest.mark.parametrize("place", [spread, required, preferred])
def test_a_label_that_the_pod_has_is_required_with_its_value(place) -> None:
    stated = term(matchLabelKeys=["hash", "absent"])
    found = merged(place(stated))
    assert found["labelSelector"] == {**SELECTOR, "matchExpressions": [HASH]}
    assert found["matchLabelKeys"] == ["hash", "absent"]


def test_a_mismatch_excludes_the_value_and_an_absent_selector_stays_absent() -> None:
    found = merged(required(term(mismatchLabelKeys=["hash"])))
    assert found["labelSelector"]["matchExpressions"] == [{**HASH, "operator": "NotIn"}]
    found = merged(required(term(None, matchLabelKeys=["hash"])))
    assert "labelSelector" not in found
