"""batch_get_item and batch_write_item.

Everything is checked before anything is written. Of a batch of reads, what goes beyond 16 MB is left unprocessed; a batch of
writes can't get that large (25 items of 400 KB). What lacks throughput is left unprocessed, too; where nothing else is there, the
whole batch is refused.
"""

from __future__ import annotations

from typing import Any

from mock_serverless.core.errors import AwsError
from mock_serverless.core.operation import operation

from . import legacy
from .capacity import Costs, change_costs, collection_metrics, read_units
from .conflicts import is_held
from .database import Database
from .expressions import bind
from .front_end import check_names
from .items import DeleteAction, PutAction, check_paths
from .schema import MISMATCH, EmptyKeyValue, Key
from .table import Table
from .throttling import admit_read, admit_write, refusal
from .values import Item, ValueRefusal, normalise_item, refuse

MOST_READ, MOST_WRITTEN = 100, 25
MOST_BYTES = 16 * 1024 * 1024
DUPLICATES = "Provided list of item keys contains duplicates"
AMBIGUOUS = (
    "Supplied AttributeValue has more than one datatypes set, must contain exactly one of the supported datatypes"
)
EMPTY = "Supplied AttributeValue is empty, must contain exactly one of the supported datatypes"


@operation
def batch_get_item(db: Database, request: dict[str, Any]) -> dict[str, Any]:
    """https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_BatchGetItem.html"""
    requested = request["RequestItems"]
    if not requested.keys() <= db.tables.keys():
        check_names("BatchGetItem", request)
    if sum(len(block["Keys"]) for block in requested.values()) > MOST_READ:
        raise refuse("Too many items requested for the BatchGetItem call")
    _check_mixed(requested)
    blocks = []
    for name, block in requested.items():
        projection = bind("BatchGetItem", block).projection or legacy.projection(block)
        blocks.append((name, block, _keys(block), projection))
    answer: dict[str, Any] = {"Responses": {}, "UnprocessedKeys": {}}
    costs = Costs(request)
    size = 0
    throttled: AwsError | None = None
    admitted = False
    located = [(*block, _located(db, block[0], block[2])) for block in blocks]
    for name, block, _, projection, (table, keys) in located:
        if table.membership is not None and block.get("ConsistentRead"):
            table.membership.check_quorum(table)
        if projection is not None:
            check_paths(table, projection.paths)
        found = answer["Responses"].setdefault(name, [])
        for position, key in enumerate(keys):
            record = table.get(key, block.get("ConsistentRead", False))
            if record is not None and size + record[1] > MOST_BYTES:
                before = answer["UnprocessedKeys"].get(name, {}).get("Keys", [])
                answer["UnprocessedKeys"][name] = {**block, "Keys": [*before, *block["Keys"][position:]]}
                break
            if table.buckets is not None:
                error = refusal(
                    admit_read, table, 0 if record is None else record[1], block.get("ConsistentRead", False)
                )
                if error is not None:
                    left = answer["UnprocessedKeys"].setdefault(name, {**block, "Keys": []})
                    left["Keys"].append(block["Keys"][position])
                    throttled = throttled or error
                    continue
                admitted = True
            if costs.wanted:
                costs.add(
                    name, table, read_units(0 if record is None else record[1], block.get("ConsistentRead", False))
                )
            if record is not None:
                size += record[1]
                found.append(record[0] if projection is None else projection(record[0]))
    if throttled is not None and not admitted:
        raise throttled
    return costs.add_to(answer)


def _keys(block: dict[str, Any]) -> list[Item]:
    try:
        return [normalise_item(key) for key in block["Keys"]]
    except ValueRefusal as error:
        raise refuse(error.current) from None


def _check_mixed(requested: dict[str, Any]) -> None:
    """One block with an expression beside one with AttributesToGet is refused, too."""
    new = any("ProjectionExpression" in block for block in requested.values())
    old = any("AttributesToGet" in block for block in requested.values())
    if new and old:
        raise refuse(
            "Can not use both expression and non-expression parameters in the same request: Non-expression parameters: "
            "{AttributesToGet} Expression parameters: {ProjectionExpression}"
        )


def _located(db: Database, name: str, given: list[Any]) -> tuple[Table, list[Key]]:
    table = db.table(name)
    keys = [table.key.of_key(key) for key in given]
    if len(set(keys)) != len(keys):
        raise refuse(DUPLICATES)
    return table, keys


@operation
def batch_write_item(db: Database, request: dict[str, Any]) -> dict[str, Any]:
    """https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_BatchWriteItem.html"""
    requested = request["RequestItems"]
    if not requested.keys() <= db.tables.keys():
        check_names("BatchWriteItem", request)
    if sum(map(len, requested.values())) > MOST_WRITTEN:
        raise refuse("Too many items requested for the BatchWriteItem call")
    actions = [(name, _action(entry)) for name, entries in requested.items() for entry in entries]
    writes = []
    seen = set()
    for name, action in actions:
        table = db.table(name)
        key = _key(table, action)
        if (table.name, key) in seen:
            raise refuse(DUPLICATES)
        seen.add((table.name, key))
        writes.append((name, table, key, action))
    for _, table, key, _ in writes:
        if table.membership is not None:  # "one or more items in the request": the whole of it is rejected
            table.membership.admit(table, key)
    return _write(db, request, writes)


def _write(
    db: Database, request: dict[str, Any], writes: list[tuple[str, Table, Key, PutAction | DeleteAction]]
) -> dict[str, Any]:
    answer: dict[str, Any] = {"UnprocessedItems": {}}
    costs = Costs(request)
    metrics: dict[str, list[Any]] = {}
    entries = [entry for entries in request["RequestItems"].values() for entry in entries]
    throttled: list[AwsError] = []
    for (name, table, key, action), entry in zip(writes, entries, strict=True):
        if is_held(db, table, key):
            answer["UnprocessedItems"].setdefault(name, []).append(entry)
            continue
        old = table.get(key)
        new = action.applied(table, old)
        if table.buckets is not None:
            error = refusal(admit_write, table, old, new)
            if error is not None:
                answer["UnprocessedItems"].setdefault(name, []).append(entry)
                throttled.append(error)
                continue
        if old is not None or new is not None:
            table.write(key, new)
        if costs.wanted:
            costs.add(name, table, *change_costs(table, old, new))
        if request.get("ReturnItemCollectionMetrics") == "SIZE":
            image = action.item if isinstance(action, PutAction) else action.given
            shown = collection_metrics(table, image)
            if shown is not None and shown not in metrics.setdefault(name, []):
                metrics[name].append(shown)
    if len(throttled) == len(writes):
        raise throttled[0]
    if metrics:
        answer["ItemCollectionMetrics"] = metrics
    return costs.add_to(answer)


def _action(entry: dict[str, Any]) -> PutAction | DeleteAction:
    if len(entry) != 1:
        raise refuse(AMBIGUOUS if entry else EMPTY)
    if "PutRequest" in entry:
        return PutAction("Put", entry["PutRequest"])
    return DeleteAction("Delete", entry["DeleteRequest"])


def _key(table: Table, action: PutAction | DeleteAction) -> Key:
    """A batch says the same of every key that doesn't fit."""
    if isinstance(action, PutAction):
        try:
            table.key.of_item(action.item)
        except EmptyKeyValue:
            raise
        except AwsError as error:
            if "Missing the key" in error.message or "Type mismatch for key" in error.message:
                raise refuse(MISMATCH) from None
            raise
    return action.key(table)
