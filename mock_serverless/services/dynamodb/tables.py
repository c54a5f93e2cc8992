"""create_table, describe_table, list_tables, update_table, delete_table.

A table can be used at once unless ``cloud.dynamodb.latency`` is set (states.py); the answers always say CREATING, UPDATING,
DELETING, as AWS's do.
"""

from __future__ import annotations

from typing import Any

from mock_serverless.core.agenda import job
from mock_serverless.core.errors import AwsError, NotSupported
from mock_serverless.core.operation import operation
from mock_serverless.core.scope import Scope

from . import tags
from .database import Database, check_name
from .definitions import (
    PER_REQUEST,
    check_bounds,
    check_definition,
    check_global,
    check_throughput,
    check_warm,
    encryption,
    index_definition,
    index_settings,
    key_schema,
    refuse_in_use,
    settings_of,
    throughput_of,
)
from .descriptions import deleted, description, global_index
from .schema import INVALID
from .states import BUSY, begin, busy, check_idle, found, unsettled
from .streams import close_stream, open_stream
from .table import Settings, Table, Throughput
from .values import refuse

NOTHING_TO_DO = (
    "At least one of ProvisionedThroughput, BillingMode, UpdateStreamEnabled, GlobalSecondaryIndexUpdates or "
    "SSESpecification or ReplicaUpdates is required"
)
SETTINGS = frozenset(
    (
        "AttributeDefinitions",
        "BillingMode",
        "DeletionProtectionEnabled",
        "OnDemandThroughput",
        "ProvisionedThroughput",
        "SSESpecification",
        "StreamSpecification",
        "TableClass",
        "TableName",
        "WarmThroughput",
    )
)
CREATE = SETTINGS | {"KeySchema", "LocalSecondaryIndexes", "GlobalSecondaryIndexes", "Tags"}
UPDATE = SETTINGS | {"GlobalSecondaryIndexUpdates"}
NAME_LENGTH = "TableName must be at least 3 characters long and at most 255 characters long"


@operation
def create_table(db: Database, request: dict[str, Any]) -> dict[str, Any]:
    """https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_CreateTable.html"""
    _refuse_others(request, CREATE, "CreateTable")
    name = _table_name(db, request["TableName"])
    check_definition(request)
    tags.check(request.get("Tags") or [])
    if name in db.tables:
        if db.tables[name].status == "DELETING":
            raise busy(BUSY["DELETING"].format(name))
        raise refuse_in_use(name)
    attributes = {d["AttributeName"]: d["AttributeType"] for d in request["AttributeDefinitions"]}
    key = key_schema(request["KeySchema"], attributes)
    table = Table(db.scope, name, db.scope.ids.uuid(), key, attributes, settings_of(db, request))
    for given in request.get("LocalSecondaryIndexes") or ():
        table.add_index(index_definition(given, key, attributes, is_global=False), None)
    for given in request.get("GlobalSecondaryIndexes") or ():
        table.add_index(index_definition(given, key, attributes, is_global=True), index_settings(given))
    table.settings.tags = {tag["Key"]: tag["Value"] for tag in request.get("Tags") or ()}
    db.tables[name] = table
    stream = request.get("StreamSpecification")
    if stream is not None and stream["StreamEnabled"]:
        _enable_stream(db, table, stream["StreamViewType"])
    begin(db, table, "CREATING", "table")
    return {"TableDescription": description(table, "CREATING")}


def _refuse_others(request: dict[str, Any], known: frozenset[str], name: str) -> None:
    """Global tables, resource policies, vector indexes: what can't act is not accepted."""
    for parameter in request:
        if parameter not in known:
            raise NotSupported(
                f"dynamodb.{name}: mock_serverless can't act on the parameter {parameter} yet.\n"
                f"Leave it out, or stub the call: cloud.stub('dynamodb', '{name}', {{...}})"
            )


def _table_name(db: Database, name: str) -> str:
    """The name of a table, for an operation on tables."""
    if not name.startswith("arn:") and not 3 <= len(name) <= 255:
        raise refuse(NAME_LENGTH)
    return db.name_of(name)


def _found(db: Database, request: dict[str, Any]) -> Table:
    _table_name(db, request["TableName"])
    return db.named_table(request["TableName"])


@operation(unfinished=unsettled)
def describe_table(db: Database, request: dict[str, Any]) -> dict[str, Any]:
    """https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_DescribeTable.html"""
    return {"Table": description(_found(db, request))}


