"""States of tables and indexes in virtual time: cloud.dynamodb.latency, waiters, what is refused meanwhile."""

from __future__ import annotations

import json
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.config import Config
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
    client.update_table(TableName="tab", TableClass="STANDARD_INFREQUENT_ACCESS")
    assert status(client) == "UPDATING"
    client.put_item(**item)
    assert refused(client.delete_table, TableName="tab") == (
        "ResourceInUseException",
        "Attempt to change a resource which is still in use: Table: tab is in the process of being updated.",
    )
    client.update_table(**protect)
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
    for what, violation in (("type", {"N": "1"}), ("empty", {"S": ""}), ("length", {"S": "é" * 1025})):
        client.put_item(TableName="tab", Item={"pk": {"S": what}, "g": violation})
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
    assert client.scan(TableName="tab", IndexName="late")["Count"] == 1
    for item in client.scan(TableName="tab")["Items"]:
        client.delete_item(TableName="tab", Key={"pk": item["pk"]})
    assert client.scan(TableName="tab", IndexName="late")["Count"] == 0
    client.update_table(TableName="tab", GlobalSecondaryIndexUpdates=[{"Delete": {"IndexName": "late"}}])
    assert seen() == ("UPDATING", "DELETING", None)
    cloud.clock.advance(seconds=10)
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


# ---------------------------------------------------------------------- what is on its way forbids other things

STATES = json.loads((Path(__file__).parents[2] / "cases" / "dynamodb_states.json").read_text(encoding="utf-8"))


@pytest.mark.parametrize("case", STATES["meanwhile"], ids=lambda case: f"{case['first']}: {next(iter(case['then']))}")
def test_one_thing_after_another(case: dict[str, Any], cloud: Cloud) -> None:
    message = case["message"]
    client = boto3.client("dynamodb")
    client.create_table(
        TableName="tab",
        KeySchema=[KEY],
        AttributeDefinitions=[PK],
        ProvisionedThroughput={"ReadCapacityUnits": 1, "WriteCapacityUnits": 1},
    )
    cloud.dynamodb.latency(table=30, index=100)
    client.update_table(TableName="tab", **STATES["begin"][case["first"]])
    if message:
        prefix = "Attempt to change a resource which is still in use: "
        assert refused(client.update_table, TableName="tab", **case["then"]) == (
            "ResourceInUseException",
            prefix + message,
        )
    else:
        client.update_table(TableName="tab", **case["then"])
    cloud.clock.advance(seconds=30)
    assert status(client) == "ACTIVE"


def test_a_stream_is_on_its_way_with_its_table(cloud: Cloud) -> None:
    """API_streams_StreamDescription (StreamStatus); of a table that goes: measured, ack-api-quirks, DDB-TABLE-386."""
    client, streams = boto3.client("dynamodb"), boto3.client("dynamodbstreams")
    create(client)
    cloud.dynamodb.latency(table=5)

    def switch(**wanted: Any) -> None:
        client.update_table(TableName="tab", StreamSpecification=wanted)

    def seen(arn: str, seconds: int = 0) -> str:
        cloud.clock.advance(seconds=seconds)
        return str(streams.describe_stream(StreamArn=arn)["StreamDescription"]["StreamStatus"])

    switch(StreamEnabled=True, StreamViewType="KEYS_ONLY")
    first = client.describe_table(TableName="tab")["Table"]["LatestStreamArn"]
    assert (seen(first), seen(first, 5)) == ("ENABLING", "ENABLED")
    switch(StreamEnabled=False)
    assert (seen(first), seen(first, 5)) == ("DISABLING", "DISABLED")
    switch(StreamEnabled=True, StreamViewType="KEYS_ONLY")
    second = client.describe_table(TableName="tab")["Table"]["LatestStreamArn"]
    assert (seen(first), seen(second, 5)) == ("DISABLED", "ENABLED")
    client.delete_table(TableName="tab")
    assert (seen(second), seen(second, 5)) == ("DISABLING", "DISABLED")


def test_an_index_is_warmed_while_it_is_active(cloud: Cloud) -> None:
    """Measured: ack-api-quirks, DDB-TABLE-155."""
    dynamodb = boto3.client("dynamodb")
    dynamodb.create_table(
        TableName="warm",
        BillingMode="PAY_PER_REQUEST",
        KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": name, "AttributeType": "S"} for name in ("pk", "g")],
        GlobalSecondaryIndexes=[
            {
                "IndexName": "by-g",
                "KeySchema": [{"AttributeName": "g", "KeyType": "HASH"}],
                "Projection": {"ProjectionType": "ALL"},
                "WarmThroughput": {"WriteUnitsPerSecond": 5000},
            }
        ],
    )
    cloud.dynamodb.latency(table=390)

    def update(**warm: int) -> tuple[Any, ...]:
        action = {"Update": {"IndexName": "by-g", "WarmThroughput": warm}}
        return seen(dynamodb.update_table(TableName="warm", GlobalSecondaryIndexUpdates=[action])["TableDescription"])

    def seen(table: Any) -> tuple[Any, ...]:
        (index,) = table["GlobalSecondaryIndexes"]
        warm = index["WarmThroughput"]
        status = table["TableStatus"], index["IndexStatus"], warm["Status"]
        return *status, warm["ReadUnitsPerSecond"], warm["WriteUnitsPerSecond"]

    before = ("ACTIVE", "ACTIVE", "UPDATING", 12000, 5000)
    assert update(ReadUnitsPerSecond=12002) == before
    cloud.clock.advance(seconds=389)
    assert seen(dynamodb.describe_table(TableName="warm")["Table"]) == before
    cloud.clock.advance(seconds=2)
    assert seen(dynamodb.describe_table(TableName="warm")["Table"]) == ("ACTIVE", "ACTIVE", "ACTIVE", 12002, 5000)


