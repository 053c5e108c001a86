"""CEL expressions that choose devices, in classes and in claims."""

from typing import Any

import pytest

JSON = dict[str, Any]
CLASSES, CLAIMS, TEMPLATES = (f"{each}.resource.k8s.io" for each in
                              ("deviceclasses", "resourceclaims", "resourceclaimtemplates"))  # fmt: skip
AT = "spec.selectors[0].cel.expression"


def selecting(*expressions: str) -> list[JSON]:
    return [{"cel": {"expression": each}} for each in expressions]


def device_class(*expressions: str) -> JSON:
    return {"spec": {"selectors": selecting(*expressions)}}


@pytest.mark.parametrize(
    "expression",
    [
        'device.driver == "gpu.example.com"',
        'device.attributes["gpu.example.com"].model == "a100"',
        'device.capacity["gpu.example.com"].memory.isGreaterThan(quantity("1Gi"))',
        'device.attributes["x.io"].?ready.orValue(false)',
        "device.allowMultipleAllocations == true",
        'device.attributes["x.io"].ready',
        '"x.io" in device.attributes && device.attributes["x.io"].version.isLessThan(semver("2.0.0"))',
    ],
)
def test_what_speaks_of_a_device_and_may_be_a_bool_is_taken(said, expression: str) -> None:
    assert said(CLASSES, device_class(expression)) == []


@pytest.mark.parametrize(
    ("expression", "type_"),
    [("1", "int"), ("device.driver", "string"), ("[1]", "list(int)"), ("null", "null_type"),
     ('quantity("1")', "kubernetes.Quantity"), ("device.attributes", "map(string, dyn)")],
)  # fmt: skip
def test_what_is_no_bool_is_refused_with_its_type(said, expression: str, type_: str) -> None:
    (found,) = said(CLASSES, device_class(expression))
    assert found.startswith(f"{AT}: Invalid value: ")
    assert found.endswith(f": must evaluate to bool or the unknown type, not {type_}")


@pytest.mark.parametrize(
    ("expression", "why"),
    [("device.dirver == 'x'", "undefined field 'dirver'"), ("self.driver == 'x'", "undeclared reference to 'self'"),
     ("device.driver ==", "Syntax error")],
)  # fmt: skip
def test_what_does_not_compile_is_refused_in_the_compilers_words(said, expression: str, why: str) -> None:
    (found,) = said(CLASSES, device_class("true", expression))
    assert found.startswith("spec.selectors[1].cel.expression: Invalid value: ")
    assert "compilation failed: ERROR: <input>:1:" in found
    assert why in found


def test_too_long_an_expression_is_not_compiled(said) -> None:
    assert said(CLASSES, device_class(f"{' ' * 10_240}true")) == [f"{AT}: Too long: may not be more than 10240 bytes"]


@pytest.mark.parametrize(("qualified", "spec"), [(CLAIMS, "spec"), (TEMPLATES, "spec.spec")])
def test_requests_of_claims_are_judged_too(said, qualified: str, spec: str) -> None:
    exactly = {"deviceClassName": "c", "selectors": selecting("1")}
    claim: JSON = {"devices": {"requests": [{"name": "r", "exactly": exactly}]}}
    (found,) = said(qualified, {"spec": claim if spec == "spec" else {"spec": claim}})
    assert found.startswith(f"{spec}.devices.requests[0].exactly.selectors[0].cel.expression: Invalid value: ")


def test_selectors_that_stay_are_not_judged_again(said_of_update) -> None:
    old = device_class("1")
    assert said_of_update(CLASSES, old, {**old, "metadata": {"labels": {"a": "b"}}}) == []
    assert len(said_of_update(CLASSES, old, device_class("1", "true"))) == 1
