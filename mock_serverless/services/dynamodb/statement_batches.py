"""batch_execute_statement: statements that read one item each, or write one each; what is wrong with one is its own error.

https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/ql-reference.multiplestatements.batching.html;
order and wording of the refusals: recorded (public paritysuite/dynamodb-conformance), where that is silent those of AWS's
DynamoDB Local.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, cast

from mock_serverless.core.errors import AwsError
from mock_serverless.core.operation import operation

from .capacity import Costs, change_costs, read_units
from .database import Database
from .partiql import Plan, SelectPlan, parameters, plan_of
from .schema import Key
from .selects import single_item
from .statements import EXISTS_ONLY, Change
from .table import Table
from .throttling import REASONS, admit_read, refusal
from .transactions import CONDITION
from .values import Item, Value, refuse

BATCH_KEY = "Select statements within BatchExecuteStatement must specify the primary key in the where clause."
MIXED_BATCH = "Read and write requests together in the same batch is not supported."
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


@dataclass(slots=True)
class _Slot:
    """One statement of a batch: what it does, or what is wrong with it."""

    request: dict[str, Any]
    plan: Plan | None = None
    values: list[Value] = field(default_factory=list)
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
            item = self.fault.fields.get("Item")
            if code == "DuplicateItem" and self.change is not None and self.change.old is not None:
                # the exception has no room for the item, a statement's error has; that it is told here is a guess
                item = (
                    self.change.old[0] if self.request.get("ReturnValuesOnConditionCheckFailure") == "ALL_OLD" else None
                )
            shown["Error"] = {"Code": code, "Message": self.fault.message, **({} if item is None else {"Item": item})}
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
    slot.values = parameters.read(slot.request.get("Parameters"))
    plan = plan_of(slot.request["Statement"])
    if isinstance(plan, SelectPlan) and plan.exists:
        raise refuse(EXISTS_ONLY)
    slot.plan = plan


def _prepare(db: Database, slot: _Slot) -> None:
    assert slot.plan is not None
    values = slot.values
    if isinstance(slot.plan, SelectPlan):
        slot.table, key = single_item(db, slot.plan, values, (BATCH_KEY, BATCH_KEY))
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