@operation
def list_tables(db: Database, request: dict[str, Any]) -> dict[str, Any]:
    """https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_ListTables.html"""
    limit = request.get("Limit", 100)
    after = request.get("ExclusiveStartTableName")
    names = sorted(name for name in db.tables if after is None or name > after)
    answer: dict[str, Any] = {"TableNames": names[:limit]}
    if len(names) > limit:
        answer["LastEvaluatedTableName"] = names[limit - 1]
    return answer


@operation
def delete_table(db: Database, request: dict[str, Any]) -> dict[str, Any]:
    """https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_DeleteTable.html"""
    table = _found(db, request)
    check_idle(table)
    if any(own.status != "ACTIVE" for own in table.index_settings.values()):
        raise busy("Cannot delete table while indexes are being created, updated, or deleted.")  # measured on AWS
    if table.settings.deletion_protection:
        raise refuse(
            "Resource cannot be deleted as it is currently protected against deletion. Disable deletion protection first."
        )
    answer = {"TableDescription": deleted(table)}
    if not begin(db, table, "DELETING", "table", "dynamodb:delete"):
        _delete(db, table)
    return answer


def _delete(db: Database, table: Table) -> None:
    if table.stream is not None:
        close_stream(table.stream, db.scope.timestamp())
    del db.tables[table.name]


@job("dynamodb:delete")
def finish_deletion(scope: Scope, table: str, table_id: str) -> None:
    """The end of a table that was DELETING."""
    gone = found(scope, table, table_id)
    if gone is not None:
        _delete(scope.state(), gone)


# ---------------------------------------------------------------------- update_table


@operation
def update_table(db: Database, request: dict[str, Any]) -> dict[str, Any]:
    """https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_UpdateTable.html"""
    _refuse_others(request, UPDATE, "UpdateTable")
    _table_name(db, request["TableName"])
    updates = request.get("GlobalSecondaryIndexUpdates") or []
    _check_update(request, updates)
    table = db.named_table(request["TableName"])
    check_idle(table)
    _check_index_updates(table, request, updates)
    _check_switches(table, request)
    encrypted = encryption(db, request.get("SSESpecification"))
    _update_throughput(table, request, updates)
    if "SSESpecification" in request:
        table.settings.encryption = encrypted
    _update_settings(table, request)
    changed = _update_indexes(db, table, request, updates)
    stream = request.get("StreamSpecification")
    if stream is not None:
        _update_stream(db, table, stream)
    begin(db, table, "UPDATING", "table")
    shown = description(table, "UPDATING")
    if changed:
        kept = [
            i
            for i in shown.pop("GlobalSecondaryIndexes", [])
            if i["IndexName"] not in {c["IndexName"] for c in changed}
        ]
        shown["GlobalSecondaryIndexes"] = kept + changed
    return {"TableDescription": shown}


def _check_update(request: dict[str, Any], updates: list[dict[str, Any]]) -> None:
    anything = (
        "ProvisionedThroughput",
        "BillingMode",
        "StreamSpecification",
        "SSESpecification",
        "TableClass",
        "DeletionProtectionEnabled",
        "OnDemandThroughput",
        "WarmThroughput",
    )
    if not updates and not any(name in request for name in anything):
        raise refuse(NOTHING_TO_DO)
    if "ProvisionedThroughput" in request:
        if request.get("BillingMode") == PER_REQUEST:
            check_throughput(PER_REQUEST, request["ProvisionedThroughput"])
        check_bounds(request["ProvisionedThroughput"])
    seen: set[str] = set()
    for update in updates:
        if not update:
            raise refuse(
                INVALID + "One of GlobalSecondaryIndexUpdate.Update, GlobalSecondaryIndexUpdate.Create, "
                "GlobalSecondaryIndexUpdate.Delete must not be null"
            )
        if len(update) > 1:
            raise refuse(
                INVALID + "Only one of GlobalSecondaryIndexUpdate.Update, GlobalSecondaryIndexUpdate.Create, "
                "GlobalSecondaryIndexUpdate.Delete may be specified"
            )  # a guess
        (action,) = update.values()
        name = action["IndexName"]
        if name in seen:
            raise refuse(
                f"{INVALID}Only one global secondary index update per index is allowed simultaneously. Index: {name}"
            )
        seen.add(name)
        if "Update" in update and "ProvisionedThroughput" in action:
            check_bounds(action["ProvisionedThroughput"], f" for index {name}")
    if sum("Update" not in update for update in updates) > 1:
        raise AwsError(
            "LimitExceededException",
            "Subscriber limit exceeded: Only 1 online index can be created or deleted simultaneously per table",
        )


