"""The files of a bulk operation: an object's bytes in, puts out, and the reports of what was not written; no cloud.

https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/BulkPutItems.Format.html: JSON Lines, an item a line, with a
condition of its own if there is to be one. That a line is what a Put of a transaction is, is a guess, and so are the form and
the place of the reports (BulkPutItems.Output.html).
"""

from __future__ import annotations

import base64
import binascii
import gzip
import json
import zlib
from collections.abc import Iterable, Iterator
from typing import Any

from .import_files import plain_value

MEMBERS = frozenset(("Item", "ConditionExpression", "ExpressionAttributeNames", "ExpressionAttributeValues"))
UNREADABLE = "The input can't be read as DYNAMODB_JSON; the rest of the object has not been processed"  # a guess


def puts(content: bytes, compression: str, start: int = 0) -> Iterator[dict[str, Any] | None]:
    """The puts in an object from a number on, as a request has them; None stands for what can't be read, and ends the object."""
    try:
        text = (gzip.decompress(content) if compression == "GZIP" else content).decode("utf-8-sig")
    except (OSError, EOFError, zlib.error, UnicodeDecodeError):
        yield None
        return
    lines = [line for line in text.split("\n") if line.strip()]
    for line in lines[start:]:
        put = _put(line)
        yield put
        if put is None:
            return


def _put(line: str) -> dict[str, Any] | None:
    try:
        put = json.loads(line)
        if not isinstance(put, dict) or "Item" not in put or not put.keys() <= MEMBERS:
            return None
        for name in ("Item", "ExpressionAttributeValues"):
            if name in put:
                put[name] = {key: plain_value(value) for key, value in put[name].items()}
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError, binascii.Error):
        return None
    names = put.get("ExpressionAttributeNames", {})
    texts = [put.get("ConditionExpression", ""), *(names.values() if isinstance(names, dict) else [None])]
    return put if all(isinstance(text, str) for text in texts) else None


def report(entries: Iterable[dict[str, Any]]) -> bytes:
    """Lines of JSON, binary as base64."""
    return "".join(json.dumps(entry, default=_base64, ensure_ascii=False) + "\n" for entry in entries).encode()


def _base64(value: Any) -> str:
    return base64.b64encode(value).decode()
