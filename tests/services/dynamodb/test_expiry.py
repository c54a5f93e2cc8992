"""Time to live, in virtual time."""

from __future__ import annotations

from datetime import datetime, timezone
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError

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


def test_items_stay_readable_for_as_long_as_aws_lags(cloud: Cloud, table: Any) -> None:
    enable(table)
    put(table, "old", until=at(60))
    put(table, "saved", until=at(60))
    cloud.dynamodb.ttl_lag(3600)
    put(table, "new", until=at(120))
    cloud.clock.advance(minutes=30)
    assert table.get_item(TableName="sessions", Key={"id": {"S": "old"}})["Item"]
    put(table, "saved", until=at(86400))
    cloud.clock.advance(minutes=31)
    assert names(cloud) == {"new", "saved"}
    cloud.clock.advance(minutes=1)
    assert names(cloud) == {"saved"}
    cloud.dynamodb.ttl_lag(0)
    cloud.clock.advance(days=1)
    assert names(cloud) == set()
    with pytest.raises(ValueError, match="0 or more"):
        cloud.dynamodb.ttl_lag(-1)


def test_enabling_takes_its_time(cloud: Cloud, table: Any) -> None:
    def shown() -> str:
        described = table.describe_time_to_live(TableName="sessions")["TimeToLiveDescription"]
        return str(described["TimeToLiveStatus"])

    cloud.dynamodb.latency(time_to_live=1800)
    put(table, "gone", until=at(60))
    enable(table)
    put(table, "too", until=at(60))
    assert shown() == "ENABLING"
    cloud.clock.advance(minutes=29)
    assert names(cloud) == {"gone", "too"}
    cloud.clock.advance(minutes=1)
    assert (shown(), names(cloud)) == ("ENABLED", set())
    cloud.clock.advance(hours=1)
    enable(table, False)
    assert shown() == "DISABLING"
    cloud.clock.advance(minutes=30)
    assert shown() == "DISABLED"


def test_tables_that_come_and_go(cloud: Cloud, table: Any) -> None:
    """Measured: ack-api-quirks, DDB-TABLE-115, DDB-TABLE-118."""
    cloud.dynamodb.latency(table=10)
    table.delete_table(TableName="sessions")
    with pytest.raises(
        ClientError,
        match="Cannot describe time to live while table is in DELETING state: Current table state is DELETING",
    ):
        table.describe_time_to_live(TableName="sessions")
    cloud.clock.advance(seconds=10)
    table.create_table(
        TableName="sessions",
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
        BillingMode="PAY_PER_REQUEST",
    )
    with pytest.raises(ClientError, match="in use: Table sessions is being created"):
        enable(table)
