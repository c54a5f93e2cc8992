"""Condition and filter expressions: from a tree to a function of an item.

A text is planned once: its faults, what it demands of the request's placeholders, and a closure of (item, placeholders). Each
request then only checks its placeholders and calls. What isn't there makes every comparison false, except ``<>``.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache

from ..values import Item, Value, compare, equal
from .functions import ORDERINGS, PREDICATES, Demand, demands, distinct, size
from .lexer import ExpressionSyntaxError
from .parser import TooDeep, parse_condition_text
from .paths import Parts, reader, resolve
from .placeholders import Placeholders
from .rules import (
    CONDITION_FUNCTIONS,
    OPERAND_COUNT,
    condition_fault,
    depth_fault,
    primitives,
    size_fault,
    walk,
)
from .tree import And, Between, Call, Comparison, Condition, In, Not, Operand, Or, Path, Ref

Test = Callable[[Item, Placeholders], bool]
Reading = Callable[[Item, Placeholders], "Value | None"]


@dataclass(frozen=True, slots=True)
class Check:
    """What one primitive condition demands: defined placeholders, operand counts, distinct operands, operand types."""

    placeholders: tuple[str, ...]
    count_fault: str | None
    demands: tuple[Demand, ...]

    def fault(self, placeholders: Placeholders) -> str | None:
        """The first demand which isn't met."""
        fault = placeholders.undefined(self.placeholders) or self.count_fault
        if fault is None:
            for demand in self.demands:
                fault = demand(placeholders)
                if fault is not None:
                    return fault
        return fault


@dataclass(frozen=True, slots=True)
class ConditionPlan:
    """All that a text says by itself; ``nested``: a path in it leads into an attribute."""

    tree: Condition | None
    fault: str | None
    checks: tuple[Check, ...] = ()
    placeholders: frozenset[str] = frozenset()
    paths: tuple[Path, ...] = ()
    nested: bool = False
    test: Test | None = None


class BoundCondition:
    """A condition with its placeholders: call it with an item (``{}`` for none), get whether it holds."""

    __slots__ = ("placeholders", "plan", "test")

    def __init__(self, plan: ConditionPlan, placeholders: Placeholders) -> None:
        assert plan.test is not None
        self.plan = plan
        self.placeholders = placeholders
        self.test = plan.test

    def __call__(self, item: Item) -> bool:
        return self.test(item, self.placeholders)

    @property
    def paths(self) -> tuple[Parts, ...]:
        """Every path which the condition reads, names resolved."""
        return tuple(resolve(path, self.placeholders.names) for path in self.plan.paths)


@lru_cache(maxsize=2048)
def plan_condition(text: str) -> ConditionPlan:
    """The plan of a condition, filter or key condition (whose fault still lacks the parameter's name)."""
    fault = size_fault(text)
    if fault is not None:
        return ConditionPlan(None, fault)
    try:
        tree = parse_condition_text(text)
    except ExpressionSyntaxError as error:
        return ConditionPlan(None, str(error))
    except TooDeep as error:
        return ConditionPlan(None, depth_fault(error.calls, error.operators, CONDITION_FUNCTIONS))
    fault = condition_fault(tree)
    return planned(tree) if fault is None else ConditionPlan(tree, fault)


def planned(tree: Condition) -> ConditionPlan:
    """The plan of a condition's tree, in which nothing is wrong but perhaps its operands."""
    checks = tuple(_check(node) for node in primitives(tree))
    used = frozenset(placeholder for check in checks for placeholder in check.placeholders)
    paths = tuple(node for node in walk(tree) if isinstance(node, Path))
    test = None if any(check.count_fault for check in checks) else compiled(tree)
    nested = any(len(path.parts) > 1 for path in paths)
    return ConditionPlan(tree, None, checks, used, paths, nested, test)


def _check(primitive: Comparison | Between | In | Call) -> Check:
    nodes = [node for node in walk(primitive) if isinstance(node, (Comparison, Between, In, Call))]
    if not isinstance(primitive, Call):  # the walk comes to it before its operands, its demands come after theirs
        nodes = [*nodes[1:], primitive]
    counts = [
        OPERAND_COUNT.format(node.name, len(node.arguments))
        for node in nodes
        if isinstance(node, Call) and len(node.arguments) != CONDITION_FUNCTIONS[node.name]
    ]
    if counts:
        return Check(_placeholders(primitive), counts[0], ())
    distinctions = [demand for demand in map(distinct, nodes) if demand is not None]
    types = [demand for node in nodes for demand in demands(node)]
    return Check(_placeholders(primitive), None, (*distinctions, *types))


