"""execute_transaction: statements that read one item each, or write or check one each, all or none.

They commit as transact_write_items does. https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/ql-reference.multiplestatements.transactions.html;
order and wording of the refusals: recorded (public paritysuite/dynamodb-conformance), where that is silent those of AWS's
DynamoDB Local.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, cast

from mock_serverless.core.errors import AwsError
from mock_serverless.core.operation import operation

from .conflicts import HELD, ONGOING, is_held
from .database import Database
from .partiql import Plan, SelectPlan, parameters, plan_of
from .partiql.errors import INCOMPLETE
from .schema import Key
from .selects import single_item
from .statement_keys import SAME_KEY, WRONG_TYPE
from .statements import DUPLICATE, NO_KEY, action_of
from .table import Table
from .transactions import Action, Write, cancelled, check_distinct, commit, got, replay
from .values import Item, Value, refuse

TRANSACTION_KEY = "Select statements within ExecuteTransaction must specify the primary key in the where clause."
TRANSACTION_INDEX = "Reads on indices are not supported within transactions."
TRANSACTION_RETURNING = "RETURNING clause is not supported in ExecuteTransaction."
MIXED_TRANSACTION = "ExecuteTransaction API does not support both read and write operations in the same request."
IN_TRANSACTION = "Validation failed in TransactStatements[{}]: {}"

# What cancels a transaction rather than refusing it: mistakes in a key.
_CANCELS = tuple(m.partition("{")[0] for m in (INCOMPLETE, SAME_KEY, NO_KEY, WRONG_TYPE))


@operation
def execute_transaction(db: Database, request: dict[str, Any]) -> dict[str, Any]:
    """https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_ExecuteTransaction.html"""
    asked = request["TransactStatements"]
    plans: list[tuple[Plan, list[Value]]] = []
    reading = False
    for position, statement in enumerate(asked):
        plan = _in_transaction(position, lambda statement=statement: plan_of(statement["Statement"]))
        plans.append((plan, parameters.read(statement.get("Parameters"))))
        reads = isinstance(plan, SelectPlan) and not plan.exists
        if position and reads is not reading:
            raise refuse(MIXED_TRANSACTION)
        reading = reads
    if reading:
        return _read(db, request, plans)
    replayed = replay(db, request, asked)
    if replayed is None:
        writes = [_write(db, asked, position, plan, values) for position, (plan, values) in enumerate(plans)]
        replayed = commit(db, request, asked, writes)
    return {"Responses": [], **replayed}


def _read(db: Database, request: dict[str, Any], plans: list[tuple[Plan, list[Value]]]) -> dict[str, Any]:
    targets: list[tuple[Table, Key]] = []
    for position, (plan, values) in enumerate(plans):
        table, key = _translated(position, len(plans), lambda plan=plan, values=values: _one_read(db, plan, values))
        if table.membership is not None:
            table.membership.check_transaction()
        try:
            targets.append((table, table.key.of_key(key)))
        except AwsError as error:
            raise _cancelled(position, len(plans), error) from None
    check_distinct([(table.name, key) for table, key in targets])
    if any(is_held(db, *target) for target in targets):
        conflict = {"Code": HELD, "Message": ONGOING}
        raise cancelled([conflict if is_held(db, *target) else {"Code": "None"} for target in targets])
    names = [table.name for table, _ in targets]
    return got(request, names, targets, [cast(SelectPlan, plan).projection for plan, _ in plans])


def _one_read(db: Database, plan: SelectPlan, values: list[Value]) -> tuple[Table, Item]:
    if plan.index is not None:
        raise refuse(TRANSACTION_INDEX)
    return single_item(db, plan, values, TRANSACTION_KEY)


def _write(db: Database, asked: list[dict[str, Any]], position: int, plan: Plan, values: list[Value]) -> Write:
    _, action = _translated(position, len(asked), lambda: _one_write(db, plan, values))
    given = {"TableName": plan.table}
    if "ReturnValuesOnConditionCheckFailure" in asked[position]:
        given["ReturnValuesOnConditionCheckFailure"] = asked[position]["ReturnValuesOnConditionCheckFailure"]
    if plan.verb == "INSERT":
        return Write("Put", given, action, plan.permission, ("DuplicateItem", DUPLICATE))
    kind = {"UPDATE": "Update", "DELETE": "Delete"}.get(plan.verb, "ConditionCheck")
    return Write(kind, given, action, plan.permission)


def _one_write(db: Database, plan: Plan, values: list[Value]) -> tuple[Table, Action]:
    made = action_of(db, plan, values)
    if not isinstance(plan, SelectPlan) and plan.returning:
        raise refuse(TRANSACTION_RETURNING)
    return made


def _in_transaction(position: int, step: Callable[..., Any]) -> Any:
    """Take a step for one statement; a refusal says for which."""
    try:
        return step()
    except AwsError as error:
        if error.code != "ValidationException":
            raise
        raise refuse(IN_TRANSACTION.format(position, error.message)) from None


def _translated(position: int, count: int, step: Callable[..., Any]) -> Any:
    """As :func:`_in_transaction`; mistakes in a key cancel."""

    def cancelling() -> Any:
        try:
            return step()
        except AwsError as error:
            if error.message.startswith(_CANCELS):
                raise _cancelled(position, count, error) from None
            raise

    return _in_transaction(position, cancelling)


def _cancelled(position: int, count: int, error: AwsError) -> AwsError:
    reasons: list[dict[str, Any]] = [{"Code": "None"} for _ in range(count)]
    reasons[position] = {"Code": "ValidationError", "Message": error.message}
    return cancelled(reasons)
