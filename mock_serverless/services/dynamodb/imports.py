"""import_table, describe_import, list_imports.

https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/S3DataImport.HowItWorks.html. The objects are read from S3 by
the same way as anybody's (``s3.ListObjectsV2``, ``s3.GetObject``), so that a fake or stubbed S3 serves them. The table is not
there at first, then CREATING, then ACTIVE when all has been read; ``cloud.dynamodb.latency`` says how long that takes. What is
wrong with items is in the log of the import (S3DataImport.Validation.html).
Checks, codes and words have been measured on the service (ack-api-quirks, DDB-IMPORT-001 to DDB-IMPORT-020).
"""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from typing import Any

from mock_serverless.core.agenda import job
from mock_serverless.core.arns import Arn
from mock_serverless.core.clock import from_timestamp
from mock_serverless.core.errors import AwsError, NotSupported
from mock_serverless.core.operation import operation
from mock_serverless.core.scope import Scope

from . import import_files, s3_objects, tables
from .database import Database
from .definitions import check_definition, settings_of
from .exports import REQUEST, TOKEN_LIFE, paged
from .states import found
from .table import Table, sized
from .values import normalise_item, refuse

LOG_GROUP = "/aws-dynamodb/imports"
UNREADABLE = "The item could not be parsed"  # a guess
BAD_ITEMS = (
    "ItemValidationError",
    "Some of the items failed validation checks and were not imported. Please check CloudWatch error logs for more details.",
)


@dataclass(frozen=True, slots=True)
class Import:
    """An import: what was asked, and how it stands. It outlives its table."""

    arn: str
    table: str
    table_arn: str
    table_id: str
    request: dict[str, Any]
    start: float
    status: str = "IN_PROGRESS"
    end: float | None = None
    size: int = 0
    processed: int = 0
    imported: int = 0
    failure: tuple[str, str] | None = None

    def __deepcopy__(self, memo: dict[int, Any]) -> Import:
        return self

    @property
    def id(self) -> str:
        """The last part of its ARN."""
        return self.arn.rpartition("/")[2]


# ---------------------------------------------------------------------- operations


@operation
def import_table(db: Database, request: dict[str, Any]) -> dict[str, Any]:
    """https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_ImportTable.html

    The table's name is not reserved: who comes second fails later.
    """
    _check(request)
    wanted = request["TableCreationParameters"]
    name = wanted["TableName"]
    check_definition(wanted)
    tables.check_limits(db, wanted)
    settings_of(db, wanted)  # its key
    known = _known(db, request)
    if known is not None and known.status == "IN_PROGRESS":
        return {"ImportTableDescription": _description(db, known)}
    if name in db.tables:
        raise AwsError("ResourceInUseException", f"Table already exists: {name}")
    if known is not None:
        return {"ImportTableDescription": _description(db, known)}
    now = db.scope.timestamp()
    table_arn = db.arn_of(name)
    arn = f"{table_arn}/import/{int(now * 1000):014d}-{db.scope.ids.token(8, '0123456789abcdef')}"
    made = Import(arn, name, table_arn, db.scope.ids.uuid(), request, now)
    db.imports[arn] = made
    db.scope.later(db.latency.of("import") / 2, "dynamodb:import", arn=arn)
    return {"ImportTableDescription": _description(db, made)}


@operation(unfinished=lambda request, answer: answer["ImportTableDescription"]["ImportStatus"] == "IN_PROGRESS")
def describe_import(db: Database, request: dict[str, Any]) -> dict[str, Any]:
    """https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_DescribeImport.html"""
    text = request["ImportArn"]
    arn = Arn.parse(text)
    if arn is None or arn.service != "dynamodb" or "/import/" not in arn.resource:
        raise refuse("Invalid Import ARN")
    if arn.account != db.scope.account:
        raise AwsError("AccessDeniedException", "Access is denied")
    made = db.imports.get(text)
    if made is None:
        raise AwsError("ImportNotFoundException", f"Import not found: {text}")  # wording: a guess
    return {"ImportTableDescription": _description(db, made)}


@operation
def list_imports(db: Database, request: dict[str, Any]) -> dict[str, Any]:
    """https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_ListImports.html

    The latest first; those of tables that are gone too.
    """
    listed = sorted(db.imports.values(), key=lambda made: made.id, reverse=True)
    if "TableArn" in request:
        listed = [made for made in listed if made.table_arn == request["TableArn"]]
    page, token = paged(listed, request.get("NextToken"), request.get("PageSize", 10), lambda made: made.arn)
    names = ("ImportArn", "ImportStatus", "TableArn", "S3BucketSource", "CloudWatchLogGroupArn", "InputFormat")
    summaries = []
    for made in page:
        shown = _description(db, made)
        summaries.append({name: shown[name] for name in (*names, "StartTime", "EndTime") if name in shown})
    return {"ImportSummaryList": summaries, **({"NextToken": token} if token else {})}


def _check(request: dict[str, Any]) -> None:
    form = request["InputFormat"]
    s3_objects.check_readable("ImportTable", form, request.get("InputCompressionType"), "DYNAMODB_JSON or CSV")
    if "Csv" in (request.get("InputFormatOptions") or {}) and form != "CSV":
        raise refuse(f"{REQUEST}Unsupported InputFormatOptions for the given input format: {form}.")


