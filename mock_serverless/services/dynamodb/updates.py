"""update_table: what it changes, at once or when the latency is over.

What it refuses stands in update_rules.py. The answer shows what has been decided: a new billing mode, stream and index; but old
throughput, table class and key, until the table (or its index, or its encryption) has been UPDATING. So it has been measured on
the service (the catalogue of findings of ack-api-quirks, 2026).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from mock_serverless.core.agenda import job
from mock_serverless.core.errors import AwsError
from mock_serverless.core.operation import operation
from mock_serverless.core.scope import Scope

from . import disassociations, encryption, replicas, update_rules
from .auto_scaling import check_indexes_scaled, scale_new_indexes
from .database import Database
from .definitions import ON_DEMAND_WARM, PER_REQUEST, index_definition, index_settings, refuse_others
from .descriptions import description, global_index, vector_index
from .replica_descriptions import described
from .replica_settings import check_stream, shares
from .schema import INVALID
from .states import begin, check_no_load, found, iso
from .streams import close_stream, enable_stream
from .table import IndexSettings, Protection, Settings, Table, Throughput, VectorSettings
from .values import refuse
from .vector_definitions import vector_definition

DAY = 24 * 3600
KNOWN = frozenset(
    (
        *(
            "TableName",
            "AttributeDefinitions",
            "BillingMode",
            "DeletionProtectionEnabled",
            "GlobalSecondaryIndexUpdates",
            "VectorIndexUpdates",
        ),
        *("OnDemandThroughput", "ProvisionedThroughput", "SSESpecification", "StreamSpecification", "TableClass"),
        *(
            "DisassociationProtectionEnabled",
            "WarmThroughput",
            "GlobalTableSettingsReplicationMode",
            *replicas.MEMBERS_OF_UPDATE,
        ),
    )
)
IOPS, STREAM, CLASS, INDEX = "iops", "stream", "class", "index"


@operation
def update_table(db: Database, request: dict[str, Any]) -> dict[str, Any]:
    """https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_UpdateTable.html"""
    refuse_others(request, KNOWN, "UpdateTable")
    db.checked_name(request["TableName"])
    if "ReplicaUpdates" in request:
        return _update_replicas(db, request)
    request = update_rules.without_empty(request)
    update_rules.check_request(db, request)
    table = db.named_table(request["TableName"])
    update_rules.check_states(table, request)
    check_stream(table, request)
    if table.membership is not None:
        replicas.check_idle(table)
    update_rules.check_settings(db, table, request)
    update_rules.check_quotas(table, request)
    check_indexes_scaled(table, request)
    others = list(shares(table, request))
    shown = _applied(db, table, request)
    for there, replica, shared in others:
        _applied(there, replica, shared)
    scale_new_indexes(table, request)
    answer = description(table)
    for change in shown:
        answer.update(change)
    return {"TableDescription": answer}


def _applied(db: Database, table: Table, request: dict[str, Any]) -> list[dict[str, Any]]:
    """Do what a request says, part by part; gives what the answer shows of each."""
    return [part(db, table, request) for names, part in PARTS if any(name in request for name in names)]


def _update_replicas(db: Database, request: dict[str, Any]) -> dict[str, Any]:
    """ReplicaUpdates. The answer lists the replicas as they were before."""
    updates = replicas.check_updates(db, request)
    table = db.named_table(request["TableName"])
    update_rules.check_states(table, request)
    if any("Create" in update for update in updates):
        check_no_load(table)
    before = described(table)
    if "Disassociate" in updates[0]:
        disassociations.disassociate(db, table)
    else:
        replicas.update_replicas(db, request, table, updates)
    after = described(table)
    shown = {**description(table, "UPDATING"), **(after or before), "Replicas": before.get("Replicas", [])}
    if "GlobalTableWitnesses" not in before:
        shown.pop("GlobalTableWitnesses", None)
    return {"TableDescription": shown}


def _finish(db: Database, table: Table, name: str, words: str, last: str, **data: Any) -> None:
    """Keep the table UPDATING for as long as that takes, then do the ``last`` of FINISH; at once if it takes no time."""
    if begin(db, table, "UPDATING", "table", "dynamodb:updated", name=name, last=last, data=data):
        table.jobs = {**table.jobs, name: words}
    else:
        FINISH[last](table, **data)


@job("dynamodb:updated")
def updated(scope: Scope, table: str, table_id: str, name: str, last: str, data: dict[str, Any]) -> None:
    """The end of an update."""
    there = found(scope, table, table_id)
    if there is None:
        return
    FINISH[last](there, **data)
    there.jobs = {job: words for job, words in there.jobs.items() if job != name}
    if there.status == "UPDATING" and not there.jobs:
        there.status = "ACTIVE"


# ---------------------------------------------------------------------- billing and throughput


def _update_iops(db: Database, table: Table, request: dict[str, Any]) -> dict[str, Any]:
    """A new billing mode is shown at once, new throughput when it is there."""
    now = table.scope.timestamp()
    settings = table.settings
    billing = request.get("BillingMode", settings.billing_mode)
    switched = billing != settings.billing_mode
    if switched:
        _switch_billing(table, billing, now)
    given = request.get("ProvisionedThroughput")
    if given is None and not switched:
        return {"TableStatus": "UPDATING"}  # the same mode again: nothing happens
    if given is not None and switched:
        settings.throughput.read, settings.throughput.write = given["ReadCapacityUnits"], given["WriteCapacityUnits"]
    shown = description(table, "UPDATING")
    changes: dict[str, Any] = {}
    if given is not None and not switched:
        changes = note_throughput(settings.throughput, given, now)
        shown = description(table, "UPDATING")
        shown["ProvisionedThroughput"]["NumberOfDecreasesToday"] -= changes["less"]
    _finish(db, table, IOPS, "", "throughput", **changes)
    if switched and billing == PER_REQUEST:
        shown["BillingModeSummary"] = {"BillingMode": billing}
    names = ("TableStatus", "ProvisionedThroughput", "BillingModeSummary", "WarmThroughput")
    return {name: shown[name] for name in names if name in shown}


def _switch_billing(table: Table, billing: str, now: float) -> None:
    """Limits of on-demand tables go; warm throughput of a table that was on demand stays. Measured."""
    settings = table.settings
    settings.billing_mode = billing
    settings.on_demand = None
    if billing == PER_REQUEST:
        settings.paid_per_request_since = now
        settings.on_demand_switches = (*(time for time in settings.on_demand_switches if now - time < DAY), now)
    parts: list[Settings | IndexSettings] = [settings, *table.index_settings.values()]
    for own in parts:
        own.on_demand = None
        if billing == PER_REQUEST:
            own.throughput.read = own.throughput.write = 0
            own.warm = {name: max(units, own.warm[name]) for name, units in ON_DEMAND_WARM.items()}


def note_throughput(current: Throughput, given: dict[str, int], now: float) -> dict[str, Any]:
    """Note when throughput went up or down; gives what is to be done when that has come about."""
    read, write = given["ReadCapacityUnits"], given["WriteCapacityUnits"]
    if read > current.read or write > current.write:
        current.last_increase = now
    less = read < current.read or write < current.write
    if less:
        same_day = current.last_decrease is not None and current.last_decrease // DAY == now // DAY
        current.decreases = current.decreases + 1 if same_day else 1
        current.last_decrease = now
    return {"read": read, "write": write, "less": int(less)}


def _set_throughput(table: Table, read: int | None = None, write: int = 0, less: int = 0) -> None:
    if read is not None:
        _apply_throughput(table.settings, read, write)


def _apply_throughput(own: Settings | IndexSettings, read: int, write: int) -> None:
    own.throughput.read, own.throughput.write = read, write
    warm = own.warm
    own.warm = {
        "ReadUnitsPerSecond": max(warm["ReadUnitsPerSecond"], read),
        "WriteUnitsPerSecond": max(warm["WriteUnitsPerSecond"], write),
    }


def _update_units(db: Database, table: Table, request: dict[str, Any]) -> dict[str, Any]:
    """Limits of an on-demand table change at once; -1 takes one away, and is shown in the answer only."""
    merged = {**(table.settings.on_demand or {}), **request["OnDemandThroughput"]}
    table.settings.on_demand = limits(merged)
    return {"OnDemandThroughput": merged} if merged else {}


def limits(given: dict[str, int]) -> dict[str, int] | None:
    """The limits that there are."""
    return {name: units for name, units in given.items() if units != -1} or None


def _update_warm(db: Database, table: Table, request: dict[str, Any]) -> dict[str, Any]:
    """The table stays ACTIVE."""
    before = dict(table.settings.warm)
    wanted = {**before, **request["WarmThroughput"]}
    if db.latency.of("table"):
        table.settings.warm_status = "UPDATING"
        _later(db, table, "dynamodb:warm", db.latency.of("table"), units=wanted)
    else:
        table.settings.warm = wanted
    return {"WarmThroughput": {**before, "Status": "UPDATING"}}


@job("dynamodb:warm")
def warmed(scope: Scope, table: str, table_id: str, units: dict[str, int], index: str | None = None) -> None:
    """Warm throughput is there."""
    there = found(scope, table, table_id)
    own = None if there is None else there.settings if index is None else there.index_settings.get(index)
    if own is not None:
        own.warm, own.warm_status = units, "ACTIVE"


def _later(db: Database, table: Table, kind: str, seconds: float, **data: Any) -> None:
    db.scope.later(seconds, kind, table=table.name, table_id=table.id, **data)


# ---------------------------------------------------------------------- class, protection, encryption, stream


def _update_class(db: Database, table: Table, request: dict[str, Any]) -> dict[str, Any]:
    wanted, settings = request["TableClass"], table.settings
    if wanted != (settings.table_class or "STANDARD"):
        settings.class_changes = (*settings.class_changes, table.scope.timestamp())
        _finish(db, table, CLASS, wanted, "class", wanted=wanted)
        before = description(table).get("TableClassSummary") if table.jobs else None
        return {"TableStatus": "UPDATING", **({} if before is None else {"TableClassSummary": before})}
    return {"TableStatus": "UPDATING"}  # the same again: nothing happens


def _set_class(table: Table, wanted: str) -> None:
    table.settings.table_class = wanted
    table.settings.table_class_since = table.scope.timestamp()


def _protect(db: Database, table: Table, request: dict[str, Any]) -> dict[str, Any]:
    """Deletion protection changes at once."""
    settings = table.settings
    wanted = request["DeletionProtectionEnabled"]
    now = table.scope.timestamp()
    if table.scope.cloud.throttle and settings.protection_changed is not None:
        after = settings.protection_changed + 15
        if now < after:
            raise AwsError(
                "ThrottlingException",
                f"Deletion protection setting for table {table.name} modified within the previous 15000 milliseconds. Please "
                f"try again after {iso(after)}",
            )
    settings.deletion_protection = wanted
    settings.protection_changed = now
    return {"DeletionProtectionEnabled": wanted}


def _update_encryption(db: Database, table: Table, request: dict[str, Any]) -> dict[str, Any]:
    """The table stays ACTIVE, and shows its old key for a while."""
    settings = table.settings
    given = request["SSESpecification"]
    if not encryption.check(given) and settings.encryption is None:
        raise refuse(INVALID + "Table is already encrypted by default")
    if settings.encryption is not None and given.get("KMSMasterKeyId") == settings.encryption.get("KMSMasterKeyArn"):
        raise refuse(
            INVALID
            + "Table is already encrypted with given KMSMasterKeyId. Use KMSMasterKeyId parameter if you want to change "
            "Master Key"
        )
    encryption.check_current(db, table)
    wanted = encryption.encryption(db, given)
    protection = encryption.secured(db, table.name, wanted)
    now = table.scope.timestamp()
    settings.encryption_changes = (*(time for time in settings.encryption_changes if now - time < DAY), now)
    shown = {**(settings.encryption or {}), "Status": "UPDATING"}
    if db.latency.of("table"):
        settings.encryption = shown
        _later(db, table, "dynamodb:encrypt", db.latency.of("table"), wanted=wanted, protection=protection)
    else:
        settings.encryption = wanted
        encryption.protect(table, protection)
    return {"SSEDescription": shown, "TableStatus": "ACTIVE"}


@job("dynamodb:encrypt")
def encrypted(
    scope: Scope, table: str, table_id: str, wanted: dict[str, Any] | None, protection: Protection | None
) -> None:
    """A table has its new key."""
    there = found(scope, table, table_id)
    if there is not None:
        there.settings.encryption = wanted
        encryption.protect(there, protection)


def _update_stream(db: Database, table: Table, request: dict[str, Any]) -> dict[str, Any]:
    given = request["StreamSpecification"]
    if given["StreamEnabled"]:
        enable_stream(db, table, given["StreamViewType"])
    elif table.stream is not None:
        close_stream(table.stream, db.scope.timestamp())
        table.stream = None
    label = "" if table.latest_stream is None else table.latest_stream.label
    _finish(
        db, table, STREAM, f"Stream: {label} Operation: {'ENABLE' if given['StreamEnabled'] else 'DISABLE'}", "nothing"
    )
    return {"TableStatus": "UPDATING"}


def _nothing(table: Table) -> None:
    """What has changed already."""


def _update_mode(db: Database, table: Table, request: dict[str, Any]) -> dict[str, Any]:
    """A table that is no replica yet says that its settings may be replicated to another account's."""
    wanted = request["GlobalTableSettingsReplicationMode"]
    if table.membership is not None:
        raise refuse(
            INVALID + "GlobalTableSettingsReplicationMode can not be updated for a Global Table replica"
        )  # a guess
    if wanted not in ("ENABLED", "DISABLED"):
        raise refuse(
            f"Value '{wanted}' at 'GlobalTableSettingsReplicationMode' failed to satisfy constraint: Only ENABLED and DISABLED "
            "settings replication are supported for a Regional Table."
        )
    table.replication_mode = wanted
    return {}


