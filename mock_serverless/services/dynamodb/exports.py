"""export_table_to_point_in_time, describe_export, list_exports.

https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/S3DataExport.HowItWorks.html. What is exported is taken when the
export ends (at ``cloud.dynamodb.latency(export=...)``, or before the table is deleted), as it was at its time; the files go to
S3 by the same way as anybody's (``s3.PutObject``), so that a fake or stubbed S3 gets them. Where there is none, the export has
FAILED and says so. Checks, codes and words have been measured on the service (ack-api-quirks, DDB-EXPORT-001 to DDB-EXPORT-021).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from mock_serverless.core.arns import Arn
from mock_serverless.core.clock import from_timestamp, to_timestamp
from mock_serverless.core.errors import AwsError
from mock_serverless.core.operation import operation

from . import export_filters, s3_objects
from .database import Database
from .recovery import not_found
from .schema import INVALID
from .states import iso
from .table import Table
from .values import refuse

REQUEST = "Invalid Request: "
LEAST, MOST = 900.0, 86400.0
TOKEN_LIFE = 8 * 3600.0
Taken = tuple[list[list[dict[str, Any]]], int]
"""The lines of the data files, and how many bytes are billed."""


@dataclass(frozen=True, slots=True)
class Export:
    """An export: what was asked, and how it stands. It outlives its table."""

    arn: str
    table: str
    table_id: str
    request: dict[str, Any]
    start: float
    span: tuple[float, float]  # from and to; equal for a full export
    status: str = "IN_PROGRESS"
    end: float | None = None
    items: int = 0
    size: int = 0
    failure: tuple[str, str] | None = None
    taken: Taken | None = None
    """What is exported, if the table has been deleted meanwhile."""

    def __deepcopy__(self, memo: dict[int, Any]) -> Export:
        return self

    @property
    def id(self) -> str:
        """The last part of its ARN."""
        return self.arn.rpartition("/")[2]

    @property
    def kind(self) -> str:
        """FULL_EXPORT or INCREMENTAL_EXPORT."""
        return str(self.request.get("ExportType", "FULL_EXPORT"))

    @property
    def view(self) -> str:
        """Which images of what has changed an incremental export has."""
        given = self.request.get("IncrementalExportSpecification") or {}
        return str(given.get("ExportViewType", "NEW_AND_OLD_IMAGES"))

    @property
    def folder(self) -> str:
        """Where in the bucket its files lie."""
        return s3_objects.folder_of(self.request.get("S3Prefix", ""), self.id)


# ---------------------------------------------------------------------- operations


@operation
def export_table_to_point_in_time(db: Database, request: dict[str, Any]) -> dict[str, Any]:
    """https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_ExportTableToPointInTime.html"""
    table = _source(db, request["TableArn"])
    _check_specification(request)
    export_filters.read(table, request.get("FilterSpecification"))
    known = _known(db, request)
    if known is not None:
        return {"ExportDescription": _description(known)}
    span = _span(table, request)
    now = db.scope.timestamp()
    arn = f"{table.arn}/export/{int(now * 1000):014d}-{db.scope.ids.token(8, '0123456789abcdef')}"
    export = Export(arn, table.name, table.id, request, now, span)
    db.exports[arn] = export
    db.scope.later(db.latency.of("export"), "dynamodb:export", arn=arn)
    return {"ExportDescription": _description(export)}


@operation(unfinished=lambda request, answer: answer["ExportDescription"]["ExportStatus"] == "IN_PROGRESS")
def describe_export(db: Database, request: dict[str, Any]) -> dict[str, Any]:
    """https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_DescribeExport.html"""
    text = request["ExportArn"]
    arn = Arn.parse(text)
    if arn is None or arn.service != "dynamodb" or "/export/" not in arn.resource:
        raise refuse("Invalid Export ARN")
    if arn.account != db.scope.account:
        raise AwsError("AccessDeniedException", "Access is denied")
    if arn.region != db.scope.region:
        raise AwsError("ExportNotFoundException", "Export not found: Invalid export arn")
    export = db.exports.get(text)
    if export is None:
        raise AwsError("ExportNotFoundException", f"Export not found: Export not found: {text}")
    return {"ExportDescription": _description(export)}


@operation
def list_exports(db: Database, request: dict[str, Any]) -> dict[str, Any]:
    """https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_ListExports.html

    The latest first. Of a table only those of the one that is there now.
    """
    exports = sorted(db.exports.values(), key=lambda export: export.id, reverse=True)
    if "TableArn" in request:
        name = request["TableArn"].rpartition("/")[2]
        table = db.tables.get(name)
        exports = [export for export in exports if table is not None and export.table_id == table.id]
    page, token = paged(exports, request.get("NextToken"), request.get("MaxResults", 10), lambda export: export.arn)
    summaries = [{"ExportArn": export.arn, "ExportStatus": export.status, "ExportType": export.kind} for export in page]
    return {"ExportSummaries": summaries, **({"NextToken": token} if token else {})}


def paged(entries: list[Any], token: str | None, limit: int, name: Any) -> tuple[list[Any], str | None]:
    """A page of a list behind a token, and the token of the next."""
    names = [name(entry).encode().hex() for entry in entries]
    names = [text + "0" * (-len(text) % 16) for text in names]
    start = 0
    if token is not None:
        if token not in names:
            raise refuse(f"{REQUEST}Provided nextToken is invalid: {token}")
        start = names.index(token) + 1
    page = entries[start : start + limit]
    return page, names[start + limit - 1] if start + limit < len(entries) else None


# ---------------------------------------------------------------------- checks


def _source(db: Database, text: str) -> Table:
    arn = Arn.parse(text)
    if arn is None or arn.service != "dynamodb":
        raise refuse(INVALID + "tableArn is not a valid ARN")
    kind, _, name = arn.resource.partition("/")
    if kind != "table" or not name or "/" in name:
        raise refuse(REQUEST + "Table ARN is invalid.")
    if arn.account != db.scope.account:
        raise AwsError("AccessDeniedException", "Access is denied")
    table = db.tables.get(name)
    if arn.region != db.scope.region or table is None or table.status in ("CREATING", "DELETING"):
        raise not_found(text)  # of one that goes (but for its first second): measured, DDB-TABLE-454
    return table


def _check_specification(request: dict[str, Any]) -> None:
    given, kind = request.get("IncrementalExportSpecification"), request.get("ExportType")
    if given is not None and kind is None:
        raise refuse(
            REQUEST + "Export Type expected to be Incremental Export when incremental export specification is provided"
        )
    if given is not None and kind == "FULL_EXPORT":
        raise refuse(
            REQUEST + "When Export Type is Full Export , Incremental Export Specification should not be provided"
        )
    if kind == "INCREMENTAL_EXPORT":
        if given is None:
            raise refuse(
                REQUEST + "Incremental Export Specification expected when export type is set as Incremental Export"
            )
        if "ExportFromTime" not in given:
            raise refuse(REQUEST + "ExportFromTime must be provided in IncrementalExportSpecification")
    s3_objects.check_key(request)


def _known(db: Database, request: dict[str, Any]) -> Export | None:
    """The export which was begun with the same token; AwsError when it was another one."""
    token, now = request.get("ClientToken"), db.scope.timestamp()
    for export in db.exports.values():
        if token is not None and export.request.get("ClientToken") == token and now - export.start < TOKEN_LIFE:
            if export.request != request:
                raise AwsError(
                    "ExportConflictException", "Export conflict: Duplicate request detected with conflicting parameters"
                )
            return export
    return None


def _span(table: Table, request: dict[str, Any]) -> tuple[float, float]:
    now = table.scope.timestamp()
    if request.get("ExportType") == "INCREMENTAL_EXPORT":
        return _window(table, request["IncrementalExportSpecification"], now)
    if table.recovery is None:
        raise _no_recovery(table)
    if "ExportTime" not in request:
        return now, now
    time = to_timestamp(request["ExportTime"])
    if not int(table.recovery.earliest(now)) <= time <= now:
        raise _bad_time("Export Time is invalid")
    if time > table.recovery.latest(now):
        raise _bad_time("Point in Time Recovery is not available for specified export time")
    return time, time


def _window(table: Table, given: dict[str, Any], now: float) -> tuple[float, float]:
    first = to_timestamp(given["ExportFromTime"])
    last = to_timestamp(given["ExportToTime"]) if "ExportToTime" in given else now
    if first < int(table.created):
        raise _bad_time(
            f"Incremental export period from time cannot be less than the table creation time : {_second(first)}"
        )
    if last > now:
        raise _bad_time(f"Incremental export period to time cannot be greater than the current time : {_second(last)}")
    if last - first < LEAST:
        raise _bad_time("Difference between export period from time and export period to time is less than 15 minutes")
    if last - first > MOST:
        raise _bad_time(  # a guess
            "Difference between export period from time and export period to time is greater than 24 hours"
        )
    if table.recovery is None:
        raise _no_recovery(table)
    if first < int(table.recovery.earliest(now)):
        raise _bad_time("Point in Time Recovery is not available for specified export time")  # a guess
    return first, last


def _second(time: float) -> str:
    return iso(time)[:19] + "Z"


def _bad_time(message: str) -> AwsError:
    return AwsError("InvalidExportTimeException", message)


def _no_recovery(table: Table) -> AwsError:
    return AwsError(
        "PointInTimeRecoveryUnavailableException", f"Point in time recovery is not enabled for table '{table.name}'"
    )


# ---------------------------------------------------------------------- shown


def _description(export: Export) -> dict[str, Any]:
    """Defaults are filled in, the export's type isn't unless it was given. Measured."""
    request = export.request
    shown: dict[str, Any] = {
        "ExportArn": export.arn,
        "ExportStatus": export.status,
        "StartTime": from_timestamp(export.start),
        "TableArn": request["TableArn"],
        "TableId": export.table_id,
        "ExportFormat": "DYNAMODB_JSON",
        "S3SseAlgorithm": "AES256",
    }
    copied = ("ClientToken", "S3Bucket", "S3BucketOwner", "S3Prefix", "S3SseAlgorithm", "S3SseKmsKeyId", "ExportFormat")
    shown.update({name: request[name] for name in (*copied, "ExportType", "FilterSpecification") if name in request})
    if export.kind == "FULL_EXPORT":
        shown["ExportTime"] = from_timestamp(export.span[1])
    else:
        shown["IncrementalExportSpecification"] = {
            "ExportFromTime": from_timestamp(export.span[0]),
            "ExportToTime": from_timestamp(export.span[1]),
            "ExportViewType": export.view,
        }
    if export.end is not None:
        shown["EndTime"] = from_timestamp(export.end)
    if export.status == "COMPLETED":
        shown.update(ItemCount=export.items, BilledSizeBytes=export.size)
        shown["ExportManifest"] = f"{export.folder}manifest-summary.json"
    if export.failure is not None:
        shown["FailureCode"], shown["FailureMessage"] = export.failure
    return shown
