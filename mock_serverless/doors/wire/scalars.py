"""Single values as text: numbers, booleans, blobs and the three ways AWS writes a moment.

The rules are Smithy's (https://smithy.io/2.0/spec/protocol-traits.html#timestampformat-trait): ``iso8601``,
``rfc822`` and ``unixtimestamp`` are botocore's names for date-time, http-date and epoch-seconds. Reading is lenient
as AWS is: a moment is taken in any of the three forms. Everything that is read is in UTC and aware.
"""

from __future__ import annotations

import base64
import binascii
import math
import re
from collections.abc import Callable
from datetime import datetime, timedelta, timezone
from email.utils import format_datetime, parsedate_to_datetime
from typing import Any

EPOCH = datetime(1970, 1, 1, tzinfo=timezone.utc)
ISO8601 = re.compile(
    r"(\d{4})-(\d\d)-(\d\d)(?:[Tt ](\d\d):(\d\d)(?::(\d\d)(?:\.(\d{1,9}))?)?\s*([Zz]|[+-]\d\d:?\d\d)?)?"
)
NUMBER = re.compile(r"[+-]?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?")
SPECIAL_FLOATS = {"NaN": math.nan, "Infinity": math.inf, "-Infinity": -math.inf}


class Malformed(ValueError):
    """A request can't be read as its model says; which error that is depends on the protocol."""


# ---------------------------------------------------------------------- moments


def read_moment(value: Any) -> datetime:
    """A moment from epoch seconds (number or text), ISO 8601 or RFC 822."""
    if isinstance(value, datetime):
        return value.replace(tzinfo=timezone.utc) if value.tzinfo is None else value.astimezone(timezone.utc)
    try:
        if isinstance(value, (int, float)) and not isinstance(value, bool):
            return EPOCH + timedelta(seconds=value)
        if isinstance(value, str):
            return _moment_of_text(value.strip())
    except (ValueError, OverflowError, TypeError):
        pass
    raise Malformed(f"Invalid timestamp: {value!r}")


def _moment_of_text(text: str) -> datetime:
    if NUMBER.fullmatch(text):
        return EPOCH + timedelta(seconds=float(text) if not text.lstrip("+-").isdigit() else int(text))
    iso = ISO8601.fullmatch(text)
    if iso is None:
        return read_moment(parsedate_to_datetime(text))
    year, month, day, hour, minute, second, fraction, offset = iso.groups()
    micros = int((fraction or "0")[:6].ljust(6, "0"))
    date = datetime(int(year), int(month), int(day), int(hour or 0), int(minute or 0), int(second or 0), micros)
    return date.replace(tzinfo=timezone.utc) - _offset(offset)


def _offset(text: str | None) -> timedelta:
    if text is None or text in "Zz":
        return timedelta(0)
    digits = text[1:].replace(":", "")
    size = timedelta(hours=int(digits[:2]), minutes=int(digits[2:]))
    return -size if text[0] == "-" else size


def epoch_seconds(value: Any) -> int | float:
    """Whole seconds as an int; else a float rounded once, so that the microseconds survive."""
    since = read_moment(value) - EPOCH
    micros = since // timedelta(microseconds=1)
    return micros // 10**6 if micros % 10**6 == 0 else micros / 10**6


def iso8601(value: Any) -> str:
    moment = read_moment(value)
    text = f"{moment.year:04d}-{moment:%m-%dT%H:%M:%S}"
    if moment.microsecond % 1000:
        text += f".{moment.microsecond:06d}"
    elif moment.microsecond:
        text += f".{moment.microsecond // 1000:03d}"
    return text + "Z"


def rfc822(value: Any) -> str:
    return format_datetime(read_moment(value), usegmt=True)


MOMENT_FORMATS: dict[str, Callable[[Any], Any]] = {
    "iso8601": iso8601,
    "rfc822": rfc822,
    "unixtimestamp": epoch_seconds,
}


def write_moment(value: Any, shape: Any, default: str) -> Any:
    """In the shape's own ``timestampFormat``, or in the one its place in the protocol has."""
    return MOMENT_FORMATS[shape.serialization.get("timestampFormat", default).lower()](value)


# ---------------------------------------------------------------------- bytes and floats


def read_base64(text: str) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError) as error:
        raise Malformed(str(error)) from None


def as_bytes(value: Any) -> bytes:
    """A blob as services hold it: bytes, text, or something to read from."""
    if isinstance(value, str):
        return value.encode()
    if hasattr(value, "read"):
        return as_bytes(value.read())
    return bytes(value)


def write_base64(value: Any) -> str:
    return base64.b64encode(as_bytes(value)).decode("ascii")


def float_text(value: Any) -> str:
    number = float(value)
    if math.isnan(number):
        return "NaN"
    if math.isinf(number):
        return "Infinity" if number > 0 else "-Infinity"
    return repr(number)


# ---------------------------------------------------------------------- by the shape's type


def _read_integer(text: str, shape: Any) -> int:
    return int(text)


def _read_float(text: str, shape: Any) -> float:
    return SPECIAL_FLOATS[text] if text in SPECIAL_FLOATS else float(text)


def _read_boolean(text: str, shape: Any) -> bool:
    lowered = text.strip().lower()
    if lowered not in ("true", "false"):
        raise ValueError(text)
    return lowered == "true"


READERS: dict[str, Callable[[str, Any], Any]] = {
    "integer": _read_integer,
    "long": _read_integer,
    "float": _read_float,
    "double": _read_float,
    "boolean": _read_boolean,
    "timestamp": lambda text, shape: read_moment(text),
    "blob": lambda text, shape: read_base64(text),
}


def read_text(text: str, shape: Any) -> Any:
    """The value of a scalar which stands in a form, an XML document, a header or a URI."""
    reader = READERS.get(shape.type_name)
    if reader is None:
        return text
    try:
        return reader(text, shape)
    except ValueError:
        raise Malformed(f"{text!r} is not a valid {shape.type_name}") from None


def write_text(value: Any, shape: Any, moments: str = "iso8601") -> str:
    """A scalar as text, the other way round."""
    kind = shape.type_name
    if kind == "boolean":
        return "true" if value else "false"
    if kind == "timestamp":
        return str(write_moment(value, shape, moments))
    if kind == "blob":
        return write_base64(value)
    if kind in ("float", "double"):
        return float_text(value)
    return str(value)
