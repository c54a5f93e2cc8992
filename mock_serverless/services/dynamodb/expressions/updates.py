"""Update expressions: what one says, checked against its placeholders, and applied to an item.

Every operand is read from the item as it was before; indexes count in the lists as they were before, and what is set behind the
end of a list is appended in the order of the indexes. Since no two paths overlap, the order of the actions makes no difference.
The old item is never touched. "Update expressions" of the developer guide; refusals and their order as the service has them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from ..values import (
    NESTING_LIMIT,
    STORED_TOO_DEEP,
    Item,
    Value,
    add,
    depth_of,
    refuse,
    type_of,
)
from .draft import ACTIONS, WRONG_TYPE, Draft
from .functions import unlike
from .lexer import ExpressionSyntaxError
from .parser import TooDeep, parse_update_text
from .paths import Parts, collision, is_literal, reader, resolve
from .placeholders import Placeholders
from .projections import merged, placeholders_of, project
from .rules import (
    NEEDS_PATH,
    OPERAND_COUNT,
    OPERAND_TYPE,
    UPDATE_FUNCTIONS,
    depth_fault,
    size_fault,
    update_fault,
    walk,
)
from .tree import Action, Arithmetic, Call, Operand, Path, Ref, Update

NO_SUCH_ATTRIBUTE = "The provided expression refers to an attribute that does not exist in the item"

_CLAUSE_TYPES = {
    "S": "STRING",
    "N": "NUMBER",
    "B": "BINARY",
    "NULL": "NULL",
    "BOOL": "BOOLEAN",
    "L": "LIST",
    "M": "MAP",
}
_CLAUSE_TYPE = "Incorrect operand type for operator or function; operator: {}, operand type: {}"

# The new value of a SET, from (old item, placeholders).
Evaluation = Callable[[Item, Placeholders], Value]
# What a call or a sum demands of its operands, by the request alone: the refusal, or None.
Demand = Callable[[Placeholders], "str | None"]


@dataclass(frozen=True, slots=True)
class Step:
    """One action, ready to run: ``value`` for SET, ``ref`` for ADD and DELETE."""

    keyword: str
    path: Path
    value: Evaluation | None = None
    ref: str = ""


@dataclass(frozen=True, slots=True)
class UpdatePlan:
    """All that a text says by itself; ``paths`` only when it has no placeholders for names."""

    tree: Update | None
    fault: str | None
    names: tuple[str, ...] = ()
    values: tuple[str, ...] = ()
    demands: tuple[Demand, ...] = ()
    steps: tuple[Step, ...] = ()
    paths: tuple[Parts, ...] | None = None
    collision: str | None = None
    read: tuple[Path, ...] = ()  # into attributes


class BoundUpdate:
    """An update with its placeholders.

    ``paths`` are those which it writes, ``touched`` their attributes, ``creates`` whether it has an item made where none is
    (one that only takes away doesn't).
    """

    __slots__ = ("paths", "placeholders", "plan")

    def __init__(self, plan: UpdatePlan, placeholders: Placeholders, paths: tuple[Parts, ...]) -> None:
        self.plan = plan
        self.placeholders = placeholders
        self.paths = paths

    @property
    def touched(self) -> tuple[str, ...]:
        """The top-level attributes which are written, in the order of the text."""
        return tuple(dict.fromkeys(str(path[0]) for path in self.paths))

    @property
    def read(self) -> tuple[Parts, ...]:
        """The paths into attributes whose values are read."""
        return tuple(resolve(path, self.placeholders.names) for path in self.plan.read)

    @property
    def creates(self) -> bool:
        """Whether something is set or added."""
        return any(step.keyword in ("SET", "ADD") for step in self.plan.steps)

    def project(self, item: Item) -> Item:
        """A copy of what is written, as it is in an item: UPDATED_OLD of the old one, UPDATED_NEW of the new one."""
        return project(item, merged(self.paths))

    def apply(self, item: Item, exists: bool = True) -> Item:
        """The new item. ``item`` is the old one or, where none ``exists``, its key."""
        draft = Draft(item)
        steps = self.plan.steps
        new = [
            None if step.value is None else step.value(item, self.placeholders) for step in steps
        ]  # all of them before any is written
        for step, path, value in zip(steps, self.paths, new, strict=True):
            if value is not None:
                if len(path) > 1 or self.placeholders.deep:
                    _check_depth(path, value)
                draft.put(path, value)
            elif step.keyword == "REMOVE":
                if exists or len(path) == 1:
                    draft.remove(path)
            else:
                ACTIONS[step.keyword](draft, path, self.placeholders.values[step.ref])
        return draft.finished()


@lru_cache(maxsize=2048)
def plan_update(text: str) -> UpdatePlan:
    """The plan of an update (whose fault still lacks the parameter's name)."""
    fault = size_fault(text)
    if fault is not None:
        return UpdatePlan(None, fault)
    try:
        tree = parse_update_text(text)
    except ExpressionSyntaxError as error:
        return UpdatePlan(None, str(error))
    except TooDeep as error:
        return UpdatePlan(None, depth_fault(error.calls, error.operators, UPDATE_FUNCTIONS))
    fault = update_fault(tree)
    return planned(tree) if fault is None else UpdatePlan(tree, fault)


def planned(tree: Update) -> UpdatePlan:
    """The plan of an update's tree, in which nothing is wrong but perhaps its operands."""
    actions = [(clause.keyword, action) for clause in tree.clauses for action in clause.actions]
    nodes = list(walk(tree))
    all_paths = [node for node in nodes if isinstance(node, Path)]
    paths = [action.path for _, action in actions]
    literal = tuple(path.parts for path in paths) if all(map(is_literal, paths)) else None
    demands = (*_clause_demands(actions), *_operand_demands(actions))
    counted = all(len(n.arguments) == UPDATE_FUNCTIONS[n.name] for n in nodes if isinstance(n, Call))
    return UpdatePlan(
        tree,
        None,
        placeholders_of(all_paths),
        tuple(node.name for node in nodes if isinstance(node, Ref)),
        demands,
        tuple(_step(keyword, action) for keyword, action in actions) if counted else (),
        literal,
        collision(literal) if literal else None,
        tuple(path for path in all_paths if len(path.parts) > 1 and not any(path is own for own in paths)),
    )


def bind_update(plan: UpdatePlan, placeholders: Placeholders) -> BoundUpdate | str:
    """The update, or the fault which its placeholders make: names, values, paths, operands, in this order."""
    fault = placeholders.undefined(plan.names) or placeholders.undefined(plan.values) or plan.collision
    if fault is not None:
        return fault
    paths = plan.paths
    if paths is None:
        assert plan.tree is not None
        written = (action.path for clause in plan.tree.clauses for action in clause.actions)
        paths = tuple(resolve(path, placeholders.names) for path in written)
        if len(paths) > 1 and (fault := collision(paths)) is not None:
            return fault
    for demand in plan.demands:
        fault = demand(placeholders)
        if fault is not None:
            return fault
    return BoundUpdate(plan, placeholders, paths)


# Demands


def _clause_demands(actions: list[tuple[str, Action]]) -> Iterator[Demand]:
    """ADD takes numbers and sets, DELETE sets."""
    for keyword, action in actions:
        if keyword in ACTIONS:
            assert isinstance(action.value, Ref)
            yield _clause_demand(keyword, action.value.name)


def _clause_demand(keyword: str, ref: str) -> Demand:
    def demand(placeholders: Placeholders) -> str | None:
        kind = type_of(placeholders.values[ref])
        if kind not in _CLAUSE_TYPES or (keyword == "ADD" and kind == "N"):
            return None
        return _CLAUSE_TYPE.format(keyword, _CLAUSE_TYPES[kind])

    return demand


def _operand_demands(actions: list[tuple[str, Action]]) -> Iterator[Demand]:
    for _, action in actions:
        for node in () if action.value is None else _inner_first(action.value):
            if isinstance(node, Arithmetic):
                yield _typed(node.operator, (node.left, node.right), "N")
            elif isinstance(node, Call) and len(node.arguments) != UPDATE_FUNCTIONS[node.name]:
                yield _always(OPERAND_COUNT.format(node.name, len(node.arguments)))
            elif isinstance(node, Call) and node.name == "list_append":
                yield _typed(node.name, node.arguments, "L")
            elif isinstance(node, Call):
                needs_path = None if isinstance(node.arguments[0], Path) else _always(NEEDS_PATH.format(node.name))
                demand = needs_path or unlike(node.name, node.arguments)
                if demand is not None:
                    yield demand


def _inner_first(value: Operand | Arithmetic) -> list[Any]:
    nodes = list(walk(value))
    return [*nodes[1:], value] if isinstance(value, Arithmetic) else nodes


def _always(fault: str) -> Demand:
    return lambda placeholders: fault


def _typed(operator: str, operands: tuple[Operand, ...], wanted: str) -> Demand:
    refs = [operand.name for operand in operands if isinstance(operand, Ref)]

    def demand(placeholders: Placeholders) -> str | None:
        for ref in refs:
            kind = type_of(placeholders.values[ref])
            if kind != wanted:
                return OPERAND_TYPE.format(operator, kind)
        return None

    return demand


# Values


def _step(keyword: str, action: Action) -> Step:
    if keyword == "SET":
        assert action.value is not None
        return Step(keyword, action.path, _evaluation(action.value))
    return Step(keyword, action.path, None, action.value.name if isinstance(action.value, Ref) else "")


def _evaluation(node: Operand | Arithmetic) -> Evaluation:
    if isinstance(node, Ref):
        name = node.name
        return lambda item, placeholders: placeholders.values[name]
    if isinstance(node, Path):
        return _reading(node)
    if isinstance(node, Arithmetic):
        return _sum(node)
    if node.name == "list_append":
        return _list_append(node)
    return _if_not_exists(node)


def _reading(node: Path) -> Evaluation:
    read = reader(node)

    def evaluate(item: Item, placeholders: Placeholders) -> Value:
        value = read(item, placeholders.names)
        if value is None:
            raise refuse(NO_SUCH_ATTRIBUTE)
        return value

    return evaluate


def _sum(node: Arithmetic) -> Evaluation:
    left, right = _evaluation(node.left), _evaluation(node.right)
    subtract = node.operator == "-"

    def evaluate(item: Item, placeholders: Placeholders) -> Value:
        a, b = left(item, placeholders).get("N"), right(item, placeholders).get("N")
        if a is None or b is None:
            raise refuse(WRONG_TYPE)
        return {"N": add(a, b, subtract)}

    return evaluate


def _list_append(node: Call) -> Evaluation:
    first, second = map(_evaluation, node.arguments)

    def evaluate(item: Item, placeholders: Placeholders) -> Value:
        a, b = first(item, placeholders).get("L"), second(item, placeholders).get("L")
        if a is None or b is None:
            raise refuse(WRONG_TYPE)
        return {"L": [*a, *b]}

    return evaluate


def _if_not_exists(node: Call) -> Evaluation:
    path, fallback = node.arguments
    if not isinstance(path, Path):  # refused when it is bound
        return _evaluation(fallback)
    read, otherwise = reader(path), _evaluation(fallback)

    def evaluate(item: Item, placeholders: Placeholders) -> Value:
        value = read(item, placeholders.names)
        return otherwise(item, placeholders) if value is None else value

    return evaluate


def _check_depth(path: Parts, value: Value) -> None:
    if len(path) - 1 + depth_of(value) > NESTING_LIMIT:
        raise refuse(STORED_TOO_DEEP)
