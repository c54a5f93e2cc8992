"""start_bulk_put_items, describe_bulk_operation, list_bulk_operations, cancel_bulk_operation (since botocore 1.44).

https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/BulkPutItems.html. Objects are read from S3 by the same way as
anybody's, so that a fake or stubbed S3 serves them; the items are written as put_item writes them. All of it happens at one time,
at once or when ``cloud.dynamodb.latency(bulk=...)`` has passed: until then an operation can be cancelled. States, counts, usage
and what an operation keeps are those of the API reference; nothing has been recorded, so that the words of refusals, the form of
the ARN and the failure codes are guesses. The writes of an operation with ``MaxWriteRequestUnits`` are as many in a second of
virtual time. Of tiers the documentation tells that ACCELERATED is faster (BulkPutItems.Tiers.html), and no figures: here it takes
half of the latency.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any

from mock_serverless.core.agenda import job
from mock_serverless.core.clock import from_timestamp
from mock_serverless.core.errors import AwsError, NotSupported
from mock_serverless.core.operation import operation
from mock_serverless.core.scope import Scope

from . import bulk_files, s3_objects
from .capacity import change_units, write_units
from .conflicts import check_free
from .database import Database
from .exports import REQUEST, TOKEN_LIFE, paged
from .items import PutAction
from .states import busy, found
from .table import Table
from .values import refuse

SINCE = "1.44.8"
LISTED_FOR = 90 * 24 * 3600.0
VECTORS = "VectorIndexes"
CANCELLED = ("Cancelled", "The bulk operation was cancelled.")
FOLDERS = {"ERROR": "errors", "CONDITION_CHECK_FAILURE": "condition-check-failures"}
MOST_OBJECTS = 50_000
PACES = {"STANDARD": 1.0, "ACCELERATED": 0.5}
"""Tier -> how long it takes, of what ``latency(bulk=...)`` says; the figure is a guess."""


@dataclass(frozen=True, slots=True)
class Rest:
    """What an operation has still to read: the keys of objects, the first one's bytes if it has been begun, the line to go on
    with, and the units which the last second has had too many."""

    keys: tuple[str, ...]
    content: bytes | None = None
    line: int = 0
    debt: float = 0.0


@dataclass(frozen=True, slots=True)
class BulkOperation:
    """A bulk operation: what was asked, and how it stands. Replaced, never changed; it outlives its table."""

    arn: str
    table: str
    table_id: str
    request: dict[str, Any]
    start: float
    status: str = "IN_PROGRESS"
    end: float | None = None
    processed: int = 0
    failed: int = 0
    read: int = 0
    usage: dict[str | None, int] = field(default_factory=dict)  # bytes of the table (None) and its indexes
    kinds: dict[str, str] = field(default_factory=dict)  # of the indexes
    failure: tuple[str, str] | None = None
    rest: Rest | None = None  # of one that has begun to write
    reports: dict[str, tuple[dict[str, Any], ...]] = field(default_factory=dict)

    def __deepcopy__(self, memo: dict[int, Any]) -> BulkOperation:
        return self

    @property
    def id(self) -> str:
        """The last part of its ARN."""
        return self.arn.rpartition("/")[2]

    @property
    def tier(self) -> str:
        """The performance tier."""
        return str(self.request.get("PerformanceTier", "STANDARD"))


# ---------------------------------------------------------------------- operations


@operation(since=SINCE)
def start_bulk_put_items(db: Database, request: dict[str, Any]) -> dict[str, Any]:
    """https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_StartBulkPutItems.html"""
    _check(request)
    db.checked_name(request["TableName"])
    table = db.named_table(request["TableName"])
    known = _known(db, request)
    if known is not None:
        return {"BulkOperationDescription": _description(db, known)}
    _check_table(table)
    now = db.scope.timestamp()
    arn = f"{table.arn}/bulk-operation/{int(now * 1000):014d}-{db.scope.ids.token(8, '0123456789abcdef')}"
    begun = BulkOperation(arn, table.name, table.id, request, now)
    db.bulk_operations[arn] = begun
    db.scope.later(db.latency.of("bulk") * PACES[begun.tier], "dynamodb:bulk", arn=arn)
    return {"BulkOperationDescription": _description(db, begun)}


def _is_open(request: dict[str, Any], answer: dict[str, Any]) -> bool:
    return answer["BulkOperationDescription"]["BulkOperationStatus"] in ("IN_PROGRESS", "CANCELLING")


@operation(since=SINCE, unfinished=_is_open)
def describe_bulk_operation(db: Database, request: dict[str, Any]) -> dict[str, Any]:
    """https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_DescribeBulkOperation.html"""
    return {"BulkOperationDescription": _description(db, _found(db, request))}


@operation(since=SINCE)
def list_bulk_operations(db: Database, request: dict[str, Any]) -> dict[str, Any]:
    """https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_ListBulkOperations.html"""
    since = db.scope.timestamp() - LISTED_FOR
    listed = [done for done in db.bulk_operations.values() if done.start >= since]
    listed.sort(key=lambda done: done.id, reverse=True)
    page, token = paged(listed, request.get("NextToken"), request.get("MaxResults", 10), lambda done: done.arn)
    names = ("BulkOperationArn", "BulkOperationStatus", "StartTime", "EndTime")
    described = [_description(db, done) for done in page]
    summaries = [{name: shown[name] for name in names if name in shown} for shown in described]
    return {"BulkOperationsSummaryList": summaries, **({"NextToken": token} if token else {})}


@operation(since=SINCE)
def cancel_bulk_operation(db: Database, request: dict[str, Any]) -> dict[str, Any]:
    """https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_CancelBulkOperation.html"""
    begun = _found(db, request)
    if begun.status not in ("IN_PROGRESS", "CANCELLING"):
        raise refuse(f"{REQUEST}Bulk operation is not in progress: {begun.arn}")  # a guess
    if begun.status == "IN_PROGRESS":
        db.bulk_operations[begun.arn] = replace(begun, status="CANCELLING")
        db.scope.later(0, "dynamodb:bulk-cancel", arn=begun.arn)
    return {"BulkOperationArn": begun.arn, "BulkOperationStatus": "CANCELLING"}


def _check(request: dict[str, Any]) -> None:
    given, output = request["InputS3Configuration"], request["OutputS3Configuration"]
    s3_objects.check_readable(
        "StartBulkPutItems", given["InputFormat"], given.get("InputCompressionType"), "DYNAMODB_JSON"
    )
    if "S3Bucket" not in output:
        raise refuse(REQUEST + "S3Bucket of OutputS3Configuration must be specified")  # a guess
    if not output["OutputType"]:
        raise refuse(REQUEST + "OutputType of OutputS3Configuration must not be empty")  # a guess
    s3_objects.check_key(output)


def _check_table(table: Table) -> None:
    """ "Table state requirements" and "Global tables" of BulkPutItems.Considerations.html; the words are guesses."""
    if table.membership is not None:
        raise refuse(REQUEST + "Bulk put items is not supported for global tables")
    if table.status in ("CREATING", "DELETING"):
        raise busy(f"Table is being {'created' if table.status == 'CREATING' else 'deleted'}: {table.name}")
    if any(own.status == "CREATING" for own in table.progress.values()):
        raise busy(f"Index is being created. Table: {table.name}")


def _known(db: Database, request: dict[str, Any]) -> BulkOperation | None:
    """The operation which was begun with the same token; AwsError when it was another one."""
    token, now = request.get("ClientToken"), db.scope.timestamp()
    for begun in db.bulk_operations.values():
        if token is not None and begun.request.get("ClientToken") == token and now - begun.start < TOKEN_LIFE:
            if begun.request != request:
                raise AwsError(
                    "IdempotentParameterMismatchException",
                    "The request uses the same client token as a previous, but non-identical request",
                )
            return begun
    return None


def _found(db: Database, request: dict[str, Any]) -> BulkOperation:
    begun = db.bulk_operations.get(request["BulkOperationArn"])
    if begun is None:
        raise AwsError("ResourceNotFoundException", f"Bulk operation not found: {request['BulkOperationArn']}")
    return begun


def _description(db: Database, done: BulkOperation) -> dict[str, Any]:
    """Owners of buckets, compression and tier are filled in."""
    request, account = done.request, db.scope.account
    shown: dict[str, Any] = {
        "BulkOperationArn": done.arn,
        "BulkOperationStatus": done.status,
        "TableDetails": [{"TableName": done.table, "TableId": done.table_id}],
        "InputS3Configuration": {
            "S3BucketOwner": account,
            "InputCompressionType": "NONE",
            **request["InputS3Configuration"],
        },
        "OutputS3Configuration": {"S3BucketOwner": account, **request["OutputS3Configuration"]},
        "StartTime": from_timestamp(done.start),
        "ProcessedItemCount": done.processed,
        "FailedItemCount": done.failed,
        "ProcessedInputBytes": done.read,
        "PerformanceTier": done.tier,
    }
    shown.update({name: request[name] for name in ("ClientToken", "MaxWriteRequestUnits") if name in request})
    if done.end is not None:
        shown["EndTime"] = from_timestamp(done.end)
    if done.status in ("COMPLETED", "COMPLETED_WITH_ERRORS"):
        shown["TotalInputBytes"] = done.read
    if done.usage:
        shown["BulkOperationUsage"] = [_usage(done)]
    if done.failure is not None:
        shown["FailureCode"], shown["FailureMessage"] = done.failure
    return shown


def _usage(done: BulkOperation) -> dict[str, Any]:
    """Bytes of the items that were written, and of what indexes have of them."""
    shown: dict[str, Any] = {
        "TableName": done.table,
        "BulkPutBytes": sum(count for index, count in done.usage.items() if done.kinds.get(index or "") != VECTORS),
        "Table": {"BulkPutBytes": done.usage[None]},
    }
    for index, kind in done.kinds.items():
        bytes_of = "BulkPutVectorBytes" if kind == VECTORS else "BulkPutBytes"
        shown.setdefault(kind, {})[index] = {bytes_of: done.usage[index]}
    return shown


# ---------------------------------------------------------------------- the work


class TooManyObjects(AwsError):
    """More objects than an operation may read."""

    def __init__(self) -> None:
        super().__init__(
            "ValidationException", f"{REQUEST}The number of input objects exceeds the limit of {MOST_OBJECTS}"
        )


class Work:
    """What comes of the puts: counts, usage, and the reports by their type."""

    def __init__(self, db: Database, table: Table, begun: BulkOperation) -> None:
        self.db, self.table, self.begun = db, table, begun
        self.processed, self.failed, self.read = begun.processed, begun.failed, begun.read
        self.usage = dict(begun.usage)
        self.reports = {kind: list(begun.reports.get(kind, ())) for kind in FOLDERS}
        self.most: float = begun.request.get("MaxWriteRequestUnits", float("inf"))
        self.units = 0.0 if begun.rest is None else begun.rest.debt
        self.rest = begun.rest

    def go_on(self) -> bool:
        """Write as much as a second allows; gives whether that is all."""
        scope, source = self.db.scope, self.begun.request["InputS3Configuration"]
        if self.rest is None:
            self.rest = Rest(tuple(s3_objects.keys(scope, source)))
            if len(self.rest.keys) > MOST_OBJECTS:  # BulkPutItems.BestPractices.html; code and words are guesses
                raise TooManyObjects
        keys, content, line = self.rest.keys, self.rest.content, self.rest.line
        while keys:
            if content is None:
                content = s3_objects.content(scope, source, keys[0])
                self.read += len(content)
            for put in bulk_files.puts(content, source.get("InputCompressionType", "NONE"), line):
                if self.units >= self.most:
                    self.rest = Rest(keys, content, line, self.units - self.most)
                    return False
                self.take(put, keys[0])
                line += 1
            keys, content, line = keys[1:], None, 0
        self.rest = None
        return True

    def take(self, put: dict[str, Any] | None, place: str) -> None:
        """Write an item, or report why it can't be."""
        self.processed += 1
        if put is None:
            self._fail({"S3Key": place, "ErrorMessage": bulk_files.UNREADABLE})
            return
        try:
            self._write(put)
        except AwsError as error:
            self._fail({"S3Key": place, "Item": put["Item"], "ErrorMessage": error.message})
        except (TypeError, AttributeError, ValueError):  # not even the shape of a value
            self._fail({"S3Key": place, "Item": put["Item"], "ErrorMessage": bulk_files.UNREADABLE})

    def _fail(self, entry: dict[str, Any]) -> None:
        self.failed += 1
        self.reports["ERROR"].append(entry)

    def _write(self, put: dict[str, Any]) -> None:
        table = self.table
        action = PutAction("Put", put)
        key = action.key(table)
        if self.db.held:
            check_free(self.db, table, key)
        old = table.get(key)
        if action.condition is not None and not action.condition({} if old is None else old[0]):
            self.units += write_units(max(action.record[1], 0 if old is None else old[1]))
            entry = {"Item": put["Item"], **({} if old is None else {"ExistingItem": old[0]})}
            self.reports["CONDITION_CHECK_FAILURE"].append(entry)
            return
        table.write(key, action.record)
        of_table, of_indexes = change_units(table, old, action.record)
        self.units += of_table + sum(of_indexes.values())
        self._use(None, action.record[1])
        for name, index in table.items.store.indexes.items():
            if index.locate(action.record[0]) is not None:
                self._use(name, index.size_in(action.record))
        for name, definition in table.vectors.items():
            if definition.entry_of(action.record[0]) is not None:
                self._use(name, definition.size_of(action.record[0]))

    def _use(self, index: str | None, size: int) -> None:
        self.usage[index] = self.usage.get(index, 0) + size

    def outcome(self) -> BulkOperation:
        """The operation as it stands after this."""
        return replace(
            self.begun,
            processed=self.processed,
            failed=self.failed,
            read=self.read,
            usage=self.usage,
            kinds={name: self._kind(name) for name in self.usage if name is not None},
            rest=self.rest,
            reports={kind: tuple(entries) for kind, entries in self.reports.items()},
        )

    def _kind(self, index: str) -> str:
        """In which list of the usage an index stands; it may have gone since."""
        if index in self.begun.kinds:
            return self.begun.kinds[index]
        if index in self.table.vectors:
            return VECTORS
        return "GlobalSecondaryIndexes" if self.table.indexes[index].is_global else "LocalSecondaryIndexes"


