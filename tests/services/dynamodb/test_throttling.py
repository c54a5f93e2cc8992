"""Throughput enforced: mock_cloud(throttle=True), in virtual time."""

from __future__ import annotations

from datetime import datetime, timezone
from typing import Any

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError

from mock_serverless import Cloud, mock_cloud

START = datetime(2030, 1, 1, tzinfo=timezone.utc)
pytestmark = pytest.mark.mock_cloud(clock=START, throttle=True)
OF_TABLE = (
    "The level of configured provisioned throughput for the table was exceeded. Consider increasing your provisioning level with "
    "the UpdateTable API."
)
OF_INDEX = (
    "The level of configured provisioned throughput for one or more global secondary indexes of the table was exceeded. Consider "
    "increasing your provisioning level for the under-provisioned global secondary indexes with the UpdateTable API"
)
ARN = "arn:aws:dynamodb:us-east-1:123456789012:table/tab"


def units(read: int, write: int) -> dict[str, int]:
    return {"ReadCapacityUnits": read, "WriteCapacityUnits": write}


def made(client: Any, table: dict[str, Any], index: dict[str, int] | None = None) -> None:
    client.create_table(
        TableName="tab",
        KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}],
        AttributeDefinitions=[
            {"AttributeName": "pk", "AttributeType": "S"},
            *([{"AttributeName": "g", "AttributeType": "S"}] if index else []),
        ],
        **table,
        **(
            {
                "GlobalSecondaryIndexes": [
                    {
                        "IndexName": "by-g",
                        "KeySchema": [{"AttributeName": "g", "KeyType": "HASH"}],
                        "Projection": {"ProjectionType": "ALL"},
                        "ProvisionedThroughput": index,
                    }
                ]
            }
            if index
            else {}
        ),
    )


@pytest.fixture
def client(cloud: Cloud) -> Any:
    return boto3.client("dynamodb", config=Config(retries={"total_max_attempts": 1}))


def put(client: Any, size: int = 0, pk: str = "a", **more: Any) -> None:
    client.put_item(TableName="tab", Item={"pk": {"S": pk}, **({"b": {"B": b"x" * size}} if size else {}), **more})


def refused(call: Any, *args: Any, **params: Any) -> Any:
    with pytest.raises(ClientError) as caught:
        call(*args, **params)
    return caught.value.response


def test_a_burst_of_300_seconds_then_the_rate(cloud: Cloud, client: Any) -> None:
    made(client, {"ProvisionedThroughput": units(1, 1)})
    for name in ("one", "two", "three"):
        put(client, 100 * 1024 - 8, name)
    answer = refused(put, client)
    assert (answer["Error"]["Code"], answer["Error"]["Message"]) == ("ProvisionedThroughputExceededException", OF_TABLE)
    cloud.clock.advance(seconds=1)
    put(client)
    assert refused(put, client)["Error"]["Code"] == "ProvisionedThroughputExceededException"
    cloud.clock.advance(hours=1)
    for _ in range(300):
        put(client)
    refused(put, client)


def test_reads_have_a_bucket_of_their_own(cloud: Cloud, client: Any) -> None:
    made(client, {"ProvisionedThroughput": units(1, 10)})
    put(client, 399 * 1024)
    get = {"TableName": "tab", "Key": {"pk": {"S": "a"}}, "ConsistentRead": True}
    for _ in range(3):
        assert client.get_item(**get, ReturnConsumedCapacity="TOTAL")["ConsumedCapacity"]["CapacityUnits"] == 100
    assert refused(client.get_item, **get)["Error"]["Message"] == OF_TABLE
    assert refused(client.scan, TableName="tab")["Error"]["Message"] == OF_TABLE
    put(client)


def test_an_index_holds_its_table_back(cloud: Cloud, client: Any) -> None:
    made(client, {"ProvisionedThroughput": units(10, 1000)}, units(10, 1))
    for _ in range(300):
        put(client, g={"S": "x"}, n={"N": str(_)})
    answer = refused(put, client, g={"S": "x"}, n={"N": "-1"})
    assert (answer["Error"]["Code"], answer["Error"]["Message"]) == ("ProvisionedThroughputExceededException", OF_INDEX)
    if "ThrottlingReasons" in answer:  # newer models of botocore's
        assert answer["ThrottlingReasons"] == [
            {"reason": "IndexWriteProvisionedThroughputExceeded", "resource": f"{ARN}/index/by-g"}
        ]
    client.put_item(TableName="tab", Item={"pk": {"S": "sparse"}})


def test_a_failed_condition_costs_what_it_found(cloud: Cloud, client: Any) -> None:
    made(client, {"ProvisionedThroughput": units(1, 1)})
    put(client, 99 * 1024)
    for _ in range(2):
        assert (
            refused(
                client.update_item,
                TableName="tab",
                Key={"pk": {"S": "a"}},
                UpdateExpression="SET a = pk",
                ConditionExpression="attribute_not_exists(pk)",
            )["Error"]["Code"]
            == "ConditionalCheckFailedException"
        )
    assert refused(put, client)["Error"]["Code"] == "ProvisionedThroughputExceededException"


