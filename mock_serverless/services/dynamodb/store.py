"""The items of a table and its indexes, in order. Every change goes through :meth:`Store.replace`.

::

    items        key -> image (the packed item, images.py)    the only place where items are
    partitions   partition key -> sort keys, sorted           tables with a sort key only
    indexes      name -> Index: partition key -> entries      (sort values..., tie, key of the item), sorted;
                 images: key -> what the index has of the item, packed, where that isn't all of it
    vectors      name -> VectorIndex (vector_indexes.py)

Stored items are never changed; whoever reads one gets a fresh copy. Reading a partition, of the table or of an index, costs
O(log n + what is read); scanning goes through the partitions in the order of the hash (placement.py).
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterator
from typing import Any

from .images import Image, pack, size_in, unpack
from .images import Record as Record
from .placement import PartitionOrder, insert, key_bytes, place, remove, slice_of
from .schema import MAX_HASH, MAX_RANGE, IndexDefinition, Key, PrimaryKey, byte_length
from .sizes import size_of
from .values import Item, Value, number_of
from .vector_indexes import VectorDefinition, VectorIndex


class _Last:
    """Sorts behind everything: ties, and whatever the next attribute of a key may hold."""

    def __lt__(self, other: object) -> bool:
        return False

    def __gt__(self, other: object) -> bool:
        return True


LAST: Any = _Last()


class Index:
    """One secondary index: references to the items which have its key."""

    __slots__ = ("_hash", "_limits", "_order", "_range", "count", "definition", "images", "key", "partitions", "size")

    def __init__(self, definition: IndexDefinition, key: PrimaryKey) -> None:
        self.definition = definition
        self.key = key
        self._hash = definition.key.hash
        self._range = definition.key.range
        keys = ((self._hash, MAX_HASH), (self._range, MAX_RANGE))
        self._limits = [(name, kind, longest) for key, longest in keys for name, kind in key if kind != "N"]
        self.partitions: dict[Any, Any] = {}
        self.images: dict[Key, Image] | None = None if definition.projection.names is None else {}
        self._order = PartitionOrder(self.place_of)
        self.count = 0
        self.size = 0

    def copy(self, definition: IndexDefinition) -> Index:
        """A copy of its own, perhaps under another name."""
        twin = Index(definition, self.key)
        twin.partitions = {partition: entries.copy() for partition, entries in self.partitions.items()}
        twin.images = None if self.images is None else self.images.copy()
        twin.count, twin.size = self.count, self.size
        return twin

    def place_of(self, partition: Any) -> int:
        """Where a partition lies in the order of a scan."""
        if len(self._hash) == 1:
            return place(key_bytes(self._hash[0][1], partition))
        return place(b"".join(key_bytes(kind, part) for (_, kind), part in zip(self._hash, partition, strict=True)))

    def locate(self, item: Item) -> tuple[Any, tuple[Any, ...]] | None:
        """Partition and sort values of an item; None when it lacks a part of the key, or violates it.

        Only items from before the index was there can violate its key: of another type, empty or too long.
        """
        try:
            if len(self._hash) == 1:
                name, kind = self._hash[0]
                partition = item[name][kind]
            else:
                partition = tuple(item[name][kind] for name, kind in self._hash)
            sort = tuple(
                [number_of(item[name][kind]) if kind == "N" else item[name][kind] for name, kind in self._range]
            )
        except KeyError:
            return None
        for name, kind, longest in self._limits:
            content = item[name][kind]
            if not content or (len(content) * 4 > longest and byte_length(content) > longest):
                return None
        return partition, sort

    def size_in(self, record: Record) -> int:
        """How many bytes of an item are in the index."""
        return (
            record[1] if self.definition.projection.names is None else size_of(self.definition.projection.of(record[0]))
        )

    def replace(self, key: Key, old: Record | None, new: Record | None) -> None:
        """An item has changed from ``old`` to ``new``."""
        before = self.locate(old[0]) if old is not None else None
        after = self.locate(new[0]) if new is not None else None
        tie = 0 if before == after else self.key.tie_of(key)
        images = self.images
        if before is not None:
            assert old is not None
            self.count -= 1
            self.size -= old[1] if images is None else size_in(images.pop(key))
            if before != after:
                self._take_out(before[0], (*before[1], tie, key))
        if after is not None:
            assert new is not None
            if images is not None:
                item = self.definition.projection.of(new[0])
                new = item, size_of(item)
                images[key] = pack(new)
            self.count += 1
            self.size += new[1]
            if before != after:
                self._put_in(after[0], (*after[1], tie, key))

    def _put_in(self, partition: Any, entry: tuple[Any, ...]) -> None:
        entries = self.partitions.get(partition)
        if entries is None:
            self.partitions[partition] = [entry]
            self._order.changed(partition)
        else:
            self.partitions[partition] = insert(entries, entry)

    def _take_out(self, partition: Any, entry: tuple[Any, ...]) -> None:
        entries = self.partitions[partition]
        if len(entries) == 1:
            del self.partitions[partition]
            self._order.changed(partition)
        else:
            remove(entries, entry)

    # ------------------------------------------------------------------ reading

    def query(self, partition: Any, bounds: Bounds) -> Iterator[Key]:
        """The keys of one partition's items within bounds, in order."""
        entries = self.partitions.get(partition)
        if entries is None:
            return iter(())
        low, high = bounds.positions(entries, self._at)
        return (entry[-1] for entry in slice_of(entries, low, high, bounds.backwards))

    def _at(self, values: tuple[Any, ...], after: bool) -> tuple[Any, ...]:
        return (*values, LAST) if after else values

    def start(self, item: Item) -> tuple[Any, tuple[Any, ...]] | None:
        """Partition and entry which an ExclusiveStartKey (normalised, complete) names."""
        found = self.locate(item)
        if found is None:
            return None
        key = self.key.within(item)
        return found[0], (*found[1], self.key.tie_of(key), key)

    def scan(self, after: tuple[Any, tuple[Any, ...]] | None, first: int, end: int) -> Iterator[Key]:
        """The keys of all items in the index from place ``first`` up to ``end``, behind ``after``."""
        skip = None
        if after is not None:
            skip = (self.place_of(after[0]), after[0])
            first = max(first, skip[0])
        for where in self._order.walk(self.partitions, first, end):
            entries = self.partitions[where[1]]
            low = 0
            if skip is not None and where <= skip:
                assert after is not None
                low = len(entries) if where < skip else bisect_right_in(entries, after[1])
            for entry in slice_of(entries, low, len(entries), False):
                yield entry[-1]


