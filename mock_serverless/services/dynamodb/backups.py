"""On-demand backups: create_backup, describe_backup, list_backups, delete_backup, restore_table_from_backup.

https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Backup-and-Restore.html. A backup is a version of the table's
store (versions.py): making one costs nothing, as long as it is there the table notes how to come back. It outlives its table.
Deleting a table with point-in-time recovery leaves a SYSTEM backup for 35 days. What AWS answers beyond its documentation is
as measured on the service (see recovery.py).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from mock_serverless.core.agenda import job
from mock_serverless.core.arns import Arn
from mock_serverless.core.clock import from_timestamp, to_timestamp
from mock_serverless.core.errors import AwsError
from mock_serverless.core.operation import operation
from mock_serverless.core.scope import Scope

from . import restores
from .database import Database
from .encryption import check_unlocked
from .recovery import DAY, REQUEST, backed_up
from .schema import INVALID
from .table import Table
from .values import refuse

SYSTEM_LIFE = 35 * DAY
FAR = float("inf")


@dataclass(frozen=True, slots=True)
class Backup:
    """One backup. ``table`` is the table as it was, without its history; nobody changes it."""

    arn: str
    name: str
    kind: str
    created: float
    table: Table
    stream_view: str | None
    expiry_attribute: str | None
    status: str = "AVAILABLE"
    expires: float | None = None

    def __deepcopy__(self, memo: dict[int, Any]) -> Backup:
        return self

    def details(self, arn: str | None = None) -> dict[str, Any]:
        """BackupDetails."""
        shown: dict[str, Any] = {
            "BackupArn": arn or self.arn,
            "BackupName": self.name,
            "BackupSizeBytes": self.table.items.store.billed_size,
            "BackupStatus": self.status,
            "BackupType": self.kind,
            "BackupCreationDateTime": from_timestamp(self.created),
        }
        if self.expires is not None:
            shown["BackupExpiryDateTime"] = from_timestamp(self.expires)
        return shown


# ---------------------------------------------------------------------- operations


@operation
def create_backup(db: Database, request: dict[str, Any]) -> dict[str, Any]:
    """https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_CreateBackup.html

    Names need not be unique; the table may be UPDATING or DELETING.
    """
    table = backed_up(db, request["TableName"])
    check_unlocked(db, table)
    backup = _backed_up(db, table, request["BackupName"], "USER", db.scope.ids.uuid()[:8])
    seconds = db.latency.of("backup")
    creating = replace(backup, status="CREATING")
    if seconds:
        db.backups[backup.arn] = creating
        db.scope.later(seconds, "dynamodb:backup", arn=backup.arn)
    return {"BackupDetails": creating.details()}


def _backed_up(db: Database, table: Table, name: str, kind: str, suffix: str) -> Backup:
    millis = int(db.scope.timestamp() * 1000)
    while (arn := f"{table.arn}/backup/{millis:014d}-{suffix}") in db.backups:
        millis += 1
    view = None if table.stream is None else table.stream.view
    backup = Backup(arn, name, kind, millis / 1000, table.as_it_is(), view, table.expiry.attribute)
    db.backups[arn] = backup
    return backup


def keep_deleted(db: Database, table: Table) -> None:
    """A table is about to be gone: with point-in-time recovery, a SYSTEM backup stays."""
    if table.recovery is not None:
        backup = _backed_up(db, table, f"{table.name}$DeletedTableBackup", "SYSTEM", "00000000")
        db.backups[backup.arn] = replace(backup, expires=backup.created + SYSTEM_LIFE)


@job("dynamodb:backup")
def finish_backup(scope: Scope, arn: str) -> None:
    """A backup has been made."""
    backups = scope.state().backups
    if arn in backups:
        backups[arn] = replace(backups[arn], status="AVAILABLE")


def _unfinished(request: dict[str, Any], answer: dict[str, Any]) -> bool:
    return bool(answer["BackupDescription"]["BackupDetails"]["BackupStatus"] == "CREATING")


@operation(unfinished=_unfinished)
def describe_backup(db: Database, request: dict[str, Any]) -> dict[str, Any]:
    """https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_DescribeBackup.html"""
    given = request["BackupArn"]
    return {"BackupDescription": _described(_found(db, given), given)}


@operation
def delete_backup(db: Database, request: dict[str, Any]) -> dict[str, Any]:
    """https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_DeleteBackup.html"""
    given = request["BackupArn"]
    backup = _found(db, given)
    if backup.expires is not None:
        until = from_timestamp(backup.expires).strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3]
        raise refuse(
            f"{REQUEST}User is not allowed to delete the system backup with arn {given}. It will automatically expire on "
            f"{until}Z"
        )  # the time's format is a guess
    if backup.status == "CREATING":
        raise in_use(f"Backup is being created: {given}")  # a guess
    if _feeding(db, backup):
        raise in_use(f"Backup is being used to restore table: {given}")
    del db.backups[backup.arn]
    return {"BackupDescription": _described(replace(backup, status="DELETED"), given)}


@operation
def list_backups(db: Database, request: dict[str, Any]) -> dict[str, Any]:
    """https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_ListBackups.html

    In the order in which they were made. USER backups unless another type is asked for; a table need not exist.
    """
    low, high = _bound(request, "TimeRangeLowerBound"), _bound(request, "TimeRangeUpperBound")
    if low is not None and high is not None and low > high:
        raise refuse(f"{INVALID}Time range lower bound must be less than or equal to upper bound")
    after = _cursor(db, request)
    table = db.name_of(request["TableName"]) if "TableName" in request else None
    kind = request.get("BackupType", "USER")
    now = db.scope.timestamp()
    found = sorted(
        (
            backup
            for backup in db.backups.values()
            if kind in (backup.kind, "ALL")
            and table in (None, backup.table.name)
            and (low is None or low <= backup.created)
            and (high is None or backup.created < high)
            and now < (backup.expires or FAR)
            and (after is None or _position(backup.arn) > after)
        ),
        key=lambda backup: _position(backup.arn),
    )
    limit = request.get("Limit", len(found))
    answer: dict[str, Any] = {"BackupSummaries": [_summary(backup) for backup in found[:limit]]}
    if len(found) > limit:
        answer["LastEvaluatedBackupArn"] = found[limit - 1].arn
    return answer


@operation
def restore_table_from_backup(db: Database, request: dict[str, Any]) -> dict[str, Any]:
    """https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_RestoreTableFromBackup.html"""
    restores.refuse_others("RestoreTableFromBackup", request)
    given = request["BackupArn"]
    region = _own(db, given).region
    if region != db.scope.region:
        restores.check_other_region(request)
    backup = _found(db.scope.state(region=region), given)
    if backup.status == "CREATING":
        raise in_use(f"Backup is being created: {given}")  # a guess
    name = request["TargetTableName"]
    restores.check_target(db, name)
    if _feeding(db, backup):
        raise in_use(f"Backup is being used to restore another table: {given}")
    plan = restores.plan(db, backup.table, request)
    origin = restores.Origin(backup.table.arn, backup.created, backup.arn)
    return restores.restored(db, name, backup.table, backup.table.items.store, plan, origin)


# ---------------------------------------------------------------------- finding


def _own(db: Database, text: str) -> Arn:
    """The ARN of a backup, taken apart and checked; its account is this one."""
    arn = Arn.parse(text)
    parts = arn.resource.split("/") if arn is not None else []
    if arn is None or len(parts) != 4 or parts[0] != "table" or parts[2] != "backup":
        raise refuse("Invalid Backup ARN")
    if arn.service != "dynamodb" or not text.startswith(f"arn:{db.scope.partition}:"):
        raise refuse(REQUEST + "BackupArn is not valid")
    if arn.account != db.scope.account:
        raise AwsError("AccessDeniedException", "Access is denied")
    return arn


def _found(db: Database, text: str) -> Backup:
    """A backup of this region; the region in its ARN is not looked at (measured)."""
    scope = db.scope
    arn = f"arn:{scope.partition}:dynamodb:{scope.region}:{scope.account}:{_own(db, text).resource}"
    backup = db.backups.get(arn)
    if backup is None or scope.timestamp() >= (backup.expires or FAR):
        raise AwsError("BackupNotFoundException", f"Backup not found: {text}")
    return backup


def in_use(message: str) -> AwsError:
    """BackupInUseException."""
    return AwsError("BackupInUseException", message)


def _feeding(db: Database, backup: Backup) -> bool:
    """Whether a table is being restored from it, in any region: one at a time (measured)."""
    return any(
        table.restoring and table.origin is not None and table.origin.backup_arn == backup.arn
        for state in db.scope.cloud.states_of("dynamodb")
        for table in state.tables.values()
    )


def _bound(request: dict[str, Any], name: str) -> float | None:
    return round(to_timestamp(request[name]), 3) if name in request else None


def _cursor(db: Database, request: dict[str, Any]) -> tuple[str, str] | None:
    """A place in the list; that backup need not exist (any more)."""
    if "ExclusiveStartBackupArn" not in request:
        return None
    if _own(db, request["ExclusiveStartBackupArn"]).region != db.scope.region:
        raise refuse(REQUEST + "The supplied ExclusiveStartBackupArn does not match the region")
    return _position(request["ExclusiveStartBackupArn"])


def _position(arn: str) -> tuple[str, str]:
    return arn.rpartition("/")[2], arn


# ---------------------------------------------------------------------- what is shown


def _summary(backup: Backup) -> dict[str, Any]:
    table = backup.table
    return {"TableName": table.name, "TableId": table.id, "TableArn": table.arn, **backup.details()}


def _described(backup: Backup, arn: str) -> dict[str, Any]:
    """BackupDescription, under the ARN that was asked for."""
    table = backup.table
    settings, store = table.settings, table.items.store
    source: dict[str, Any] = {
        "TableName": table.name,
        "TableId": table.id,
        "TableArn": table.arn,
        "TableSizeBytes": store.billed_size,
        "KeySchema": table.key.schema.described(),
        "TableCreationDateTime": from_timestamp(table.created),
        "ProvisionedThroughput": _units(settings.throughput.read, settings.throughput.write),
        "ItemCount": len(store.items),
        "BillingMode": settings.billing_mode,
    }
    if settings.on_demand is not None:
        source["OnDemandThroughput"] = settings.on_demand
    return {
        "BackupDetails": backup.details(arn),
        "SourceTableDetails": source,
        "SourceTableFeatureDetails": _features(backup),
    }


def _units(read: int, write: int) -> dict[str, int]:
    return {"ReadCapacityUnits": read, "WriteCapacityUnits": write}


def _features(backup: Backup) -> dict[str, Any]:
    """SourceTableFeatureDetails: only what the table had."""
    table = backup.table
    shown: dict[str, Any] = {}
    if table.local_indexes:
        shown["LocalSecondaryIndexes"] = [
            {"IndexName": d.name, "KeySchema": d.key.described(), "Projection": d.projection.described()}
            for d in table.local_indexes
        ]
    if table.global_indexes:
        shown["GlobalSecondaryIndexes"] = []
    for d in table.global_indexes:
        own = table.index_settings[d.name]
        shown["GlobalSecondaryIndexes"].append(
            {
                "IndexName": d.name,
                "KeySchema": d.key.described(),
                "Projection": d.projection.described(),
                "ProvisionedThroughput": _units(own.throughput.read, own.throughput.write),
                **({} if own.on_demand is None else {"OnDemandThroughput": own.on_demand}),
            }
        )
    if table.vectors:
        shown["VectorIndexes"] = [definition.described() for definition in table.vectors.values()]
    if backup.stream_view is not None:
        shown["StreamDescription"] = {"StreamEnabled": True, "StreamViewType": backup.stream_view}
    if backup.expiry_attribute is not None:
        shown["TimeToLiveDescription"] = {"TimeToLiveStatus": "ENABLED", "AttributeName": backup.expiry_attribute}
    if table.settings.encryption is not None:
        shown["SSEDescription"] = table.settings.encryption
    return shown
