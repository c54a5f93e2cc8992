"""What a statement says by its text alone (made in planner.py), bound to a request's parameters for each call.

::

    plan.where.bound(parameters)            its condition with its values; so plan.bound of an UPDATE and plan.item of an INSERT

``permission`` is what IAM calls the statement ("IAM security policies with PartiQL for DynamoDB").
"""

from __future__ import annotations

from dataclasses import dataclass

from ..expressions import BoundCondition, BoundUpdate
from ..expressions import functions as native_functions
from ..expressions import updates as native_updates
from ..expressions.conditions import ConditionPlan
from ..expressions.paths import Parts, read
from ..expressions.placeholders import Placeholders
from ..values import NESTED_TOO_DEEP, NESTING_LIMIT, Item, Value, copy_value, depth_of, refuse
from .errors import MISMATCH, VALID_TYPES
from .tree import Order


@dataclass(frozen=True, slots=True)
class Where:
    """A WHERE clause as a condition, with the values of its literals."""

    plan: ConditionPlan
    values: dict[str, Value]
    names: dict[str, str]

    def bound(self, parameters: list[Value]) -> BoundCondition:
        """The condition with its parameters, their types checked."""
        placeholders = _placeholders(self.values, self.names, parameters)
        for check in self.plan.checks:
            fault = check.fault(placeholders)
            if fault is not None:
                raise refuse(fault.replace(native_functions.VALID_TYPES, VALID_TYPES))
        return BoundCondition(self.plan, placeholders)


@dataclass(frozen=True, slots=True)
class Unnested:
    """A select list: what is at each path, under the path's last name (``a.b[0]`` is ``b[0]``, recorded for names)."""

    paths: tuple[Parts, ...]
    names: tuple[str, ...]

    def __call__(self, item: Item) -> Item:
        found = ((name, read(item, path)) for name, path in zip(self.names, self.paths, strict=True))
        return {name: copy_value(value) for name, value in found if value is not None}


@dataclass(frozen=True, slots=True)
class SelectPlan:
    """SELECT, or the one within EXISTS (``exists``).

    ``fault`` is what is wrong with the select list or the condition: it is said after what the index is like.
    """

    table: str
    index: str | None
    projection: Unnested | None
    where: Where | None
    order: tuple[Order, ...]
    parameters: int
    fault: str | None = None
    exists: bool = False
    verb, permission = "SELECT", "PartiQLSelect"


@dataclass(frozen=True, slots=True)
class InsertPlan:
    """INSERT: an item whose attributes are values, or positions of parameters."""

    table: str
    attributes: dict[str, Value | int]
    returning: str
    parameters: int
    verb, permission = "INSERT", "PartiQLInsert"

    def item(self, parameters: list[Value]) -> Item:
        """The item with its parameters."""
        item = {name: parameters[v - 1] if isinstance(v, int) else v for name, v in self.attributes.items()}
        if any(depth_of(value) > NESTING_LIMIT for value in item.values()):
            raise refuse(NESTED_TOO_DEEP)
        return item


@dataclass(frozen=True, slots=True)
class UpdatePlan:
    """UPDATE."""

    table: str
    where: Where | None
    update: native_updates.UpdatePlan
    values: dict[str, Value]
    names: dict[str, str]
    returning: str
    parameters: int
    verb, permission = "UPDATE", "PartiQLUpdate"

    def bound(self, parameters: list[Value]) -> BoundUpdate:
        """The update with its parameters, their types checked."""
        made = native_updates.bind_update(self.update, _placeholders(self.values, self.names, parameters))
        if isinstance(made, str):
            raise refuse(made)
        return made


@dataclass(frozen=True, slots=True)
class DeletePlan:
    """DELETE."""

    table: str
    where: Where | None
    returning: str
    parameters: int
    verb, permission = "DELETE", "PartiQLDelete"


Plan = SelectPlan | InsertPlan | UpdatePlan | DeletePlan


def check_parameters(plan: Plan, parameters: list[Value]) -> None:
    """A statement needs all its parameters; what is given beyond them is not looked at (as AWS's DynamoDB Local has it)."""
    if len(parameters) < plan.parameters:
        raise refuse(MISMATCH)


def _placeholders(values: dict[str, Value], names: dict[str, str], parameters: list[Value]) -> Placeholders:
    return Placeholders(names, {**values, **{f":p{n}": value for n, value in enumerate(parameters, 1)}})
