"""Point-in-time recovery: describe_continuous_backups, update_continuous_backups, restore_table_to_point_in_time.

https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/PointInTimeRecovery_Howitworks.html. What a table held at a
time is its journal undone from now back to then (Table.at). What AWS answers beyond its documentation is as published probes of
the service found it in October 2026 ("measured").
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timezone
from typing import Any

from mock_serverless.core.arns import Arn
from mock_serverless.core.clock import from_timestamp, to_timestamp
from mock_serverless.core.errors import AwsError
from mock_serverless.core.operation import operation, output_shape
from mock_serverless.core.shapes import known

from . import restores
from .database import Database
from .policies import OWNERS_ONLY
from .schema import INVALID
from .table import Table
from .values import refuse

DAY = 24 * 3600.0
MOST_DAYS = 35
LATEST_LAG = 300.0
"""The latest restorable time is "typically 5 minutes before the current time" (measured: but not before it was enabled)."""
REQUEST = "Invalid Request: "


@dataclass(frozen=True, slots=True)
class Recovery:
    """Point-in-time recovery of a table: on since when, for how many days back."""

    since: float
    days: int

    def earliest(self, now: float) -> float:
        """The earliest time to restore to."""
        return max(self.since, now - self.days * DAY)

    def latest(self, now: float) -> float:
        """The latest time to restore to."""
        return max(self.since, now - LATEST_LAG)


@operation
def describe_continuous_backups(db: Database, request: dict[str, Any]) -> dict[str, Any]:
    """https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_DescribeContinuousBackups.html"""
    return _described(backed_up(db, request["TableName"]))


@operation
def update_continuous_backups(db: Database, request: dict[str, Any]) -> dict[str, Any]:
    """https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_UpdateContinuousBackups.html

    Enabling it again changes the recovery period only; disabling it forgets the history.
    """
    wanted = request["PointInTimeRecoverySpecification"]
    enabled, days = wanted["PointInTimeRecoveryEnabled"], wanted.get("RecoveryPeriodInDays")
    if not enabled and days is not None:
        raise refuse(REQUEST + "Cannot specify RecoveryPeriodInDays when disabling point-in-time recovery.")  # measured
    table = backed_up(db, request["TableName"])
    recover(table, (days or MOST_DAYS) if enabled else None)
    return _described(table)


def recover(table: Table, days: int | None) -> None:
    """Have a table's last ``days`` days be restorable from now on; None: no longer."""
    now = table.scope.timestamp()
    if days is None:
        table.recovery = None
        table.keep("recovery", None)
        return
    since = (
        now if table.recovery is None else table.recovery.earliest(now)
    )  # what a shorter period forgot stays forgotten
    table.recovery = Recovery(since, days)
    table.keep("recovery", days * DAY)


def backed_up(db: Database, name: str) -> Table:
    """A table that has backups: not before it is ACTIVE (measured)."""
    plain = db.name_of(name)
    table = db.tables.get(plain)
    if table is None or table.status == "CREATING":
        raise not_found(plain)
    return table


def not_found(name: str) -> AwsError:
    """TableNotFoundException."""
    return AwsError("TableNotFoundException", f"Table not found: {name}")


def _described(table: Table) -> dict[str, Any]:
    recovery, now = table.recovery, table.scope.timestamp()
    shown: dict[str, Any] = {"PointInTimeRecoveryStatus": "DISABLED"}
    if recovery is not None:
        shown = {
            "PointInTimeRecoveryStatus": "ENABLED",
            "RecoveryPeriodInDays": recovery.days,
            "EarliestRestorableDateTime": _second(recovery.earliest(now)),
            "LatestRestorableDateTime": _second(recovery.latest(now)),
        }
    described = {"ContinuousBackupsStatus": "ENABLED", "PointInTimeRecoveryDescription": shown}
    answer: dict[str, Any] = known(
        {"ContinuousBackupsDescription": described}, output_shape("dynamodb", "DescribeContinuousBackups")
    )
    return answer


