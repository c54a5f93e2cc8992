"""Calls of the service in a row, through boto3: tests/cases/stepfunctions_calls.json."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError

from mock_serverless.cloud import Cloud

CASES = json.loads((Path(__file__).resolve().parents[2] / "cases" / "stepfunctions_calls.json").read_text())["cases"]
ARN = "arn:aws:states:us-east-1:123456789012:stateMachine:"
ROLE = "arn:aws:iam::123456789012:role/r"


def named(value: Any) -> Any:
    """``M`` and ``X`` at the beginning of a text are the machines."""
    if isinstance(value, dict):
        return {k: named(v) for k, v in value.items()}
    if isinstance(value, list):
        return [named(v) for v in value]
    machine = {"M": "m", "X": "x"}.get(value[:1]) if isinstance(value, str) and value[1:2] in ("", ":", "/") else None
    return value if machine is None else ARN + machine + value[1:]


def words(message: str) -> str:
    for version in ("M:1", "M:2", "M:3", "M:77", "M/label", "M"):
        for before, after in (("[", "]"), ("[", ","), (" ", "]"), ("'", "'"), ("=", ",")):
            message = message.replace(f"{before}{version}{after}", f"{before}{ARN}m{version[1:]}{after}")
    return message


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["name"])
def test_case(case: dict[str, Any], cloud: Cloud) -> None:
    client = boto3.client("stepfunctions", region_name="us-east-1")
    for name, type in (("m", "STANDARD"), ("x", "EXPRESS")):
        for comment in ("one", "two"):
            passing = {"Comment": comment, "StartAt": "P", "States": {"P": {"Type": "Pass", "End": True}}}
            definition = json.dumps(passing)
            if comment == "one":
                client.create_state_machine(name=name, definition=definition, roleArn=ROLE, type=type, publish=True)
            else:
                client.update_state_machine(stateMachineArn=ARN + name, definition=definition, publish=True)
    for operation, params, *expected in case["calls"]:
        if isinstance(expected[0], dict):
            answer = getattr(client, operation)(**named(params))
            assert named(expected[0]).items() <= answer.items()
            continue
        with pytest.raises(ClientError) as caught:
            getattr(client, operation)(**named(params))
        error = caught.value.response["Error"]
        assert [error["Code"], error["Message"]] == [expected[0], words(expected[1])]
