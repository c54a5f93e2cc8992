"""Search conditions: a condition's tree, narrowed to equalities of attributes, then held against an index' search schema.

"Filtering with SearchConditionExpression" of
https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/VectorSearchWorkingWith.html: only ``=``, joined by AND, on
top-level attributes. Wordings as the parity suite's public tests have them, which run on the service, or as captured there by the
authors of Dynoxide and ExtendDB (2026-08); marked guesses are nobody's record.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from ..values import EMPTY_KEY, EMPTY_NAMES, Value, refuse, type_of
from .paths import resolve
from .placeholders import Placeholders
from .tree import And, Comparison, Condition, Path, Ref

HASH = "HASH"
MOST = 21
_INVALID = "Invalid SearchConditionExpression: "
_COMPARATOR = _INVALID + "Invalid comparator used in SearchConditionExpression"
_OPERATOR = _INVALID + "Invalid operator used in SearchConditionExpression"
_NESTED = _INVALID + "SearchConditionExpression cannot have conditions on nested attributes"
_ONE_EACH = _INVALID + "SearchConditionExpression must only contain one condition per attribute"
_TOO_MANY = (
    _INVALID
    + "SearchConditionExpression cannot have more than 1 partition key and more than 20 inline filter key attributes"
)
_STRANGE = (
    "SearchConditionExpression must not contain any attributes that is not in SearchSchema. Invalid attribute: {}"
)
_NO_CONDITION = "SearchConditionExpression must be provided when SearchSchema has a HASH key"
_NO_HASH = "SearchConditionExpression must have all HASH attributes in configured SearchSchema"
_WRONG_TYPE = "Type of '{}' attribute in SearchConditionExpression ({}) does not match type in search schema ({})"


class BoundSearchCondition:
    """A search condition with its placeholders: the values which attributes are to equal."""

    __slots__ = ("values",)

    def __init__(self, values: dict[str, Value]) -> None:
        self.values = values


def bind_search_condition(tree: Condition, placeholders: Placeholders) -> BoundSearchCondition:
    """The condition; AwsError when a search can't have it."""
    values: dict[str, Value] = {}
    for node in _conjuncts(tree):
        name, value = _equality(node, placeholders)
        if name in values:
            raise refuse(_ONE_EACH)
        values[name] = value
    if len(values) > MOST:
        raise refuse(_TOO_MANY)
    return BoundSearchCondition(values)


def _conjuncts(tree: Condition) -> Iterator[Comparison]:
    if isinstance(tree, And):
        for operand in tree.operands:
            yield from _conjuncts(operand)
    elif isinstance(tree, Comparison):
        yield tree
    else:  # BETWEEN and IN: captured; OR, NOT and functions: a guess
        raise refuse(_OPERATOR)


def _equality(node: Comparison, placeholders: Placeholders) -> tuple[str, Value]:
    if node.operator != "=":
        raise refuse(_COMPARATOR)
    path, ref = (node.left, node.right) if isinstance(node.left, Path) else (node.right, node.left)
    if not isinstance(path, Path) or not isinstance(ref, Ref):
        raise refuse(_OPERATOR)  # two attributes, two values, size(): a guess
    parts = resolve(path, placeholders.names)
    if len(parts) > 1:
        raise refuse(_NESTED)
    return str(parts[0]), placeholders.values[ref.name]


def against(condition: BoundSearchCondition | None, schema: Sequence[tuple[str, str, str]]) -> dict[str, Value]:
    """What a search looks for, by the search schema's attributes (their name, type and role); AwsError if it doesn't fit."""
    hashes = [name for name, _, role in schema if role == HASH]
    if condition is None:
        if hashes:
            raise refuse(_NO_CONDITION)
        return {}
    kinds = {name: (kind, role) for name, kind, role in schema}
    for name in condition.values:
        if name not in kinds:
            raise refuse(_STRANGE.format(name))
    if any(name not in condition.values for name in hashes):
        raise refuse(_NO_HASH)
    for name, value in condition.values.items():
        kind, role = kinds[name]
        if kind not in value:
            raise refuse(_WRONG_TYPE.format(name, type_of(value), kind))
        if role == HASH and not value[kind]:
            raise refuse(EMPTY_KEY.format(EMPTY_NAMES[kind], name))
    return condition.values
