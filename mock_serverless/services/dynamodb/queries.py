"""query and scan: from a request to a page of items, of the table or of an index.

Both make a :class:`.pages.Reading` (what is read, filtered, shown) and hand it the keys in order: key_conditions.py says which,
start_keys.py where they go on, pages.py reads a page of them. Order and wording of the refusals are the service's as dynalite's
and the parity suite's public tests have them.
"""

from __future__ import annotations

from typing import Any

from mock_serverless.core.errors import AwsError
from mock_serverless.core.operation import operation

from . import legacy
from .database import Database
from .expressions import Bound, BoundCondition, BoundKeyCondition, BoundProjection, bind
from .front_end import check_names
from .items import check_paths
from .key_conditions import check_lengths, span
from .pages import Reading, check_projected, must_fetch, page
from .placement import HASH_BITS, segment_bounds
from .schema import MISMATCH, KeySchema
from .start_keys import (
    BAD_START,
    check_segment,
    check_segments,
    check_start_schema,
    index_start,
    query_start,
    start_key,
    table_start,
)
from .states import check_readable
from .store import Index
from .table import Table
from .values import Item, ValueRefusal, normalise_item, refuse

NO_KEY_CONDITION = "Either the KeyConditions or KeyConditionExpression parameter must be specified in the request."
CONSISTENT = "Consistent reads are not supported on global secondary indexes"
NO_VECTORS = {
    "Query": "Query operation not supported on this index type.",
    "Scan": "Scan operation not supported on this index type",
}


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
        check_start_schema(table, index, start, BAD_START)
    match = condition.against(schema.hash, schema.range, "" if index is None else index.definition.name)
    check_lengths(match)
    reading = _reading(request, table, index, bound, old_filter, bound.projection or projection)
    _check_filtered(schema, index, request, bound)
    partition, bounds = span(schema, match, index is not None)
    bounds.backwards = request.get("ScanIndexForward") is False
    if start is not None:
        bounds.after = query_start(table, index, start, partition, bounds, match)
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
    start = start_key(request)
    check_segments(request)
    bound = bind("Scan", request)
    _check_select(request, "")
    old_filter = legacy.filter_of(request, "ScanFilter") if bound.filter is None else None
    table = db.table(request["TableName"])
    if table.membership is not None and request.get("ConsistentRead"):
        table.membership.check_quorum(table)
    index = _index(table, request, "Scan")
    if start is not None:
        check_start_schema(table, index, start, BAD_START if index is not None else f"{BAD_START}: {MISMATCH}")
    reading = _reading(request, table, index, bound, old_filter, bound.projection or projection)
    first, end = 0, 1 << HASH_BITS
    if "TotalSegments" in request:
        first, end = segment_bounds(request["Segment"], request["TotalSegments"])
    if index is None:
        after = None if start is None else table_start(table, start)
        if after is not None:
            check_segment(request, table.key.place_of(table.key.partition_of(after)), first, end)
        return page(reading, reading.store.scan(after, first, end))
    entry = None if start is None else index_start(table, index, start)
    if entry is not None:
        check_segment(request, index.place_of(entry[0]), first, end)
    return page(reading, index.scan(entry, first, end))


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
    check_projected(index, names)
