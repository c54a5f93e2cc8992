"""SELECT: which partitions of a table or index it reads, in which order, page by page.

A condition which names the whole hash key, by equality or IN, in each of its ORs is read as queries of those partitions (a
"decomposed" read), anything else is a scan. The WHERE clause filters what was read, as a FilterExpression does.
https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/ql-reference.select.html; wordings: recorded (public
paritysuite/dynamodb-conformance), or those of AWS's DynamoDB Local.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

from mock_serverless.core.errors import AwsError

from . import tokens
from .database import Database
from .expressions import BoundCondition, KeyMatch, KeyTest
from .expressions import tree as native
from .expressions.keys import empty
from .expressions.rules import walk
from .partiql import SelectPlan, check_parameters
from .partiql.errors import EMPTY_PART
from .partiql.tree import Name, Order
from .placement import HASH_BITS
from .queries import NO_VECTORS, NOT_PROJECTED, Reading, check_lengths, must_fetch, page, span
from .schema import Key, KeySchema
from .states import check_readable
from .store import Bounds, Index, Store
from .table import Table
from .values import Item, Value, refuse, sort_key

WRONG_TYPE = "Key attribute's data type should match its data type in table's schema: Key {}"
NESTED_KEY = "Key attributes must be scalars; list random access '[]' and map lookup '.' are not allowed: {} {}"
MULTI_ATTRIBUTE = (
    "PartiQL statements cannot be executed on tables with multi-attribute HASH keys or multi-attribute RANGE keys."
)
NO_INDEX = "The table does not have the specified index"
CONSISTENT = "Strongly consistent read is not supported on Global Secondary Indexes"
OVERLAP = "Overlapping conditions with range keys are not supported in where clause"
TOO_MANY = "Too many decomposed read operations for a given query."
ORDER_NEEDS_WHERE = "Must have WHERE clause in the statement when using ORDER BY clause."
ORDER_NEEDS_HASH = "Must have at least one non-optional hash key condition in WHERE clause when using ORDER BY clause."
ORDER_BY_KEYS = "Variable reference {} in ORDER BY clause must be part of the primary key"
ORDER_BY_NAMES = "Argument to ORDER BY must be of type VariableReference. Type: {}"
ORDER_BY_HASH = "Must have hash key in ORDER BY clause when more than one hash key condition specified in WHERE clause."

MOST_HASH_VALUES, MOST_OF_IN = 50, 10  # "PartiQL operators": values of a hash key in IN, and items on a page then

_TURNED = {"=": "=", "<": ">", "<=": ">=", ">": "<", ">=": "<="}


@dataclass(frozen=True, slots=True)
class Read:
    """One partition, and the part of it which is read; of a scan None."""

    partition: Any = None
    bounds: Bounds | None = None


@dataclass(slots=True)
class Branch:
    """One of a condition's ORs: the hash values it names, one test of the sort key, and whether there is more about it."""

    hash: list[Value] = field(default_factory=list)
    tests: list[KeyTest] = field(default_factory=list)
    loose: bool = False
    by_in: bool = False


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
        self.by_in = False
        self.reads = self._reads()

    @property
    def schema(self) -> KeySchema:
        """The key of what is read."""
        return self.table.key.schema if self.index is None else self.index.definition.key

    def _reads(self) -> list[Read]:
        (hash_name, _), order = self.schema.hash[0], self.plan.order
        if order and self.filter is None:
            raise refuse(ORDER_NEEDS_WHERE)
        found = None if self.filter is None else _branches(self.filter, self.schema)
        if found is None:
            if order:
                raise refuse(ORDER_NEEDS_HASH)
            return [Read()]
        self.by_in = any(branch.by_in for branch in found)
        if len(found) == 1:
            self._check_projected(found[0])
        reads = _combined(found, self.schema, self.index)
        if order:
            _put_in_order(reads, _directions(order, self.schema), hash_name, self.schema)
        return reads

    def _check_projected(self, branch: Branch) -> None:
        """A filter beside a key condition has no attributes which the index lacks; one of a scan may, and finds nothing."""
        projected = None if self.index is None else self.index.definition.projection.names
        if self.index is None or projected is None or self.filter is None:
            return
        names = {str(path[0]) for path in self.filter.paths} - projected
        if names:
            raise refuse(NOT_PROJECTED.format(self.index.definition.name, ", ".join(sorted(names))))

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


