"""How long events are kept: https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_PutRetentionPolicy.html

Events go when virtual time passes it; AWS takes up to 72 hours more.
"""

from __future__ import annotations

from typing import Any

from ...core.constraints import violation
from ...core.operation import operation
from .requests import group_of
from .store import State, invalid

# the page above
_DAYS = "1 3 5 7 14 30 60 90 120 150 180 365 400 545 731 1096 1827 2192 2557 2922 3288 3653"
DAYS = tuple(map(int, _DAYS.split()))


@operation
def put_retention_policy(state: State, request: dict[str, Any]) -> dict[str, Any]:
    group, days = group_of(state, request), request["retentionInDays"]
    if days not in DAYS:  # a guess at the words
        constraint = f"Member must satisfy enum value set: [{', '.join(map(str, DAYS))}]"
        raise invalid(f"1 validation error detected: {violation(days, 'retentionInDays', constraint)}")
    group.retention = days
    return {}


@operation
def delete_retention_policy(state: State, request: dict[str, Any]) -> dict[str, Any]:
    """Events are kept for ever again."""
    group_of(state, request).retention = None
    return {}
