"""Where a key lies: the hash by which DynamoDB spreads partition keys, and so the order in which a scan meets them.

A scan goes through the hash space in order; items of one partition key lie together in the order of their sort keys, and what
is equal in an index lies in the order of the hash of its table key. The hash is MD5 over a fixed word and the key's bytes,
numbers in base 100, as dynalite's public test-suite has observed on the service itself (db/index.js there). Segments of a
parallel scan divide its first 12 bits.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Collection, Iterator
from decimal import Decimal
from hashlib import md5
from typing import Any

from sortedcontainers import SortedList

HASH_BITS = 64
SEGMENT_SPACE = 4096
_WORD = b"Outliers"


def place(parts: bytes) -> int:
    """The place of a key in the hash space, 0 to 2^64 - 1."""
    return int.from_bytes(md5(_WORD + parts, usedforsecurity=False).digest()[:8], "big")


def key_bytes(kind: str, content: Any) -> bytes:
    """A key attribute's content as it is hashed; ``kind`` is S, N or B."""
    if kind == "S":
        return str(content).encode("utf-8", "surrogatepass")
    return number_bytes(str(content)) if kind == "N" else bytes(content)


def number_bytes(text: str) -> bytes:
    """A number in base 100: an exponent, then pairs of digits; what is negative is complemented."""
    if text.isdigit():
        sign, digits, exponent = 0, text.lstrip("0"), 0
    else:
        sign, parts, scale = Decimal(text).as_tuple()
        assert isinstance(scale, int)
        digits, exponent = "".join(map(str, parts)).lstrip("0"), scale
    significant = digits.rstrip("0")
    if not significant:
        return b"\x80"
    point = len(digits) + exponent
    if point % 2:
        significant, point = "0" + significant, point + 1
    significant += "0" * (len(significant) % 2)
    pairs = [int(significant[i : i + 2]) for i in range(0, len(significant), 2)]
    head = (point // 2 - 64) & 0xFF
    if not sign:
        return bytes([head, *(pair + 1 for pair in pairs)])
    return bytes([head ^ 0xFF, *(101 - pair for pair in pairs), *([102] if len(pairs) < 20 else [])])


def segment_bounds(segment: int, total: int) -> tuple[int, int]:
    """The places of one segment of a parallel scan: first, and first after the last."""
    shift = HASH_BITS - 12
    return (-(-SEGMENT_SPACE * segment // total)) << shift, (-(-SEGMENT_SPACE * (segment + 1) // total)) << shift


class PartitionOrder:
    """Partition keys in the order of their places, sorted when a scan asks, kept up to date from then on."""

    __slots__ = ("_changed", "_place", "_sorted")

    def __init__(self, place_of: Callable[[Any], int]) -> None:
        self._place = place_of
        self._sorted: SortedList | None = None
        self._changed: dict[Any, None] = {}

    def changed(self, partition: Any) -> None:
        """A partition has come or gone."""
        if self._sorted is not None:
            self._changed[partition] = None
            if len(self._changed) > 1000 + len(self._sorted):
                self._sorted = None
                self._changed = {}

    def walk(self, partitions: Collection[Any], first: int, end: int) -> Iterator[tuple[int, Any]]:
        """(place, partition key) of those which there are, from ``first`` up to but not ``end``."""
        in_order = self._up_to_date(partitions)
        return iter(in_order.irange((first,), (end,), (True, False)))

    def _up_to_date(self, partitions: Collection[Any]) -> SortedList:
        if self._sorted is None:
            self._sorted = SortedList((self._place(p), p) for p in partitions)
        elif self._changed:
            for partition in self._changed:
                entry = (self._place(partition), partition)
                if partition in partitions:
                    if entry not in self._sorted:
                        self._sorted.add(entry)
                else:
                    self._sorted.discard(entry)
            self._changed = {}
        return self._sorted


# ---------------------------------------------------------------------- the sorted entries of one partition

LONG = 10_000
"""A partition with more entries than this is a tree of lists, else one plain list (small and fast)."""


def insert(entries: Any, entry: Any) -> Any:
    """Put an entry in its place; gives the container, which changes when it has grown long."""
    if type(entries) is not list:
        entries.add(entry)
        return entries
    if not entries or entries[-1] < entry:
        entries.append(entry)
    else:
        entries.insert(bisect_left(entries, entry), entry)
    return SortedList(entries) if len(entries) > LONG else entries


def remove(entries: Any, entry: Any) -> None:
    """Take an entry out; it is there."""
    if type(entries) is list:
        del entries[bisect_left(entries, entry)]
    else:
        entries.remove(entry)


def slice_of(entries: Any, low: int, high: int, backwards: bool) -> Iterator[Any]:
    """The entries at positions ``low`` up to but not ``high``, from the end when ``backwards``."""
    if type(entries) is not list:
        return iter(entries.islice(low, high, backwards))
    positions = range(high - 1, low - 1, -1) if backwards else range(low, high)
    return map(entries.__getitem__, positions)
