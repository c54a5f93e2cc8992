"""SELECT, page by page: decomposition.py says what it reads, its WHERE clause filters that as a FilterExpression does.

https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/ql-reference.select.html; wordings: recorded (public
paritysuite/dynamodb-conformance), or those of AWS's DynamoDB Local.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from mock_serverless.core.errors import AwsError

from . import tokens
from .database import Database
from .decomposition import Read, key_named, reads_of
from .expressions import BoundCondition
from .pages import Reading, must_fetch, page
from .partiql import SelectPlan, check_parameters
from .placement import HASH_BITS
from .queries import NO_VECTORS
from .schema import Key, KeySchema
from .statement_keys import check_key_types, check_paths
from .states import check_readable
from .store import Bounds, Index, Store
from .table import Table
from .values import Item, Value, refuse

MULTI_ATTRIBUTE = (
    "PartiQL statements cannot be executed on tables with multi-attribute HASH keys or multi-attribute RANGE keys."
)
NO_INDEX = "The table does not have the specified index"
CONSISTENT = "Strongly consistent read is not supported on Global Secondary Indexes"

MOST_OF_IN = 10  # "PartiQL operators": items on a page of a SELECT whose hash keys are in an IN


class Selection:
    """A SELECT held against its table."""

    __slots__ = ("by_in", "fetch", "filter", "index", "plan", "reads", "table")

    def __init__(self, db: Database, plan: SelectPlan, parameters: list[Value], consistent: bool) -> None:
        self.plan = plan
        self.filter = bound(db, plan, parameters)
        self.table = db.table(plan.table, plan.permission, plan.index)
        if consistent and self.table.membership is not None:
            self.table.membership.check_quorum(self.table)
        self.index = _index(self.table, plan.index, consistent)
        check_paths(self.table, () if self.filter is None else self.filter.paths)
        check_paths(self.table, () if plan.projection is None else plan.projection.paths)
        self.fetch = must_fetch({}, self.index, plan.projection)
        self.reads, self.by_in = reads_of(self.filter, plan.order, self.schema, self.index)

    @property
    def schema(self) -> KeySchema:
        """The key of what is read."""
        return self.table.key.schema if self.index is None else self.index.definition.key

    # Pages

    def page(self, db: Database, request: dict[str, Any], parameters: list[Value]) -> dict[str, Any]:
        """One page of the answer to ``request``, an ExecuteStatement."""
        position, start = 0, None
        if request.get("NextToken") is not None:
            position, start = tokens.unseal(db, request["NextToken"], request["Statement"], parameters)
        reading = self._reading(request)
        asked = reading.request
        answer: dict[str, Any] = {"Items": []}
        costs: list[dict[str, Any]] = []
        for number in range(position, len(self.reads)):
            found = page(reading, self._keys(reading.store, self.reads[number], start if number == position else None))
            answer["Items"] += found["Items"]
            if "ConsumedCapacity" in found:
                costs.append(found["ConsumedCapacity"])
            if "Limit" in asked:
                asked["Limit"] -= found["ScannedCount"]
            last = found.get("LastEvaluatedKey")
            if last is not None:
                if number + 1 < len(self.reads) or not self._single(self.reads[number]):
                    answer["NextToken"] = tokens.seal(db, request["Statement"], parameters, number, last)
                    answer["LastEvaluatedKey"] = last
                break
        if costs:
            answer["ConsumedCapacity"] = _sum(costs)
        return answer

    def _single(self, read: Read) -> bool:
        """Whether a read gives one item at most, with nothing to go on behind."""
        return read.bounds is not None and self.index is None and self.table.key.range_name is None

    def _reading(self, request: dict[str, Any]) -> Reading:
        asked: dict[str, Any] = {
            n: request[n] for n in ("Limit", "ConsistentRead", "ReturnConsumedCapacity") if n in request
        }
        if self.by_in:
            asked["Limit"] = min(asked.get("Limit", MOST_OF_IN), MOST_OF_IN)
        store = self.table.items.store if request.get("ConsistentRead") else self.table.seen()
        return Reading(asked, self.table, store, self.index, self.fetch, self.filter, self.plan.projection)

    def _keys(self, store: Store, read: Read, start: Item | None) -> Iterator[Key]:
        after = None if start is None else self._after(start)
        if read.bounds is None:
            source: Any = store if self.index is None else self.index
            keys: Iterator[Key] = source.scan(after, 0, 1 << HASH_BITS)
            return keys
        bounds = Bounds(read.bounds.low, read.bounds.high, read.bounds.low_open, read.bounds.high_open)
        bounds.backwards = read.bounds.backwards
        if after is not None:
            of_sort = self.index is None and self.table.key.range_name is not None
            bounds.after = after[1] if self.index is not None or of_sort else after
        return (store if self.index is None else self.index).query(read.partition, bounds)

    def _after(self, start: Item) -> Any:
        """What a token's key is in the table or the index."""
        try:
            after: Any = self.table.key.within(start) if self.index is None else self.index.start(start)
        except AwsError:
            after = None
        if after is None:
            raise refuse(tokens.INVALID)
        return after


def bound(db: Database, plan: SelectPlan, parameters: list[Value]) -> BoundCondition | None:
    """The condition of a SELECT; whatever is wrong with the statement without regard to its table has been said then."""
    check_index_keys(db, plan)
    if plan.fault is not None:
        raise refuse(plan.fault)
    check_parameters(plan, parameters)
    return None if plan.where is None else plan.where.bound(parameters)


def single_item(
    db: Database, plan: SelectPlan, parameters: list[Value], refusals: tuple[str, str]
) -> tuple[Table, Item]:
    """The table and the key of the one item which a SELECT names, and of which it says nothing else.

    ``refusals``: what is said of an index, and of a condition that says something else.
    """
    condition = bound(db, plan, parameters)
    table = db.table(plan.table, plan.permission)
    of_index, of_key = refusals
    if plan.index is not None:
        raise refuse(of_index)
    key = None if condition is None else key_named(condition, table.key.schema)
    if key is None:
        raise refuse(of_key)
    check_key_types(table.key.schema, key)
    check_paths(table, () if plan.projection is None else plan.projection.paths)
    return table, key


def check_index_keys(db: Database, plan: SelectPlan) -> None:
    """PartiQL doesn't read indexes whose key has several attributes of one role; this is said before anything else."""
    table = db.tables.get(plan.table)
    definition = None if table is None or plan.index is None else table.indexes.get(plan.index)
    if definition is not None and (len(definition.key.hash) > 1 or len(definition.key.range) > 1):
        raise refuse(MULTI_ATTRIBUTE)


def _index(table: Table, name: str | None, consistent: bool) -> Index | None:
    if name is None:
        return None
    index = table.items.store.indexes.get(name)
    if index is None:
        raise refuse(NO_VECTORS["Scan"] if name in table.vectors else NO_INDEX)  # parity suite
    if index.definition.is_global:
        check_readable(table, name)
        if consistent:
            raise refuse(CONSISTENT)
    return index


def _sum(costs: list[dict[str, Any]]) -> dict[str, Any]:
    """Several ConsumedCapacity of one table as one."""
    total = dict(costs[0])
    for cost in costs[1:]:
        for name, value in cost.items():
            if isinstance(value, dict):
                total[name] = _sum([total[name], value]) if name in total else value
            elif isinstance(value, float):
                total[name] = total.get(name, 0.0) + value
    return total
