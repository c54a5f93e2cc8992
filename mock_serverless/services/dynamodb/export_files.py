"""The files of an export, as they lie in S3: data and items in, names and bytes out; no cloud.

https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/S3DataExport.Output.html. An export has a folder of its own under
AWSDynamoDB/: a summary, a list of data files, the MD5 sum of each, and four data files (as have been counted in an export of the
service's; which item lies in which is not documented). The same export gives the same bytes.
"""

from __future__ import annotations

import base64
import gzip
import json
from collections.abc import Iterable
from hashlib import md5
from typing import Any

from .values import Item, Value

FILES = 4


def data_file(lines: Iterable[dict[str, Any]], form: str) -> bytes:
    """Lines of a data file, compressed."""
    if form == "ION":
        text = "".join(f"$ion_1_0 {_ion_line(line)}\n" for line in lines)
    else:
        text = "".join(json.dumps(_plain(line), separators=(",", ":"), ensure_ascii=False) + "\n" for line in lines)
    return gzip.compress(text.encode("utf-8", "surrogatepass"), mtime=0)


def _plain(value: Any) -> Any:
    """As JSON has it: binary as base64."""
    if isinstance(value, (bytes, bytearray)):
        return base64.b64encode(value).decode()
    if isinstance(value, dict):
        return {key: _plain(part) for key, part in value.items()}
    return [_plain(part) for part in value] if isinstance(value, (list, tuple)) else value


def md5_of(content: bytes) -> str:
    """The MD5 sum of a file, as it stands beside it."""
    return base64.b64encode(md5(content, usedforsecurity=False).digest()).decode()


def etag_of(content: bytes) -> str:
    """The ETag that S3 gives a file which has been uploaded in parts (one, here)."""
    digest = md5(content, usedforsecurity=False).digest()
    return f"{md5(digest, usedforsecurity=False).hexdigest()}-1"


# ---------------------------------------------------------------------- Amazon Ion
# https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/S3DataExport.Output.html#S3DataExport.Output_Data-ION


def _ion_line(line: dict[str, Any]) -> str:
    parts = ",".join(f"{name}:{_ion_item(part)}" for name, part in line.items() if name != "Metadata")
    if "Metadata" not in line:
        return "{" + parts + "}"
    micros = line["Metadata"]["WriteTimestampMicros"]["N"]
    return str("{Record:{Metadata:{WriteTimestampMicros:" + micros + ".}," + parts + "}}")


def _ion_item(item: Item) -> str:
    return "{" + ",".join(f"{_symbol(name)}:{_ion(value)}" for name, value in item.items()) + "}"


def _symbol(name: str) -> str:
    return "'" + name.replace("\\", "\\\\").replace("'", "\\'").replace("\n", "\\n") + "'"


def _text(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)


def _number(text: str) -> str:
    """Numbers are decimals: a point, and ``d`` before an exponent."""
    text = text.replace("E", "d").replace("e", "d")
    return text if "." in text or "d" in text else text + "."


def _blob(content: bytes) -> str:
    return "{{" + base64.b64encode(content).decode() + "}}"


def _ion(value: Value) -> str:
    ((kind, content),) = value.items()
    if kind == "M":
        return _ion_item(content)
    if kind == "L":
        return "[" + ",".join(_ion(part) for part in content) + "]"
    if kind in ("SS", "NS", "BS"):
        return f"$dynamodb_{kind}::[" + ",".join(_ion({kind[0]: part}) for part in content) + "]"
    if kind == "S":
        return _text(content)
    if kind == "N":
        return _number(content)
    if kind == "B":
        return _blob(content)
    return "null" if kind == "NULL" else str(content).lower()
