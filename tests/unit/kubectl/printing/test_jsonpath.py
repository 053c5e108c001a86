"""JSONPath templates find and print what kubectl's do."""

import pytest

from pyk3s.kubectl.printing import jsonpath

POD = {
    "kind": "Pod",
    "metadata": {"name": "web", "labels": {"a.b/c": "d"}, "empty": None},
    "spec": {"containers": [{"name": "x", "image": "i:1", "n": 1}, {"name": "y", "image": "j:2", "n": 2}]},
}


@pytest.mark.parametrize(
    ("template", "text"),
    [
        ("{.metadata.name}", "web"),
        ("{.kind} is {.metadata.name}!", "Pod is web!"),
        ("{$.kind}{@.kind}", "PodPod"),
        ("{.spec.containers[*].name}", "x y"),
        ("{.spec.containers[0].name}", "x"),
        ("{.spec.containers[-1].name}", "y"),
        ("{.spec.containers[0:1].name}", "x"),
        ("{.spec.containers[5].name}", ""),
        (r"{.metadata.labels.a\.b/c}", "d"),
        ("{.metadata.labels['a.b/c']}", "d"),
        ("{.metadata['name','labels']}", 'web {"a.b/c":"d"}'),
        ('{.spec.containers[?(@.name=="y")].image}', "j:2"),
        ("{.spec.containers[?(@.n>1)].image}", "j:2"),
        ("{.spec.containers[?(@.nothing)].image}", ""),
        ("{..image}", "i:1 j:2"),
        ('{range .spec.containers[*]}{.name}={.image}{"\\n"}{end}', "x=i:1\ny=j:2\n"),
        ("{.metadata.nothing.at.all}", ""),
        ("{.metadata.empty}", ""),
        ("{.spec.containers[0].n}", "1"),
    ],
)
def test_a_template_gives_its_text(template, text):
    assert jsonpath.evaluate(jsonpath.parse(template), POD) == text


@pytest.mark.parametrize("template", ["{", "{.a", "{end}", "{range .a}", "{.a[}", "{.a[?(@.b=='c']}", "{.a[x]}"])
def test_a_broken_template_is_refused(template):
    with pytest.raises(jsonpath.PathError):
        jsonpath.parse(template)


def test_missing_fields_are_errors_where_they_must_be():
    with pytest.raises(jsonpath.PathError, match="nothing is not found"):
        jsonpath.evaluate(jsonpath.parse("{.metadata.nothing}"), POD, lenient=False)


@pytest.mark.parametrize("text", [".metadata.name", "metadata.name", "{.metadata.name}", "{metadata.name}"])
def test_expressions_may_be_typed_without_braces_and_dot(text):
    assert jsonpath.relaxed(text) == "{.metadata.name}"
