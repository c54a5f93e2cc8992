"""execute_transaction: statements that read one item each, or write or check one each, all or none.

They commit as transact_write_items does. https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/ql-reference.multiplestatements.transactions.html;
order and wording of the refusals: recorded (public paritysuite/dynamodb-conformance), where that is silent those of AWS's
DynamoDB Local.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar, cast

from mock_serverless.core.errors import AwsError, InternalError
from mock_serverless.core.operation import operation

from .conflicts import HELD, ONGOING, is_held
from .database import Database
from .items import PutAction
from .partiql import InsertPlan, Plan, SelectPlan, parameters, plan_of
from .partiql.errors import INCOMPLETE
from .schema import MISMATCH, Key
from .selects import single_item
from .statement_keys import SAME_KEY, WRONG_TYPE
from .statements import DUPLICATE, KEY_TYPE, NO_KEY, action_of
from .table import Table
from .transactions import Action, Write, cancelled, check_distinct, commit, got, replay
from .values import Value, refuse

Made = TypeVar("Made")

TRANSACTION_KEY = "Select statements within ExecuteTransaction must specify the primary key in the where clause."
TRANSACTION_INDEX = "Reads on indices are not supported within transactions."
TRANSACTION_RETURNING = "RETURNING clause is not supported in ExecuteTransaction."
MIXED_TRANSACTION = "ExecuteTransaction API does not support both read and write operations in the same request."
IN_TRANSACTION = "Validation failed in TransactStatements[{}]: {}"

# Mistakes in a key: they cancel, in the words of the single actions (recorded: floci-io/floci,
# DynamoDbPartiQLEdgeCaseIntegrationTest).
_KEYS = tuple(message.partition("{")[0] for message in (INCOMPLETE, SAME_KEY, NO_KEY, WRONG_TYPE, KEY_TYPE))


@operation
def execute_transaction(db: Database, request: dict[str, Any]) -> dict[str, Any]:
    """https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_ExecuteTransaction.html"""
    asked = request["TransactStatements"]
    given = [parameters.read(statement.get("Parameters")) for statement in asked]
    plans: list[Plan] = []
    for position, statement in enumerate(asked):
        try:
            plans.append(plan_of(statement["Statement"]))
        except AwsError as error:
            raise _of_statement(position, error) from None
        if _reads(plans[-1]) is not _reads(plans[0]):
            raise refuse(MIXED_TRANSACTION)
    if _reads(plans[0]):
        return _read(db, request, plans, given)
    replayed = replay(db, request, asked)
    if replayed is None:
        actions = _translated(db, _one_write, plans, given)
        writes = [_write(*one) for one in zip(asked, plans, actions, strict=True)]
        replayed = commit(db, request, asked, writes)
    return {"Responses": [], **replayed}


def _reads(plan: Plan) -> bool:
    return isinstance(plan, SelectPlan) and not plan.exists


def _read(db: Database, request: dict[str, Any], plans: list[Plan], given: list[list[Value]]) -> dict[str, Any]:
    targets = _translated(db, _one_read, plans, given)
    check_distinct([(table.name, key) for table, key in targets])
    if any(is_held(db, *target) for target in targets):
        conflict = {"Code": HELD, "Message": ONGOING}
        raise cancelled([conflict if is_held(db, *target) else {"Code": "None"} for target in targets])
    names = [table.name for table, _ in targets]
    return got(request, names, targets, [cast(SelectPlan, plan).projection for plan in plans])


def _one_read(db: Database, plan: Plan, values: list[Value]) -> tuple[Table, Key]:
    table, key = single_item(db, cast(SelectPlan, plan), values, (TRANSACTION_INDEX, TRANSACTION_KEY))
    if table.membership is not None:
        table.membership.check_transaction()
    try:
        return table, table.key.of_key(key)
    except AwsError as error:
        raise _KeyMistake(error.code, error.message) from None


def _one_write(db: Database, plan: Plan, values: list[Value]) -> Action:
    _, action = action_of(db, plan, values)
    if not isinstance(plan, SelectPlan) and plan.returning:
        raise refuse(TRANSACTION_RETURNING)
    return action


def _write(statement: dict[str, Any], plan: Plan, action: Action) -> Write:
    given = {"TableName": plan.table}
    if "ReturnValuesOnConditionCheckFailure" in statement:
        given["ReturnValuesOnConditionCheckFailure"] = statement["ReturnValuesOnConditionCheckFailure"]
    if plan.verb == "INSERT":
        return Write("Put", given, action, plan.permission, ("DuplicateItem", DUPLICATE))
    kind = {"UPDATE": "Update", "DELETE": "Delete"}.get(plan.verb, "ConditionCheck")
    return Write(kind, given, action, plan.permission)


# ---------------------------------------------------------------------- what refuses, and what cancels


class _KeyMistake(AwsError):
    """A mistake in a key that only the table's own check has found."""


def _translated(
    db: Database, step: Callable[[Database, Plan, list[Value]], Made], plans: list[Plan], given: list[list[Value]]
) -> list[Made]:
    """Take a step for every statement. Missing tables and mistakes in keys cancel; what else is wrong refuses, and first."""
    made: list[Made] = []
    reasons: list[dict[str, Any]] = []
    for position, (plan, values) in enumerate(zip(plans, given, strict=True)):
        try:
            made.append(step(db, plan, values))
            reasons.append({"Code": "None"})
        except AwsError as error:
            reason = _reason(db, plan, values, error)
            if reason is None:
                raise _of_statement(position, error) from None
            reasons.append(reason)
    if len(made) < len(plans):
        raise cancelled(reasons)
    return made


def _of_statement(position: int, error: AwsError) -> AwsError:
    """A refusal says which statement is refused."""
    if error.code != "ValidationException":
        return error
    return refuse(IN_TRANSACTION.format(position, error.message))


def _reason(db: Database, plan: Plan, values: list[Value], error: AwsError) -> dict[str, Any] | None:
    """The CancellationReason, if it is one that cancels."""
    if error.code == "ResourceNotFoundException":
        return {"Code": "ResourceNotFound", "Message": error.message}
    if isinstance(error, _KeyMistake):
        return {"Code": "ValidationError", "Message": error.message}
    if not error.message.startswith(_KEYS):
        return None
    message = _said_by_put(db, plan, values) if isinstance(plan, InsertPlan) else MISMATCH
    return {"Code": "ValidationError", "Message": message}


def _said_by_put(db: Database, plan: InsertPlan, values: list[Value]) -> str:
    """What PutItem says of the key of an item."""
    table = db.table(plan.table, plan.permission)
    try:
        PutAction.of(plan.item(values), None).key(table)
    except AwsError as error:
        return error.message
    raise InternalError(f"the key of an INSERT into {plan.table} is refused and is not")
