import json

import pytest

from pyk3s.apiserver import identity
from pyk3s.apiserver.admission import chain
from pyk3s.apiserver.admission.policies import decisions
from pyk3s.apiserver.call import NO_RESOURCE


@pytest.mark.parametrize(
    ("made", "stated", "told"),
    [
        (None, "", "failed expression: a"),
        (None, "stated", "stated"),
        (" made ", "stated", "made"),
        ("two\nlines", "stated", "stated"),
        ("x" * 5121, "", "failed expression: a"),
        ("x" * 5120, "", "x" * 5120),
        (7, "stated", "stated"),
        ("", "", "failed expression: a"),
    ],
)
def test_a_message_falls_back_from_made_to_stated_to_the_expression(made, stated, told):
    assert decisions.message(made, stated, "a") == told


def test_a_refusal_is_called_after_what_is_about_to_be_made():
    made = {"metadata": {"generateName": "web-"}}
    attributes = chain.Attributes("CREATE", NO_RESOURCE, "", "", identity.ANONYMOUS, made)
    error = decisions.refusal(attributes, "words", "RequestEntityTooLarge")
    assert (error.code, error.reason) == (413, "RequestEntityTooLarge")
    assert error.message.endswith('"web-" is forbidden: words')
    assert error.details["causes"] == [{"message": "words"}]


def test_a_finding_without_binding_names_none():
    finding = decisions.Finding("p", "", "why")
    assert decisions.denied("ValidatingAdmissionPolicy", finding) == (
        "ValidatingAdmissionPolicy 'p' denied request: why"
    )


def test_findings_are_told_to_the_audit_log_as_a_list():
    told = decisions.audited(decisions.Finding("p", "b", "why", place=2), ["Warn", "Audit"])
    assert json.loads(told) == [
        {"message": "why", "policy": "p", "binding": "b", "expressionIndex": 2, "validationActions": ["Warn", "Audit"]}
    ]


def test_annotations_are_cut_and_only_texts():
    assert decisions.annotation(" a ") == "a"
    assert decisions.annotation(None) == ""
    assert len(decisions.annotation("é" * 10_000).encode()) == 10_240
