"""Capacity units and item collection metrics, as the answers show them.

https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/read-write-operations.html: reads in steps of 4 KB (half when
eventually consistent), writes in steps of 1 KB of the larger image; an index is written where its entry changes, twice where
its key does. In transactions the table costs double, every item rounded first, and indexes cost the same (measured in eu-west-2,
2026-08: Dynoxide's tests of indexes in transactions). Vector indexes are metered in bytes, of 1 KB at least for each:
https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_VectorCapacity.html (that a minimum holds for each index,
and what a byte is: parity suite).
"""

from __future__ import annotations

from typing import Any

from .store import Index, Record
from .table import Table
from .values import Item
from .vector_indexes import VectorDefinition

READ_STEP, WRITE_STEP, VECTOR_STEP = 4096, 1024, 1024
REPORTED = frozenset(("TOTAL", "INDEXES"))


def read_units(size: int, consistent: bool) -> float:
    """What reading ``size`` bytes costs; reading nothing costs as much as one step."""
    steps = max(1, -(-size // READ_STEP))
    return float(steps) if consistent else steps / 2


def write_units(size: int) -> float:
    """What writing ``size`` bytes costs."""
    return float(max(1, -(-size // WRITE_STEP)))


def change_units(table: Table, old: Record | None, new: Record | None) -> tuple[float, dict[str, float]]:
    """What a write costs: of the table, and of every index that it changes."""
    if table.vectors:
        size = max(0 if old is None else table.billed(old), 0 if new is None else table.billed(new))
    else:
        size = max(0 if old is None else old[1], 0 if new is None else new[1])
    of_indexes = {}
    for name, index in table.items.store.indexes.items():
        units = _index_units(index, old, new)
        if units:
            of_indexes[name] = units
    return write_units(size), of_indexes


def change_costs(
    table: Table, old: Record | None, new: Record | None
) -> tuple[float, dict[str, float], dict[str, float]]:
    """As :func:`change_units`, and the bytes of every vector index that a write changes."""
    of_table, of_indexes = change_units(table, old, new)
    of_vectors = {}
    for name, definition in table.vectors.items():
        count = _vector_bytes(definition, None if old is None else old[0], None if new is None else new[0])
        if count:
            of_vectors[name] = float(count)
    return of_table, of_indexes, of_vectors


def _vector_bytes(definition: VectorDefinition, old: Item | None, new: Item | None) -> int:
    """Nothing where what the index has stays the same, 1 KB at least, both entries where one moves (that: a guess)."""
    before = None if old is None else definition.entry_of(old)
    after = None if new is None else definition.entry_of(new)
    if before == after:
        return 0
    sizes = [
        max(VECTOR_STEP, definition.size_of(item))
        for item, entry in ((old, before), (new, after))
        if item is not None and entry is not None
    ]
    return sum(sizes) if before is not None and after is not None and before[0] != after[0] else max(sizes)


def _index_units(index: Index, old: Record | None, new: Record | None) -> float:
    before = None if old is None else index.locate(old[0])
    after = None if new is None else index.locate(new[0])
    size_before = 0 if before is None or old is None else index.size_in(old)
    size_after = 0 if after is None or new is None else index.size_in(new)
    if before == after:
        if before is None or old is None or new is None:
            return 0.0
        projected = index.definition.projection.of
        return 0.0 if projected(old[0]) == projected(new[0]) else write_units(max(size_before, size_after))
    return (0.0 if before is None else write_units(size_before)) + (0.0 if after is None else write_units(size_after))


def consumed(
    mode: str,
    table: Table,
    of_table: float,
    of_indexes: dict[str, float],
    of_vectors: dict[str, float] | None = None,
    direction: str | None = None,
    named: str | None = None,
) -> dict[str, Any]:
    """A ConsumedCapacity. Transactions name the ``direction`` too: ReadCapacityUnits or WriteCapacityUnits.

    ``named`` is what the request calls the table: a table's ARN in a request is in the answer, too (API_ConsumedCapacity).
    Bytes of vector indexes are shown by index only, and are no units.
    """
    total = of_table + sum(of_indexes.values())
    shown: dict[str, Any] = {"TableName": named or table.name, **_units(total, direction)}
    if mode == "INDEXES":
        shown["Table"] = _units(of_table, direction)
        for name, units in of_indexes.items():
            definition = table.indexes[name]
            kind = "GlobalSecondaryIndexes" if definition.is_global else "LocalSecondaryIndexes"
            shown.setdefault(kind, {})[name] = _units(units, direction)
        if of_vectors:
            shown["VectorIndexes"] = {name: {"VectorWriteRequestBytes": count} for name, count in of_vectors.items()}
    return shown


def _units(units: float, direction: str | None) -> dict[str, float]:
    return {"CapacityUnits": units} if direction is None else {"CapacityUnits": units, direction: units}


class Costs:
    """What several reads or writes cost together, by table; nothing is counted unless it is asked for."""

    def __init__(self, request: dict[str, Any], factor: float = 1.0, direction: str | None = None) -> None:
        self.mode = request.get("ReturnConsumedCapacity", "NONE")
        self.wanted = self.mode in REPORTED
        self.factor = factor
        self.direction = direction
        self._costs: dict[str, tuple[Table, float, dict[str, float], dict[str, float]]] = {}

    def add(
        self,
        named: str,
        table: Table,
        of_table: float,
        of_indexes: dict[str, float] | None = None,
        of_vectors: dict[str, float] | None = None,
    ) -> None:
        """Something was read or written, of a table which the request calls ``named``; the factor is the table's alone."""
        _, before, indexes, vectors = self._costs.get(named, (table, 0.0, {}, {}))
        for name, units in (of_indexes or {}).items():
            indexes[name] = indexes.get(name, 0.0) + units
        for name, count in (of_vectors or {}).items():
            vectors[name] = vectors.get(name, 0.0) + count
        self._costs[named] = (table, before + of_table * self.factor, indexes, vectors)

    def shown(self) -> list[dict[str, Any]]:
        """The ConsumedCapacity list."""
        return [consumed(self.mode, *cost, self.direction, name) for name, cost in self._costs.items()]

    def add_to(self, answer: dict[str, Any]) -> dict[str, Any]:
        """Put the list into an answer, if it was asked for."""
        if self.wanted:
            answer["ConsumedCapacity"] = self.shown()
        return answer


def collection_metrics(table: Table, item: Item) -> dict[str, Any] | None:
    """The ItemCollectionMetrics of an item's partition; None for a table without local indexes.

    Collections in memory stay below a gigabyte.
    """
    if not table.local_indexes:
        return None
    name = table.key.hash_name
    return {"ItemCollectionKey": {name: item[name]}, "SizeEstimateRangeGB": [0.0, 1.0]}
