"""Step Functions through boto3: executions in virtual time, task tokens, integrations, activities, versions."""

from __future__ import annotations

import json
import warnings
from datetime import datetime, timedelta, timezone
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError

from mock_serverless import mock_cloud
from mock_serverless.cloud import Cloud
from mock_serverless.core.errors import BackgroundFailureWarning, NotSupported
from mock_serverless.core.operation import operation_names
from mock_serverless.services.stepfunctions import quotas
from mock_serverless.services.stepfunctions.integrations import resources
from mock_serverless.services.stepfunctions.integrations.resources import OPTIMISED

ROLE = "arn:aws:iam::123456789012:role/machines"
START = datetime(2024, 5, 1, tzinfo=timezone.utc)
LAMBDA = "arn:aws:lambda:us-east-1:123456789012:function:"


class Machines:
    """A client with short ways to say what the tests here say all the time."""

    def __init__(self, cloud: Cloud) -> None:
        self.cloud = cloud
        self.client = boto3.client("stepfunctions", region_name="us-east-1")

    def create(self, *states: dict[str, Any], name: str = "machine", **more: Any) -> str:
        """States in a row, named s0, s1 ..."""
        named = {f"s{i}": dict(s) for i, s in enumerate(states)}
        for i, state in enumerate(named.values()):
            if state["Type"] not in ("Choice", "Fail", "Succeed"):
                state.update({"Next": f"s{i + 1}"} if i + 1 < len(states) else {"End": True})
        definition = json.dumps({"StartAt": "s0", "States": named})
        answer = self.client.create_state_machine(name=name, definition=definition, roleArn=ROLE, **more)
        arn: str = answer["stateMachineArn"]
        return arn

    def start(self, machine: str, input: Any = None, **more: Any) -> str:
        arn: str = self.client.start_execution(stateMachineArn=machine, input=json.dumps(input or {}), **more)[
            "executionArn"
        ]
        return arn

    def run(self, *states: dict[str, Any], input: Any = None, name: str = "machine") -> dict[str, Any]:
        return self.describe(self.start(self.create(*states, name=name), input))

    def describe(self, execution: str) -> dict[str, Any]:
        answer: dict[str, Any] = self.client.describe_execution(executionArn=execution)
        return answer

    def events(self, execution: str) -> list[str]:
        return [e["type"] for e in self.client.get_execution_history(executionArn=execution)["events"]]

    def refused(self, operation: str, **params: Any) -> tuple[str, str]:
        with pytest.raises(ClientError) as caught:
            getattr(self.client, operation)(**params)
        error = caught.value.response["Error"]
        return error["Code"], error["Message"]


@pytest.fixture
def sfn() -> Any:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", BackgroundFailureWarning)
        with mock_cloud(clock=START) as cloud:
            yield Machines(cloud)


PASS = {"Type": "Pass"}
ONE_PASS = json.dumps({"StartAt": "s0", "States": {"s0": {"Type": "Pass", "End": True}}})
APPROVAL = {
    "Type": "Task",
    "Resource": "arn:aws:states:::lambda:invoke.waitForTaskToken",
    "Parameters": {"FunctionName": "ask", "Payload": {"token.$": "$$.Task.Token", "order.$": "$.id"}},
}


def asked(sfn: Machines) -> list[dict[str, Any]]:
    """Stub the function which asks for approval; gives the payloads that it gets."""
    seen: list[dict[str, Any]] = []

    def ask(params: dict[str, Any]) -> dict[str, Any]:
        seen.append(json.loads(params["Payload"]))
        return {"StatusCode": 200, "ExecutedVersion": "$LATEST", "Payload": b"{}"}

    sfn.cloud.stub("lambda", "Invoke", ask)
    return seen


# ---------------------------------------------------------------------- time


def test_seven_days_and_an_approval(sfn: Machines) -> None:
    payloads = asked(sfn)
    machine = sfn.create({"Type": "Wait", "Seconds": 7 * 86400}, APPROVAL, PASS)
    execution = sfn.start(machine, {"id": 7})
    sfn.cloud.clock.advance(days=6, hours=23)
    assert (sfn.describe(execution)["status"], payloads) == ("RUNNING", [])
    sfn.cloud.clock.advance(hours=1)
    assert [p["order"] for p in payloads] == [7]
    [task] = sfn.cloud.stepfunctions.waiting()
    assert (task.token, task.state, task.execution) == (payloads[0]["token"], "s1", execution)
    sfn.client.send_task_success(taskToken=task.token, output='{"approved": true}')
    described = sfn.describe(execution)
    assert (described["status"], json.loads(described["output"])) == ("SUCCEEDED", {"approved": True})
    assert described["stopDate"] == START + timedelta(days=7)
    assert sfn.events(execution)[3:8] == [
        "TaskStateEntered",
        "TaskScheduled",
        "TaskStarted",
        "TaskSubmitted",
        "TaskSucceeded",
    ]
    assert sfn.refused("send_task_success", taskToken=task.token, output="1")[0] == "TaskTimedOut"


def test_an_answer_while_the_message_is_still_being_sent(sfn: Machines) -> None:
    def ask(params: dict[str, Any]) -> dict[str, Any]:
        token = json.loads(params["Payload"])["token"]
        boto3.client("stepfunctions", region_name="us-east-1").send_task_success(taskToken=token, output='"at once"')
        return {"StatusCode": 200, "Payload": b"null"}

    sfn.cloud.stub("lambda", "Invoke", ask)
    assert sfn.run(APPROVAL, input={"id": 1})["output"] == '"at once"'


def test_a_rejected_token_is_an_error_to_catch(sfn: Machines) -> None:
    payloads = asked(sfn)
    state = {**APPROVAL, "Catch": [{"ErrorEquals": ["Rejected"], "ResultPath": "$.why", "Next": "s1"}]}
    execution = sfn.start(sfn.create(state, PASS), {"id": 1})
    sfn.client.send_task_failure(taskToken=payloads[0]["token"], error="Rejected", cause="too dear")
    assert json.loads(sfn.describe(execution)["output"]) == {"id": 1, "why": {"Error": "Rejected", "Cause": "too dear"}}


def test_heartbeats_keep_a_task_alive(sfn: Machines) -> None:
    payloads = asked(sfn)
    execution = sfn.start(sfn.create({**APPROVAL, "HeartbeatSeconds": 10, "TimeoutSeconds": 35}), {"id": 1})
    for _ in range(3):
        sfn.cloud.clock.advance(seconds=9)
        sfn.client.send_task_heartbeat(taskToken=payloads[0]["token"])
    assert sfn.describe(execution)["status"] == "RUNNING"
    sfn.cloud.clock.advance(seconds=9)
    described = sfn.describe(execution)
    assert (described["status"], described["error"], "cause" in described) == ("FAILED", "States.Timeout", False)
    assert described["stopDate"] == START + timedelta(seconds=35)


