"""update_table's global and vector indexes: added, changed, dropped.

https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/GSI.OnlineOps.html. An index is filled at once; it can be
read when as much time has passed as that takes (``cloud.dynamodb.latency(index=...)``).
"""

from __future__ import annotations

from typing import Any

from mock_serverless.core.agenda import job
from mock_serverless.core.scope import Scope

from .database import Database
from .definitions import PER_REQUEST, index_definition, index_settings
from .descriptions import global_index, vector_index
from .settings import IndexSettings, VectorSettings
from .states import found
from .table import Table
from .throughput_updates import apply_throughput, limits, note_throughput
from .update_jobs import FINISH, INDEX, finish, later
from .vector_definitions import vector_definition


def update_indexes(db: Database, table: Table, request: dict[str, Any]) -> dict[str, Any]:
    """Add, change and drop indexes; the answer shows all that there are, those that go too."""
    shown: dict[str, dict[str, Any]] = {}
    for update in request["GlobalSecondaryIndexUpdates"]:
        ((kind, action),) = update.items()
        shown[action["IndexName"]] = ACTIONS[kind](db, table, action, request)
    kept = [global_index(table, d, table.status) for d in table.global_indexes if d.name not in shown]
    online = any("Update" not in update for update in request["GlobalSecondaryIndexUpdates"])
    status = {"TableStatus": "UPDATING"} if online else {}
    return {"GlobalSecondaryIndexes": [*kept, *shown.values()], **status}


def _create_index(db: Database, table: Table, action: dict[str, Any], request: dict[str, Any]) -> dict[str, Any]:
    """An index is filled at once; it can be read when as much time has passed as that takes."""
    new = {d["AttributeName"]: d["AttributeType"] for d in request["AttributeDefinitions"]}
    table.attributes = {**new, **table.attributes}  # what is defined already keeps its type
    definition = index_definition(action, table.key.schema, table.attributes, is_global=True)
    own = index_settings(action)
    table.add_index(definition, own)
    prune_attributes(table)
    _begin_index(db, table, own, definition.name)
    return {**global_index(table, definition, "CREATING"), "Backfilling": False}


def _begin_index(db: Database, table: Table, own: IndexSettings | VectorSettings, index: str) -> None:
    """An index is CREATING for as long as that takes."""
    if db.latency.of("table") or db.latency.of("index"):
        own.status, own.added = "CREATING", True
        finish(db, table, INDEX, f"created. Table: {table.name} Indexes: [{index}]", "backfill", index=index)


def _backfill(table: Table, index: str) -> None:
    """The resources of a new index are there: now it is filled."""
    own = table.progress_of(index)
    if own is None or own.status != "CREATING":
        return
    seconds = table.scope.state().latency.of("index")
    own.status, own.backfilling = ("CREATING", True) if seconds else ("ACTIVE", False)
    if seconds:
        table.scope.later(seconds, "dynamodb:index", table=table.name, table_id=table.id, index=index)


FINISH["backfill"] = _backfill


@job("dynamodb:index")
def finish_index(scope: Scope, table: str, table_id: str, index: str) -> None:
    """An index is filled, or has its new throughput."""
    there = found(scope, table, table_id)
    own = None if there is None else there.progress_of(index)
    if own is not None and own.status in ("CREATING", "UPDATING"):
        own.status, own.backfilling = "ACTIVE", False


def _delete_index(db: Database, table: Table, action: dict[str, Any], request: dict[str, Any]) -> dict[str, Any]:
    definition = table.indexes[action["IndexName"]]
    shown = global_index(table, definition, "DELETING")
    shown.pop("Backfilling", None)
    _begin_drop(db, table, table.index_settings[definition.name], definition.name)
    return shown


def _begin_drop(db: Database, table: Table, own: IndexSettings | VectorSettings, index: str) -> None:
    """An index is DELETING for as long as that takes."""
    if db.latency.of("table"):
        own.status = "DELETING"
        finish(db, table, INDEX, f"deleted. Table: {table.name} Indexes: [{index}]", "drop", index=index)
    else:
        _drop(table, index)