class Bounds:
    """Which part of a partition is read: sort values from ``low`` to ``high``, each open or not, and the direction.

    ``low`` and ``high`` are tuples of leading sort values, None for no bound. ``after`` is the entry to go on behind.
    """

    __slots__ = ("after", "backwards", "high", "high_open", "low", "low_open")

    def __init__(
        self,
        low: tuple[Any, ...] | None = None,
        high: tuple[Any, ...] | None = None,
        low_open: bool = False,
        high_open: bool = False,
    ) -> None:
        self.low, self.high = low, high
        self.low_open, self.high_open = low_open, high_open
        self.backwards = False
        self.after: Any = None

    def positions(self, entries: Any, at: Any) -> tuple[int, int]:
        """Where in a partition's entries it begins and ends; ``at(values, after)`` makes what sorts before or behind."""
        low = 0 if self.low is None else bisect_left_in(entries, at(self.low, self.low_open))
        high = len(entries) if self.high is None else bisect_left_in(entries, at(self.high, not self.high_open))
        if self.after is not None:
            if self.backwards:
                high = min(high, bisect_left_in(entries, self.after))
            else:
                low = max(low, bisect_right_in(entries, self.after))
        return low, max(low, high)


def bisect_left_in(entries: Any, entry: Any) -> int:
    """The position before which all is less."""
    return bisect_left(entries, entry) if type(entries) is list else int(entries.bisect_left(entry))


def bisect_right_in(entries: Any, entry: Any) -> int:
    """The position from which all is greater."""
    return bisect_right(entries, entry) if type(entries) is list else int(entries.bisect_right(entry))


