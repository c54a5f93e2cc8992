"""Where the items of a distributed Map come from: objects in S3, lists of objects, manifests.

https://docs.aws.amazon.com/step-functions/latest/dg/input-output-itemreader.html. How CSV is read, and the order of a row's
members (that of Java's HashMap), are recorded; so is the cause for doubled headers. Other causes are guesses.
"""

from __future__ import annotations

import csv
import gzip
import io
import zlib
from collections.abc import Callable, Iterator
from typing import Any

from ...core.errors import AwsError, NotSupported
from ...core.scope import Scope
from .language import StateError
from .language.document import loads
from .language.values import hash_ordered

DELIMITERS = {"COMMA": ",", "PIPE": "|", "SEMICOLON": ";", "SPACE": " ", "TAB": "\t"}
ERROR = "States.ItemReaderFailed"
GZIP = b"\x1f\x8b"
"""How a compressed object begins; those of an inventory are."""


def read(scope: Scope, reader: dict[str, Any], caller: str) -> list[Any]:
    """All items of an item reader (its arguments evaluated), at most MaxItems; raises StateError."""
    arguments, config = reader["Arguments"], reader["ReaderConfig"]
    most = config.get("MaxItems")
    if most is not None and most < 0:
        raise StateError(ERROR, "field MaxItems must be positive")  # recorded
    source = _Source(scope, caller)
    lists = reader["Resource"].endswith(":listObjectsV2")
    for name in ("Bucket",) if lists else ("Bucket", "Key"):
        if not isinstance(arguments, dict) or not isinstance(arguments.get(name), str):
            raise StateError(ERROR, f"The {name.lower()} of the item reader must be a string")
    if lists:
        items: Iterator[Any] = source.listed(arguments)
        if config.get("Transformation") == "LOAD_AND_FLATTEN":
            bucket = {"Bucket": arguments["Bucket"]}
            items = (i for o in items for i in source.items({**bucket, "Key": o["Key"]}, config))
    elif config.get("ManifestType") == "ATHENA_DATA":
        items = source.unloaded(arguments, config)
    else:
        items = source.items(arguments, config)
    found = []
    for item in items:
        found.append(item)
        if most and len(found) >= most:
            break
    return found


class _Source:
    """S3, as the machine's role sees it."""

    def __init__(self, scope: Scope, caller: str) -> None:
        self.scope = scope
        self.caller = caller

    def _call(self, operation: str, request: dict[str, Any]) -> dict[str, Any]:
        try:
            return self.scope.call("s3", operation, request, caller=self.caller)
        except AwsError as e:
            cause = f"{e.message} (Service: S3, Status Code: {e.status}, Request ID: {self.scope.ids.uuid()})"
            raise StateError(ERROR, cause) from None

    def text(self, request: dict[str, Any]) -> str:
        """An object's content; the request may name a version of it."""
        answer = self._call("GetObject", request)
        body = answer.get("Body") or b""
        if hasattr(body, "read"):
            body = body.read()
        content = body.encode() if isinstance(body, str) else bytes(body)
        if content.startswith(GZIP):
            try:
                content = gzip.decompress(content)
            except (OSError, EOFError, zlib.error):
                raise StateError(ERROR, f"The object '{request['Key']}' could not be decompressed.") from None
        return content.decode("utf-8-sig", "replace")

    def items(self, request: dict[str, Any], config: dict[str, Any]) -> Iterator[Any]:
        """The items of one object."""
        kind = config.get("InputType", "JSON")
        parse = FORMATS.get(kind)
        if kind == "MANIFEST":
            yield from self.inventory(request)
        elif parse is None:
            raise NotSupported(
                f"mock_serverless does not read {kind} in an ItemReader (s3://{request['Bucket']}/{request['Key']}); use CSV, "
                "JSON or JSONL in the test"
            )
        else:
            yield from parse(self.text(request), config)

    def listed(self, arguments: dict[str, Any]) -> Iterator[Any]:
        """The objects under a prefix; all pages are read. The members and their spelling are reported."""
        request = dict(arguments)
        while True:
            answer = self._call("ListObjectsV2", request)
            for entry in answer.get("Contents", ()):
                date = entry.get("LastModified")
                item = {
                    "Etag": entry.get("ETag"),
                    "Key": entry["Key"],
                    "LastModified": date.timestamp() if hasattr(date, "timestamp") else date,
                    "Size": entry.get("Size"),
                    "StorageClass": entry.get("StorageClass", "STANDARD"),
                }
                yield {name: value for name, value in item.items() if value is not None}
            if not answer.get("IsTruncated") or "NextContinuationToken" not in answer:
                return
            request = {**arguments, "ContinuationToken": answer["NextContinuationToken"]}

    def inventory(self, request: dict[str, Any]) -> Iterator[Any]:
        """The objects that an S3 inventory's manifest lists."""
        manifest = _json(self.text(request))
        if not isinstance(manifest, dict) or manifest.get("fileFormat", "CSV") != "CSV":
            raise StateError(ERROR, "The manifest must be that of an Amazon S3 inventory in the format CSV.")
        headers = [h.strip() for h in str(manifest.get("fileSchema", "")).split(",")]
        home = str(manifest.get("destinationBucket", request["Bucket"])).rpartition(":")[2]
        for file in manifest.get("files", ()):
            for row in _rows(self.text({"Bucket": home, "Key": file["key"]}), ","):
                yield dict(zip(headers, row, strict=False))

    def unloaded(self, request: dict[str, Any], config: dict[str, Any]) -> Iterator[Any]:
        """The rows of the objects that the manifest of Athena's UNLOAD names, a URI per line."""
        for line in self.text(request).split():
            home, _, name = line.removeprefix("s3://").partition("/")
            yield from self.items({"Bucket": home, "Key": name}, config)