def test_a_missed_heartbeat_has_two_names(sfn: Machines) -> None:
    asked(sfn)
    state = {**APPROVAL, "HeartbeatSeconds": 10, "Catch": [{"ErrorEquals": ["States.HeartbeatTimeout"], "Next": "s1"}]}
    execution = sfn.start(sfn.create(state, PASS), {"id": 1})
    sfn.cloud.clock.advance(seconds=10)
    assert json.loads(sfn.describe(execution)["output"]) == {"Error": "States.Timeout", "Cause": ""}


def test_retries_take_virtual_time(sfn: Machines) -> None:
    times: list[datetime] = []

    def flaky(params: dict[str, Any]) -> dict[str, Any]:
        times.append(sfn.cloud.clock.now())
        if len(times) < 3:
            return {
                "StatusCode": 200,
                "FunctionError": "Unhandled",
                "Payload": b'{"errorType": "Flaky", "errorMessage": "no"}',
            }
        return {"StatusCode": 200, "Payload": params["Payload"]}

    sfn.cloud.stub("lambda", "Invoke", flaky)
    state = {"Type": "Task", "Resource": LAMBDA + "f", "Retry": [{"ErrorEquals": ["Flaky"], "IntervalSeconds": 3}]}
    execution = sfn.start(sfn.create(state), {"a": [1, 2]})
    assert sfn.describe(execution)["status"] == "RUNNING"
    sfn.cloud.settle(until_idle=True)
    assert sfn.describe(execution)["output"] == '{"a": [1, 2]}'
    assert [(t - START).total_seconds() for t in times] == [0, 3, 9]


def test_stopping(sfn: Machines) -> None:
    execution = sfn.start(sfn.create({"Type": "Wait", "Seconds": 60}, PASS))
    sfn.cloud.clock.advance(seconds=5)
    assert sfn.client.stop_execution(executionArn=execution, error="E", cause="c")["stopDate"] == START + timedelta(
        seconds=5
    )
    sfn.cloud.clock.advance(seconds=100)
    described = sfn.describe(execution)
    assert (described["status"], described["error"], described["cause"]) == ("ABORTED", "E", "c")
    assert sfn.events(execution) == ["ExecutionStarted", "WaitStateEntered", "ExecutionAborted"]
    assert sfn.client.stop_execution(executionArn=execution)["stopDate"] == START + timedelta(seconds=5)


def test_a_snapshot_goes_back_into_the_middle_of_executions(sfn: Machines) -> None:
    payloads = asked(sfn)
    inner = {"StartAt": "w", "States": {"w": {"Type": "Wait", "SecondsPath": "$", "End": True}}}
    several = {"Type": "Map", "ItemsPath": "$.waits", "ItemProcessor": inner, "ResultPath": "$.waits"}
    random = {
        "Type": "Pass",
        "Parameters": {"id.$": "States.UUID()", "r.$": "States.MathRandom(1, 1000000)"},
        "ResultPath": "$.x",
    }
    execution = sfn.start(sfn.create(random, several, APPROVAL), {"id": 1, "waits": [5, 10, 15]})
    sfn.cloud.clock.advance(seconds=7)
    snapshot = sfn.cloud.snapshot()

    def to_the_end() -> list[Any]:
        payloads.clear()
        sfn.cloud.clock.advance(seconds=60)
        sfn.client.send_task_success(taskToken=payloads[0]["token"], output="1")
        events = sfn.client.get_execution_history(executionArn=execution)["events"]
        return [*payloads, [{k: v for k, v in e.items() if k != "taskSubmittedEventDetails"} for e in events]]

    first = to_the_end()
    for _ in range(2):
        sfn.cloud.restore(snapshot)
        assert sfn.describe(execution)["status"] == "RUNNING"
        assert to_the_end() == first


def test_the_same_seed_gives_the_same_history() -> None:
    def history() -> Any:
        with mock_cloud(clock=START, seed=7) as cloud:
            sfn = Machines(cloud)
            execution = sfn.start(sfn.create({"Type": "Pass", "Parameters": {"x.$": "States.UUID()"}}))
            return execution, sfn.client.get_execution_history(executionArn=execution)["events"]

    assert history() == history()


# ---------------------------------------------------------------------- integrations


def test_a_functions_error(sfn: Machines) -> None:
    answer = {"StatusCode": 200, "FunctionError": "Unhandled", "Payload": b'{"errorMessage": "timed out"}'}
    sfn.cloud.stub("lambda", "Invoke", answer)
    described = sfn.run({"Type": "Task", "Resource": LAMBDA + "f"})
    assert described["error"] == "Lambda.Unknown"
    assert described["cause"].endswith('did not return an error type. Returned payload: {"errorMessage": "timed out"}')


@pytest.mark.parametrize(
    ("service", "name", "cause"),
    [
        (
            "dynamodb",
            "DynamoDB",
            "(Service: AmazonDynamoDBv2; Status Code: 400; Error Code: ResourceNotFoundException;",
        ),
        ("aws-sdk:dynamodb", "DynamoDb", "(Service: DynamoDb, Status Code: 400, Request ID: "),
    ],
)
def test_errors_of_services_by_name(sfn: Machines, service: str, name: str, cause: str) -> None:
    sfn.cloud.fail("dynamodb", "GetItem", "ResourceNotFoundException", message="Requested resource not found")
    parameters = {"TableName": "none", "Key": {"k": {"S": "1"}}}
    described = sfn.run({"Type": "Task", "Resource": f"arn:aws:states:::{service}:getItem", "Parameters": parameters})
    assert described["error"] == name + ".ResourceNotFoundException"
    assert described["cause"].startswith("Requested resource not found " + cause)


def test_dynamodb_by_both_ways(sfn: Machines) -> None:
    seen: list[Any] = []

    def get_item(params: dict[str, Any]) -> dict[str, Any]:
        seen.append(params)
        return {"Item": {"k": {"S": "1"}, "b": {"B": b"bytes"}}}

    sfn.cloud.stub("dynamodb", "GetItem", get_item)
    parameters = {"TableName": "table", "Key": {"k": {"S.$": "$.k"}}}
    for i, prefix in enumerate(("", "aws-sdk:")):
        state = {"Type": "Task", "Resource": f"arn:aws:states:::{prefix}dynamodb:getItem", "Parameters": parameters}
        output = json.loads(sfn.run(state, input={"k": "1"}, name=f"m{i}")["output"])
        assert output["Item"] == {"k": {"S": "1"}, "b": {"B": "bytes"}}
        assert ("SdkHttpMetadata" in output) is (prefix == "")
    assert seen == [{"TableName": "table", "Key": {"k": {"S": "1"}}}] * 2


