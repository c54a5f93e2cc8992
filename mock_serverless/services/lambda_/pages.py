"""Pages of lists: Lambda's markers are opaque; here they hold how many items went before."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from typing import Any

from .errors import invalid


def page(items: Sequence[Any], marker: str | None, limit: int | None, most: int) -> tuple[list[Any], str | None]:
    """The items after a marker, at most ``limit`` and never more than ``most``, and the next marker if there are more."""
    start = _start(marker) if marker else 0
    end = start + min(limit or most, most)
    return list(items[start:end]), _marker(end) if end < len(items) else None


def _marker(start: int) -> str:
    return base64.b64encode(f"after {start}".encode()).decode()


def _start(marker: str) -> int:
    try:
        word, _, number = base64.b64decode(marker, validate=True).decode().partition(" ")
        if word == "after":
            return int(number)
    except ValueError:
        pass
    raise invalid("Invalid Marker")  # a guess at the words
