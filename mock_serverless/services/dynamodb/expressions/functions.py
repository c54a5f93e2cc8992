"""The functions and comparisons of conditions: what they demand of operands given by value, and what they say of an item.

"Condition and filter expressions, operators, and functions" of the developer guide. The demands concern only what the
request itself gives: a value of the wrong type in the item makes a condition false, in the request it is an error.
"""

from __future__ import annotations

import base64
from collections.abc import Callable
from typing import Any

from ..values import SET_MEMBERS, TYPES, Value, compare, equal, type_of
from .paths import resolve, shown
from .placeholders import Placeholders
from .rules import NEEDS_PATH, OPERAND_TYPE
from .tree import Between, Call, Comparison, In, Operand, Path, Ref

# What a type check gives: the refusal, or None.
Demand = Callable[[Placeholders], str | None]

ORDERINGS: dict[str, Callable[[int], bool]] = {
    "<": lambda order: order < 0,
    "<=": lambda order: order <= 0,
    ">": lambda order: order > 0,
    ">=": lambda order: order >= 0,
}
ORDERED = ("S", "N", "B")

# The service lists its types in the order of its hash table.
_ANY_TYPE = "{NS,SS,L,BS,N,M,B,BOOL,NULL,S}"
_NOT_DISTINCT = (
    "The first operand must be distinct from the remaining operands for this operator or function; "
    "operator: {}, first operand: {}"
)
_BOUNDS_TYPES = (
    "The BETWEEN operator requires same data type for lower and upper bounds; "
    "lower bound operand: AttributeValue: {}, upper bound operand: AttributeValue: {}"
)
_BOUNDS_ORDER = (
    "The BETWEEN operator requires upper bound to be greater than or equal to lower bound; "
    "lower bound operand: AttributeValue: {}, upper bound operand: AttributeValue: {}"
)
VALID_TYPES = "{B,NULL,SS,BOOL,L,BS,N,NS,S,M}"
_INVALID_TYPE = "Invalid attribute type name found; type: {}, valid types: " + VALID_TYPES.replace("{", "{{").replace(
    "}", "}}"
)


# Demands


def distinct(node: Comparison | Between | In | Call) -> Demand | None:
    """A comparison, range, list or function whose first operand is a path demands other ones beside it."""
    if isinstance(node, Call):
        return unlike(node.name, node.arguments)
    if isinstance(node, Between):
        return unlike("BETWEEN", (node.operand, node.low, node.high))
    if isinstance(node, In):
        return unlike("IN", (node.operand, *node.options))
    return unlike(node.operator, (node.left, node.right))


def unlike(operator: str, operands: tuple[Operand, ...]) -> Demand | None:
    """The first operand, if it is a path, must not be given again."""
    first, others = operands[0], [operand for operand in operands[1:] if isinstance(operand, Path)]
    if not isinstance(first, Path) or not others:
        return None

    def demand(placeholders: Placeholders) -> str | None:
        parts = resolve(first, placeholders.names)
        same = any(parts == resolve(other, placeholders.names) for other in others)
        return _NOT_DISTINCT.format(operator, shown(parts)) if same else None

    return demand


def demands(node: Comparison | Between | In | Call) -> list[Demand]:
    """What one comparison or function demands of its operands' types."""
    if isinstance(node, Comparison) and node.operator in ORDERINGS:
        return _all_of(node.operator, (node.left, node.right), ORDERED)
    if isinstance(node, Between):
        return [*_all_of("BETWEEN", (node.operand, node.low, node.high), ORDERED), *_bounds(node)]
    if isinstance(node, Call):
        if node.name in ("attribute_exists", "attribute_not_exists"):
            fault = None if isinstance(node.arguments[0], Path) else NEEDS_PATH.format(node.name)
            return [lambda placeholders: fault] if fault else []
        if node.name == "begins_with":
            return _all_of(node.name, node.arguments, ("S", "B"))
        if node.name == "size":
            sized = tuple(t for t in TYPES if t not in ("N", "BOOL", "NULL"))
            return _all_of(node.name, node.arguments, sized)
        if node.name == "attribute_type":
            return [_type_name(node)]
    return []


