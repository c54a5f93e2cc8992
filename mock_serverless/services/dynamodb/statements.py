"""execute_statement, batch_execute_statement, execute_transaction: PartiQL.

A statement that writes becomes the action which PutItem, UpdateItem or DeleteItem make of their requests, with the condition that
PartiQL adds: INSERT wants no item, UPDATE one, DELETE doesn't mind. Transactions commit as transact_write_items does.
https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/ql-reference.html; order and wording of the refusals: recorded
(public paritysuite/dynamodb-conformance), where that is silent those of AWS's DynamoDB Local.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, cast

from mock_serverless.core.errors import AwsError
from mock_serverless.core.operation import operation

from . import tokens
from .capacity import REPORTED, Costs, change_costs, consumed, read_units
from .conflicts import HELD, ONGOING, check_free, is_held
from .database import Database
from .expressions import BoundCondition
from .items import FAILED, Condition, DeleteAction, PutAction, UpdateAction
from .partiql import DeletePlan, InsertPlan, Plan, SelectPlan, UpdatePlan, Where, check_parameters, parameters, plan_of
from .partiql.errors import INCOMPLETE
from .schema import Key, KeySchema
from .selects import WRONG_TYPE, Selection, check_key_types, check_paths, key_of, single_item
from .store import Record
from .table import Table
from .throttling import REASONS, admit_failure, admit_read, admit_write, refusal
from .transactions import CONDITION, Action, Write, cancelled, check_distinct, commit, got, replay
from .values import Item, Value, refuse, type_of

DUPLICATE = "Duplicate primary key exists in table"
EXISTS_ONLY = "EXISTS can only be used in ExecuteTransaction write requests."
EXISTS_KEY = "EXISTS() must contain a single item read with additional condition"
BATCH_KEY = "Select statements within BatchExecuteStatement must specify the primary key in the where clause."
TRANSACTION_KEY = "Select statements within ExecuteTransaction must specify the primary key in the where clause."
TRANSACTION_INDEX = "Reads on indices are not supported within transactions."
TRANSACTION_RETURNING = "RETURNING clause is not supported in ExecuteTransaction."
INSERT_RETURNING = "RETURNING is not supported in INSERT"
DELETE_RETURNING = "Invalid returning clause: RETURNING {} *. Only RETURNING ALL OLD * is allowed in DELETE statements."
NO_KEY = "Key attribute should be present in the item: Key {}"
KEY_TYPE = "Key value must be of type S, N, or B. Key name: {}, Key type: {}"
SAME_KEY = "Multiple conditions on same key"
MIXED_BATCH = "Read and write requests together in the same batch is not supported."
MIXED_TRANSACTION = "ExecuteTransaction API does not support both read and write operations in the same request."
IN_TRANSACTION = "Validation failed in TransactStatements[{}]: {}"
KEYS_TWICE = "Provided list of item keys contains duplicates"

# Codes of a batch's errors, by those of the single operation.
_BATCH_CODES = {
    "ConditionalCheckFailedException": CONDITION,
    "ResourceNotFoundException": "ResourceNotFound",
    "DuplicateItemException": "DuplicateItem",
    "AccessDeniedException": "AccessDenied",
    "InternalServerError": "InternalServerError",
    "TransactionConflictException": "TransactionConflict",
    **REASONS,
    "ReplicatedWriteConflictException": "TransactionConflict",  # a guess
}
# What cancels a transaction rather than refusing it: mistakes in a key.
_CANCELS = (INCOMPLETE, SAME_KEY, NO_KEY[:-2], WRONG_TYPE[:-2])


@operation
def execute_statement(db: Database, request: dict[str, Any]) -> dict[str, Any]:
    """https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_ExecuteStatement.html"""
    plan = plan_of(request["Statement"])
    values = parameters.read(request.get("Parameters"))
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


# ---------------------------------------------------------------------- statements that write


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
    key, more = key_of(table, condition)
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


# ---------------------------------------------------------------------- batches


@dataclass(slots=True)
class _Slot:
    """One statement of a batch: what it does, or what is wrong with it."""

    request: dict[str, Any]
    plan: Plan | None = None
    fault: AwsError | None = None
    change: Change | None = None
    table: Table | None = None
    key: Key = None

    def attempt(self, step: Callable[[], None]) -> None:
        """Take a step, unless something has gone wrong already; what AWS refuses is this statement's error alone."""
        if self.fault is not None:
            return
        try:
            step()
        except AwsError as error:
            if error.code == "SerializationException":
                raise
            self.fault = error

    def response(self) -> dict[str, Any]:
        """The BatchStatementResponse, but for the item."""
        shown: dict[str, Any] = {}
        if self.table is not None and (self.fault is None or self.change is not None):
            shown["TableName"] = self.table.name
        if self.fault is not None:
            code = _BATCH_CODES.get(self.fault.code, "ValidationError")
            item = {"Item": self.fault.fields["Item"]} if "Item" in self.fault.fields else {}
            shown["Error"] = {"Code": code, "Message": self.fault.message, **item}
        return shown


