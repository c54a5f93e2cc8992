"""What the reference leaves out or counts wrongly in a way that is understood is put right before it is compared.

Each is told in the table (``normalised`` in ``cases/dynamodb_reference.json``): item collection metrics, tags, units of deletes,
of transactions, and the counts of indexes added to a table with items.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterator
from copy import deepcopy
from typing import Any

from .calls import indexes_of, key_names
from .local import wire
from .names import ARN
from .outcomes import Outcome, canonical

WRITES = ("PutItem", "UpdateItem", "DeleteItem", "BatchWriteItem", "TransactWriteItems")
TAGGING = ("TagResource", "UntagResource", "ListTagsOfResource")
FAILED = "The conditional request failed"
ASKED = ("TOTAL", "INDEXES")
GONE = "Requested resource not found: ResourceArn: {} not found"


class Corrections:
    """Of one scenario. ``item_of`` gives the item of a TableName and Key, ``count`` the items in a table's index."""

    def __init__(self, item_of: Callable[[dict[str, Any]], Any], count: Callable[[str, str], int]) -> None:
        self.item_of = item_of
        self.count = count
        self.tables: dict[str, dict[str, Any]] = {}
        self.index_keys: dict[str, list[list[str]]] = {}
        self.tags: dict[str, dict[str, str]] = {}
        self.unstreamed: set[str] = set()
        """Tables which have had no stream."""
        self.added: set[tuple[str, str]] = set()
        """Tables and their indexes which have been added later."""
        self.before: list[tuple[dict[str, Any], Any]] = []
        """What the next call writes, and the items before it."""
        self.fetching = False
        """Whether the next call scans a local index for what it doesn't have, or a global one that hasn't all."""
        self.absent: Counter[str] = Counter()
        """Deletes of the next call, by table, which find nothing."""

    def prepare(self, operation: str, params: dict[str, Any]) -> None:
        """Before a call is made."""
        self.fetching = operation == "Scan" and self.fetches(params)
        self.absent.clear()
        self.before = []
        if operation not in WRITES or params.get("ReturnConsumedCapacity") not in ASKED:
            return
        self.before = [(target, self.item_of(target)) for target in self.targets(operation, params)]
        if operation in ("BatchWriteItem", "TransactWriteItems"):
            for target in deletes(params):
                if self.item_of(target) is None:
                    self.absent[target["TableName"]] += 1

    def targets(self, operation: str, params: dict[str, Any]) -> list[dict[str, Any]]:
        """TableName and Key of all that a call writes."""
        several = operation in ("BatchWriteItem", "TransactWriteItems")
        written = images(params) if several else [(params["TableName"], image_of(params))]
        return [
            {"TableName": table, "Key": {name: image[name] for name in key_names(self.tables[table]) if name in image}}
            for table, image in written
            if table in self.tables
        ]

    def fetches(self, params: dict[str, Any]) -> bool:
        """Whether a scan asks a local index for what is in the table only, or reads a global index which has not everything."""
        table = self.tables.get(params["TableName"], {})
        for index in table.get("GlobalSecondaryIndexes", ()):
            if index["IndexName"] == params.get("IndexName") and index["Projection"]["ProjectionType"] != "ALL":
                return True
        for index in table.get("LocalSecondaryIndexes", ()):
            if index["IndexName"] != params.get("IndexName") or index["Projection"]["ProjectionType"] == "ALL":
                continue
            has = {*key_names(table), *key_names(index), *index["Projection"].get("NonKeyAttributes", ())}
            return params.get("Select") == "ALL_ATTRIBUTES" or not asked_for(params) <= has
        return False

    @property
    def uncounted(self) -> bool:
        """Whether the reference counts the capacity of the call just made wrongly.

        It charges nothing for what a scan of a local index fetches from the table; for whole items when a global index is
        scanned, whatever that has of them; and for a write of the index, when of an
        item outside of it other attributes are there than before which belong to the index's key.
        """
        if self.fetching:
            return True
        for target, old in self.before:
            new = self.item_of(target)
            for names in self.index_keys.get(target["TableName"], ()):
                had, has = ({name for name in names if name in (item or {})} for item in (old, new))
                if had != has and len(had) < len(names) and len(has) < len(names):
                    return True
        return False

    def corrected(self, operation: str, params: dict[str, Any], outcome: Outcome) -> Outcome:
        """The reference's outcome as it ought to be."""
        if operation in TAGGING:
            return self.tagged(operation, params)
        if outcome.code:
            return without_full_stops(outcome)
        self.note(operation, params)
        answer = deepcopy(outcome.answer)
        if operation == "DescribeTable":
            self.correct_indexes(answer["Table"])
        for description in (answer.get("Table"), answer.get("TableDescription")):
            if description is not None and description["TableName"] in self.unstreamed:
                description.pop("LatestStreamArn", None)  # of a table of that name which is gone
        if operation == "DeleteItem" and params.get("ReturnConsumedCapacity") not in ASKED:
            answer.pop("ConsumedCapacity", None)
        update = single_update(operation, params)
        if update is not None and self.item_of({name: update[name] for name in ("TableName", "Key")}) is None:
            answer = nothing_updated(operation, params, update["TableName"], answer)
        for cost in listed(answer.get("ConsumedCapacity")):
            self.correct_cost(operation, params, cost)
        metrics = self.metrics(operation, params)
        if metrics:
            answer["ItemCollectionMetrics"] = metrics
        return Outcome(answer)

    def note(self, operation: str, params: dict[str, Any]) -> None:
        """Remember what tables there are."""
        if operation == "CreateTable":
            self.tables[params["TableName"]] = params
            self.tags[params["TableName"]] = {}
            self.unstreamed |= {params["TableName"]} - streamed(params)
            self.index_keys[params["TableName"]] = [key_names(index) for index in indexes_of(params)]
            self.added = {(table, index) for table, index in self.added if table != params["TableName"]}
        elif operation == "UpdateTable":
            self.unstreamed -= streamed(params)
            created = (update.get("Create") for update in params.get("GlobalSecondaryIndexUpdates", ()))
            for index in created:
                if index is not None:
                    self.added.add((params["TableName"], index["IndexName"]))
                    self.index_keys[params["TableName"]].append(key_names(index))
        elif operation == "DeleteTable":
            self.tags.pop(params["TableName"], None)

    def correct_indexes(self, table: dict[str, Any]) -> None:
        """Of an on-demand table indexes have no throughput; an index has the items that are in it."""
        on_demand = table.get("BillingModeSummary", {}).get("BillingMode") == "PAY_PER_REQUEST"
        for index in table.get("GlobalSecondaryIndexes", ()):
            if on_demand:
                index["ProvisionedThroughput"] = {"ReadCapacityUnits": 0, "WriteCapacityUnits": 0}
            if (table["TableName"], index["IndexName"]) in self.added:
                index["ItemCount"] = self.count(table["TableName"], index["IndexName"])

    # Capacity

    def correct_cost(self, operation: str, params: dict[str, Any], cost: dict[str, Any]) -> None:
        """One ConsumedCapacity."""
        if operation == "TransactGetItems" and "Table" in cost:
            cost["Table"]["ReadCapacityUnits"] = cost["Table"]["CapacityUnits"]
        twice = self.absent[cost["TableName"]]
        if operation == "BatchWriteItem" and twice:
            for part in (cost, *([cost["Table"]] if "Table" in cost else [])):
                part["CapacityUnits"] -= twice
        if operation == "TransactWriteItems" and not twice:
            halve(cost)

    # Item collections

    def metrics(self, operation: str, params: dict[str, Any]) -> Any:
        """The ItemCollectionMetrics that the documentation promises."""
        if operation not in WRITES or params.get("ReturnItemCollectionMetrics") != "SIZE":
            return None
        if operation in ("BatchWriteItem", "TransactWriteItems"):
            found: dict[str, list[Any]] = {}
            for table, image in images(params):
                shown = self.collection(table, image)
                if shown is not None and shown not in found.setdefault(table, []):
                    found[table].append(shown)
            return found
        return self.collection(params["TableName"], image_of(params))

    def collection(self, table: str, image: dict[str, Any]) -> dict[str, Any] | None:
        """Of one item."""
        definition = self.tables[table]
        if "LocalSecondaryIndexes" not in definition:
            return None
        name = definition["KeySchema"][0]["AttributeName"]
        return {"ItemCollectionKey": canonical(wire({name: image[name]})), "SizeEstimateRangeGB": [0.0, 1.0]}

    # Tags

    def tagged(self, operation: str, params: dict[str, Any]) -> Outcome:
        """What an operation on tags gives; the reference has none."""
        arn = params["ResourceArn"]
        there = self.tags.get(arn.removeprefix(f"{ARN}table/"))
        if there is None:
            return Outcome(code="ResourceNotFoundException", message=GONE.format(arn))
        if operation == "ListTagsOfResource":
            return Outcome({"Tags": [{"Key": key, "Value": value} for key, value in there.items()]})
        there.update({tag["Key"]: tag["Value"] for tag in params.get("Tags", ())})
        for key in params.get("TagKeys", ()):
            there.pop(key, None)
        return Outcome()


