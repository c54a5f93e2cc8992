"""enable_, disable_, update_ and describe_kinesis_streaming_destination, and the records which a table's Kinesis stream
gets.

https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/kds.html. A table has at most one destination that
isn't DISABLED or ENABLE_FAILED. While it is ACTIVE, every change in the table's journal becomes one record, put with
Kinesis' PutRecord in the order of the changes, each once; it is independent of DynamoDB Streams. Enabling never looks
at the stream at once: one that can't be used ends as ENABLE_FAILED. Statuses and refusals as measured on AWS in October
2026 (public notes of the project ack-api-quirks); the records' format as users of AWS have published them.
"""

from __future__ import annotations

import base64
import json
from dataclasses import dataclass, replace
from hashlib import md5
from random import Random
from typing import Any

from mock_serverless.core.agenda import job
from mock_serverless.core.arns import Arn
from mock_serverless.core.errors import AwsError, NotSupported
from mock_serverless.core.ids import uuid_of
from mock_serverless.core.operation import operation
from mock_serverless.core.scope import Scope

from .changes import TTL_SERVICE, Change
from .database import NOT_FOUND, Database
from .sizes import size_of
from .states import found
from .table import Table, follower
from .values import Item, refuse

NEED = "kinesis"
RETRY = 1.0
"""Seconds until a record that Kinesis refused is put again; AWS doesn't say how long it waits."""
KEPT = 24 * 3600.0
"""Seconds that changes wait for a stream which takes none: https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/kds_using-shards-and-metrics.html"""
NOT_VALID = "Table is not in a valid state to enable Kinesis Streaming Destination: "
IN_USE = NOT_VALID + (
    "EnableKinesisStreamingDestination must be DISABLED or ENABLE_FAILED to perform ENABLE operation."
)  # measured up to "to perform"
NOT_ACTIVE = NOT_VALID + "KinesisStreamingDestination must be ACTIVE to perform DISABLE operation."
NO_UPDATE = NOT_VALID + (
    "Kinesis streaming is not in ACTIVE state. Updates are only allowed in ACTIVE state."
)  # measured up to "ACTIVE st"
NO_PERMISSION = "User does not have a permission to use kinesis stream"
OTHER_REGION = (
    "The kinesis Arn used to enable kinesis replication belongs to a stream which is not in the current region"
)
NOT_ACTIVE_STREAM = (
    "The kinesis Arn used to enable kinesis replication belongs to a stream which is not in Active state"
)
MILLISECOND = "MILLISECOND"


@dataclass(frozen=True, slots=True)
class Destination:
    """One Kinesis stream of a table; replaced, never changed in place."""

    arn: str
    status: str
    precision: str | None = None
    description: str | None = None
    next: int = 0
    """The number of the first change which the stream hasn't got."""
    end: int | None = None
    """The number of the first change which it doesn't get any more."""
    stuck: bool = False
    """Nobody has answered for Kinesis the last time."""

    @property
    def live(self) -> bool:
        """Whether it keeps another one from being enabled."""
        return self.status not in ("DISABLED", "ENABLE_FAILED")


# ---------------------------------------------------------------------- operations


@operation
def enable_kinesis_streaming_destination(db: Database, request: dict[str, Any]) -> dict[str, Any]:
    """https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_EnableKinesisStreamingDestination.html"""
    table = _table(db, request)
    if any(destination.live for destination in table.destinations.values()):
        raise refuse(IN_USE)
    configuration = request.get("EnableKinesisStreamingConfiguration") or {}
    precision = configuration.get("ApproximateCreationDateTimePrecision")
    arn = request["StreamArn"]
    _set(table, Destination(arn, "ENABLING", precision))
    _then(db, table, arn)
    answer = {"TableName": table.name, "StreamArn": arn, "DestinationStatus": "ENABLING"}
    return {**answer, "EnableKinesisStreamingConfiguration": configuration}


@operation
def disable_kinesis_streaming_destination(db: Database, request: dict[str, Any]) -> dict[str, Any]:
    """https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_DisableKinesisStreamingDestination.html"""
    table = _table(db, request)
    if request.get("EnableKinesisStreamingConfiguration"):
        raise refuse("Stream cannot be disabled using EnableKinesisStreamingConfiguration parameters")
    arn = request["StreamArn"]
    current = table.destinations.get(arn)
    if current is None or current.status not in ("ACTIVE", "DISABLING"):
        raise refuse(NOT_ACTIVE)
    if current.status == "ACTIVE":
        _set(table, replace(current, status="DISABLING", end=table.journal.next_number))
        _then(db, table, arn)
    return {"TableName": table.name, "StreamArn": arn, "DestinationStatus": "DISABLING"}


