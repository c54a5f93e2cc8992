"""transact_get_items and transact_write_items.

What is wrong with a request by itself is refused at once; what is wrong with an action on its table or item cancels the
transaction, with a reason for every action, in order. A client token is remembered for ten minutes.
https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/transaction-apis.html; which mistake is which: as the parity
suite's public tests have observed.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from mock_serverless.core.errors import AwsError
from mock_serverless.core.operation import operation

from .capacity import Costs, change_costs, change_units, collection_metrics, read_units, write_units
from .conflicts import HELD, ONGOING, check_token, is_held
from .database import Database
from .expressions import BoundProjection, BoundUpdate, bind
from .front_end import check_names, nests_deeply
from .items import FAILED, DeleteAction, PutAction, UpdateAction, check_paths
from .schema import EmptyKeyValue, Key
from .sizes import size_of, size_of_value
from .store import Record
from .table import Table
from .throttling import READ, REASONS, WRITE, admit, cancellation, refusal
from .values import NESTED_TOO_DEEP, Item, ValueRefusal, normalise_item, refuse

MOST_BYTES = 4 * 1024 * 1024
TOKEN_LIFE = 600.0
CANCELLED = "Transaction cancelled, please refer cancellation reasons for specific reasons [{}]"
DUPLICATE = "Transaction request cannot include multiple operations on one item"
NONE = "Invalid Request: TransactWriteRequest should contain Delete or Put or Update request"  # AWS's DynamoDB Local
NOT_ONE = "TransactItems can only contain one of Check, Put, Update or Delete"
TOO_LARGE = "The aggregate size of the items in the transaction exceeds 4 MB"  # a guess
PAYLOAD = "Transaction payload size cannot exceed 4 MB"
"""Of what is to be written. That a payload's "size cannot exceed", and that deleting large items is no matter, are what the
public test suite Alternator (test_transact) has seen on AWS; the rest of the words is a guess."""
MISMATCH = "The provided client request token was already used for a request with different parameters"  # a guess

CONDITION = "ConditionalCheckFailed"

Action = PutAction | DeleteAction | UpdateAction
ACTIONS: dict[str, Any] = {
    "ConditionCheck": DeleteAction,
    "Put": PutAction,
    "Delete": DeleteAction,
    "Update": UpdateAction,
}
PERMISSIONS = {"ConditionCheck": "ConditionCheckItem", "Put": "PutItem", "Delete": "DeleteItem", "Update": "UpdateItem"}
"""What a policy must allow for an action: "apireference" of the developer guide's page on transactions."""


class Write:
    """One action of a transaction on its way: what it finds, and what it will leave.

    ``kind`` is a key of ``ACTIONS``; ``request`` has TableName and ReturnValuesOnConditionCheckFailure; ``permission`` is
    what policies must allow; ``refusal`` is what a condition that doesn't hold gives.
    """

    __slots__ = ("action", "fault", "key", "kind", "new", "old", "permission", "refusal", "request", "table")

    def __init__(
        self,
        kind: str,
        request: dict[str, Any],
        action: Action,
        permission: str,
        refusal: tuple[str, str] = (CONDITION, FAILED),
    ) -> None:
        self.kind = kind
        self.request = request
        self.action = action
        self.permission = permission
        self.refusal = refusal
        self.table: Table
        self.key: Key = None
        self.old: Record | None = None
        self.new: Record | None = None
        self.fault: AwsError | None = None

    def locate(self, db: Database) -> None:
        """Find the table and the key; an empty key is refused at once, other mistakes in it cancel."""
        self.table = db.table(self.request["TableName"], self.permission)
        if self.table.membership is not None:
            self.table.membership.check_transaction()
        try:
            self.key = self.action.key(self.table)
        except EmptyKeyValue:
            raise
        except AwsError as error:
            self.fault = error
        if self.fault is None and is_held(db, self.table, self.key):
            self.fault = AwsError(HELD, ONGOING)

    def prepare(self) -> None:
        """Hold the action against the item."""
        if self.fault is not None:
            return
        old = self.old = self.table.get(self.key)
        condition = self.action.condition
        if condition is not None and not condition({} if old is None else old[0]):
            shown: dict[str, Any] = {}
            if old is not None and self.request.get("ReturnValuesOnConditionCheckFailure") == "ALL_OLD":
                shown = {"Item": old[0]}
            self.fault = AwsError(*self.refusal, **shown)
            return
        try:
            self.new = old if self.kind == "ConditionCheck" else self.action.applied(self.table, old)
        except EmptyKeyValue:
            raise
        except AwsError as error:
            self.fault = error

    def admit(self) -> None:
        """Take the throughput that the action costs: of the table twice that of a write by itself."""
        if self.kind == "ConditionCheck":
            admit(self.table, WRITE, 2 * write_units(self.size))
            return
        of_table, of_indexes = change_units(self.table, self.old, self.new)
        admit(self.table, WRITE, 2 * of_table, of_indexes)

    @property
    def reason(self) -> dict[str, Any]:
        """The CancellationReason."""
        if self.fault is None:
            return {"Code": "None"}
        if self.fault.code in REASONS:
            return cancellation(self.fault)
        code = self.fault.code if self.fault.code in (self.refusal[0], HELD) else "ValidationError"
        return {"Code": code, "Message": self.fault.message, **self.fault.fields}

    @property
    def size(self) -> int:
        """How large the item is."""
        return max(0 if self.old is None else self.old[1], 0 if self.new is None else self.new[1])


