"""update_table: what it changes, at once or when the latency is over.

What it refuses stands in update_rules.py. The answer shows what has been decided: a new billing mode, stream and index; but old
throughput, table class and key, until the table (or its index, or its encryption) has been UPDATING. So it has been measured on
the service (the catalogue of findings of ack-api-quirks, 2026).
"""

from __future__ import annotations

from typing import Any

from mock_serverless.core.agenda import job
from mock_serverless.core.errors import AwsError
from mock_serverless.core.operation import operation
from mock_serverless.core.scope import Scope

from . import disassociations, encryption, replicas, update_rules
from .auto_scaling import check_indexes_scaled, scale_new_indexes
from .database import Database
from .definitions import refuse_others
from .descriptions import description
from .index_updates import update_indexes, update_vectors
from .quotas import DAY, check_quotas
from .replica_descriptions import described
from .replica_settings import check_stream, shares
from .schema import INVALID
from .settings import Protection
from .states import check_no_load, found, iso
from .streams import close_stream, enable_stream
from .table import Table
from .throughput_updates import update_iops, update_units, update_warm
from .update_jobs import CLASS, FINISH, STREAM, finish, later
from .update_states import check_states
from .values import refuse

KNOWN = frozenset(
    (
        *("TableName", "AttributeDefinitions", "BillingMode", "DeletionProtectionEnabled"),
        *("GlobalSecondaryIndexUpdates", "VectorIndexUpdates"),
        *("OnDemandThroughput", "ProvisionedThroughput", "SSESpecification", "StreamSpecification", "TableClass"),
        *("DisassociationProtectionEnabled", "WarmThroughput"),
        *("GlobalTableSettingsReplicationMode", *replicas.MEMBERS_OF_UPDATE),
    )
)


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
    check_states(table, request)
    check_stream(table, request)
    if table.membership is not None:
        replicas.check_idle(table)
    update_rules.check_settings(db, table, request)
    check_quotas(table, request)
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
    replicas.check_made(db.tables.get(db.name_of(request["TableName"])), updates)
    table = db.named_table(request["TableName"])
    check_states(table, request)
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


# ---------------------------------------------------------------------- class, protection, encryption, stream


def _update_class(db: Database, table: Table, request: dict[str, Any]) -> dict[str, Any]:
    wanted, settings = request["TableClass"], table.settings
    if wanted != (settings.table_class or "STANDARD"):
        settings.class_changes = (*settings.class_changes, table.scope.timestamp())
        finish(db, table, CLASS, wanted, "class", wanted=wanted)
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
        later(db, table, "dynamodb:encrypt", db.latency.of("table"), wanted=wanted, protection=protection)
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
    finish(
        db, table, STREAM, f"Stream: {label} Operation: {'ENABLE' if given['StreamEnabled'] else 'DISABLE'}", "nothing"
    )
    return {"TableStatus": "UPDATING"}


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


FINISH["class"] = _set_class
PARTS: tuple[tuple[tuple[str, ...], Any], ...] = (
    (("BillingMode", "ProvisionedThroughput"), update_iops),
    (("StreamSpecification",), _update_stream),
    (("TableClass",), _update_class),
    (("DeletionProtectionEnabled",), _protect),
    (("DisassociationProtectionEnabled",), disassociations.protect),
    (("OnDemandThroughput",), update_units),
    (("WarmThroughput",), update_warm),
    (("SSESpecification",), _update_encryption),
    (("GlobalSecondaryIndexUpdates",), update_indexes),
    (("VectorIndexUpdates",), update_vectors),
    (("GlobalTableSettingsReplicationMode",), _update_mode),
)
"""What each member of a request does; each gives what the answer shows of it."""