FINISH: dict[str, Callable[..., None]] = {"throughput": _set_throughput, "class": _set_class, "nothing": _nothing}


# ---------------------------------------------------------------------- indexes


def _update_indexes(db: Database, table: Table, request: dict[str, Any]) -> dict[str, Any]:
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
        _finish(db, table, INDEX, f"created. Table: {table.name} Indexes: [{index}]", "backfill", index=index)


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
        _finish(db, table, INDEX, f"deleted. Table: {table.name} Indexes: [{index}]", "drop", index=index)
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
        _apply_throughput(own, changes["read"], changes["write"])
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
        _later(db, table, "dynamodb:index", db.latency.of("table"), index=definition.name)
    return {**shown, "IndexStatus": "UPDATING"}


def _warm_index(db: Database, table: Table, index: str, given: dict[str, int]) -> None:
    """Index and table stay ACTIVE; only the warm throughput is UPDATING, with its old values. Measured: DDB-TABLE-155."""
    own = table.index_settings[index]
    wanted = {**own.warm, **given}
    if db.latency.of("table") and wanted != own.warm:
        own.warm_status = "UPDATING"
        _later(db, table, "dynamodb:warm", db.latency.of("table"), units=wanted, index=index)
    else:
        own.warm = wanted


def _update_vectors(db: Database, table: Table, request: dict[str, Any]) -> dict[str, Any]:
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
PARTS: tuple[tuple[tuple[str, ...], Any], ...] = (
    (("BillingMode", "ProvisionedThroughput"), _update_iops),
    (("StreamSpecification",), _update_stream),
    (("TableClass",), _update_class),
    (("DeletionProtectionEnabled",), _protect),
    (("DisassociationProtectionEnabled",), disassociations.protect),
    (("OnDemandThroughput",), _update_units),
    (("WarmThroughput",), _update_warm),
    (("SSESpecification",), _update_encryption),
    (("GlobalSecondaryIndexUpdates",), _update_indexes),
    (("VectorIndexUpdates",), _update_vectors),
    (("GlobalTableSettingsReplicationMode",), _update_mode),
)
"""What each member of a request does; each gives what the answer shows of it."""
