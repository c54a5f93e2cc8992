"""Where a key condition leads: the partition, and the part of it between two bounds.

https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Query.KeyConditionExpressions.html
"""

from __future__ import annotations

from typing import Any

from .expressions import KeyMatch
from .schema import MAX_RANGE, RANGE_TOO_LONG, KeySchema, byte_length
from .store import Bounds, content_of
from .values import refuse


def span(schema: KeySchema, match: KeyMatch, of_index: bool) -> tuple[Any, Bounds]:
    """The partition, and the part of it, that a key condition names."""
    parts = tuple(value[kind] for value, (_, kind) in zip(match.hash, schema.hash, strict=True))
    partition = parts[0] if len(parts) == 1 else parts
    lead = tuple(content_of(v, schema.range[i][1], True) for i, v in enumerate(match.equal))
    test = match.test
    if test is None:
        return partition, Bounds(lead or None, lead or None)
    kind = schema.range[len(lead)][1]
    values = [content_of(value, kind, True) for value in test.values]
    low: tuple[Any, ...] | None = (*lead, values[0])
    high: tuple[Any, ...] | None = low
    low_open = high_open = False
    if test.operator in ("<", "<="):
        low, high_open = lead or None, test.operator == "<"
    elif test.operator in (">", ">="):
        high, low_open = lead or None, test.operator == ">"
    elif test.operator == "between":
        high = (*lead, values[1])
    elif test.operator == "begins_with":
        behind = _behind_prefix(values[0])
        high, high_open = (lead or None, False) if behind is None else ((*lead, behind), True)
    return partition, Bounds(low, high, low_open, high_open)


def _behind_prefix(prefix: Any) -> Any:
    """The least text or binary behind all that begin with a prefix; None when there is none."""
    top = chr(0x10FFFF) if isinstance(prefix, str) else b"\xff"
    stripped = prefix.rstrip(top)
    if not stripped:
        return None
    if isinstance(stripped, str):
        return stripped[:-1] + chr(ord(stripped[-1]) + 1)
    return stripped[:-1] + bytes([stripped[-1] + 1])


def check_lengths(match: KeyMatch) -> None:
    """Sort keys have a length; that of a partition key is not looked at (both as AWS's DynamoDB Local has it)."""
    for value in match.equal if match.test is None else (*match.equal, *match.test.values):
        ((kind, content),) = value.items()
        if kind != "N" and byte_length(content) > MAX_RANGE:
            raise refuse(RANGE_TOO_LONG)