def _check_index_updates(table: Table, request: dict[str, Any], updates: list[dict[str, Any]]) -> None:
    billing = request.get("BillingMode", table.settings.billing_mode)
    existing = {d.name for d in table.global_indexes}
    defined = {**{d["AttributeName"]: d["AttributeType"] for d in request.get("AttributeDefinitions") or ()}}
    defined.update(table.attributes)
    for update in updates:
        ((kind, action),) = update.items()
        name = action["IndexName"]
        if kind == "Create":
            if name in table.indexes:
                raise refuse("Attempting to create an index which already exists")  # a guess
            check_name(name, "globalSecondaryIndexUpdates.1.member.create.indexName")
            check_global(action, billing, defined, set())
            if len(existing) >= 20:
                raise AwsError(
                    "LimitExceededException", "GlobalSecondaryIndex count exceeds the per-table limit of 20"
                )  # a guess
            if "WarmThroughput" in action:
                index_settings(action)
        elif name not in existing:
            raise AwsError("ResourceNotFoundException", "Requested resource not found")
        elif kind == "Update" and "WarmThroughput" in action:
            given = action.get("ProvisionedThroughput")
            throughput = table.index_settings[name].throughput if given is None else throughput_of(given)
            index_settings({**action, "ProvisionedThroughput": _as_request(throughput)})


def _as_request(throughput: Throughput) -> dict[str, int]:
    return {"ReadCapacityUnits": throughput.read, "WriteCapacityUnits": throughput.write}


def _check_switches(table: Table, request: dict[str, Any]) -> None:
    settings = table.settings
    billing = request.get("BillingMode", settings.billing_mode)
    given = request.get("ProvisionedThroughput")
    if billing == PER_REQUEST or settings.billing_mode == PER_REQUEST:
        check_throughput(billing, given)
    elif given is not None and _as_request(settings.throughput) == given:
        raise refuse(_unchanged(settings.throughput, given))
    if "WarmThroughput" in request:
        check_warm(request["WarmThroughput"], settings.throughput if given is None else throughput_of(given))
    stream = request.get("StreamSpecification")
    if stream is not None:
        if stream["StreamEnabled"] and table.stream is not None:
            raise refuse(f"Table already has an enabled stream: TableName: {table.name}")
        if stream["StreamEnabled"] and "StreamViewType" not in stream:
            raise refuse(INVALID + "StreamViewType must be specified when a stream is enabled")  # a guess
        if not stream["StreamEnabled"] and table.stream is None:
            raise refuse("Table is already disabled stream")  # a guess


def _unchanged(current: Throughput, given: dict[str, int]) -> str:
    return (
        "The provisioned throughput for the table will not change. The requested value equals the current value. Current "
        f"ReadCapacityUnits provisioned for the table: {current.read}. Requested ReadCapacityUnits: "
        f"{given['ReadCapacityUnits']}. Current WriteCapacityUnits provisioned for the table: {current.write}. Requested "
        f"WriteCapacityUnits: {given['WriteCapacityUnits']}. Refer to the Amazon DynamoDB Developer Guide for current limits "
        "and how to request higher limits."
    )


def _update_throughput(table: Table, request: dict[str, Any], updates: list[dict[str, Any]]) -> None:
    now = table.scope.timestamp()
    settings = table.settings
    billing = request.get("BillingMode", settings.billing_mode)
    index_updates = {u["Update"]["IndexName"]: u["Update"] for u in updates if "Update" in u}
    if billing != PER_REQUEST and settings.billing_mode == PER_REQUEST:
        for definition in table.global_indexes:
            if "ProvisionedThroughput" not in index_updates.get(definition.name, {}):
                raise refuse(
                    f"{INVALID}ProvisionedThroughput must be specified for index: {definition.name}"
                )  # a guess
    _switch_billing(table, settings, billing, now)
    if "ProvisionedThroughput" in request:
        set_throughput(settings.throughput, request["ProvisionedThroughput"], now)
    for name, update in index_updates.items():
        own = table.index_settings[name]
        if "ProvisionedThroughput" in update:
            if billing == PER_REQUEST:
                raise refuse(
                    f"{INVALID}ProvisionedThroughput should not be specified for index: {name} when BillingMode is "
                    "PAY_PER_REQUEST"
                )
            set_throughput(own.throughput, update["ProvisionedThroughput"], now)
        own.on_demand = update.get("OnDemandThroughput", own.on_demand)
        own.warm = update.get("WarmThroughput", own.warm)


def _switch_billing(table: Table, settings: Settings, billing: str, now: float) -> None:
    if billing == settings.billing_mode:
        return
    settings.billing_mode = billing
    if billing == PER_REQUEST:
        settings.paid_per_request_since = now
        for throughput in (settings.throughput, *(own.throughput for own in table.index_settings.values())):
            throughput.read = throughput.write = 0


