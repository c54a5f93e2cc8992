"""CBOR (RFC 8949), as much of it as Smithy's RPC v2 protocol uses.

https://smithy.io/2.0/additional-specs/protocols/smithy-rpc-v2.html. Reading takes definite and indefinite lengths,
half, single and double floats, null and undefined, and tag 1 (a moment in epoch seconds). Writing is always of definite
length; floats are doubles.
"""

from __future__ import annotations

import struct
from datetime import datetime
from typing import Any

from .scalars import Malformed, epoch_seconds, read_moment

UNSIGNED, NEGATIVE, BYTES, TEXT, ARRAY, MAP, TAG, SIMPLE = range(8)
INDEFINITE = 31
SIMPLE_VALUES = {20: False, 21: True, 22: None, 23: None}
FLOATS = {25: ">e", 26: ">f", 27: ">d"}
_BREAK = object()


# ---------------------------------------------------------------------- writing


def dumps(value: Any) -> bytes:
    out = bytearray()
    _write(value, out)
    return bytes(out)


def _head(major: int, size: int, out: bytearray) -> None:
    if size < 24:
        out.append(major << 5 | size)
        return
    for info, (limit, width) in enumerate(((1 << 8, 1), (1 << 16, 2), (1 << 32, 4), (1 << 64, 8)), 24):
        if size < limit:
            out.append(major << 5 | info)
            out += size.to_bytes(width, "big")
            return
    raise OverflowError(f"{size} does not fit into 64 bits")


def _write(value: Any, out: bytearray) -> None:
    if value is None or value is True or value is False:
        out.append(SIMPLE << 5 | {False: 20, True: 21, None: 22}[value])
    elif isinstance(value, int):
        _head(UNSIGNED if value >= 0 else NEGATIVE, value if value >= 0 else -1 - value, out)
    elif isinstance(value, float):
        out.append(SIMPLE << 5 | 27)
        out += struct.pack(">d", value)
    elif isinstance(value, str):
        _sized(TEXT, value.encode(), out)
    elif isinstance(value, (bytes, bytearray)):
        _sized(BYTES, bytes(value), out)
    elif isinstance(value, datetime):
        _head(TAG, 1, out)
        _write(epoch_seconds(value), out)
    elif isinstance(value, dict):
        _head(MAP, len(value), out)
        for key, item in value.items():
            _write(key, out)
            _write(item, out)
    elif isinstance(value, (list, tuple)):
        _head(ARRAY, len(value), out)
        for item in value:
            _write(item, out)
    else:
        raise TypeError(f"{type(value).__name__} has no CBOR form")


def _sized(major: int, data: bytes, out: bytearray) -> None:
    _head(major, len(data), out)
    out += data


# ---------------------------------------------------------------------- reading


def loads(data: bytes) -> Any:
    reader = _Reader(data)
    value = reader.item()
    if value is _BREAK or reader.at != len(data):
        raise Malformed("The body is not one CBOR data item")
    return value


class _Reader:
    __slots__ = ("at", "data")

    def __init__(self, data: bytes) -> None:
        self.data = data
        self.at = 0

    def take(self, count: int) -> bytes:
        piece = self.data[self.at : self.at + count]
        if len(piece) != count:
            raise Malformed("The CBOR body ends early")
        self.at += count
        return piece

    def item(self) -> Any:
        initial = self.take(1)[0]
        major, info = initial >> 5, initial & 31
        if major == SIMPLE:
            return self.simple(info)
        size = None if info == INDEFINITE else self.size(info)
        if major in (BYTES, TEXT):
            data = self.string(major, size)
            try:
                return data if major == BYTES else data.decode()
            except UnicodeDecodeError:
                raise Malformed("A CBOR text is not UTF-8") from None
        if major == ARRAY:
            return self.items(size)
        if major == MAP:
            return self.pairs(size)
        if size is None:
            raise Malformed("A CBOR number has no length")
        if major == TAG:
            return self.tagged(size)
        return size if major == UNSIGNED else -1 - size

    def size(self, info: int) -> int:
        if info < 24:
            return info
        if info > 27:
            raise Malformed(f"Reserved CBOR length {info}")
        return int.from_bytes(self.take(1 << (info - 24)), "big")

    def simple(self, info: int) -> Any:
        if info in FLOATS:
            return struct.unpack(FLOATS[info], self.take(1 << (info - 24)))[0]
        if info == INDEFINITE:
            return _BREAK
        if info not in SIMPLE_VALUES:
            raise Malformed(f"CBOR simple value {info} means nothing here")
        return SIMPLE_VALUES[info]

    def string(self, major: int, size: int | None) -> bytes:
        if size is not None:
            return self.take(size)
        chunks = self.items(None)
        if not all(isinstance(chunk, bytes if major == BYTES else str) for chunk in chunks):
            raise Malformed("The chunks of a CBOR string are of one kind")
        return b"".join(chunk if isinstance(chunk, bytes) else chunk.encode() for chunk in chunks)

    def items(self, size: int | None) -> list[Any]:
        found: list[Any] = []
        while size is None or len(found) < size:
            value = self.item()
            if value is _BREAK:
                if size is not None:
                    raise Malformed("A CBOR array ends early")
                break
            found.append(value)
        return found

    def pairs(self, size: int | None) -> dict[Any, Any]:
        flat = self.items(None if size is None else size * 2)
        if len(flat) % 2 or not all(isinstance(key, str) for key in flat[::2]):
            raise Malformed("A CBOR map needs text keys, each with a value")
        return dict(zip(flat[::2], flat[1::2], strict=True))

    def tagged(self, tag: int) -> Any:
        value = self.item()
        if tag != 1:
            raise Malformed(f"CBOR tag {tag} means nothing here")
        return read_moment(value)
