"""Key conditions: a condition's tree, narrowed to what a query can use, then held against a key schema.

The service parses them as any condition; what it doesn't allow here is refused by the first check (before the table is known),
what doesn't fit the table's or index's key by the second. "Key condition expressions for the Query operation" of the developer
guide. Keys may have several attributes: every hash attribute needs an equality, range attributes are used from the left, all
but the last by equality ("Multi-attribute keys"). Wordings: dynalite's and the parity suite's public tests.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from mock_serverless.core.errors import AwsError

from ..values import EMPTY_INDEX_KEY, EMPTY_KEY, EMPTY_NAMES, Value, refuse
from .paths import resolve
from .placeholders import Placeholders
from .tree import And, Between, Call, Comparison, Condition, In, Not, Operand, Or, Path, Ref

NOT_SUPPORTED = "Query key condition not supported"
MISSED = "Query condition missed key schema element: {}"
TYPE_MISMATCH = "One or more parameter values were invalid: Condition parameter type does not match schema type"

_BAD_OPERATOR = "Invalid operator used in KeyConditionExpression: {}"
_NESTED_OPERATION = "KeyConditionExpressions cannot contain nested operations"
_NESTED_ATTRIBUTE = "KeyConditionExpressions cannot have conditions on nested attributes"
_ONE_PER_KEY = "Invalid KeyConditionExpression: KeyConditionExpressions must only contain one condition per key"
_NO_ATTRIBUTE = "Invalid condition in KeyConditionExpression: No key attribute specified"
_MANY_ATTRIBUTES = "Invalid condition in KeyConditionExpression: Multiple attribute names used in one condition"
_NOT_FIRST = "Invalid condition in KeyConditionExpression: {} operator must have the key attribute as its first operand"
_TOO_MANY = "The number of query conditions ({}) exceeds the number of key attributes defined in the schema ({})"
_HASH = "HASH key attributes {} must have equality conditions specified in the query"
_GAP = (
    "RANGE key attributes {} must have equality conditions specified in the query because a condition is present on key "
    "attribute {}"
)

_TURNED = {"=": "=", "<": ">", "<=": ">=", ">": "<", ">=": "<="}


@dataclass(frozen=True, slots=True)
class KeyTest:
    """One condition: ``operator`` is ``=``, ``<``, ``<=``, ``>``, ``>=``, ``between`` or ``begins_with``."""

    name: str
    operator: str
    values: tuple[Value, ...]


@dataclass(frozen=True, slots=True)
class KeyMatch:
    """What a query looks for: the hash attributes' values, equalities on leading range attributes, one test of the next."""

    hash: tuple[Value, ...]
    equal: tuple[Value, ...]
    test: KeyTest | None


class BoundKeyCondition:
    """A key condition with its placeholders: its tests by attribute name."""

    __slots__ = ("tests",)

    def __init__(self, tests: dict[str, KeyTest]) -> None:
        self.tests = tests

    def against(
        self, hash_schema: Sequence[tuple[str, str]], range_schema: Sequence[tuple[str, str]] = (), index: str = ""
    ) -> KeyMatch:
        """The match for the key of a table or of an index (its name), as (name, type) pairs.

        A single range attribute's equality is a ``test``, not in ``equal``.
        """
        tests = self.tests
        schema = (*hash_schema, *range_schema)
        if len(tests) > max(2, len(schema)):
            raise refuse(_TOO_MANY.format(len(tests), len(schema)))
        if len(tests) > 1 and len(schema) == 1:
            raise refuse(NOT_SUPPORTED)
        if len(hash_schema) > 1:
            _check_hash([name for name, _ in hash_schema], tests)
        found = [_equality(tests, name, kind, index) for name, kind in hash_schema]
        ordered = [_fitting(tests[name], kind, index) for name, kind in range_schema if name in tests]
        if len(tests) > len(hash_schema) + len(ordered):  # one of an attribute which the key hasn't
            raise refuse(MISSED.format(next(name for name, _ in range_schema if name not in tests)))
        _check_gaps([name for name, _ in range_schema], ordered)
        equal = tuple(test.values[0] for test in ordered[:-1])
        return KeyMatch(tuple(found), equal, ordered[-1] if ordered else None)


