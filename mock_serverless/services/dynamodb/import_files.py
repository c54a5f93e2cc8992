"""The files of an import read: an object's bytes in, items out; no cloud.

https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/S3DataImport.Format.html. What can't be read counts as one item
that is wrong, and the rest of its object is left out (measured for DYNAMODB_JSON).
"""

from __future__ import annotations

import base64
import binascii
import csv
import gzip
import io
import json
import zlib
from collections.abc import Iterator
from typing import Any

RawItem = dict[str, Any]
BINARY = ("B", "BS")
LISTS = ("L", "SS", "NS", "BS")


def items(content: bytes, request: dict[str, Any], types: dict[str, str]) -> Iterator[RawItem | None]:
    """The items in an object, attribute values as a request has them; None stands for something that can't be read."""
    try:
        if request.get("InputCompressionType") == "GZIP":
            content = gzip.decompress(content)
        text = content.decode("utf-8-sig")
    except (OSError, EOFError, zlib.error, UnicodeDecodeError):
        yield None
        return
    if request["InputFormat"] == "CSV":
        yield from _rows(text, (request.get("InputFormatOptions") or {}).get("Csv") or {}, types)
    else:
        yield from _lines(text)


def _lines(text: str) -> Iterator[RawItem | None]:
    for line in text.split("\n"):
        if not line.strip():
            continue
        try:
            item = json.loads(line)["Item"]
            yield {name: plain_value(value) for name, value in item.items()}
        except (ValueError, TypeError, KeyError, AttributeError, RecursionError, binascii.Error):
            yield None
            return


def plain_value(value: Any) -> dict[str, Any]:
    """An attribute value out of JSON; ValueError, TypeError, AttributeError or binascii.Error for what isn't one."""
    ((kind, content),) = value.items()
    if kind in LISTS and not isinstance(content, list):
        raise TypeError(kind)
    if kind == "B":
        return {kind: base64.b64decode(content, validate=True)}
    if kind == "BS":
        return {kind: [base64.b64decode(part, validate=True) for part in content]}
    if kind == "M":
        return {kind: {name: plain_value(part) for name, part in content.items()}}
    if kind == "L":
        return {kind: [plain_value(part) for part in content]}
    return {kind: content}


def _rows(text: str, options: dict[str, Any], types: dict[str, str]) -> Iterator[RawItem | None]:
    """All values are strings, but those of keys. An empty value is left out (a guess)."""
    rows = csv.reader(io.StringIO(text, newline=""), delimiter=options.get("Delimiter", ","), strict=True)
    header: list[str] | None = options.get("HeaderList")
    try:
        for row in rows:
            if header is None:
                header = row
            elif row:
                yield _row(header, row, types)
    except csv.Error:
        yield None


def _row(header: list[str], row: list[str], types: dict[str, str]) -> RawItem | None:
    if len(row) > len(header):
        return None
    try:
        return {
            name: {"B": base64.b64decode(text, validate=True)}
            if types.get(name) == "B"
            else {types.get(name, "S"): text}
            for name, text in zip(header, row, strict=False)
            if text
        }
    except binascii.Error:
        return None
