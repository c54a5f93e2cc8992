"""Whole numbers in fields: https://docs.aws.amazon.com/step-functions/latest/dg/state-wait.html"""

from __future__ import annotations

from typing import Any

MOST_SECONDS = 99_999_999


def integer(value: Any) -> int | None:
    """A whole number, also written as text (recorded for MaxConcurrencyPath); None for anything else."""
    if isinstance(value, bool):
        return None
    if isinstance(value, float):
        return int(value) if value.is_integer() else None
    if isinstance(value, str):
        try:
            return int(value)
        except ValueError:
            return None
    return value if isinstance(value, int) else None
