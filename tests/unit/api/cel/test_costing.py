"""The estimate of what an expression may cost, from the sizes that types declare."""

import pytest

from pyk3s.api.cel import compiling, costing
from pyk3s.api.cel.declared import LIST, MAP, OBJECT, Declared
from pyk3s.api.cel.messages import Messages


def cost(source: str, type_: Declared) -> int:
    variables = {"self": type_}
    checked = compiling.checked_in(Messages(type_).environment(variables), source)
    return costing.Estimate(checked, variables).cost


def texts(most: int, length: int) -> Declared:
    return Declared(LIST, most, 2, element=Declared("string", length * 4, 2))


@pytest.mark.parametrize(("length", "each"), [(16, 11), (63, 30), (253, 106), (1024, 414)])
def test_a_loop_costs_its_body_for_each_item(length: int, each: int) -> None:
    assert cost("self.all(x, x.contains('gpu'))", texts(1000, length)) == 1000 * each + 2


def test_a_comparison_of_numbers_is_a_step() -> None:
    assert cost("self < 5", Declared("int")) == 2


def test_texts_cost_a_tenth_of_a_character() -> None:
    text = Declared("string", 1000)
    assert cost("self == self", text) == 102
    assert cost("self.startsWith('abc')", text) == 2
    assert cost("(self + self).size() > 0", text) == 204
    assert cost("self.matches('abcdefgh')", text) == 1 + 101 * 2
    assert cost("self.replace('a', 'bb').contains('x')", text) == 1 + 200 + 200


def test_a_text_without_a_bound_costs_as_much_as_can_be() -> None:
    assert cost("'size ' + string(self) == 'x'", Declared("int")) > 10**18


def test_nested_loops_multiply() -> None:
    numbers = Declared(LIST, 100, 2, element=Declared("int"))
    assert 100 * 100 * 4 < cost("self.all(a, self.all(b, a + b > 0))", numbers) < 100 * 100 * 10


def test_lists_made_on_the_way_have_the_size_of_what_they_were_made_from() -> None:
    assert cost("self.map(x, x + 'y').join(',').size() > 0", texts(10, 10)) < 2000


def test_fields_keep_their_bounds() -> None:
    inner = Declared(OBJECT, fields={"name": Declared("string", 40), "tags": texts(5, 10)})
    outer = Declared(
        OBJECT, fields={"items": Declared(LIST, 10, 2, element=inner), "map": Declared(MAP, 7, element=inner)}
    )
    assert cost("self.items.all(i, i.tags.all(t, t == i.name))", outer) < 1000
    assert cost("self.map.all(k, self.map[k].name.contains('a'))", outer) < 200
    assert cost("self.items[0].name.contains('a')", outer) < 20


def test_a_conditional_costs_its_dearer_branch() -> None:
    text = Declared("string", 1000)
    assert cost("self.size() > 1 ? self.contains('a') : true", text) == 104