# ---------------------------------------------------------------------- formats


def _json(text: str) -> Any:
    try:
        return loads(text)
    except ValueError:
        raise StateError(ERROR, "The object could not be parsed as JSON.") from None


def _json_items(text: str, config: dict[str, Any]) -> Iterator[Any]:
    value = _json(text)
    for step in str(config.get("ItemsPointer", "")).split("/")[1:]:
        name = step.replace("~1", "/").replace("~0", "~")
        try:
            value = value[int(name)] if isinstance(value, list) else value[name]
        except (KeyError, IndexError, ValueError, TypeError):
            raise StateError(ERROR, f"The ItemsPointer '{config['ItemsPointer']}' could not be found.") from None
    if isinstance(value, dict):
        yield from ({"Key": k, "Value": v} for k, v in value.items())
    elif isinstance(value, list):
        yield from value
    else:
        raise StateError(ERROR, "Attempting to map over non-iterable node.")


def _json_lines(text: str, config: dict[str, Any]) -> Iterator[Any]:
    return (_json(line) for line in text.split("\n") if line.strip())


def _rows(text: str, delimiter: str) -> Iterator[list[str]]:
    try:
        yield from (row for row in csv.reader(io.StringIO(text, newline=""), delimiter=delimiter) if row)
    except csv.Error as e:
        raise StateError(ERROR, f"The object could not be parsed as CSV: {e}") from None


def _csv_items(text: str, config: dict[str, Any]) -> Iterator[Any]:
    rows = _rows(text, DELIMITERS.get(config.get("CSVDelimiter", "COMMA"), ","))
    headers = config.get("CSVHeaders") if config.get("CSVHeaderLocation") == "GIVEN" else next(rows, [])
    headers = list(headers or ())
    if len(set(headers)) < len(headers):
        raise StateError(ERROR, "CSV headers cannot contain duplicates.")
    order = hash_ordered(tuple(headers))
    places = {header: i for i, header in enumerate(headers)}
    for row in rows:
        yield {header: row[places[header]] if places[header] < len(row) else "" for header in order}


FORMATS: dict[str, Callable[[str, dict[str, Any]], Iterator[Any]]] = {
    "CSV": _csv_items,
    "JSON": _json_items,
    "JSONL": _json_lines,
}
