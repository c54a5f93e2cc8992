"""DynamoDB's expression language: conditions, filters, key conditions, projections, updates.

::

    bound = bind("UpdateItem", request)      all expressions of a request, checked with their placeholders; or AwsError
    bound.condition(item) -> bool            {} stands for no item; ``.paths`` are those it reads, names resolved
    bound.update.apply(item) -> item         the new item; the old one stays as it is (see BoundUpdate)
    bound.update.touched                     the attributes it writes: refuse those of the key
    bound.update.project(item) -> item       what it writes, of the old item (UPDATED_OLD) or the new one (UPDATED_NEW)
    bound.key_condition.against([("pk", "S")], [("sk", "N")]) -> KeyMatch
    bound.filter(item) -> bool
    fit_search(bound.search, [("tenant", "S", "HASH")]) -> values by attribute
    bound.projection(item) -> item           a copy

A text goes through lexer, parser (``tree`` has the nodes), rules, and is planned once: plans are kept by text, so a request
costs its placeholders and a call. ``parse_condition``, ``parse_update``, ``parse_projection`` give the trees, ``unparse``
their text.

Knows values and AwsError; no table, no clock, no cloud.
"""

from __future__ import annotations

from ..values import refuse
from .conditions import BoundCondition, plan_condition
from .keys import BoundKeyCondition, KeyMatch, KeyTest
from .printer import unparse
from .projections import BoundProjection, plan_projection
from .request import PARAMETERS, Bound, bind
from .searches import BoundSearchCondition
from .searches import against as fit_search
from .tree import Condition, Projection, Update
from .updates import BoundUpdate, plan_update

__all__ = [
    "PARAMETERS",
    "Bound",
    "BoundCondition",
    "BoundKeyCondition",
    "BoundProjection",
    "BoundSearchCondition",
    "BoundUpdate",
    "KeyMatch",
    "KeyTest",
    "bind",
    "fit_search",
    "parse_condition",
    "parse_projection",
    "parse_update",
    "unparse",
]


def parse_condition(text: str, what: str = "ConditionExpression") -> Condition:
    """The tree of a condition, filter or key condition (``what`` is the parameter which a refusal names)."""
    plan = plan_condition(text)
    if plan.fault is not None or plan.tree is None:
        raise refuse(f"Invalid {what}: {plan.fault}")
    return plan.tree


def parse_update(text: str) -> Update:
    """The tree of an update expression."""
    plan = plan_update(text)
    if plan.fault is not None or plan.tree is None:
        raise refuse(f"Invalid UpdateExpression: {plan.fault}")
    return plan.tree


def parse_projection(text: str) -> Projection:
    """The tree of a projection expression."""
    plan = plan_projection(text)
    if plan.fault is not None or plan.tree is None:
        raise refuse(f"Invalid ProjectionExpression: {plan.fault}")
    return plan.tree
