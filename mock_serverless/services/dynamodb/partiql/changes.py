"""What UPDATE does: SET and REMOVE as an update of DynamoDB's own, ``set_add`` and ``set_delete`` being its ADD and DELETE.

"PartiQL update statements for DynamoDB" of the developer guide; refusals as recorded.
"""

from __future__ import annotations

from typing import Any

from ..expressions import tree as native
from ..expressions.placeholders import Placeholders
from ..expressions.rules import tree_fault
from ..expressions.updates import Demand, UpdatePlan, planned
from ..values import SET_MEMBERS, refuse, type_of
from .literals import refused
from .translation import Translation
from .tree import Assignment, Call, Insert, Removal

ONLY_SET = "Only SET and REMOVE are supported in update expressions at this time"
_ARGUMENTS = "SET_{} must have exactly two arguments"
_FIRST = "The first argument to SET_{} must equal the assignment value"
_SECOND = "The second argument to SET_{} must be a value with type SET"
_SET_FUNCTIONS = {"set_add": "ADD", "set_delete": "DELETE"}


def plan_update(operations: tuple[Assignment | Removal | Insert, ...], translation: Translation) -> UpdatePlan:
    """The operations of an UPDATE statement, planned together."""
    clauses: list[native.Clause] = []
    demands: list[Demand] = []
    for operation in operations:
        if isinstance(operation, Insert):
            raise refuse(ONLY_SET)
        target = translation.path(operation.target)
        if isinstance(operation, Removal):
            clauses.append(native.Clause("REMOVE", (native.Action(target),)))
        elif isinstance(operation.value, Call) and operation.value.name in _SET_FUNCTIONS:
            clauses.append(_set_function(target, operation.value, translation, demands))
        else:
            action = native.Action(target, translation.new_value(operation.value))
            clauses.append(native.Clause("SET", (action,)))
    tree = native.Update(tuple(clauses))
    fault = tree_fault(tree)
    if fault is not None:
        raise refuse(fault)
    plan = planned(tree)
    return UpdatePlan(
        plan.tree, None, plan.names, plan.values, (*demands, *plan.demands), plan.steps, plan.paths, plan.collision
    )


def _set_function(target: native.Path, call: Call, translation: Translation, demands: list[Demand]) -> native.Clause:
    keyword = _SET_FUNCTIONS[call.name]
    if len(call.arguments) != 2:
        raise refused(_ARGUMENTS.format(keyword), call.at)
    first, second = (translation.new_value(argument) for argument in call.arguments)
    if first != target:
        raise refused(_FIRST.format(keyword), call.at)
    place = call.arguments[0].at  # the first argument's, not the second's (recorded)
    fault = f"{_SECOND.format(keyword)} at {place}"
    if not isinstance(second, native.Ref):
        raise refuse(fault)
    demands.append(_set_demand(second.name, fault))
    return native.Clause(keyword, (native.Action(target, second),))


def _set_demand(name: str, fault: str) -> Any:
    def demand(placeholders: Placeholders) -> str | None:
        return None if type_of(placeholders.values[name]) in SET_MEMBERS else fault

    return demand
