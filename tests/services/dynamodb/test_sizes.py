"""400 KB to the byte, operation by operation; ``cases/dynamodb_update_sizes.json`` has what an UpdateItem's statement costs."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError

from mock_serverless import Cloud
from mock_serverless.services.dynamodb.sizes import size_of
from tests.services.dynamodb.test_cases import filled

FILE = Path(__file__).parents[2] / "cases" / "dynamodb_update_sizes.json"
CASES = json.loads(FILE.read_text(encoding="utf-8"))
MOST = 400 * 1024
KEY = {"pk": {"S": "K"}}  # three bytes, as ``b`` has one
PUT = "Item size has exceeded the maximum allowed size"
UPDATE = "Item size to update has exceeded the maximum allowed size"


def table(region: str = "us-east-1") -> Any:
    client = boto3.client("dynamodb", region_name=region)
    client.create_table(
        TableName="sizes",
        KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "pk", "AttributeType": "S"}],
        BillingMode="PAY_PER_REQUEST",
    )
    return client


def text(size: int) -> dict[str, str]:
    return {"S": "x" * size}


def update(client: Any, expression: str, names: dict[str, str] | None = None, **values: Any) -> None:
    more: dict[str, Any] = {"ExpressionAttributeNames": names} if names else {}
    if values:
        more["ExpressionAttributeValues"] = {f":{name}": value for name, value in values.items()}
    client.update_item(TableName="sizes", Key=KEY, UpdateExpression=expression, **more)


@pytest.mark.parametrize("case", CASES["cases"], ids=lambda case: case["clause"])
def test_what_an_update_carries(case: dict[str, Any], cloud: Cloud) -> None:
    client = table()
    clause, values = case["clause"], {name[1:]: v for name, v in filled(case.get("values", {}), []).items()}
    expression = f"SET b = :pad, {clause[4:]}" if clause.startswith("SET ") else f"SET b = :pad {clause}"
    room = MOST - CASES["base"] - case["charge"]
    for size, message in ((room + 1, UPDATE), (room, None)):
        client.put_item(TableName="sizes", Item={**KEY, **case.get("item", {})})
        if message is None:
            update(client, expression, case.get("names"), pad=text(size), **values)
            continue
        with pytest.raises(ClientError, match=message):
            update(client, expression, case.get("names"), pad=text(size), **values)


def test_an_update_may_be_too_large_for_what_it_carries_before_its_condition(cloud: Cloud) -> None:
    client = table()
    client.put_item(TableName="sizes", Item={**KEY, "c": {"S": "x"}})
    for condition in ("attribute_exists(nope)", "attribute_exists(c)"):
        with pytest.raises(ClientError, match=UPDATE):
            client.update_item(
                TableName="sizes",
                Key=KEY,
                UpdateExpression="SET c = if_not_exists(c, :huge)",
                ConditionExpression=condition,
                ExpressionAttributeValues={":huge": text(MOST + 100)},
            )


def test_what_is_left_alone_counts_for_the_item_only(cloud: Cloud) -> None:
    client = table()
    client.put_item(TableName="sizes", Item={**KEY, "u": text(18)})  # 19 bytes: those that the action costs more
    update(client, "SET b = :pad", pad=text(MOST - 3 - 19 - 1))
    with pytest.raises(ClientError, match=UPDATE):
        update(client, "SET b = :pad", pad=text(MOST - 3 - 19 - 1 + 1))


def test_in_some_regions_an_update_is_as_large_as_its_item(cloud: Cloud) -> None:
    client = table("eu-west-1")
    update(client, "SET b = :pad", pad=text(MOST - 3 - 1))
    with pytest.raises(ClientError, match=UPDATE):
        update(client, "SET b = :pad", pad=text(MOST - 3))


def _put(client: Any, value: dict[str, str]) -> None:
    client.put_item(TableName="sizes", Item={**KEY, "b": value})


def _batch(client: Any, value: dict[str, str]) -> None:
    client.batch_write_item(RequestItems={"sizes": [{"PutRequest": {"Item": {**KEY, "b": value}}}]})


def _insert(client: Any, value: dict[str, str]) -> None:
    client.execute_statement(Statement="INSERT INTO sizes VALUE {'pk': 'K', 'b': ?}", Parameters=[value])


def _set(client: Any, value: dict[str, str]) -> None:
    client.put_item(TableName="sizes", Item=KEY)
    client.execute_statement(Statement="UPDATE sizes SET b = ? WHERE pk = 'K'", Parameters=[value])


def _transact_put(client: Any, value: dict[str, str]) -> None:
    client.transact_write_items(TransactItems=[{"Put": {"TableName": "sizes", "Item": {**KEY, "b": value}}}])


def _attribute(client: Any, value: dict[str, str]) -> None:
    client.update_item(TableName="sizes", Key=KEY, AttributeUpdates={"b": {"Action": "PUT", "Value": value}})


@pytest.mark.parametrize(
    ("write", "message"),
    [(_put, PUT), (_batch, PUT), (_insert, PUT), (_transact_put, PUT), (_set, UPDATE), (_attribute, UPDATE)],
)
def test_all_other_writes_are_as_large_as_the_item(
    cloud: Cloud, write: Callable[[Any, dict[str, str]], None], message: str
) -> None:
    client = table()
    with pytest.raises(ClientError) as caught:
        write(client, text(MOST - 3 - 1 + 1))
    assert caught.value.response["Error"] == {"Code": "ValidationException", "Message": message}
    write(client, text(MOST - 3 - 1))


def test_an_update_in_a_transaction_is_as_large_as_the_item(cloud: Cloud) -> None:
    client = table()
    action = {"TableName": "sizes", "Key": KEY, "UpdateExpression": "SET b = :b"}
    values = {":b": text(MOST - 3 - 1)}
    client.transact_write_items(TransactItems=[{"Update": {**action, "ExpressionAttributeValues": values}}])
    values = {":b": text(MOST - 3)}
    with pytest.raises(ClientError) as caught:
        client.transact_write_items(TransactItems=[{"Update": {**action, "ExpressionAttributeValues": values}}])
    assert caught.value.response["CancellationReasons"] == [{"Code": "ValidationError", "Message": UPDATE}]


def test_what_a_transaction_carries(cloud: Cloud) -> None:
    """Alternator's test_transact, which runs against AWS: 4 MB are the limit of what is sent, not of the items it is about."""
    client = table()
    keys = [{"pk": {"S": f"{number:03}"}} for number in range(11)]
    items = [{**key, "b": text(MOST - 6)} for key in keys]
    puts = [{"Put": {"TableName": "sizes", "Item": item}} for item in items]
    with pytest.raises(ClientError, match=r"ValidationException\).*size cannot exceed"):
        client.transact_write_items(TransactItems=puts)
    client.transact_write_items(TransactItems=puts[:10])
    client.transact_write_items(TransactItems=puts[10:])
    client.transact_write_items(TransactItems=[{"Delete": {"TableName": "sizes", "Key": key}} for key in keys])
    assert cloud.dynamodb.items("sizes") == []
    update = {"UpdateExpression": "SET b = :b", "ExpressionAttributeValues": {":b": text(MOST - 6)}}
    updates = [{"Update": {"TableName": "sizes", "Key": key, **update}} for key in keys]
    with pytest.raises(ClientError, match="size cannot exceed"):
        client.transact_write_items(TransactItems=updates)


