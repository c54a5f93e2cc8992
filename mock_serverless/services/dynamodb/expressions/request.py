"""All expressions of one request together: which may be given, their placeholders, and each of them bound.

The order of the checks is the service's: expression beside non-expression parameters, placeholders without expressions, the
placeholders themselves, every expression, and last the placeholders which none of them uses. All of this comes before the table
is looked at, except ``BoundKeyCondition.against``.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from mock_serverless.core.errors import AwsError

from ..values import refuse
from .conditions import BoundCondition, plan_condition
from .keys import BoundKeyCondition, bind_key_condition
from .placeholders import NOTHING, Placeholders, check_used, checked
from .projections import BoundProjection, bind_projection, plan_projection
from .rules import MAXIMUM_SIZE, TOO_LONG, size_of
from .searches import BoundSearchCondition, bind_search_condition
from .updates import BoundUpdate, bind_update, plan_update


@dataclass(frozen=True, slots=True)
class Parameters:
    """The expression parameters of an operation, and the older ones which can't stand beside them."""

    expressions: tuple[str, ...]
    others: tuple[str, ...]
    # where values without an expression are refused, the expressions which could use them
    with_values: tuple[str, ...] = ()
    # the older layer of the service names those, and the size of these when they are too long
    names_users: bool = True
    tells_size: tuple[str, ...] = ()
    # transactions take values one level deeper than items can nest, if they needn't be stored (parity suite, 30 of 33 regions)
    deep: bool = False


_CONDITION = ("ConditionExpression",)
_UPDATES = ("UpdateExpression", "ConditionExpression")
_OLD_CONDITION = ("Expected", "ConditionalOperator")
_PUT = Parameters(_CONDITION, _OLD_CONDITION, _CONDITION, tells_size=_CONDITION, deep=True)
_UPDATE = Parameters(_UPDATES, ("AttributeUpdates", *_OLD_CONDITION), _UPDATES, tells_size=_CONDITION, deep=True)
_PUT_ITEM = replace(_PUT, names_users=False, tells_size=(), deep=False)
_UPDATE_ITEM = replace(_UPDATE, names_users=False, tells_size=(), deep=False)
_GET = Parameters(("ProjectionExpression",), ("AttributesToGet",))

# By the name of the operation, or of the member within a batch or transaction.
PARAMETERS = {
    "PutItem": _PUT_ITEM,
    "DeleteItem": _PUT_ITEM,
    "UpdateItem": _UPDATE_ITEM,
    "GetItem": _GET,
    "BatchGetItem": _GET,
    "Query": Parameters(
        ("ProjectionExpression", "FilterExpression", "KeyConditionExpression"),
        ("AttributesToGet", "QueryFilter", "ConditionalOperator", "KeyConditions"),
        ("FilterExpression", "KeyConditionExpression"),
    ),
    "Scan": Parameters(
        ("ProjectionExpression", "FilterExpression"),
        ("AttributesToGet", "ScanFilter", "ConditionalOperator"),
        ("FilterExpression",),
        tells_size=("FilterExpression",),
    ),
    "Export": Parameters(
        ("ProjectionExpression", "FilterExpression", "KeyConditionExpression"),
        (),
        ("FilterExpression", "KeyConditionExpression"),
    ),
    "SearchVectors": Parameters(
        ("ProjectionExpression", "SearchConditionExpression"), (), ("SearchConditionExpression",)
    ),
    "Put": _PUT,
    "Delete": _PUT,
    "ConditionCheck": _PUT,
    "Update": _UPDATE,
    "Get": _GET,
}


@dataclass(slots=True)
class Bound:
    """A request's expressions, ready to use; None for those not given."""

    update: BoundUpdate | None = None
    condition: BoundCondition | None = None
    key_condition: BoundKeyCondition | None = None
    filter: BoundCondition | None = None
    projection: BoundProjection | None = None
    search: BoundSearchCondition | None = None


