"""How the store keeps items: packed, each as one immutable string of bytes, which is read into a fresh item.

An item of nested dicts costs Python ten times its size, and the collector of garbage walks through it again and again. Packed it
costs about its size: the item in the format of the module ``marshal`` (made for values of exactly these types, and the fastest
there is; the bytes never leave the process), then its size as DynamoDB counts it. Whoever unpacks an image gets an item of his
own. Store, journal, backups and snapshots share the images.
"""

from __future__ import annotations

from marshal import dumps, loads
from typing import Any

from .values import Item, equal

Record = tuple[Item, int]
"""An item and its size in bytes."""

Image = bytes
"""A packed record."""

SIZE_BYTES = 3
"""Items have at most 400 KB."""


def pack(record: Record) -> Image:
    """A normalised item with its size, packed."""
    item, size = record
    try:
        return dumps(item) + size.to_bytes(SIZE_BYTES, "little")
    except ValueError:  # a subclass of str, or another type that equals one of those that marshal knows
        return dumps(_plain(item)) + size.to_bytes(SIZE_BYTES, "little")


def unpack(image: Image) -> Record:
    """A fresh item with its size."""
    return loads(image), int.from_bytes(image[-SIZE_BYTES:], "little")


def item_of(image: Image) -> Item:
    """A fresh item."""
    item: Item = loads(image)
    return item


def size_in(image: Image) -> int:
    """The size of a packed item."""
    return int.from_bytes(image[-SIZE_BYTES:], "little")


def same(a: Image | None, b: Image | None) -> bool:
    """Whether two images are those of equal items: numbers by value, sets whatever their order."""
    if a is None or b is None or a == b:
        return a == b
    if a[-SIZE_BYTES:] != b[-SIZE_BYTES:]:
        return False
    return equal({"M": loads(a)}, {"M": loads(b)})


def _plain(value: Any) -> Any:
    """The same value in the types which marshal knows."""
    if isinstance(value, str):
        return str.__str__(value)
    if isinstance(value, dict):
        return {str.__str__(name): _plain(content) for name, content in value.items()}
    if isinstance(value, list):
        return [_plain(element) for element in value]
    return bytes(value) if isinstance(value, (bytes, bytearray)) else value
