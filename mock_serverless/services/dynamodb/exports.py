"""export_table_to_point_in_time, describe_export, list_exports.

https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/S3DataExport.HowItWorks.html. What is exported is taken when the
export ends (at ``cloud.dynamodb.latency(export=...)``), as it was at its time; the files go to S3 by the same way as anybody's
(``s3.PutObject``), so that a fake or stubbed S3 gets them. Where there is none, the export has FAILED and says so. Checks, codes
and words have been measured on the service (ack-api-quirks, DDB-EXPORT-001 to DDB-EXPORT-021).
"""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from typing import Any

from mock_serverless.core.agenda import job
from mock_serverless.core.arns import Arn
from mock_serverless.core.clock import from_timestamp, to_timestamp
from mock_serverless.core.errors import AwsError, NotSupported
from mock_serverless.core.operation import operation
from mock_serverless.core.scope import Scope

from . import export_files, export_filters
from .database import Database
from .images import unpack
from .placement import segment_bounds
from .recovery import not_found
from .schema import INVALID
from .states import iso
from .table import Table
from .values import Item, refuse

REQUEST = "Invalid Request: "
LEAST, MOST = 900.0, 86400.0
TOKEN_LIFE = 8 * 3600.0
FAILURES = {
    "NoSuchBucket": "S3NoSuchBucket",
    "AccessDenied": "S3AccessDenied",
    "KMS.NotFoundException": "KmsNotFoundException",
}


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
    def folder(self) -> str:
        """Where in the bucket its files lie."""
        prefix = self.request.get("S3Prefix", "")
        return f"{prefix}{'/' if prefix and not prefix.endswith('/') else ''}AWSDynamoDB/{self.id}/"


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
    if arn.region != db.scope.region or table is None or table.status == "CREATING":
        raise not_found(text)
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
    if "S3SseKmsKeyId" in request and request.get("S3SseAlgorithm") != "KMS":
        raise refuse(REQUEST + "KMS Key Id is not supported for this encryption type")


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
            "ExportViewType": _view(export),
        }
    if export.end is not None:
        shown["EndTime"] = from_timestamp(export.end)
    if export.status == "COMPLETED":
        shown.update(ItemCount=export.items, BilledSizeBytes=export.size)
        shown["ExportManifest"] = f"{export.folder}manifest-summary.json"
    if export.failure is not None:
        shown["FailureCode"], shown["FailureMessage"] = export.failure
    return shown


def _view(export: Export) -> str:
    given = export.request.get("IncrementalExportSpecification") or {}
    return str(given.get("ExportViewType", "NEW_AND_OLD_IMAGES"))


# ---------------------------------------------------------------------- the work


@job("dynamodb:export")
def finish(scope: Scope, arn: str) -> None:
    """Write an export's files; it ends COMPLETED or FAILED."""
    db: Database = scope.state()
    export = db.exports.get(arn)
    if export is None or export.status != "IN_PROGRESS":
        return
    table = db.tables.get(export.table)
    now = scope.timestamp()
    if table is None or table.id != export.table_id:
        failure = (
            "TableNotFound",
            f"Table not found: {export.request['TableArn']}",
        )  # a guess: exports of such tables complete
        db.exports[arn] = replace(export, status="FAILED", end=now, failure=failure)
        return
    parts, size = _parts(export, table)
    items = sum(map(len, parts))
    export = replace(export, status="COMPLETED", end=now, items=items, size=size)
    try:
        _deliver(scope, export, parts)
    except AwsError as error:
        failure = (FAILURES.get(error.code, error.code), error.message)
        export = replace(export, status="FAILED", items=0, size=0, failure=failure)
    except NotSupported as error:
        failure = ("NotSupported", f"There is no S3 to write to. {error}")
        export = replace(export, status="FAILED", items=0, size=0, failure=failure)
    db.exports[arn] = export


