"""Time to live, in virtual time."""

from __future__ import annotations

from datetime import datetime, timezone
from typing import Any

import boto3
import pytest

from mock_serverless import Cloud

START = datetime(2030, 1, 1, tzinfo=timezone.utc)
pytestmark = pytest.mark.mock_cloud(clock=START)


@pytest.fixture
def table(cloud: Cloud) -> Any:
    client = boto3.client("dynamodb")
    client.create_table(
        TableName="sessions",
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
        AttributeDefinitions=[
            {"AttributeName": "id", "AttributeType": "S"},
            {"AttributeName": "g", "AttributeType": "S"},
        ],
        GlobalSecondaryIndexes=[
            {
                "IndexName": "by-g",
                "KeySchema": [{"AttributeName": "g", "KeyType": "HASH"}],
                "Projection": {"ProjectionType": "ALL"},
            }
        ],
        BillingMode="PAY_PER_REQUEST",
        StreamSpecification={"StreamEnabled": True, "StreamViewType": "OLD_IMAGE"},
    )
    return client


def put(table: Any, name: str, **more: Any) -> None:
    table.put_item(TableName="sessions", Item={"id": {"S": name}, **more})


def enable(table: Any, enabled: bool = True) -> None:
    table.update_time_to_live(
        TableName="sessions", TimeToLiveSpecification={"Enabled": enabled, "AttributeName": "until"}
    )


def at(seconds: float) -> dict[str, str]:
    return {"N": str(int(START.timestamp() + seconds))}


def names(cloud: Cloud) -> set[str]:
    return {item["id"] for item in cloud.dynamodb.items("sessions")}


def test_items_go_when_their_time_has_passed(cloud: Cloud, table: Any) -> None:
    put(table, "before", until=at(60))
    enable(table)
    put(table, "hour", until=at(3600), g={"S": "x"})
    put(table, "never")
    put(table, "text", until={"S": "1"})
    put(table, "ancient", until=at(-6 * 365 * 86400))
    put(table, "moved", until=at(3600))
    put(table, "moved", until=at(7200))
    put(table, "milliseconds", until={"N": str(int(START.timestamp() * 1000))})
    cloud.clock.advance(seconds=59)
    assert "before" in names(cloud)
    cloud.clock.advance(seconds=1)
    assert "before" not in names(cloud)
    cloud.clock.advance(hours=1)
    assert names(cloud) == {"never", "text", "ancient", "moved", "milliseconds"}
    assert (
        table.query(
            TableName="sessions",
            IndexName="by-g",
            KeyConditionExpression="g = :g",
            ExpressionAttributeValues={":g": {"S": "x"}},
        )["Count"]
        == 0
    )
    cloud.clock.advance(days=365)
    assert names(cloud) == {"never", "text", "ancient", "milliseconds"}


def test_what_has_expired_already_goes_at_once(cloud: Cloud, table: Any) -> None:
    enable(table)
    put(table, "late", until=at(-60))
    assert names(cloud) == set()


def test_the_stream_tells_who_deleted(cloud: Cloud, table: Any) -> None:
    enable(table)
    put(table, "expired", until=at(60))
    put(table, "deleted")
    table.delete_item(TableName="sessions", Key={"id": {"S": "deleted"}})
    cloud.clock.advance(minutes=5)
    streams = boto3.client("dynamodbstreams")
    arn = streams.list_streams(TableName="sessions")["Streams"][0]["StreamArn"]
    shard = streams.describe_stream(StreamArn=arn)["StreamDescription"]["Shards"][0]["ShardId"]
    start = streams.get_shard_iterator(StreamArn=arn, ShardId=shard, ShardIteratorType="TRIM_HORIZON")
    records = streams.get_records(ShardIterator=start["ShardIterator"])["Records"]
    removed = {r["dynamodb"]["Keys"]["id"]["S"]: r.get("userIdentity") for r in records if r["eventName"] == "REMOVE"}
    assert removed == {
        "deleted": None,
        "expired": {"Type": "Service", "PrincipalId": "dynamodb.amazonaws.com"},
    }


def test_disabled_nothing_expires(cloud: Cloud, table: Any) -> None:
    enable(table)
    put(table, "kept", until=at(7200))
    cloud.clock.advance(hours=1.5)
    enable(table, False)
    cloud.clock.advance(hours=1)
    assert names(cloud) == {"kept"}


def test_a_restored_cloud_expires_what_it_has(cloud: Cloud, table: Any) -> None:
    enable(table)
    put(table, "one", until=at(60))
    with cloud.scratch():
        put(table, "two", until=at(30))
        cloud.clock.advance(minutes=2)
        assert names(cloud) == set()
    assert names(cloud) == {"one"}
    cloud.clock.advance(minutes=2)
    assert names(cloud) == set()


def test_nobody_waits_for_it(cloud: Cloud, table: Any) -> None:
    enable(table)
    put(table, "one", until=at(86400))
    cloud.settle(until_idle=True)
    assert names(cloud) == {"one"}
    assert cloud.clock.now() == START
