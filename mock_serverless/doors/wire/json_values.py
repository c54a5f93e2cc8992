"""Values of a shape in JSON and in CBOR, read and written.

The two differ in three kinds of scalars only: blobs are base64 text or bytes, moments are numbers or tagged, and JSON
writes NaN and the infinities as text.
https://smithy.io/2.0/aws/protocols/aws-json-1_1-protocol.html#shape-serialization
https://smithy.io/2.0/additional-specs/protocols/smithy-rpc-v2.html#shape-serialization
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from . import cbor
from .mistyped import mistyped
from .scalars import (
    SPECIAL_FLOATS,
    Malformed,
    as_bytes,
    float_text,
    read_base64,
    read_moment,
    write_base64,
    write_moment,
)

Number = (int, float)


@dataclass(frozen=True, slots=True)
class Notation:
    """How one of the two formats spells what JSON alone can't say."""

    loads: Callable[[bytes], Any]
    dumps: Callable[[Any], bytes]
    read_blob: Callable[[Any], bytes]
    read_moment: Callable[[Any], datetime]
    write_blob: Callable[[Any], Any]
    write_moment: Callable[[Any, Any], Any]
    write_float: Callable[[Any], Any]


# ---------------------------------------------------------------------- JSON


def _loads_json(body: bytes) -> Any:
    try:
        return json.loads(body)
    except ValueError:
        raise Malformed("") from None


def _json_blob(raw: Any) -> bytes:
    if not isinstance(raw, str):
        raise Malformed("not text")
    data = read_base64(raw)
    if write_base64(data) != raw:
        raise Malformed("its last character has bits which mean nothing")
    return data


def _json_float(value: Any) -> Any:
    number = float(value)
    return number if math.isfinite(number) else float_text(number)


JSON = Notation(
    loads=_loads_json,
    dumps=lambda value: json.dumps(value, separators=(",", ":"), ensure_ascii=False).encode("utf-8", "surrogatepass"),
    read_blob=_json_blob,
    read_moment=read_moment,
    write_blob=write_base64,
    write_moment=lambda value, shape: write_moment(value, shape, "unixtimestamp"),
    write_float=_json_float,
)


# ---------------------------------------------------------------------- CBOR


def _cbor_blob(raw: Any) -> bytes:
    if not isinstance(raw, bytes):
        raise Malformed("not bytes")
    return raw


CBOR = Notation(
    loads=cbor.loads,
    dumps=cbor.dumps,
    read_blob=_cbor_blob,
    read_moment=read_moment,
    write_blob=as_bytes,
    write_moment=lambda value, shape: read_moment(value),
    write_float=float,
)


# ---------------------------------------------------------------------- reading


@dataclass(frozen=True, slots=True)
class Reader:
    """Reads requests of one service; the service decides the wording when a value has the wrong type."""

    notation: Notation
    service: str

    def body(self, data: bytes, shape: Any, bound: frozenset[str] = frozenset()) -> Any:
        raw = self.notation.loads(data)
        return self.members(raw, shape, bound) if bound and isinstance(raw, dict) else self.value(raw, shape)

    def value(self, raw: Any, shape: Any, inside: bool = False) -> Any:
        kind = shape.type_name
        if kind in ("string", "character"):
            if isinstance(raw, str):
                return raw
        elif kind == "structure":
            if shape.is_document_type:
                return raw
            if isinstance(raw, dict):
                return self.members(raw, shape)
        elif kind == "map":
            if isinstance(raw, dict):
                inner = shape.value
                return {key: None if item is None else self.value(item, inner, True) for key, item in raw.items()}
        elif kind == "list":
            if isinstance(raw, list):
                inner = shape.member
                return [None if item is None else self.value(item, inner, True) for item in raw]
        else:
            return self.scalar(raw, shape, inside)
        raise mistyped(raw, shape, self.service, inside)

    def members(self, raw: dict[str, Any], shape: Any, bound: frozenset[str] = frozenset()) -> dict[str, Any]:
        """Null is the same as not there; unknown members are passed over, and those ``bound`` to other places."""
        found = {}
        for name, member in shape.members.items():
            item = raw.get(member.serialization.get("name", name))
            if item is not None and name not in bound:
                found[name] = self.value(item, member)
        return found

    def scalar(self, raw: Any, shape: Any, inside: bool) -> Any:
        kind = shape.type_name
        try:
            if kind == "boolean":
                if isinstance(raw, bool):
                    return raw
            elif kind == "blob":
                return self.notation.read_blob(raw)
            elif kind == "timestamp":
                return self.notation.read_moment(raw)
            elif isinstance(raw, Number) and not isinstance(raw, bool):
                return int(raw) if kind in ("integer", "long") else float(raw)
            elif kind in ("float", "double") and raw in SPECIAL_FLOATS:
                return SPECIAL_FLOATS[raw]
        except (ValueError, OverflowError, TypeError):
            pass
        raise mistyped(raw, shape, self.service, inside)


# ---------------------------------------------------------------------- writing


def write_value(value: Any, shape: Any, notation: Notation) -> Any:
    """What ``notation.dumps`` takes; None stays None."""
    kind = shape.type_name
    if value is None or kind in ("string", "character"):
        return value
    if kind == "structure":
        return value if shape.is_document_type else write_members(value, shape, notation)
    if kind == "map":
        inner = shape.value
        return {key: write_value(item, inner, notation) for key, item in value.items()}
    if kind == "list":
        inner = shape.member
        return [write_value(item, inner, notation) for item in value]
    if kind == "blob":
        return notation.write_blob(value)
    if kind == "timestamp":
        return notation.write_moment(value, shape)
    if kind in ("float", "double"):
        return notation.write_float(value)
    return value


def write_members(value: dict[str, Any], shape: Any, notation: Notation) -> dict[str, Any]:
    members = shape.members
    return {
        members[name].serialization.get("name", name): write_value(item, members[name], notation)
        for name, item in value.items()
        if item is not None and name in members
    }
