"""TestState with mocks, context objects and settings: tests/cases/stepfunctions_state_tests.json."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError

from mock_serverless.cloud import Cloud

CASES = json.loads((Path(__file__).resolve().parents[2] / "cases" / "stepfunctions_state_tests.json").read_text())[
    "cases"
]
TEXTS = ("input", "context")


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["name"])
def test_case(case: dict[str, Any], cloud: Cloud) -> None:
    client = boto3.client("stepfunctions", region_name="us-east-1")
    if not {"mock", "context"} <= set(client.meta.service_model.operation_model("TestState").input_shape.members):
        pytest.skip("this botocore's TestState takes no mock")
    params = {k: json.dumps(v) if k in TEXTS and not isinstance(v, str) else v for k, v in case["with"].items()}
    definition = json.dumps(case["state"])
    if "refused" in case:
        with pytest.raises(ClientError) as caught:
            client.test_state(definition=definition, **params)
        error = caught.value.response["Error"]
        assert [error["Code"], error["Message"]] == case["refused"]
        return
    answer = client.test_state(definition=definition, **params)
    assert {k: answer.get(k) for k in case["answer"]} == case["answer"]
    shown = answer.get("inspectionData", {})
    assert {k: shown.get(k) for k in case.get("shown", {})} == case.get("shown", {})
