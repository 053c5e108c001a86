import hypothesis
import hypothesis.strategies as st

from pyk3s.api.admission import tokens


@hypothesis.given(st.text(alphabet="ab._{}[]:,'\"\\`/ \nrR?1", max_size=60))
def test_the_pieces_are_the_expression(source):
    assert "".join(token.text for token in tokens.split(source)) == source


def test_roots_are_what_is_at_the_front_of_a_path():
    source = "variables.a.b + object.variables.c /* x */ + variables.?d.orValue(1) + 'variables.e' + f(variables)"
    found = tokens.roots(tokens.split(source))
    assert [field for root, field in found if root == "variables"] == ["a", "d", ""]
    assert ("object", "variables") in found
