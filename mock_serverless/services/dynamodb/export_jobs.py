"""The work of an export: what it takes of its table, and the files that it puts into the bucket.

https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/S3DataExport.Output.html. The files themselves are made in
export_files.py; which items are in them, export_filters.py says.
"""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

from mock_serverless.core.agenda import job
from mock_serverless.core.errors import AwsError, NotSupported
from mock_serverless.core.scope import Scope

from . import export_files, export_filters, s3_objects
from .database import Database
from .exports import Export, Taken
from .images import unpack
from .placement import segment_bounds
from .states import iso
from .table import Table
from .values import Item


@job("dynamodb:export")
def finish(scope: Scope, arn: str) -> None:
    """Write an export's files; it ends COMPLETED or FAILED."""
    db: Database = scope.state()
    export = db.exports.get(arn)
    if export is None or export.status != "IN_PROGRESS":
        return
    now = scope.timestamp()
    parts, size = export.taken or _parts(export, db.tables[export.table])
    items = sum(map(len, parts))
    export = replace(export, status="COMPLETED", end=now, items=items, size=size, taken=None)
    try:
        _deliver(scope, export, parts)
    except (AwsError, NotSupported) as error:
        failure = s3_objects.failure_of(scope, error)
        export = replace(export, status="FAILED", items=0, size=0, failure=failure)
    db.exports[arn] = export


def take_before_deletion(db: Database, table: Table) -> None:
    """A table is about to be gone: what is being exported of it is taken now.

    Exports that are under way complete all the same: measured (ack-api-quirks, DDB-TABLE-454).
    """
    for arn, export in list(db.exports.items()):
        if export.status == "IN_PROGRESS" and export.table_id == table.id:
            db.exports[arn] = replace(export, taken=_parts(export, table))


def _parts(export: Export, table: Table) -> Taken:
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
        parts[number].append(_change_line(line, export.view))
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
    params = {
        "Bucket": request["S3Bucket"],
        "Key": export.folder + name,
        "Body": content,
        **s3_objects.owner_of(request),
        **s3_objects.encryption_of(request, "AES256"),
    }
    scope.call("s3", "PutObject", params, caller="dynamodb")


def _summary(export: Export, form: str) -> dict[str, Any]:
    request = export.request
    full = export.kind == "FULL_EXPORT"
    times: dict[str, Any] = {"exportTime": iso(export.span[1])}
    if not full:
        times = {
            "exportFromTime": iso(export.span[0]),
            "exportToTime": iso(export.span[1]),
            "outputView": export.view,
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