def test_an_sdk_integration_writes_pascal_case_whatever_the_api_does(sfn: Machines) -> None:
    asked_for: list[Any] = []

    def describe(params: dict[str, Any]) -> dict[str, Any]:
        asked_for.append(params)
        return {"logGroups": [{"logGroupName": "a", "creationTime": 5}], "nextToken": "n"}

    sfn.cloud.stub("logs", "DescribeLogGroups", describe)
    resource = "arn:aws:states:::aws-sdk:cloudwatchlogs:describeLogGroups"
    state = {"Type": "Task", "Resource": resource, "Parameters": {"LogGroupNamePrefix": "a", "Limit": 3}}
    output = json.loads(sfn.run(state)["output"])
    assert output == {"LogGroups": [{"LogGroupName": "a", "CreationTime": 5}], "NextToken": "n"}
    assert asked_for == [{"logGroupNamePrefix": "a", "limit": 3}]


def test_json_goes_where_a_text_is_wanted(sfn: Machines) -> None:
    sent: list[Any] = []

    def send(params: dict[str, Any]) -> dict[str, Any]:
        sent.append(params)
        return {"MessageId": "1", "MD5OfMessageBody": "0" * 32}

    sfn.cloud.stub("sqs", "SendMessage", send)
    parameters = {"QueueUrl": "https://sqs.x/q", "MessageBody": {"id.$": "$.id"}}
    sfn.run({"Type": "Task", "Resource": "arn:aws:states:::sqs:sendMessage", "Parameters": parameters}, input={"id": 1})
    assert sent == [{"QueueUrl": "https://sqs.x/q", "MessageBody": '{"id":1}'}]


def test_failed_entries_fail_the_state(sfn: Machines) -> None:
    answer = {"FailedEntryCount": 1, "Entries": [{"ErrorCode": "InternalFailure"}]}
    sfn.cloud.stub("events", "PutEvents", answer)
    parameters = {"Entries": [{"Detail": {"a": 1}, "DetailType": "t", "Source": "s"}]}
    state = {"Type": "Task", "Resource": "arn:aws:states:::events:putEvents", "Parameters": parameters}
    assert sfn.run(state)["error"] == "EventBridge.FailedEntry"


def test_events_tell_of_machine_and_execution(sfn: Machines) -> None:
    # recorded: both are added to what an entry names, and the answer has no HTTP part
    sent: list[Any] = []

    def put(params: dict[str, Any]) -> dict[str, Any]:
        sent.extend(params["Entries"])
        return {"FailedEntryCount": 0, "Entries": [{"EventId": "1"}, {"EventId": "2"}]}

    sfn.cloud.stub("events", "PutEvents", put)
    parameters = {"Entries": [{"Detail": {"a": 1}, "Source": "s"}, {"Detail": "{}", "Source": "s", "Resources": ["r"]}]}
    state = {"Type": "Task", "Resource": "arn:aws:states:::events:putEvents", "Parameters": parameters}
    described = sfn.run(state)
    ours = [described["stateMachineArn"], described["executionArn"]]
    assert [entry["Resources"] for entry in sent] == [ours, ["r", *ours]]
    assert [entry["Detail"] for entry in sent] == ['{"a":1}', "{}"]
    assert json.loads(described["output"]) == {"Entries": [{"EventId": "1"}, {"EventId": "2"}], "FailedEntryCount": 0}


def test_a_queue_whose_host_is_nowhere(sfn: Machines) -> None:
    # recorded; no call is made
    parameters = {"QueueUrl": "http://no-such-queue", "MessageBody": "m"}
    described = sfn.run({"Type": "Task", "Resource": "arn:aws:states:::sqs:sendMessage", "Parameters": parameters})
    assert (described["error"], described["cause"]) == (
        "SQS.SdkClientException",
        "Unable to execute HTTP request: no-such-queue: Name or service not known",
    )


def test_a_service_which_nobody_answers_is_named(sfn: Machines) -> None:
    resource = "arn:aws:states:::aws-sdk:rekognition:detectLabels"
    machine = sfn.create({"Type": "Task", "Resource": resource, "Parameters": {"Image": {"Bytes": "x"}}})
    with pytest.raises(NotSupported, match=r"rekognition.*DetectLabels"):
        sfn.start(machine, name="one")
    arn = machine.replace("stateMachine", "execution") + ":one"
    assert sfn.describe(arn)["status"] == "FAILED"


@pytest.mark.parametrize(("pattern", "output"), [("sync", '{"waited":[1]}'), ("sync:2", {"waited": [1]})])
def test_waiting_for_another_execution(sfn: Machines, pattern: str, output: Any) -> None:
    child = sfn.create({"Type": "Wait", "Seconds": 30}, {"Type": "Pass", "Result": {"waited": [1]}}, name="child")
    resource = f"arn:aws:states:::states:startExecution.{pattern}"
    parameters = {"StateMachineArn": child, "Input": {"from": "parent"}, "Name": "run"}
    execution = sfn.start(sfn.create({"Type": "Task", "Resource": resource, "Parameters": parameters}, name="parent"))
    sfn.cloud.clock.advance(seconds=29)
    assert sfn.describe(execution)["status"] == "RUNNING"
    sfn.cloud.clock.advance(seconds=1)
    result = json.loads(sfn.describe(execution)["output"])
    assert (result["Status"], result["Output"], result["Name"]) == ("SUCCEEDED", output, "run")


def test_another_execution_fails(sfn: Machines) -> None:
    child = sfn.create({"Type": "Fail", "Error": "Bad", "Cause": "news"}, name="child")
    resource = "arn:aws:states:::states:startExecution.sync"
    described = sfn.run({"Type": "Task", "Resource": resource, "Parameters": {"StateMachineArn": child}}, name="parent")
    cause = json.loads(described["cause"])
    assert (described["error"], cause["Error"], cause["Cause"]) == ("States.TaskFailed", "Bad", "news")


@pytest.mark.parametrize("end", ["stopped", "timed out", "another branch failed"])
def test_a_task_that_is_given_up_stops_the_execution_it_waits_for(sfn: Machines, end: str) -> None:
    child = sfn.create({"Type": "Wait", "Seconds": 600}, name="child")
    resource = "arn:aws:states:::states:startExecution.sync:2"
    state: dict[str, Any] = {
        "Type": "Task",
        "Resource": resource,
        "Parameters": {"StateMachineArn": child, "Name": "run"},
    }
    if end == "timed out":
        state["TimeoutSeconds"] = 5
    if end == "another branch failed":
        fails = {"W": {"Type": "Wait", "Seconds": 5, "Next": "F"}, "F": {"Type": "Fail"}}
        branches = [{"StartAt": "T", "States": {"T": {**state, "End": True}}}, {"StartAt": "W", "States": fails}]
        state = {"Type": "Parallel", "Branches": branches}
    execution = sfn.start(sfn.create(state, name="parent"))
    sfn.cloud.restore(sfn.cloud.snapshot())
    sfn.cloud.clock.advance(seconds=5)
    if end == "stopped":
        sfn.client.stop_execution(executionArn=execution)
    assert sfn.describe(execution)["status"] != "RUNNING"
    stopped = sfn.describe(child.replace("stateMachine", "execution") + ":run")
    assert (stopped["status"], stopped["stopDate"]) == ("ABORTED", START + timedelta(seconds=5))