@job("dynamodb:bulk")
def proceed(scope: Scope, arn: str) -> None:
    """Read the objects, write the items, go on in a second if there are too many for one, and write the reports."""
    db: Database = scope.state()
    begun = db.bulk_operations.get(arn)
    if begun is None or begun.status != "IN_PROGRESS":
        return
    table = found(scope, begun.table, begun.table_id)
    if table is None:
        gone = ("ResourceNotFoundException", f"Requested resource not found: Table: {begun.table} not found")
        _end(db, begun, "FAILED", gone)
        return
    work = Work(db, table, begun)
    try:
        if not work.go_on():
            db.bulk_operations[arn] = work.outcome()
            scope.later(1, "dynamodb:bulk", arn=arn)
            return
        _report(scope, work.outcome())
    except TooManyObjects as error:
        _end(db, work.outcome(), "FAILED", (error.code, error.message))
        return
    except (AwsError, NotSupported) as error:
        _end(db, work.outcome(), "FAILED", s3_objects.failure_of(scope, error))
        return
    _end(db, work.outcome(), "COMPLETED_WITH_ERRORS" if work.failed else "COMPLETED", None)


@job("dynamodb:bulk-cancel")
def finish_cancellation(scope: Scope, arn: str) -> None:
    """An operation that was CANCELLING has stopped."""
    db: Database = scope.state()
    begun = db.bulk_operations.get(arn)
    if begun is not None and begun.status == "CANCELLING":
        _end(db, begun, "CANCELLED", CANCELLED)


def _end(db: Database, done: BulkOperation, status: str, failure: tuple[str, str] | None) -> None:
    db.bulk_operations[done.arn] = replace(
        done, status=status, end=db.scope.timestamp(), failure=failure, rest=None, reports={}
    )


def _report(scope: Scope, begun: BulkOperation) -> None:
    """A file of each type that was asked for and has something in it."""
    output = begun.request["OutputS3Configuration"]
    folder = s3_objects.folder_of(output.get("S3KeyPrefix", ""), begun.id)
    params = {"Bucket": output["S3Bucket"], **s3_objects.owner_of(output), **s3_objects.encryption_of(output)}
    for kind, entries in begun.reports.items():
        if kind in output["OutputType"] and entries:
            body = bulk_files.report(entries)
            scope.call(
                "s3", "PutObject", {**params, "Key": f"{folder}{FOLDERS[kind]}.json", "Body": body}, caller="dynamodb"
            )