class Store:
    """All items of a table with its indexes, at one moment."""

    __slots__ = ("_order", "indexes", "items", "key", "partitions", "size", "vectors")

    def __init__(self, key: PrimaryKey) -> None:
        self.key = key
        self.items: dict[Key, Image] = {}
        self.partitions: dict[Any, Any] | None = None if key.range_name is None else {}
        self._order = PartitionOrder(key.place_of)
        self.indexes: dict[str, Index] = {}
        self.vectors: dict[str, VectorIndex] = {}
        self.size = 0

    def copy(self, indexes: dict[str, IndexDefinition], vectors: dict[str, VectorDefinition]) -> Store:
        """A copy of its own (the images are shared), with some of the indexes: old name -> definition."""
        twin = Store(self.key)
        twin.items = self.items.copy()
        if self.partitions is not None:
            twin.partitions = {partition: entries.copy() for partition, entries in self.partitions.items()}
        twin.size = self.size
        twin.indexes = {definition.name: self.indexes[old].copy(definition) for old, definition in indexes.items()}
        twin.vectors = {definition.name: self.vectors[old].copy(definition) for old, definition in vectors.items()}
        return twin

    def get(self, key: Key) -> Record | None:
        """A fresh copy of an item, with its size."""
        image = self.items.get(key)
        return None if image is None else unpack(image)

    def replace(self, key: Key, image: Image | None, record: Record | None = None) -> Image | None:
        """Put an item (None: take it away); gives what was there. ``record`` is what the image holds, if it is at hand."""
        items = self.items
        old = items.get(key)
        if image is not None:
            items[key] = image
            self.size += size_in(image)
            if old is None:
                self._enter(key)
        if old is not None:
            self.size -= size_in(old)
            if image is None:
                del items[key]
                self._leave(key)
        if self.indexes or self.vectors:
            before = None if old is None else unpack(old)
            after = unpack(image) if image is not None and record is None else record
            for index in self.indexes.values():
                index.replace(key, before, after)
            for vectors in self.vectors.values():
                vectors.replace(key, before, after)
        return old

    def _enter(self, key: Key) -> None:
        if self.partitions is None:
            self._order.changed(key)
            return
        partition, sort = key
        entries = self.partitions.get(partition)
        if entries is None:
            self.partitions[partition] = [sort]
            self._order.changed(partition)
        else:
            self.partitions[partition] = insert(entries, sort)

    def _leave(self, key: Key) -> None:
        if self.partitions is None:
            self._order.changed(key)
            return
        partition, sort = key
        entries = self.partitions[partition]
        if len(entries) == 1:
            del self.partitions[partition]
            self._order.changed(partition)
        else:
            remove(entries, sort)

    def set_index(self, name: str, index: Index | None) -> Index | None:
        """Put an index (filled already) or take it away; gives what was there."""
        old = self.indexes.pop(name, None)
        if index is not None:
            self.indexes[name] = index
        return old

    def set_vectors(self, name: str, index: VectorIndex | None) -> VectorIndex | None:
        """Put a vector index (filled already) or take it away; gives what was there."""
        old = self.vectors.pop(name, None)
        if index is not None:
            self.vectors[name] = index
        return old

    def built_index(self, definition: IndexDefinition) -> Index:
        """A new index with the items that have its key."""
        index = Index(definition, self.key)
        for key, image in self.items.items():
            index.replace(key, None, unpack(image))
        return index

    def built_vectors(self, definition: VectorDefinition) -> VectorIndex:
        """A new vector index with the items that fit into it."""
        index = VectorIndex(definition)
        for key, image in self.items.items():
            index.replace(key, None, unpack(image))
        return index

    @property
    def billed_size(self) -> int:
        """The size as describe_table shows it: an attribute which vector indexes read counts as 32-bit floats (parity suite)."""
        return self.size - sum({index.definition.attribute: index.saved for index in self.vectors.values()}.values())

    # ------------------------------------------------------------------ reading

    def query(self, partition: Any, bounds: Bounds) -> Iterator[Key]:
        """The keys of one partition's items within bounds, in order."""
        if self.partitions is None:
            return iter((partition,) if partition in self.items and bounds.after is None else ())
        entries = self.partitions.get(partition)
        if entries is None:
            return iter(())
        low, high = self._positions(entries, bounds)
        return ((partition, sort) for sort in slice_of(entries, low, high, bounds.backwards))

    def _positions(self, entries: Any, bounds: Bounds) -> tuple[int, int]:
        low, high = 0, len(entries)
        if bounds.low is not None:
            low = (bisect_right_in if bounds.low_open else bisect_left_in)(entries, bounds.low[0])
        if bounds.high is not None:
            high = (bisect_left_in if bounds.high_open else bisect_right_in)(entries, bounds.high[0])
        if bounds.after is not None:
            if bounds.backwards:
                high = min(high, bisect_left_in(entries, bounds.after))
            else:
                low = max(low, bisect_right_in(entries, bounds.after))
        return low, max(low, high)

    def scan(self, after: Key | None, first: int, end: int) -> Iterator[Key]:
        """The keys of all items from place ``first`` up to ``end``, behind ``after``."""
        skip = None
        if after is not None:
            partition = self.key.partition_of(after)
            skip = (self.key.place_of(partition), partition)
            first = max(first, skip[0])
        partitions = self.partitions
        for where in self._order.walk(self.items if partitions is None else partitions, first, end):
            if skip is not None and where <= skip:
                if where < skip or partitions is None:
                    continue
                low = bisect_right_in(partitions[where[1]], after[1])  # type: ignore[index]
            else:
                low = 0
            if partitions is None:
                yield where[1]
            else:
                entries = partitions[where[1]]
                for sort in slice_of(entries, low, len(entries), False):
                    yield where[1], sort


def content_of(value: Value, kind: str, sorts: bool) -> Any:
    """A key value's content as the store has it."""
    content = value[kind]
    return number_of(content) if sorts and kind == "N" else content