@pytest.mark.parametrize("resource", ["eks:call", "eks:runJob"])
def test_integrations_which_are_not_there_are_named(sfn: Machines, resource: str) -> None:
    machine = sfn.create({"Type": "Task", "Resource": f"arn:aws:states:::{resource}", "Parameters": {}})
    with pytest.raises(NotSupported, match=resource):
        sfn.start(machine)


def test_every_optimised_action_is_an_operation_or_refused(sfn: Machines) -> None:
    for service, (_, actions) in OPTIMISED.items():
        for action in actions:
            resource = resources.parse(f"arn:aws:states:::{service}:{action}")
            assert resource is not None
            known = resource.type in ("apigateway", "http", "eks", "elasticmapreduce")
            assert known or resource.operation in operation_names(resource.service).values(), resource


ROLE_THERE = "arn:aws:iam::210987654321:role/other"


def sending(**more: Any) -> dict[str, Any]:
    parameters = {"QueueUrl": "https://sqs.x/q", "MessageBody": "m"}
    resource = "arn:aws:states:::sqs:sendMessage"
    return {
        "Type": "Task",
        "Resource": resource,
        "Parameters": parameters,
        "Credentials": {"RoleArn.$": "$.role"},
        **more,
    }


def test_credentials_name_a_role_that_is_assumed(sfn: Machines) -> None:
    sfn.cloud.stub("sqs", "SendMessage", {"MessageId": "1"})
    machine = sfn.create(sending(), sending())
    execution = sfn.start(machine, {"role": ROLE_THERE})
    assert sfn.describe(execution)["status"] == "FAILED"  # the second task finds no role in what the first one gives
    assumed = sfn.cloud.calls(service="sts", operation="AssumeRole")
    assert [c.params["RoleArn"] for c in assumed] == [ROLE_THERE]
    assert assumed.last.params["ExternalId"] == machine
    assert assumed.last.account == "123456789012"
    sent = sfn.cloud.calls(service="sqs").last
    assert sent.account == "210987654321"
    events = sfn.client.get_execution_history(executionArn=execution)["events"]
    assert events[2]["taskScheduledEventDetails"]["taskCredentials"] == {"roleArn": ROLE_THERE}


def test_a_session_is_used_until_it_expires(sfn: Machines) -> None:
    sfn.cloud.stub("sqs", "SendMessage", {"MessageId": "1"})
    wait = {"Type": "Wait", "Seconds": 3601}
    sfn.start(sfn.create(sending(ResultPath=None), sending(ResultPath=None), wait, sending()), {"role": ROLE_THERE})
    sfn.cloud.clock.advance(seconds=3602)
    assert len(sfn.cloud.calls(service="sqs")) == 3
    assert len(sfn.cloud.calls(service="sts")) == 2


@pytest.mark.parametrize("role", [ROLE_THERE, "arn:aws:iam::210987654321:user/x", "nonsense nonsense nonsense"])
def test_a_role_that_can_not_be_assumed_fails_the_task(sfn: Machines, role: str) -> None:
    if role == ROLE_THERE:
        sfn.cloud.fail("sts", "AssumeRole", "AccessDenied")
    catch = [{"ErrorEquals": ["States.TaskFailed"], "Next": "S"}]
    definition = {"StartAt": "T", "States": {"T": sending(Catch=catch, Next="S"), "S": {"Type": "Succeed"}}}
    machine = sfn.client.create_state_machine(
        name="caught", roleArn="arn:aws:iam::123456789012:role/own", definition=json.dumps(definition)
    )["stateMachineArn"]
    output = json.loads(sfn.describe(sfn.start(machine, {"role": role}))["output"])
    assert output == {
        "Error": "States.TaskFailed",
        "Cause": "The role arn:aws:iam::123456789012:role/own is not authorized to assume the task state's role, "
        + role
        + ".",
    }


def test_an_execution_in_another_account_is_waited_for_in_its_role(sfn: Machines) -> None:
    there = boto3.client("stepfunctions", aws_access_key_id="210987654321", aws_secret_access_key="x")
    child = there.create_state_machine(
        name="child",
        roleArn="arn:aws:iam::210987654321:role/r",
        definition=json.dumps({"StartAt": "W", "States": {"W": {"Type": "Wait", "Seconds": 60, "End": True}}}),
    )["stateMachineArn"]
    state = {
        "Type": "Task",
        "Resource": "arn:aws:states:::states:startExecution.sync:2",
        "Parameters": {"StateMachineArn": child, "Input": {"x": 1}},
        "Credentials": {"RoleArn": ROLE_THERE},
        "OutputPath": "$.Output",
    }
    execution = sfn.start(sfn.create(state))
    sfn.cloud.clock.advance(seconds=61)
    assert sfn.describe(execution)["output"] == '{"x":1}'
    assert {c.account for c in sfn.cloud.calls(operation="DescribeExecution")[:-1]} == {"210987654321"}


# ---------------------------------------------------------------------- activities


def test_an_activitys_worker(sfn: Machines) -> None:
    activity = sfn.client.create_activity(name="work")["activityArn"]
    assert "taskToken" not in sfn.client.get_activity_task(activityArn=activity)
    state = {"Type": "Task", "Resource": activity, "HeartbeatSeconds": 60}
    execution = sfn.start(sfn.create(state), {"todo": 1})
    task = sfn.client.get_activity_task(activityArn=activity, workerName="w")
    assert json.loads(task["input"]) == {"todo": 1}
    sfn.client.send_task_success(taskToken=task["taskToken"], output='"done"')
    assert sfn.describe(execution)["output"] == '"done"'
    assert sfn.events(execution)[2:5] == ["ActivityScheduled", "ActivityStarted", "ActivitySucceeded"]
    assert sfn.client.list_activities()["activities"][0]["name"] == "work"
    sfn.client.delete_activity(activityArn=activity)
    assert sfn.refused("describe_activity", activityArn=activity)[0] == "ActivityDoesNotExist"