def _known(db: Database, request: dict[str, Any]) -> Import | None:
    """The import which was begun with the same token; AwsError when it made another table."""
    token, now = request.get("ClientToken"), db.scope.timestamp()
    for made in db.imports.values():
        if token is not None and made.request.get("ClientToken") == token and now - made.start < TOKEN_LIFE:
            if made.table != request["TableCreationParameters"]["TableName"]:
                raise AwsError(
                    "ImportConflictException", "Import conflict: Duplicate request detected with conflicting parameters"
                )
            return made
    return None


def _description(db: Database, made: Import) -> dict[str, Any]:
    """Defaults are filled in, the table's parameters are shown as they came. Measured."""
    request = made.request
    scope = db.scope
    shown: dict[str, Any] = {
        "ImportArn": made.arn,
        "ImportStatus": made.status,
        "TableArn": made.table_arn,
        "TableId": made.table_id,
        "S3BucketSource": {"S3BucketOwner": scope.account, **request["S3BucketSource"]},
        "CloudWatchLogGroupArn": (f"arn:{scope.partition}:logs:{scope.region}:{scope.account}:log-group:{LOG_GROUP}:*"),
        "InputFormat": request["InputFormat"],
        "InputCompressionType": request.get("InputCompressionType", "NONE"),
        "TableCreationParameters": request["TableCreationParameters"],
        "StartTime": from_timestamp(made.start),
        "ErrorCount": made.processed - made.imported,
        "ProcessedSizeBytes": made.size,
        "ProcessedItemCount": made.processed,
        "ImportedItemCount": made.imported,
    }
    shown.update({name: request[name] for name in ("ClientToken", "InputFormatOptions") if name in request})
    if made.end is not None:
        shown["EndTime"] = from_timestamp(made.end)
    if made.failure is not None:
        shown["FailureCode"], shown["FailureMessage"] = made.failure
    return shown


# ---------------------------------------------------------------------- the work


def _end(db: Database, made: Import, failure: tuple[str, str] | None) -> None:
    status = "COMPLETED" if failure is None else "FAILED"
    db.imports[made.arn] = replace(made, status=status, end=db.scope.timestamp(), failure=failure)


@job("dynamodb:import")
def begin_table(scope: Scope, arn: str) -> None:
    """Look for the objects, and make the table: it is CREATING."""
    db: Database = scope.state()
    made = db.imports.get(arn)
    if made is None or made.status != "IN_PROGRESS":
        return
    try:
        keys = list(s3_objects.keys(scope, made.request["S3BucketSource"]))
    except (AwsError, NotSupported) as error:
        _end(db, made, s3_objects.failure_of(scope, error))
        return
    if made.table in db.tables:
        _end(db, made, ("TableAlreadyExists", f"Table already exists: {made.table}"))
        return
    try:
        table = tables.make(db, made.request["TableCreationParameters"], made.table_id)
    except AwsError as refusal:  # of its key, by now
        _end(db, made, (refusal.code, refusal.message))
        return
    table.status = "CREATING"
    scope.later(db.latency.of("import") / 2, "dynamodb:import-items", arn=arn, keys=keys)


@job("dynamodb:import-items")
def fill_table(scope: Scope, arn: str, keys: list[str]) -> None:
    """Read the objects into the table, which is ACTIVE then, whatever was wrong with them."""
    db: Database = scope.state()
    made = db.imports.get(arn)
    table = found(scope, made.table, made.table_id) if made is not None else None
    if made is None or table is None:
        return
    failure: tuple[str, str] | None = None
    errors: list[str] = []
    for key in keys:
        try:
            content = s3_objects.content(scope, made.request["S3BucketSource"], key)
        except (AwsError, NotSupported) as error:
            failure = s3_objects.failure_of(scope, error)
            break
        made = replace(made, size=made.size + len(content))
        for index, item in enumerate(import_files.items(content, made.request, table.attributes)):
            fault = _put(table, item)
            made = replace(made, processed=made.processed + 1, imported=made.imported + (fault is None))
            if fault is not None:
                errors.append(_logged(made, key, index, fault))
    if errors:
        scope.log(LOG_GROUP, f"{made.id}/error", [(scope.timestamp(), line) for line in errors])
        failure = failure or BAD_ITEMS
    table.status = "ACTIVE"
    _end(db, made, failure)


def _put(table: Table, raw: dict[str, Any] | None) -> str | None:
    """Put an item into the table, or tell why it doesn't take it. The last of several with one key stays."""
    if raw is None:
        return UNREADABLE
    try:
        item = normalise_item(raw)
        key = table.key.of_item(item)
        for definition in table.checks:
            definition.check(item)
        table.check_vectors(item)
        table.write(key, sized(item))
    except AwsError as refusal:
        return refusal.message
    except (TypeError, AttributeError, ValueError):  # not even the shape of a value
        return UNREADABLE
    return None


def _logged(made: Import, key: str, index: int, fault: str) -> str:
    """A line of the error log: S3DataImport.Validation.html (CloudWatch logs)."""
    pointer = {"bucket": made.request["S3BucketSource"]["S3Bucket"], "key": key, "itemIndex": index}
    line = {"itemS3Pointer": pointer, "importArn": made.arn, "errorMessages": [fault]}
    return json.dumps(line, separators=(",", ":"), ensure_ascii=False)
