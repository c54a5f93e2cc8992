"""Parameters as the service reads them off the wire.

boto3 takes a text where a blob is meant, many spellings of a time, and (with ``parameter_validation=False``) anything at all.
What an operation gets is what AWS would have read: bytes, aware datetimes, no nulls, no members that the model doesn't
know; a value of the wrong kind is AWS's SerializationException. A reader is compiled once per input shape and copies as
it reads, so that what is stored doesn't change when the caller's objects do.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date, datetime
from typing import Any

from .clock import UTC, from_timestamp
from .copying import copy_tree
from .errors import AwsError

Reader = Callable[[Any], Any]

# what the JSON front end calls the kinds of a value that isn't of the expected kind (recorded wording of DynamoDB)
TOKENS = (
    (bool, "{}_VALUE"),
    ((int, float), "NUMBER_VALUE"),
    (str, "STRING_VALUE"),
    ((bytes, bytearray), "STRING_VALUE"),
)
EXACT: dict[str, type] = {
    "string": str,
    "character": str,
    "integer": int,
    "long": int,
    "float": float,
    "double": float,
    "boolean": bool,
    "blob": bytes,
}
NAMES = {"integer": "Integer", "long": "Long", "float": "Float", "double": "Double", "boolean": "Boolean"}


def reader(shape: Any) -> Reader:
    """The reader of an input shape (None: an operation without input)."""
    return _compile(shape, {}) if shape is not None else lambda value: {}


def _compile(shape: Any, seen: dict[str, list[Reader | None]]) -> Reader:
    kind = shape.type_name
    if kind not in _COMPOUNDS:
        return _SCALARS.get(kind, _text)(shape)
    if getattr(shape, "is_document_type", False) or getattr(shape, "serialization", {}).get("eventstream"):
        return copy_tree
    cell = seen.setdefault(shape.name, [])
    if cell:
        return cell[0] or (lambda value: cell[0](value))  # type: ignore[misc]  # a recursive shape
    cell.append(None)
    cell[0] = read = _COMPOUNDS[kind](shape, seen)
    return read


def _structure(shape: Any, seen: dict[str, list[Reader | None]]) -> Reader:
    members = {n: (EXACT.get(m.type_name), _compile(m, seen)) for n, m in shape.members.items()}

    def read(value: Any) -> Any:
        if type(value) is not dict and not isinstance(value, Mapping):
            raise wrong_kind(value, "a structure")
        out = {}
        for name, item in value.items():
            if name in members and item is not None:
                exact, read_member = members[name]
                out[name] = item if type(item) is exact else read_member(item)
        return out

    return read


def _list(shape: Any, seen: dict[str, list[Reader | None]]) -> Reader:
    exact, item = EXACT.get(shape.member.type_name), _compile(shape.member, seen)

    def read(value: Any) -> Any:
        if type(value) is not list and not isinstance(value, (list, tuple, set, frozenset)):
            raise wrong_kind(value, "a list")
        return [v if type(v) is exact else item(v) for v in value]

    return read


def _map(shape: Any, seen: dict[str, list[Reader | None]]) -> Reader:
    exact, item = EXACT.get(shape.value.type_name), _compile(shape.value, seen)

    def read(value: Any) -> Any:
        if type(value) is not dict and not isinstance(value, Mapping):
            raise wrong_kind(value, "a map")
        return {k if type(k) is str else str(k): v if type(v) is exact else item(v) for k, v in value.items()}

    return read


_COMPOUNDS: dict[str, Callable[[Any, dict[str, list[Reader | None]]], Reader]] = {
    "structure": _structure,
    "list": _list,
    "map": _map,
}


# ---------------------------------------------------------------------- scalars


def _text(shape: Any) -> Reader:
    def read(value: Any) -> Any:
        if isinstance(value, str):
            return str.__str__(value)  # the plain text of an enum member or another subclass
        if isinstance(value, Mapping) and getattr(shape, "serialization", {}).get("jsonvalue"):
            return copy_tree(value)
        raise wrong_kind(value, "String")

    return read


def _integer(shape: Any) -> Reader:
    def read(value: Any) -> Any:
        if isinstance(value, int) and not isinstance(value, bool):
            return int(value)
        if isinstance(value, float) and value.is_integer():
            return int(value)
        raise wrong_kind(value, NAMES[shape.type_name])

    return read


def _number(shape: Any) -> Reader:
    def read(value: Any) -> Any:
        if isinstance(value, (int, float)) and not isinstance(value, bool):
            return value
        if type(value).__name__ == "Decimal":
            return float(value)
        raise wrong_kind(value, NAMES[shape.type_name])

    return read


def _boolean(shape: Any) -> Reader:
    def read(value: Any) -> Any:
        if isinstance(value, bool):
            return value
        raise wrong_kind(value, "Boolean")

    return read


def _blob(shape: Any) -> Reader:
    def read(value: Any) -> Any:
        if isinstance(value, (bytes, bytearray, memoryview)):
            return bytes(value)
        if isinstance(value, str):
            return value.encode()
        if hasattr(value, "read"):
            content = value.read()
            return content.encode() if isinstance(content, str) else content
        raise wrong_kind(value, "Blob")

    return read


def _timestamp(shape: Any) -> Reader:
    def read(value: Any) -> Any:
        if isinstance(value, datetime):
            return value if value.tzinfo else value.replace(tzinfo=UTC)
        if isinstance(value, date):
            return datetime(value.year, value.month, value.day, tzinfo=UTC)
        try:
            return from_timestamp(float(value))
        except (ValueError, TypeError, OverflowError, OSError):
            pass
        try:
            from dateutil.parser import parse

            parsed = parse(value)
            return parsed if parsed.tzinfo else parsed.replace(tzinfo=UTC)
        except (ValueError, TypeError, OverflowError):
            raise wrong_kind(value, "Timestamp") from None

    return read


_SCALARS: dict[str, Callable[[Any], Reader]] = {
    "integer": _integer,
    "long": _integer,
    "float": _number,
    "double": _number,
    "boolean": _boolean,
    "blob": _blob,
    "timestamp": _timestamp,
}


def wrong_kind(value: Any, expected: str) -> AwsError:
    """AWS's error for a value of the wrong kind."""
    if isinstance(value, Mapping):
        return AwsError("SerializationException", "Start of structure or map found where not expected.")
    if isinstance(value, (list, tuple, set, frozenset)):
        return AwsError("SerializationException", "Start of list found where not expected")
    token = next((t for kind, t in TOKENS if isinstance(value, kind)), "STRING_VALUE")
    if expected.startswith("a "):
        return AwsError("SerializationException", "Unexpected field type")
    return AwsError(
        "SerializationException", f"{token.format(str(value).upper())} can not be converted to {_a(expected)}"
    )


def _a(expected: str) -> str:
    return f"{'an' if expected[0] in 'AEIOU' else 'a'} {expected}"