def test_a_poll_for_an_activitys_task_waits_a_minute_of_virtual_time(sfn: Machines) -> None:
    activity = sfn.client.create_activity(name="work")["activityArn"]
    assert "taskToken" not in sfn.client.get_activity_task(activityArn=activity)
    assert sfn.cloud.clock.now() == START + timedelta(seconds=60)
    sfn.start(sfn.create({"Type": "Wait", "Seconds": 20}, {"Type": "Task", "Resource": activity}))
    assert sfn.client.get_activity_task(activityArn=activity)["taskToken"]
    assert sfn.cloud.clock.now() == START + timedelta(seconds=80)


def test_a_function_that_polls_does_not_hold_everything_up(sfn: Machines) -> None:
    activity = sfn.client.create_activity(name="work")["activityArn"]
    seen = []

    def answer(request: dict[str, Any]) -> dict[str, Any]:
        seen.append(sfn.client.get_activity_task(activityArn=activity))
        return {"StatusCode": 200, "Payload": b"{}"}

    sfn.cloud.stub("lambda", "Invoke", answer)
    execution = sfn.start(sfn.create({"Type": "Task", "Resource": LAMBDA + "f"}))
    assert sfn.describe(execution)["status"] == "SUCCEEDED"
    assert "taskToken" not in seen[0]
    assert sfn.cloud.clock.now() == START


def test_the_name_of_an_execution_is_free_90_days_after_its_end(sfn: Machines) -> None:
    machine = sfn.create({"Type": "Wait", "Seconds": 10})
    first = sfn.start(machine, {"n": 1}, name="once")
    sfn.cloud.clock.advance(days=90, seconds=10)
    assert sfn.refused("start_execution", stateMachineArn=machine, name="once")[0] == "ExecutionAlreadyExists"
    assert sfn.describe(first)["status"] == "SUCCEEDED"
    sfn.cloud.clock.advance(seconds=1)
    assert sfn.refused("describe_execution", executionArn=first)[0] == "ExecutionDoesNotExist"
    assert sfn.client.list_executions(stateMachineArn=machine)["executions"] == []
    assert sfn.start(machine, {"n": 2}, name="once") == first
    assert json.loads(sfn.describe(first)["input"]) == {"n": 2}
    assert [e["status"] for e in sfn.client.list_executions(stateMachineArn=machine)["executions"]] == ["RUNNING"]


def test_what_comes_before_an_abort(sfn: Machines) -> None:
    """Recorded: the event stands after none."""
    execution = sfn.start(sfn.create({"Type": "Wait", "Seconds": 10}))
    sfn.client.stop_execution(executionArn=execution)
    events = sfn.client.get_execution_history(executionArn=execution)["events"]
    assert [(e["type"], e["previousEventId"]) for e in events] == [
        ("ExecutionStarted", 0), ("WaitStateEntered", 0), ("ExecutionAborted", 0),
    ]  # fmt: skip


# ---------------------------------------------------------------------- machines and executions


def test_an_activity_that_is_gone(sfn: Machines) -> None:
    activity = sfn.client.create_activity(name="gone")["activityArn"]
    caught = {"Catch": [{"ErrorEquals": ["States.ALL"], "Next": "s1"}]}
    machine = sfn.create({"Type": "Task", "Resource": activity, **caught}, PASS)
    sfn.client.delete_activity(activityArn=activity)
    execution = sfn.start(machine)
    described = sfn.describe(execution)
    assert (described["status"], described["error"]) == ("FAILED", "States.Runtime")  # nothing catches that
    assert described["cause"].endswith(f"The activity {activity} does not exist.")
    assert sfn.events(execution) == ["ExecutionStarted", "TaskStateEntered", "ExecutionFailed"]


def test_creating_twice(sfn: Machines) -> None:
    first = sfn.create(PASS)
    assert sfn.create(PASS) == first
    code, message = sfn.refused("create_state_machine", name="machine", roleArn=ROLE,
                                definition='{"StartAt":"x","States":{"x":{"Type":"Succeed"}}}')  # fmt: skip
    assert (code, message) == ("StateMachineAlreadyExists", f"State Machine Already Exists: '{first}'")


def test_roles_are_checked(sfn: Machines) -> None:
    expected = ("InvalidArn", "Invalid Role Arn: 'nobody'")
    definition = json.dumps({"StartAt": "a", "States": {"a": {**PASS, "End": True}}})
    assert sfn.refused("create_state_machine", name="m", definition=definition, roleArn="nobody") == expected
    assert sfn.refused("update_state_machine", stateMachineArn=sfn.create(PASS), roleArn="nobody") == expected


def test_names_and_inputs_are_checked(sfn: Machines) -> None:
    machine = sfn.create(PASS)
    assert sfn.refused("start_execution", stateMachineArn=machine, name="a b") == ("InvalidName", "Invalid Name: 'a b'")
    code, message = sfn.refused("start_execution", stateMachineArn=machine, input="{nope}")
    assert (code, message.startswith("Invalid State Machine Execution Input: '")) == ("InvalidExecutionInput", True)
    missing = machine + "-not"
    assert sfn.refused("start_execution", stateMachineArn=missing) == (
        "StateMachineDoesNotExist",
        f"State Machine Does Not Exist: '{missing}'",
    )
    assert sfn.refused("describe_execution", executionArn=machine)[0] == "InvalidArn"
    assert sfn.refused("send_task_success", taskToken="x", output="1") == (
        "InvalidToken",
        "Invalid Token: 'Invalid token'",
    )


def test_an_execution_is_started_once_by_its_name(sfn: Machines) -> None:
    machine = sfn.create({"Type": "Wait", "Seconds": 10})
    first = sfn.start(machine, {"a": 1}, name="one")
    assert sfn.start(machine, {"a": 1}, name="one") == first
    assert sfn.refused("start_execution", stateMachineArn=machine, name="one")[0] == "ExecutionAlreadyExists"
    sfn.cloud.clock.advance(seconds=10)
    assert (
        sfn.refused("start_execution", stateMachineArn=machine, name="one", input='{"a": 1}')[0]
        == "ExecutionAlreadyExists"
    )


def test_history_in_pages_and_backwards(sfn: Machines) -> None:
    execution = sfn.start(sfn.create(*[PASS] * 5))
    pages = sfn.client.get_paginator("get_execution_history").paginate(
        executionArn=execution, PaginationConfig={"PageSize": 5}
    )
    ids = [[e["id"] for e in page["events"]] for page in pages]
    assert ids == [[1, 2, 3, 4, 5], [6, 7, 8, 9, 10], [11, 12]]
    backwards = sfn.client.get_execution_history(executionArn=execution, reverseOrder=True, includeExecutionData=False)
    assert [e["id"] for e in backwards["events"]] == list(range(12, 0, -1))
    assert backwards["events"][0]["executionSucceededEventDetails"] == {}


