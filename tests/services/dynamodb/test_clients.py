"""What people use of boto3 beside plain calls: resources, waiters, paginators; ARNs, accounts and regions; our own helper."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import boto3
import pytest
from boto3.dynamodb.conditions import Attr, Key
from botocore.exceptions import ClientError

from mock_serverless import Cloud, NotSupported

COMPOSITE = {
    "KeySchema": [{"AttributeName": "pk", "KeyType": "HASH"}, {"AttributeName": "sk", "KeyType": "RANGE"}],
    "AttributeDefinitions": [
        {"AttributeName": "pk", "AttributeType": "S"},
        {"AttributeName": "sk", "AttributeType": "N"},
    ],
    "BillingMode": "PAY_PER_REQUEST",
}


@pytest.fixture
def table(cloud: Cloud) -> Any:
    made = boto3.resource("dynamodb").create_table(TableName="orders", **COMPOSITE)
    made.wait_until_exists()
    return made


def test_the_resource(cloud: Cloud, table: Any) -> None:
    with table.batch_writer() as batch:
        for number in range(60):
            batch.put_item(Item={"pk": "a", "sk": number, "even": number % 2 == 0, "tags": {"x", "y"}})
    found = table.query(
        KeyConditionExpression=Key("pk").eq("a") & Key("sk").between(10, 20), FilterExpression=Attr("even").eq(True)
    )
    assert [item["sk"] for item in found["Items"]] == [10, 12, 14, 16, 18, 20]
    assert found["ScannedCount"] == 11
    table.update_item(
        Key={"pk": "a", "sk": 1}, UpdateExpression="SET price = :p", ExpressionAttributeValues={":p": Decimal("1.50")}
    )
    assert table.get_item(Key={"pk": "a", "sk": 1})["Item"]["price"] == Decimal("1.5")
    assert table.item_count == 60


def test_waiters_and_paginators(cloud: Cloud, table: Any) -> None:
    client = boto3.client("dynamodb")
    for number in range(5):
        client.put_item(TableName="orders", Item={"pk": {"S": "a"}, "sk": {"N": str(number)}})
    pages = list(client.get_paginator("scan").paginate(TableName="orders", PaginationConfig={"PageSize": 2}))
    assert [page["Count"] for page in pages] == [2, 2, 1]
    client.delete_table(TableName="orders")
    client.get_waiter("table_not_exists").wait(TableName="orders")


def test_accounts_and_regions_are_worlds_of_their_own(cloud: Cloud, table: Any) -> None:
    elsewhere = boto3.client("dynamodb", region_name="cn-north-1")
    assert elsewhere.list_tables()["TableNames"] == []
    made = elsewhere.create_table(TableName="orders", **COMPOSITE)["TableDescription"]
    assert made["TableArn"] == "arn:aws-cn:dynamodb:cn-north-1:123456789012:table/orders"
    with pytest.raises(ClientError, match="Invalid AWS partition in 'arn:aws-cn"):
        boto3.client("dynamodb").describe_table(TableName=made["TableArn"])


def test_items_by_arn(cloud: Cloud, table: Any) -> None:
    client = boto3.client("dynamodb")
    item = {"pk": {"S": "a"}, "sk": {"N": "1"}}
    client.put_item(TableName=table.table_arn, Item=item)
    answer = client.batch_get_item(RequestItems={table.table_arn: {"Keys": [item]}})
    assert answer["Responses"] == {table.table_arn: [item]}


def test_items_as_plain_values(cloud: Cloud, table: Any) -> None:
    item = {
        "pk": "a",
        "sk": 1,
        "half": Decimal("0.5"),
        "list": [1, "x", None, True, b"bytes"],
        "map": {"set": {1, 2}, "names": {"x"}},
    }
    table.put_item(Item=item)
    (found,) = cloud.dynamodb.items("orders")
    found["list"][4] = getattr(found["list"][4], "value", found["list"][4])
    assert found == item
    calls = len(cloud.calls)
    found["map"]["set"].add(3)
    assert cloud.dynamodb.items("orders")[0]["map"]["set"] == {1, 2}
    assert len(cloud.calls) == calls


def test_what_cannot_act_is_refused_by_name(cloud: Cloud, table: Any) -> None:
    with pytest.raises(NotSupported, match="OfTheFuture"):
        cloud.call("dynamodb", "UpdateTable", {"TableName": "orders", "OfTheFuture": True})


def test_indexes_of_several_attributes(cloud: Cloud) -> None:
    client = boto3.client("dynamodb")
    names = ("pk", "tenant", "region", "year", "month")
    lengths = client.meta.service_model.operation_model("CreateTable").input_shape.members["KeySchema"].metadata
    if "max" in lengths:
        pytest.skip("this botocore's model doesn't know keys of several attributes")
    key = [*(("tenant", "HASH"), ("region", "HASH")), *(("year", "RANGE"), ("month", "RANGE"))]
    client.create_table(
        TableName="wide",
        KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}],
        AttributeDefinitions=[
            {"AttributeName": n, "AttributeType": "N" if n in ("year", "month") else "S"} for n in names
        ],
        BillingMode="PAY_PER_REQUEST",
        GlobalSecondaryIndexes=[
            {
                "IndexName": "multi",
                "KeySchema": [{"AttributeName": n, "KeyType": role} for n, role in key],
                "Projection": {"ProjectionType": "ALL"},
            }
        ],
    )
    for number, (year, month) in enumerate([(2024, 1), (2024, 10), (2024, 9), (2025, 1)]):
        client.put_item(
            TableName="wide",
            Item={
                "pk": {"S": str(number)},
                "tenant": {"S": "t"},
                "region": {"S": "r"},
                "year": {"N": str(year)},
                "month": {"N": str(month)},
            },
        )
    client.put_item(TableName="wide", Item={"pk": {"S": "sparse"}, "tenant": {"S": "t"}, "region": {"S": "r"}})
    values = {":t": {"S": "t"}, ":r": {"S": "r"}, ":y": {"N": "2024"}}
    params = {"TableName": "wide", "IndexName": "multi", "Limit": 1}
    condition = "tenant = :t AND #r = :r AND #y = :y"
    found: list[str] = []
    more: dict[str, Any] = {}
    while True:
        page = client.query(
            **params,
            **more,
            KeyConditionExpression=condition,
            ExpressionAttributeNames={"#r": "region", "#y": "year"},
            ExpressionAttributeValues=values,
        )
        found += [item["month"]["N"] for item in page["Items"]]
        if "LastEvaluatedKey" not in page:
            break
        more = {"ExclusiveStartKey": page["LastEvaluatedKey"]}
    assert found == ["1", "9", "10"]


def test_going_back_undoes_definitions_too(cloud: Cloud, table: Any) -> None:
    client = boto3.client("dynamodb")
    client.update_table(TableName="orders", StreamSpecification={"StreamEnabled": True, "StreamViewType": "KEYS_ONLY"})
    before = client.describe_table(TableName="orders")["Table"]
    with cloud.scratch():
        client.put_item(TableName="orders", Item={"pk": {"S": "a"}, "sk": {"N": "1"}, "g": {"S": "x"}})
        client.update_table(
            TableName="orders",
            AttributeDefinitions=[{"AttributeName": "g", "AttributeType": "S"}],
            GlobalSecondaryIndexUpdates=[
                {
                    "Create": {
                        "IndexName": "by-g",
                        "KeySchema": [{"AttributeName": "g", "KeyType": "HASH"}],
                        "Projection": {"ProjectionType": "ALL"},
                    }
                }
            ],
        )
        client.update_table(TableName="orders", StreamSpecification={"StreamEnabled": False})
        client.update_table(TableName="orders", DeletionProtectionEnabled=True)
        client.tag_resource(ResourceArn=table.table_arn, Tags=[{"Key": "a", "Value": "b"}])
        assert client.scan(TableName="orders", IndexName="by-g")["Count"] == 1
    assert client.describe_table(TableName="orders")["Table"] == before
    assert client.list_tags_of_resource(ResourceArn=table.table_arn)["Tags"] == []
    client.put_item(TableName="orders", Item={"pk": {"S": "b"}, "sk": {"N": "1"}})
    assert cloud.dynamodb.items("orders") == [{"pk": "b", "sk": 1}]
