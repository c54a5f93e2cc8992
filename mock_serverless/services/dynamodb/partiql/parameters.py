"""The values of a request's ``Parameters``, read the way DynamoDB reads them for PartiQL.

As any attribute value, except for numbers: an exponent which doesn't fit 32 bits makes a text no number at all, and the greatest
that fits wraps around to an underflow. What comes first in the document is refused first. (Recorded.)
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from ..values import (
    NESTED_TOO_DEEP,
    NESTING_LIMIT,
    NOT_A_NUMBER,
    UNDERFLOW,
    Value,
    normalise_number,
    normalise_value,
    refuse,
)

_EXPONENT = re.compile(r"[+-]?[0-9]*(?:\.([0-9]*))?[eE]([+-]?[0-9]+)", re.ASCII)
_LEAST, _GREATEST = -(2**31), 2**31 - 1


def read(values: list[Mapping[str, Any]] | None) -> list[Value]:
    """Every parameter, checked and normalised."""
    return [_value(value, 1) for value in values or ()]


def _value(value: Mapping[str, Any], depth: int) -> Value:
    if isinstance(value, Mapping) and len(value) == 1:
        ((kind, content),) = value.items()
        if kind == "N" and isinstance(content, str):
            return {"N": _number(content)}
        if kind == "NS" and isinstance(content, (list, tuple, set, frozenset)):
            return normalise_value(
                {"NS": [_number(member) if isinstance(member, str) else member for member in content]}
            )
        if kind in ("M", "L") and depth > NESTING_LIMIT:
            raise refuse(NESTED_TOO_DEEP)
        if kind == "M" and isinstance(content, Mapping) and "" not in content:
            return {"M": {name: _value(inner, depth + 1) for name, inner in content.items()}}
        if kind == "L" and isinstance(content, (list, tuple)):
            return {"L": [_value(inner, depth + 1) for inner in content]}
    return normalise_value(value, depth)


def _number(text: str) -> str:
    match = _EXPONENT.fullmatch(text)
    if match is not None:
        exponent = int(match[2])
        if not _LEAST < exponent <= _GREATEST or not _LEAST <= len(match[1] or "") - exponent <= _GREATEST:
            raise refuse(f"{NOT_A_NUMBER}: {text}")
        if exponent == _GREATEST:
            raise refuse(UNDERFLOW)
    return normalise_number(text)
