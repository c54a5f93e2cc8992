"""Any request and any answer that botocore's model of an operation allows.

Lengths, ranges, enums and patterns of the model are kept to (patterns.py). Optional members come and go; recursive shapes
end after a few levels; an event stream is a list of its events.
"""

from __future__ import annotations

import json
import string
from datetime import datetime, timezone
from typing import Any

from hypothesis import strategies as st

from ..core.operation import resolve, service_model
from .patterns import matching

DEPTH = 4
LENGTH = 4
TEXT = st.characters(codec="utf-8", exclude_categories=("Cs", "Cc"))
RANGES = {"integer": (-(2**31), 2**31 - 1), "long": (-(2**63), 2**63 - 1)}
BEGINNING, END = datetime(2000, 1, 1), datetime(2100, 1, 1)
DECODED = {"ListObjects", "ListObjectsV2", "ListObjectVersions"}
"""Of S3: where an answer has an EncodingType, botocore decodes the keys in it, and stumbles over those that are missing."""
POLICY = "policyDocumentType"
"""Of IAM: JSON, which botocore decodes in answers (botocore/handlers.py, json_decode_policies)."""


def responses(service: str, operation: str) -> st.SearchStrategy[dict[str, Any]]:
    """Answers of an operation, as boto3 gives them (without ResponseMetadata): ``responses("s3", "HeadObject")``.

    Raises NotSupported, with near misses, for a name that botocore doesn't know.
    """
    service, name = resolve(service, operation)
    answers = _of_shape(service_model(service).operation_model(name).output_shape)
    if service == "s3" and name in DECODED:
        return answers.map(lambda answer: {n: v for n, v in answer.items() if n != "EncodingType"})
    return answers


def requests(service: str, operation: str) -> st.SearchStrategy[dict[str, Any]]:
    """Parameters of an operation which satisfy the model's constraints (not necessarily the service's own rules)."""
    service, name = resolve(service, operation)
    return _of_shape(service_model(service).operation_model(name).input_shape)


def _of_shape(shape: Any) -> st.SearchStrategy[Any]:
    return st.just({}) if shape is None else _value(shape, 0)


def _value(shape: Any, depth: int) -> st.SearchStrategy[Any]:
    compound = _COMPOUNDS.get(shape.type_name)
    if compound is not None:
        return st.deferred(lambda: compound(shape, depth + 1))
    scalar: st.SearchStrategy[Any] = _SCALARS[shape.type_name](shape)
    return scalar


# ---------------------------------------------------------------------- compounds


def _structure(shape: Any, depth: int) -> st.SearchStrategy[Any]:
    if getattr(shape, "is_document_type", False):
        return st.dictionaries(st.text(TEXT, max_size=LENGTH), st.integers() | st.text(TEXT), max_size=LENGTH)
    if shape.serialization.get("eventstream"):
        return st.lists(_event(shape, depth), max_size=LENGTH)
    if getattr(shape, "is_tagged_union", False):
        members = _affordable(shape, depth) or list(shape.members.items())
        return st.sampled_from(members).flatmap(lambda m: st.fixed_dictionaries({m[0]: _value(m[1], depth)}))
    required = {n: _value(shape.members[n], depth) for n in shape.required_members}
    optional = {n: _value(m, depth) for n, m in _affordable(shape, depth) if n not in required}
    return st.fixed_dictionaries(required, optional=optional)


def _event(shape: Any, depth: int) -> st.SearchStrategy[Any]:
    """One event of a stream; errors, which a client raises when it meets them, are left out."""
    members = [(n, m) for n, m in shape.members.items() if not m.metadata.get("exception")]
    return st.sampled_from(members).flatmap(lambda m: st.fixed_dictionaries({m[0]: _value(m[1], depth)}))


def _affordable(shape: Any, depth: int) -> list[tuple[str, Any]]:
    """All members, or when it has become deep enough only those that end here."""
    return [(n, m) for n, m in shape.members.items() if depth < DEPTH or m.type_name not in _COMPOUNDS]


def _list(shape: Any, depth: int) -> st.SearchStrategy[Any]:
    low, high = _size(shape)
    return st.lists(_value(shape.member, depth), min_size=low, max_size=low if depth > DEPTH else high)


def _map(shape: Any, depth: int) -> st.SearchStrategy[Any]:
    low, high = _size(shape)
    key, value = _value(shape.key, depth), _value(shape.value, depth)
    return st.dictionaries(key, value, min_size=low, max_size=low if depth > DEPTH else high)


_COMPOUNDS = {"structure": _structure, "list": _list, "map": _map}


def _size(shape: Any, length: int = LENGTH) -> tuple[int, int]:
    low = int(shape.metadata.get("min") or 0)
    high = int(shape.metadata.get("max") or low + length)
    return low, max(low, min(high, low + length))


# ---------------------------------------------------------------------- scalars


def _text(shape: Any) -> st.SearchStrategy[Any]:
    if shape.name == POLICY:
        words = st.text(string.ascii_letters, max_size=LENGTH)
        return st.dictionaries(words, words, max_size=LENGTH).map(json.dumps)
    if shape.metadata.get("enum"):
        return st.sampled_from(shape.metadata["enum"])
    low, high = _size(shape, 12)
    pattern = shape.metadata.get("pattern")
    fitting = matching(pattern, low, _most(shape)) if pattern else None
    return st.text(TEXT, min_size=low, max_size=high) if fitting is None else fitting


def _most(shape: Any) -> int | None:
    most = shape.metadata.get("max")
    return None if most is None else int(most)


def _whole(shape: Any) -> st.SearchStrategy[Any]:
    low, high = RANGES[shape.type_name]
    metadata = shape.metadata
    return st.integers(int(metadata.get("min", low)), int(metadata.get("max", high)))


def _fraction(shape: Any) -> st.SearchStrategy[Any]:
    low, high = shape.metadata.get("min"), shape.metadata.get("max")
    return st.floats(low, high, allow_nan=False, allow_infinity=False)


_SCALARS: dict[str, Any] = {
    "string": _text,
    "character": lambda shape: st.text(TEXT, min_size=1, max_size=1),
    "integer": _whole,
    "long": _whole,
    "float": _fraction,
    "double": _fraction,
    "boolean": lambda shape: st.booleans(),
    "blob": lambda shape: st.binary(min_size=_size(shape)[0], max_size=max(16, _size(shape)[0])),
    "timestamp": lambda shape: st.datetimes(BEGINNING, END, timezones=st.just(timezone.utc)),
}