@operation
def update_kinesis_streaming_destination(db: Database, request: dict[str, Any]) -> dict[str, Any]:
    """https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_UpdateKinesisStreamingDestination.html"""
    table = _table(db, request)
    wanted = (request.get("UpdateKinesisStreamingConfiguration") or {}).get("ApproximateCreationDateTimePrecision")
    if wanted is None:
        raise refuse(
            "Streaming destination cannot be updated with given parameters: UpdateKinesisStreamingConfiguration cannot be "
            "null or contain only null values"
        )
    arn = request["StreamArn"]
    current = table.destinations.get(arn)
    if current is None or current.status != "ACTIVE":
        raise refuse(NO_UPDATE)
    if (current.precision or MILLISECOND) == wanted:
        raise refuse(
            f"Invalid Request: Precision is already set to the desired value of {wanted} for tableId: {table.id}, "
            f"kdsArn: {arn}"
        )
    _set(table, replace(current, status="UPDATING", precision=wanted))
    _then(db, table, arn)
    answer = {"TableName": table.name, "StreamArn": arn, "DestinationStatus": "UPDATING"}
    return {**answer, "UpdateKinesisStreamingConfiguration": {"ApproximateCreationDateTimePrecision": wanted}}


@operation(unfinished=lambda request, answer: any(map(_unsettled, answer["KinesisDataStreamDestinations"])))
def describe_kinesis_streaming_destination(db: Database, request: dict[str, Any]) -> dict[str, Any]:
    """https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_DescribeKinesisStreamingDestination.html"""
    table = _table(db, request)
    shown = [_described(destination) for destination in table.destinations.values()]
    return {"TableName": table.name, "KinesisDataStreamDestinations": shown}


def _unsettled(shown: dict[str, Any]) -> bool:
    return shown["DestinationStatus"] in ("ENABLING", "DISABLING", "UPDATING")


def _described(destination: Destination) -> dict[str, Any]:
    shown = {"StreamArn": destination.arn, "DestinationStatus": destination.status}
    if destination.description is not None:
        shown["DestinationStatusDescription"] = destination.description
    if destination.precision is not None:
        shown["ApproximateCreationDateTimePrecision"] = destination.precision
    return shown


def _table(db: Database, request: dict[str, Any]) -> Table:
    table = db.named_table(request["TableName"])
    if table.status == "CREATING":
        raise AwsError("ResourceNotFoundException", f"{NOT_FOUND}: Table: {table.name} not found")
    return table


def _set(table: Table, destination: Destination) -> None:
    table.destinations = {**table.destinations, destination.arn: destination}
    live = any(d.status in ("ACTIVE", "UPDATING") for d in table.destinations.values())
    others = tuple(name for name in table.followers if name != NEED)
    table.followers = (*others, NEED) if live else others
    table.keep(NEED, KEPT if live else None)


# ---------------------------------------------------------------------- from status to status


def _then(db: Database, table: Table, arn: str) -> None:
    """The rest of a change of status: after the latency, and never inside the call (Kinesis may have to be asked)."""
    db.scope.later(db.latency.of("kinesis"), "dynamodb:kinesis", table=table.name, table_id=table.id, arn=arn)


@job("dynamodb:kinesis")
def settle_destination(scope: Scope, table: str, table_id: str, arn: str) -> None:
    """What was on its way is there."""
    there = found(scope, table, table_id)
    current = None if there is None else there.destinations.get(arn)
    if there is None or current is None:
        return
    if current.status == "ENABLING":
        fault = _fault_of_stream(scope, arn)
        if fault is None:
            begin = there.journal.next_number
            _set(there, replace(current, status="ACTIVE", description=None, next=begin, end=None))
        else:
            _set(there, replace(current, status="ENABLE_FAILED", description=fault))
    elif current.status == "UPDATING":
        _set(there, replace(current, status="ACTIVE"))
    elif current.status == "DISABLING":
        _deliver(there, arn)
        left = there.destinations[arn]
        _set(there, replace(left, status="DISABLED", precision=None))


def _fault_of_stream(scope: Scope, arn: str) -> str | None:
    """Why a stream can't be a destination; None when it can."""
    parsed = Arn.parse(arn)
    kind, _, name = parsed.resource.partition("/") if parsed is not None else ("", "", "")
    if parsed is None or parsed.service != "kinesis" or kind != "stream" or "/" in name:
        return NO_PERMISSION
    if parsed.region != scope.region:
        return OTHER_REGION
    if parsed.account != scope.account:
        return NOT_ACTIVE_STREAM
    try:
        answer = scope.call("kinesis", "DescribeStreamSummary", {"StreamName": name})
    except AwsError:
        return NO_PERMISSION
    except (
        NotSupported
    ):  # nobody answers for Kinesis' control plane: records can be put all the same where that is stubbed
        return None
    status = answer.get("StreamDescriptionSummary", {}).get("StreamStatus", "ACTIVE")
    return None if status in ("ACTIVE", "UPDATING") else NO_PERMISSION