@operation
def transact_write_items(db: Database, request: dict[str, Any]) -> dict[str, Any]:
    """https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_TransactWriteItems.html"""
    asked = request["TransactItems"]
    if any(given.get("TableName") not in db.tables for entry in asked for given in entry.values()):
        check_names("TransactWriteItems", request)
    replayed = replay(db, request, asked)
    if replayed is not None:
        return replayed
    writes = []
    for entry in asked:
        if len(entry) != 1:
            raise refuse(NOT_ONE if entry else NONE)
        ((kind, given),) = entry.items()
        writes.append(Write(kind, given, _action(kind, given), PERMISSIONS[kind]))
    return commit(db, request, asked, writes)


def _action(kind: str, given: dict[str, Any]) -> Action:
    """An action as it is asked for. That its item or key nests very deeply is found after what is wrong with its expressions."""
    try:
        action: Action = ACTIONS[kind](kind, given)
    except ValueRefusal as error:
        if error.message == NESTED_TOO_DEEP and nests_deeply(given):
            bind(kind, given)
        raise
    return action


def commit(db: Database, request: dict[str, Any], asked: Any, writes: list[Write]) -> dict[str, Any]:
    """Do all of the writes or none; ``asked`` is what the token of the request is remembered with."""
    if sum(payload(write.action) for write in writes) > MOST_BYTES:
        raise refuse(PAYLOAD)
    for write in writes:
        write.locate(db)
    check_distinct([(w.table.name, w.key) for w in writes if w.fault is None])
    wrong = next((w for w in writes if w.fault is not None and w.fault.code != HELD), None)
    if wrong is not None:  # nothing else is looked at then (Alternator, test_transact)
        raise cancelled([w.reason if w is wrong else {"Code": "None"} for w in writes])
    for write in writes:
        write.prepare()
    if all(write.fault is None for write in writes):
        for write in writes:
            if write.table.buckets is not None:
                write.fault = refusal(write.admit)
    if any(write.fault is not None for write in writes):
        raise cancelled([write.reason for write in writes])
    for write in writes:
        if write.kind != "ConditionCheck" and (write.old is not None or write.new is not None):
            write.table.write(write.key, write.new)
    token = request.get("ClientRequestToken")
    if token is not None:
        until = db.scope.timestamp() + TOKEN_LIFE
        sizes = [(w.request["TableName"], w.table.scope.account, w.table.name, w.size) for w in writes]
        db.transactions[token] = (until, asked, sizes)
    return _written(request, writes)


def payload(action: Action) -> int:
    """What an action carries, in bytes: an item; or a key, and the values of an update."""
    if isinstance(action, PutAction):
        return action.record[1]
    size = size_of(action.given)
    if isinstance(action, UpdateAction) and isinstance(action.update, BoundUpdate):
        size += sum(map(size_of_value, action.update.placeholders.values.values()))
    return size


def check_distinct(targets: list[Any]) -> None:
    """An item can be part of a transaction once."""
    if len(set(targets)) != len(targets):
        raise refuse(DUPLICATE)


def cancelled(reasons: list[dict[str, Any]]) -> AwsError:
    """TransactionCanceledException with the reasons of all actions."""
    codes = ", ".join(reason["Code"] for reason in reasons)
    return AwsError("TransactionCanceledException", CANCELLED.format(codes), CancellationReasons=reasons)


def replay(db: Database, request: dict[str, Any], asked: Any) -> dict[str, Any] | None:
    """The answer to a transaction which was made already; None when it is new.

    It costs what reading the larger of each item's images then costs (measured in eu-west-2, 2026-08: Dynoxide's tests).
    """
    token = request.get("ClientRequestToken")
    if token is not None:
        check_token(db, token)
    now = db.scope.timestamp()
    known = db.transactions
    while known and (oldest := next(iter(known))) and known[oldest][0] <= now:
        del known[oldest]
    if token is None or token not in known:
        return None
    _, items, sizes = known[token]
    if items != asked:
        raise AwsError("IdempotentParameterMismatchException", MISMATCH)
    costs = Costs(request, 2, "ReadCapacityUnits")
    for given, account, name, size in sizes if costs.wanted else ():
        table = db.scope.state(account=account).tables.get(name)
        if table is not None:
            costs.add(given, table, read_units(size, True))
    return costs.add_to({})


