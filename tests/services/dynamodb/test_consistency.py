"""Multi-Region strong consistency: a write is everywhere within its call; what happens when regions are cut off."""

from __future__ import annotations

from datetime import datetime, timezone
from typing import Any

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError

from mock_serverless import Cloud
from mock_serverless.core.operation import service_model

START = datetime(2030, 1, 1, tzinfo=timezone.utc)
REGIONS = ("us-east-1", "us-west-2", "us-east-2")
KNOWN = "GlobalTableWitnessUpdates" in service_model("dynamodb").operation_model("UpdateTable").input_shape.members
pytestmark = [
    pytest.mark.mock_cloud(clock=START),
    pytest.mark.skipif(not KNOWN, reason="this botocore's model doesn't know strong consistency"),
]
DEFINITION: dict[str, Any] = {
    "BillingMode": "PAY_PER_REQUEST",
    "KeySchema": [{"AttributeName": "pk", "KeyType": "HASH"}],
    "AttributeDefinitions": [{"AttributeName": "pk", "AttributeType": "S"}],
}
KEY = {"pk": {"S": "x"}}


def client(region: str) -> Any:
    return boto3.client("dynamodb", region_name=region, config=Config(retries={"max_attempts": 0}))


def made(witness: bool = False) -> list[Any]:
    """A strongly consistent table ``tab``: clients of its regions; the last one is the witness."""
    clients = [client(region) for region in REGIONS]
    clients[0].create_table(TableName="tab", **DEFINITION)
    more: dict[str, Any] = {"ReplicaUpdates": [{"Create": {"RegionName": r}} for r in REGIONS[1:]]}
    if witness:
        more = {
            "ReplicaUpdates": [{"Create": {"RegionName": REGIONS[1]}}],
            "GlobalTableWitnessUpdates": [{"Create": {"RegionName": REGIONS[2]}}],
        }
    clients[0].update_table(TableName="tab", MultiRegionConsistency="STRONG", **more)
    return clients


def put(table: Any, value: str) -> None:
    table.put_item(TableName="tab", Item={**KEY, "value": {"S": value}})


def value(table: Any, consistent: bool = True) -> str | None:
    item = table.get_item(TableName="tab", Key=KEY, ConsistentRead=consistent).get("Item")
    return None if item is None else str(item["value"]["S"])


def code(raised: pytest.ExceptionInfo[ClientError]) -> str:
    return str(raised.value.response["Error"]["Code"])


def test_what_is_written_is_read_everywhere_at_once(cloud: Cloud) -> None:
    one, two, three = made()
    put(one, "1")
    assert [value(t) for t in (one, two, three)] == ["1"] * 3
    three.delete_item(TableName="tab", Key=KEY)
    assert [value(t) for t in (one, two, three)] == [None] * 3


def test_conditions_see_the_latest_version(cloud: Cloud) -> None:
    one, two, _ = made()
    put(one, "1")
    with pytest.raises(ClientError, match="The conditional request failed"):
        two.put_item(TableName="tab", Item=KEY, ConditionExpression="attribute_not_exists(pk)")


def test_no_stream_is_switched_on(cloud: Cloud) -> None:
    one, two, _ = made()
    assert all("StreamSpecification" not in t.describe_table(TableName="tab")["Table"] for t in (one, two))
    two.update_table(TableName="tab", StreamSpecification={"StreamEnabled": True, "StreamViewType": "KEYS_ONLY"})
    assert "StreamSpecification" not in one.describe_table(TableName="tab")["Table"]
    two.update_table(TableName="tab", StreamSpecification={"StreamEnabled": False})


def test_two_regions_that_write_an_item_at_the_same_time(cloud: Cloud) -> None:
    one, two, three = made()
    cloud.dynamodb.replication_lag(0.2)
    put(one, "1")
    with pytest.raises(ClientError) as refused:
        put(two, "2")
    assert code(refused) == "ReplicatedWriteConflictException"
    assert [value(t) for t in (one, two, three)] == ["1"] * 3
    put(one, "again from the same region")
    two.put_item(TableName="tab", Item={"pk": {"S": "another"}})
    cloud.clock.advance(seconds=0.2)
    put(two, "2")
    assert [value(t) for t in (one, two, three)] == ["2"] * 3


def test_a_batch_with_a_conflict(cloud: Cloud) -> None:
    one, two, _ = made()
    cloud.dynamodb.replication_lag(1)
    put(one, "1")
    with pytest.raises(ClientError) as refused:
        two.batch_write_item(RequestItems={"tab": [{"DeleteRequest": {"Key": KEY}}]})
    assert code(refused) == "ReplicatedWriteConflictException"


def test_a_batch_with_a_conflict_leaves_nothing_half_written(cloud: Cloud) -> None:
    one, two, _ = made()
    cloud.dynamodb.replication_lag(1)
    put(one, "1")
    entries = [{"PutRequest": {"Item": {"pk": {"S": "other"}}}}, {"DeleteRequest": {"Key": KEY}}]
    with pytest.raises(ClientError) as refused:
        two.batch_write_item(RequestItems={"tab": entries})
    assert code(refused) == "ReplicatedWriteConflictException"
    assert two.scan(TableName="tab", Select="COUNT")["Count"] == 1


