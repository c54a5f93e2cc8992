"""The same call to the fake and to the reference, and whether the outcomes agree."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation
from functools import cache
from pathlib import Path
from typing import Any

from mock_serverless.cloud import Cloud
from mock_serverless.core.errors import AwsError

from .calls import Scenario
from .local import Local, wire

TABLE = json.loads((Path(__file__).parents[1] / "cases" / "dynamodb_reference.json").read_text(encoding="utf-8"))
SETS = ("SS", "NS", "BS")
READS = ("GetItem", "BatchGetItem", "TransactGetItems", "Query", "Scan", "DescribeTable", "ListTables")
PAGED = ("Query", "Scan")
MOST_PAGES = 40


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


class Disagreement(AssertionError):
    """The two differ, and the table of differences doesn't say why."""


class Pair:
    """The fake and the reference side by side."""

    def __init__(self, local: Local) -> None:
        self.local = local
        self.cloud = Cloud()
        self.calls = 0
        self.operations: Counter[str] = Counter()
        self.explained: Counter[str] = Counter()
        self.answered = self.refused = 0

    def report(self) -> str:
        """What was compared, in a few lines."""
        operations = ", ".join(f"{name} {count}" for name, count in sorted(self.operations.items()))
        explained = "\n".join(f"  {count:6} {what}" for what, count in self.explained.most_common())
        total = sum(self.explained.values())
        return (
            f"{self.calls} calls ({operations}); {self.answered} gave the same answer, {self.refused} the same refusal, "
            f"{total} differ as is known:\n{explained}"
        )

    # One call

    def fake(self, operation: str, params: dict[str, Any]) -> Outcome:
        """What the fake gives."""
        try:
            answer = self.cloud.call("dynamodb", operation, params)
        except AwsError as error:
            return Outcome(canonical(wire(error.fields)), error.code, error.message)
        return Outcome(canonical(wire(answer)))

    def real(self, operation: str, params: dict[str, Any]) -> Outcome:
        """What the reference gives."""
        status, body = self.local.call("dynamodb", operation, params)
        if status == 200:
            return Outcome(canonical(body))
        code = str(body.pop("__type", "")).rpartition("#")[2]
        message = str(body.pop("message", None) or body.pop("Message", ""))
        return Outcome(canonical({k: v for k, v in body.items() if k not in ("message", "Message")}), code, message)

    def both(self, operation: str, params: dict[str, Any]) -> bool:
        """Make a call to both and compare; False when they are no longer in the same state."""
        if operation in PAGED and ("Limit" in params or params.get("Segment", 9) < params.get("TotalSegments", 0)):
            return self.judge(
                operation, params, *(self.read_on(side, operation, params) for side in (self.fake, self.real))
            )
        ours, theirs = self.fake(operation, params), self.real(operation, params)
        self.count(operation)
        agree = self.judge(operation, params, ours, theirs)
        if agree and not ours.code and operation in ("UpdateItem", "TransactWriteItems"):
            self.undo_creations(params)
        return agree

    def count(self, operation: str) -> None:
        self.calls += 1
        self.operations[operation] += 1

    def judge(self, operation: str, params: dict[str, Any], ours: Outcome, theirs: Outcome) -> bool:
        ours, theirs = shown(operation, params, ours), shown(operation, params, theirs)
        if ours == theirs:
            self.answered += not ours.code
            self.refused += bool(ours.code)
            return True
        reason = explanation(operation, ours, theirs)
        if reason is None:
            self.differ(operation, params, ours, theirs)
        else:
            self.explained[reason] += 1
        return operation in READS or bool(ours.code) == bool(theirs.code)

    def differ(self, operation: str, params: dict[str, Any], ours: Outcome, theirs: Outcome) -> None:
        """A difference that nothing explains."""
        raise Disagreement(f"{operation} {json.dumps(wire(params))}\n  fake:      {ours}\n  reference: {theirs}\n")

    def undo_creations(self, params: dict[str, Any]) -> None:
        """The reference makes an item even of an update which only takes away: then it is taken away from there."""
        updates = [params, *(entry["Update"] for entry in params.get("TransactItems", ()) if "Update" in entry)]
        for update in updates:
            target = {name: update[name] for name in ("TableName", "Key") if name in update}
            if len(target) == 2 and not self.fake("GetItem", target).answer:
                self.real("DeleteItem", target)

    # Pages

    def read_on(self, side: Any, operation: str, params: dict[str, Any]) -> Outcome:
        """Read to the end, page by page, of every segment if there are several."""
        total: dict[str, Any] = {"Count": 0, "ScannedCount": 0, "Items": []}
        segments = params.get("TotalSegments", 1)
        for segment in range(segments):
            more: dict[str, Any] = {"Segment": segment} if segments > 1 else {}
            for _ in range(MOST_PAGES):
                outcome: Outcome = side(operation, {**params, **more})
                if side == self.fake:
                    self.count(operation)
                if outcome.code:
                    return outcome
                for name in ("Count", "ScannedCount", "Items"):
                    total[name] += outcome.answer.get(name, [] if name == "Items" else 0)
                last = outcome.answer.get("LastEvaluatedKey")
                if last is None:
                    break
                more["ExclusiveStartKey"] = unwired(last)
            else:
                total["Pages"] = "without end"
        return Outcome(total)

    # A scenario

    def play(self, scenario: Scenario) -> None:
        """Make the tables, do the calls, delete the tables."""
        names = [str(table["TableName"]) for table in scenario.tables]
        try:
            for table in scenario.tables:
                self.both("CreateTable", table)
            for operation, params in scenario.calls:
                if not self.both(operation, params):
                    return
            for name in names:
                self.both("Scan", {"TableName": name})
        finally:
            for name in names:
                self.real("DeleteTable", {"TableName": name})
            self.cloud.reset()


