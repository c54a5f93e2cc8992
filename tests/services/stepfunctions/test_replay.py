"""Executions are rebuilt from their record when a snapshot is restored: whatever happens next happens as it would have."""

from __future__ import annotations

import json
import warnings
from datetime import datetime, timezone
from typing import Any

import boto3
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mock_serverless import mock_cloud
from mock_serverless.core.errors import BackgroundFailureWarning

START = datetime(2024, 5, 1, tzinfo=timezone.utc)
ROLE = "arn:aws:iam::123456789012:role/machines"


def line(states: list[dict[str, Any]], prefix: str = "s") -> dict[str, Any]:
    """States in a row, and so are the lists of states inside them; a name stands for one state of the machine only."""
    named = {}
    for i, state in enumerate(states):
        name = f"{prefix}{i}"
        named[name] = {**state, **({"Next": f"{prefix}{i + 1}"} if i + 1 < len(states) else {"End": True})}
        if "Branches" in state:
            named[name]["Branches"] = [line(inner, f"{name}b{k}s") for k, inner in enumerate(state["Branches"])]
        if "ItemProcessor" in state:
            named[name]["ItemProcessor"] = line(state["ItemProcessor"], f"{name}m")
    return {"StartAt": f"{prefix}0", "States": named}


WAITS = st.integers(0, 9).map(lambda s: {"Type": "Wait", "Seconds": s})
CHANCES = st.just(
    {"Type": "Pass", "Parameters": {"id.$": "States.UUID()", "r.$": "States.MathRandom(0, 99999)"}, "ResultPath": "$.r"}
)
CALLS = st.builds(
    lambda retry, caught: {
        "Type": "Task",
        "Resource": "arn:aws:lambda:us-east-1:123456789012:function:f",
        "ResultPath": "$.call",
        "Retry": [{"ErrorEquals": ["E"], "IntervalSeconds": 2, "MaxAttempts": retry, "JitterStrategy": "FULL"}],
        **({"Catch": []} if caught else {}),
    },
    st.integers(0, 3),
    st.booleans(),
)
TOKENS = st.builds(
    lambda timeout, heartbeat: {
        "Type": "Task",
        "Resource": "arn:aws:states:::lambda:invoke.waitForTaskToken",
        "Parameters": {"FunctionName": "f", "Payload": {"token.$": "$$.Task.Token"}},
        "TimeoutSeconds": timeout,
        **({"HeartbeatSeconds": heartbeat} if heartbeat else {}),
        "ResultPath": "$.token",
    },
    st.integers(4, 10),
    st.integers(2, 3) | st.just(None),
)
SIMPLE = st.lists(WAITS | CHANCES | CALLS | TOKENS, min_size=1, max_size=3)
PARALLEL = st.lists(SIMPLE, min_size=1, max_size=3).map(
    lambda lines: {"Type": "Parallel", "Branches": lines, "ResultPath": "$.p",
                   "Retry": [{"ErrorEquals": ["States.Timeout"], "MaxAttempts": 1}]}
)  # fmt: skip
MAPS = st.builds(
    lambda states, most: {"Type": "Map", "ItemsPath": "$.items", "ItemSelector": {"i.$": "$$.Map.Item.Index"},
                          "ItemProcessor": states, "MaxConcurrency": most, "ResultPath": "$.m"},
    SIMPLE, st.integers(0, 2),
)  # fmt: skip
STATES = st.lists(st.one_of(WAITS, CHANCES, CALLS, TOKENS, PARALLEL, MAPS), min_size=1, max_size=3)


class Stage:
    """One execution, a function that fails now and then, and answers to tokens by a script."""

    def __init__(self, cloud: Any, states: list[dict[str, Any]]) -> None:
        self.cloud = cloud
        self.client = boto3.client("stepfunctions", region_name="us-east-1")
        cloud.stub("lambda", "Invoke", self.invoke)
        machine = self.client.create_state_machine(name="m", definition=json.dumps(line(states)), roleArn=ROLE)[
            "stateMachineArn"
        ]
        input = json.dumps({"items": [1, 2, 3]})
        self.execution = self.client.start_execution(stateMachineArn=machine, name="e", input=input)["executionArn"]

    def invoke(self, params: dict[str, Any]) -> dict[str, Any]:
        if int(self.cloud.clock.timestamp()) % 3 == 0 and "token" not in str(params["Payload"]):
            return {
                "StatusCode": 200,
                "FunctionError": "Unhandled",
                "Payload": b'{"errorType": "E", "errorMessage": "m"}',
            }
        return {"StatusCode": 200, "Payload": b'{"at": %d}' % int(self.cloud.clock.timestamp())}

    def step(self, action: str) -> None:
        """Time passes, and somebody may answer the oldest task that waits."""
        waiting = self.cloud.stepfunctions.waiting()
        if action == "heartbeat":
            for task in waiting:
                self.client.send_task_heartbeat(taskToken=task.token)
        elif waiting and action == "success":
            self.client.send_task_success(taskToken=waiting[0].token, output='"yes"')
        elif waiting and action == "failure":
            self.client.send_task_failure(taskToken=waiting[-1].token, error="E")
        self.cloud.clock.advance(seconds=1)

    def history(self) -> Any:
        return self.client.get_execution_history(executionArn=self.execution)["events"]


@pytest.mark.filterwarnings("ignore::mock_serverless.core.errors.BackgroundFailureWarning")
@settings(max_examples=25)
@given(
    STATES,
    st.lists(st.sampled_from(["nothing", "success", "failure", "heartbeat"]), min_size=4, max_size=14),
    st.data(),
)
def test_a_restored_execution_goes_on_as_it_would_have(
    states: list[Any], actions: list[str], data: st.DataObject
) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", BackgroundFailureWarning)
        with mock_cloud(clock=START) as cloud:
            stage = Stage(cloud, states)
            at = data.draw(st.integers(0, len(actions) - 1), label="snapshot at")
            for action in actions[:at]:
                stage.step(action)
            snapshot = cloud.snapshot()
            ends = []
            for _ in range(3):
                for action in actions[at:]:
                    stage.step(action)
                ends.append(stage.history())
                cloud.restore(snapshot)
            assert ends[0] == ends[1] == ends[2]


@pytest.mark.filterwarnings("ignore::mock_serverless.core.errors.BackgroundFailureWarning")
def test_lines_side_by_side_get_the_same_events_again() -> None:
    call = {
        "Type": "Task",
        "Resource": "arn:aws:lambda:us-east-1:123456789012:function:f",
        "Retry": [{"ErrorEquals": ["E"], "MaxAttempts": 1}],
    }
    states = [
        {
            "Type": "Parallel",
            "Branches": [[call], [{"Type": "Wait", "Seconds": 0}, {"Type": "Wait", "Seconds": 3}]],
        }
    ]
    with mock_cloud(clock=START) as cloud:
        stage = Stage(cloud, states)
        snapshot = cloud.snapshot()
        cloud.clock.advance(seconds=9)
        first = stage.history()
        cloud.restore(snapshot)
        cloud.clock.advance(seconds=9)
        assert stage.history() == first
