"""What AWS says when a JSON value is of another type than its member.

There are two generations of AWS's front end. DynamoDB's speaks of parser tokens, the older one of Java classes; both
as dynalite recorded them from AWS (github.com/architect/dynalite, test/helpers.js, both generations of it); of the
older one ``TruncatingBigNumber`` is recorded for API Gateway, too. Which services are of which generation is a guess,
except for DynamoDB and API Gateway.
"""

from __future__ import annotations

import re
from typing import Any

from mock_serverless.core.errors import AwsError

TOKEN_SERVICES = frozenset({"dynamodb", "dynamodbstreams"})
JAVA_NAMES = {
    "string": "String", "character": "Character", "integer": "Integer", "long": "Long", "float": "Float",
    "double": "Double", "boolean": "Boolean", "blob": "Blob", "timestamp": "Date",
}  # fmt: skip
CONTAINERS = ("structure", "list", "map")
EXPECTED = {"list": "Expected list or null", "map": "Expected map or null", "structure": "Expected null"}
STRAY_MAP = "Start of structure or map found where not expected"
NOT_BASE64 = re.compile(r"[^A-Za-z0-9+/=]")
STRAY_IN_BASE64 = re.compile(r"[^A-Za-z0-9+/=]|=[^=]")


def mistyped(value: Any, shape: Any, service: str, inside: bool) -> AwsError:
    """``inside`` says that the value is an element of a list or map and no member of a structure."""
    say = _tokens if service in TOKEN_SERVICES else _classes
    return AwsError("SerializationException", say(value, shape, inside))


def _tokens(value: Any, shape: Any, inside: bool) -> str:
    kind = shape.type_name
    if isinstance(value, dict):
        return STRAY_MAP
    if isinstance(value, list):
        return f"Unrecognized collection type {_java_type(shape)}"
    if kind in CONTAINERS:
        return "Unexpected value type in payload" if inside else "Unexpected field type"
    if kind == "blob" and isinstance(value, str):
        return _base64_problem(value, NOT_BASE64)
    if kind == "blob":
        return "only base-64-encoded strings are convertible to bytes"
    if kind == "timestamp":  # a guess
        return f"{_token(value)} can not be converted to milliseconds since epoch"
    if kind == "boolean" and isinstance(value, str):
        return "Unexpected token received from parser"
    return f"{_token(value)} cannot be converted to {JAVA_NAMES[kind]}"


def _token(value: Any) -> str:
    if isinstance(value, bool):
        return f"{str(value).upper()}_VALUE"
    if isinstance(value, str):
        return "STRING_VALUE"
    return "DECIMAL_VALUE" if isinstance(value, float) else "NUMBER_VALUE"


def _java_type(shape: Any) -> str:
    kind = shape.type_name
    if kind == "structure":
        return f"class com.amazonaws.dynamodb.v20120810.{shape.name}"
    if kind == "map":
        value = shape.value
        name = f"java.lang.{JAVA_NAMES[value.type_name]}" if value.type_name in JAVA_NAMES else (
            f"com.amazonaws.dynamodb.v20120810.{value.name}"
        )  # fmt: skip
        return f"java.util.Map<java.lang.String, {name}>"
    if kind == "blob":
        return "class java.nio.ByteBuffer"
    return f"class java.lang.{JAVA_NAMES.get(kind, 'Object')}"


def _classes(value: Any, shape: Any, inside: bool) -> str:
    kind = shape.type_name
    if isinstance(value, dict):
        return f"{STRAY_MAP}."
    if isinstance(value, list):
        return "Start of list found where not expected"
    if kind in CONTAINERS:
        return EXPECTED[kind]
    if kind == "boolean" and isinstance(value, str):
        return f"'{value.upper()}' can not be converted to an Boolean"
    if kind == "blob" and isinstance(value, str):
        return f"'{value}' can not be converted to a Blob: {_base64_problem(value, STRAY_IN_BASE64)}"
    article = "a" if kind == "blob" else "an"
    return f"class {_java_class(value)} can not be converted to {article} {JAVA_NAMES[kind]}"


def _java_class(value: Any) -> str:
    if isinstance(value, bool):
        return "java.lang.Boolean"
    if isinstance(value, str):
        return "java.lang.String"
    return "com.amazon.coral.value.json.numbers.TruncatingBigNumber"


def _base64_problem(text: str, strays: re.Pattern[str]) -> str:
    if len(text) % 4:
        return f"Base64 encoded length is expected a multiple of 4 bytes but found: {len(text)}"
    stray = strays.search(text)
    if stray:
        return f"Invalid Base64 character: '{stray.group()[0]}'"
    return "Invalid last non-pad Base64 character dectected"
