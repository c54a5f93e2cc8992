"""create_, update_, describe_ and list_global_tables, describe_ and update_global_table_settings: version 2017.11.29.

https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/globaltables_HowItWorks.html (legacy). A global table
is made of tables that are there: of the same name, empty, with the same keys, indexes and write capacity, each with a
stream of new and old images. AWS makes no new ones of this version any more (measured in October 2026); those that
exist can still be described and changed, and code for them still runs. Where no source is named the conditions are
those of the API reference, and the wordings guesses.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from mock_serverless.core.clock import from_timestamp
from mock_serverless.core.errors import AwsError
from mock_serverless.core.operation import operation

from .auto_scaling import check_settings, set_settings
from .database import Database
from .definitions import PER_REQUEST
from .replicas import REGIONS
from .replication import LEGACY, LegacyTable, Membership, Peer, globe_of, join, leave
from .schema import INVALID
from .table import Table
from .updates import update_table
from .values import refuse

OFF = {"AutoScalingDisabled": True}
MOST_LISTED = 100
NOT_THERE = "Global table with name: '{}' does not exist."
BAD = "One or more parameter values were invalid"


# ---------------------------------------------------------------------- global tables


@operation
def create_global_table(db: Database, request: dict[str, Any]) -> dict[str, Any]:
    """https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_CreateGlobalTable.html"""
    name = request["GlobalTableName"]
    regions = _regions(request["ReplicationGroup"])
    globe = globe_of(db.scope)
    if (db.scope.account, name) in globe.legacy:
        raise AwsError("GlobalTableAlreadyExistsException", f"Global table with name: '{name}' already exists.")
    tables = [_table(db, name, region) for region in regions]
    _check_replicas(name, tables)
    scope = db.scope
    arn = f"arn:{scope.partition}:dynamodb::{scope.account}:global-table/{name}"
    made = LegacyTable(name, arn, scope.ids.uuid(), scope.timestamp(), tuple(regions))
    globe.legacy = {**globe.legacy, (scope.account, name): made}
    for rank, table in enumerate(tables):
        join(table, Membership(made.group, LEGACY, rank=rank))
    _connect(tables)
    return {"GlobalTableDescription": _described(made, "CREATING")}


@operation
def update_global_table(db: Database, request: dict[str, Any]) -> dict[str, Any]:
    """https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_UpdateGlobalTable.html"""
    updates = request["ReplicaUpdates"]
    if not updates or any(len(update) != 1 for update in updates):
        raise refuse(BAD)  # measured
    current = _found(db, request["GlobalTableName"], NOT_THERE)
    added = [update["Create"]["RegionName"] for update in updates if "Create" in update]
    gone = [update["Delete"]["RegionName"] for update in updates if "Delete" in update]
    _regions([{"RegionName": region} for region in (*added, *gone)])
    if any(region in current.regions for region in added):
        raise AwsError("ReplicaAlreadyExistsException", "The specified replica is already part of the global table.")
    if any(region not in current.regions for region in gone):
        raise AwsError("ReplicaNotFoundException", "The specified replica is no longer part of the global table.")
    tables = _tables(db, current)
    new = [_table(db, current.name, region) for region in added]
    if new:
        _check_replicas(current.name, [*tables, *new], {table.scope.region for table in tables})
    for table in tables:
        if table.scope.region in gone:
            _release(table, tables)
    left = [table for table in tables if table.scope.region not in gone]
    rank = 1 + max((table.membership.rank for table in left if table.membership is not None), default=-1)
    for place, table in enumerate(new):
        join(table, Membership(current.group, LEGACY, rank=rank + place))
    _connect([*left, *new])
    changed = replace(current, regions=tuple(table.scope.region for table in (*left, *new)))
    _keep(db, changed)
    return {"GlobalTableDescription": _described(changed, "UPDATING")}


@operation
def describe_global_table(db: Database, request: dict[str, Any]) -> dict[str, Any]:
    """https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_DescribeGlobalTable.html"""
    current = _found(db, request["GlobalTableName"], "Global table not found: " + NOT_THERE)  # measured
    return {"GlobalTableDescription": _described(current, "ACTIVE")}


@operation
def list_global_tables(db: Database, request: dict[str, Any]) -> dict[str, Any]:
    """https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_ListGlobalTables.html"""
    region = request.get("RegionName")
    if region is not None and region not in REGIONS:
        raise AwsError("InternalServerError", "Internal server error", 500)  # measured
    after = request.get("ExclusiveStartGlobalTableName")
    limit = request.get("Limit", MOST_LISTED)
    mine = [table for (account, _), table in globe_of(db.scope).legacy.items() if account == db.scope.account]
    shown = sorted((t for t in mine if (region or db.scope.region) in t.regions), key=lambda t: t.name)
    shown = [table for table in shown if after is None or table.name > after]
    answer: dict[str, Any] = {
        "GlobalTables": [{"GlobalTableName": t.name, "ReplicationGroup": _group(t)} for t in shown[:limit]]
    }
    if len(shown) > limit:
        answer["LastEvaluatedGlobalTableName"] = shown[limit - 1].name
    return answer


def _found(db: Database, name: str, message: str) -> LegacyTable:
    """A global table of this version; the others aren't seen by this API. What has been deleted with delete_table is gone."""
    globe = globe_of(db.scope)
    current = globe.legacy.get((db.scope.account, name))
    if current is not None:
        current = replace(current, regions=tuple(table.scope.region for table in _tables(db, current)))
        _keep(db, current)
    if current is None or not current.regions:
        raise AwsError("GlobalTableNotFoundException", message.format(name))
    return current


