"""Draft 4, keyword by keyword: (schema, allowed values, refused values)."""

from __future__ import annotations

from typing import Any

import pytest

from mock_serverless.services.apigateway.pipeline.json_schema import problem_of

NUMBER, TEXT = {"type": "number"}, {"type": "string"}
KEYWORDS: list[tuple[Any, list[Any], list[Any]]] = [
    ({}, [1, None, {}], []),
    ({"type": "integer"}, [1, -1], [1.5, True, "1", None]),
    ({"type": ["string", "null"]}, ["a", None], [1]),
    ({"enum": [1, "a", None]}, [1, 1.0, "a", None], [True, "b"]),
    ({"required": ["a"]}, [{"a": 1}, []], [{}, {"b": 1}]),
    ({"properties": {"a": NUMBER}}, [{"a": 1}, {"b": ""}], [{"a": ""}]),
    ({"properties": {"a": NUMBER}, "additionalProperties": False}, [{"a": 1}], [{"b": 1}]),
    ({"additionalProperties": NUMBER}, [{"b": 1}], [{"b": ""}]),
    ({"patternProperties": {"^x": NUMBER}, "additionalProperties": False}, [{"x1": 1}], [{"x1": ""}, {"y": 1}]),
    ({"items": NUMBER}, [[], [1]], [[""]]),
    ({"items": [NUMBER, TEXT], "additionalItems": False}, [[1, ""], [1]], [["", 1], [1, "", 2]]),
    ({"uniqueItems": True}, [[1, 2], [1, True]], [[1, 1]]),
    ({"minimum": 1, "maximum": 2}, [1, 2, "0"], [0, 3]),
    ({"minimum": 1, "exclusiveMinimum": True}, [1.5], [1]),
    ({"multipleOf": 2}, [4, "3"], [3]),
    ({"minLength": 1, "maxLength": 2, "pattern": "^a"}, ["a", "ab", 5], ["", "abc", "b"]),
    ({"minItems": 1, "maxItems": 2}, [[1], {}], [[], [1, 2, 3]]),
    ({"minProperties": 1}, [{"a": 1}], [{}]),
    ({"allOf": [NUMBER, {"minimum": 1}]}, [1], [0, ""]),
    ({"anyOf": [NUMBER, TEXT]}, [1, ""], [None]),
    ({"oneOf": [NUMBER, {"type": "integer"}]}, [1.5], [1, ""]),
    ({"not": NUMBER}, [""], [1]),
    ({"dependencies": {"a": ["b"], "c": {"required": ["d"]}}}, [{"a": 1, "b": 1}, {}], [{"a": 1}, {"c": 1}]),
    ({"$ref": "#/definitions/n", "definitions": {"n": NUMBER}}, [1], [""]),
]


@pytest.mark.parametrize(("schema", "allowed", "refused"), KEYWORDS, ids=lambda value: str(value)[:40])
def test_keyword(schema: Any, allowed: list[Any], refused: list[Any]) -> None:
    def resolve(reference: str) -> Any:
        return schema["definitions"][reference.rpartition("/")[2]]

    assert [v for v in allowed if problem_of(v, schema, resolve) is not None] == []
    assert [v for v in refused if problem_of(v, schema, resolve) is None] == []
