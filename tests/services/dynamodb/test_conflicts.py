"""What conflicts with a transaction that is under way: ``cloud.dynamodb.transaction``.

https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/transaction-apis.html#transaction-conflict-handling
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError

from mock_serverless import AwsError, Cloud

A, B = ({"pk": {"S": name}} for name in "ab")
ONGOING = "Transaction is ongoing for the item"


@pytest.fixture
def client(cloud: Cloud) -> Any:
    made = boto3.client("dynamodb", region_name="us-east-1", config=Config(retries={"max_attempts": 0}))
    made.create_table(
        TableName="orders",
        KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "pk", "AttributeType": "S"}],
        BillingMode="PAY_PER_REQUEST",
    )
    made.put_item(TableName="orders", Item={**A, "n": {"N": "1"}})
    return made


def refusal(call: Callable[..., Any], **params: Any) -> dict[str, Any]:
    with pytest.raises(ClientError) as caught:
        call(**params)
    return caught.value.response


def test_single_writes_are_rejected_and_reads_are_not(cloud: Cloud, client: Any) -> None:
    with cloud.dynamodb.transaction("orders", {"pk": "a"}):
        for error in (
            refusal(client.put_item, TableName="orders", Item=A),
            refusal(client.update_item, TableName="orders", Key=A, UpdateExpression="REMOVE n"),
            refusal(client.delete_item, TableName="orders", Key=A, ConditionExpression="attribute_not_exists(pk)"),
        ):
            assert error["Error"] == {"Code": "TransactionConflictException", "Message": ONGOING}
        assert client.get_item(TableName="orders", Key=A, ConsistentRead=True)["Item"]["n"] == {"N": "1"}
        client.put_item(TableName="orders", Item=B)
    client.delete_item(TableName="orders", Key=A)


def test_statements_meet_the_same_conflicts(cloud: Cloud, client: Any) -> None:
    update = {"Statement": "UPDATE orders SET n = 2 WHERE pk = 'a'"}
    with cloud.dynamodb.transaction("orders", {"pk": "a"}):
        error = refusal(client.execute_statement, **update)
        assert error["Error"] == {"Code": "TransactionConflictException", "Message": ONGOING}
        (response,) = client.batch_execute_statement(Statements=[update])["Responses"]
        assert response["Error"] == {"Code": "TransactionConflict", "Message": ONGOING}
        reasons = refusal(client.execute_transaction, TransactStatements=[update])["CancellationReasons"]
        assert reasons == [{"Code": "TransactionConflict", "Message": ONGOING}]
    client.execute_statement(**update)


def test_transactions_are_cancelled(cloud: Cloud, client: Any) -> None:
    actions = [{"Put": {"TableName": "orders", "Item": key}} for key in (B, A)]
    reads = [{"Get": {"TableName": "orders", "Key": key}} for key in (B, A)]
    statements = [{"Statement": f"SELECT * FROM orders WHERE pk = '{key['pk']['S']}'"} for key in (B, A)]
    with cloud.dynamodb.transaction("orders", {"pk": "a"}):
        for error in (
            refusal(client.transact_write_items, TransactItems=actions),
            refusal(client.transact_get_items, TransactItems=reads),
            refusal(client.execute_transaction, TransactStatements=statements),
        ):
            assert error["Error"]["Message"].endswith("specific reasons [None, TransactionConflict]")
            assert error["CancellationReasons"] == [
                {"Code": "None"},
                {"Code": "TransactionConflict", "Message": ONGOING},
            ]
    assert [item["pk"] for item in cloud.dynamodb.items("orders")] == ["a"]
    client.transact_write_items(TransactItems=actions)


def test_batches_leave_items_unprocessed(cloud: Cloud, client: Any) -> None:
    entries = [{"DeleteRequest": {"Key": A}}, {"PutRequest": {"Item": B}}]
    held = cloud.dynamodb.transaction("orders", {"pk": "a"})
    answer = client.batch_write_item(RequestItems={"orders": entries})
    assert answer["UnprocessedItems"] == {"orders": [{"DeleteRequest": {"Key": A}}]}
    held.end()
    assert client.batch_write_item(RequestItems=answer["UnprocessedItems"])["UnprocessedItems"] == {}
    assert [item["pk"] for item in cloud.dynamodb.items("orders")] == ["b"]


def test_a_token_in_progress(cloud: Cloud, client: Any) -> None:
    request = {"TransactItems": [{"Put": {"TableName": "orders", "Item": B}}], "ClientRequestToken": "mine"}
    with cloud.dynamodb.transaction("orders", token="mine"):
        error = refusal(client.transact_write_items, **request)["Error"]
        assert error["Code"] == "TransactionInProgressException"
        assert error["Message"] == "The transaction with the given request token is already in progress."
    client.transact_write_items(**request)


def test_a_retry_succeeds_when_the_other_thread_has_ended(cloud: Cloud, client: Any) -> None:
    """The other side of a race: a thread whose transaction is under way while this one writes."""
    started, tried = threading.Event(), threading.Event()

    def other() -> None:
        with cloud.dynamodb.transaction("orders", {"pk": "a"}):
            started.set()
            tried.wait(10)

    thread = threading.Thread(target=other)
    thread.start()
    started.wait(10)
    assert refusal(client.put_item, TableName="orders", Item=A)["Error"]["Code"] == "TransactionConflictException"
    tried.set()
    thread.join()
    client.put_item(TableName="orders", Item=A)


def test_what_is_wrong_with_the_call(cloud: Cloud, client: Any) -> None:
    with pytest.raises(AwsError, match="ResourceNotFoundException"):
        cloud.dynamodb.transaction("nowhere", {"pk": "a"})
    with pytest.raises(AwsError, match="does not match the schema"):
        cloud.dynamodb.transaction("orders", {"pk": 1})
    with pytest.raises(TypeError, match="keys are"):
        cloud.dynamodb.transaction("orders", {"pk": 1.5})


def test_going_back_ends_it_too(cloud: Cloud, client: Any) -> None:
    with cloud.scratch():
        cloud.dynamodb.transaction("orders", {"pk": "a"})
    client.delete_item(TableName="orders", Key=A)
