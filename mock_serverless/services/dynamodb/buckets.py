"""Token buckets (https://en.wikipedia.org/wiki/Token_bucket) in virtual time; what fills and empties them: throttling.py."""

from __future__ import annotations

from typing import Any

Bucket = tuple[str, str]
"""An index (nothing for the table itself), and Read or Write."""


class Buckets:
    """How many tokens each bucket had, and when."""

    __slots__ = ("_levels",)

    def __init__(self) -> None:
        self._levels: dict[Bucket, tuple[float, float]] = {}

    def level(self, bucket: Bucket, rate: float, burst: float, now: float) -> float:
        """The tokens that are there now."""
        tokens, then = self._levels.get(bucket, (rate * burst, now))
        return min(rate * burst, tokens + (now - then) * rate)

    def set(self, bucket: Bucket, tokens: float, now: float) -> None:
        """So many are left."""
        self._levels[bucket] = (tokens, now)

    def __deepcopy__(self, memo: dict[int, Any]) -> Buckets:
        twin = Buckets()
        twin._levels = self._levels.copy()
        return twin
