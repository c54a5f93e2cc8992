"""Redriven executions: they go on with what did not succeed."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError

from mock_serverless import mock_cloud
from mock_serverless.cloud import Cloud

ROLE = "arn:aws:iam::123456789012:role/workflows"
FUNCTION = "arn:aws:lambda:us-east-1:123456789012:function:"


@pytest.fixture
def cloud() -> Iterator[Cloud]:
    with mock_cloud() as cloud:
        yield cloud


class Flaky:
    """A function that fails for some events until it is mended."""

    def __init__(self, cloud: Cloud, bad: Callable[[Any], bool] = lambda event: True) -> None:
        self.bad, self.mended, self.calls = bad, False, []  # type: ignore[var-annotated]
        cloud.function("flaky")(self)
        cloud.function("sound")(lambda event, context: self.note(event))

    def note(self, event: Any) -> Any:
        self.calls.append(event)
        return event

    def __call__(self, event: Any, context: Any) -> Any:
        self.note(event)
        if self.bad(event) and not self.mended:
            raise ValueError("no")
        return event


def task(name: str = "flaky", **others: Any) -> dict[str, Any]:
    return {"Type": "Task", "Resource": FUNCTION + name, **({"End": True} if "Next" not in others else {}), **others}


def start(cloud: Cloud, states: dict[str, Any], input: Any = None, type: str = "STANDARD") -> str:
    client = boto3.client("stepfunctions")
    definition = json.dumps({"StartAt": next(iter(states)), "States": states})
    machine = client.create_state_machine(name="m", definition=definition, roleArn=ROLE, type=type)["stateMachineArn"]
    arn: str = client.start_execution(stateMachineArn=machine, input=json.dumps(input))["executionArn"]
    cloud.settle(until_idle=True)
    return arn


def redriven(cloud: Cloud, arn: str, flaky: Flaky) -> dict[str, Any]:
    client = boto3.client("stepfunctions")
    assert client.describe_execution(executionArn=arn)["redriveStatus"] == "REDRIVABLE"
    flaky.mended, flaky.calls = True, []
    client.redrive_execution(executionArn=arn)
    cloud.settle(until_idle=True)
    found: dict[str, Any] = client.describe_execution(executionArn=arn)
    assert (found["status"], found["redriveCount"]) == ("SUCCEEDED", 1)
    return found


def types(arn: str) -> list[str]:
    return [e["type"] for e in boto3.client("stepfunctions").get_execution_history(executionArn=arn)["events"]]


def test_a_task_is_done_again_with_the_same_input_and_variables(cloud: Cloud) -> None:
    flaky = Flaky(cloud)
    states = {
        "A": {"Type": "Pass", "Result": {"n": 1}, "Assign": {"v": 7}, "Next": "T"},
        "T": task(Parameters={"n.$": "$.n", "v.$": "$v", "again.$": "$$.Execution.RedriveCount"}, Next="E"),
        "E": {"Type": "Pass", "End": True},
    }
    arn = start(cloud, states)
    before = types(arn)
    found = redriven(cloud, arn, flaky)
    assert json.loads(found["output"]) == {"n": 1, "v": 7, "again": 1}
    assert types(arn) == [
        *before, "ExecutionRedriven", "LambdaFunctionScheduled", "LambdaFunctionStarted", "LambdaFunctionSucceeded",
        "TaskStateExited", "PassStateEntered", "PassStateExited", "ExecutionSucceeded",
    ]  # fmt: skip
    ids = [e["id"] for e in boto3.client("stepfunctions").get_execution_history(executionArn=arn)["events"]]
    assert ids == list(range(1, len(ids) + 1))


def test_only_the_branches_that_failed_run_again(cloud: Cloud) -> None:
    flaky = Flaky(cloud)
    good = {"StartAt": "G", "States": {"G": task("sound", Parameters="good")}}
    bad = {"StartAt": "P", "States": {"P": task("sound", Parameters="before", Next="B"), "B": task()}}
    arn = start(cloud, {"P1": {"Type": "Parallel", "Branches": [good, bad], "End": True}}, "x")
    found = redriven(cloud, arn, flaky)
    assert json.loads(found["output"]) == ["good", "before"]
    assert flaky.calls == ["before"]


def test_only_the_iterations_that_failed_or_had_not_run_run_again(cloud: Cloud) -> None:
    flaky = Flaky(cloud, lambda event: event == 2)
    processor = {"StartAt": "T", "States": {"T": task()}}
    arn = start(cloud, {"M": {"Type": "Map", "MaxConcurrency": 1, "ItemProcessor": processor, "End": True}}, [1, 2, 3])
    assert flaky.calls == [1, 2]
    found = redriven(cloud, arn, flaky)
    assert json.loads(found["output"]) == [1, 2, 3]
    assert flaky.calls == [2, 3]
    assert types(arn).count("MapStateStarted") == 1


@pytest.mark.parametrize(("type", "calls"), [("STANDARD", [2, 3]), ("EXPRESS", [2, 3])])
def test_a_map_run_redrives_its_unsuccessful_children(cloud: Cloud, type: str, calls: list[int]) -> None:
    client = boto3.client("stepfunctions")
    flaky = Flaky(cloud, lambda event: event == 2)
    config = {"Mode": "DISTRIBUTED", "ExecutionType": type}
    processor = {"ProcessorConfig": config, "StartAt": "T", "States": {"T": task()}}
    arn = start(cloud, {"M": {"Type": "Map", "MaxConcurrency": 1, "ItemProcessor": processor, "End": True}}, [1, 2, 3])
    (listed,) = client.list_map_runs(executionArn=arn)["mapRuns"]
    failed = client.list_executions(mapRunArn=listed["mapRunArn"], statusFilter="FAILED")["executions"]
    if type == "STANDARD":
        told = client.describe_execution(executionArn=failed[0]["executionArn"])
        assert told["redriveStatus"] == "REDRIVABLE_BY_MAP_RUN"
        with pytest.raises(ClientError, match="ExecutionNotRedrivable"):
            client.redrive_execution(executionArn=failed[0]["executionArn"])
    found = redriven(cloud, arn, flaky)
    assert json.loads(found["output"]) == [1, 2, 3]
    assert flaky.calls == calls
    run = client.describe_map_run(mapRunArn=listed["mapRunArn"])
    assert (run["status"], run["redriveCount"], run["executionCounts"]["succeeded"]) == ("SUCCEEDED", 1, 3)
    assert types(arn)[-6:] == [
        "ExecutionRedriven", "MapRunRedriven", "MapRunSucceeded", "MapStateSucceeded", "MapStateExited", "ExecutionSucceeded",
    ]  # fmt: skip


def test_children_wait_to_be_redriven(cloud: Cloud) -> None:
    """PENDING_REDRIVE: API_DescribeMapRun, API_ListExecutions."""
    client = boto3.client("stepfunctions")
    flaky = Flaky(cloud)
    config = {"Mode": "DISTRIBUTED", "ExecutionType": "STANDARD"}
    states = {"T": task(Next="W"), "W": {"Type": "Wait", "Seconds": 60, "End": True}}
    processor = {"ProcessorConfig": config, "StartAt": "T", "States": states}
    state = {"Type": "Map", "ToleratedFailureCount": 2, "MaxConcurrency": 1, "ItemProcessor": processor, "End": True}
    arn = start(cloud, {"M": state}, [1, 2, 3])
    run = client.list_map_runs(executionArn=arn)["mapRuns"][0]["mapRunArn"]
    assert client.describe_map_run(mapRunArn=run)["executionCounts"]["failed"] == 3
    flaky.mended = True
    assert client.describe_execution(executionArn=arn)["status"] == "FAILED"
    client.redrive_execution(executionArn=arn)
    counts = client.describe_map_run(mapRunArn=run)["executionCounts"]
    assert (counts["running"], counts["pendingRedrive"], counts["failed"]) == (1, 2, 0)
    waiting = client.list_executions(mapRunArn=run, statusFilter="PENDING_REDRIVE")["executions"]
    assert len(waiting) == 2
    machine = arn.replace("execution", "stateMachine", 1).rpartition(":")[0]
    with pytest.raises(ClientError, match="ValidationException"):
        client.list_executions(stateMachineArn=machine, statusFilter="PENDING_REDRIVE")
    client.stop_execution(executionArn=arn)
    counts = client.describe_map_run(mapRunArn=run)["executionCounts"]
    assert (counts["aborted"], counts["failed"], counts["pendingRedrive"]) == (1, 2, 0)
    assert counts["failuresNotRedrivable"] == 0
    cloud.clock.advance(days=15)
    assert client.describe_map_run(mapRunArn=run)["executionCounts"]["failuresNotRedrivable"] == 3


def test_one_that_was_stopped_or_ran_out_of_time_goes_on(cloud: Cloud) -> None:
    client = boto3.client("stepfunctions")
    flaky = Flaky(cloud)
    wait = {"Type": "Wait", "Seconds": 100, "Next": "D"}
    branch = {"StartAt": "W", "States": {"W": wait, "D": task("sound", Parameters="done")}}
    definition = {
        "StartAt": "P",
        "TimeoutSeconds": 150,
        "States": {"P": {"Type": "Parallel", "Branches": [branch], "End": True}},
    }
    machine = client.create_state_machine(name="p", definition=json.dumps(definition), roleArn=ROLE)["stateMachineArn"]
    arn = client.start_execution(stateMachineArn=machine)["executionArn"]
    cloud.clock.advance(seconds=10)
    client.stop_execution(executionArn=arn)
    found = redriven(cloud, arn, flaky)
    assert json.loads(found["output"]) == ["done"]
    assert types(arn).count("ParallelStateEntered") == types(arn).count("WaitStateEntered") == 1


def test_it_can_be_redriven_again_and_after_a_rollback(cloud: Cloud) -> None:
    client = boto3.client("stepfunctions")
    flaky = Flaky(cloud)
    arn = start(cloud, {"W": {"Type": "Wait", "Seconds": 5, "Next": "T"}, "T": task()}, "x")
    before = cloud.snapshot()
    client.redrive_execution(executionArn=arn)
    cloud.settle(until_idle=True)
    assert client.describe_execution(executionArn=arn)["redriveCount"] == 1
    client.redrive_execution(executionArn=arn, clientToken="t")
    assert client.redrive_execution(executionArn=arn, clientToken="t")["redriveDate"]
    cloud.settle(until_idle=True)
    assert client.describe_execution(executionArn=arn)["redriveCount"] == 2
    listed = client.list_executions(
        stateMachineArn=arn.replace("execution", "stateMachine", 1).rpartition(":")[0], redriveFilter="REDRIVEN"
    )
    assert len(listed["executions"]) == 1
    cloud.restore(before)
    redriven(cloud, arn, flaky)


def test_what_cannot_be_redriven(cloud: Cloud) -> None:
    client = boto3.client("stepfunctions")
    flaky = Flaky(cloud)
    flaky.mended = True
    arn = start(cloud, {"T": task()})
    with pytest.raises(ClientError) as caught:
        client.redrive_execution(executionArn=arn)
    error = caught.value.response["Error"]
    assert (error["Code"], error["Message"]) == (
        "ExecutionNotRedrivable",
        "Execution is SUCCEEDED and cannot be redriven",
    )
    flaky.mended = False
    failed = client.start_execution(stateMachineArn=client.list_state_machines()["stateMachines"][0]["stateMachineArn"])
    cloud.clock.advance(days=15)
    told = client.describe_execution(executionArn=failed["executionArn"])
    assert (told["redriveStatus"], told["redriveStatusReason"]) == (
        "NOT_REDRIVABLE",
        "Execution redrivable period exceeded",
    )


def test_an_execution_is_open_for_a_year_at_most(cloud: Cloud) -> None:
    client = boto3.client("stepfunctions")
    states = {"W": {"Type": "Wait", "Seconds": 99_999_999, "End": True}}
    machine = client.create_state_machine(
        name="w", definition=json.dumps({"StartAt": "W", "States": states}), roleArn=ROLE
    )["stateMachineArn"]
    arn = client.start_execution(stateMachineArn=machine)["executionArn"]
    cloud.clock.advance(days=364)
    assert client.describe_execution(executionArn=arn)["status"] == "RUNNING"
    cloud.clock.advance(days=2)
    told = client.describe_execution(executionArn=arn)
    assert (told["status"], told["redriveStatusReason"]) == (
        "TIMED_OUT",
        "Execution has exceeded the max execution time",
    )
    assert types(arn)[-1] == "ExecutionTimedOut"
