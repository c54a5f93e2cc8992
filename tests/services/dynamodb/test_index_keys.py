"""Global indexes whose key has several attributes: ``cases/dynamodb_index_keys.json``, and queries against a sorted list."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError
from hypothesis import given
from hypothesis import strategies as st

from mock_serverless import Cloud, mock_cloud

CASES = json.loads((Path(__file__).parents[2] / "cases" / "dynamodb_index_keys.json").read_text(encoding="utf-8"))


def make(key: list[list[str]], types: dict[str, str]) -> Any:
    client = boto3.client("dynamodb", region_name="us-east-1", aws_access_key_id="x", aws_secret_access_key="x")
    lengths = client.meta.service_model.operation_model("CreateTable").input_shape.members["KeySchema"].metadata
    if "max" in lengths:
        pytest.skip("this botocore's model doesn't know keys of several attributes")
    client.create_table(
        TableName="wide",
        KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}],
        AttributeDefinitions=[
            {"AttributeName": name, "AttributeType": types.get(name, "S")} for name in ("pk", *(n for n, _ in key))
        ],
        BillingMode="PAY_PER_REQUEST",
        GlobalSecondaryIndexes=[
            {
                "IndexName": "multi",
                "KeySchema": [{"AttributeName": n, "KeyType": role} for n, role in key],
                "Projection": {"ProjectionType": "KEYS_ONLY"},
            }
        ],
    )
    return client


def query(client: Any, condition: str, values: dict[str, Any], **more: Any) -> dict[str, Any]:
    used = {name: values[name] for name in set(re.findall(r":\w+", condition))}
    answer: dict[str, Any] = client.query(
        TableName="wide", IndexName="multi", KeyConditionExpression=condition, ExpressionAttributeValues=used, **more
    )
    return answer


@pytest.fixture
def client(cloud: Cloud) -> Any:
    client = make(CASES["key"], {})
    for item in CASES["items"]:
        client.put_item(TableName="wide", Item={name: {"S": text} for name, text in item.items()})
    return client


@pytest.mark.parametrize("case", CASES["cases"], ids=lambda case: case["e"])
def test_conditions(client: Any, case: dict[str, Any]) -> None:
    if "error" in case:
        with pytest.raises(ClientError) as caught:
            query(client, case["e"], CASES["values"])
        assert caught.value.response["Error"] == {"Code": "ValidationException", "Message": case["error"]}
        return
    found = query(client, case["e"], CASES["values"], **case.get("with", {}))["Items"]
    assert [item["pk"]["S"] for item in found] == case["finds"]


def test_the_older_conditions_take_all_attributes_too(client: Any) -> None:
    conditions = {
        name: {"ComparisonOperator": "EQ", "AttributeValueList": [CASES["values"][f":{name}"]]} for name in "hab"
    }
    found = client.query(TableName="wide", IndexName="multi", KeyConditions=conditions)["Items"]
    assert [item["pk"]["S"] for item in found] == ["p3", "p2", "p1"]


def test_a_page_ends_with_all_attributes_of_the_keys(client: Any) -> None:
    page = query(client, "h = :h AND a = :a", CASES["values"], Limit=2)
    last = page["LastEvaluatedKey"]
    assert last == {n: {"S": t} for n, t in CASES["items"][2].items()}
    rest = query(client, "h = :h AND a = :a", CASES["values"], ExclusiveStartKey=last)
    assert [item["pk"]["S"] for item in rest["Items"]] == ["p2", "p1"]
    with pytest.raises(ClientError, match="The provided starting key is invalid"):
        query(client, "h = :h", CASES["values"], ExclusiveStartKey={n: v for n, v in last.items() if n != "c"})


PARTS = st.tuples(st.sampled_from("xy"), st.integers(-1, 10), st.sampled_from(["", "a", "ab", "b", "\U0010ffff"]))
TYPES = {"t": "S", "u": "S", "n": "N", "s": "S"}
COMPARE: dict[str, Any] = {
    "=": lambda a, b: a == b,
    "<": lambda a, b: a < b,
    "<=": lambda a, b: a <= b,
    ">": lambda a, b: a > b,
    ">=": lambda a, b: a >= b,
}


@given(
    rows=st.lists(PARTS, max_size=12),
    wanted=PARTS,
    operator=st.sampled_from(sorted(COMPARE)),
    depth=st.integers(0, 2),
    forward=st.booleans(),
    limit=st.integers(1, 4),
)
def test_queries_find_what_a_sorted_list_has(
    rows: list[tuple[str, int, str]],
    wanted: tuple[str, int, str],
    operator: str,
    depth: int,
    forward: bool,
    limit: int,
) -> None:
    """Two hash attributes; sort by a number, then by a text. Read in pages."""
    with mock_cloud():
        client = make([["t", "HASH"], ["u", "HASH"], ["n", "RANGE"], ["s", "RANGE"]], TYPES)
        kept = []
        for number, (t, n, s) in enumerate(rows):
            item = {"pk": {"S": str(number)}, "t": {"S": t}, "u": {"S": "u"}, "n": {"N": str(n)}}
            if s:  # an item that lacks a part isn't in the index
                item["s"] = {"S": s}
                kept.append((t, n, s))
            client.put_item(TableName="wide", Item=item)
        t, n, s = wanted[0], wanted[1], wanted[2] or "a"
        condition, fits = "t = :t AND u = :u", [row for row in kept if row[0] == t]
        if depth == 1:
            condition += f" AND n {operator} :n"
            fits = [row for row in fits if COMPARE[operator](row[1], n)]
        if depth == 2:
            condition += f" AND n = :n AND s {operator} :s"
            fits = [row for row in fits if row[1] == n and COMPARE[operator](row[2], s)]
        values = {":t": {"S": t}, ":u": {"S": "u"}, ":n": {"N": str(n)}, ":s": {"S": s}}
        found: list[tuple[str, int, str]] = []
        more: dict[str, Any] = {}
        while True:
            page = query(client, condition, values, ScanIndexForward=forward, Limit=limit, **more)
            found += [(i["t"]["S"], int(i["n"]["N"]), i["s"]["S"]) for i in page["Items"]]
            if "LastEvaluatedKey" not in page:
                break
            more = {"ExclusiveStartKey": page["LastEvaluatedKey"]}
        assert found == sorted(fits, reverse=not forward)
