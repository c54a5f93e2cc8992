"""A page of a query, a scan or a SELECT: items in the order of their keys until the limit or 1 MB is reached.

https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Query.Pagination.html
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any, Protocol

from .capacity import REPORTED, consumed, read_units
from .hash_order import in_hash_order
from .images import unpack
from .schema import INVALID, Key, KeySchema
from .store import Index, Store
from .table import Table
from .throttling import READ, admit
from .values import Item, refuse

PAGE = 1024 * 1024
"""Bytes, of items as they are charged for: full pages of a scan cost 128.5 units (https://dev.to/aws-heroes/
dynamodb-scan-and-why-128-5-rcu-2k25, 2020). The item which reaches it is on the page, and a page that reaches it or its limit has
a LastEvaluatedKey, whatever comes after (dynalite's tests, which weigh items otherwise, and Query.Pagination of the guide)."""
NOT_PROJECTED = INVALID + "Secondary index {} does not project one or more filter attributes: [{}]"


class Projection(Protocol):
    """What is shown of an item; ``paths`` lead to it."""

    @property
    def paths(self) -> tuple[tuple[str | int, ...], ...]: ...

    def __call__(self, item: Item) -> Item: ...


@dataclass(slots=True)
class Reading:
    """What a query or scan reads, and what it makes of it; ``size`` is what was read on the page already."""

    request: dict[str, Any]
    table: Table
    store: Store  # as this read sees it
    index: Index | None
    fetch: bool  # a local index whose items are completed from the table
    filter: Callable[[Item], bool] | None
    projection: Projection | None
    size: int = 0

    @property
    def schema(self) -> KeySchema:
        """The key of what is read."""
        return self.table.key.schema if self.index is None else self.index.definition.key


def page(reading: Reading, keys: Iterator[Key]) -> dict[str, Any]:
    """Read items until the limit or 1 MB is reached."""
    request, index = reading.request, reading.index
    items = reading.store.items
    images = None if index is None else index.images
    limit, room = request.get("Limit", 0), PAGE - reading.size
    counting = request.get("Select") == "COUNT"
    matches, projection, fetch = reading.filter, reading.projection, reading.fetch
    shown: list[Item] = []
    count = scanned = size = 0
    fetched = 0.0
    last: Item | None = None
    for key in keys:
        item, length = unpack(items[key] if images is None else images[key])
        scanned += 1
        size += length
        if fetch:
            item, whole_size = unpack(items[key])
            fetched += read_units(whole_size, request.get("ConsistentRead", False))
        if matches is None or matches(item):
            count += 1
            if not counting:
                shown.append(item if projection is None else projection(item))
        if scanned == limit or size >= room:
            last = item
            break
    if reading.table.buckets is not None:
        units = read_units(size, request.get("ConsistentRead", False))
        of_table, of_index = (units, {}) if index is None else (fetched, {index.definition.name: units})
        admit(reading.table, READ, of_table, of_index)
    reading.size += size
    answer: dict[str, Any] = {"Count": count, "ScannedCount": scanned}
    if not counting:
        answer["Items"] = shown
    if last is not None:
        answer["LastEvaluatedKey"] = _last_key(reading, last)
    mode = request.get("ReturnConsumedCapacity")
    if mode in REPORTED:
        units = read_units(size, request.get("ConsistentRead", False))
        costs = (units, {}) if index is None else (fetched, {index.definition.name: units})
        answer["ConsumedCapacity"] = consumed(mode, reading.table, *costs, named=request.get("TableName"))
    return answer


def _last_key(reading: Reading, item: Item) -> Item:
    names = dict.fromkeys((*reading.table.key.names, *reading.schema.names))
    return {name: item[name] for name in names}


def must_fetch(request: dict[str, Any], index: Index | None, projection: Projection | None) -> bool:
    """Whether more is asked for than is in the index. Local indexes get it from the table, global ones refuse."""
    names = None if index is None else index.definition.projection.names
    if index is None or names is None:
        return False
    definition = index.definition
    if request.get("Select") == "ALL_ATTRIBUTES":
        if definition.is_global:
            raise refuse(
                f"{INVALID}Select type ALL_ATTRIBUTES is not supported for global secondary index {definition.name} because "
                "its projection type is not ALL"
            )
        return True
    missing = [] if projection is None else [str(path[0]) for path in projection.paths if path[0] not in names]
    if missing and definition.is_global:
        shown = ", ".join(dict.fromkeys(missing))
        raise refuse(f"{INVALID}Global secondary index {definition.name} does not project [{shown}]")
    return bool(missing)


def check_projected(index: Index | None, names: Iterable[str]) -> None:
    """A filter of a query has no attributes which the index lacks."""
    refuse_unprojected(index, unprojected(index, names))


def unprojected(index: Index | None, names: Iterable[str]) -> list[str]:
    """The attributes which an index lacks, in the order in which the service tells them: that of a HashSet (recorded)."""
    projected = None if index is None else index.definition.projection.names
    lacking = [] if projected is None else dict.fromkeys(name for name in names if name not in projected)
    return in_hash_order(lacking)


def refuse_unprojected(index: Index | None, names: list[str]) -> None:
    """Refuse them, if there are any."""
    if index is not None and names:
        raise refuse(NOT_PROJECTED.format(index.definition.name, ", ".join(names)))
