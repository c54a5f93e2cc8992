"""Shards of a stream: they roll over every four hours, readers follow them to their children."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta, timezone
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError

from mock_serverless import Cloud, mock_cloud
from mock_serverless.core.operation import service_model

START = datetime(2026, 1, 1, tzinfo=timezone.utc)
HOUR = 3600.0


@pytest.fixture
def cloud() -> Iterator[Cloud]:
    with mock_cloud(clock=START) as cloud:
        yield cloud


class Table:
    """A table with a stream."""

    def __init__(self) -> None:
        self.client = boto3.client("dynamodb", region_name="us-east-1")
        self.streams = boto3.client("dynamodbstreams", region_name="us-east-1")
        made = self.client.create_table(
            TableName="things",
            KeySchema=[{"AttributeName": "p", "KeyType": "HASH"}],
            AttributeDefinitions=[{"AttributeName": "p", "AttributeType": "S"}],
            BillingMode="PAY_PER_REQUEST",
            StreamSpecification={"StreamEnabled": True, "StreamViewType": "KEYS_ONLY"},
        )
        self.arn: str = made["TableDescription"]["LatestStreamArn"]

    def put(self, *names: str) -> None:
        for name in names:
            self.client.put_item(TableName="things", Item={"p": {"S": name}})

    def shards(self, **params: Any) -> list[dict[str, Any]]:
        described = self.streams.describe_stream(StreamArn=self.arn, **params)["StreamDescription"]
        shards: list[dict[str, Any]] = described["Shards"]
        return shards

    def iterator(self, shard: str, kind: str = "TRIM_HORIZON", **params: Any) -> str:
        where = {"StreamArn": self.arn, "ShardId": shard, "ShardIteratorType": kind, **params}
        return str(self.streams.get_shard_iterator(**where)["ShardIterator"])

    def read(self, iterator: str, limit: int = 1000) -> tuple[list[str], str | None]:
        answer = self.streams.get_records(ShardIterator=iterator, Limit=limit)
        return [r["dynamodb"]["Keys"]["p"]["S"] for r in answer["Records"]], answer.get("NextShardIterator")


@pytest.fixture
def table(cloud: Cloud) -> Table:
    return Table()


def test_a_shard_and_its_child(cloud: Cloud, table: Table) -> None:
    table.put("a", "b")
    (first,) = table.shards()
    assert set(first) == {"ShardId", "SequenceNumberRange"}
    assert set(first["SequenceNumberRange"]) == {"StartingSequenceNumber"}
    cloud.clock.advance(4 * HOUR - 1)
    assert len(table.shards()) == 1
    latest = table.iterator(first["ShardId"], "LATEST")
    cloud.clock.advance(1)
    table.put("c")
    closed, child = table.shards()
    assert closed["ShardId"] == first["ShardId"] < child["ShardId"]
    assert child["ParentShardId"] == first["ShardId"]
    span = closed["SequenceNumberRange"]
    assert span["StartingSequenceNumber"] == first["SequenceNumberRange"]["StartingSequenceNumber"]
    assert span["EndingSequenceNumber"] < child["SequenceNumberRange"]["StartingSequenceNumber"]
    assert "EndingSequenceNumber" not in child["SequenceNumberRange"]
    assert table.read(latest) == ([], None)
    assert table.read(table.iterator(closed["ShardId"])) == (["a", "b"], None)
    names, after = table.read(table.iterator(child["ShardId"]))
    assert (names, after is None) == (["c"], False)
    at = {"SequenceNumber": span["EndingSequenceNumber"]}
    assert table.read(table.iterator(closed["ShardId"], "AT_SEQUENCE_NUMBER", **at)) == (["b"], None)
    assert table.read(table.iterator(closed["ShardId"], "AFTER_SEQUENCE_NUMBER", **at)) == ([], None)
    with pytest.raises(ClientError, match="ValidationException"):
        table.iterator(child["ShardId"], "AT_SEQUENCE_NUMBER", **at)


def test_two_days_of_shards(cloud: Cloud, table: Table) -> None:
    seen: dict[str, tuple[dict[str, Any], str | None]] = {}
    for hour in range(48):
        table.put(str(hour))
        for shard in table.shards():
            known, parent = seen.setdefault(
                shard["ShardId"], (shard["SequenceNumberRange"], shard.get("ParentShardId"))
            )
            assert shard["SequenceNumberRange"]["StartingSequenceNumber"] == known["StartingSequenceNumber"]
            assert shard.get("ParentShardId") == parent
        cloud.clock.advance(HOUR)
    assert len(seen) == 12
    shards = table.shards()
    assert len(shards) == 7  # the oldest closed 24 hours ago
    read = [name for shard in shards for name in table.read(table.iterator(shard["ShardId"]))[0]]
    assert read == [str(hour) for hour in range(24, 48)]
    assert shards[0]["ParentShardId"] in seen
    with pytest.raises(ClientError, match="Shard does not exist"):
        table.iterator(next(iter(seen)))


def test_pages_and_children(cloud: Cloud, table: Table) -> None:
    cloud.clock.advance(13 * HOUR)
    names = [shard["ShardId"] for shard in table.shards()]
    assert len(names) == 4
    page = table.streams.describe_stream(StreamArn=table.arn, Limit=3)["StreamDescription"]
    assert page["LastEvaluatedShardId"] == names[2]
    assert [s["ShardId"] for s in table.shards(ExclusiveStartShardId=names[2])] == names[3:]
    shape = table.streams.meta.service_model.operation_model("DescribeStream").input_shape
    if "ShardFilter" not in shape.members:
        pytest.skip("this botocore knows no ShardFilter")
    children = table.shards(ShardFilter={"Type": "CHILD_SHARDS", "ShardId": names[1]})
    assert [s["ShardId"] for s in children] == [names[2]]
    assert table.shards(ShardFilter={"Type": "CHILD_SHARDS", "ShardId": names[3]}) == []


def test_a_disabled_stream_keeps_its_shards(cloud: Cloud, table: Table) -> None:
    table.put("a")
    cloud.clock.advance(5 * HOUR)
    table.put("b")
    table.client.update_table(TableName="things", StreamSpecification={"StreamEnabled": False})
    cloud.clock.advance(10 * HOUR)
    table.put("c")
    shards = table.shards()
    assert ["EndingSequenceNumber" in s["SequenceNumberRange"] for s in shards] == [True, True]
    assert [table.read(table.iterator(s["ShardId"])) for s in shards] == [(["a"], None), (["b"], None)]


@pytest.mark.parametrize("position", ["TRIM_HORIZON", "LATEST"])
def test_functions_follow_shards(cloud: Cloud, table: Table, position: str) -> None:
    got: list[str] = []
    failing = {"6"}

    @cloud.function("f")
    def handler(event: Any, context: Any) -> None:
        names = [r["dynamodb"]["Keys"]["p"]["S"] for r in event["Records"]]
        if failing & set(names):
            raise RuntimeError("not yet")
        got.extend(names)

    table.put("before")
    cloud.clock.advance(9 * HOUR)
    table.put("also before")
    boto3.client("lambda", region_name="us-east-1").create_event_source_mapping(
        EventSourceArn=table.arn, FunctionName="f", StartingPosition=position
    )
    for n in range(12):
        table.put(str(n))
        cloud.clock.advance(5 * HOUR)
        if n == 7:
            assert got[-1] == "5"  # a failing batch holds up what comes after, in the children, too
            failing.clear()
            cloud.clock.advance(60)
    before = ["before", "also before"] if position == "TRIM_HORIZON" else []
    assert got == before + [str(n) for n in range(12)]


def test_a_function_goes_on_after_days_without_writes(cloud: Cloud, table: Table) -> None:
    got: list[str] = []

    @cloud.function("f")
    def handler(event: Any, context: Any) -> None:
        got.extend(r["dynamodb"]["Keys"]["p"]["S"] for r in event["Records"])

    boto3.client("lambda", region_name="us-east-1").create_event_source_mapping(
        EventSourceArn=table.arn, FunctionName="f", StartingPosition="LATEST"
    )
    table.put("a")
    cloud.clock.advance(days=40)
    table.put("b")
    assert got == ["a", "b"]
    table.put("c")
    assert got == ["a", "b", "c"]


KINDS = (
    service_model("dynamodbstreams").operation_model("GetShardIterator").input_shape.members["ShardIteratorType"].enum
)


@pytest.mark.skipif("AT_TIMESTAMP" not in KINDS, reason="botocore's model has no AT_TIMESTAMP")
def test_reading_begins_at_a_time(cloud: Cloud, table: Table) -> None:
    """Timestamp of GetShardIterator in the API reference."""
    for name in ("a", "b", "c"):  # at 0.6, 2.2 and 3.8 seconds; their records tell 0, 2 and 3
        cloud.clock.advance(seconds=0.6)
        table.put(name)
        cloud.clock.advance(seconds=1)
    (shard,) = (shard["ShardId"] for shard in table.shards())

    def read(seconds: float, of: str = shard) -> str:
        time = START + timedelta(seconds=seconds)
        names, _ = table.read(table.iterator(of, "AT_TIMESTAMP", Timestamp=time))
        return "".join(names)

    assert [read(seconds) for seconds in (-90_000, 0, 0.001, 2, 2.1, 3, 3.5)] == [
        "abc",
        "abc",
        "bc",
        "bc",
        "c",
        "c",
        "",
    ]
    with pytest.raises(ClientError, match="must not be in the future"):
        read(5)
    with pytest.raises(ClientError, match="Timestamp is required"):
        table.iterator(shard, "AT_TIMESTAMP")
    cloud.clock.advance(hours=5)
    table.put("d")
    parent, *_, child = (one["ShardId"] for one in table.shards())
    assert [read(seconds, parent) for seconds in (3, 3600)] == ["c", ""]
    assert [read(seconds, child) for seconds in (3, 3600)] == ["d", "d"]
    cloud.clock.advance(hours=20)
    assert read(0, child) == "d"
