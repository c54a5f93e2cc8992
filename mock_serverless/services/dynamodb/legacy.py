"""The parameters from before expressions: Expected, AttributeUpdates, KeyConditions, QueryFilter, ScanFilter, AttributesToGet.

https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/LegacyConditionalParameters.html. They become the same things
that expressions become: a function of an item, an update, key tests, a projection. The wording of refusals is the service's,
as dynalite's public test-suite has it.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from .expressions import BoundKeyCondition, BoundProjection, KeyTest
from .expressions.functions import begins_with, contains
from .schema import INVALID
from .values import Item, Value, add, compare, difference, equal, normalise_value, refuse, type_of, union

Condition = Callable[[Item], bool]
SETS = ("SS", "NS", "BS")
ANY_NUMBER = 1000
ARGUMENTS = {"NULL": (0, 0), "NOT_NULL": (0, 0), "IN": (1, ANY_NUMBER), "BETWEEN": (2, 2)}
ORDERED = ("S", "N", "B")
TYPES = {
    "LE": ORDERED,
    "LT": ORDERED,
    "GE": ORDERED,
    "GT": ORDERED,
    "CONTAINS": (*ORDERED, "BOOL", "NULL"),  # as AWS's DynamoDB Local has it
    "NOT_CONTAINS": (*ORDERED, "BOOL", "NULL"),
    "BEGINS_WITH": ("S", "B"),
    "IN": ORDERED,
    "BETWEEN": ORDERED,
}
BETWEEN_TURNED = "The BETWEEN condition was provided a range where the lower bound is greater than the upper bound"

Test = Callable[["Value | None", list[Value]], bool]


def _ordered(accepts: Callable[[int], bool]) -> Test:
    def holds(value: Value | None, arguments: list[Value]) -> bool:
        order = None if value is None else compare(value, arguments[0])
        return order is not None and accepts(order)

    return holds


def _between(value: Value | None, arguments: list[Value]) -> bool:
    if value is None:
        return False
    above, below = compare(value, arguments[0]), compare(value, arguments[1])
    return above is not None and below is not None and above >= 0 and below <= 0


TESTS: dict[str, Test] = {
    "EQ": lambda value, arguments: value is not None and equal(value, arguments[0]),
    "NE": lambda value, arguments: value is None or not equal(value, arguments[0]),
    "LE": _ordered(lambda order: order <= 0),
    "LT": _ordered(lambda order: order < 0),
    "GE": _ordered(lambda order: order >= 0),
    "GT": _ordered(lambda order: order > 0),
    "NULL": lambda value, arguments: value is None,
    "NOT_NULL": lambda value, arguments: value is not None,
    "CONTAINS": lambda value, arguments: contains(value, arguments[0]),
    "NOT_CONTAINS": lambda value, arguments: value is not None and not contains(value, arguments[0]),
    "BEGINS_WITH": lambda value, arguments: begins_with(value, arguments[0]),
    "IN": lambda value, arguments: value is not None and any(equal(value, option) for option in arguments),
    "BETWEEN": _between,
}


def condition(request: dict[str, Any]) -> Condition | None:
    """What Expected and ConditionalOperator ask for."""
    expected = request.get("Expected")
    check_operator(request, expected)
    if expected is None:
        return None
    return _joined([(name, *_expectation(name, given)) for name, given in expected.items()], request)


def filter_of(request: dict[str, Any], parameter: str) -> Condition | None:
    """What QueryFilter or ScanFilter and ConditionalOperator ask for."""
    conditions = request.get(parameter)
    check_operator(request, conditions)
    if conditions is None:
        return None
    return _joined([(name, *_comparison(given)) for name, given in conditions.items()], request)


def check_operator(request: dict[str, Any], conditions: dict[str, Any] | None) -> None:
    """A ConditionalOperator joins conditions: two at least (as ExtendDB's public tests have it of the service)."""
    if request.get("ConditionalOperator") is not None:
        if not conditions:
            raise refuse("ConditionalOperator cannot be used without Filter or Expected")
        if len(conditions) < 2:
            raise refuse("ConditionalOperator can only be used when Filter or Expected has two or more elements")


def _joined(tests: list[tuple[str, Test, list[Value]]], request: dict[str, Any]) -> Condition:
    combine = any if request.get("ConditionalOperator") == "OR" else all
    return lambda item: combine(test(item.get(name), arguments) for name, test, arguments in tests)


def _expectation(name: str, given: dict[str, Any]) -> tuple[Test, list[Value]]:
    operator = given.get("ComparisonOperator")
    listed, value = given.get("AttributeValueList"), given.get("Value")
    if operator is not None and "Exists" in given:
        raise refuse(f"{INVALID}Exists and ComparisonOperator cannot be used together for Attribute: {name}")
    if listed is not None and value is not None:
        raise refuse(f"{INVALID}Value and AttributeValueList cannot be used together for Attribute: {name}")
    if operator is None:
        return _existence(name, given)
    if operator not in ("NULL", "NOT_NULL") and listed is None and value is None:
        raise refuse(
            f"{INVALID}Value or AttributeValueList must be used with ComparisonOperator: {operator} for Attribute: {name}"
        )
    arguments = listed if listed is not None else [] if value is None else [value]
    return _comparison({"ComparisonOperator": operator, "AttributeValueList": arguments})


def _existence(name: str, given: dict[str, Any]) -> tuple[Test, list[Value]]:
    exists, value = given.get("Exists"), given.get("Value")
    if "AttributeValueList" in given:
        raise refuse(f"{INVALID}AttributeValueList can only be used with a ComparisonOperator for Attribute: {name}")
    if exists is False:
        if value is not None:
            raise refuse(f"{INVALID}Value cannot be used when Exists is false for Attribute: {name}")
        return TESTS["NULL"], []
    if value is None:
        shown = "null" if exists is None else "true"
        raise refuse(f"{INVALID}Value must be provided when Exists is {shown} for Attribute: {name}")
    return TESTS["EQ"], [normalise_value(value)]


def _comparison(given: dict[str, Any]) -> tuple[Test, list[Value]]:
    operator = given["ComparisonOperator"]
    arguments = [normalise_value(value) for value in given.get("AttributeValueList") or ()]
    least, most = ARGUMENTS.get(operator, (1, 1))
    if not least <= len(arguments) <= most:
        raise refuse(f"{INVALID}Invalid number of argument(s) for the {operator} ComparisonOperator")
    kinds = {type_of(value) for value in arguments}
    if len(kinds) > 1:
        raise refuse(INVALID + "AttributeValues inside AttributeValueList must be of same type")
    for kind in kinds:
        if kind not in TYPES.get(operator, (kind,)):
            raise refuse(f"{INVALID}ComparisonOperator {operator} is not valid for {kind} AttributeValue type")
    if operator == "BETWEEN" and (compare(arguments[0], arguments[1]) or 0) > 0:
        raise refuse(BETWEEN_TURNED)
    return TESTS[operator], arguments


# ---------------------------------------------------------------------- keys, projections

KEY_OPERATORS = {
    "EQ": "=",
    "LE": "<=",
    "LT": "<",
    "GE": ">=",
    "GT": ">",
    "BETWEEN": "between",
    "BEGINS_WITH": "begins_with",
}


def key_conditions(conditions: dict[str, Any]) -> BoundKeyCondition:
    """What KeyConditions ask for."""
    tests = {}
    for name, given in conditions.items():
        _, arguments = _comparison(given)
        tests[name] = (given["ComparisonOperator"], arguments)
    if not tests:
        raise refuse("Conditions can be of length 1 or 2 only")
    for operator, _ in tests.values():
        if operator not in KEY_OPERATORS:
            raise refuse("Attempted conditional constraint is not an indexable operation")
    return BoundKeyCondition(
        {name: KeyTest(name, KEY_OPERATORS[op], tuple(arguments)) for name, (op, arguments) in tests.items()}
    )


def projection(request: dict[str, Any]) -> BoundProjection | None:
    """What AttributesToGet asks for."""
    names = request.get("AttributesToGet")
    if names is None:
        return None
    for name in names:
        if names.count(name) > 1:
            raise refuse(f"{INVALID}Duplicate value in attribute name: {name}")
    return BoundProjection(tuple((name,) for name in names))


# ---------------------------------------------------------------------- updates


class AttributeUpdates:
    """What AttributeUpdates ask for; used as an update expression is."""

    def __init__(self, updates: dict[str, Any]) -> None:
        self._updates = [(name, *_update(given)) for name, given in updates.items()]
        self.touched = tuple(updates)
        self.paths = tuple((name,) for name in updates)
        self.creates = not updates or any(action != "DELETE" for _, action, _ in self._updates)

    def literals(self) -> dict[str, Value]:
        """Attributes which get a value straight from the request."""
        return {name: value for name, action, value in self._updates if value is not None and action != "DELETE"}

    def apply(self, item: Item, exists: bool = True) -> Item:
        """The new item."""
        new = dict(item)
        for name, action, value in self._updates:
            after = value if action == "PUT" else _ACTIONS[action](new.get(name), value)
            if after is None:
                new.pop(name, None)
            else:
                new[name] = after
        return new

    def project(self, item: Item) -> Item:
        """What is written, of the old item or the new one."""
        return {name: item[name] for name in self.touched if name in item}


def _update(given: dict[str, Any]) -> tuple[str, Value | None]:
    action, value = given.get("Action", "PUT"), given.get("Value")
    if value is None:
        if action != "DELETE":
            raise refuse(INVALID + "Only DELETE action is allowed when no attribute value is specified")
        return action, None
    kept = normalise_value(value)
    kind = type_of(kept)
    if action == "DELETE" and kind not in SETS:
        raise refuse(f"{INVALID}DELETE action with value is not supported for the type {kind}")
    if action == "ADD" and kind not in (*SETS, "N", "L"):
        raise refuse(f"{INVALID}ADD action is not supported for the type {kind}")
    return action, kept


def _add(old: Value | None, value: Value | None) -> Value | None:
    assert value is not None
    kind, more = next(iter(value.items()))
    if old is None:
        return value
    if kind not in old:
        raise refuse("Type mismatch for attribute to update")
    if kind == "N":
        return {"N": add(old["N"], more)}
    return {"L": [*old["L"], *more]} if kind == "L" else {kind: union(kind, old[kind], more)}


def _delete(old: Value | None, value: Value | None) -> Value | None:
    if old is None or value is None:
        return None
    kind, less = next(iter(value.items()))
    if kind not in old:
        raise refuse("Type mismatch for attribute to update")
    left = difference(old[kind], less)
    return {kind: left} if left else None


_ACTIONS: dict[str, Callable[[Value | None, Value | None], Value | None]] = {"ADD": _add, "DELETE": _delete}
