"""DynamoDB through boto3, case by case: ``cases/dynamodb_*.json``.

A case has ``tables`` (names of the definitions in dynamodb_tables.json, made first) and ``calls``; a call has ``do`` (the
operation), ``with`` (parameters) and one of ``gives`` (members of the answer, each compared as a whole), ``error`` (its code and
message, and ``fields`` of the response). ``wait`` lets seconds pass before it. ``without`` names members which aren't there.
``region`` is one of REGIONS, us-east-1 if none is named. A case that ``needs`` a parameter of an operation is skipped where
botocore's model has none. ``{"bytes": "x"}`` and ``{"base64": "eA=="}`` are binary; ``"${0.TableDescription.TableArn}"`` is that
member of the first call's answer; ``{"nested": 40}`` is a text within 40 maps.
"""

from __future__ import annotations

import base64
import json
import re
from functools import cache
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError

from mock_serverless import Cloud

FOLDER = Path(__file__).parents[2] / "cases"
DEFINITIONS = json.loads((FOLDER / "dynamodb_tables.json").read_text(encoding="utf-8"))["definitions"]
REGIONS = ("us-east-1", "us-east-2", "us-west-2", "eu-west-1")
FILES = (
    "tables",
    "items",
    "queries",
    "batches",
    "transactions",
    "streams",
    "legacy",
    "expiry",
    "tags",
    "table_updates",
    "backups",
    "replicas",
    "companions",
    "global_tables",
    "partiql",
    "vectors",
    "front_end",
    "table_front_end",
)


def _cases() -> list[Any]:
    return [
        pytest.param(case, id=f"{file}: {case['name']}")
        for file in FILES
        for case in json.loads((FOLDER / f"dynamodb_{file}.json").read_text(encoding="utf-8"))["cases"]
    ]


@cache
def client(service: str, region: str) -> Any:
    """Clients are made once, outside; they take parameters that boto3 would refuse."""
    config = Config(retries={"max_attempts": 0}, parameter_validation=False)
    keys = {"aws_access_key_id": "testing", "aws_secret_access_key": "testing"}
    return boto3.client(service, region_name=region, config=config, **keys)


@pytest.fixture(scope="session", autouse=True)
def _made_outside() -> None:
    client("dynamodbstreams", "us-east-1")
    for region in REGIONS:
        client("dynamodb", region)
        client("kms", region)


@pytest.mark.parametrize("case", _cases())
def test_case(case: dict[str, Any], cloud: Cloud) -> None:
    _skip_what_is_unknown(case)
    for name in case.get("tables", ()):
        client("dynamodb", "us-east-1").create_table(
            **{"TableName": name, "BillingMode": "PAY_PER_REQUEST", **DEFINITIONS[name]}
        )
    answers: list[dict[str, Any]] = []
    for call in case["calls"]:
        cloud.clock.advance(seconds=call.get("wait", 0))
        operation = getattr(client(call.get("service", "dynamodb"), call.get("region", "us-east-1")), call["do"])
        answers.append(_checked(operation, filled(call.get("with", {}), answers), call, answers))


def _checked(operation: Any, params: dict[str, Any], call: dict[str, Any], answers: list[Any]) -> dict[str, Any]:
    if "error" in call:
        with pytest.raises(ClientError) as caught:
            operation(**params)
        response = caught.value.response
        code, message = call["error"]
        assert (response["Error"]["Code"], response["Error"]["Message"]) == (code, filled(message, answers))
    else:
        response = operation(**params)
    for name, expected in filled(call.get("gives", {}), answers).items():
        assert _member(response, name) == expected, name
    for name in call.get("without", ()):
        assert _member(response, name) is None, name
    return dict(response)


def _skip_what_is_unknown(case: dict[str, Any]) -> None:
    if "needs" in case:
        name, parameter = case["needs"]
        shape = client("dynamodb", "us-east-1").meta.service_model.operation_model(name).input_shape
        for part in parameter.split("."):
            if part not in shape.members:
                pytest.skip(f"this botocore's model has no {parameter} of {name}")
            shape = shape.members[part]


def _member(response: Any, path: str) -> Any:
    for part in path.split("."):
        if response is None:
            return None
        response = response[int(part)] if isinstance(response, list) else response.get(part)
    return response


def nested(depth: int) -> dict[str, Any]:
    """A text within so many maps."""
    value: dict[str, Any] = {"S": "leaf"}
    for _ in range(depth):
        value = {"M": {"n": value}}
    return value


def filled(value: Any, answers: list[dict[str, Any]]) -> Any:
    if isinstance(value, dict):
        if list(value) == ["bytes"]:
            return value["bytes"].encode()
        if list(value) == ["base64"]:
            return base64.b64decode(value["base64"])
        if list(value) == ["nested"]:
            return nested(value["nested"])
        if list(value) == ["repeat"]:
            text, count = value["repeat"]
            return text * count
        return {key: filled(item, answers) for key, item in value.items()}
    if isinstance(value, list):
        return [filled(item, answers) for item in value]
    if isinstance(value, str) and "${" in value:
        return re.sub(r"\$\{(\d+)\.([^}]+)\}", lambda m: str(_member(answers[int(m[1])], m[2])), value)
    return value


VALUES = json.loads((FOLDER / "dynamodb_values.json").read_text(encoding="utf-8"))


@pytest.mark.parametrize("request_", VALUES["requests"], ids=lambda r: f"{r['do']}-{r['layer']}")
def test_refused_values(request_: dict[str, Any], cloud: Cloud) -> None:
    """``dynamodb_values.json``: every value in every request."""
    dynamodb = client("dynamodb", "us-east-1")
    dynamodb.create_table(TableName="hash", BillingMode="PAY_PER_REQUEST", **DEFINITIONS["hash"])
    for row in VALUES["values"]:
        layer = "current" if request_["layer"] in ("current", "enveloped") else "older"
        if layer not in row:
            continue
        with pytest.raises(ClientError) as caught:
            getattr(dynamodb, request_["do"])(**filled(_placed(request_["with"], row["value"]), []))
        assert caught.value.response["Error"] == {
            "Code": "ValidationException",
            "Message": _worded(request_, row[layer]),
        }
    assert cloud.dynamodb.items("hash") == []


def _placed(value: Any, placed: Any) -> Any:
    if isinstance(value, dict):
        return {name: _placed(member, placed) for name, member in value.items()}
    if isinstance(value, list):
        return [_placed(member, placed) for member in value]
    return placed if value == "VALUE" else value


def _worded(request: dict[str, Any], words: str) -> str:
    if request["layer"] == "enveloped":
        return f"1 validation error detected: {words}"
    return (
        f"ExpressionAttributeValues contains invalid value: {words} for key :v"
        if request["layer"] == "named"
        else words
    )
