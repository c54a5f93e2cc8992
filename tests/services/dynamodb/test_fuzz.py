"""No parameters, however wrong, give anything but an answer of AWS's: an answer that fits, or a modelled error."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mock_serverless.cloud import Cloud
from mock_serverless.core import operation
from mock_serverless.core.errors import AwsError, NotSupported

operation.load("dynamodb")
OPERATIONS = sorted(key for key in operation.OPERATIONS if key[0] in ("dynamodb", "dynamodbstreams"))

WORDS = st.sampled_from(
    [
        "tab",
        "one",
        "pk",
        "sk",
        "g",
        "l",
        "a",
        ":a",
        "#a",
        "",
        "pk = :a",
        "g = :a",
        "SET a = :a",
        "REMOVE a",
        "attribute_exists(pk)",
        "x" * 300,
        "1",
        "arn:aws:dynamodb:us-east-1:123456789012:table/tab",
        "arn:aws:dynamodb:us-east-1:123456789012:table/tab/stream/2026-01-01T00:00:00.000",
    ]
)
NUMBERS = st.integers(-1, 3) | st.sampled_from([10**6, 2**31])


def value_of(shape: Any, depth: int = 0) -> st.SearchStrategy[Any]:
    """Something of the right kind for a shape, mostly within its constraints."""
    kind = shape.type_name
    if kind == "structure":
        if shape.name == "AttributeValue" and depth > 5:
            return st.just({"S": "a"})
        return st.deferred(lambda: _structure(shape, depth))
    if kind == "list":
        return st.deferred(lambda: st.lists(value_of(shape.member, depth + 1), max_size=3))
    if kind == "map":
        return st.deferred(lambda: st.dictionaries(WORDS, value_of(shape.value, depth + 1), max_size=3))
    if kind == "string":
        enum = shape.metadata.get("enum")
        return st.sampled_from(enum) if enum else WORDS
    if kind == "boolean":
        return st.booleans()
    if kind == "blob":
        return st.sampled_from([b"", b"a"])
    return NUMBERS


def _structure(shape: Any, depth: int) -> st.SearchStrategy[Any]:
    members = {n: value_of(m, depth + 1) for n, m in shape.members.items()}
    if shape.name == "AttributeValue":
        return st.one_of(*(st.fixed_dictionaries({n: m}) for n, m in members.items()))
    required = {n: members.pop(n) for n in shape.required_members}
    return st.fixed_dictionaries(required, optional=members)


def made() -> Cloud:
    cloud = Cloud()
    types = {"pk": "S", "sk": "N", "g": "S", "l": "S"}

    def key(*names: str) -> list[dict[str, str]]:
        return [{"AttributeName": n, "KeyType": "RANGE" if i else "HASH"} for i, n in enumerate(names)]

    cloud.call(
        "dynamodb",
        "CreateTable",
        {
            "TableName": "tab",
            "BillingMode": "PAY_PER_REQUEST",
            "KeySchema": key("pk", "sk"),
            "AttributeDefinitions": [{"AttributeName": n, "AttributeType": t} for n, t in types.items()],
            "GlobalSecondaryIndexes": [
                {"IndexName": "one", "KeySchema": key("g"), "Projection": {"ProjectionType": "KEYS_ONLY"}}
            ],
            "LocalSecondaryIndexes": [
                {"IndexName": "two", "KeySchema": key("pk", "l"), "Projection": {"ProjectionType": "ALL"}}
            ],
            "StreamSpecification": {"StreamEnabled": True, "StreamViewType": "NEW_AND_OLD_IMAGES"},
        },
    )
    replica = {"Create": {"RegionName": "us-west-2"}}
    cloud.call("dynamodb", "UpdateTable", {"TableName": "tab", "ReplicaUpdates": [replica]})
    for number in range(3):
        item = {"pk": {"S": "a"}, "sk": {"N": str(number)}, "g": {"S": "a"}, "l": {"S": "a"}}
        cloud.call("dynamodb", "PutItem", {"TableName": "tab", "Item": item})
    return cloud


@pytest.fixture(scope="module")
def fuzzed() -> tuple[Cloud, Any]:
    cloud = made()
    return cloud, cloud.snapshot()


def outcome(cloud: Cloud, service: str, name: str, params: dict[str, Any]) -> AwsError | NotSupported | None:
    try:
        cloud.call(service, name, params)
    except (AwsError, NotSupported) as error:
        return error
    return None


@pytest.mark.parametrize(("service", "name"), OPERATIONS, ids=lambda part: part)
def test_whatever_is_asked(service: str, name: str, fuzzed: tuple[Cloud, Any]) -> None:
    cloud, fresh = fuzzed
    shape = operation.service_model(service).operation_model(name).input_shape
    errors = {e.name for e in operation.service_model(service).operation_model(name).error_shapes}
    unmodelled = {"ValidationException", "SerializationException", "AccessDeniedException"}

    @settings(max_examples=40)
    @given(value_of(shape), st.booleans())
    def check(params: dict[str, Any], of_the_table: bool) -> None:
        if of_the_table and "TableName" in params:
            params["TableName"] = "tab"
        cloud.restore(fresh)
        refusal = outcome(cloud, service, name, params)
        if isinstance(refusal, AwsError):
            assert refusal.code in errors | unmodelled
            assert refusal.message
        elif refusal is not None:
            assert name in str(refusal)

    check()
