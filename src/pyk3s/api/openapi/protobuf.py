"""The version 2 document in the protobuf form of openapi.v2.Document, which older kubectl asks for.

Carries definitions whole, and of paths what clients look up: patch operations with their parameters' names and kinds.
"""

import json
from typing import Any

from pyk3s.lib import protobuf

JSON = dict[str, Any]

# The numbers of the fields used, of the messages as published with the OpenAPI compiler.
_TABLES: dict[str, Any] = {
    "v2.Document": [
        [1, "swagger", "string"],
        [2, "info", "Info"],
        [8, "paths", "Paths"],
        [9, "definitions", "Definitions"],
    ],
    "v2.Info": [[1, "title", "string"], [2, "version", "string"]],
    "v2.Any": [[2, "yaml", "string"]],
    "v2.NamedAny": [[1, "name", "string"], [2, "value", "Any"]],
    "v2.Paths": [[2, "path", "NamedPathItem[]"]],
    "v2.NamedPathItem": [[1, "name", "string"], [2, "value", "PathItem"]],
    "v2.PathItem": [[8, "patch", "Operation"]],
    "v2.Operation": [
        [5, "operation_id", "string"],
        [8, "parameters", "ParametersItem[]"],
        [9, "responses", "Responses"],
        [13, "vendor_extension", "NamedAny[]"],
    ],
    "v2.Responses": [],
    "v2.ParametersItem": [[1, "parameter", "Parameter"]],
    "v2.Parameter": [[2, "non_body_parameter", "NonBodyParameter"]],
    "v2.NonBodyParameter": [[3, "query_parameter_sub_schema", "QueryParameterSubSchema"]],
    "v2.QueryParameterSubSchema": [[2, "in", "string"], [4, "name", "string"], [6, "type", "string"]],
    "v2.Definitions": [[1, "additional_properties", "NamedSchema[]"]],
    "v2.NamedSchema": [[1, "name", "string"], [2, "value", "Schema"]],
    "v2.Schema": [
        [1, "$ref", "string"],
        [2, "format", "string"],
        [4, "description", "string"],
        [5, "default", "Any"],
        [19, "required", "string[]"],
        [20, "enum", "Any[]"],
        [21, "additional_properties", "AdditionalPropertiesItem"],
        [22, "type", "TypeItem"],
        [23, "items", "ItemsItem"],
        [25, "properties", "Definitions"],
        [31, "vendor_extension", "NamedAny[]"],
    ],
    "v2.AdditionalPropertiesItem": [[1, "schema", "Schema"], [2, "boolean", "bool"]],
    "v2.TypeItem": [[1, "value", "string[]"]],
    "v2.ItemsItem": [[1, "schema", "Schema[]"]],
}


def document(swagger: JSON) -> bytes:
    """A version 2 document, given as JSON, in protobuf."""
    codec = protobuf.Codec(_TABLES)
    paths = [
        {"name": path, "value": {"patch": _operation(item["patch"])}}
        for path, item in swagger["paths"].items()
        if "patch" in item
    ]
    return codec.encode(
        "v2.Document",
        {
            "swagger": swagger["swagger"],
            "info": swagger["info"],
            "paths": {"path": paths},
            "definitions": _schemas(swagger["definitions"]),
        },
    )


def _operation(operation: JSON) -> JSON:
    parameters = [
        {name: each[name] for name in ("in", "name", "type")}
        for each in operation["parameters"]
        if each["in"] == "query"
    ]
    return {
        "operation_id": operation["operationId"],
        "parameters": [
            {"parameter": {"non_body_parameter": {"query_parameter_sub_schema": each}}} for each in parameters
        ],
        "responses": {},
        "vendor_extension": _extensions(operation),
    }


def _schemas(schemas: JSON) -> JSON:
    return {"additional_properties": [{"name": name, "value": _schema(inner)} for name, inner in schemas.items()]}


def _schema(schema: JSON) -> JSON:
    made: JSON = {name: schema[name] for name in ("$ref", "format", "description", "required") if name in schema}
    if "type" in schema:
        made["type"] = {"value": [schema["type"]]}
    if "default" in schema:
        made["default"] = _any(schema["default"])
    if "enum" in schema:
        made["enum"] = [_any(each) for each in schema["enum"]]
    if "items" in schema:
        made["items"] = {"schema": [_schema(schema["items"])]}
    if "properties" in schema:
        made["properties"] = _schemas(schema["properties"])
    more = schema.get("additionalProperties")
    if isinstance(more, dict):
        made["additional_properties"] = {"schema": _schema(more)}
    elif more is not None:
        made["additional_properties"] = {"boolean": more}
    if extensions := _extensions(schema):
        made["vendor_extension"] = extensions
    return made


def _extensions(holder: JSON) -> list[JSON]:
    return [{"name": name, "value": _any(value)} for name, value in holder.items() if name.startswith("x-")]


def _any(value: Any) -> JSON:
    """Any value travels as YAML text, of which JSON is a part."""
    return {"yaml": json.dumps(value)}