ENTRIES = [
    ({"ProjectionType": "ALL"}, 2, MOST // 2),
    ({"ProjectionType": "ALL"}, 3, MOST // 3),
    ({"ProjectionType": "KEYS_ONLY"}, 2, MOST - 6),  # the key of the index: p and k, h1 and hh
    ({"ProjectionType": "INCLUDE", "NonKeyAttributes": ["w"]}, 2, MOST - 6 - 101),
    ({"ProjectionType": "ALL"}, 1, MOST),  # without the index's sort key it has no entry
]


@pytest.mark.parametrize(("projection", "copies", "most"), ENTRIES, ids=lambda value: str(value))
def test_an_item_and_its_entries_in_local_indexes(
    projection: dict[str, Any], copies: int, most: int, cloud: Cloud
) -> None:
    client = boto3.client("dynamodb", region_name="us-east-1")
    names = [f"h{number}" for number in range(1, max(copies, 2))]
    client.create_table(
        TableName="entries",
        KeySchema=[{"AttributeName": "p", "KeyType": "HASH"}, {"AttributeName": "q", "KeyType": "RANGE"}],
        AttributeDefinitions=[{"AttributeName": n, "AttributeType": "S"} for n in ("p", "q", *names)],
        LocalSecondaryIndexes=[
            {
                "IndexName": f"of-{name}",
                "KeySchema": [{"AttributeName": "p", "KeyType": "HASH"}, {"AttributeName": name, "KeyType": "RANGE"}],
                "Projection": projection,
            }
            for name in names
        ],
        BillingMode="PAY_PER_REQUEST",
    )
    key = {"p": {"S": "k"}, "q": {"S": "1"}}
    item = {**key, "w": text(100), **({name: {"S": "hh"} for name in names} if copies > 1 else {})}
    room = most - 1 - size_of(item)
    client.put_item(TableName="entries", Item={**item, "v": text(room)})
    for put in (
        lambda: client.put_item(TableName="entries", Item={**item, "v": text(room + 1)}),
        lambda: client.batch_write_item(
            RequestItems={"entries": [{"PutRequest": {"Item": {**item, "v": text(room + 1)}}}]}
        ),
    ):
        with pytest.raises(ClientError, match=PUT):
            put()
    with pytest.raises(ClientError, match=UPDATE):
        client.update_item(
            TableName="entries",
            Key=key,
            UpdateExpression="SET v = :v",
            ExpressionAttributeValues={":v": text(room + 1)},
        )