def test_filters_of_lists_act_or_are_refused(sfn: Machines) -> None:
    execution = sfn.start(machine := sfn.create(PASS))
    for given, expected in (("REDRIVEN", []), ("NOT_REDRIVEN", [execution])):
        found = sfn.client.list_executions(stateMachineArn=machine, redriveFilter=given)["executions"]
        assert [e["executionArn"] for e in found] == expected
    missing = machine.replace("stateMachine", "mapRun")
    assert sfn.refused("list_executions", mapRunArn=missing)[0] == "ResourceNotFound"
    assert sfn.refused("list_executions", stateMachineArn=machine, mapRunArn=machine)[0] == "ValidationException"


def test_lists_of_executions(sfn: Machines) -> None:
    machine = sfn.create({"Type": "Wait", "SecondsPath": "$.s"})
    names = {}
    for seconds in (2, 5, 9):
        names[seconds] = sfn.start(machine, {"s": seconds}, name=f"e{seconds}")
        sfn.cloud.clock.advance(seconds=0.5)
    sfn.cloud.clock.advance(
        seconds=2
    )  # e2 ends now: those which have ended stand by their end, the others by their start
    found = sfn.client.list_executions(stateMachineArn=machine)["executions"]
    assert [(e["name"], e["status"]) for e in found] == [("e2", "SUCCEEDED"), ("e9", "RUNNING"), ("e5", "RUNNING")]
    running = sfn.client.list_executions(stateMachineArn=machine, statusFilter="RUNNING", maxResults=1)
    assert [e["name"] for e in running["executions"]] == ["e9"]
    more = sfn.client.list_executions(stateMachineArn=machine, statusFilter="RUNNING", nextToken=running["nextToken"])
    assert [e["name"] for e in more["executions"]] == ["e5"]
    assert sfn.cloud.stepfunctions.running() == {names[5]: "s0", names[9]: "s0"}


def test_a_running_execution_keeps_its_definition(sfn: Machines) -> None:
    machine = sfn.create({"Type": "Wait", "Seconds": 5}, {"Type": "Pass", "Result": "old"})
    execution = sfn.start(machine)
    definition = '{"StartAt":"x","States":{"x":{"Type":"Pass","Result":"new","End":true}}}'
    updated = sfn.client.update_state_machine(stateMachineArn=machine, definition=definition)
    described = sfn.client.describe_state_machine(stateMachineArn=machine)
    assert (described["definition"], described["revisionId"]) == (definition, updated["revisionId"])
    sfn.cloud.clock.advance(seconds=5)
    assert sfn.describe(execution)["output"] == '"old"'
    assert sfn.describe(sfn.start(machine))["output"] == '"new"'


def test_a_machine_goes_when_its_last_execution_has_ended(sfn: Machines) -> None:
    machine = sfn.create({"Type": "Wait", "Seconds": 5})
    execution = sfn.start(machine)
    sfn.client.delete_state_machine(stateMachineArn=machine)
    assert sfn.client.describe_state_machine(stateMachineArn=machine)["status"] == "DELETING"
    deleting = ("StateMachineDeleting", f"State Machine is being deleted: '{machine}'")  # reported
    for operation in ("start_execution", "publish_state_machine_version", "list_state_machine_aliases"):
        assert sfn.refused(operation, stateMachineArn=machine) == deleting
    assert sfn.refused("create_state_machine", name="machine", roleArn=ROLE, definition=ONE_PASS) == deleting
    sfn.cloud.clock.advance(seconds=5)
    assert sfn.describe(execution)["status"] == "SUCCEEDED"
    assert sfn.refused("describe_state_machine", stateMachineArn=machine)[0] == "StateMachineDoesNotExist"


@pytest.mark.parametrize("inside", [False, True])
def test_executions_of_a_deleted_machine_fail_at_their_next_transition(sfn: Machines, inside: bool) -> None:
    """https://repost.aws/knowledge-center/step-functions-stuck-deleting-status"""
    steps = [{"Type": "Wait", "Seconds": 5}, {"Type": "Pass"}]
    catch = [{"ErrorEquals": ["States.ALL"], "Next": "s1"}]
    if inside:
        states = {"a": {**steps[0], "Next": "b"}, "b": {"Type": "Succeed"}}
        steps[0] = {"Type": "Parallel", "Branches": [{"StartAt": "a", "States": states}], "Catch": catch}
    machine = sfn.create(*steps)
    execution = sfn.start(machine)
    sfn.client.delete_state_machine(stateMachineArn=machine)
    assert sfn.describe(execution)["status"] == "RUNNING"
    assert len(sfn.client.list_executions(stateMachineArn=machine)["executions"]) == 1
    sfn.cloud.clock.advance(seconds=5)
    described = sfn.describe(execution)
    assert [described[k] for k in ("status", "error", "cause")] == [
        "FAILED", "States.Runtime", f"State machine {machine.rpartition(':')[2]} has been deleted."
    ]  # fmt: skip
    events = sfn.client.get_execution_history(executionArn=execution)["events"]
    assert [e["type"] for e in events][-2:] == ["WaitStateExited", "ExecutionFailed"]
    assert sfn.refused("describe_state_machine", stateMachineArn=machine)[0] == "StateMachineDoesNotExist"


def test_a_machine_stays_when_a_version_is_given_to_delete_it(sfn: Machines) -> None:
    machine = sfn.create(PASS, publish=True)
    sfn.client.delete_state_machine(stateMachineArn=f"{machine}:1")
    assert sfn.client.describe_state_machine(stateMachineArn=machine)["status"] == "ACTIVE"


def test_what_runs_of_a_deleted_express_machine_runs_on(sfn: Machines) -> None:
    machine = sfn.create({"Type": "Wait", "Seconds": 5}, {"Type": "Pass", "Result": "done"}, type="EXPRESS")
    execution = sfn.start(machine)
    sfn.client.delete_state_machine(stateMachineArn=machine)
    assert sfn.refused("describe_state_machine", stateMachineArn=machine)[0] == "StateMachineDoesNotExist"
    sfn.cloud.clock.advance(seconds=5)
    assert sfn.cloud.stepfunctions.result(execution).output == "done"


