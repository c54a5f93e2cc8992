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
from . import tree
from .errors import ONLY_SET, SET_ARGUMENTS, SET_FIRST, SET_SECOND, refused
from .translation import Translation

_SET_FUNCTIONS = {"set_add": "ADD", "set_delete": "DELETE"}


def plan_update(operations: tuple[tree.Operation, ...], translation: Translation) -> UpdatePlan:
    """The operations of an UPDATE statement, planned together."""
    demands: list[Demand] = []
    made = native.Update(tuple(_clause(operation, translation, demands) for operation in operations))
    fault = tree_fault(made)
    if fault is not None:
        raise refuse(fault)
    plan = planned(made)
    return UpdatePlan(
        plan.tree, None, plan.names, plan.values, (*demands, *plan.demands), plan.steps, plan.paths, plan.collision
    )


def _clause(operation: tree.Operation, translation: Translation, demands: list[Demand]) -> native.Clause:
    if isinstance(operation, tree.Insert):
        raise refuse(ONLY_SET)
    target = translation.path(operation.target)
    if isinstance(operation, tree.Removal):
        return native.Clause("REMOVE", (native.Action(target),))
    if isinstance(operation.value, tree.Call) and operation.value.name in _SET_FUNCTIONS:
        return _set_function(target, operation.value, translation, demands)
    return native.Clause("SET", (native.Action(target, translation.new_value(operation.value)),))


def _set_function(
    target: native.Path, call: tree.Call, translation: Translation, demands: list[Demand]
) -> native.Clause:
    keyword = _SET_FUNCTIONS[call.name]
    if len(call.arguments) != 2:
        raise refused(SET_ARGUMENTS.format(keyword), call.at)
    first, second = (translation.new_value(argument) for argument in call.arguments)
    if first != target:
        raise refused(SET_FIRST.format(keyword), call.at)
    fault = SET_SECOND.format(keyword, call.arguments[0].at)  # the first argument's place, not the second's (recorded)
    if not isinstance(second, native.Ref):
        raise refuse(fault)
    demands.append(_set_demand(second.name, fault))
    return native.Clause(keyword, (native.Action(target, second),))


def _set_demand(name: str, fault: str) -> Any:
    def demand(placeholders: Placeholders) -> str | None:
        return None if type_of(placeholders.values[name]) in SET_MEMBERS else fault

    return demand