def kind_of(operand: Operand, placeholders: Placeholders) -> str | None:
    """The type of an operand, if the request says it."""
    if isinstance(operand, Ref):
        return type_of(placeholders.values[operand.name])
    if isinstance(operand, Path):
        return None
    return "N" if isinstance(operand, Call) and operand.name == "size" else "BOOL"


def _all_of(operator: str, operands: tuple[Operand, ...], allowed: tuple[str, ...]) -> list[Demand]:
    given = [operand for operand in operands if not isinstance(operand, Path)]
    if not given:
        return []

    def demand(placeholders: Placeholders) -> str | None:
        for operand in given:
            kind = kind_of(operand, placeholders)
            if kind not in allowed:
                return OPERAND_TYPE.format(operator, kind)
        return None

    return [demand]


def _bounds(node: Between) -> list[Demand]:
    low, high = node.low, node.high
    if not (isinstance(low, Ref) and isinstance(high, Ref)):
        return []

    def demand(placeholders: Placeholders) -> str | None:
        one, two = placeholders.values[low.name], placeholders.values[high.name]
        order = compare(one, two)
        if order is None:
            return _BOUNDS_TYPES.format(_shown_value(one), _shown_value(two))
        return _BOUNDS_ORDER.format(_shown_value(one), _shown_value(two)) if order > 0 else None

    return [demand]


def _type_name(node: Call) -> Demand:
    operand = node.arguments[1]

    def demand(placeholders: Placeholders) -> str | None:
        if not isinstance(operand, Ref):
            return OPERAND_TYPE.format(node.name, kind_of(operand, placeholders) or _ANY_TYPE)
        kind, content = next(iter(placeholders.values[operand.name].items()))
        if kind != "S":
            return OPERAND_TYPE.format(node.name, kind)
        return None if content in TYPES else _INVALID_TYPE.format(content)

    return demand


def _shown_value(value: Value) -> str:
    kind, content = next(iter(value.items()))
    return f"{{{kind}:{base64.b64encode(content).decode() if kind == 'B' else content}}}"


# What they say of values; None is what isn't there


def begins_with(value: Value | None, start: Value | None) -> bool:
    """Whether text begins with text, or binary with binary."""
    if value is None or start is None:
        return False
    for kind in ("S", "B"):
        if kind in value and kind in start:
            return bool(value[kind].startswith(start[kind]))
    return False


def contains(value: Value | None, part: Value | None) -> bool:
    """Whether text contains text, binary contains binary, a set its member, a list its element."""
    if value is None or part is None:
        return False
    kind, content = next(iter(value.items()))
    if kind == "L":
        return any(equal(element, part) for element in content)
    member = SET_MEMBERS.get(kind, kind)
    return kind in _CONTAINERS and member in part and part[member] in content


def size(value: Value | None) -> Value | None:
    """The size of a value as a number; None for what has none (numbers, booleans, null)."""
    if value is None:
        return None
    kind, content = next(iter(value.items()))
    if kind in ("N", "BOOL", "NULL"):
        return None
    return {"N": str(_length(content) if kind == "S" else len(content))}


def _length(text: str) -> int:
    """The length of text in UTF-16 units, as in AWS's DynamoDB Local."""
    return len(text) if text.isascii() else len(text.encode("utf-16-le", "surrogatepass")) // 2


_CONTAINERS = frozenset(("S", "B", "SS", "NS", "BS"))

PREDICATES: dict[str, Callable[..., Any]] = {
    "attribute_exists": lambda value: value is not None,
    "attribute_not_exists": lambda value: value is None,
    "attribute_type": lambda value, name: value is not None and name["S"] in value,
    "begins_with": begins_with,
    "contains": contains,
}
