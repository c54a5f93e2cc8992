"""Filter criteria of event source mappings: https://docs.aws.amazon.com/lambda/latest/dg/invocation-eventfiltering.html"""

from __future__ import annotations

import base64
import json
from typing import Any

from ...core.patterns import InvalidPattern, compile_pattern
from .errors import invalid

LIMIT = 5


def check(criteria: dict[str, Any]) -> None:
    """Raises when a pattern is none, or there are too many."""
    filters = criteria.get("Filters") or []
    if len(filters) > LIMIT:
        raise invalid(f"Filter count exceeds maximum of {LIMIT}.")  # a guess at the words
    for entry in filters:
        try:
            compile_pattern(entry.get("Pattern") or "")
        except InvalidPattern:
            raise invalid("Invalid filter pattern definition.") from None


def passes(settings: dict[str, Any], record: dict[str, Any], body: str) -> bool:
    """Is a record for the function? ``body`` names the member in which JSON is looked into."""
    filters = (settings.get("FilterCriteria") or {}).get("Filters") or []
    if not filters:
        return True
    seen = _opened(record, body) if body else record
    return any(compile_pattern(f["Pattern"])(seen) for f in filters)


def _opened(record: dict[str, Any], body: str) -> dict[str, Any]:
    """The record as filters see it: its body as JSON where it is JSON. Kinesis' data stand beside its metadata."""
    if body == "data":
        inner = {**record["kinesis"]}
        data: Any = base64.b64decode(inner["data"])
        return {**record, "kinesis": inner, "data": _json(data)}
    return {**record, body: _json(record.get(body))}


def _json(text: Any) -> Any:
    try:
        return json.loads(text)
    except (ValueError, TypeError):
        return text.decode("utf-8", "replace") if isinstance(text, bytes) else text
