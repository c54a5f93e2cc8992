"""query and scan: from a request to a page of items, of the table or of an index.

Both make a :class:`Reading` (what is read, filtered, shown) and hand it the keys in order; :func:`page` reads until the limit or
1 MB is reached. Order and wording of the refusals are the service's as dynalite's and the parity suite's public tests have them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, Protocol

from mock_serverless.core.errors import AwsError
from mock_serverless.core.operation import operation

from . import legacy
from .capacity import REPORTED, consumed, read_units
from .database import Database
from .expressions import Bound, BoundCondition, BoundKeyCondition, BoundProjection, KeyMatch, bind
from .front_end import check_names
from .images import unpack
from .items import check_paths
from .placement import HASH_BITS, segment_bounds
from .schema import INVALID, MAX_RANGE, MISMATCH, RANGE_TOO_LONG, Key, KeySchema, byte_length
from .states import check_readable
from .store import Bounds, Index, Store, content_of
from .table import Table
from .throttling import READ, admit
from .values import Item, ValueRefusal, normalise_item, refuse

PAGE = 1024 * 1024
NO_KEY_CONDITION = "Either the KeyConditions or KeyConditionExpression parameter must be specified in the request."
BAD_START = "The provided starting key is invalid"
OUTSIDE = "The provided starting key is outside query boundaries based on provided conditions"
NOT_IN_RANGE = "The provided starting key does not match the range key predicate"
NOT_PROJECTED = INVALID + "Secondary index {} does not project one or more filter attributes: [{}]"
CONSISTENT = "Consistent reads are not supported on global secondary indexes"
NO_VECTORS = {
    "Query": "Query operation not supported on this index type.",
    "Scan": "Scan operation not supported on this index type",
}
ONE_ROW = "The query can return at most one row and cannot be restarted"


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


@operation
def query(db: Database, request: dict[str, Any]) -> dict[str, Any]:
    """https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_Query.html"""
    if request["TableName"] not in db.tables:
        check_names("Query", request)
    try:
        projection, start, bound, old_filter, condition = _asked(request)
    except ValueRefusal as error:
        raise refuse(error.current) from None
    table = db.table(request["TableName"])
    if table.membership is not None and request.get("ConsistentRead"):
        table.membership.check_quorum(table)
    index = _index(table, request, "Query")
    schema = table.key.schema if index is None else index.definition.key
    if start is not None:
        _check_start_schema(table, index, start, BAD_START)
    match = condition.against(schema.hash, schema.range, "" if index is None else index.definition.name)
    check_lengths(match)
    reading = _reading(request, table, index, bound, old_filter, bound.projection or projection)
    _check_filtered(schema, index, request, bound)
    partition, bounds = span(schema, match, index is not None)
    bounds.backwards = request.get("ScanIndexForward") is False
    if start is not None:
        bounds.after = _query_start(table, index, start, partition, bounds, match)
    if index is not None:
        return page(reading, index.query(partition, bounds))
    answer = page(reading, reading.store.query(partition, bounds))
    if table.key.range_name is None:  # one item at most, nothing to go on behind
        answer.pop("LastEvaluatedKey", None)
    return answer


def _asked(
    request: dict[str, Any],
) -> tuple[BoundProjection | None, Item | None, Bound, legacy.Condition | None, BoundKeyCondition]:
    """What a query asks for, before its table is looked for."""
    projection = legacy.projection(request)
    start = None if request.get("ExclusiveStartKey") is None else normalise_item(request["ExclusiveStartKey"])
    if request.get("KeyConditions") is None and request.get("KeyConditionExpression") is None:
        legacy.check_operator(request, request.get("QueryFilter"))
        raise refuse(NO_KEY_CONDITION)
    bound = bind("Query", request)
    _check_select(request, "1 validation error detected: ")
    old_filter = legacy.filter_of(request, "QueryFilter") if bound.filter is None else None
    condition = bound.key_condition or legacy.key_conditions(request["KeyConditions"])
    return projection, start, bound, old_filter, condition


@operation
def scan(db: Database, request: dict[str, Any]) -> dict[str, Any]:
    """https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_Scan.html"""
    if request["TableName"] not in db.tables:
        check_names("Scan", request)
    projection = legacy.projection(request)
    start = _start_key(request)
    _check_segments(request)
    bound = bind("Scan", request)
    _check_select(request, "")
    old_filter = legacy.filter_of(request, "ScanFilter") if bound.filter is None else None
    table = db.table(request["TableName"])
    if table.membership is not None and request.get("ConsistentRead"):
        table.membership.check_quorum(table)
    index = _index(table, request, "Scan")
    if start is not None:
        _check_start_schema(table, index, start, BAD_START if index is not None else f"{BAD_START}: {MISMATCH}")
    reading = _reading(request, table, index, bound, old_filter, bound.projection or projection)
    first, end = 0, 1 << HASH_BITS
    if "TotalSegments" in request:
        first, end = segment_bounds(request["Segment"], request["TotalSegments"])
    if index is None:
        after = None if start is None else _table_start(table, start)
        if after is not None:
            _check_segment(request, table.key.place_of(table.key.partition_of(after)), first, end)
        return page(reading, reading.store.scan(after, first, end))
    entry = None if start is None else _index_start(table, index, start)
    if entry is not None:
        _check_segment(request, index.place_of(entry[0]), first, end)
    return page(reading, index.scan(entry, first, end))


# ---------------------------------------------------------------------- reading a page


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


def _reading(
    request: dict[str, Any],
    table: Table,
    index: Index | None,
    bound: Bound,
    old_filter: legacy.Condition | None,
    projection: BoundProjection | None,
) -> Reading:
    if projection is not None:
        check_paths(table, projection.paths)
    if bound.filter is not None:
        check_paths(table, bound.filter.paths)
    fetch = must_fetch(request, index, projection)
    store = table.items.store if request.get("ConsistentRead") else table.seen()
    return Reading(request, table, store, index, fetch, bound.filter or old_filter, projection)


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


# ---------------------------------------------------------------------- checks


def _index(table: Table, request: dict[str, Any], operation: str) -> Index | None:
    name = request.get("IndexName")
    if name is None:
        return None
    index = table.items.store.indexes.get(name)
    if index is None:
        if name in table.vectors:
            raise _no_vectors(request, operation)
        raise refuse(f"The table does not have the specified index: {name}")
    if index.definition.is_global:
        check_readable(table, name)
        if request.get("ConsistentRead"):
            raise refuse(CONSISTENT)
    return index


def _no_vectors(request: dict[str, Any], operation: str) -> AwsError:
    """Vector indexes are searched only. Order and words as captured (ExtendDB's and Dynoxide's authors, 2026-08)."""
    if operation == "Query" and request.get("ConsistentRead"):
        return refuse(CONSISTENT)
    return refuse(NO_VECTORS[operation])


def _check_select(request: dict[str, Any], prefix: str) -> None:
    select = request.get("Select")
    if select is None:
        return
    asked = next((n for n in ("ProjectionExpression", "AttributesToGet") if request.get(n) is not None), None)
    if select == "SPECIFIC_ATTRIBUTES":
        if asked is None:
            raise refuse(
                f"{prefix}Must specify the AttributesToGet or ProjectionExpression when choosing to get SPECIFIC_ATTRIBUTES"
            )
        return
    if asked is not None:
        what = "only the Count" if select == "COUNT" else select
        raise refuse(f"{prefix}Cannot specify the {asked} when choosing to get {what}")
    if select == "ALL_PROJECTED_ATTRIBUTES" and request.get("IndexName") is None:
        raise refuse(f"{prefix}ALL_PROJECTED_ATTRIBUTES can be used only when Querying using an IndexName")


def _check_filtered(schema: KeySchema, index: Index | None, request: dict[str, Any], bound: Bound) -> None:
    """A query's filter has no key attributes, and none that the index lacks (a scan's filter may, and finds nothing there)."""
    if isinstance(bound.filter, BoundCondition):
        names, what = {str(path[0]) for path in bound.filter.paths}, "Filter Expression"
    else:
        names, what = set(request.get("QueryFilter") or ()), "QueryFilter"
    for name in schema.names:
        if name in names:
            raise refuse(f"{what} can only contain non-primary key attributes: Primary key attribute: {name}")
    projected = None if index is None else index.definition.projection.names
    if index is not None and projected is not None and not names <= projected:
        raise refuse(NOT_PROJECTED.format(index.definition.name, ", ".join(sorted(names - projected))))


def check_lengths(match: KeyMatch) -> None:
    """Sort keys have a length; that of a partition key is not looked at (both as AWS's DynamoDB Local has it)."""
    for value in match.equal if match.test is None else (*match.equal, *match.test.values):
        ((kind, content),) = value.items()
        if kind != "N" and byte_length(content) > MAX_RANGE:
            raise refuse(RANGE_TOO_LONG)


def _check_segments(request: dict[str, Any]) -> None:
    segment, total = request.get("Segment"), request.get("TotalSegments")
    if segment is not None and total is None:
        raise refuse(
            "The TotalSegments parameter is required but was not present in the request when Segment parameter is present"
        )
    if total is not None:
        if segment is None:
            raise refuse(
                "The Segment parameter is required but was not present in the request when parameter TotalSegments is "
                "present"
            )
        if segment >= total:
            raise refuse(
                "The Segment parameter is zero-based and must be less than parameter TotalSegments: "
                f"Segment: {segment} is not less than TotalSegments: {total}"
            )


def _check_segment(request: dict[str, Any], place: int, first: int, end: int) -> None:
    if not first <= place < end:
        raise refuse(
            f"{BAD_START}: Invalid ExclusiveStartKey. Please use ExclusiveStartKey with correct Segment. "
            f"TotalSegments: {request['TotalSegments']} Segment: {request['Segment']}"
        )


# ---------------------------------------------------------------------- where a query reads


def span(schema: KeySchema, match: KeyMatch, of_index: bool) -> tuple[Any, Bounds]:
    """The partition, and the part of it, that a key condition names."""
    parts = tuple(value[kind] for value, (_, kind) in zip(match.hash, schema.hash, strict=True))
    partition = parts[0] if len(parts) == 1 else parts
    lead = tuple(content_of(v, schema.range[i][1], True) for i, v in enumerate(match.equal))
    test = match.test
    if test is None:
        return partition, Bounds(lead or None, lead or None)
    kind = schema.range[len(lead)][1]
    values = [content_of(value, kind, True) for value in test.values]
    low: tuple[Any, ...] | None = (*lead, values[0])
    high: tuple[Any, ...] | None = low
    low_open = high_open = False
    if test.operator in ("<", "<="):
        low, high_open = lead or None, test.operator == "<"
    elif test.operator in (">", ">="):
        high, low_open = lead or None, test.operator == ">"
    elif test.operator == "between":
        high = (*lead, values[1])
    elif test.operator == "begins_with":
        behind = _behind_prefix(values[0])
        high, high_open = (lead or None, False) if behind is None else ((*lead, behind), True)
    return partition, Bounds(low, high, low_open, high_open)


def _behind_prefix(prefix: Any) -> Any:
    """The least text or binary behind all that begin with a prefix; None when there is none."""
    top = chr(0x10FFFF) if isinstance(prefix, str) else b"\xff"
    stripped = prefix.rstrip(top)
    if not stripped:
        return None
    if isinstance(stripped, str):
        return stripped[:-1] + chr(ord(stripped[-1]) + 1)
    return stripped[:-1] + bytes([stripped[-1] + 1])


# ---------------------------------------------------------------------- where a page goes on


def _start_key(request: dict[str, Any]) -> Item | None:
    given = request.get("ExclusiveStartKey")
    if given is None:
        return None
    try:
        return normalise_item(given)
    except ValueRefusal as error:
        raise refuse(f"{BAD_START}: {error.message}") from None


def _check_start_schema(table: Table, index: Index | None, start: Item, wrong: str) -> None:
    """An ExclusiveStartKey has the attributes of the table's key and the index's, no others."""
    schema = table.key.schema if index is None else index.definition.key
    names = {*table.key.names, *schema.names}
    if len(start) != len(names):
        raise refuse(wrong)
    for name, kind in (*schema.hash, *schema.range):
        if name not in start:
            raise refuse(wrong)
        if kind not in start[name]:
            raise refuse(MISMATCH if index is not None or wrong == BAD_START else wrong)


def _table_start(table: Table, start: Item) -> Key:
    try:
        return table.key.within(start)
    except AwsError as error:
        raise refuse(f"{BAD_START}: {error.message}") from None


def _index_start(table: Table, index: Index, start: Item) -> tuple[Any, tuple[Any, ...]]:
    _table_start(table, start)
    entry = index.start(start)
    if entry is None:
        raise refuse(BAD_START)
    return entry


def _query_start(
    table: Table, index: Index | None, start: Item, partition: Any, bounds: Bounds, match: KeyMatch
) -> Any:
    """What to go on behind: a sort key, or an index's entry."""
    key = _table_start(table, start)
    if index is None:
        own = table.key.partition_of(key)
        sort = () if table.key.range_name is None else (key[1],)
        after: Any = key if table.key.range_name is None else key[1]
    else:
        own, after = _index_start(table, index, start)
        sort = after[:-2]
    if match.test is None and not match.equal:
        if own != partition:
            raise refuse(OUTSIDE)
    elif not _within(bounds, sort):
        raise refuse(NOT_IN_RANGE)
    elif own != partition:
        raise refuse(ONE_ROW)
    return after


def _within(bounds: Bounds, sort: tuple[Any, ...]) -> bool:
    low, high = bounds.low, bounds.high
    if low is not None and (sort[: len(low)] < low or (bounds.low_open and sort[: len(low)] == low)):
        return False
    return high is None or not (sort[: len(high)] > high or (bounds.high_open and sort[: len(high)] == high))
