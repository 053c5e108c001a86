"""What selectors see of stored bytes."""

from pyk3s.apiserver.cache.selection import Field, Projection

LABELLED = b'"metadata":{"name":"a","labels":{"x":"y"}}'


def test_a_field_and_one_below_it_can_both_be_selected_by():
    for order in (("spec.size", "spec.size.least"), ("spec.size.least", "spec.size")):
        facts = Projection([Field(name) for name in order])(b'{%b,"spec":{"size":{"least":3}}}' % LABELLED)
        assert (facts.fields["spec.size"], facts.fields["spec.size.least"]) == ("", "3")


def test_a_field_of_another_type_than_expected_selects_nothing():
    facts = Projection([Field("spec.size.least")])(b'{%b,"spec":{"size":3}}' % LABELLED)
    assert (facts.labels, facts.fields["metadata.name"], facts.fields["spec.size.least"]) == ({"x": "y"}, "a", "")
