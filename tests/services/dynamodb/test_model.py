"""DynamoDB against a dict: whatever is done, table, indexes, pages, sizes, stream, snapshots, backups, what expires and what can
be restored of any second agree with the model."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from datetime import datetime, timezone
from decimal import Decimal
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from mock_serverless import mock_cloud
from mock_serverless.services.dynamodb.images import item_of

NAME = "things"
PARTITIONS = st.sampled_from(["a", "b", "é"])
SORTS = st.sampled_from(["-1", "0", "0.5", "2", "10", "1e3"])
GROUPS = st.sampled_from(["x", "y"])
RANKS = st.sampled_from(["k", "l", "ll", "m"])
START = datetime(2026, 1, 1, tzinfo=timezone.utc)
SPANS = st.sampled_from([1, 2, 5, 100, 400, 5 * 3600])
LONGEST = 20 * 3600  # the stream keeps its records for a day
Model = dict[tuple[str, Decimal], dict[str, Any]]
OPTIONAL = st.fixed_dictionaries({}, optional={"g": GROUPS, "r": RANKS, "v": st.integers(0, 3).map(str)})


def key(p: str, s: str) -> dict[str, Any]:
    return {"p": {"S": p}, "s": {"N": s}}


def attributes(more: dict[str, str]) -> dict[str, Any]:
    return {name: {"S": value} for name, value in more.items()}


def canonical(s: str) -> str:
    return format(Decimal(s), "f")


class Things(RuleBasedStateMachine):
    """One table with a global and a local index, a stream, time to live and point-in-time recovery."""

    @initialize()
    def make(self) -> None:
        self.mock = mock_cloud(clock=START)
        self.cloud = self.mock.__enter__()
        keys = {"aws_access_key_id": "testing", "aws_secret_access_key": "testing", "region_name": "us-east-1"}
        self.table = boto3.client("dynamodb", **keys)
        self.streams = boto3.client("dynamodbstreams", **keys)
        types = {"p": "S", "s": "N", "g": "S", "r": "S"}
        made = self.table.create_table(
            TableName=NAME,
            KeySchema=[{"AttributeName": "p", "KeyType": "HASH"}, {"AttributeName": "s", "KeyType": "RANGE"}],
            AttributeDefinitions=[{"AttributeName": n, "AttributeType": t} for n, t in types.items()],
            GlobalSecondaryIndexes=[self.index("by-g", "g", "r", "ALL")],
            LocalSecondaryIndexes=[self.index("by-r", "p", "r", "KEYS_ONLY")],
            BillingMode="PAY_PER_REQUEST",
            StreamSpecification={"StreamEnabled": True, "StreamViewType": "NEW_AND_OLD_IMAGES"},
        )
        self.arn = made["TableDescription"]["LatestStreamArn"]
        expires = {"Enabled": True, "AttributeName": "t"}
        self.table.update_time_to_live(TableName=NAME, TimeToLiveSpecification=expires)
        recovery = {"PointInTimeRecoveryEnabled": True}
        self.table.update_continuous_backups(TableName=NAME, PointInTimeRecoverySpecification=recovery)
        self.model: Model = {}
        self.history: list[tuple[int, Model]] = []  # what there was from a second on, at its end
        self.backups: list[tuple[str, Model]] = []
        self.saved: list[tuple[Any, tuple[Model, list[tuple[int, Model]], list[tuple[str, Model]]]]] = []

    @staticmethod
    def index(name: str, hash_name: str, range_name: str, projection: str) -> dict[str, Any]:
        return {
            "IndexName": name,
            "KeySchema": [
                {"AttributeName": hash_name, "KeyType": "HASH"},
                {"AttributeName": range_name, "KeyType": "RANGE"},
            ],
            "Projection": {"ProjectionType": projection},
        }

    def teardown(self) -> None:
        if hasattr(self, "mock"):
            self.mock.__exit__(None, None, None)

    def item(self, p: str, s: str, more: dict[str, str]) -> dict[str, Any]:
        return {"p": {"S": p}, "s": {"N": canonical(s)}, **attributes(more)}

    # ------------------------------------------------------------------ writes

    @rule(p=PARTITIONS, s=SORTS, more=OPTIONAL)
    def put(self, p: str, s: str, more: dict[str, str]) -> None:
        self.table.put_item(TableName=NAME, Item={**key(p, s), **attributes(more)})
        self.model[p, Decimal(s)] = self.item(p, s, more)

    @rule(p=PARTITIONS, s=SORTS)
    def delete(self, p: str, s: str) -> None:
        answer = self.table.delete_item(TableName=NAME, Key=key(p, s), ReturnValues="ALL_OLD")
        assert answer.get("Attributes") == self.model.pop((p, Decimal(s)), None)

    @rule(p=PARTITIONS, s=SORTS, g=GROUPS)
    def update(self, p: str, s: str, g: str) -> None:
        answer = self.table.update_item(
            TableName=NAME,
            Key=key(p, s),
            UpdateExpression="SET g = :g REMOVE r",
            ExpressionAttributeValues={":g": {"S": g}},
            ReturnValues="ALL_NEW",
        )
        item = {**self.model.get((p, Decimal(s)), self.item(p, s, {})), "g": {"S": g}}
        item.pop("r", None)
        assert answer["Attributes"] == item
        self.model[p, Decimal(s)] = item

    @rule(p=PARTITIONS, s=SORTS, more=OPTIONAL)
    def put_if_new(self, p: str, s: str, more: dict[str, str]) -> None:
        known = (p, Decimal(s)) in self.model
        item = {**key(p, s), **attributes(more)}
        params = {"TableName": NAME, "Item": item, "ConditionExpression": "attribute_not_exists(p)"}
        if known:
            with pytest.raises(ClientError, match=r"^An error occurred \(ConditionalCheckFailedException\)"):
                self.table.put_item(**params)
        else:
            self.table.put_item(**params)
            self.model[p, Decimal(s)] = self.item(p, s, more)

    @rule(writes=st.lists(st.tuples(PARTITIONS, SORTS, OPTIONAL), min_size=1, max_size=4, unique_by=lambda w: w[:2]))
    def batch(self, writes: list[tuple[str, str, dict[str, str]]]) -> None:
        requests: list[dict[str, Any]] = []
        for position, (p, s, more) in enumerate(writes):
            if position % 2:
                requests.append({"DeleteRequest": {"Key": key(p, s)}})
                self.model.pop((p, Decimal(s)), None)
            else:
                requests.append({"PutRequest": {"Item": {**key(p, s), **attributes(more)}}})
                self.model[p, Decimal(s)] = self.item(p, s, more)
        self.table.batch_write_item(RequestItems={NAME: requests})

    @rule(p=PARTITIONS, other=PARTITIONS, s=SORTS)
    def transact(self, p: str, other: str, s: str) -> None:
        if p == other:
            return
        must_be = {"TableName": NAME, "Key": key(other, s), "ConditionExpression": "attribute_exists(p)"}
        actions = [{"Put": {"TableName": NAME, "Item": key(p, s)}}, {"ConditionCheck": must_be}]
        if (other, Decimal(s)) not in self.model:
            with pytest.raises(ClientError, match=r"\[None, ConditionalCheckFailed\]$"):
                self.table.transact_write_items(TransactItems=actions)
        else:
            self.table.transact_write_items(TransactItems=actions)
            self.model[p, Decimal(s)] = self.item(p, s, {})

    # ------------------------------------------------------------------ going back

    @rule()
    def save(self) -> None:
        self.saved.append((self.cloud.snapshot(), (dict(self.model), list(self.history), list(self.backups))))

    @rule(data=st.data())
    def go_back(self, data: st.DataObject) -> None:
        if self.saved:
            snapshot, (model, history, backups) = data.draw(st.sampled_from(self.saved))
            self.cloud.restore(snapshot)
            self.model, self.history, self.backups = dict(model), list(history), list(backups)

    @rule(data=st.data())
    def look_back(self, data: st.DataObject) -> None:
        """The journal gives the items of any second: what late reads see."""
        second = data.draw(st.integers(int(START.timestamp()), self.now()))
        store = self.cloud.state_of("dynamodb", self.cloud.account, "us-east-1").table(NAME).at(float(second))
        found = [item_of(store.items[k]) for k in store.scan(None, 0, 1 << 64)]
        assert canon(found) == canon(list(self.at(second).values()))

    @rule(data=st.data())
    def restore_a_second(self, data: st.DataObject) -> None:
        shown = self.table.describe_continuous_backups(TableName=NAME)["ContinuousBackupsDescription"]
        recovery = shown["PointInTimeRecoveryDescription"]
        first, last = (int(recovery[f"{w}RestorableDateTime"].timestamp()) for w in ("Earliest", "Latest"))
        second = data.draw(st.integers(first, last) | st.sampled_from([s for s, _ in self.history if s <= last]))
        self.table.restore_table_to_point_in_time(
            SourceTableName=NAME,
            TargetTableName="restored",
            RestoreDateTime=datetime.fromtimestamp(second, timezone.utc),
        )
        self.check_restored(self.at(second))

    @rule()
    def back_up(self) -> None:
        made = self.table.create_backup(TableName=NAME, BackupName="nightly")
        self.backups.append((made["BackupDetails"]["BackupArn"], dict(self.model)))

    @rule(data=st.data())
    def restore_a_backup(self, data: st.DataObject) -> None:
        if self.backups:
            arn, model = data.draw(st.sampled_from(self.backups))
            self.table.restore_table_from_backup(BackupArn=arn, TargetTableName="restored")
            self.check_restored(model)

    def check_restored(self, model: Model) -> None:
        """The restored table and its indexes have these items, and what is written to it stays there."""
        assert canon(self.table.scan(TableName="restored")["Items"]) == canon(list(model.values()))
        indexed = [i for i in model.values() if "g" in i and "r" in i]
        assert canon(self.table.scan(TableName="restored", IndexName="by-g")["Items"]) == canon(indexed)
        assert self.table.scan(TableName="restored", IndexName="by-r")["Count"] == sum("r" in i for i in model.values())
        self.table.put_item(TableName="restored", Item={**key("new", "1"), "g": {"S": "x"}, "r": {"S": "k"}})
        assert self.table.scan(TableName="restored", IndexName="by-g")["Count"] == len(indexed) + 1
        self.table.delete_table(TableName="restored")

    # ------------------------------------------------------------------ time

    def now(self) -> int:
        return int(self.cloud.clock.timestamp())

    def note(self, second: int) -> None:
        """From this second on there is what is in the model now."""
        self.history = [*(h for h in self.history if h[0] < second), (second, dict(self.model))]

    def at(self, second: int) -> Model:
        return [model for s, model in self.history if s <= second][-1]

    @rule(p=PARTITIONS, s=SORTS, more=OPTIONAL, left=st.sampled_from([-10, 0, 1, 3, 200]))
    def put_expiring(self, p: str, s: str, more: dict[str, str], left: int) -> None:
        expires = {"t": {"N": str(self.now() + left)}}
        self.table.put_item(TableName=NAME, Item={**key(p, s), **attributes(more), **expires})
        if left <= 0:
            self.model.pop((p, Decimal(s)), None)
        else:
            self.model[p, Decimal(s)] = {**self.item(p, s, more), **expires}

    @rule(span=SPANS)
    def pass_time(self, span: int) -> None:
        end = self.now() + span
        if end > START.timestamp() + LONGEST:
            return
        self.cloud.clock.advance(span)
        while due := sorted(t for i in self.model.values() if "t" in i and (t := int(i["t"]["N"])) <= end):
            self.model = {k: i for k, i in self.model.items() if "t" not in i or int(i["t"]["N"]) > due[0]}
            self.note(due[0])

    # ------------------------------------------------------------------ reads

    @rule(p=PARTITIONS, low=SORTS, high=SORTS, forward=st.booleans(), limit=st.integers(1, 4))
    def query(self, p: str, low: str, high: str, forward: bool, limit: int) -> None:
        if Decimal(low) > Decimal(high):
            return
        found = self.pages(
            "query",
            limit,
            KeyConditionExpression="p = :p AND s BETWEEN :l AND :h",
            ExpressionAttributeValues={":p": {"S": p}, ":l": {"N": low}, ":h": {"N": high}},
            ScanIndexForward=forward,
        )
        keys = sorted(k for k in self.model if k[0] == p and Decimal(low) <= k[1] <= Decimal(high))
        assert found == [self.model[k] for k in (keys if forward else reversed(keys))]

    @rule(g=GROUPS, start=RANKS, forward=st.booleans(), limit=st.integers(1, 4))
    def query_global(self, g: str, start: str, forward: bool, limit: int) -> None:
        found = self.pages(
            "query",
            limit,
            IndexName="by-g",
            KeyConditionExpression="g = :g AND begins_with(r, :r)",
            ExpressionAttributeValues={":g": {"S": g}, ":r": {"S": start}},
            ScanIndexForward=forward,
        )
        items = [
            i for i in self.model.values() if i.get("g") == {"S": g} and "r" in i and i["r"]["S"].startswith(start)
        ]
        assert canon(found) == canon(items)
        ranks = [i["r"]["S"] for i in found]
        assert ranks == sorted(ranks, reverse=not forward)

    @rule(limit=st.integers(1, 4))
    def scan_local(self, limit: int) -> None:
        found = self.pages("scan", limit, IndexName="by-r")
        items = [{n: i[n] for n in ("p", "s", "r")} for i in self.model.values() if "r" in i]
        assert canon(found) == canon(items)
        for _, group in itertools.groupby(found, key=lambda i: i["p"]["S"]):
            ranks = [i["r"]["S"] for i in group]
            assert ranks == sorted(ranks)

    @rule(total=st.integers(1, 5), limit=st.integers(1, 3))
    def scan_segments(self, total: int, limit: int) -> None:
        found = [
            item for segment in range(total) for item in self.pages("scan", limit, Segment=segment, TotalSegments=total)
        ]
        assert found == self.pages("scan", 100)

    def pages(self, operation: str, limit: int, **params: Any) -> list[dict[str, Any]]:
        items: list[dict[str, Any]] = []
        more: dict[str, Any] = {}
        while True:
            answer = getattr(self.table, operation)(TableName=NAME, Limit=limit, **params, **more)
            items += answer["Items"]
            assert answer["Count"] == len(answer["Items"]) <= limit
            if "LastEvaluatedKey" not in answer:
                return items
            more = {"ExclusiveStartKey": answer["LastEvaluatedKey"]}

    @invariant()
    def all_agrees(self) -> None:
        if not hasattr(self, "model"):
            return
        self.note(self.now())
        found = self.table.scan(TableName=NAME)["Items"]
        assert canon(found) == canon(list(self.model.values()))
        shown = self.table.describe_table(TableName=NAME)["Table"]
        assert shown["ItemCount"] == len(self.model)
        assert shown["GlobalSecondaryIndexes"][0]["ItemCount"] == sum("g" in i and "r" in i for i in found)
        assert shown["LocalSecondaryIndexes"][0]["ItemCount"] == sum("r" in i for i in found)
        assert canon(list(self.replayed().values())) == canon(found)

    def replayed(self) -> dict[str, dict[str, Any]]:
        """The items which the stream's records give."""
        items: dict[str, dict[str, Any]] = {}
        for record in self.records():
            change = record["dynamodb"]
            name = str(change["Keys"])
            assert items.get(name) == change.get("OldImage")
            assert change.get("OldImage") != change.get("NewImage")
            if "userIdentity" in record:
                assert record["eventName"] == "REMOVE"
                assert int(change["OldImage"]["t"]["N"]) <= change["ApproximateCreationDateTime"].timestamp()
            if "NewImage" in change:
                items[name] = change["NewImage"]
            else:
                del items[name]
        return items

    def records(self) -> Iterator[dict[str, Any]]:
        for shard in self.streams.describe_stream(StreamArn=self.arn)["StreamDescription"]["Shards"]:
            where = {"StreamArn": self.arn, "ShardId": shard["ShardId"], "ShardIteratorType": "TRIM_HORIZON"}
            start = self.streams.get_shard_iterator(**where)["ShardIterator"]
            yield from self.streams.get_records(ShardIterator=start)["Records"]


def canon(items: list[dict[str, Any]]) -> list[str]:
    return sorted(str(sorted(item.items())) for item in items)


TestThings = Things.TestCase
TestThings.settings = settings(max_examples=15, stateful_step_count=25, deadline=None)