def test_pages_of_a_history_that_grows_and_tokens_that_expire(sfn: Machines) -> None:
    machine = sfn.create(PASS, {"Type": "Wait", "Seconds": 5}, PASS)
    execution = sfn.start(machine)

    def page(**more: Any) -> tuple[list[int], str]:
        answer = sfn.client.get_execution_history(executionArn=execution, maxResults=2, **more)
        return [e["id"] for e in answer["events"]], answer.get("nextToken", "")

    ids, token = page(reverseOrder=True)
    forward = page()[1]
    sfn.cloud.clock.advance(seconds=5)
    assert (ids, page(reverseOrder=True, nextToken=token)[0], page(nextToken=forward)[0]) == ([4, 3], [2, 1], [3, 4])
    assert sfn.client.get_execution_history(executionArn=execution, maxResults=8)["events"][-1]["id"] == 8
    assert "nextToken" not in sfn.client.get_execution_history(executionArn=execution, maxResults=8)
    sfn.create(PASS, name="other")
    token = sfn.client.list_state_machines(maxResults=1)["nextToken"]
    sfn.cloud.clock.advance(hours=24)
    assert len(sfn.client.list_state_machines(nextToken=token)["stateMachines"]) == 1
    sfn.cloud.clock.advance(seconds=1)
    assert sfn.refused("list_state_machines", nextToken=token)[0] == "InvalidToken"
    assert sfn.refused("get_execution_history", executionArn=execution, nextToken=forward)[0] == "InvalidToken"


def test_a_client_token_of_a_redrive_counts_for_a_quarter_of_an_hour(sfn: Machines) -> None:
    execution = sfn.start(sfn.create({"Type": "Fail"}))
    dates = []
    for token in ("a", "b", "a"):
        answer = sfn.client.redrive_execution(executionArn=execution, clientToken=token)
        dates.append(answer["redriveDate"])
        sfn.cloud.clock.advance(minutes=7)
    assert dates[0] == dates[2] != dates[1]
    sfn.cloud.clock.advance(minutes=7)
    assert sfn.client.redrive_execution(executionArn=execution, clientToken="a")["redriveDate"] == sfn.cloud.clock.now()
    assert sfn.describe(execution)["redriveCount"] == 3


def test_metadata_only(sfn: Machines) -> None:
    """ "The returned definition will be {}": API_DescribeStateMachine."""
    if "includedData" not in sfn.client.meta.service_model.operation_model("DescribeStateMachine").input_shape.members:
        pytest.skip("botocore doesn't know includedData yet")
    machine = sfn.create(PASS)
    execution = sfn.start(machine)
    for operation, what in (
        ("describe_state_machine", {"stateMachineArn": machine}),
        ("describe_state_machine_for_execution", {"executionArn": execution}),
    ):
        answer = getattr(sfn.client, operation)(**what, includedData="METADATA_ONLY")
        assert (answer["definition"], answer["roleArn"]) == ("{}", ROLE)


def test_versions_and_aliases(sfn: Machines) -> None:
    machine = sfn.create({"Type": "Pass", "Result": 1}, publish=True)
    for number in (2, 3):
        definition = json.dumps({"StartAt": "x", "States": {"x": {"Type": "Pass", "Result": number, "End": True}}})
        sfn.client.update_state_machine(stateMachineArn=machine, definition=definition, publish=True)
    routes = [{"stateMachineVersionArn": f"{machine}:{n}", "weight": w} for n, w in ((1, 30), (2, 70))]
    alias = sfn.client.create_state_machine_alias(name="live", routingConfiguration=routes)["stateMachineAliasArn"]
    outputs = [sfn.describe(sfn.start(alias))["output"] for _ in range(40)]
    assert {"1", "2"} == set(outputs)
    assert outputs.count("2") > outputs.count("1")
    assert sfn.describe(sfn.start(f"{machine}:3"))["output"] == "3"
    assert sfn.refused("delete_state_machine_version", stateMachineVersionArn=f"{machine}:1")[0] == "ConflictException"
    assert sfn.refused("describe_state_machine", stateMachineArn=f"{machine}:9")[0] == "StateMachineDoesNotExist"


def test_quotas(sfn: Machines, monkeypatch: pytest.MonkeyPatch) -> None:
    """Smaller ones than AWS's, which are a matter of numbers."""
    another = ONE_PASS.replace("s0", "other")
    few = {kind: (2, code, name) for kind, (_, code, name) in quotas.QUOTAS.items()}
    monkeypatch.setattr(quotas, "QUOTAS", few)
    machine = sfn.create(PASS, publish=True)
    sfn.create(PASS, name="second")
    third = {"name": "third", "definition": ONE_PASS, "roleArn": ROLE}
    assert sfn.refused("create_state_machine", **third)[0] == "StateMachineLimitExceeded"
    for name in ("a", "b", "b"):  # one that is there already is no new one
        sfn.client.create_activity(name=name)
    assert sfn.refused("create_activity", name="c")[0] == "ActivityLimitExceeded"
    sfn.client.update_state_machine(stateMachineArn=machine, definition=another, publish=True)
    sfn.client.publish_state_machine_version(stateMachineArn=machine)  # the same version again
    more = {"stateMachineArn": machine, "definition": ONE_PASS, "publish": True}
    assert sfn.refused("update_state_machine", **more)[0] == "ServiceQuotaExceededException"
    now = sfn.client.describe_state_machine(stateMachineArn=machine)["definition"]
    assert now == another, "what is refused changes nothing"
    routes = [{"stateMachineVersionArn": f"{machine}:1", "weight": 100}]
    for name in ("a", "b"):
        sfn.client.create_state_machine_alias(name=name, routingConfiguration=routes)
    one_more = {"name": "c", "routingConfiguration": routes}
    assert sfn.refused("create_state_machine_alias", **one_more)[0] == "ServiceQuotaExceededException"


def test_express_machines_run_while_one_waits(sfn: Machines) -> None:
    machine = sfn.create({"Type": "Wait", "Seconds": 20}, {"Type": "Pass", "Result": "done"}, type="EXPRESS")
    answer = sfn.client.start_sync_execution(stateMachineArn=machine)
    assert (answer["status"], answer["output"]) == ("SUCCEEDED", '"done"')
    assert answer["billingDetails"] == {"billedMemoryUsedInMB": 64, "billedDurationInMilliseconds": 20_000}
    assert sfn.cloud.clock.now() == START + timedelta(seconds=20)
    slow = sfn.create({"Type": "Wait", "Seconds": 301}, name="slow", type="EXPRESS")
    assert sfn.client.start_sync_execution(stateMachineArn=slow)["status"] == "TIMED_OUT"
    standard = sfn.create(PASS, name="standard")
    assert sfn.refused("start_sync_execution", stateMachineArn=standard)[0] == "StateMachineTypeNotSupported"


def test_an_endless_loop_ends(sfn: Machines) -> None:
    loop = {"StartAt": "a", "States": {"a": {"Type": "Pass", "Next": "b"}, "b": {"Type": "Choice", "Choices": [
        {"Variable": "$.stop", "IsPresent": True, "Next": "c"}], "Default": "a"}, "c": {"Type": "Succeed"}}}  # fmt: skip
    machine = sfn.client.create_state_machine(name="loop", definition=json.dumps(loop), roleArn=ROLE)["stateMachineArn"]
    execution = sfn.start(machine)
    described = sfn.describe(execution)
    assert described["cause"] == "The execution reached the maximum number of history events (25000)."
    last = sfn.client.get_execution_history(executionArn=execution, reverseOrder=True, maxResults=1)["events"][0]
    assert (last["id"], last["type"]) == (25_000, "ExecutionFailed")


