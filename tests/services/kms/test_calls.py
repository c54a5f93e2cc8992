"""Calls in order, with what AWS answers: tests/cases/kms_calls.json.

A call has ``do``, ``with``, and ``gives`` (members of the answer by their paths) or ``error`` (code and message). ``account``
and ``region`` say whose and where it is, ``days`` let time pass before it. ``"${0.KeyMetadata.KeyId}"`` is that member of the
first call's answer, ``{"from": "0.CiphertextBlob"}`` the same where it isn't text, ``{"bytes": "x"}`` is binary.
"""

from __future__ import annotations

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

CASES = json.loads((Path(__file__).parents[2] / "cases" / "kms_calls.json").read_text(encoding="utf-8"))


@cache
def client(account: str, region: str) -> Any:
    """Clients are made once, outside; they take parameters that boto3 would refuse."""
    config = Config(retries={"max_attempts": 0}, parameter_validation=False)
    keys = {"aws_access_key_id": account, "aws_secret_access_key": "testing"}
    return boto3.client("kms", region_name=region, config=config, **keys)


@pytest.fixture(scope="session", autouse=True)
def _made_outside() -> None:
    for case in CASES:
        for call in case["calls"]:
            client(call.get("account", "123456789012"), call.get("region", "us-east-1"))


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["name"])
def test_calls(cloud: Cloud, case: dict[str, Any]) -> None:
    answers: list[Any] = []
    for call in case["calls"]:
        cloud.clock.advance(days=call.get("days", 0))
        kms = client(call.get("account", "123456789012"), call.get("region", "us-east-1"))
        params = filled(call.get("with", {}), answers)
        if "error" in call:
            with pytest.raises(ClientError) as caught:
                getattr(kms, call["do"])(**params)
            found = caught.value.response["Error"]
            assert [found["Code"], found["Message"]] == filled(call["error"], answers), call
            answers.append(None)
            continue
        answer = getattr(kms, call["do"])(**params)
        for path, expected in filled(call.get("gives", {}), answers).items():
            assert member(answer, path) == expected, (path, call)
        answers.append(answer)


def member(answer: Any, path: str) -> Any:
    for part in path.split("."):
        if answer is None:
            return None
        if part == "length":
            return len(answer)
        answer = answer[int(part)] if isinstance(answer, list) else answer.get(part)
    return answer if answer is None or isinstance(answer, (str, bytes, int, list, dict)) else answer.isoformat()


def filled(value: Any, answers: list[Any]) -> Any:
    if isinstance(value, dict):
        if list(value) == ["bytes"]:
            return value["bytes"].encode()
        if list(value) == ["repeat"]:
            return value["repeat"][0] * value["repeat"][1]
        if list(value) == ["json"]:
            return json.dumps(filled(value["json"], answers))
        if list(value) == ["from"]:
            number, _, path = value["from"].partition(".")
            return member(answers[int(number)], path)
        return {key: filled(item, answers) for key, item in value.items()}
    if isinstance(value, list):
        return [filled(item, answers) for item in value]
    if isinstance(value, str) and "${" in value:
        return re.sub(r"\$\{(\d+)\.([^}]+)\}", lambda m: str(member(answers[int(m[1])], m[2])), value)
    return value
