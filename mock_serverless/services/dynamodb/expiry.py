"""update_time_to_live and describe_time_to_live; the expiring itself is the table's (Table.expire_due).

https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/TTL.html. Items are deleted as soon as virtual time passes
what their attribute says; a change of the setting is refused for an hour after the last one.
"""

from __future__ import annotations

from typing import Any

from mock_serverless.core.operation import operation

from .database import Database
from .replica_settings import share_time_to_live
from .values import refuse

FIXED_INTERVAL = 3600.0


@operation
def update_time_to_live(db: Database, request: dict[str, Any]) -> dict[str, Any]:
    """https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_UpdateTimeToLive.html"""
    table = db.named_table(request["TableName"])
    wanted = request["TimeToLiveSpecification"]
    enabled, attribute = wanted["Enabled"], wanted["AttributeName"]
    expiry = table.expiry
    now = db.scope.timestamp()
    if expiry.attribute is not None and expiry.attribute != attribute:
        raise refuse(f"TimeToLive is active on a different AttributeName: current AttributeName is {expiry.attribute}")
    if enabled and expiry.attribute is not None:
        raise refuse("TimeToLive is already enabled")
    if not enabled and expiry.attribute is None:
        raise refuse("TimeToLive is already disabled")
    if expiry.changed is not None and now - expiry.changed < FIXED_INTERVAL:
        raise refuse("Time to live has been modified multiple times within a fixed interval")
    if table.membership is not None and table.membership.strong:
        raise refuse(
            "Time to live is not supported for global tables with MultiRegionConsistency set to STRONG."
        )  # a guess
    expiry.changed = now
    table.expire_by(attribute if enabled else None)
    share_time_to_live(table, expiry.attribute)
    return {"TimeToLiveSpecification": {"Enabled": enabled, "AttributeName": attribute}}


@operation
def describe_time_to_live(db: Database, request: dict[str, Any]) -> dict[str, Any]:
    """https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_DescribeTimeToLive.html"""
    attribute = db.named_table(request["TableName"]).expiry.attribute
    if attribute is None:
        return {"TimeToLiveDescription": {"TimeToLiveStatus": "DISABLED"}}
    return {"TimeToLiveDescription": {"TimeToLiveStatus": "ENABLED", "AttributeName": attribute}}
