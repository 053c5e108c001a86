"""What selectors see of stored bytes."""

import pytest

from pyk3s.apiserver.cache.selection import Field, Projection

LABELLED = b'"metadata":{"name":"a","labels":{"x":"y"}}'


def test_a_field_and_one_below_it_can_both_be_selected_by():
    for order in (("spec.size", "spec.size.least"), ("spec.size.least", "spec.size")):
        facts = Projection([Field(name) for name in order])(b'{%b,"spec":{"size":{"least":3}}}' % LABELLED)
        assert (facts.fields["spec.size"], facts.fields["spec.size.least"]) == ("", "3")


def test_a_field_of_another_type_than_expected_selects_nothing():
    facts = Projection([Field("spec.size.least")])(b'{%b,"spec":{"size":3}}' % LABELLED)
    assert (facts.labels, facts.fields["metadata.name"], facts.fields["spec.size.least"]) == ({"x": "y"}, "a", "")


@pytest.mark.parametrize(("spec", "node"), [(b'{"nodeName":"n1"}', "n1"), (b"{}", ""), (b'{"nodeName":null}', "")])
def test_an_index_reads_its_own_fields_only(spec, node):
    index = Projection((Field("spec.nodeName"), Field("status.phase"))).index(("spec.nodeName",))
    assert index.paths == ("spec.nodeName",)
    assert index(b'{%b,"spec":%b,"status":{"phase":1}}' % (LABELLED, spec)) == (node,)


def test_an_index_knows_places_and_defaults():
    index = Projection((Field("source", "source.component"), Field("spec.hostNetwork", default="false"))).index(
        ("source", "spec.hostNetwork")
    )
    assert index(b'{"source":{"component":"kubelet"}}') == ("kubelet", "false")
    assert index(b'{"spec":{"hostNetwork":true}}') == ("", "true")