def set_throughput(current: Throughput, given: dict[str, int], now: float) -> None:
    """Change provisioned throughput, and note when it went up or down."""
    day = 24 * 3600
    read, write = given["ReadCapacityUnits"], given["WriteCapacityUnits"]
    if read > current.read or write > current.write:
        current.last_increase = now
    if read < current.read or write < current.write:
        same_day = current.last_decrease is not None and current.last_decrease // day == now // day
        current.decreases = current.decreases + 1 if same_day else 1
        current.last_decrease = now
    current.read, current.write = read, write


def _update_settings(table: Table, request: dict[str, Any]) -> None:
    settings = table.settings
    if "TableClass" in request:
        settings.table_class = request["TableClass"]
        settings.table_class_since = table.scope.timestamp()
    settings.deletion_protection = request.get("DeletionProtectionEnabled", settings.deletion_protection)
    settings.on_demand = request.get("OnDemandThroughput", settings.on_demand)
    settings.warm = request.get("WarmThroughput", settings.warm)


def _update_indexes(
    db: Database, table: Table, request: dict[str, Any], updates: list[dict[str, Any]]
) -> list[dict[str, Any]]:
    """Add and drop indexes; gives their descriptions.

    An index is filled at once; it can be read when as much time has passed as that takes.
    """
    changed = []
    for update in updates:
        if "Create" in update:
            given = update["Create"]
            new = {d["AttributeName"]: d["AttributeType"] for d in request.get("AttributeDefinitions") or ()}
            attributes = {**new, **table.attributes}  # what is defined already keeps its type
            definition = index_definition(given, table.key.schema, attributes, is_global=True)
            table.attributes = attributes
            settings = index_settings(given)
            table.add_index(definition, settings)
            changed.append({**global_index(table, definition, "CREATING"), "Backfilling": False})
            _prune_attributes(table)
            if db.latency.of("table") or db.latency.of("index"):
                settings.status = "CREATING"
                _later(db, table, definition.name, db.latency.of("table"), "dynamodb:backfill")
        elif "Delete" in update:
            definition = table.indexes[update["Delete"]["IndexName"]]
            changed.append(global_index(table, definition, "DELETING"))
            if db.latency.of("index"):
                table.index_settings[definition.name].status = "DELETING"
                _later(db, table, definition.name, db.latency.of("index"), "dynamodb:drop_index")
            else:
                table.drop_index(definition.name)
                _prune_attributes(table)
    return changed


def _later(db: Database, table: Table, index: str, seconds: float, kind: str) -> None:
    db.scope.later(seconds, kind, table=table.name, table_id=table.id, index=index)


@job("dynamodb:backfill")
def backfill(scope: Scope, table: str, table_id: str, index: str) -> None:
    """The resources of a new index are there: now it is filled."""
    there = found(scope, table, table_id)
    own = None if there is None else there.index_settings.get(index)
    if there is None or own is None or own.status != "CREATING":
        return
    seconds = scope.state().latency.of("index")
    own.status, own.backfilling = ("CREATING", True) if seconds else ("ACTIVE", False)
    if seconds:
        _later(scope.state(), there, index, seconds, "dynamodb:index")


@job("dynamodb:index")
def finish_index(scope: Scope, table: str, table_id: str, index: str) -> None:
    """An index is filled."""
    there = found(scope, table, table_id)
    own = None if there is None else there.index_settings.get(index)
    if own is not None and own.status == "CREATING":
        own.status, own.backfilling = "ACTIVE", False


@job("dynamodb:drop_index")
def finish_dropping(scope: Scope, table: str, table_id: str, index: str) -> None:
    """The end of an index that was DELETING."""
    there = found(scope, table, table_id)
    if there is not None and index in there.index_settings:
        there.drop_index(index)
        _prune_attributes(there)


def _prune_attributes(table: Table) -> None:
    """The definitions are exactly those of attributes which some key uses."""
    used = {*table.key.names, *(name for d in table.indexes.values() for name in d.key.names)}
    table.attributes = {name: kind for name, kind in table.attributes.items() if name in used}


def _update_stream(db: Database, table: Table, given: dict[str, Any]) -> None:
    if given["StreamEnabled"]:
        _enable_stream(db, table, given["StreamViewType"])
    elif table.stream is not None:
        close_stream(table.stream, db.scope.timestamp())
        table.stream = None


def _enable_stream(db: Database, table: Table, view: str) -> None:
    stream = open_stream(table, view, db.streams)
    table.stream = table.latest_stream = db.streams[stream.arn] = stream