def without_full_stops(outcome: Outcome) -> Outcome:
    """The reason of a failed condition ends with none on AWS."""
    fields = deepcopy(outcome.answer)
    for reason in fields.get("CancellationReasons", ()):
        if reason.get("Message") == f"{FAILED}.":
            reason["Message"] = FAILED
    return Outcome(fields, outcome.code, outcome.message)


def single_update(operation: str, params: dict[str, Any]) -> dict[str, Any] | None:
    """The update that a call makes, if it makes no more than one."""
    if operation == "TransactWriteItems" and len(params["TransactItems"]) == 1:
        found: dict[str, Any] | None = params["TransactItems"][0].get("Update")
        return found
    return params if operation == "UpdateItem" else None


def nothing_updated(operation: str, params: dict[str, Any], table: str, answer: dict[str, Any]) -> dict[str, Any]:
    """Of an update which leaves no item: the reference makes one, and shows it. (Those of transactions are halved below.)"""
    if "ConsumedCapacity" not in answer:
        return {}
    units = {"CapacityUnits": 1.0} if operation == "UpdateItem" else {"CapacityUnits": 4.0, "WriteCapacityUnits": 4.0}
    cost: dict[str, Any] = {"TableName": table, **units}
    if params["ReturnConsumedCapacity"] == "INDEXES":
        cost["Table"] = dict(units)
    return {"ConsumedCapacity": cost if operation == "UpdateItem" else [cost]}