def _check_hash(names: list[str], tests: dict[str, KeyTest]) -> None:
    """Several hash attributes need equalities, all of them.

    The words are a guess on the model of those for range attributes: Alternator's test_gsi_composite_keys, which runs against
    AWS, has seen HASH and equality in them.
    """
    missing = [name for name in names if name not in tests or tests[name].operator != "="]
    if missing:
        raise refuse(_HASH.format(", ".join(missing)))


def _check_gaps(names: list[str], ordered: list[KeyTest]) -> None:
    """Equalities come before the last range attribute of which something is asked. How several are listed is a guess."""
    if not ordered:
        return
    last = ordered[-1].name
    equal = [test.name for test in ordered if test.operator == "="]
    missing = [name for name in names[: names.index(last)] if name not in equal]
    if missing:
        raise refuse(_GAP.format(", ".join(missing), last))


def bind_key_condition(tree: Condition, placeholders: Placeholders) -> BoundKeyCondition:
    """The tests of a key condition which is well-formed as a condition."""
    tests: dict[str, KeyTest] = {}
    for node in _conjuncts(tree):
        test = _test(node, placeholders)
        if test.name in tests:
            raise refuse(_ONE_PER_KEY)
        tests[test.name] = test
    return BoundKeyCondition(tests)


def _conjuncts(tree: Condition) -> Iterator[Comparison | Between | Call]:
    """The conditions joined by AND; what a key condition can't have is refused where it stands."""
    if isinstance(tree, And):
        for operand in tree.operands:
            yield from _conjuncts(operand)
    elif isinstance(tree, (Or, Not, In)):
        raise refuse(_BAD_OPERATOR.format(type(tree).__name__.upper()))
    elif isinstance(tree, Comparison) and tree.operator == "<>":
        raise refuse(_BAD_OPERATOR.format("<>"))
    elif isinstance(tree, Call) and tree.name != "begins_with":
        raise refuse(_BAD_OPERATOR.format(tree.name))
    else:
        yield tree


def _test(node: Comparison | Between | Call, placeholders: Placeholders) -> KeyTest:
    operator, operands = _taken_apart(node)
    if operator in ("between", "begins_with") and not isinstance(operands[0], Path):
        raise refuse(_NOT_FIRST.format("BETWEEN" if operator == "between" else operator))
    name, at = _key_attribute(operands, placeholders)
    if at and operator in _TURNED:
        operator = _TURNED[operator]
    refs = (operand for operand in operands if isinstance(operand, Ref))
    return KeyTest(name, operator, tuple(placeholders.values[ref.name] for ref in refs))


def _taken_apart(node: Comparison | Between | Call) -> tuple[str, tuple[Operand, ...]]:
    if isinstance(node, Comparison):
        return node.operator, (node.left, node.right)
    if isinstance(node, Between):
        return "between", (node.operand, node.low, node.high)
    return node.name, node.arguments


def _key_attribute(operands: tuple[Operand, ...], placeholders: Placeholders) -> tuple[str, int]:
    """The one attribute among the operands, and where it stands."""
    found: tuple[str, int] | None = None
    for position, operand in enumerate(operands):
        if isinstance(operand, Call):
            raise refuse(_NESTED_OPERATION)
        if isinstance(operand, Path):
            if found is not None:
                raise refuse(_MANY_ATTRIBUTES)
            parts = resolve(operand, placeholders.names)
            if len(parts) > 1:
                raise refuse(_NESTED_ATTRIBUTE)
            found = (str(parts[0]), position)
    if found is None:
        raise refuse(_NO_ATTRIBUTE)
    return found


def _equality(tests: dict[str, KeyTest], name: str, kind: str, index: str) -> Value:
    test = tests.get(name)
    if test is None:
        raise refuse(MISSED.format(name))
    if _fitting(test, kind, index).operator != "=":
        raise refuse(NOT_SUPPORTED)
    return test.values[0]


def _fitting(test: KeyTest, kind: str, index: str) -> KeyTest:
    """The test, if its values are of the schema's type and none that a key can't have."""
    for value in test.values:
        if kind not in value:
            raise refuse(TYPE_MISMATCH)
        if test.operator != "begins_with" and not value[kind]:
            raise empty(kind, test.name, index)
    return test


def empty(kind: str, name: str, index: str) -> AwsError:
    """The refusal of an empty text or binary as a key of a table or (its name) an index."""
    if index:
        return refuse(EMPTY_INDEX_KEY.format(EMPTY_NAMES[kind], index, name))
    return refuse(EMPTY_KEY.format(EMPTY_NAMES[kind], name))
