"""The same call to the fake and to the reference, and whether the outcomes agree."""

from __future__ import annotations

import json
import time
from collections import Counter
from collections.abc import Callable
from typing import Any

from mock_serverless.cloud import Cloud
from mock_serverless.core.errors import AwsError

from .calls import Scenario
from .corrections import Corrections
from .differences import explanation
from .local import Local, wire
from .names import LOCAL_ARN, Names, Unknown
from .outcomes import Outcome, canonical, shown, unwired

STREAMS = ("ListStreams", "DescribeStream", "GetShardIterator", "GetRecords")
READS = (
    *("GetItem", "BatchGetItem", "TransactGetItems", "Query", "Scan", "DescribeTable", "ListTables"),
    *("DescribeTimeToLive", "ListTagsOfResource", *STREAMS),
)
PAGED = ("Query", "Scan")
MOST_PAGES = 40
PATIENCE = 4.0  # seconds, for an index to come or go
NEVER = "an index of the reference's never comes or goes: the scenario ends"

Side = Callable[[str, dict[str, Any]], Outcome]


class Disagreement(AssertionError):
    """The two differ, and the table of differences doesn't say why."""


class Pair:
    """The fake and the reference side by side."""

    def __init__(self, local: Local) -> None:
        self.local = local
        self.cloud = Cloud()
        self.calls = self.scenarios = 0
        self.operations: Counter[str] = Counter()
        self.explained: Counter[str] = Counter()
        self.answered = self.refused = 0
        self.begin()

    def begin(self) -> None:
        """Nothing is there, and nothing has a name."""
        self.scenarios += 1
        self.cloud.reset()
        self.ours, self.theirs = Names(), Names(f"-scn{self.scenarios}-{id(self)}", LOCAL_ARN)
        self.corrections = Corrections(
            lambda target: self.fake("GetItem", target).answer.get("Item"),
            lambda table, index: self.real("Scan", {"TableName": table, "IndexName": index, "Select": "COUNT"}).answer[
                "Count"
            ],
        )

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
        """What the fake gives. Raises Unknown."""
        sent = self.ours.actual(params)
        service = "dynamodbstreams" if operation in STREAMS else "dynamodb"
        try:
            answer = self.cloud.call(service, operation, sent)
        except AwsError as error:
            return Outcome(canonical(wire(error.fields)), error.code, self.ours.text(error.message))
        return Outcome(canonical(self.ours.canonical(wire(answer), sent)))

    def real(self, operation: str, params: dict[str, Any]) -> Outcome:
        """What the reference gives. Raises Unknown."""
        sent = self.theirs.actual(params)
        status, body = self.local.call("dynamodbstreams" if operation in STREAMS else "dynamodb", operation, sent)
        if status == 200:
            return Outcome(canonical(self.theirs.canonical(body, sent)))
        code = str(body.pop("__type", "")).rpartition("#")[2]
        message = str(body.pop("message", None) or body.pop("Message", ""))
        fields = canonical({k: v for k, v in body.items() if k not in ("message", "Message")})
        return Outcome(fields, code, self.theirs.text(message))

    def both(self, operation: str, params: dict[str, Any]) -> bool:
        """Make a call to both and compare; False when they are no longer in the same state."""
        if operation == "Wait":
            self.cloud.clock.advance(**params)
            self.forget_iterators()  # they have expired
            return True
        pages = operation in PAGED and ("Limit" in params or params.get("Segment", 9) < params.get("TotalSegments", 0))
        self.corrections.prepare(operation, params)
        try:
            ours, theirs = (
                self.read_on(side, operation, params) if pages else side(operation, params)
                for side in (self.fake, self.real)
            )
        except Unknown:
            return True
        if not pages:
            self.count(operation)
        theirs = self.corrections.corrected(operation, params, theirs)
        if self.corrections.uncounted:
            ours, theirs = uncounted(ours), uncounted(theirs)
        agree = self.judge(operation, params, ours, theirs)
        return self.follow(operation, params, ours, theirs) and agree

    def follow(self, operation: str, params: dict[str, Any], ours: Outcome, theirs: Outcome) -> bool:
        """What is to be done after a call so that both remain in the same state."""
        if operation == "UpdateTimeToLive" and ours.code and not theirs.code:
            self.real(operation, reverted(params))
        if operation in STREAMS and bool(ours.code) != bool(theirs.code):
            self.forget_iterators()  # one has got one more
        if ours.code or theirs.code:
            return True
        if operation in ("UpdateItem", "TransactWriteItems"):
            self.undo_creations(params)
        if operation == "UpdateTable":
            return self.settle(params) and self.both("DescribeTable", {"TableName": params["TableName"]})
        return True

    def count(self, operation: str) -> None:
        """A call more."""
        self.calls += 1
        self.operations[operation] += 1

    def judge(self, operation: str, params: dict[str, Any], ours: Outcome, theirs: Outcome) -> bool:
        """Compare two outcomes; False when the states may differ from now on."""
        ours, theirs = shown(operation, params, ours), shown(operation, params, theirs)
        if ours == theirs:
            self.answered += not ours.code
            self.refused += bool(ours.code)
            return True
        reason = explanation(operation, params, ours, theirs)
        if reason is None:
            self.differ(operation, params, ours, theirs)
        else:
            self.explained[reason] += 1
        return operation in (*READS, "UpdateTimeToLive") or bool(ours.code) == bool(theirs.code)

    def differ(self, operation: str, params: dict[str, Any], ours: Outcome, theirs: Outcome) -> None:
        """A difference that nothing explains."""
        raise Disagreement(f"{operation} {json.dumps(wire(params))}\n  fake:      {ours}\n  reference: {theirs}\n")

    def forget_iterators(self) -> None:
        """None of them is used again."""
        for names in (self.ours, self.theirs):
            names.iterators.clear()

    def undo_creations(self, params: dict[str, Any]) -> None:
        """The reference makes an item even of an update which only takes away: then it is taken away from there.

        Its stream has records of both, so it is not compared any more.
        """
        updates = [params, *(entry["Update"] for entry in params.get("TransactItems", ()) if "Update" in entry)]
        for update in updates:
            target = {name: update[name] for name in ("TableName", "Key") if name in update}
            if len(target) == 2 and not self.fake("GetItem", target).answer and self.real("GetItem", target).answer:
                self.real("DeleteItem", target)
                for names in (self.ours, self.theirs):
                    names.spoilt.add(target["TableName"])

    def settle(self, params: dict[str, Any]) -> bool:
        """Wait until the reference's indexes have come or gone, or it can describe them. Sometimes they never do."""
        if "GlobalSecondaryIndexUpdates" not in params:
            return True
        until = time.monotonic() + PATIENCE
        target = self.theirs.actual({"TableName": params["TableName"]})
        while time.monotonic() < until:
            table = self.local.call("dynamodb", "DescribeTable", target)[1].get("Table")
            indexes = table.get("GlobalSecondaryIndexes", []) if table else [{"IndexStatus": "unknown"}]
            if all(index["IndexStatus"] == "ACTIVE" for index in indexes):
                return True
            time.sleep(0.02)
        self.explained[NEVER] += 1
        return False

    # Pages

    def read_on(self, side: Side, operation: str, params: dict[str, Any]) -> Outcome:
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
        self.begin()
        try:
            for table in scenario.tables:
                self.both("CreateTable", table)
            for operation, params in scenario.calls:
                if not self.both(operation, params):
                    return
            for name in names:
                self.look(name)
        finally:
            for name in names:
                self.real("DeleteTable", {"TableName": name})

    def look(self, name: str) -> None:
        """Compare what is in a table, its streams and its indexes."""
        if not self.both("DescribeTable", {"TableName": name}):
            return
        self.both("Scan", {"TableName": name})
        table = self.fake("DescribeTable", {"TableName": name}).answer.get("Table", {})
        for index in table.get("GlobalSecondaryIndexes", ()):
            self.both("Scan", {"TableName": name, "IndexName": index["IndexName"]})


def uncounted(outcome: Outcome) -> Outcome:
    """Without its capacity."""
    answer = {name: member for name, member in outcome.answer.items() if name != "ConsumedCapacity"}
    return Outcome(answer, outcome.code, outcome.message)


def reverted(params: dict[str, Any]) -> dict[str, Any]:
    """An update of the time to live the other way round."""
    given = params["TimeToLiveSpecification"]
    return {**params, "TimeToLiveSpecification": {**given, "Enabled": not given["Enabled"]}}