def _keep(db: Database, table: LegacyTable) -> None:
    globe = globe_of(db.scope)
    others = {key: other for key, other in globe.legacy.items() if key != (db.scope.account, table.name)}
    globe.legacy = {**others, (db.scope.account, table.name): table} if table.regions else others


def _tables(db: Database, current: LegacyTable) -> list[Table]:
    """The tables of the replicas that there are."""
    found = []
    for region in current.regions:
        table = db.scope.state(region=region).tables.get(current.name)
        if table is not None and table.membership is not None and table.membership.group == current.group:
            found.append(table)
    return found


def _table(db: Database, name: str, region: str) -> Table:
    table: Table | None = db.scope.state(region=region).tables.get(name)
    if table is None:
        raise AwsError("TableNotFoundException", f"Table not found: {name} in region: {region}")
    return table


def _regions(group: list[dict[str, str]]) -> list[str]:
    regions = [replica.get("RegionName", "") for replica in group]
    if not regions or len(set(regions)) != len(regions):
        raise refuse(BAD)
    for region in regions:
        if region not in REGIONS:
            raise refuse(f"{INVALID}Region {region} is not supported")
    return regions


def _described(current: LegacyTable, status: str) -> dict[str, Any]:
    return {
        "ReplicationGroup": _group(current),
        "GlobalTableArn": current.arn,
        "CreationDateTime": from_timestamp(current.created),
        "GlobalTableStatus": status,
        "GlobalTableName": current.name,
    }


def _group(current: LegacyTable) -> list[dict[str, str]]:
    return [{"RegionName": region} for region in current.regions]


# ---------------------------------------------------------------------- who can be a replica


def _check_replicas(name: str, tables: list[Table], members: set[str] | None = None) -> None:
    """The conditions of CreateGlobalTable and UpdateGlobalTable in the API reference."""
    first = tables[0]
    for table in tables:
        region = table.scope.region
        whose = f"Table {name} in region {region}"
        if table.membership is not None and region not in (members or set()):
            raise refuse(f"{INVALID}{whose} is already a replica of a global table")
        if table.stream is None or table.stream.view != "NEW_AND_OLD_IMAGES":
            raise refuse(f"{INVALID}{whose} must have a stream enabled with new and old images")
        if len(table.items.store.items):
            raise refuse(f"{INVALID}{whose} must be empty")
        if table.key.schema != first.key.schema:
            raise refuse(f"{INVALID}{whose} must have the same key schema as the other replicas")
        if _indexes(table) != _indexes(first):
            raise refuse(f"{INVALID}{whose} must have the same secondary indexes as the other replicas")
        if _writes(table) != _writes(first):
            raise refuse(f"{INVALID}{whose} must have the same write capacity as the other replicas")