def _written(request: dict[str, Any], writes: list[Write]) -> dict[str, Any]:
    costs = Costs(request, 2, "WriteCapacityUnits")
    metrics: dict[str, list[Any]] = {}
    for write in writes:
        name = write.request["TableName"]
        if costs.wanted:
            if write.kind == "ConditionCheck":
                costs.add(name, write.table, write_units(write.size))
            else:
                costs.add(name, write.table, *change_costs(write.table, write.old, write.new))
        if request.get("ReturnItemCollectionMetrics") == "SIZE" and write.kind != "ConditionCheck":
            image = write.action.item if isinstance(write.action, PutAction) else write.action.given
            shown = collection_metrics(write.table, image)
            if shown is not None and shown not in metrics.setdefault(name, []):
                metrics[name].append(shown)
    answer: dict[str, Any] = {}
    if metrics:
        answer["ItemCollectionMetrics"] = metrics
    return costs.add_to(answer)


@operation
def transact_get_items(db: Database, request: dict[str, Any]) -> dict[str, Any]:
    """https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_TransactGetItems.html"""
    if any(entry["Get"]["TableName"] not in db.tables for entry in request["TransactItems"]):
        check_names("TransactGetItems", request)
    wanted: list[tuple[dict[str, Any], Item, BoundProjection | None]] = []
    for entry in request["TransactItems"]:
        given = entry["Get"]
        wanted.append((given, normalise_item(given["Key"]), bind("Get", given).projection))
    targets: list[tuple[Table, Key]] = []
    reasons: list[dict[str, Any]] = []
    for given, key, projection in wanted:
        table = db.table(given["TableName"], "GetItem")
        if table.membership is not None:
            table.membership.check_transaction()
        reason: dict[str, Any] = {"Code": "None"}
        try:
            targets.append((table, table.key.of_key(key)))
            if projection is not None:
                check_paths(table, projection.paths)
        except EmptyKeyValue:
            raise
        except AwsError as error:
            reason = {"Code": "ValidationError", "Message": error.message}
        else:
            if is_held(db, *targets[-1]):
                reason = {"Code": HELD, "Message": ONGOING}
        reasons.append(reason)
    check_distinct([(table.name, key) for table, key in targets])
    wrong = next((n for n, reason in enumerate(reasons) if reason["Code"] == "ValidationError"), None)
    if wrong is not None:
        reasons = [reason if n == wrong else {"Code": "None"} for n, reason in enumerate(reasons)]
    if any(reason["Code"] != "None" for reason in reasons):
        raise cancelled(reasons)
    names = [given["TableName"] for given, _, _ in wanted]
    return got(request, names, targets, [projection for _, _, projection in wanted])


def got(
    request: dict[str, Any],
    names: list[str],
    targets: list[tuple[Table, Key]],
    projections: Sequence[Callable[[Item], Item] | None],
) -> dict[str, Any]:
    """The answer to a transaction of reads, of tables which the request calls by these names."""
    records = [table.get(key) for table, key in targets]
    if sum(record[1] for record in records if record is not None) > MOST_BYTES:
        raise refuse(TOO_LARGE)
    _admit_reads(targets, records)
    return _got(request, names, targets, records, projections)


def _admit_reads(targets: list[tuple[Table, Key]], records: list[Record | None]) -> None:
    refusals = [
        refusal(admit, table, READ, 2 * read_units(0 if record is None else record[1], True))
        for (table, _), record in zip(targets, records, strict=True)
        if table.buckets is not None
    ]
    if any(refusals):
        raise cancelled([{"Code": "None"} if error is None else cancellation(error) for error in refusals])


def _got(
    request: dict[str, Any],
    names: list[str],
    targets: list[tuple[Table, Key]],
    records: list[Record | None],
    projections: Sequence[Callable[[Item], Item] | None],
) -> dict[str, Any]:
    costs = Costs(request, 2, "ReadCapacityUnits")
    responses: list[dict[str, Any]] = []
    for name, (table, _), record, projection in zip(names, targets, records, projections, strict=True):
        if costs.wanted:
            costs.add(name, table, read_units(0 if record is None else record[1], True))
        if record is None:
            responses.append({})
        else:
            responses.append({"Item": record[0] if projection is None else projection(record[0])})
    return costs.add_to({"Responses": responses})
