"""The protobuf codec against bytes worked out by hand, and against itself."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pyk3s.lib import protobuf

TABLES = {
    "t.All": [
        [1, "text", "string"],
        [2, "count", "int32"],
        [3, "big", "uint64"],
        [4, "flag", "bool"],
        [5, "blob", "bytes"],
        [6, "ratio", "double"],
        [7, "child", "All"],
        [8, "children", "All[]"],
        [9, "labels", "map<string,string>"],
        [10, "numbers", "int64[]"],
        [11, "state", "State"],
        [12, "named", "map<string,All>"],
        [13, "when", "Time"],
    ],
    "t.State": {"enum": {"OFF": 0, "ON": 1}},
    "t.Time": [[1, "seconds", "int64"]],
}
TIME = protobuf.Adapter(lambda value: f"@{value.get('seconds', 0)}", lambda text: {"seconds": int(text[1:])})
CODEC = protobuf.Codec(TABLES, {"t.Time": TIME})


@pytest.mark.parametrize(
    ("value", "data"),
    [
        ({"text": "hé"}, "0a0368c3a9"),
        ({"count": 150}, "109601"),
        ({"count": -1}, "10ffffffffffffffffff01"),
        ({"big": 2**64 - 1}, "18ffffffffffffffffff01"),
        ({"flag": True, "blob": b"\x00"}, "20012a0100"),
        ({"ratio": 1.0}, "31000000000000f03f"),
        ({"child": {"text": "a"}}, "3a030a0161"),
        ({"labels": {"a": "b"}}, "4a060a016112" + "0162"),
        ({"state": "ON"}, "5801"),
        ({"when": "@5"}, "6a020805"),
        ({"child": {}}, "3a00"),
    ],
)
def test_values_have_the_bytes_of_the_specification(value, data):
    assert CODEC.encode("t.All", value).hex() == data
    assert CODEC.decode("t.All", bytes.fromhex(data)) == value


def test_packed_and_single_numbers_are_both_read():
    assert CODEC.decode("t.All", bytes.fromhex("5203010203" + "5004")) == {"numbers": [1, 2, 3, 4]}


def test_unknown_fields_and_unknown_enum_numbers_pass():
    unknown = "a00601" + "a9060000000000000000" + "aa060161" + "ad0600000000"
    assert CODEC.decode("t.All", bytes.fromhex(unknown + "5807")) == {"state": 7}


def test_a_map_entry_without_its_value_has_the_zero_value():
    assert CODEC.decode("t.All", bytes.fromhex("4a030a0161" + "62030a0161")) == {
        "labels": {"a": ""},
        "named": {"a": {}},
    }


@pytest.mark.parametrize("data", ["0a", "0aff", "10", "0b", "0a01ff", "1001" + "11", "3a020a05", "10" + "ff" * 11])
def test_what_is_not_a_message_is_refused(data):
    with pytest.raises(protobuf.ProtobufError):
        CODEC.decode("t.All", bytes.fromhex(data))


def test_nesting_is_bounded_both_ways():
    data, value = b"", {}
    for _ in range(150):
        size = protobuf._to_varint(len(data))
        data, value = b"\x3a" + size + data, {"child": value}
    with pytest.raises(protobuf.ProtobufError, match="deeper"):
        CODEC.decode("t.All", data)
    with pytest.raises(protobuf.ProtobufError, match="deeper"):
        CODEC.encode("t.All", value)


@pytest.mark.parametrize(
    "value", [{"x": 1}, {"text": 1}, {"count": 2**31}, {"child": []}, {"state": "HALF"}, {"blob": "a"}]
)
def test_a_value_that_does_not_fit_is_refused(value):
    with pytest.raises(protobuf.ProtobufError):
        CODEC.encode("t.All", value)


messages = st.recursive(
    st.fixed_dictionaries(
        {},
        optional={
            "text": st.text(),
            "count": st.integers(-(2**31), 2**31 - 1),
            "numbers": st.lists(st.integers(-(2**63), 2**63 - 1), min_size=1),
            "labels": st.dictionaries(st.text(), st.text(), min_size=1),
            "ratio": st.floats(allow_nan=False),
            "state": st.sampled_from(["OFF", "ON"]),
        },
    ),
    lambda child: st.fixed_dictionaries({}, optional={"child": child, "children": st.lists(child, min_size=1)}),
    max_leaves=8,
)


@given(messages)
def test_what_is_encoded_comes_back(value):
    assert CODEC.decode("t.All", CODEC.encode("t.All", value)) == value


@given(st.binary(max_size=60))
def test_no_bytes_can_do_more_than_be_refused(data):
    try:
        CODEC.decode("t.All", data)
    except protobuf.ProtobufError:
        pass
