"""What a transaction or a batch costs is what its writes cost alone: of the table twice as much in a transaction.

https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/transaction-apis.html#transaction-capacity-handling. What single
writes cost is compared with AWS's DynamoDB Local (tests/reference), which counts those of transactions wrongly.
"""

from __future__ import annotations

from collections import Counter
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from mock_serverless import Cloud

NAME = "counted"
INDEX_KEYS = {"local": ("p", "h"), "global": ("g", "h"), "simple": ("g",)}
TEXTS = st.sampled_from(("1", "2", "x" * 1500, "x" * 2500))
attributes = st.dictionaries(st.sampled_from(("g", "h")), st.sampled_from(("1", "2")), max_size=2).flatmap(
    lambda keys: st.dictionaries(st.sampled_from(("a", "b")), TEXTS, max_size=2).map(lambda more: {**more, **keys})
)
kinds = st.sampled_from(("Put", "Put", "Update", "Delete", "ConditionCheck"))


def index(name: str) -> dict[str, Any]:
    keys = [{"AttributeName": n, "KeyType": k} for n, k in zip(INDEX_KEYS[name], ("HASH", "RANGE"), strict=False)]
    projection = {"local": "ALL", "global": "KEYS_ONLY", "simple": "ALL"}[name]
    return {"IndexName": name, "KeySchema": keys, "Projection": {"ProjectionType": projection}}


def tabled() -> Cloud:
    """A cloud with the table."""
    cloud = Cloud()
    table = {
        "TableName": NAME,
        "KeySchema": [{"AttributeName": "p", "KeyType": "HASH"}, {"AttributeName": "q", "KeyType": "RANGE"}],
        "AttributeDefinitions": [{"AttributeName": n, "AttributeType": "N" if n == "q" else "S"} for n in "pqgh"],
        "BillingMode": "PAY_PER_REQUEST",
        "LocalSecondaryIndexes": [index("local")],
        "GlobalSecondaryIndexes": [index("global"), index("simple")],
    }
    cloud.call("dynamodb", "CreateTable", table)
    return cloud


def item(number: int, given: dict[str, str]) -> dict[str, Any]:
    return {"p": {"S": "p"}, "q": {"N": str(number)}, **{name: {"S": text} for name, text in given.items()}}


def action(kind: str, number: int, given: dict[str, str]) -> dict[str, Any]:
    if kind == "Put":
        return {"Put": {"TableName": NAME, "Item": item(number, given)}}
    request: dict[str, Any] = {"TableName": NAME, "Key": item(number, {})}
    if kind == "ConditionCheck":
        request["ConditionExpression"] = "attribute_not_exists(nothing)"
    if kind == "Update":
        request["UpdateExpression"] = "SET a = :a REMOVE g"
        request["ExpressionAttributeValues"] = {":a": {"S": given.get("a", "0")}}
    return {kind: request}


def costs(cloud: Cloud, operation: str, **request: Any) -> Counter[str]:
    """The units of the table and of each index, and their sum."""
    answer = cloud.call("dynamodb", operation, {**request, "ReturnConsumedCapacity": "INDEXES"})
    shown = answer["ConsumedCapacity"]
    (cost,) = shown if isinstance(shown, list) else [shown]
    found = Counter({"all": cost["CapacityUnits"], "table": cost["Table"]["CapacityUnits"]})
    for kind in ("LocalSecondaryIndexes", "GlobalSecondaryIndexes"):
        found.update({name: units["CapacityUnits"] for name, units in cost.get(kind, {}).items()})
    assert cost["CapacityUnits"] == sum(units for name, units in found.items() if name != "all")
    return found


@settings(max_examples=30)
@given(
    before=st.lists(attributes, max_size=5),
    wanted=st.lists(st.tuples(kinds, attributes), min_size=1, max_size=6),
)
def test_a_transaction_costs_what_its_actions_cost(before: list[Any], wanted: list[Any]) -> None:
    cloud = tabled()
    for number, texts in enumerate(before):
        cloud.call("dynamodb", "PutItem", {"TableName": NAME, "Item": item(number, texts)})
    actions = [action(kind, number, texts) for number, (kind, texts) in enumerate(wanted)]
    alone: Counter[str] = Counter()
    for one in actions:
        with cloud.scratch():
            alone += costs(cloud, "TransactWriteItems", TransactItems=[one])
    singly: Counter[str] = Counter()
    for one in actions:
        for kind in ("Put", "Update", "Delete"):
            if kind in one:
                with cloud.scratch():
                    singly += costs(cloud, f"{kind}Item", **one[kind])
    checks = [one for one in actions if "ConditionCheck" in one]
    if not checks:
        assert alone - Counter({"table": singly["table"], "all": singly["table"]}) == singly
    assert costs(cloud, "TransactWriteItems", TransactItems=actions) == alone


@settings(max_examples=20)
@given(st.lists(st.tuples(st.booleans(), attributes), min_size=1, max_size=6))
def test_a_batch_costs_what_its_writes_cost(wanted: list[Any]) -> None:
    cloud = tabled()
    for number in range(3):
        cloud.call(
            "dynamodb", "PutItem", {"TableName": NAME, "Item": item(number, {"g": "1", "h": "1", "a": "x" * 1500})}
        )
    singly: Counter[str] = Counter()
    entries = []
    for number, (put, texts) in enumerate(wanted):
        one = {"Item": item(number, texts)} if put else {"Key": item(number, {})}
        entries.append({"PutRequest" if put else "DeleteRequest": one})
        with cloud.scratch():
            singly += costs(cloud, "PutItem" if put else "DeleteItem", TableName=NAME, **one)
    assert costs(cloud, "BatchWriteItem", RequestItems={NAME: entries}) == singly