def single_item(db: Database, plan: SelectPlan, parameters: list[Value], refusal: str) -> tuple[Table, Item]:
    """The table and the key which a SELECT names by nothing but equalities of the whole key; else the refusal."""
    condition = bound(db, plan, parameters)
    if plan.index is not None:
        raise refuse(refusal)
    table = db.table(plan.table, plan.permission)
    try:
        key, more = (None, False) if condition is None else key_of(table, condition)
    except AwsError:
        key, more = None, False
    if key is None or more:
        raise refuse(refusal)
    check_key_types(table.key.schema, key)
    check_paths(table, () if plan.projection is None else plan.projection.paths)
    return table, key


def check_index_keys(db: Database, plan: SelectPlan) -> None:
    """PartiQL doesn't read indexes whose key has several attributes of one role; this is said before anything else."""
    table = db.tables.get(plan.table)
    definition = None if table is None or plan.index is None else table.indexes.get(plan.index)
    if definition is not None and (len(definition.key.hash) > 1 or len(definition.key.range) > 1):
        raise refuse(MULTI_ATTRIBUTE)


def check_paths(table: Table, paths: Iterable[tuple[str | int, ...]]) -> None:
    """Paths can't lead into key attributes."""
    for path in paths:
        if len(path) > 1:
            if path[0] in table.key.names:
                raise refuse(NESTED_KEY.format("Key", path[0]))
            if path[0] in table.index_attributes:
                raise refuse(NESTED_KEY.format("IndexKey", path[0]))


def key_of(table: Table, condition: BoundCondition) -> tuple[Item | None, bool]:
    """The key which a condition names by equalities, and whether it says more. None when it doesn't name the whole key.

    Two different values for one attribute raise AwsError.
    """
    key: Item = {}
    rest = False
    for node in _conjuncts(condition.plan.tree):
        test = _test(node, condition)
        if test is None or test.operator != "=" or test.name not in table.key.names:
            rest = True
        elif test.name in key and key[test.name] != test.values[0]:
            raise refuse(
                f"Multiple conditions on same key {test.name}. Only single item Update/Insert/Delete are supported"
            )
        else:
            key[test.name] = test.values[0]
    return (key if len(key) == len(table.key.names) else None), rest


def check_key_types(schema: KeySchema, key: Item) -> None:
    """Key attributes have the types of the schema."""
    for name, kind in (*schema.hash, *schema.range):
        if name in key and kind not in key[name]:
            raise refuse(WRONG_TYPE.format(name))


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


# ---------------------------------------------------------------------- what a condition says of the key


def _branches(condition: BoundCondition, schema: KeySchema) -> list[Branch] | None:
    """The condition's ORs, if each of them names the hash key; else None."""
    tree = condition.plan.tree
    branches = [
        _branch(node, condition, schema) for node in (tree.operands if isinstance(tree, native.Or) else (tree,))
    ]
    return branches if all(branch.hash for branch in branches) else None


def _branch(node: Any, condition: BoundCondition, schema: KeySchema) -> Branch:
    hash_name = schema.hash[0][0]
    range_name = schema.range[0][0] if schema.range else None
    branch = Branch()
    for part in _conjuncts(node):
        test = _test(part, condition)
        if test is not None and test.name == hash_name and test.operator in ("=", "in") and not branch.hash:
            branch.hash = list(test.values)
            branch.by_in = test.operator == "in"
        elif test is not None and test.name == range_name and test.operator != "in":
            branch.tests.append(test)
        elif range_name is not None and any(
            isinstance(n, native.Path) and n.parts[0] == range_name for n in walk(part)
        ):
            branch.loose = True
    if len(branch.tests) > 1:
        branch.tests, branch.loose = [], True
    return branch


def _conjuncts(node: Any) -> tuple[Any, ...]:
    return node.operands if isinstance(node, native.And) else (node,)


def _test(node: Any, condition: BoundCondition) -> KeyTest | None:
    """A condition of one top-level attribute against values, as a test; None for any other."""
    operator, operands = _taken_apart(node)
    if not operator:
        return None
    paths = [operand for operand in operands if isinstance(operand, native.Path)]
    refs = [operand for operand in operands if isinstance(operand, native.Ref)]
    if len(paths) != 1 or len(refs) != len(operands) - 1 or len(paths[0].parts) != 1:
        return None
    if operands[0] is not paths[0]:
        if operator not in _TURNED:
            return None
        operator = _TURNED[operator]
    return KeyTest(str(paths[0].parts[0]), operator, tuple(condition.placeholders.values[ref.name] for ref in refs))


