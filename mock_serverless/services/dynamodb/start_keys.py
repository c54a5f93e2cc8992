"""Where a page goes on: ExclusiveStartKey, and the segment of a parallel scan in which it must be.

Order and wording of the refusals are the service's as dynalite's and the parity suite's public tests have them.
https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Query.Pagination.html
"""

from __future__ import annotations

from typing import Any

from mock_serverless.core.errors import AwsError

from .expressions import KeyMatch
from .schema import MISMATCH, Key
from .store import Bounds, Index
from .table import Table
from .values import Item, ValueRefusal, normalise_item, refuse

BAD_START = "The provided starting key is invalid"
OUTSIDE = "The provided starting key is outside query boundaries based on provided conditions"
NOT_IN_RANGE = "The provided starting key does not match the range key predicate"
ONE_ROW = "The query can return at most one row and cannot be restarted"


def start_key(request: dict[str, Any]) -> Item | None:
    """The request's ExclusiveStartKey, its values checked."""
    given = request.get("ExclusiveStartKey")
    if given is None:
        return None
    try:
        return normalise_item(given)
    except ValueRefusal as error:
        raise refuse(f"{BAD_START}: {error.message}") from None


def check_start_schema(table: Table, index: Index | None, start: Item, wrong: str) -> None:
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


def table_start(table: Table, start: Item) -> Key:
    """The table's key in an ExclusiveStartKey."""
    try:
        return table.key.within(start)
    except AwsError as error:
        raise refuse(f"{BAD_START}: {error.message}") from None


def index_start(table: Table, index: Index, start: Item) -> tuple[Any, tuple[Any, ...]]:
    """The index's partition and entry that an ExclusiveStartKey names."""
    table_start(table, start)
    entry = index.start(start)
    if entry is None:
        raise refuse(BAD_START)
    return entry


def query_start(table: Table, index: Index | None, start: Item, partition: Any, bounds: Bounds, match: KeyMatch) -> Any:
    """What to go on behind: a sort key, or an index's entry."""
    key = table_start(table, start)
    if index is None:
        own = table.key.partition_of(key)
        sort = () if table.key.range_name is None else (key[1],)
        after: Any = key if table.key.range_name is None else key[1]
    else:
        own, after = index_start(table, index, start)
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


def check_segments(request: dict[str, Any]) -> None:
    """Segment and TotalSegments come together."""
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


def check_segment(request: dict[str, Any], place: int, first: int, end: int) -> None:
    """A scan of a segment goes on within it."""
    if not first <= place < end:
        raise refuse(
            f"{BAD_START}: Invalid ExclusiveStartKey. Please use ExclusiveStartKey with correct Segment. "
            f"TotalSegments: {request['TotalSegments']} Segment: {request['Segment']}"
        )