def test_what_goes_on_elsewhere_comes_before_conditions_and_writes_of_nothing(cloud: Cloud) -> None:
    one, two, _ = made()
    cloud.dynamodb.replication_lag(1)
    put(one, "1")
    one.delete_item(TableName="tab", Key=KEY)
    calls: list[Any] = [
        lambda: two.delete_item(TableName="tab", Key=KEY),
        lambda: two.put_item(TableName="tab", Item=KEY, ConditionExpression="attribute_exists(pk)"),
        lambda: two.update_item(TableName="tab", Key=KEY, ConditionExpression="attribute_exists(pk)"),
        lambda: two.execute_statement(Statement="UPDATE tab SET a = 1 WHERE pk = 'x'"),
    ]
    for call in calls:
        with pytest.raises(ClientError) as refused:
            call()
        assert code(refused) == "ReplicatedWriteConflictException"
    cloud.clock.advance(seconds=1)
    two.delete_item(TableName="tab", Key=KEY)
    with cloud.dynamodb.isolate(REGIONS[1]):
        for call in calls[1:]:
            with pytest.raises(ClientError) as refused:
                call()
            assert code(refused) == "InternalServerError"


def test_an_isolated_region_refuses_and_catches_up(cloud: Cloud) -> None:
    one, two, three = made()
    put(one, "1")
    with cloud.dynamodb.isolate(REGIONS[2]):
        put(one, "2")
        assert value(two) == "2"
        refused: list[Any] = [
            lambda: put(three, "3"),
            lambda: value(three),
            lambda: three.scan(TableName="tab", ConsistentRead=True),
            lambda: three.batch_get_item(RequestItems={"tab": {"Keys": [KEY], "ConsistentRead": True}}),
            lambda: three.query(
                TableName="tab",
                ConsistentRead=True,
                KeyConditionExpression="pk = :a",
                ExpressionAttributeValues={":a": {"S": "x"}},
            ),
        ]
        for call in refused:
            with pytest.raises(ClientError) as raised:
                call()
            assert code(raised) == "InternalServerError"
        assert value(three, consistent=False) == "1"
    assert [value(t) for t in (one, two, three)] == ["2"] * 3
    put(three, "3")
    assert value(one) == "3"


def test_a_witness_confirms_writes(cloud: Cloud) -> None:
    one, two, _ = made(witness=True)
    with cloud.dynamodb.isolate(REGIONS[1]):
        put(one, "1")
        with pytest.raises(ClientError):
            put(two, "2")
    assert value(two) == "1"
    with cloud.dynamodb.isolate(REGIONS[2]):
        put(two, "2")
        assert value(one) == "2"
        cloud.dynamodb.isolate(REGIONS[1])
        with pytest.raises(ClientError):
            put(one, "3")


def test_what_is_not_supported(cloud: Cloud) -> None:
    one, _, _ = made()
    text = "MultiRegionConsistency set to STRONG"
    with pytest.raises(ClientError, match=text):
        one.transact_write_items(TransactItems=[{"Put": {"TableName": "tab", "Item": KEY}}])
    with pytest.raises(ClientError, match=text):
        one.transact_get_items(TransactItems=[{"Get": {"TableName": "tab", "Key": KEY}}])
    with pytest.raises(ClientError, match=text):
        one.update_time_to_live(TableName="tab", TimeToLiveSpecification={"Enabled": True, "AttributeName": "ttl"})


LOCAL = {
    "KeySchema": [{"AttributeName": "pk", "KeyType": "HASH"}, {"AttributeName": "sk", "KeyType": "RANGE"}],
    "AttributeDefinitions": [{"AttributeName": n, "AttributeType": "S"} for n in ("pk", "sk", "l")],
    "LocalSecondaryIndexes": [
        {
            "IndexName": "local",
            "KeySchema": [{"AttributeName": "pk", "KeyType": "HASH"}, {"AttributeName": "l", "KeyType": "RANGE"}],
            "Projection": {"ProjectionType": "ALL"},
        }
    ],
}


@pytest.mark.parametrize("reason", ["items", "expiry", "local index"])
def test_tables_that_cannot_become_strongly_consistent(cloud: Cloud, reason: str) -> None:
    table = client(REGIONS[0])
    table.create_table(TableName="tab", **{**DEFINITION, **(LOCAL if reason == "local index" else {})})
    if reason == "items":
        put(table, "1")
    if reason == "expiry":
        table.update_time_to_live(TableName="tab", TimeToLiveSpecification={"Enabled": True, "AttributeName": "ttl"})
    with pytest.raises(ClientError, match="MultiRegionConsistency set to STRONG"):
        table.update_table(
            TableName="tab",
            MultiRegionConsistency="STRONG",
            ReplicaUpdates=[{"Create": {"RegionName": r}} for r in REGIONS[1:]],
        )
    assert "Replicas" not in table.describe_table(TableName="tab")["Table"]
    assert client(REGIONS[1]).list_tables()["TableNames"] == []