# ---------------------------------------------------------------------- records


@follower(NEED)
def note(table: Table, number: int) -> None:
    """There is a change to deliver. One look at the journal takes all that there are."""
    for destination in table.destinations.values():
        if destination.status in ("ACTIVE", "UPDATING") and (destination.next == number or destination.stuck):
            table.scope.later(0, "dynamodb:kinesis_records", table=table.name, table_id=table.id, arn=destination.arn)


@job("dynamodb:kinesis_records")
def deliver_records(scope: Scope, table: str, table_id: str, arn: str) -> None:
    """Put what the stream hasn't got yet; what Kinesis refuses is put again later."""
    there = found(scope, table, table_id)
    if there is None or arn not in there.destinations:
        return
    try:
        done = _deliver(there, arn)
    except NotSupported:
        _change(there, arn, stuck=True)
        raise
    if not done:
        data = {"table": table, "table_id": table_id, "arn": arn}
        scope.later(RETRY, "dynamodb:kinesis_records", background=True, **data)


def _deliver(table: Table, arn: str) -> bool:
    """Put the changes from the first that the stream hasn't got; False when Kinesis refuses one."""
    while True:
        destination = table.destinations[arn]
        changes = table.journal.since(destination.next, 1)
        if (
            not changes
            or not destination.live
            or (destination.end is not None and changes[0].number >= destination.end)
        ):
            return True
        key = f"kinesis {arn} {changes[0].number}"
        try:
            table.scope.call("kinesis", "PutRecord", _put(table, destination, changes[0]))
        except AwsError as error:
            table.scope.report_failure(key, f"Kinesis refused a record of table {table.name}", str(error))
            return False
        table.scope.looked_at(key)
        _change(table, arn, next=changes[0].number + 1, stuck=False)


def _change(table: Table, arn: str, **changes: Any) -> None:
    table.destinations = {**table.destinations, arn: replace(table.destinations[arn], **changes)}


def _put(table: Table, destination: Destination, change: Change) -> dict[str, Any]:
    """PutRecord's parameters. The partition key is a digest of the item's key, so that an item's records stay in order."""
    record = json.dumps(record_of(table, change, destination.precision), ensure_ascii=False, separators=(",", ":"))
    image = change.new or change.old
    assert image is not None
    digest = md5(json.dumps(_as_json(table.key.attributes(image))).encode(), usedforsecurity=False).hexdigest()
    _, _, name = destination.arn.partition("/")
    return {"StreamName": name, "Data": record.encode(), "PartitionKey": digest.upper()}


def record_of(table: Table, change: Change, precision: str | None) -> dict[str, Any]:
    """The record of a change, as JSON: https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/kds_gettingstarted.html"""
    old, new = change.old, change.new
    image = new if new is not None else old
    assert image is not None
    images: dict[str, Item] = {"Keys": table.key.attributes(image)}
    if new is not None:
        images["NewImage"] = new
    if old is not None:
        images["OldImage"] = old
    micro = precision == "MICROSECOND"
    by = None
    if change.by == TTL_SERVICE:
        by = {"type": "Service", "principalId": change.by}  # spelt as on time-to-live-ttl-streams.html
    return {
        "awsRegion": table.scope.region,
        "eventID": uuid_of(Random(f"{table.arn} {table.id} {change.number}")),
        "eventName": change.kind,
        "userIdentity": by,
        "recordFormat": "application/json",
        "tableName": table.name,
        "dynamodb": {
            "ApproximateCreationDateTime": round(change.time * (1_000_000 if micro else 1000)),
            **{name: _as_json(item) for name, item in images.items()},
            "SizeBytes": sum(map(size_of, images.values())),
            "ApproximateCreationDateTimePrecision": precision or MILLISECOND,
        },
        "eventSource": "aws:dynamodb",
    }


def _as_json(value: Any) -> Any:
    """An item's binary values as base64, as JSON has them."""
    if isinstance(value, dict):
        return {name: _as_json(inner) for name, inner in value.items()}
    if isinstance(value, (list, tuple, set, frozenset)):
        return [_as_json(inner) for inner in value]
    return base64.b64encode(value).decode() if isinstance(value, bytes) else value
