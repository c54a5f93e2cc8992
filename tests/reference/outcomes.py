"""What a call gives, and what of it is compared: without what has no fixed value or order, and what the reference can't do.

Every leaving out is told in the table (``normalised`` in ``cases/dynamodb_reference.json``).
"""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation
from typing import Any

SETS = ("SS", "NS", "BS")
ENVELOPE = "1 validation error detected: "
DESCRIBING = ("CreateTable", "DescribeTable", "DeleteTable")


@dataclass(frozen=True)
class Outcome:
    """What a call gives: an answer, or an error's code, message and further fields."""

    answer: dict[str, Any] = field(default_factory=dict)
    code: str = ""
    message: str = ""

    def __str__(self) -> str:
        if self.code:
            return f"{self.code}: {self.message} {json.dumps(self.answer, ensure_ascii=True) if self.answer else ''}".strip()
        return json.dumps(self.answer, ensure_ascii=True, sort_keys=True)


def canonical(value: Any) -> Any:
    """Sets in one order, numbers in one form."""
    if isinstance(value, dict):
        if len(value) == 1:
            ((kind, content),) = value.items()
            if kind == "N" and isinstance(content, str):
                return {"N": plain(content)}
            if kind in SETS and isinstance(content, list):
                return {kind: sorted(map(plain, content) if kind == "NS" else content)}
        return {name: canonical(member) for name, member in value.items()}
    if isinstance(value, list):
        return [canonical(member) for member in value]
    return value


def plain(text: str) -> str:
    """A number in one form."""
    try:
        return format(Decimal(text).normalize() + 0, "f")
    except InvalidOperation:
        return text


def unwired(value: Any) -> Any:
    """Binaries of an item from the wire as bytes again."""
    return {n: {k: base64.b64decode(c) if k == "B" else c for k, c in v.items()} for n, v in value.items()}


def text_of(value: Any) -> str:
    """Something to sort by."""
    return json.dumps(value, sort_keys=True)


def shown(operation: str, params: dict[str, Any], outcome: Outcome) -> Outcome:
    """The outcome without what has no fixed value or order."""
    if outcome.code:
        text = outcome.message
        bare = text if "failed to satisfy constraint" in text else text.removeprefix(ENVELOPE)
        return Outcome(outcome.answer, outcome.code, bare)
    if operation in DESCRIBING:
        (key,) = set(outcome.answer) & {"TableDescription", "Table"}
        return Outcome({} if operation == "DeleteTable" else described(outcome.answer[key]))
    if operation == "UpdateTable":
        return Outcome()  # AWS shows what was; what has become of it is seen in the description after it
    answer = dict(outcome.answer)
    if "Items" in answer and (operation == "Scan" or "IndexName" in params):
        answer["Items"] = sorted(answer["Items"], key=text_of)
        if operation == "Scan" and "ExclusiveStartKey" in params:
            return Outcome()
    if operation == "BatchGetItem":
        answer["Responses"] = {n: sorted(items, key=text_of) for n, items in answer["Responses"].items()}
    if operation == "ListStreams":
        answer["Streams"] = sorted(answer["Streams"], key=text_of)
    if "ConsumedCapacity" in answer and not COUNTED.get(operation, always)(params, answer):
        answer.pop("ConsumedCapacity")
    if isinstance(answer.get("ConsumedCapacity"), list):
        answer["ConsumedCapacity"] = sorted(answer["ConsumedCapacity"], key=text_of)
    return Outcome(answer)


# ---------------------------------------------------------------------- capacity


def always(params: dict[str, Any], answer: dict[str, Any]) -> bool:
    """The reference counts as AWS does."""
    return True


COUNTED: dict[str, Callable[[dict[str, Any], dict[str, Any]], bool]] = {
    "GetItem": lambda params, answer: "Item" in answer,
    "BatchGetItem": lambda params, answer: all(
        len(answer["Responses"][n]) == len(block["Keys"]) for n, block in params["RequestItems"].items()
    ),
    "Query": lambda params, answer: answer["ScannedCount"] > 0,
    "Scan": lambda params, answer: answer["ScannedCount"] > 0,
    "TransactWriteItems": lambda params, answer: (
        len(params["TransactItems"]) == 1 and params.get("ReturnConsumedCapacity") == "INDEXES"
    ),
}
"""Whether the reference counts the capacity of an answer as AWS does: see the table's "normalised"."""


# ---------------------------------------------------------------------- descriptions

MEMBERS = ("TableName", "ItemCount", "TableSizeBytes", "StreamSpecification", "KeySchema", "LatestStreamArn")
INDEX_MEMBERS = ("IndexName", "KeySchema", "ItemCount")


def described(table: dict[str, Any]) -> dict[str, Any]:
    """Of a table's description what both have."""
    made: dict[str, Any] = {name: table.get(name) for name in MEMBERS}
    parts = [table, *table.get("LocalSecondaryIndexes", ()), *table.get("GlobalSecondaryIndexes", ())]
    used = {key["AttributeName"] for part in parts for key in part["KeySchema"]}
    attributes = [d for d in table.get("AttributeDefinitions", ()) if d["AttributeName"] in used]
    made["AttributeDefinitions"] = sorted(attributes, key=text_of)
    made["Throughput"] = throughput(table)
    made["BillingMode"] = (table.get("BillingModeSummary") or {}).get("BillingMode", "PROVISIONED")
    for kind in ("LocalSecondaryIndexes", "GlobalSecondaryIndexes"):
        made[kind] = [
            {
                **{n: index.get(n) for n in INDEX_MEMBERS},
                "Projection": canonical_projection(index["Projection"]),
                "Throughput": throughput(index),
            }
            for index in sorted(table.get(kind, ()), key=lambda index: str(index["IndexName"]))
        ]
    return made


def canonical_projection(projection: dict[str, Any]) -> dict[str, Any]:
    """With its attributes in one order."""
    names = {"NonKeyAttributes": sorted(projection["NonKeyAttributes"])} if "NonKeyAttributes" in projection else {}
    return {**projection, **names}


def throughput(part: dict[str, Any]) -> list[Any]:
    """Of a table or an index."""
    given = part.get("ProvisionedThroughput", {})
    return [given.get("ReadCapacityUnits"), given.get("WriteCapacityUnits")]