def streamed(params: dict[str, Any]) -> set[str]:
    """The table, if a stream is enabled."""
    return {params["TableName"]} if params.get("StreamSpecification", {}).get("StreamEnabled") else set()


def listed(costs: Any) -> list[dict[str, Any]]:
    """The ConsumedCapacity of an answer, one or several."""
    return costs if isinstance(costs, list) else [] if costs is None else [costs]


def halve(cost: dict[str, Any]) -> None:
    """The ConsumedCapacity of a transaction with one write: of the table half of what is told, of indexes a quarter."""
    indexes = [
        part for kind in ("LocalSecondaryIndexes", "GlobalSecondaryIndexes") for part in cost.get(kind, {}).values()
    ]
    for name in ("CapacityUnits", "WriteCapacityUnits"):
        for part in indexes:
            part[name] /= 4
        if "Table" in cost:  # else not compared
            cost["Table"][name] /= 2
            cost[name] = cost["Table"][name] + sum(part[name] for part in indexes)


def deletes(params: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """TableName and Key of what a batch or transaction deletes."""
    for entry in params.get("TransactItems", ()):
        if "Delete" in entry:
            yield {name: entry["Delete"][name] for name in ("TableName", "Key")}
    for table, entries in params.get("RequestItems", {}).items():
        for entry in entries:
            if "DeleteRequest" in entry:
                yield {"TableName": table, "Key": entry["DeleteRequest"]["Key"]}


def asked_for(params: dict[str, Any]) -> set[str]:
    """The attributes at the top which a read names."""
    names = params.get("ExpressionAttributeNames", {})
    firsts = [re.split(r"[.\[]", path.strip())[0] for path in params.get("ProjectionExpression", "").split(",")]
    return {names.get(first, first) for first in firsts if first} | set(params.get("AttributesToGet", ()))


def image_of(request: dict[str, Any]) -> dict[str, Any]:
    """The item that is put, or the key of the one that is changed."""
    found: dict[str, Any] = request["Item"] if "Item" in request else request["Key"]
    return found


def images(params: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Tables and items, or keys, that a batch or transaction writes."""
    for entry in params.get("TransactItems", ()):
        for kind in ("Put", "Update", "Delete"):
            if kind in entry:
                yield entry[kind]["TableName"], image_of(entry[kind])
    for table, entries in params.get("RequestItems", {}).items():
        for entry in entries:
            yield table, image_of(entry["PutRequest"] if "PutRequest" in entry else entry["DeleteRequest"])
