"""Which partitions of a table or an index a SELECT reads, and in which order.

A condition that names the whole hash key in each of its alternatives is read as queries, one for each alternative (a "decomposed"
read); anything else is a scan. Alternatives come of OR, where it says something of the key, and of IN: ``pk = 'a' AND sk IN ['1',
'2']`` are two. Those of one partition must not overlap in the sort key.
https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/ql-reference.select.html; what is refused, and how: recorded
(public paritysuite/dynamodb-conformance; floci-io/floci, DynamoDbPartiQLEdgeCaseIntegrationTest), or as AWS's DynamoDB Local
has it.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from .expressions import BoundCondition, KeyMatch, KeyTest
from .expressions import tree as native
from .expressions.keys import empty
from .expressions.rules import walk
from .key_conditions import check_lengths, span
from .pages import refuse_unprojected, unprojected
from .partiql.errors import EMPTY_PART
from .partiql.tree import Name, Order
from .schema import KeySchema
from .statement_keys import WRONG_TYPE, test_of
from .store import Bounds, Index
from .values import Item, Value, equal, refuse, sort_key

OVERLAP = "Overlapping conditions with range keys are not supported in where clause"
TOO_MANY = "Too many decomposed read operations for a given query."
ORDER_NEEDS_WHERE = "Must have WHERE clause in the statement when using ORDER BY clause."
ORDER_NEEDS_HASH = "Must have at least one non-optional hash key condition in WHERE clause when using ORDER BY clause."
ORDER_BY_KEYS = "Attribute {} in ORDER BY clause must be part of the primary key"
ORDER_BY_NAMES = "Argument to ORDER BY must be of type VariableReference. Type: {}"
ORDER_BY_HASH = "Must have hash key in ORDER BY clause when more than one hash key condition specified in WHERE clause."

MOST_READS = (
    50  # "PartiQL operators" says it of the values of a hash key in IN; it is that of all alternatives (recorded)
)


@dataclass(frozen=True, slots=True)
class Read:
    """One partition, and the part of it which is read; of a scan None."""

    partition: Any = None
    bounds: Bounds | None = None


@dataclass(frozen=True, slots=True)
class Branch:
    """One alternative of a condition: what it says of the key, and the rest; ``by_in``: an IN names its hash key."""

    tests: tuple[KeyTest, ...] = ()
    rest: tuple[Any, ...] = ()
    by_in: bool = False

    def joined(self, other: Branch) -> Branch:
        """Both."""
        return Branch(self.tests + other.tests, self.rest + other.rest, self.by_in or other.by_in)

    def values(self, name: str) -> list[Value]:
        """What equalities say of an attribute."""
        return [test.values[0] for test in self.tests if test.name == name and test.operator == "="]

    def mentions(self, name: str | None) -> bool:
        """Whether the rest says something of an attribute."""
        return any(isinstance(n, native.Path) and n.parts[0] == name for part in self.rest for n in walk(part))


def reads_of(
    condition: BoundCondition | None, order: tuple[Order, ...], schema: KeySchema, index: Index | None
) -> tuple[list[Read], bool]:
    """What is read, in order, and whether an IN names the partitions."""
    if order and condition is None:
        raise refuse(ORDER_NEEDS_WHERE)
    branches = None if condition is None else branches_of(condition, schema)
    if branches is None:
        if order:
            raise refuse(ORDER_NEEDS_HASH)
        return [Read()], False
    reads = _combined(branches, schema, index)
    _check_projected(branches, schema, index)
    if order:
        _put_in_order(reads, _directions(order, schema), schema)
    return reads, any(branch.by_in for branch in branches)


def key_named(condition: BoundCondition, schema: KeySchema) -> Item | None:
    """The key of the one item that a condition names, if it says nothing else."""
    branches = branches_of(condition, schema) or []
    if len(branches) > 1:
        _combined(branches, schema, None)  # what is wrong with several reads is told first
    if len(branches) != 1 or branches[0].rest:
        return None
    key: Item = {}
    for test in branches[0].tests:
        if test.operator != "=" or not equal(key.setdefault(test.name, test.values[0]), test.values[0]):
            return None
    return key if len(key) == len(schema.names) else None


# ---------------------------------------------------------------------- the alternatives of a condition


class _TooMany(Exception):
    """More alternatives than are read."""


def branches_of(condition: BoundCondition, schema: KeySchema) -> list[Branch] | None:
    """The alternatives, if each of them names one hash key; else None."""
    names = tuple(schema.names)
    tree = condition.plan.tree
    try:
        branches = _spread(tree, condition, names)
    except _TooMany:
        if _pins(tree, condition, names[0]):
            raise refuse(TOO_MANY) from None
        return None
    for branch in branches:
        values = branch.values(names[0])
        if not values or not all(equal(values[0], other) for other in values[1:]):
            return None
    return branches


def _pins(node: Any, condition: BoundCondition, name: str) -> bool:
    """Whether a condition names the hash key in every alternative."""
    if isinstance(node, native.And):
        return any(_pins(operand, condition, name) for operand in node.operands)
    if isinstance(node, native.Or):
        return all(_pins(operand, condition, name) for operand in node.operands)
    return _key_test(node, condition, (name,)) is not None


def _key_test(node: Any, condition: BoundCondition, names: tuple[str, ...]) -> KeyTest | None:
    """What a condition says of a key attribute, in a way that a query can; of the hash key that is equality and IN."""
    test = test_of(node, condition)
    if test is None or test.name not in names or (test.name == names[0] and test.operator not in ("=", "in")):
        return None
    return test


def _spread(node: Any, condition: BoundCondition, names: tuple[str, ...]) -> list[Branch]:
    if isinstance(node, native.And):
        found = [Branch()]
        for operand in node.operands:
            more = _spread(operand, condition, names)
            found = _few([one.joined(other) for one in found for other in more])
        return found
    if isinstance(node, native.Or):
        if not _names_key(node, condition, names):
            return [Branch(rest=(node,))]
        return _few([branch for operand in node.operands for branch in _spread(operand, condition, names)])
    test = _key_test(node, condition, names)
    if test is None:
        return [Branch(rest=(node,))]
    if test.operator != "in":
        return [Branch((test,))]
    by_in = test.name == names[0]
    return _few([Branch((KeyTest(test.name, "=", (value,)),), (), by_in) for value in test.values])


def _names_key(node: Any, condition: BoundCondition, names: tuple[str, ...]) -> bool:
    if isinstance(node, (native.And, native.Or)):
        return any(_names_key(operand, condition, names) for operand in node.operands)
    return _key_test(node, condition, names) is not None


def _few(branches: list[Branch]) -> list[Branch]:
    if len(branches) > MOST_READS:
        raise _TooMany
    return branches


# ---------------------------------------------------------------------- the reads


def _combined(branches: list[Branch], schema: KeySchema, index: Index | None) -> list[Read]:
    """The reads of all alternatives; what they say of the sort key of one partition must not overlap."""
    by_partition: dict[Any, list[tuple[Read, Branch]]] = {}
    for branch in branches:
        read = _read(branch, schema, index)
        by_partition.setdefault(read.partition, []).append((read, branch))
    return [read for found in by_partition.values() for read in _of_one_partition(found, schema)]


def _read(branch: Branch, schema: KeySchema, index: Index | None) -> Read:
    hash_name = schema.hash[0][0]
    value = branch.values(hash_name)[0]
    of_sort = [test for test in branch.tests if test.name != hash_name]
    found = _part(value, of_sort[0] if of_sort else None, schema, index)
    for test in of_sort[1:]:
        found = Read(found.partition, _narrowed(found.bounds, _part(value, test, schema, index).bounds))
    return found


def _part(value: Value, test: KeyTest | None, schema: KeySchema, index: Index | None) -> Read:
    """The part of a partition that one test of the sort key names, its values checked."""
    ((hash_name, hash_type),) = schema.hash
    of_sort = () if test is None else ((test.name, schema.range[0][1], test.values),)
    for name, kind, values in ((hash_name, hash_type, (value,)), *of_sort):
        for given in values:
            if kind not in given:
                raise refuse(WRONG_TYPE.format(name))
            if not given[kind] and (test is None or name == hash_name or test.operator != "begins_with"):
                raise empty(kind, name, "" if index is None else index.definition.name)
    match = KeyMatch((value,), (), test)
    check_lengths(match)
    return Read(*span(schema, match, index is not None))


def _narrowed(one: Bounds | None, two: Bounds | None) -> Bounds:
    """What is within both."""
    assert one is not None
    assert two is not None
    low, low_open = one.low, one.low_open
    if two.low is not None and (low is None or (two.low, two.low_open) > (low, low_open)):
        low, low_open = two.low, two.low_open
    high, high_open = one.high, one.high_open
    if two.high is not None and (high is None or (two.high, not two.high_open) < (high, not high_open)):
        high, high_open = two.high, two.high_open
    return Bounds(low, high, low_open, high_open)


def _of_one_partition(found: list[tuple[Read, Branch]], schema: KeySchema) -> list[Read]:
    """Its reads, in order. What says of the sort key something that no query can (NOT, <>) makes one of them all (recorded)."""
    if len(found) == 1:
        return [found[0][0]]
    sort_name = schema.range[0][0] if schema.range else None
    if any(branch.mentions(sort_name) for _, branch in found):
        return [Read(found[0][0].partition, Bounds())]
    reads = sorted((read for read, _ in found if not _is_empty(read.bounds)), key=_low_end)
    for position, read in enumerate(reads):
        if any(_overlap(read.bounds, other.bounds) for other in reads[:position]):
            raise refuse(OVERLAP)
    return reads or [found[0][0]]


def _is_empty(bounds: Bounds | None) -> bool:
    assert bounds is not None
    if bounds.low is None or bounds.high is None:
        return False
    return bounds.low > bounds.high or (bounds.low == bounds.high and (bounds.low_open or bounds.high_open))


def _overlap(one: Bounds | None, two: Bounds | None) -> bool:
    assert one is not None
    assert two is not None
    return not (_before(one, two) or _before(two, one))


def _before(one: Bounds, two: Bounds) -> bool:
    """Whether one ends before the other begins."""
    if one.high is None or two.low is None:
        return False
    return one.high < two.low or (one.high == two.low and (one.high_open or two.low_open))


def _low_end(read: Read) -> tuple[tuple[Any, ...], bool]:
    """Where a read begins; of a partition's reads only the first may have no beginning."""
    bounds = read.bounds
    return ((), False) if bounds is None or bounds.low is None else (bounds.low, bounds.low_open)


def _check_projected(branches: list[Branch], schema: KeySchema, index: Index | None) -> None:
    """Beside a key condition no attributes are filtered which the index lacks; in a scan they are, and nothing is found.

    One alternative that has them all is enough. Of several that lack some, the last by its hash key is told (both recorded of two
    alternatives; that it is the last by its value is a guess).
    """
    if index is None:
        return
    told: list[str] = []
    ((hash_name, _),) = schema.hash
    for branch in sorted(branches, key=lambda branch: sort_key(branch.values(hash_name)[0])):
        told = unprojected(index, _names(branch.rest))
        if not told:
            return
    refuse_unprojected(index, told)


def _names(nodes: Iterable[Any]) -> list[str]:
    return [str(n.parts[0]) for node in nodes for n in walk(node) if isinstance(n, native.Path)]


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
    # a sort key that isn't named is turned around (recorded)
    backwards = all(descending for name, descending in directions.items() if name != hash_name)
    reads.sort(key=_low_end, reverse=backwards)
    reads.sort(key=lambda read: sort_key({kind: read.partition}), reverse=directions.get(hash_name, False))
    for read in reads:
        if read.bounds is not None:
            read.bounds.backwards = backwards
