"""Which partitions of a table or an index a SELECT reads, and in which order.

A condition which names the whole hash key, by equality or IN, in each of its ORs is read as queries of those partitions (a
"decomposed" read), anything else is a scan.
https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/ql-reference.select.html; wordings: recorded (public
paritysuite/dynamodb-conformance), or those of AWS's DynamoDB Local.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from .expressions import BoundCondition, KeyMatch, KeyTest
from .expressions import tree as native
from .expressions.keys import empty
from .expressions.rules import walk
from .key_conditions import check_lengths, span
from .pages import check_projected
from .partiql.errors import EMPTY_PART
from .partiql.tree import Name, Order
from .schema import KeySchema
from .statement_keys import WRONG_TYPE, conjuncts, test_of
from .store import Bounds, Index
from .values import Value, refuse, sort_key

OVERLAP = "Overlapping conditions with range keys are not supported in where clause"
TOO_MANY = "Too many decomposed read operations for a given query."
ORDER_NEEDS_WHERE = "Must have WHERE clause in the statement when using ORDER BY clause."
ORDER_NEEDS_HASH = "Must have at least one non-optional hash key condition in WHERE clause when using ORDER BY clause."
ORDER_BY_KEYS = "Variable reference {} in ORDER BY clause must be part of the primary key"
ORDER_BY_NAMES = "Argument to ORDER BY must be of type VariableReference. Type: {}"
ORDER_BY_HASH = "Must have hash key in ORDER BY clause when more than one hash key condition specified in WHERE clause."

MOST_HASH_VALUES = 50  # "PartiQL operators": values of a hash key in IN


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


def reads_of(
    condition: BoundCondition | None, order: tuple[Order, ...], schema: KeySchema, index: Index | None
) -> tuple[list[Read], bool]:
    """What is read, in order, and whether an IN names the partitions."""
    if order and condition is None:
        raise refuse(ORDER_NEEDS_WHERE)
    found = None if condition is None else _branches(condition, schema)
    if condition is None or found is None:
        if order:
            raise refuse(ORDER_NEEDS_HASH)
        return [Read()], False
    if len(found) == 1:
        # A filter beside a key condition has no attributes which the index lacks; one of a scan may, and finds nothing.
        check_projected(index, {str(path[0]) for path in condition.paths})
    reads = _combined(found, schema, index)
    if order:
        _put_in_order(reads, _directions(order, schema), schema)
    return reads, any(branch.by_in for branch in found)


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
    for part in conjuncts(node):
        test = test_of(part, condition)
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


def _put_in_order(reads: list[Read], directions: dict[str, bool], schema: KeySchema) -> None:
    ((hash_name, kind),) = schema.hash
    partitions = {read.partition for read in reads}
    if len(partitions) > 1 and hash_name not in directions:
        raise refuse(ORDER_BY_HASH)
    backwards = any(descending for name, descending in directions.items() if name != hash_name)
    reads.sort(key=_low_end, reverse=backwards)
    reads.sort(key=lambda read: sort_key({kind: read.partition}), reverse=directions.get(hash_name, False))
    for read in reads:
        if read.bounds is not None:
            read.bounds.backwards = backwards


def _low_end(read: Read) -> tuple[Any, ...]:
    """Where a read begins; of a partition's reads only the first may have no beginning."""
    low = None if read.bounds is None else read.bounds.low
    return () if low is None else low
