import hypothesis
import hypothesis.strategies as st
import pytest

from pyk3s.api.admission import initialisers


@pytest.mark.parametrize(
    ("source", "made"),
    [
        ("object.spec.replicas > 1", "object.spec.replicas > 1"),
        ("Object{}", "dyn({})"),
        ("Object{spec: Object.spec{replicas: 1}}", 'dyn({"spec":dyn( dyn({"replicas":dyn( 1)}))})'),
        ("Object { spec : 1,\n x: y }", 'dyn({"spec":dyn( 1),"x":dyn( y )})'),
        (
            'Object{a:[Object.a{b:"Object{c: 1}"}, Object.a{}]}',
            'dyn({"a":dyn([dyn({"b":dyn("Object{c: 1}")}), dyn({})])})',
        ),
        ('Object{?a: optional.of(1), b: {"k": 1}}', 'dyn({?"a": optional.of(1),"b":dyn( {"k": 1})})'),
        ("Object{a__dot__b:1,__namespace__:2}", 'dyn({"a.b":dyn(1),"namespace":dyn(2)})'),
        ("c ? Object{a:1} : Object{}", 'c ? dyn({"a":dyn(1)}) : dyn({})'),
        (
            '[JSONPatch{op:"add",path:"/x",value:Object.x{y:1}}]',
            '[dyn({"op":dyn("add"),"path":dyn("/x"),"value":dyn(dyn({"y":dyn(1)}))})]',
        ),
        ("object.Object{a: 1}", "object.Object{a: 1}"),
        ("'it // is' + Object // Object{", "'it // is' + Object // Object{"),
        ("xs.map(c, Object.spec.containers{name:c.name})", 'xs.map(c, dyn({"name":dyn(c.name)}))'),
        ("{'a': Object{b:1}}", "{'a': dyn({\"b\":dyn(1)})}"),
        ("Object{", "dyn({"),
        ("Object{a", "dyn({a"),
        ("}}))", "}}))"),
    ],
)
def test_initialisers_become_maps_and_everything_else_stays(source, made):
    assert initialisers.rewritten(source).text == made


@pytest.mark.parametrize(
    ("source", "told"),
    [
        ("Object{spec: Object.specx{}}", 'unexpected type name "Object.specx", expected "Object.spec"'),
        ("Object{a: [Object.a{}, Object.b{}]}", 'unexpected type name "Object.b", expected "Object.a"'),
        ("Object{a: JSONPatch{}}", 'unexpected type name "JSONPatch"'),
        ("JSONPatch{oper: 1}", "undefined field 'oper'"),
        ("JSONPatch.x{}", "undeclared reference"),
    ],
)
def test_types_must_match_their_place(source, told):
    with pytest.raises(initialisers.Malformed) as caught:
        initialisers.rewritten(source)
    assert told in str(caught.value)


WORDS = st.sampled_from(
    ["Object", "JSONPatch", ".", "a", "spec", "{", "}", "[", "]", "(", ")", ":", ",", "?", "'x'", " ", "\n"]
)


@hypothesis.given(st.lists(WORDS, max_size=40), st.integers(1, 5), st.integers(1, 60))
def test_whatever_is_written_every_place_leads_back_to_it(words, line, column):
    source = "".join(words)
    try:
        made = initialisers.rewritten(source)
    except initialisers.Malformed:
        return
    told = made.restored(f"ERROR: <input>:{line}:{column}: wrong\n | text\n | ..^")
    assert told.startswith("ERROR: <input>:")
    assert told.split("\n | ")[1] in source.split("\n")