def bind(operation: str, request: Mapping[str, Any]) -> Bound:
    """Check and bind the expressions of a request.

    ``operation`` names a row of ``PARAMETERS``. Raises AwsError (ValidationException) for the first thing wrong.
    """
    parameters = PARAMETERS[operation]
    given = [name for name in parameters.expressions if request.get(name) is not None]
    names, values = request.get("ExpressionAttributeNames"), request.get("ExpressionAttributeValues")
    if not given and names is None and values is None:
        return Bound()
    _check_parameters(parameters, request, given)
    placeholders = checked(names, values, parameters.deep)
    bound = Bound()
    used: set[str] = set()
    for name in _ORDER:
        if name in given:
            if len(request[name]) > MAXIMUM_SIZE and name in parameters.tells_size:
                raise _invalid(name, f"{TOO_LONG} expression size: {size_of(request[name])}")
            _BINDERS[name](bound, request[name], placeholders, used)
    if placeholders is not NOTHING:
        check_used(placeholders, used)
    return bound


def _check_parameters(parameters: Parameters, request: Mapping[str, Any], given: list[str]) -> None:
    if given:
        others = [name for name in parameters.others if request.get(name) is not None]
        if "KeyConditionExpression" not in given and "KeyConditions" in others:
            others.remove("KeyConditions")  # keys may be queried the old way and filtered the new one
        if others:
            raise refuse(
                "Can not use both expression and non-expression parameters in the same request: "
                f"Non-expression parameters: {{{', '.join(others)}}} Expression parameters: {{{', '.join(given)}}}"
            )
    elif request.get("ExpressionAttributeNames") is not None:
        raise refuse("ExpressionAttributeNames can only be specified when using expressions")
    if request.get("ExpressionAttributeValues") is not None:
        users = parameters.with_values
        if not any(name in given for name in users):
            named = users and parameters.names_users
            which = f": {' and '.join(users)} {'are' if len(users) > 1 else 'is'} null" if named else ""
            raise refuse(f"ExpressionAttributeValues can only be specified when using expressions{which}")


def _invalid(parameter: str, fault: str) -> AwsError:
    return refuse(f"Invalid {parameter}: {fault}")


def bind_condition(parameter: str, text: str, placeholders: Placeholders, used: set[str]) -> BoundCondition:
    """A condition with its placeholders, which are added to ``used``."""
    plan = plan_condition(text)
    if plan.fault is not None:
        raise _invalid(parameter, plan.fault)
    for check in plan.checks:
        fault = check.fault(placeholders)
        if fault is not None:
            raise _invalid(parameter, fault)
    used |= plan.placeholders
    return BoundCondition(plan, placeholders)


def _bind_update(bound: Bound, text: str, placeholders: Placeholders, used: set[str]) -> None:
    plan = plan_update(text)
    update = plan.fault or bind_update(plan, placeholders)
    if isinstance(update, str):
        raise _invalid("UpdateExpression", update)
    used.update(plan.names, plan.values)
    bound.update = update


def _bind_condition(bound: Bound, text: str, placeholders: Placeholders, used: set[str]) -> None:
    bound.condition = bind_condition("ConditionExpression", text, placeholders, used)


def _bind_key_condition(bound: Bound, text: str, placeholders: Placeholders, used: set[str]) -> None:
    condition = bind_condition("KeyConditionExpression", text, placeholders, used)
    assert condition.plan.tree is not None
    bound.key_condition = bind_key_condition(condition.plan.tree, placeholders)


def _bind_filter(bound: Bound, text: str, placeholders: Placeholders, used: set[str]) -> None:
    bound.filter = bind_condition("FilterExpression", text, placeholders, used)


def _bind_search(bound: Bound, text: str, placeholders: Placeholders, used: set[str]) -> None:
    condition = bind_condition("SearchConditionExpression", text, placeholders, used)
    assert condition.plan.tree is not None
    bound.search = bind_search_condition(condition.plan.tree, placeholders)


def _bind_projection(bound: Bound, text: str, placeholders: Placeholders, used: set[str]) -> None:
    plan = plan_projection(text)
    projection = plan.fault or bind_projection(plan, placeholders)
    if isinstance(projection, str):
        raise _invalid("ProjectionExpression", projection)
    used.update(plan.placeholders)
    bound.projection = projection


_BINDERS = {
    "UpdateExpression": _bind_update,
    "ConditionExpression": _bind_condition,
    "KeyConditionExpression": _bind_key_condition,
    "FilterExpression": _bind_filter,
    "SearchConditionExpression": _bind_search,
    "ProjectionExpression": _bind_projection,
}
_ORDER = tuple(_BINDERS)