def _indexes(table: Table) -> set[tuple[Any, ...]]:
    return {(d.name, d.is_global, d.key) for d in table.indexes.values()}


def _writes(table: Table) -> tuple[Any, ...]:
    indexes = sorted((name, own.throughput.write) for name, own in table.index_settings.items())
    return table.settings.billing_mode, table.settings.throughput.write, indexes


def _connect(tables: list[Table]) -> None:
    """Have every replica know all others."""
    for table in tables:
        assert table.membership is not None
        for other in tables:
            region = other.scope.region
            if other is not table and region not in table.membership.peers:
                table.membership.peers[region] = Peer(other.scope.account, region, next=table.journal.next_number)


def _release(table: Table, tables: list[Table]) -> None:
    """A replica goes; its table stays, with its items."""
    for other in tables:
        if other is not table and other.membership is not None:
            other.membership.peers.pop(table.scope.region, None)
    leave(table)


# ---------------------------------------------------------------------- settings


@operation
def describe_global_table_settings(db: Database, request: dict[str, Any]) -> dict[str, Any]:
    """https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_DescribeGlobalTableSettings.html"""
    current = _found(db, request["GlobalTableName"], NOT_THERE)
    return {"GlobalTableName": current.name, "ReplicaSettings": [_settings(t) for t in _tables(db, current)]}


@operation
def update_global_table_settings(db: Database, request: dict[str, Any]) -> dict[str, Any]:
    """https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_UpdateGlobalTableSettings.html"""
    current = _found(db, request["GlobalTableName"], NOT_THERE)
    if len(request) < 2:
        raise refuse(BAD)
    tables = {table.scope.region: table for table in _tables(db, current)}
    replicas = request.get("ReplicaSettingsUpdate") or []
    if any(update["RegionName"] not in tables for update in replicas):
        raise AwsError("ReplicaNotFoundException", "The specified replica is no longer part of the global table.")
    writes = request.get("GlobalTableGlobalSecondaryIndexSettingsUpdate") or []
    reads = {update["RegionName"]: update for update in replicas}
    for table in tables.values():
        own = reads.get(table.scope.region, {}).get("ReplicaGlobalSecondaryIndexSettingsUpdate") or []
        if any(update["IndexName"] not in table.index_settings for update in (*writes, *own)):
            raise AwsError("IndexNotFoundException", "The operation tried to access a nonexistent index.")
    scaling = [
        (table, dimension, given)
        for table in tables.values()
        for dimension, given in _scaling(request, reads.get(table.scope.region, {}))
    ]
    for _, dimension, given in scaling:
        check_settings(current.name, dimension, given)
    for region, table in tables.items():
        for changes in _changes(table, request, reads.get(region, {})):
            update_table(table.scope.state(), {"TableName": current.name, **changes})
    for table, dimension, given in scaling:
        set_settings(table, dimension, given)
    return {"GlobalTableName": current.name, "ReplicaSettings": [_settings(table) for table in tables.values()]}