def test_batches_leave_what_is_throttled(cloud: Cloud, client: Any) -> None:
    made(client, {"ProvisionedThroughput": units(1, 1)})
    put(client, 299 * 1024, "big")
    big = {"B": b"x" * 1024}
    requests = [{"PutRequest": {"Item": {"pk": {"S": name}, **({"b": big} if name == "b" else {})}}} for name in "abc"]
    answer = refused(client.batch_write_item, RequestItems={"tab": requests})
    assert answer["Error"]["Code"] == "ProvisionedThroughputExceededException"
    cloud.clock.advance(seconds=300)
    for _ in range(298):
        put(client)
    left = client.batch_write_item(RequestItems={"tab": requests})["UnprocessedItems"]
    assert [request["PutRequest"]["Item"]["pk"]["S"] for request in left["tab"]] == ["b"]
    keys = {"tab": {"Keys": [{"pk": {"S": "a"}}, {"pk": {"S": "c"}}]}}
    for _ in range(599):
        client.get_item(TableName="tab", Key={"pk": {"S": "a"}})
    answer = client.batch_get_item(RequestItems=keys)
    assert answer["Responses"]["tab"] == [{"pk": {"S": "a"}}]
    assert answer["UnprocessedKeys"]["tab"]["Keys"] == [{"pk": {"S": "c"}}]
    assert (
        refused(client.batch_get_item, RequestItems=keys)["Error"]["Code"] == "ProvisionedThroughputExceededException"
    )


def test_statements_are_throttled_as_what_they_stand_for(cloud: Cloud, client: Any) -> None:
    made(client, {"ProvisionedThroughput": units(1, 1)})
    insert = "INSERT INTO tab VALUE {'pk': ?, 'b': ?}"
    for name in ("one", "two", "three"):
        client.execute_statement(Statement=insert, Parameters=[{"S": name}, {"B": b"x" * (100 * 1024 - 8)}])
    once_more = {"Statement": insert, "Parameters": [{"S": "four"}, {"B": b"x"}]}
    assert refused(client.execute_statement, **once_more)["Error"]["Message"] == OF_TABLE
    (response,) = client.batch_execute_statement(Statements=[once_more])["Responses"]
    assert (response["Error"]["Code"], response["Error"]["Message"]) == ("ProvisionedThroughputExceeded", OF_TABLE)
    reasons = refused(client.execute_transaction, TransactStatements=[once_more])["CancellationReasons"]
    assert reasons[0]["Code"] == "ProvisionedThroughputExceeded"


def test_transactions_are_cancelled(cloud: Cloud, client: Any) -> None:
    made(client, {"ProvisionedThroughput": units(1, 1)})
    items = [{"Put": {"TableName": "tab", "Item": {"pk": {"S": name}}}} for name in "ab"]
    for _ in range(74):
        client.transact_write_items(TransactItems=items)
    put(client)
    put(client)
    answer = refused(client.transact_write_items, TransactItems=items)
    assert answer["Error"]["Code"] == "TransactionCanceledException"
    assert answer["CancellationReasons"] == [
        {"Code": "None"},
        {"Code": "ProvisionedThroughputExceeded", "Message": OF_TABLE},
    ]


def test_limits_of_an_on_demand_table(cloud: Cloud, client: Any) -> None:
    made(client, {"BillingMode": "PAY_PER_REQUEST", "OnDemandThroughput": {"MaxWriteRequestUnits": 2}})
    put(client)
    put(client)
    answer = refused(put, client)
    assert (answer["Error"]["Code"], answer["Error"]["Message"]) == (
        "ThrottlingException",
        "Throughput exceeds the maximum OnDemandThroughput configured on table or index",
    )
    cloud.clock.advance(seconds=1)
    put(client)


def test_the_sdk_retries_in_virtual_time(cloud: Cloud) -> None:
    client = boto3.client("dynamodb", config=Config(retries={"mode": "standard", "total_max_attempts": 10}))
    made(client, {"ProvisionedThroughput": units(1, 1)})
    for _ in range(310):
        put(client)
    waited = (cloud.clock.now() - START).total_seconds()
    assert waited >= 10
    assert len(cloud.calls) > 312


def test_a_snapshot_has_what_is_left(cloud: Cloud, client: Any) -> None:
    made(client, {"ProvisionedThroughput": units(1, 1)})
    with cloud.scratch():
        put(client, 300 * 1024)
        refused(put, client)
    put(client)


def test_nothing_is_enforced_unless_asked_for() -> None:
    with mock_cloud(clock=START):
        client = boto3.client("dynamodb")
        made(client, {"ProvisionedThroughput": units(1, 1)})
        for _ in range(5):
            put(client, 100 * 1024)