def _second(time: float) -> datetime:
    return from_timestamp(float(int(time)))


# ---------------------------------------------------------------------- restoring


@operation
def restore_table_to_point_in_time(db: Database, request: dict[str, Any]) -> dict[str, Any]:
    """https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_RestoreTableToPointInTime.html

    Checked in the order that was measured: the request, the source, that recovery is enabled, the time, the target.
    """
    restores.refuse_others("RestoreTableToPointInTime", request)
    _check_times(request)
    source = _source(db, request)
    recovery, now = source.recovery, db.scope.timestamp()
    if recovery is None:
        raise AwsError(
            "PointInTimeRecoveryUnavailableException",
            f"Point in time recovery is not enabled for table '{source.name}'",
        )
    time = _time(request, recovery, now)
    restores.check_target(db, request["TargetTableName"])
    plan = restores.plan(db, source, request)
    origin = restores.Origin(source.arn, time)
    # a whole second's state is that at its beginning, with all that was written at that very moment
    store = source.at(max(time, recovery.earliest(now)))
    return restores.restored(db, request["TargetTableName"], source, store, plan, origin)


def _check_times(request: dict[str, Any]) -> None:
    latest = request.get("UseLatestRestorableTime", False)
    if latest and "RestoreDateTime" in request:
        raise refuse(
            REQUEST
            + "Both RestoreDateTime and UseLatestRestorableTime cannot be set for point-in-time restore request. "
            "Please specify either RestoreDateTime or UseLatestRestorableTime"
        )  # measured up to "Pleas"
    if not latest and "RestoreDateTime" not in request:
        raise refuse(
            REQUEST + "Either one of RestoreDateTime or UseLatestRestorableTime must be specified, but not both"
        )


def _source(db: Database, request: dict[str, Any]) -> Table:
    name, arn = request.get("SourceTableName"), request.get("SourceTableArn")
    if name is not None and arn is not None:
        raise refuse(REQUEST + "Must provide exactly one of: sourceTableArn, sourceTableName")  # the prefix is a guess
    if name is not None:
        table = backed_up(db, name)
        if table.status == "DELETING":  # measured: ack-api-quirks, DDB-TABLE-454
            raise not_found(table.name)
        return table
    if arn is None:
        raise refuse("The parameter 'TableName' is required but was not present in the request")
    return _source_at(db, arn, request)


def _source_at(db: Database, text: str, request: dict[str, Any]) -> Table:
    if not text.startswith("arn:"):
        raise refuse(f"{INVALID}ARNs must start with 'arn:': {text}")
    arn = Arn.parse(text)
    kind, _, name = arn.resource.partition("/") if arn is not None else ("", "", "")
    if arn is None or arn.service != "dynamodb" or kind != "table" or not name or "/" in name:
        raise refuse("sourceTableArn is not a valid ARN")
    if arn.account != db.scope.account:
        raise refuse(OWNERS_ONLY)
    if arn.region != db.scope.region:
        restores.check_other_region(request)
        db = db.scope.state(region=arn.region)
    table = db.tables.get(name)
    if table is None or table.status in ("CREATING", "DELETING"):
        raise AwsError("TableNotFoundException", "Table not found")
    return table


def _time(request: dict[str, Any], recovery: Recovery, now: float) -> float:
    earliest, latest = float(int(recovery.earliest(now))), float(int(recovery.latest(now)))
    if "RestoreDateTime" not in request:
        return latest
    time = float(int(to_timestamp(request["RestoreDateTime"])))
    if not earliest <= time <= latest:
        shown = [
            datetime.fromtimestamp(t, timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ") for t in (time, earliest, latest)
        ]
        raise AwsError(
            "InvalidRestoreTimeException",
            "RestoreDateTime '{}' must be within EarliestRestorableDateTime '{}' and LatestRestorableDateTime '{}'".format(
                *shown
            ),  # measured up to the latest time
        )
    return time
