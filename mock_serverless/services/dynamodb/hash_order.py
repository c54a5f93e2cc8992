"""The order in which the service comes by the attributes of an item: that of Java's HashMap.

Of an item with several faults the first in this order is told. That it is this order is a guess, which explains what has been
captured: an empty name is told before whatever else, and a value that nests too deeply in ``d`` before an empty name in ``m``,
wherever they stand (parity suite, validation-ordering/deepRequests, 2026-10).
https://docs.oracle.com/javase/8/docs/api/java/util/HashMap.html
"""

from __future__ import annotations

from collections.abc import Collection


def in_hash_order(names: Collection[str]) -> list[str]:
    """Names as a HashMap of them gives them; those which share a bucket as they came."""
    buckets = 16
    while len(names) > buckets * 3 // 4:
        buckets *= 2
    return sorted(names, key=lambda name: _spread(hash_of(name)) & (buckets - 1))


def hash_of(text: str) -> int:
    """Java's String.hashCode, unsigned."""
    found = 0
    encoded = text.encode("utf-16-be", "surrogatepass")
    for unit in range(0, len(encoded), 2):
        found = (31 * found + int.from_bytes(encoded[unit : unit + 2], "big")) & 0xFFFFFFFF
    return found


def _spread(code: int) -> int:
    return code ^ (code >> 16)
