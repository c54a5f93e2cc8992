"""States of tables and indexes in virtual time: cloud.dynamodb.latency, waiters, what is refused meanwhile."""

from __future__ import annotations

from datetime import datetime, timezone
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError

from mock_serverless import Cloud, mock_cloud

START = datetime(2030, 1, 1, tzinfo=timezone.utc)
pytestmark = pytest.mark.mock_cloud(clock=START)
KEY = {"AttributeName": "pk", "KeyType": "HASH"}
PK = {"AttributeName": "pk", "AttributeType": "S"}
INDEX = {
    "IndexName": "late",
    "KeySchema": [{"AttributeName": "g", "KeyType": "HASH"}],
    "Projection": {"ProjectionType": "ALL"},
}


def create(client: Any, name: str = "tab") -> dict[str, Any]:
    made: dict[str, Any] = client.create_table(
        TableName=name, KeySchema=[KEY], AttributeDefinitions=[PK], BillingMode="PAY_PER_REQUEST"
    )
    return made["TableDescription"]


def status(client: Any, name: str = "tab") -> str:
    return str(client.describe_table(TableName=name)["Table"]["TableStatus"])


def refused(call: Any, **params: Any) -> tuple[str, str]:
    with pytest.raises(ClientError) as caught:
        call(**params)
    error = caught.value.response["Error"]
    return error["Code"], error["Message"]


def add_index(client: Any) -> dict[str, Any]:
    updated: dict[str, Any] = client.update_table(
        TableName="tab",
        AttributeDefinitions=[PK, {"AttributeName": "g", "AttributeType": "S"}],
        GlobalSecondaryIndexUpdates=[{"Create": INDEX}],
    )
    return updated["TableDescription"]


def test_waiters_wait_in_virtual_time(cloud: Cloud) -> None:
    cloud.dynamodb.latency(table=30)
    client = boto3.client("dynamodb")
    assert create(client)["TableStatus"] == "CREATING"
    assert status(client) == "CREATING"
    client.get_waiter("table_exists").wait(TableName="tab")
    assert status(client) == "ACTIVE"
    assert (cloud.clock.now() - START).total_seconds() == 40  # the waiter looks every 20 seconds
    client.delete_table(TableName="tab")
    assert status(client) == "DELETING"
    client.get_waiter("table_not_exists").wait(TableName="tab")
    assert refused(client.describe_table, TableName="tab")[0] == "ResourceNotFoundException"


def test_skipping_jumps_to_the_end_of_it() -> None:
    with mock_cloud(clock=START, time="skip") as cloud:
        cloud.dynamodb.latency(table=30)
        client = boto3.client("dynamodb")
        create(client)
        client.get_waiter("table_exists").wait(TableName="tab")
        assert (cloud.clock.now() - START).total_seconds() == 30
        client.delete_table(TableName="tab")
        client.get_waiter("table_not_exists").wait(TableName="tab")
        assert (cloud.clock.now() - START).total_seconds() == 60


def test_what_is_refused_meanwhile(cloud: Cloud) -> None:
    cloud.dynamodb.latency(table=30)
    client = boto3.client("dynamodb")
    create(client)
    item = {"TableName": "tab", "Item": {"pk": {"S": "a"}}}
    protect = {"TableName": "tab", "DeletionProtectionEnabled": False}
    in_use = "Attempt to change a resource which is still in use: Table is being "
    assert refused(client.put_item, **item) == ("ResourceNotFoundException", "Requested resource not found")
    assert refused(client.delete_table, TableName="tab") == ("ResourceInUseException", f"{in_use}created: tab")
    assert refused(client.update_table, **protect) == ("ResourceInUseException", f"{in_use}created: tab")
    cloud.clock.advance(seconds=30)
    client.put_item(**item)
    client.update_table(TableName="tab", BillingMode="PAY_PER_REQUEST", OnDemandThroughput={"MaxReadRequestUnits": 5})
    assert status(client) == "UPDATING"
    client.put_item(**item)
    assert refused(client.delete_table, TableName="tab") == ("ResourceInUseException", f"{in_use}updated: tab")
    cloud.clock.advance(seconds=30)
    client.delete_table(TableName="tab")
    assert client.get_item(TableName="tab", Key=item["Item"])["Item"]
    assert refused(client.delete_table, TableName="tab") == ("ResourceInUseException", f"{in_use}deleted: tab")
    with pytest.raises(ClientError, match="Table is being deleted: tab"):
        create(client)


def test_an_index_is_allocated_then_filled(cloud: Cloud) -> None:
    client = boto3.client("dynamodb")
    create(client)
    client.put_item(TableName="tab", Item={"pk": {"S": "a"}, "g": {"S": "x"}})
    client.put_item(TableName="tab", Item={"pk": {"S": "lacks it"}})
    client.put_item(TableName="tab", Item={"pk": {"S": "mistypes it"}, "g": {"N": "1"}})
    cloud.dynamodb.latency(table=10, index=100)
    shown = add_index(client)["GlobalSecondaryIndexes"][0]
    assert (shown["IndexStatus"], shown["Backfilling"]) == ("CREATING", False)

    def seen() -> tuple[str, str, bool | None]:
        table = client.describe_table(TableName="tab")["Table"]
        index = table["GlobalSecondaryIndexes"][0]
        return table["TableStatus"], index["IndexStatus"], index.get("Backfilling")

    assert seen() == ("UPDATING", "CREATING", False)
    cloud.clock.advance(seconds=10)
    assert seen() == ("ACTIVE", "CREATING", True)
    query = {
        "TableName": "tab",
        "IndexName": "late",
        "KeyConditionExpression": "g = :x",
        "ExpressionAttributeValues": {":x": {"S": "x"}},
    }
    assert refused(client.query, **query) == (
        "ValidationException",
        "Cannot read from backfilling global secondary index: late",
    )
    assert refused(client.delete_table, TableName="tab")[0] == "ResourceInUseException"
    cloud.clock.advance(seconds=100)
    assert seen() == ("ACTIVE", "ACTIVE", None)
    assert client.query(**query)["Count"] == 1
    client.update_table(TableName="tab", GlobalSecondaryIndexUpdates=[{"Delete": {"IndexName": "late"}}])
    cloud.clock.advance(seconds=10)
    assert seen() == ("ACTIVE", "DELETING", None)
    cloud.clock.advance(seconds=90)
    table = client.describe_table(TableName="tab")["Table"]
    assert "GlobalSecondaryIndexes" not in table
    assert table["AttributeDefinitions"] == [PK]


def test_a_snapshot_has_the_setting_and_what_is_on_its_way(cloud: Cloud) -> None:
    cloud.dynamodb.latency(table=30)
    client = boto3.client("dynamodb")
    create(client)
    with cloud.scratch():
        cloud.dynamodb.latency(table=0)
        create(client, "other")
        assert status(client, "other") == "ACTIVE"
        cloud.clock.advance(seconds=30)
        assert status(client) == "ACTIVE"
    assert status(client) == "CREATING"
    create(client, "other")
    assert status(client, "other") == "CREATING"


def test_what_is_no_latency(cloud: Cloud) -> None:
    with pytest.raises(TypeError, match="latency knows no 'tables'"):
        cloud.dynamodb.latency(tables=1)
    with pytest.raises(ValueError, match="0 or more"):
        cloud.dynamodb.latency(table=-1)