def test_a_failure_nobody_looked_at_is_reported() -> None:
    def fails(look: bool) -> None:
        with mock_cloud() as cloud:
            sfn = Machines(cloud)
            execution = sfn.start(sfn.create({"Type": "Fail", "Error": "Oh", "Cause": "no"}), name="one")
            if look:
                assert sfn.describe(execution)["status"] == "FAILED"

    fails(look=True)
    with mock_cloud(strict=True) as cloud:  # to have seen it in a list is to have looked at it
        sfn = Machines(cloud)
        sfn.start(machine := sfn.create({"Type": "Fail"}))
        assert sfn.client.list_executions(stateMachineArn=machine)["executions"][0]["status"] == "FAILED"
    with pytest.warns(BackgroundFailureWarning, match="execution one of state machine machine FAILED"):
        fails(look=False)


def test_polling_skips_the_waiting() -> None:
    with mock_cloud(time="skip", clock=START) as cloud:
        sfn = Machines(cloud)
        execution = sfn.start(sfn.create({"Type": "Wait", "Seconds": 86400}, PASS))
        assert sfn.describe(execution)["status"] == "SUCCEEDED"
        assert cloud.clock.now() == START + timedelta(days=1)


def test_the_timeline_of_an_execution(sfn: Machines) -> None:
    execution = sfn.start(sfn.create({"Type": "Wait", "Seconds": 60}))
    sfn.cloud.clock.advance(seconds=60)
    assert sfn.cloud.stepfunctions.timeline(execution) == [
        "2024-05-01 00:00:00 ExecutionStarted",
        "2024-05-01 00:00:00 WaitStateEntered s0",
        "2024-05-01 00:01:00 WaitStateExited s0",
        "2024-05-01 00:01:00 ExecutionSucceeded",
    ]


# ---------------------------------------------------------------------- one state by itself


def test_one_state_by_itself(sfn: Machines) -> None:
    sfn.cloud.stub("lambda", "Invoke", {"StatusCode": 200, "Payload": b'{"n": 2}'})
    state = {
        "Type": "Task",
        "Resource": LAMBDA + "f",
        "InputPath": "$.a",
        "Parameters": {"x.$": "$.b"},
        "ResultPath": "$.r",
        "Next": "n",
    }
    answer = sfn.client.test_state(
        definition=json.dumps(state), roleArn=ROLE, input='{"a": {"b": 1}}', inspectionLevel="DEBUG"
    )
    assert (answer["status"], answer["nextState"]) == ("SUCCEEDED", "n")
    assert json.loads(answer["output"]) == {"a": {"b": 1}, "r": {"n": 2}}
    assert {k: json.loads(v) for k, v in answer["inspectionData"].items()} == {
        "input": {"a": {"b": 1}},
        "afterInputPath": {"b": 1},
        "afterParameters": {"x": 1},
        "result": {"n": 2},
        "afterResultSelector": {"n": 2},
        "afterResultPath": {"a": {"b": 1}, "r": {"n": 2}},
    }


@pytest.mark.parametrize(
    ("handlers", "expected"),
    [
        ({}, {"status": "FAILED", "error": "E"}),
        ({"Retry": [{"ErrorEquals": ["X"]}, {"ErrorEquals": ["E"]}]}, {"status": "RETRIABLE", "error": "E"}),
        (
            {"Catch": [{"ErrorEquals": ["States.ALL"], "ResultPath": "$.e", "Next": "c"}]},
            {"status": "CAUGHT_ERROR", "error": "E", "nextState": "c", "output": '{"e":{"Error":"E","Cause":"E"}}'},
        ),
    ],
)
def test_one_state_fails_by_itself(sfn: Machines, handlers: dict[str, Any], expected: dict[str, Any]) -> None:
    payload = b'{"errorType": "E"}'
    sfn.cloud.stub("lambda", "Invoke", {"StatusCode": 200, "FunctionError": "Unhandled", "Payload": payload})
    state = {"Type": "Task", "Resource": LAMBDA + "f", "End": True, **handlers}
    answer = sfn.client.test_state(definition=json.dumps(state), roleArn=ROLE)
    answer.pop("ResponseMetadata")
    cause = payload.decode()
    if "output" in expected:
        expected = {**expected, "output": json.dumps({"e": {"Error": "E", "Cause": cause}}, separators=(",", ":"))}
    assert answer == {**expected, "cause": cause}


def test_a_mock_must_be_what_the_api_could_give(sfn: Machines) -> None:
    if "mock" not in sfn.client.meta.service_model.operation_model("TestState").input_shape.members:
        pytest.skip("this botocore's TestState takes no mock")
    state = {
        "Type": "Task",
        "Resource": "arn:aws:states:::sqs:sendMessage",
        "Parameters": {"QueueUrl": "q", "MessageBody": "m"},
        "End": True,
    }
    code, message = sfn.refused("test_state", definition=json.dumps(state), mock={"result": '{"MessageId": 5}'})
    assert (code, message) == (
        "ValidationException",
        "Mock result schema validation error: Field 'MessageId' must be a string",
    )
    answer = sfn.client.test_state(definition=json.dumps(state), mock={"result": '{"MessageId": "5"}'})
    assert answer["output"] == '{"MessageId": "5"}'


def test_warnings_are_shown_to_who_asks_for_them_and_refuse_nothing(cloud: Cloud) -> None:
    # https://docs.aws.amazon.com/step-functions/latest/apireference/API_ValidateStateMachineDefinition.html
    states = {"P": {"Type": "Pass", "Result": {"c.$": "$.d"}, "Next": "F"}, "F": {"Type": "Fail", "Error": "$.e"}}
    client = boto3.client("stepfunctions")
    definition = json.dumps({"StartAt": "P", "States": states})
    assert client.validate_state_machine_definition(definition=definition)["diagnostics"] == []
    answer = client.validate_state_machine_definition(definition=definition, severity="WARNING")
    assert [d["code"] for d in answer["diagnostics"]] == ["PASS_RESULT_IS_STATIC", "NO_PATH"]
    assert (answer["result"], answer["truncated"]) == ("OK", False)
    answer = client.validate_state_machine_definition(definition=definition, severity="WARNING", maxResults=1)
    assert (len(answer["diagnostics"]), answer["truncated"]) == (1, True)
    client.create_state_machine(name="m", roleArn="arn:aws:iam::123456789012:role/r", definition=definition)
