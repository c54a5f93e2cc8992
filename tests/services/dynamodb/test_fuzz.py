"""No parameters, however wrong, give anything but an answer of AWS's: an answer that fits, or a modelled error.

Requests are drawn from botocore's input shapes, for every operation there is, against a cloud with a little of everything. Sound
ones go straight to the cloud. Wild ones, with values of any type in any place, go through boto3, which is told not to look at
them. What botocore's own serializer can't write down never leaves the SDK and is no answer of ours.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError
from hypothesis import given, settings
from hypothesis import strategies as st

from mock_serverless import InternalError, mock_cloud
from mock_serverless.cloud import Cloud
from mock_serverless.core import operation
from mock_serverless.core.errors import AwsError, NotSupported

operation.load("dynamodb")
OPERATIONS = sorted(key for key in operation.OPERATIONS if key[0] in ("dynamodb", "dynamodbstreams"))
DIFFERENCES = (Path(__file__).parents[3] / "docs" / "differences.md").read_text(encoding="utf-8").lower()
UNMODELLED = {"ValidationException", "SerializationException", "AccessDeniedException", "ThrottlingException"}

TABLE_ARN = "arn:aws:dynamodb:us-east-1:123456789012:table/tab"
WORDS = st.sampled_from(
    [
        *("tab", "one", "two", "pk", "sk", "g", "l", "a", ":a", "#a", "", "1", "x" * 300, "é\U0001f600", "\ud800"),
        *("pk = :a", "g = :a", "SET a = :a", "REMOVE a", "attribute_exists(pk)", "a, b[0].c", "size(a) > :a"),
        *(TABLE_ARN, f"{TABLE_ARN}/index/one", f"{TABLE_ARN}/stream/2026-01-01T00:00:00.000", "us-east-1", "eu-west-1"),
        *(
            "SELECT * FROM tab",
            "INSERT INTO tab VALUE {'pk': 'a', 'sk': 1}",
            "UPDATE tab SET a = ? WHERE pk = 'a' AND sk = 1",
            "EXISTS(SELECT * FROM tab WHERE pk = 'a' AND sk = 1 AND l = 'a')",
            "DELETE FROM tab WHERE pk = ? AND sk = ?",
            "{}",
        ),
    ]
)
NUMBERS = st.integers(-1, 3) | st.sampled_from([10**6, 2**31, 2**63])
WILD: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5) | st.binary(max_size=3) | WORDS,
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(WORDS, inner, max_size=2),
    max_leaves=4,
)


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
    if kind == "timestamp":
        return st.datetimes()
    if kind in ("float", "double"):
        return st.floats(allow_nan=False, width=32)
    return st.sampled_from([b"", b"a"]) if kind == "blob" else NUMBERS


def _structure(shape: Any, depth: int) -> st.SearchStrategy[Any]:
    members = {n: value_of(m, depth + 1) for n, m in shape.members.items()}
    if shape.name == "AttributeValue":
        return st.one_of(*(st.fixed_dictionaries({n: m}) for n, m in members.items()))
    required = {n: members.pop(n) for n in shape.required_members}
    return st.fixed_dictionaries(required, optional=members)


@st.composite
def wild(draw: Any, shape: Any) -> Any:
    """A sound request in which one or two places hold anything, or nothing."""
    request = draw(value_of(shape))
    for _ in range(draw(st.integers(1, 2))):
        request = _spoiled(draw, request)
    return request


def _spoiled(draw: Any, value: Any) -> Any:
    inside = (
        list(value.items()) if isinstance(value, dict) else list(enumerate(value)) if isinstance(value, list) else []
    )
    if not inside:
        return draw(WILD)
    place, member = draw(st.sampled_from(inside))
    made: Any = dict(value) if isinstance(value, dict) else list(value)
    if isinstance(made, dict) and draw(st.integers(0, 3)) == 0:
        del made[place]
    else:
        made[place] = _spoiled(draw, member)
    return made


def fill(cloud: Cloud) -> None:
    """A table with indexes, items, a stream, tags, expiry and recovery, as far as there are operations for it."""
    types = {"pk": "S", "sk": "N", "g": "S", "l": "S"}

    def key(*names: str) -> list[dict[str, str]]:
        return [{"AttributeName": n, "KeyType": "RANGE" if i else "HASH"} for i, n in enumerate(names)]

    def do(name: str, **params: Any) -> None:
        if ("dynamodb", name) in operation.OPERATIONS:
            cloud.call("dynamodb", name, params)

    do(
        "CreateTable",
        TableName="tab",
        BillingMode="PAY_PER_REQUEST",
        KeySchema=key("pk", "sk"),
        AttributeDefinitions=[{"AttributeName": n, "AttributeType": t} for n, t in types.items()],
        GlobalSecondaryIndexes=[
            {"IndexName": "one", "KeySchema": key("g"), "Projection": {"ProjectionType": "KEYS_ONLY"}}
        ],
        LocalSecondaryIndexes=[
            {"IndexName": "two", "KeySchema": key("pk", "l"), "Projection": {"ProjectionType": "ALL"}}
        ],
        StreamSpecification={"StreamEnabled": True, "StreamViewType": "NEW_AND_OLD_IMAGES"},
    )
    do("UpdateTable", TableName="tab", ReplicaUpdates=[{"Create": {"RegionName": "us-west-2"}}])
    recovery = {"PointInTimeRecoveryEnabled": True}
    do("UpdateContinuousBackups", TableName="tab", PointInTimeRecoverySpecification=recovery)
    do("UpdateTimeToLive", TableName="tab", TimeToLiveSpecification={"AttributeName": "a", "Enabled": True})
    do("TagResource", ResourceArn=TABLE_ARN, Tags=[{"Key": "a", "Value": "b"}])
    do("CreateBackup", TableName="tab", BackupName="one")
    for number in range(3):
        do(
            "PutItem",
            TableName="tab",
            Item={"pk": {"S": "a"}, "sk": {"N": str(number)}, "g": {"S": "a"}, "l": {"S": "a"}},
        )


@pytest.fixture(scope="module")
def fuzzed() -> Any:
    config = Config(parameter_validation=False, retries={"max_attempts": 0})
    keys = {"aws_access_key_id": "testing", "aws_secret_access_key": "testing", "region_name": "us-east-1"}
    with mock_cloud() as cloud:
        fill(cloud)
        clients = {s: boto3.client(s, config=config, **keys) for s in ("dynamodb", "dynamodbstreams")}
        yield cloud, cloud.snapshot(), clients


def check_refusal(service: str, name: str, code: str, message: str) -> None:
    errors = {e.name for e in operation.service_model(service).operation_model(name).error_shapes}
    assert code in errors | UNMODELLED
    assert message or code == "IdempotentParameterMismatchException"


def check_unsupported(name: str, refusal: NotSupported) -> None:
    """It names what isn't there, and docs/differences.md names it too (by its words: ReplicaUpdates as replica)."""
    text = str(refusal)
    assert name in text
    words = [w.lower() for part in re.findall(r"[A-Z]\w+", text) for w in re.findall(r"[A-Z][a-z]{4,}", part)]
    assert any(word.rstrip("s") in DIFFERENCES for word in words), text