# ---------------------------------------------------------------------- what is compared


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
    import base64

    return {n: {k: base64.b64decode(c) if k == "B" else c for k, c in v.items()} for n, v in value.items()}


def text_of(value: Any) -> str:
    return json.dumps(value, sort_keys=True)


ENVELOPE = "1 validation error detected: "


def shown(operation: str, params: dict[str, Any], outcome: Outcome) -> Outcome:
    """The outcome without what has no fixed value or order."""
    if outcome.code:
        text = outcome.message
        bare = text if "failed to satisfy constraint" in text else text.removeprefix(ENVELOPE)
        return Outcome(outcome.answer, outcome.code, bare)
    answer = dict(outcome.answer)
    if operation in DESCRIBING:
        (key,) = set(answer) & {"TableDescription", "Table"}
        return Outcome(described(answer[key]))
    if "Items" in answer and (operation == "Scan" or "IndexName" in params):
        answer["Items"] = sorted(answer["Items"], key=text_of)
        if operation == "Scan" and "ExclusiveStartKey" in params:
            return Outcome()
    if operation == "BatchGetItem":
        answer["Responses"] = {n: sorted(items, key=text_of) for n, items in answer["Responses"].items()}
    answer.pop("ItemCollectionMetrics", None)
    if not COUNTED[operation](params, answer):
        answer.pop("ConsumedCapacity", None)
    elif isinstance(answer["ConsumedCapacity"], list):
        answer["ConsumedCapacity"] = sorted(answer["ConsumedCapacity"], key=text_of)
    return Outcome(answer)


DESCRIBING = ("CreateTable", "DescribeTable", "UpdateTable", "DeleteTable")

# Whether the reference counts the capacity of an answer as AWS does: see the table's "normalised".
COUNTED: dict[str, Callable[[dict[str, Any], dict[str, Any]], bool]] = {
    "GetItem": lambda params, answer: "ConsumedCapacity" in answer,
    "BatchGetItem": lambda params, answer: (
        "ConsumedCapacity" in answer
        and all(len(answer["Responses"][n]) == len(block["Keys"]) for n, block in params["RequestItems"].items())
    ),
    "Query": lambda params, answer: "ConsumedCapacity" in answer and answer["ScannedCount"] > 0,
    "Scan": lambda params, answer: (
        "ConsumedCapacity" in answer
        and answer["ScannedCount"] > 0
        and not ("IndexName" in params and ("ProjectionExpression" in params or "AttributesToGet" in params))
    ),
    **dict.fromkeys(("PutItem", "UpdateItem", "DeleteItem", "BatchWriteItem"), lambda params, answer: False),
    **dict.fromkeys(("TransactGetItems", "TransactWriteItems"), lambda params, answer: False),
}


MEMBERS = ("TableName", "ItemCount", "TableSizeBytes", "StreamSpecification", "KeySchema")
INDEX_MEMBERS = ("IndexName", "KeySchema", "ItemCount")


def described(table: dict[str, Any]) -> dict[str, Any]:
    """Of a table's description what both have."""
    made: dict[str, Any] = {name: table.get(name) for name in MEMBERS}
    made["AttributeDefinitions"] = sorted(table.get("AttributeDefinitions", ()), key=text_of)
    made["Throughput"] = throughput(table)
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
    names = {"NonKeyAttributes": sorted(projection["NonKeyAttributes"])} if "NonKeyAttributes" in projection else {}
    return {**projection, **names}


def throughput(table: dict[str, Any]) -> list[Any]:
    given = table.get("ProvisionedThroughput", {})
    return [given.get("ReadCapacityUnits"), given.get("WriteCapacityUnits")]


# ---------------------------------------------------------------------- what is known to differ


@cache
def pattern(text: str) -> re.Pattern[str]:
    """A row's pattern; ``{name}`` stands for a part."""
    while (filled := re.sub(r"\{([A-Za-z]+)\}", lambda m: TABLE["parts"].get(m[1], m[0]), text)) != text:
        text = filled
    return re.compile(text, re.DOTALL)


def explanation(operation: str, ours: Outcome, theirs: Outcome) -> str | None:
    """The row of the table that explains a difference."""
    for row in TABLE["differences"]:
        of_this = operation in row.get("operations", (operation,))
        if of_this and pattern(row["aws"]).fullmatch(str(ours)) and pattern(row["reference"]).fullmatch(str(theirs)):
            return str(row["what"])
    return None