def _placeholders(node: Condition) -> tuple[str, ...]:
    found: list[str] = []
    for part in walk(node):
        if isinstance(part, Ref):
            found.append(part.name)
        elif isinstance(part, Path):
            found.extend(name for name in part.parts if isinstance(name, str) and name[0] == "#")
    return tuple(found)


# Closures


def compiled(node: Condition) -> Test:
    """A function of (item, placeholders) which tells whether a condition holds."""
    if isinstance(node, (And, Or)):
        return _junction(node)
    if isinstance(node, Not):
        inner = compiled(node.operand)
        return lambda item, placeholders: not inner(item, placeholders)
    if isinstance(node, Comparison):
        return _comparison(node)
    if isinstance(node, Between):
        return _between(node)
    if isinstance(node, In):
        return _in(node)
    return _predicate(node)


def _junction(node: And | Or) -> Test:
    tests = [compiled(operand) for operand in node.operands]
    decides = isinstance(node, Or)  # the outcome of one operand which decides all

    def holds(item: Item, placeholders: Placeholders) -> bool:
        for test in tests:
            if test(item, placeholders) is decides:
                return decides
        return not decides

    return holds


def _comparison(node: Comparison) -> Test:
    left, right = reading(node.left), reading(node.right)
    if node.operator == "=":

        def holds(item: Item, placeholders: Placeholders) -> bool:
            one, two = left(item, placeholders), right(item, placeholders)
            return one is not None and two is not None and equal(one, two)

    elif node.operator == "<>":

        def holds(item: Item, placeholders: Placeholders) -> bool:
            one, two = left(item, placeholders), right(item, placeholders)
            return one is None or two is None or not equal(one, two)

    else:
        accepts = ORDERINGS[node.operator]

        def holds(item: Item, placeholders: Placeholders) -> bool:
            one, two = left(item, placeholders), right(item, placeholders)
            order = None if one is None or two is None else compare(one, two)
            return order is not None and accepts(order)

    return holds


def _between(node: Between) -> Test:
    operand, low, high = reading(node.operand), reading(node.low), reading(node.high)

    def holds(item: Item, placeholders: Placeholders) -> bool:
        value, least, most = operand(item, placeholders), low(item, placeholders), high(item, placeholders)
        if value is None or least is None or most is None:
            return False
        above, below = compare(least, value), compare(value, most)
        return above is not None and below is not None and above <= 0 and below <= 0

    return holds


def _in(node: In) -> Test:
    operand = reading(node.operand)
    options = [reading(option) for option in node.options]

    def holds(item: Item, placeholders: Placeholders) -> bool:
        value = operand(item, placeholders)
        if value is None:
            return False
        for option in options:
            other = option(item, placeholders)
            if other is not None and equal(value, other):
                return True
        return False

    return holds


def _predicate(node: Call) -> Test:
    predicate = PREDICATES[node.name]
    if len(node.arguments) == 1:
        only = reading(node.arguments[0])
        return lambda item, placeholders: predicate(only(item, placeholders))
    first, second = map(reading, node.arguments)
    return lambda item, placeholders: predicate(first(item, placeholders), second(item, placeholders))


def reading(operand: Operand) -> Reading:
    """A function of (item, placeholders) which gives an operand's value, or None."""
    if isinstance(operand, Ref):
        name = operand.name
        return lambda item, placeholders: placeholders.values[name]
    if isinstance(operand, Path):
        read = reader(operand)
        return lambda item, placeholders: read(item, placeholders.names)
    if isinstance(operand, Call) and operand.name == "size":
        measured = reading(operand.arguments[0])
        return lambda item, placeholders: size(measured(item, placeholders))
    test = compiled(operand)  # what is true or false is a value in PartiQL's conditions only
    return lambda item, placeholders: {"BOOL": test(item, placeholders)}