@operation
def batch_execute_statement(db: Database, request: dict[str, Any]) -> dict[str, Any]:
    """https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_BatchExecuteStatement.html"""
    slots = [_Slot(statement) for statement in request["Statements"]]
    for slot in slots:
        slot.attempt(lambda slot=slot: _plan(slot))  # type: ignore[misc]
    if len({isinstance(slot.plan, SelectPlan) for slot in slots if slot.plan is not None}) > 1:
        raise refuse(MIXED_BATCH)
    for slot in slots:
        slot.attempt(lambda slot=slot: _prepare(db, slot))  # type: ignore[misc]
    targets = [(slot.table.name, slot.key) for slot in slots if slot.fault is None and slot.table is not None]
    if len(set(targets)) != len(targets):
        raise refuse(KEYS_TWICE)
    costs = Costs(request)
    responses = []
    for slot in slots:
        item = _done(slot, costs)
        responses.append({**slot.response(), **({} if item is None else {"Item": item})})
    return costs.add_to({"Responses": responses})


def _plan(slot: _Slot) -> None:
    plan = plan_of(slot.request["Statement"])
    if isinstance(plan, SelectPlan) and plan.exists:
        raise refuse(EXISTS_ONLY)
    slot.plan = plan


def _prepare(db: Database, slot: _Slot) -> None:
    assert slot.plan is not None
    values = parameters.read(slot.request.get("Parameters"))
    if isinstance(slot.plan, SelectPlan):
        slot.table, key = single_item(db, slot.plan, values, BATCH_KEY)
        slot.key = slot.table.key.of_key(key)
        if slot.table.membership is not None and slot.request.get("ConsistentRead"):
            slot.table.membership.check_quorum(slot.table)
        return
    slot.change = Change(db, slot.plan, values, slot.request)
    slot.table = slot.change.table
    slot.change.locate(db)
    slot.key = slot.change.key


def _done(slot: _Slot, costs: Costs) -> Item | None:
    """Do what a statement says; gives the item which it read or returns."""
    if slot.fault is not None:
        return None
    assert slot.table is not None
    change = slot.change
    if change is None:
        consistent = bool(slot.request.get("ConsistentRead"))
        record = slot.table.get(slot.key, consistent)
        if slot.table.buckets is not None:
            slot.fault = refusal(admit_read, slot.table, 0 if record is None else record[1], consistent)
            if slot.fault is not None:
                return None
        if costs.wanted:
            costs.add(slot.table.name, slot.table, read_units(0 if record is None else record[1], consistent))
        return None if record is None else _shown(cast(SelectPlan, slot.plan), record[0])
    slot.attempt(change.make)
    if slot.fault is not None:
        return None
    if costs.wanted:
        costs.add(change.table.name, change.table, *change_costs(change.table, change.old, change.new))
    return change.returned


def _shown(plan: SelectPlan, item: Item) -> Item:
    return item if plan.projection is None else plan.projection(item)


# ---------------------------------------------------------------------- transactions


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