def _parts(export: Export, table: Table) -> tuple[list[list[dict[str, Any]]], int]:
    """The lines of the data files, and how many bytes are billed."""
    first, last = export.span
    wanted = export_filters.read(table, export.request.get("FilterSpecification"))
    bounds = [segment_bounds(segment, export_files.FILES) for segment in range(export_files.FILES)]
    if export.kind == "FULL_EXPORT":
        store = table.at(last)
        parts, size = [], 0
        for bound in bounds:
            records = [unpack(store.items[key]) for key in store.scan(None, *bound)]
            size += sum(length for item, length in records if wanted.reads(item))
            parts.append([{"Item": wanted.shown(item)} for item, _ in records if wanted.exports(item)])
        return parts, size
    changed: dict[Any, dict[str, Any]] = {}
    latest: dict[Any, Item] = {}  # the last image that there was
    journal = table.journal
    for number in range(journal.number_at(first), journal.number_at(last)):
        change = journal.change(number)
        image = change.new or change.old
        assert image is not None
        key = table.key.of_item(image)
        line = changed.setdefault(key, {"Keys": table.key.attributes(image), "OldImage": change.old})
        line["Metadata"] = {"WriteTimestampMicros": {"N": str(int(change.time * 1_000_000))}}
        line["NewImage"] = change.new
        latest[key] = image
    parts = [[] for _ in bounds]
    for key, line in changed.items():
        if not wanted.exports(latest[key]):
            continue
        for name in ("OldImage", "NewImage"):
            line[name] = line[name] and wanted.shown(line[name])
        place = table.key.place_of(table.key.partition_of(key))
        number = next(i for i, (low, high) in enumerate(bounds) if low <= place < high)
        parts[number].append(_change_line(line, _view(export)))
    return parts, max(10_000_000, table.items.store.size)  # measured: at least 10 MB are billed


def _change_line(line: dict[str, Any], view: str) -> dict[str, Any]:
    names = ("Metadata", "Keys", *(("OldImage",) if view == "NEW_AND_OLD_IMAGES" else ()), "NewImage")
    return {name: line[name] for name in names if line[name] is not None}


def _deliver(scope: Scope, export: Export, parts: list[list[dict[str, Any]]]) -> None:
    """Put the files into the bucket: https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutObject.html"""
    form = export.request.get("ExportFormat", "DYNAMODB_JSON")
    ending = "ion.gz" if form == "ION" else "json.gz"
    listed = []
    _put(scope, export, "_started", b"")
    for number, lines in enumerate(parts):
        content = export_files.data_file(lines, form)
        key = f"data/{export_files.md5_of(f'{export.arn}/{number}'.encode()).translate(_NAME)[:22].lower()}.{ending}"
        _put(scope, export, key, content)
        listed.append(
            {
                "itemCount": len(lines),
                "md5Checksum": export_files.md5_of(content),
                "etag": export_files.etag_of(content),
                "dataFileS3Key": export.folder + key,
            }
        )
    _put_with_sum(scope, export, "manifest-files.json", "\n".join(json.dumps(entry) for entry in listed))
    _put_with_sum(scope, export, "manifest-summary.json", json.dumps(_summary(export, form)))


_NAME = str.maketrans("+/=", "aaa")


def _put_with_sum(scope: Scope, export: Export, name: str, text: str) -> None:
    _put(scope, export, name, text.encode())
    _put(scope, export, name.replace(".json", ".md5"), export_files.md5_of(text.encode()).encode())


def _put(scope: Scope, export: Export, name: str, content: bytes) -> None:
    request = export.request
    params: dict[str, Any] = {"Bucket": request["S3Bucket"], "Key": export.folder + name, "Body": content}
    if "S3BucketOwner" in request:
        params["ExpectedBucketOwner"] = request["S3BucketOwner"]
    params["ServerSideEncryption"] = "aws:kms" if request.get("S3SseAlgorithm") == "KMS" else "AES256"
    if "S3SseKmsKeyId" in request:
        params["SSEKMSKeyId"] = request["S3SseKmsKeyId"]
    scope.call("s3", "PutObject", params, caller="dynamodb")


def _summary(export: Export, form: str) -> dict[str, Any]:
    request = export.request
    full = export.kind == "FULL_EXPORT"
    times: dict[str, Any] = {"exportTime": iso(export.span[1])}
    if not full:
        times = {
            "exportFromTime": iso(export.span[0]),
            "exportToTime": iso(export.span[1]),
            "outputView": _view(export),
        }
    assert export.end is not None
    return {
        "version": "2020-06-30" if full else "2023-08-01",
        "exportArn": export.arn,
        "startTime": iso(export.start),
        "endTime": iso(export.end),
        "tableArn": request["TableArn"],
        "tableId": export.table_id,
        **times,
        "s3Bucket": request["S3Bucket"],
        "s3Prefix": request.get("S3Prefix"),
        "s3SseAlgorithm": request.get("S3SseAlgorithm", "AES256"),
        "s3SseKmsKeyId": request.get("S3SseKmsKeyId"),
        "manifestFilesS3Key": f"{export.folder}manifest-files.json",
        "billedSizeBytes": export.size,
        "itemCount": export.items,
        "outputFormat": form,
        **({} if full else {"exportType": export.kind}),
    }