def _scaling(request: dict[str, Any], own: dict[str, Any]) -> Iterator[tuple[tuple[str | None, str], dict[str, Any]]]:
    """The auto scaling settings which a request has for a replica."""
    whole = "GlobalTableProvisionedWriteCapacityAutoScalingSettingsUpdate"
    if whole in request:
        yield (None, "Write"), request[whole]
    for update in request.get("GlobalTableGlobalSecondaryIndexSettingsUpdate") or ():
        if "ProvisionedWriteCapacityAutoScalingSettingsUpdate" in update:
            yield (update["IndexName"], "Write"), update["ProvisionedWriteCapacityAutoScalingSettingsUpdate"]
    if "ReplicaProvisionedReadCapacityAutoScalingSettingsUpdate" in own:
        yield (None, "Read"), own["ReplicaProvisionedReadCapacityAutoScalingSettingsUpdate"]
    for update in own.get("ReplicaGlobalSecondaryIndexSettingsUpdate") or ():
        if "ProvisionedReadCapacityAutoScalingSettingsUpdate" in update:
            yield (update["IndexName"], "Read"), update["ProvisionedReadCapacityAutoScalingSettingsUpdate"]


def _changes(table: Table, request: dict[str, Any], own: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """What is to be changed of a replica, as requests of update_table; what is as wanted already is left alone."""
    billing = request.get("GlobalTableBillingMode", table.settings.billing_mode)
    changes: dict[str, Any] = {}
    if billing != table.settings.billing_mode:
        changes["BillingMode"] = billing
    units = _units(
        table.settings.throughput,
        own.get("ReplicaProvisionedReadCapacityUnits"),
        request.get("GlobalTableProvisionedWriteCapacityUnits"),
    )
    if units is not None:
        changes["ProvisionedThroughput"] = units
    writes = {u["IndexName"]: u for u in request.get("GlobalTableGlobalSecondaryIndexSettingsUpdate") or ()}
    reads = {u["IndexName"]: u for u in own.get("ReplicaGlobalSecondaryIndexSettingsUpdate") or ()}
    indexes = []
    for name, settings in table.index_settings.items():
        read = reads.get(name, {}).get("ProvisionedReadCapacityUnits")
        units = _units(settings.throughput, read, writes.get(name, {}).get("ProvisionedWriteCapacityUnits"))
        if units is not None:
            indexes.append({"Update": {"IndexName": name, "ProvisionedThroughput": units}})
    if indexes:
        changes["GlobalSecondaryIndexUpdates"] = indexes
    if changes:
        yield changes
    if "ReplicaTableClass" in own:
        yield {"TableClass": own["ReplicaTableClass"]}


def _units(current: Any, read: int | None, write: int | None) -> dict[str, int] | None:
    wanted = (current.read if read is None else read, current.write if write is None else write)
    if wanted == (current.read, current.write):
        return None
    return {"ReadCapacityUnits": wanted[0] or 1, "WriteCapacityUnits": wanted[1] or 1}


def _settings(table: Table) -> dict[str, Any]:
    """A ReplicaSettingsDescription."""
    settings = table.settings
    shown: dict[str, Any] = {"RegionName": table.scope.region, "ReplicaStatus": table.status}
    if settings.billing_mode == PER_REQUEST:
        shown["ReplicaBillingModeSummary"] = {"BillingMode": PER_REQUEST}
    for direction, units in (("Read", settings.throughput.read), ("Write", settings.throughput.write)):
        scaled = table.scaling.get((None, direction), OFF)
        shown[f"ReplicaProvisioned{direction}CapacityUnits"] = units
        shown[f"ReplicaProvisioned{direction}CapacityAutoScalingSettings"] = scaled
    indexes = [_index(table, d.name) for d in table.global_indexes]
    if indexes:
        shown["ReplicaGlobalSecondaryIndexSettings"] = indexes
    if settings.table_class is not None:
        shown["ReplicaTableClassSummary"] = {"TableClass": settings.table_class}
    return shown


def _index(table: Table, name: str) -> dict[str, Any]:
    own = table.index_settings[name]
    shown: dict[str, Any] = {"IndexName": name, "IndexStatus": own.status}
    for direction, units in (("Read", own.throughput.read), ("Write", own.throughput.write)):
        if units:
            shown[f"Provisioned{direction}CapacityUnits"] = units
        shown[f"Provisioned{direction}CapacityAutoScalingSettings"] = table.scaling.get((name, direction), OFF)
    return shown
