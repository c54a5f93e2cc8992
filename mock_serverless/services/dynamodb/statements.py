"""execute_statement: PartiQL. (Several statements at once: statement_batches.py, statement_transactions.py.)

A statement that writes becomes the action which PutItem, UpdateItem or DeleteItem make of their requests, with the condition that
PartiQL adds: INSERT wants no item, UPDATE one, DELETE doesn't mind.
https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/ql-reference.html; order and wording of the refusals: recorded
(public paritysuite/dynamodb-conformance), where that is silent those of AWS's DynamoDB Local.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from mock_serverless.core.errors import AwsError
from mock_serverless.core.operation import operation

from . import tokens
from .capacity import REPORTED, change_costs, consumed
from .conflicts import check_free
from .database import Database
from .expressions import BoundCondition
from .items import FAILED, Condition, DeleteAction, PutAction, UpdateAction
from .partiql import DeletePlan, InsertPlan, Plan, SelectPlan, UpdatePlan, Where, check_parameters, parameters, plan_of
from .partiql.errors import INCOMPLETE
from .schema import Key, KeySchema
from .selects import Selection
from .statement_keys import WRONG_TYPE, check_key_types, check_paths, key_of
from .store import Record
from .table import Table
from .throttling import admit_failure, admit_write
from .transactions import Action
from .values import Item, Value, refuse, type_of

DUPLICATE = "Duplicate primary key exists in table"
EXISTS_ONLY = "EXISTS can only be used in ExecuteTransaction write requests."
EXISTS_KEY = "EXISTS() must contain a single item read with additional condition"
INSERT_RETURNING = "RETURNING is not supported in INSERT"
DELETE_RETURNING = "Invalid returning clause: RETURNING {} *. Only RETURNING ALL OLD * is allowed in DELETE statements."
NO_KEY = "Key attribute should be present in the item: Key {}"
KEY_TYPE = "Key value must be of type S, N, or B. Key name: {}, Key type: {}"


@operation
def execute_statement(db: Database, request: dict[str, Any]) -> dict[str, Any]:
    """https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_ExecuteStatement.html"""
    values = parameters.read(request.get("Parameters"))  # before the statement is (recorded)
    plan = plan_of(request["Statement"])
    if isinstance(plan, SelectPlan):
        if plan.exists:
            raise refuse(EXISTS_ONLY)
        consistent = bool(request.get("ConsistentRead"))
        return Selection(db, plan, values, consistent).page(db, request, values)
    if request.get("NextToken") is not None:
        tokens.unseal(db, request["NextToken"], request["Statement"], values)
    change = Change(db, plan, values, request)
    change.locate(db)
    change.make()
    answer: dict[str, Any] = {"Items": [] if change.returned is None else [change.returned]}
    mode = request.get("ReturnConsumedCapacity")
    if mode in REPORTED:
        answer["ConsumedCapacity"] = consumed(mode, change.table, *change_costs(change.table, change.old, change.new))
    return answer


class Change:
    """A statement that writes, on its way: its action, what it finds, what it leaves, what it returns."""

    __slots__ = ("action", "key", "new", "old", "plan", "request", "table")

    def __init__(self, db: Database, plan: Plan, values: list[Value], request: dict[str, Any]) -> None:
        self.plan = plan
        self.request = request
        self.table, self.action = action_of(db, plan, values)
        self.key: Key = None
        self.old: Record | None = None
        self.new: Record | None = None

    def locate(self, db: Database) -> None:
        """Find the key; what is wrong with the item's or the update's keys has been said then."""
        self.key = self.action.key(self.table)
        if db.held or self.table.membership is not None:
            check_free(db, self.table, self.key)

    def make(self) -> None:
        """Hold it against the item and write."""
        old = self.old = self.table.get(self.key)
        condition = self.action.condition
        if self.table.buckets is not None and condition is not None:
            admit_failure(self.table, old, condition)
        if condition is not None and not condition({} if old is None else old[0]):
            if isinstance(self.plan, InsertPlan):
                raise AwsError("DuplicateItemException", DUPLICATE)
            shown: dict[str, Any] = {}
            if old is not None and self.request.get("ReturnValuesOnConditionCheckFailure") == "ALL_OLD":
                shown["Item"] = old[0]
            raise AwsError("ConditionalCheckFailedException", FAILED, **shown)
        self.new = self.action.applied(self.table, old)
        if self.table.buckets is not None:
            admit_write(self.table, old, self.new)
        if old is not None or self.new is not None:
            self.table.write(self.key, self.new)

    @property
    def returned(self) -> Item | None:
        """What RETURNING gives; None for nothing."""
        assert not isinstance(self.plan, SelectPlan)
        what = self.plan.returning
        image = self.old if what.endswith("OLD") else self.new if what else None
        if image is None:
            return None
        if what.startswith("MODIFIED"):
            assert isinstance(self.action, UpdateAction)
            assert self.action.update is not None
            return self.action.update.project(image[0]) or None
        return image[0]


def action_of(db: Database, plan: Plan, values: list[Value]) -> tuple[Table, Action]:
    """The table and the action of a statement that writes or checks."""
    return _ACTIONS[plan.verb](db, plan, values)


def _insert(db: Database, plan: InsertPlan, values: list[Value]) -> tuple[Table, Action]:
    check_parameters(plan, values)
    item = plan.item(values)
    table = db.table(plan.table, plan.permission)
    for name, kind in (*table.key.schema.hash, *table.key.schema.range):
        if name not in item:
            raise refuse(NO_KEY.format(name))
        if kind not in item[name]:
            raise refuse(WRONG_TYPE.format(name))
    if plan.returning:
        raise refuse(INSERT_RETURNING)
    return table, PutAction.of(item, lambda old: not old)


def _update(db: Database, plan: UpdatePlan, values: list[Value]) -> tuple[Table, Action]:
    check_parameters(plan, values)
    condition = _bound(plan.where, values)
    update = plan.bound(values)
    if condition is None:
        raise refuse(INCOMPLETE)
    table, key = _located(db, plan, condition)
    return table, UpdateAction.of(key, update, _of_an_item(condition))


def _delete(db: Database, plan: DeletePlan, values: list[Value]) -> tuple[Table, Action]:
    check_parameters(plan, values)
    condition = _bound(plan.where, values)
    assert condition is not None
    table, key = _located(db, plan, condition)
    if plan.returning not in ("", "ALL OLD"):
        raise refuse(DELETE_RETURNING.format(plan.returning))
    return table, DeleteAction.of(key, lambda item: not item or condition(item))


def _check(db: Database, plan: SelectPlan, values: list[Value]) -> tuple[Table, Action]:
    """The SELECT of an EXISTS, as a condition check."""
    check_parameters(plan, values)
    condition = _bound(plan.where, values)
    if condition is None:
        raise refuse(EXISTS_KEY)
    table = db.table(plan.table, plan.permission)
    key, more = key_of(
        table, condition, first=True
    )  # of two values the first counts, and the condition fails (recorded)
    if key is None or not more:
        raise refuse(EXISTS_KEY)
    check_key_types(table.key.schema, key)
    check_paths(table, condition.paths)
    return table, DeleteAction.of(key, _of_an_item(condition))


_ACTIONS: dict[str, Callable[[Database, Any, list[Value]], tuple[Table, Action]]] = {
    "INSERT": _insert,
    "UPDATE": _update,
    "DELETE": _delete,
    "SELECT": _check,
}


def _bound(where: Where | None, values: list[Value]) -> BoundCondition | None:
    return None if where is None else where.bound(values)


def _of_an_item(condition: BoundCondition) -> Condition:
    """The condition, of an item that is there. (The key's part of it holds for whatever is found by the key.)"""
    return lambda item: bool(item) and condition(item)


def _located(db: Database, plan: Plan, condition: BoundCondition) -> tuple[Table, Item]:
    """The table and the key that a WHERE names."""
    table = db.table(plan.table, plan.permission)
    key, _ = key_of(table, condition)
    if key is None:
        raise refuse(INCOMPLETE)
    _check_scalar(table.key.schema, key)
    check_key_types(table.key.schema, key)
    check_paths(table, condition.paths)
    return table, key


def _check_scalar(schema: KeySchema, key: Item) -> None:
    for name in schema.names:
        kind = type_of(key[name])
        if kind not in ("S", "N", "B"):
            raise refuse(KEY_TYPE.format(name, kind))
