"""Parameters as a service reads them off the wire."""

from __future__ import annotations

import io
from datetime import date, datetime, timezone
from enum import Enum
from typing import Any

import pytest

from mock_serverless.core.errors import AwsError
from mock_serverless.core.operation import service_model
from mock_serverless.core.parameters import reader


def read(service: str, operation: str, params: Any) -> Any:
    return reader(service_model(service).operation_model(operation).input_shape)(params)


def test_blobs_become_bytes() -> None:
    for payload in (b"abc", "abc", bytearray(b"abc"), io.BytesIO(b"abc"), io.StringIO("abc"), memoryview(b"abc")):
        assert read("lambda", "Invoke", {"FunctionName": "f", "Payload": payload})["Payload"] == b"abc"


@pytest.mark.parametrize(
    "moment",
    [
        datetime(2025, 1, 2, tzinfo=timezone.utc),
        datetime(2025, 1, 2),
        date(2025, 1, 2),
        1735776000,
        "1735776000",
        "2025-01-02T00:00:00Z",
        "2025-01-02",
    ],
)
def test_times_become_aware_datetimes(moment: Any) -> None:
    params = {"tableName": "x"}
    request = read("dynamodb", "ListBackups", {"TimeRangeLowerBound": moment, **params})
    assert request == {"TimeRangeLowerBound": datetime(2025, 1, 2, tzinfo=timezone.utc)}


def test_what_is_read_is_the_services_own() -> None:
    item = {"id": {"S": "a"}, "tags": {"L": [{"S": "x"}]}}
    request = read("dynamodb", "PutItem", {"TableName": "t", "Item": item})
    item["tags"]["L"].append({"S": "y"})  # type: ignore[attr-defined]
    item["id"]["S"] = "b"  # type: ignore[call-overload]
    assert request["Item"] == {"id": {"S": "a"}, "tags": {"L": [{"S": "x"}]}}


def test_nulls_and_unknown_members_are_not_there() -> None:
    assert read("dynamodb", "PutItem", {"TableName": "t", "Item": None, "Sprocket": 1}) == {"TableName": "t"}


def test_enum_members_and_subclasses_are_texts() -> None:
    class Mode(str, Enum):
        ON = "PROVISIONED"

    request = read("dynamodb", "CreateTable", {"BillingMode": Mode.ON})
    assert request == {"BillingMode": "PROVISIONED"}
    assert type(request["BillingMode"]) is str


@pytest.mark.parametrize(
    ("params", "message"),
    [
        ({"TableName": 5}, "NUMBER_VALUE can not be converted to a String"),
        ({"TableName": True}, "TRUE_VALUE can not be converted to a String"),
        ({"TableName": {}}, "Start of structure or map found where not expected."),
        ({"TableName": []}, "Start of list found where not expected"),
        ({"Item": "x"}, "Unexpected field type"),
        ({"Item": {"a": {"BOOL": "yes"}}}, "STRING_VALUE can not be converted to a Boolean"),
        ("x", "Unexpected field type"),
    ],
)
def test_wrong_kinds_are_refused(params: Any, message: str) -> None:
    with pytest.raises(AwsError) as caught:
        read("dynamodb", "PutItem", params)
    assert (caught.value.code, caught.value.message) == ("SerializationException", message)


def test_no_input() -> None:
    assert reader(None)({"a": 1}) == {}
