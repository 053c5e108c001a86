from pyk3s.api.customresources.kind import CustomKind

SIZE = {"type": "integer", "minimum": 1, "default": 3}
SPEC = {"type": "object", "properties": {"size": SIZE, "colour": {"type": "string", "enum": ["red"]}}}


def kind(generation=1, **version):
    schema = {"openAPIV3Schema": {"type": "object", "properties": {"spec": SPEC}, "required": ["spec"]}}
    version = {"name": "v1", "served": True, "storage": True, "schema": schema, **version}
    spec = {"group": "example.com", "names": {"kind": "Widget", "plural": "widgets"}, "versions": [version]}
    return CustomKind({"metadata": {"generation": generation}, "spec": spec}, version)


def test_defaults_are_filled_in_where_their_object_is_there():
    obj = {"metadata": {"name": "a"}, "spec": {}}
    kind().fill(obj)
    assert obj == {"metadata": {"name": "a"}, "spec": {"size": 3}}


def test_what_the_schema_forbids_is_refused():
    told = [(error.reason, error.path) for error in kind().validate({"spec": {"size": 0}})]
    assert told == [("FieldValueInvalid", "spec.size")]
    assert [error.path for error in kind().validate({})] == ["spec"]


def test_an_update_may_keep_an_old_fault_but_not_bring_a_new_one():
    old = {"spec": {"size": 0, "colour": "red"}}
    assert kind().validate({"spec": {"size": 0}}, old) == []
    assert [error.path for error in kind().validate({"spec": {"size": -1}}, old)] == ["spec.size"]
    assert [error.path for error in kind().validate({"spec": {"size": 0, "colour": "x"}}, old)] == ["spec.colour"]


def test_a_deprecated_version_warns_in_its_own_words_or_in_general_ones():
    assert kind().warning == ""
    assert kind(deprecated=True).warning == "example.com/v1 Widget is deprecated"
    assert kind(deprecated=True, deprecationWarning="use v2").warning == "use v2"


def test_stored_bytes_are_shown_as_they_are_only_while_the_definition_is_the_first():
    assert kind().stored_as_shown
    assert not kind(generation=2).stored_as_shown


def test_columns_show_values_of_their_type_only():
    printed = [
        {"name": "Size", "type": "integer", "jsonPath": ".spec.size"},
        {"name": "Ready", "type": "boolean", "jsonPath": ".status.ready"},
        {"name": "Hosts", "type": "string", "jsonPath": ".spec.hosts[*]"},
        {"name": "Sizes", "type": "string", "jsonPath": ".spec.sizes"},
    ]
    obj = {
        "metadata": {"name": "a"},
        "spec": {"size": 2, "hosts": ["x", "y"], "sizes": {"b": 1, "a": 2}},
        "status": {"ready": "yes"},
    }
    assert kind(additionalPrinterColumns=printed).table.row(obj, 0) == ["a", 2, None, "x y", '{"a":2,"b":1}']


def test_without_columns_the_age_is_shown():
    obj = {"metadata": {"name": "a", "creationTimestamp": "1970-01-01T00:00:00Z"}}
    assert kind().table.row(obj, 60) == ["a", "60s"]
