"""update_time_to_live and describe_time_to_live; the expiring itself is the table's (Table.expire_due).

https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/TTL.html. Items are deleted as soon as virtual time passes what
their attribute says, and ``cloud.dynamodb.ttl_lag``. A change of the setting is refused for an hour after the last one, as
documented (30 minutes have been measured). What is said of tables that come and go: measured (ack-api-quirks, DDB-TABLE-115,
DDB-TABLE-118).
"""

from __future__ import annotations

from typing import Any

from mock_serverless.core.agenda import job
from mock_serverless.core.operation import operation
from mock_serverless.core.scope import Scope

from .database import Database
from .encryption import check_unlocked
from .replica_settings import share_time_to_live
from .replicas import check_none_made
from .states import busy, found
from .table import Table
from .values import refuse

FIXED_INTERVAL = 3600.0


@operation
def update_time_to_live(db: Database, request: dict[str, Any]) -> dict[str, Any]:
    """https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_UpdateTimeToLive.html"""
    table = db.named_table(request["TableName"])
    if table.status == "CREATING":
        raise busy(f"Table {table.name} is being created")
    check_none_made(table)
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
    check_unlocked(db, table)
    expiry.changed, expiry.lag = now, db.ttl_lag
    seconds = db.latency.of("time_to_live")
    if seconds:
        expiry.attribute, expiry.status = attribute, "ENABLING" if enabled else "DISABLING"
        db.scope.later(seconds, "dynamodb:time_to_live", table=table.name, table_id=table.id, enabled=enabled)
    else:
        _settle(table, attribute if enabled else None)
    return {"TimeToLiveSpecification": {"Enabled": enabled, "AttributeName": attribute}}


@job("dynamodb:time_to_live")
def finish(scope: Scope, table: str, table_id: str, enabled: bool) -> None:
    """Time to live is enabled or disabled at last."""
    there = found(scope, table, table_id)
    if there is not None:
        there.expiry.status = ""
        _settle(there, there.expiry.attribute if enabled else None)


def _settle(table: Table, attribute: str | None) -> None:
    table.expire_by(attribute)
    share_time_to_live(table, attribute)


def _unsettled(request: dict[str, Any], answer: dict[str, Any]) -> bool:
    return answer["TimeToLiveDescription"]["TimeToLiveStatus"] in ("ENABLING", "DISABLING")


@operation(unfinished=_unsettled)
def describe_time_to_live(db: Database, request: dict[str, Any]) -> dict[str, Any]:
    """https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_DescribeTimeToLive.html"""
    table = db.named_table(request["TableName"])
    if table.status in ("CREATING", "DELETING"):
        raise refuse(
            f"Cannot describe time to live while table is in {table.status} state: Current table state is {table.status}"
        )
    return {"TimeToLiveDescription": _description(table)}


def _description(table: Table) -> dict[str, Any]:
    expiry = table.expiry
    if expiry.attribute is None:
        return {"TimeToLiveStatus": "DISABLED"}
    return {"TimeToLiveStatus": expiry.status or "ENABLED", "AttributeName": expiry.attribute}