@pytest.mark.parametrize(("service", "name"), OPERATIONS, ids=lambda part: part)
def test_whatever_is_asked(service: str, name: str, fuzzed: Any) -> None:
    cloud, fresh, _ = fuzzed
    shape = operation.service_model(service).operation_model(name).input_shape

    @settings(max_examples=18)
    @given(value_of(shape), st.booleans())
    def check(params: dict[str, Any], of_the_table: bool) -> None:
        if of_the_table and "TableName" in params:
            params["TableName"] = "tab"
        cloud.restore(fresh)
        try:
            cloud.call(service, name, params)
        except AwsError as refusal:
            check_refusal(service, name, refusal.code, refusal.message)
        except NotSupported as refusal:
            check_unsupported(name, refusal)

    check()


@pytest.mark.parametrize(("service", "name"), OPERATIONS, ids=lambda part: part)
def test_whatever_is_sent(service: str, name: str, fuzzed: Any) -> None:
    cloud, fresh, clients = fuzzed
    shape = operation.service_model(service).operation_model(name).input_shape
    client = clients[service]
    method = next(m for m, o in client.meta.method_to_api_mapping.items() if o == name)

    @settings(max_examples=8)
    @given(wild(shape))
    def check(params: Any) -> None:
        cloud.restore(fresh)
        try:
            getattr(client, method)(**params) if isinstance(params, dict) else None
        except ClientError as refusal:
            error = refusal.response["Error"]
            check_refusal(service, name, error["Code"], error["Message"])
        except NotSupported as refusal:
            check_unsupported(name, refusal)
        except InternalError:
            raise
        except (
            BotoCoreError,
            AttributeError,
            KeyError,
            TypeError,
            ValueError,
            OverflowError,
            RuntimeError,
        ) as unwritable:
            if any(module.startswith("mock_serverless.services") for module in _modules(unwritable)):
                raise

    check()


def _modules(error: BaseException) -> list[str]:
    """Where an error has come from: the modules of its traceback."""
    trace, found = error.__traceback__, []
    while trace is not None:
        found.append(str(trace.tb_frame.f_globals["__name__"]))
        trace = trace.tb_next
    return found
