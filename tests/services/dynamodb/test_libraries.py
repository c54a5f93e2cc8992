"""Libraries that build on DynamoDB, used as their own guides show: PynamoDB, Powertools' idempotency and parameters.

https://pynamodb.readthedocs.io, https://docs.powertools.aws.dev/lambda/python/latest/utilities/idempotency/
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import boto3
import pytest
from aws_lambda_powertools.utilities.feature_flags import FeatureFlags, StoreProvider
from aws_lambda_powertools.utilities.idempotency import (
    DynamoDBPersistenceLayer,
    IdempotencyConfig,
    idempotent,
    idempotent_function,
)
from aws_lambda_powertools.utilities.idempotency.exceptions import (
    IdempotencyAlreadyInProgressError,
    IdempotencyValidationError,
)
from aws_lambda_powertools.utilities.parameters import DynamoDBProvider
from pynamodb.attributes import (
    ListAttribute,
    MapAttribute,
    NumberAttribute,
    TTLAttribute,
    UnicodeAttribute,
    UnicodeSetAttribute,
    VersionAttribute,
)
from pynamodb.connection import Connection
from pynamodb.exceptions import DeleteError, DoesNotExist, PutError, TransactWriteError, UpdateError
from pynamodb.indexes import AllProjection, GlobalSecondaryIndex, KeysOnlyProjection, LocalSecondaryIndex
from pynamodb.models import Model
from pynamodb.transactions import TransactGet, TransactWrite

from mock_serverless import Cloud


class ByStatus(GlobalSecondaryIndex["Order"]):
    class Meta:
        index_name = "by-status"
        projection = AllProjection()

    status = UnicodeAttribute(hash_key=True)
    total = NumberAttribute(range_key=True)


class ByTotal(LocalSecondaryIndex["Order"]):
    class Meta:
        index_name = "by-total"
        projection = KeysOnlyProjection()

    customer = UnicodeAttribute(hash_key=True)
    total = NumberAttribute(range_key=True)


class Address(MapAttribute[str, Any]):
    city = UnicodeAttribute()


class Order(Model):
    class Meta:
        table_name = "orders"
        region = "us-east-1"
        billing_mode = "PAY_PER_REQUEST"

    customer = UnicodeAttribute(hash_key=True)
    number = NumberAttribute(range_key=True)
    status = UnicodeAttribute(default="open")
    total = NumberAttribute(default=0)
    tags = UnicodeSetAttribute(null=True)
    lines: ListAttribute[Any] = ListAttribute(default=list)
    address = Address(null=True)
    gone = TTLAttribute(null=True)
    by_status = ByStatus()
    by_total = ByTotal()


class Account(Model):
    class Meta:
        table_name = "accounts"
        region = "us-east-1"
        billing_mode = "PAY_PER_REQUEST"

    name = UnicodeAttribute(hash_key=True)
    balance = NumberAttribute(default=0)
    version = VersionAttribute()


@pytest.fixture
def orders(cloud: Cloud, monkeypatch: pytest.MonkeyPatch) -> type[Order]:
    for name, value in (
        ("ACCESS_KEY_ID", "testing"),
        ("SECRET_ACCESS_KEY", "testing"),
        ("DEFAULT_REGION", "us-east-1"),
    ):
        monkeypatch.setenv(f"AWS_{name}", value)
    Order.create_table(wait=True)
    Account.create_table(wait=True)
    return Order


def saved(count: int) -> None:
    with Order.batch_write() as batch:
        for number in range(count):
            batch.save(Order("ann", number, total=count - number, status="open" if number % 3 else "shut"))


def test_pynamodb_saves_and_reads(orders: type[Order]) -> None:
    order = Order("ann", 1, total=12.5, tags={"a", "b"}, lines=["x", 2], address=Address(city="Bern"))
    order.save(Order.customer.does_not_exist())
    found = Order.get("ann", 1, consistent_read=True)
    assert (found.total, found.tags, found.lines, found.address.city) == (12.5, {"a", "b"}, ["x", 2], "Bern")
    with pytest.raises(PutError) as refused:
        order.save(Order.customer.does_not_exist())
    assert refused.value.cause_response_code == "ConditionalCheckFailedException"
    with pytest.raises(DoesNotExist):
        Order.get("ann", 2)
    order.update([Order.total.add(1), Order.lines.set(Order.lines.append(["y"])), Order.tags.delete({"a"})])
    assert (order.total, order.lines, order.tags) == (13.5, ["x", 2, "y"], {"b"})
    with pytest.raises(UpdateError):
        order.update([Order.address.city.set("Basel")], condition=Order.total > 100)
    with pytest.raises(DeleteError):
        order.delete(Order.status == "shut")
    order.delete(Order.status.is_in("open", "new") & Order.tags.contains("b") & (Order.address.city.startswith("B")))
    assert Order.count() == 0


def test_pynamodb_reads_pages_and_indexes(orders: type[Order]) -> None:
    saved(60)
    assert [o.number for o in Order.query("ann", Order.number.between(10, 12))] == [10, 11, 12]
    assert [o.number for o in Order.query("ann", scan_index_forward=False, limit=2)] == [59, 58]
    pages = Order.query("ann", page_size=7, filter_condition=Order.status == "shut")
    assert [o.number for o in pages] == list(range(0, 60, 3))
    assert sorted(o.number for o in Order.scan(Order.total <= 2)) == [58, 59]
    assert {o.number for s in range(3) for o in Order.scan(segment=s, total_segments=3)} == set(range(60))
    assert [o.number for o in Order.by_status.query("shut", Order.total > 55)] == [3, 0]
    assert [o.number for o in Order.by_total.query("ann", Order.total < 3)] == [59, 58]
    assert Order.by_status.count("open") == 40
    wanted = [("ann", number) for number in (5, 7, 99)]
    assert sorted(o.number for o in Order.batch_get(wanted, attributes_to_get=["customer", "number"])) == [5, 7]
    first = Order.query("ann", limit=1, page_size=1)
    next(first)
    assert first.last_evaluated_key == {"customer": {"S": "ann"}, "number": {"N": "0"}}
    with Order.batch_write() as batch:
        for order in list(Order.scan()):
            batch.delete(order)
    assert Order.count("ann") == 0


def test_pynamodb_versions_and_transactions(orders: type[Order]) -> None:
    connection = Connection(region="us-east-1")
    mine, yours = Account("a", balance=10), Account("b", balance=0)
    with TransactWrite(connection=connection) as transaction:
        transaction.save(mine)
        transaction.save(yours)
    stale = Account.get("a")
    mine.update([Account.balance.set(5)])
    assert mine.version == 2
    with pytest.raises(PutError, match="conditional request failed"):
        stale.save()
    transaction = TransactWrite(connection=connection, client_request_token="once")
    with pytest.raises(TransactWriteError) as cancelled, transaction:
        transaction.update(mine, [Account.balance.add(-7)], condition=Account.balance >= 7)
        transaction.update(yours, [Account.balance.add(7)])
    assert [reason and reason.code for reason in cancelled.value.cancellation_reasons] == [
        "ConditionalCheckFailed",
        None,
    ]
    with TransactGet(connection=connection) as reading:
        both = [reading.get(Account, name) for name in ("a", "b")]
    assert [account.get().balance for account in both] == [5, 0]


def test_pynamodb_expires_items(orders: type[Order], cloud: Cloud) -> None:
    now = cloud.clock.now()
    Order("ann", 1, gone=now + timedelta(hours=1)).save()
    Order("ann", 2).save()
    cloud.clock.advance(hours=2)
    assert [order.number for order in Order.scan()] == [2]


# ---------------------------------------------------------------------- Powertools


@pytest.fixture
def table(cloud: Cloud) -> Any:
    return boto3.resource("dynamodb", region_name="us-east-1").create_table(
        TableName="once",
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
        BillingMode="PAY_PER_REQUEST",
    )


def layer(table: Any) -> DynamoDBPersistenceLayer:
    return DynamoDBPersistenceLayer(
        table_name=table.name, boto3_client=boto3.client("dynamodb", region_name="us-east-1")
    )


class Context:
    """As much of a Lambda context as the idempotency utility reads."""

    function_name = "pay"

    def get_remaining_time_in_millis(self) -> int:
        return 3000


def test_powertools_runs_a_handler_once(table: Any, cloud: Cloud) -> None:
    paid: list[int] = []

    @idempotent(persistence_store=layer(table), config=IdempotencyConfig(event_key_jmespath="order"))
    def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
        paid.append(event["order"])
        return {"payment": len(paid)}

    for order, payment in ((1, 1), (1, 1), (2, 2), (1, 1)):
        assert handler({"order": order}, Context()) == {"payment": payment}
    assert paid == [1, 2]
    assert {item["status"] for item in cloud.dynamodb.items(table.name)} == {"COMPLETED"}


def test_powertools_sees_what_runs_already_and_what_differs(table: Any, cloud: Cloud) -> None:
    config = IdempotencyConfig(event_key_jmespath="order", payload_validation_jmespath="amount")
    store = layer(table)

    @idempotent(persistence_store=store, config=config)
    def handler(event: dict[str, Any], context: Any) -> int:
        if event.get("again"):
            handler({**event, "again": False}, context)
        return 1

    with pytest.raises(IdempotencyAlreadyInProgressError):
        handler({"order": 1, "amount": 5, "again": True}, Context())
    assert cloud.dynamodb.items(table.name) == []  # a failed run may be tried again
    assert handler({"order": 1, "amount": 5}, Context()) == 1
    with pytest.raises(IdempotencyValidationError):
        handler({"order": 1, "amount": 6}, Context())


def test_powertools_idempotent_functions(table: Any) -> None:
    ran: list[str] = []
    config = IdempotencyConfig(lambda_context=Context())

    @idempotent_function(data_keyword_argument="name", persistence_store=layer(table), config=config)
    def greet(*, name: str) -> str:
        ran.append(name)
        return f"hello {name}"

    assert [greet(name=n) for n in ("ann", "ann", "bob")] == ["hello ann", "hello ann", "hello bob"]
    assert ran == ["ann", "bob"]


def test_powertools_parameters_and_feature_flags(cloud: Cloud) -> None:
    resource = boto3.resource("dynamodb", region_name="us-east-1")
    made = resource.create_table(
        TableName="settings",
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}, {"AttributeName": "sk", "KeyType": "RANGE"}],
        AttributeDefinitions=[{"AttributeName": n, "AttributeType": "S"} for n in ("id", "sk")],
        BillingMode="PAY_PER_REQUEST",
    )
    for name, value in (("host", "example.com"), ("port", "443")):
        made.put_item(Item={"id": "api", "sk": name, "value": value})
    parameters = DynamoDBProvider(table_name="settings", boto3_client=resource)
    assert parameters.get_multiple("api") == {"host": "example.com", "port": "443"}
    flat = resource.create_table(
        TableName="flags",
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
        BillingMode="PAY_PER_REQUEST",
    )
    rule = {
        "when_match": True,
        "conditions": [{"action": "EQUALS", "key": "tier", "value": "premium"}],
    }
    flat.put_item(Item={"id": "features", "value": {"discount": {"default": False, "rules": {"premium": rule}}}})
    provider = DynamoDBProvider(table_name="flags", boto3_client=resource)

    class Store(StoreProvider):
        """Feature flags out of DynamoDB, as the guide's "bring your own store" has it."""

        def get_configuration(self) -> dict[str, Any]:
            found: Any = provider.get("features", max_age=0)
            return dict(found)

        @property
        def get_raw_configuration(self) -> dict[str, Any]:
            return self.get_configuration()

    flags = FeatureFlags(store=Store())
    assert flags.evaluate(name="discount", context={"tier": "premium"}, default=False) is True
    assert flags.evaluate(name="discount", context={"tier": "basic"}, default=True) is False