def test_encryption_and_warmth_leave_the_table_active(cloud: Cloud) -> None:
    client = boto3.client("dynamodb")
    create(client)
    cloud.dynamodb.latency(table=30)
    client.update_table(TableName="tab", SSESpecification={"Enabled": True})
    client.update_table(TableName="tab", WarmThroughput={"ReadUnitsPerSecond": 13000})
    table = client.describe_table(TableName="tab")["Table"]
    assert table["TableStatus"] == "ACTIVE"
    assert table["SSEDescription"] == {"Status": "UPDATING"}
    assert table["WarmThroughput"] == {"ReadUnitsPerSecond": 12000, "WriteUnitsPerSecond": 4000, "Status": "UPDATING"}
    assert refused(client.delete_table, TableName="tab")[1].endswith("Table: tab is in the process of being updated.")
    cloud.clock.advance(seconds=30)
    table = client.describe_table(TableName="tab")["Table"]
    assert table["SSEDescription"]["Status"] == "ENABLED"
    assert table["WarmThroughput"]["ReadUnitsPerSecond"] == 13000
    client.delete_table(TableName="tab")


# ---------------------------------------------------------------------- quotas over time


def test_four_decreases_a_day_then_one_an_hour(cloud: Cloud) -> None:
    """Measured: ack-api-quirks, DDB-TABLE-184."""
    client = boto3.client("dynamodb")

    def provision(units: int) -> dict[str, Any]:
        return {
            "TableName": "tab",
            "ProvisionedThroughput": {"ReadCapacityUnits": units, "WriteCapacityUnits": units},
        }

    client.create_table(KeySchema=[KEY], AttributeDefinitions=[PK], **provision(10))
    cloud.clock.advance(hours=22, minutes=30)
    for units in (9, 8, 7, 6):
        client.update_table(**provision(units))
    assert refused(client.update_table, **provision(5)) == (
        "LimitExceededException",
        "Subscriber limit exceeded: Provisioned throughput decreases are limited within a given UTC day. After the first 4 "
        "decreases, each subsequent decrease in the same UTC day can be performed at most once every 3600 seconds. Number of "
        "decreases today: 4. Last decrease at Tuesday, January 1, 2030 at 10:30:00 PM Coordinated Universal Time. Next "
        "decrease can be made at Tuesday, January 1, 2030 at 11:30:00 PM Coordinated Universal Time.",
    )
    client.update_table(**provision(11))
    cloud.clock.advance(hours=1)
    client.update_table(**provision(5))
    assert refused(client.update_table, **provision(4))[1].endswith(
        "Next decrease can be made at Wednesday, January 2, 2030 at 12:00:00 AM Coordinated Universal Time."
    )
    cloud.clock.advance(minutes=30)
    client.update_table(**provision(4))


def test_four_encryptions_a_day_then_one_in_six_hours(cloud: Cloud) -> None:
    """Measured: ack-api-quirks, DDB-TABLE-081, DDB-TABLE-443."""
    client = boto3.client("dynamodb")
    create(client)
    change = {"TableName": "tab", "SSESpecification": {"Enabled": True}}
    for _ in range(4):
        client.update_table(**change)
    assert refused(client.update_table, **change) == (
        "LimitExceededException",
        "Subscriber limit exceeded: Encryption mode changes are limited in the 24h window ending at 2030-01-02T00:00:00.000Z. "
        "After the first 4 change, each subsequent change in the same window can be performed at most once every 21600 seconds. "
        "Number of updates today: 4. Last change at 2030-01-01T00:00:00.000Z. Next changes can be made at "
        "2030-01-01T06:00:00.000Z.",
    )
    cloud.clock.advance(hours=6)
    client.update_table(**change)


def test_four_switches_to_on_demand_a_day(cloud: Cloud) -> None:
    """The number is the developer guide's, the wording a guess."""
    client = boto3.client("dynamodb")
    create(client)
    units = {"ReadCapacityUnits": 1, "WriteCapacityUnits": 1}
    for _ in range(4):
        client.update_table(TableName="tab", BillingMode="PROVISIONED", ProvisionedThroughput=units)
        client.update_table(TableName="tab", BillingMode="PAY_PER_REQUEST")
    client.update_table(TableName="tab", BillingMode="PROVISIONED", ProvisionedThroughput=units)
    code, message = refused(client.update_table, TableName="tab", BillingMode="PAY_PER_REQUEST")
    assert code == "LimitExceededException"
    assert message.endswith("Next update can be made at Wed Jan 02 00:00:00 UTC 2030")
    cloud.clock.advance(days=1)
    client.update_table(TableName="tab", BillingMode="PAY_PER_REQUEST")


@pytest.mark.mock_cloud(clock=START, throttle=True)
def test_deletion_protection_changes_once_in_15_seconds(cloud: Cloud) -> None:
    """Measured: ack-api-quirks, DDB-TABLE-003."""
    client = boto3.client("dynamodb", config=Config(retries={"max_attempts": 0}))
    create(client)
    client.update_table(TableName="tab", DeletionProtectionEnabled=True)
    assert refused(client.update_table, TableName="tab", DeletionProtectionEnabled=False) == (
        "ThrottlingException",
        "Deletion protection setting for table tab modified within the previous 15000 milliseconds. Please try again after "
        "2030-01-01T00:00:15.000Z",
    )
    cloud.clock.advance(seconds=15)
    client.update_table(TableName="tab", DeletionProtectionEnabled=False)