def _drop(table: Table, index: str) -> None:
    if index in table.vectors:
        table.drop_vectors(index)
    elif index in table.index_settings:
        table.drop_index(index)
    prune_attributes(table)


FINISH["drop"] = _drop


def prune_attributes(table: Table) -> None:
    """The definitions are exactly those of attributes which some key or search schema uses."""
    used = {*table.key.names, *(name for d in table.indexes.values() for name in d.key.names)}
    used |= {name for d in table.vectors.values() for name, _, _ in d.schema}
    table.attributes = {name: kind for name, kind in table.attributes.items() if name in used}


def _change_index(db: Database, table: Table, action: dict[str, Any], request: dict[str, Any]) -> dict[str, Any]:
    """Throughput of an index: it is UPDATING, its table isn't; the answer shows what was."""
    definition = table.indexes[action["IndexName"]]
    own = table.index_settings[definition.name]
    switched = table.settings.billing_mode != PER_REQUEST and not own.throughput.read
    given = action.get("ProvisionedThroughput")
    shown = global_index(table, definition, table.status)
    if given is not None:
        changes = note_throughput(own.throughput, given, table.scope.timestamp())
        apply_throughput(own, changes["read"], changes["write"])
        if switched:
            shown["ProvisionedThroughput"] = global_index(table, definition, table.status)["ProvisionedThroughput"]
    if "OnDemandThroughput" in action:
        own.on_demand = limits({**(own.on_demand or {}), **action["OnDemandThroughput"]})
        shown = global_index(table, definition, table.status)
    if "WarmThroughput" in action:
        _warm_index(db, table, definition.name, action["WarmThroughput"])
        shown["WarmThroughput"]["Status"] = "UPDATING"
    if given is None and "OnDemandThroughput" not in action:
        return shown
    if db.latency.of("table"):
        own.status = "UPDATING"
        later(db, table, "dynamodb:index", db.latency.of("table"), index=definition.name)
    return {**shown, "IndexStatus": "UPDATING"}


def _warm_index(db: Database, table: Table, index: str, given: dict[str, int]) -> None:
    """Index and table stay ACTIVE; only the warm throughput is UPDATING, with its old values. Measured: DDB-TABLE-155."""
    own = table.index_settings[index]
    wanted = {**own.warm, **given}
    if db.latency.of("table") and wanted != own.warm:
        own.warm_status = "UPDATING"
        later(db, table, "dynamodb:warm", db.latency.of("table"), units=wanted, index=index)
    else:
        own.warm = wanted


def update_vectors(db: Database, table: Table, request: dict[str, Any]) -> dict[str, Any]:
    """Add or drop a vector index; the answer shows all that there are, the one that goes too."""
    shown: dict[str, dict[str, Any]] = {}
    for update in request["VectorIndexUpdates"]:
        ((kind, action),) = update.items()
        name = action["IndexName"]
        if kind == "Create":
            new = {d["AttributeName"]: d["AttributeType"] for d in request.get("AttributeDefinitions") or ()}
            table.attributes = {**new, **table.attributes}
            own = VectorSettings()
            table.add_vectors(vector_definition(action, table.key.schema, table.attributes), own)
            prune_attributes(table)
            _begin_index(db, table, own, name)
            shown[name] = {**vector_index(table, table.vectors[name], "CREATING"), "Backfilling": False}
        else:
            shown[name] = vector_index(table, table.vectors[name], "DELETING")
            shown[name].pop("Backfilling", None)
            _begin_drop(db, table, table.vector_settings[name], name)
    kept = [vector_index(table, d, table.status) for d in table.vectors.values() if d.name not in shown]
    return {"VectorIndexes": [*kept, *shown.values()], "TableStatus": "UPDATING"}


ACTIONS = {"Create": _create_index, "Delete": _delete_index, "Update": _change_index}