def _taken_apart(node: Any) -> tuple[str, tuple[Any, ...]]:
    if isinstance(node, native.Comparison) and node.operator in _TURNED:
        return node.operator, (node.left, node.right)
    if isinstance(node, native.Between):
        return "between", (node.operand, node.low, node.high)
    if isinstance(node, native.In):
        return "in", (node.operand, *node.options)
    if isinstance(node, native.Call) and node.name == "begins_with":
        return node.name, node.arguments
    return "", ()


# ---------------------------------------------------------------------- the reads


def _combined(branches: list[Branch], schema: KeySchema, index: Index | None) -> list[Read]:
    """The reads of all branches, each partition read once; what they say of the sort key must not overlap."""
    by_partition: dict[Any, list[tuple[Read, Branch]]] = {}
    for branch in branches:
        for value in branch.hash:
            match = _match(value, branch, schema, "" if index is None else index.definition.name)
            partition, bounds = span(schema, match, index is not None)
            by_partition.setdefault(partition, []).append((Read(partition, bounds), branch))
    if len(by_partition) > MOST_HASH_VALUES:
        raise refuse(TOO_MANY)
    return [read for found in by_partition.values() for read in _of_one_partition(found)]


def _match(value: Value, branch: Branch, schema: KeySchema, index: str) -> KeyMatch:
    """The key condition of a branch for one hash value, its values checked."""
    ((hash_name, hash_type),) = schema.hash
    test = branch.tests[0] if branch.tests else None
    for name, kind, values in ((hash_name, hash_type, (value,)), *(_range_values(test, schema))):
        for given in values:
            if kind not in given:
                raise refuse(WRONG_TYPE.format(name))
            if not given[kind] and (test is None or name == hash_name or test.operator != "begins_with"):
                raise empty(kind, name, index)
    match = KeyMatch((value,), (), test)
    check_lengths(match)
    return match


def _range_values(test: KeyTest | None, schema: KeySchema) -> tuple[tuple[str, str, tuple[Value, ...]], ...]:
    return () if test is None else ((test.name, schema.range[0][1], test.values),)


def _of_one_partition(found: list[tuple[Read, Branch]]) -> list[Read]:
    tests = {repr([(t.operator, t.values) for t in branch.tests]) for _, branch in found}
    if len(tests) == 1 and not any(branch.loose for _, branch in found):
        return [found[0][0]]
    if any(branch.loose for _, branch in found):
        return [found[0][0]] if len(found) == 1 else [Read(found[0][0].partition, Bounds())]
    reads = [read for read, _ in found]
    for position, read in enumerate(reads):
        if any(_overlap(read.bounds, other.bounds) for other in reads[:position]):
            raise refuse(OVERLAP)
    return reads


def _overlap(one: Bounds | None, two: Bounds | None) -> bool:
    assert one is not None
    assert two is not None
    return not (_before(one, two) or _before(two, one))


def _before(one: Bounds, two: Bounds) -> bool:
    """Whether one ends before the other begins."""
    if one.high is None or two.low is None:
        return False
    return one.high < two.low or (one.high == two.low and (one.high_open or two.low_open))


# ---------------------------------------------------------------------- ORDER BY


def _directions(order: tuple[Order, ...], schema: KeySchema) -> dict[str, bool]:
    """By key attribute, whether it is ordered descending."""
    directions: dict[str, bool] = {}
    for ordered in order:
        key = ordered.expression
        if not isinstance(key, Name):
            raise refuse(ORDER_BY_NAMES.format(type(key).__name__.upper()))
        if not key.text:
            raise refuse(EMPTY_PART)
        if key.text not in schema.names:
            raise refuse(ORDER_BY_KEYS.format(key.text))
        directions.setdefault(key.text, ordered.descending)
    return directions


def _put_in_order(reads: list[Read], directions: dict[str, bool], hash_name: str, schema: KeySchema) -> None:
    partitions = {read.partition for read in reads}
    if len(partitions) > 1 and hash_name not in directions:
        raise refuse(ORDER_BY_HASH)
    backwards = any(descending for name, descending in directions.items() if name != hash_name)
    kind = schema.hash[0][1]
    reads.sort(key=_low_end, reverse=backwards)
    reads.sort(key=lambda read: sort_key({kind: read.partition}), reverse=directions.get(hash_name, False))
    for read in reads:
        if read.bounds is not None:
            read.bounds.backwards = backwards


def _low_end(read: Read) -> tuple[Any, ...]:
    """Where a read begins; of a partition's reads only the first may have no beginning."""
    low = None if read.bounds is None else read.bounds.low
    return () if low is None else low


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
