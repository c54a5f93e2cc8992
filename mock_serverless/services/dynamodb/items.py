"""get_item, put_item, update_item, delete_item.

Each reads its request in the order in which the service checks: values, expressions, then the table, the key, the condition.
What the single operations share with batches and transactions are the ``...Action`` objects: made from a request before the
table is looked at, then held against it.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from mock_serverless.core.errors import AwsError
from mock_serverless.core.operation import operation

from . import legacy
from .capacity import REPORTED, change_costs, collection_metrics, consumed, read_units
from .conflicts import check_free
from .database import Database
from .expressions import BoundCondition, BoundUpdate, bind
from .expressions.charges import charge, may_exceed
from .expressions.tree import Ref
from .front_end import nests_deeply
from .schema import INVALID, MAX_HASH, MAX_RANGE, EmptyKeyValue, Key
from .sizes import size_of
from .store import Record
from .table import ITEM_TOO_LARGE, MAX_ITEM, UPDATE_TOO_LARGE, Table, sized
from .throttling import admit_failure, admit_read, admit_write
from .values import EMPTY_NAMES, Item, Value, ValueRefusal, normalise_item, refuse, type_of

Condition = Callable[[Item], bool]
A = TypeVar("A")

FAILED = "The conditional request failed"
ONLY_OLD = "ReturnValues can only be ALL_OLD or NONE"
WRONG_INDEX_KEY = "The update expression attempted to update the secondary index key to unsupported type"
EMPTIED_INDEX_KEY = (
    "One or more parameter values are not valid. The update expression attempted to update a secondary index key to a value "
    "that is not supported. The AttributeValue for a key attribute cannot contain an empty {} value."
)
SIZED_BY_ITEM = frozenset(
    (
        *("ap-south-2", "ap-southeast-6", "ap-southeast-7", "ca-central-1", "eu-central-2", "eu-south-1", "eu-south-2"),
        *("eu-west-1", "me-central-1", "us-east-2"),
    )
)
"""The regions in which an UpdateItem is as large as the item it leaves (parity suite, limits/itemSizeBySurface, 2026-09)."""
SURELY_FITS = MAX_ITEM // 6
"""An item of this size may be in five local indexes, the most there can be, as well."""
NOT_SCALAR = "Key attributes must be scalars; list random access '[]' and map lookup '.' are not allowed: {}: {}"


ENVELOPE = "1 validation error detected: "
"""What the single-item writes say before they tell what is wrong with a request (captured in us-east-1 and eu-west-2, parity
suite, 2026-10)."""


@operation
def get_item(db: Database, request: dict[str, Any]) -> dict[str, Any]:
    """https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_GetItem.html"""
    try:
        given = normalise_item(request["Key"])
        projection = bind("GetItem", request).projection or legacy.projection(request)
    except AwsError as error:
        db.name_of(request["TableName"])
        raise (refuse(error.current) if isinstance(error, ValueRefusal) else error) from None
    table = db.table(request["TableName"])
    if table.membership is not None and request.get("ConsistentRead"):
        table.membership.check_quorum(table)
    record = table.get(table.key.of_key(given), request.get("ConsistentRead", False))
    if projection is not None:
        check_paths(table, projection.paths)
    if table.buckets is not None:
        admit_read(table, 0 if record is None else record[1], request.get("ConsistentRead", False))
    answer: dict[str, Any] = {}
    if record is not None:
        answer["Item"] = record[0] if projection is None else projection(record[0])
    mode = request.get("ReturnConsumedCapacity")
    if mode in REPORTED:
        units = read_units(0 if record is None else record[1], request.get("ConsistentRead", False))
        answer["ConsumedCapacity"] = consumed(mode, table, units, {}, named=request["TableName"])
    return answer


@operation
def put_item(db: Database, request: dict[str, Any]) -> dict[str, Any]:
    """https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_PutItem.html"""
    action = _read(db, PutAction, "PutItem", request)
    table = db.table(request["TableName"])
    key = action.key(table)
    if db.held or table.membership is not None:
        check_free(db, table, key)
    old = table.get(key)
    if table.buckets is not None:
        admit_write(table, old, action.record, action.condition)
    check_condition(action.condition, old, request)
    table.write(key, action.record)
    return _written(table, request, old, action.record, None)


@operation
def delete_item(db: Database, request: dict[str, Any]) -> dict[str, Any]:
    """https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_DeleteItem.html"""
    action = _read(db, DeleteAction, "DeleteItem", request)
    table = db.table(request["TableName"])
    key = action.key(table)
    if db.held or table.membership is not None:
        check_free(db, table, key)
    old = table.get(key)
    if table.buckets is not None:
        admit_write(table, old, None, action.condition)
    check_condition(action.condition, old, request)
    if old is not None:
        table.write(key, None)
    return _written(table, request, old, None, action.given)


@operation
def update_item(db: Database, request: dict[str, Any]) -> dict[str, Any]:
    """https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_UpdateItem.html"""
    action = _read(db, UpdateAction, "UpdateItem", request)
    table = db.table(request["TableName"])
    key = action.key(table)
    if db.held or table.membership is not None:
        check_free(db, table, key)
    old = table.get(key)
    action.check_charge(table, old)
    if table.buckets is not None and action.condition is not None:
        admit_failure(table, old, action.condition)
    check_condition(action.condition, old, request)
    new = action.applied(table, old)
    if table.buckets is not None:
        admit_write(table, old, new)
    if new is not None:
        table.write(key, new)
    answer = _written(table, request, old, new, action.given)
    wanted = request.get("ReturnValues", "NONE")
    if wanted in ("ALL_NEW", "UPDATED_NEW", "UPDATED_OLD"):
        image = old if wanted == "UPDATED_OLD" else new
        if image is not None:
            shown = image[0] if wanted == "ALL_NEW" or action.update is None else action.update.project(image[0])
            if shown and (wanted == "ALL_NEW" or action.update is not None):
                answer["Attributes"] = shown
    return answer


def _read(db: Database, make: Callable[[str, dict[str, Any]], A], operation: str, request: dict[str, Any]) -> A:
    """What is asked for; what is wrong with the request by itself is told in an envelope (but for an item too large).

    What no table can be named is told before (moto's tests, which are verified on AWS).
    """
    try:
        action = make(operation, request)
        _check_return_values(operation, request)
    except AwsError as error:
        db.name_of(request["TableName"])
        raise _told(operation, request, error) from None
    return action


def _check_return_values(operation: str, request: dict[str, Any]) -> None:
    if request.get("ReturnValues", "NONE") not in ("NONE", "ALL_OLD") and operation != "UpdateItem":
        raise refuse(ONLY_OLD)


def _told(operation: str, request: dict[str, Any], error: AwsError) -> AwsError:
    """How what is wrong with a request is told."""
    if error.code != "ValidationException":
        return error
    if nests_deeply(request):  # in the words of the older front end, without an envelope
        _check_return_values(operation, request)
        return refuse(error.message)
    if error.message == ITEM_TOO_LARGE:
        return error
    return refuse(ENVELOPE + (error.current if isinstance(error, ValueRefusal) else error.message))


def _written(
    table: Table, request: dict[str, Any], old: Record | None, new: Record | None, key: Item | None
) -> dict[str, Any]:
    answer: dict[str, Any] = {}
    if old is not None and request.get("ReturnValues") == "ALL_OLD":
        answer["Attributes"] = old[0]
    mode = request.get("ReturnConsumedCapacity")
    if mode in REPORTED:
        answer["ConsumedCapacity"] = consumed(mode, table, *change_costs(table, old, new), named=request["TableName"])
    if request.get("ReturnItemCollectionMetrics") == "SIZE":
        image = new[0] if new is not None else key
        assert image is not None
        metrics = collection_metrics(table, image)
        if metrics is not None:
            answer["ItemCollectionMetrics"] = metrics
    return answer


def check_condition(condition: Condition | None, old: Record | None, request: dict[str, Any]) -> None:
    """ConditionalCheckFailedException unless the condition holds (for no item: of the empty one)."""
    if condition is None or condition({} if old is None else old[0]):
        return
    if old is not None and request.get("ReturnValuesOnConditionCheckFailure") == "ALL_OLD":
        raise AwsError("ConditionalCheckFailedException", FAILED, Item=old[0])
    raise AwsError("ConditionalCheckFailedException", FAILED)


def check_condition_paths(table: Table, condition: Condition | None) -> None:
    """:func:`check_paths` of a condition."""
    if isinstance(condition, BoundCondition) and condition.plan.nested:
        check_paths(table, condition.paths)


def check_paths(table: Table, paths: tuple[tuple[str | int, ...], ...]) -> None:
    """Paths can't lead into key attributes."""
    for path in paths:
        if len(path) > 1:
            if path[0] in table.key.names:
                raise refuse(NOT_SCALAR.format("Key", path[0]))
            if path[0] in table.index_attributes:
                raise refuse(NOT_SCALAR.format("IndexKey", path[0]))


# ---------------------------------------------------------------------- what is asked for, before the table is known


class PutAction:
    """Put an item: PutItem, a batch's PutRequest, a transaction's Put, an INSERT."""

    __slots__ = ("condition", "item", "record")

    @classmethod
    def of(cls, item: Item, condition: Condition | None) -> PutAction:
        """The action for a normalised item."""
        action = cls.__new__(cls)
        action.item, action.condition, action.record = item, condition, sized(item)
        return action

    def __init__(self, operation: str, request: dict[str, Any]) -> None:
        self.item = normalise_item(request["Item"])
        self.condition: Condition | None = bind(operation, request).condition or legacy.condition(request)
        self.record = sized(self.item)

    def key(self, table: Table) -> Key:
        """The item's key; the item has been checked then."""
        key = table.key.of_item(self.item)
        check_condition_paths(table, self.condition)
        for definition in table.checks:
            definition.check(self.item)
        if table.vectors:
            table.check_vectors(self.item)
        if self.record[1] > SURELY_FITS:
            check_entries(table, self.record)
        return key

    def applied(self, table: Table, old: Record | None) -> Record | None:
        """What is there then."""
        return self.record


class DeleteAction:
    """Delete an item, or only check it (a transaction's ConditionCheck)."""

    __slots__ = ("condition", "given")

    @classmethod
    def of(cls, key: Item, condition: Condition | None) -> DeleteAction:
        """The action for a normalised key."""
        action = cls.__new__(cls)
        action.given, action.condition = key, condition
        return action

    def __init__(self, operation: str, request: dict[str, Any]) -> None:
        self.given = normalise_item(request["Key"])
        self.condition: Condition | None = bind(operation, request).condition or legacy.condition(request)

    def key(self, table: Table) -> Key:
        """The item's key."""
        key = table.key.of_key(self.given)
        check_condition_paths(table, self.condition)
        return key

    def applied(self, table: Table, old: Record | None) -> Record | None:
        """What is there then."""
        return None


class UpdateAction:
    """Update an item."""

    __slots__ = ("condition", "given", "update")

    @classmethod
    def of(cls, key: Item, update: BoundUpdate, condition: Condition | None) -> UpdateAction:
        """The action for a normalised key."""
        action = cls.__new__(cls)
        action.given, action.update, action.condition = key, update, condition
        return action

    def __init__(self, operation: str, request: dict[str, Any]) -> None:
        self.given = normalise_item(request["Key"])
        bound = bind(operation, request)
        self.condition: Condition | None = bound.condition
        self.update: BoundUpdate | legacy.AttributeUpdates | None = bound.update
        if self.update is None and request.get("AttributeUpdates") is not None:
            self.update = legacy.AttributeUpdates(request["AttributeUpdates"])
        if self.condition is None:
            self.condition = legacy.condition(request)

    def key(self, table: Table) -> Key:
        """The item's key; what the update says of key attributes has been checked then."""
        key = table.key.of_key(self.given)
        check_condition_paths(table, self.condition)
        if self.update is not None:
            touched = self.update.touched
            for name in table.key.names:
                if name in touched:
                    raise refuse(f"{INVALID}Cannot update attribute {name}. This attribute is part of the key")
            if not table.index_attributes.isdisjoint(touched):
                self._check_literals(table)
                check_paths(table, self.update.paths)
            if isinstance(self.update, BoundUpdate) and self.update.plan.read:
                check_paths(table, self.update.read)
        return key

    def _check_literals(self, table: Table) -> None:
        literals = (
            self.update.literals() if isinstance(self.update, legacy.AttributeUpdates) else literals_of(self.update)
        )
        for definition in table.checks:
            for name, kind in (*definition.key.hash, *definition.key.range):
                value = literals.get(name)
                if value is not None and kind not in value:
                    raise refuse(
                        f"{INVALID}Type mismatch for Index Key {name} Expected: {kind} Actual: {type_of(value)} "
                        f"IndexName: {definition.name}"
                    )

    def check_charge(self, table: Table, old: Record | None) -> None:
        """What an UpdateItem's statement carries is held against the size of an item, before its condition (charges.py)."""
        update = self.update
        if not isinstance(update, BoundUpdate) or not may_exceed(update, MAX_ITEM):
            return
        if table.scope.region not in SIZED_BY_ITEM and charge(update, {} if old is None else old[0]) > MAX_ITEM:
            raise refuse(UPDATE_TOO_LARGE)

    def applied(self, table: Table, old: Record | None) -> Record | None:
        """What is there then; None where an update that only takes away finds no item."""
        update = self.update
        if update is None:
            return (self.given, sized(self.given)[1]) if old is None else old
        new = update.apply(self.given) if old is None else update.apply(old[0])
        if old is None and not update.creates:
            return None
        if not table.index_attributes.isdisjoint(update.touched):
            _check_index_keys(table, update.touched, new)
        if table.vectors:
            table.check_vectors(new, update.touched)
        record = sized(new, UPDATE_TOO_LARGE)
        if record[1] > SURELY_FITS:
            check_entries(table, record, UPDATE_TOO_LARGE)
        return record


def literals_of(update: BoundUpdate | None) -> dict[str, Value]:
    """The attributes which an update sets to a value of the request, as it is."""
    found: dict[str, Value] = {}
    if update is None or update.plan.tree is None:
        return found
    actions = [(c.keyword, a) for c in update.plan.tree.clauses for a in c.actions]
    for path, (keyword, action) in zip(update.paths, actions, strict=True):
        if keyword in ("SET", "ADD") and len(path) == 1 and isinstance(action.value, Ref):
            found[str(path[0])] = update.placeholders.values[action.value.name]
    return found


def _check_index_keys(table: Table, touched: tuple[str, ...], new: Item) -> None:
    """An update re-checks the index keys which it changes, and words it in its own way."""
    for definition in table.checks:
        for attributes, longest in ((definition.key.hash, MAX_HASH), (definition.key.range, MAX_RANGE)):
            for name, kind in attributes:
                value = new.get(name)
                if name not in touched or value is None:
                    continue
                content = value.get(kind)
                if content is None:
                    raise refuse(WRONG_INDEX_KEY)
                if kind != "N" and not content:
                    raise EmptyKeyValue(EMPTIED_INDEX_KEY.format(EMPTY_NAMES[kind]))
                if kind != "N":
                    definition.check_length(name, content, longest)


def check_entries(table: Table, record: Record, too_large: str = ITEM_TOO_LARGE) -> None:
    """An item and its entries in the table's local indexes have 400 KB together.

    "Item size for tables with local secondary indexes" of the developer guide's constraints. How large an entry is, and the
    words, as AWS's DynamoDB Local has them: an index of all attributes has the item once more, another one its own key and what
    it includes.
    """
    item, total = record
    for definition in table.local_indexes:
        if all(name in item for name in definition.key.names):
            projection = definition.projection
            names = {*definition.key.names, *projection.included}
            total += record[1] if projection.names is None else size_of({n: item[n] for n in names if n in item})
    if total > MAX_ITEM:
        raise refuse(too_large)
