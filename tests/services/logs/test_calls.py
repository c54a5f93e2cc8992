"""Calls in order, with what AWS answers: tests/cases/logs_calls.json."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

CASES = json.loads((Path(__file__).parents[2] / "cases" / "logs_calls.json").read_text(encoding="utf-8"))
NEWER = {"deletionProtectionEnabled", "applyOnTransformedLogs"}
"""Members which older models of botocore's don't have."""


def read(value: Any) -> Any:
    if isinstance(value, dict):
        return value["repeat"][0] * value["repeat"][1] if "repeat" in value else {k: read(v) for k, v in value.items()}
    return [read(v) for v in value] if isinstance(value, list) else value


def plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {k: plain(v) for k, v in value.items() if k not in NEWER}
    return [plain(v) for v in value] if isinstance(value, list) else value


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["name"])
def test_calls(logs: Any, case: dict[str, Any]) -> None:
    for step in case["calls"]:
        call = getattr(logs, step["do"])
        if "error" in step:
            with pytest.raises(ClientError) as caught:
                call(**read(step["with"]))
            found = caught.value.response["Error"]
            assert [found["Code"], found["Message"]] == step["error"]
        else:
            answer = plain(call(**read(step["with"])))
            assert {k: answer.get(k) for k in step.get("gives", {})} == step.get("gives", {})
