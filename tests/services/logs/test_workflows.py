"""What executions write to CloudWatch Logs: https://docs.aws.amazon.com/step-functions/latest/dg/cw-logs.html

The entries are recorded, in public tests that run against AWS.
"""

from __future__ import annotations

import json
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError

from mock_serverless import Cloud

from .conftest import MILLIS

ROLE = "arn:aws:iam::123456789012:role/r"
GROUP = "/aws/vendedlogs/states/m"
PASS = {"StartAt": "State_1", "States": {"State_1": {"Type": "Pass", "Result": {"Arg1": "argument1"}, "End": True}}}
FAIL = {"StartAt": "FailState", "States": {"FailState": {"Type": "Fail", "Error": "SomeFailure", "Cause": "because"}}}


def configuration(level: str, data: bool = False) -> dict[str, Any]:
    arn = f"arn:aws:logs:us-east-1:123456789012:log-group:{GROUP}:*"
    destination = {"cloudWatchLogsLogGroup": {"logGroupArn": arn}}
    return {"level": level, "includeExecutionData": data, "destinations": [destination]}


def create(definition: Any, level: str, data: bool = False, **more: Any) -> str:
    answer = boto3.client("stepfunctions").create_state_machine(
        name="m",
        roleArn=ROLE,
        definition=json.dumps(definition),
        loggingConfiguration=configuration(level, data),
        **more,
    )
    return str(answer["stateMachineArn"])


def entries(logs: Any) -> list[dict[str, Any]]:
    found = logs.filter_log_events(logGroupName=GROUP, logStreamNamePrefix="states/m/2025-03-01-12/")["events"]
    return [json.loads(event["message"]) for event in found]


@pytest.fixture
def group(logs: Any) -> None:
    logs.create_log_group(logGroupName=GROUP)


@pytest.mark.parametrize("data", [False, True])
def test_everything(cloud: Cloud, logs: Any, group: None, data: bool) -> None:
    arn = create(PASS, "ALL", data)
    execution = boto3.client("stepfunctions").start_execution(stateMachineArn=arn, name="e", input="{}")["executionArn"]
    whole = {"truncated": False}
    given = {"input": "{}", "inputDetails": whole} if data else {}
    made = {"output": '{"Arg1":"argument1"}', "outputDetails": whole} if data else {}
    same = {"event_timestamp": str(MILLIS), "execution_arn": execution, "redrive_count": "0"}
    wanted: list[tuple[str, dict[str, Any], str]] = [
        ("ExecutionStarted", {**given, "roleArn": ROLE}, "0"),
        ("PassStateEntered", {"name": "State_1", **given}, "0"),
        ("PassStateExited", {"name": "State_1", **made}, "2"),
        ("ExecutionSucceeded", made, "3"),
    ]
    assert entries(logs) == [
        {"id": str(i), "type": type, "details": details, "previous_event_id": previous, **same}
        for i, (type, details, previous) in enumerate(wanted, 1)
    ]
    streams = [s["logStreamName"] for s in logs.describe_log_streams(logGroupName=GROUP)["logStreams"]]
    assert streams[0] == "log_stream_created_by_aws_to_validate_log_delivery_subscriptions"
    assert len(streams) == 2


@pytest.mark.parametrize(
    ("level", "wanted"),
    [
        ("ALL", ["ExecutionStarted", "FailStateEntered", "ExecutionFailed"]),
        ("ERROR", ["FailStateEntered", "ExecutionFailed"]),
        ("FATAL", ["ExecutionFailed"]),
        ("OFF", []),
    ],
)
def test_levels(cloud: Cloud, logs: Any, group: None, level: str, wanted: list[str]) -> None:
    arn = create(FAIL, level)
    client = boto3.client("stepfunctions")
    client.describe_execution(executionArn=client.start_execution(stateMachineArn=arn)["executionArn"])
    found = entries(logs)
    assert [entry["type"] for entry in found] == wanted
    if found:
        assert found[-1]["details"] == {"error": "SomeFailure", "cause": "because"}


def test_express_executions_are_seen_here(cloud: Cloud, logs: Any, group: None) -> None:
    arn = create(PASS, "ALL", type="EXPRESS")
    boto3.client("stepfunctions").start_execution(stateMachineArn=arn)
    assert [entry["type"] for entry in entries(logs)][-1] == "ExecutionSucceeded"


def test_an_aborted_execution(cloud: Cloud, logs: Any, group: None) -> None:
    wait = {"StartAt": "W", "States": {"W": {"Type": "Wait", "Seconds": 60, "End": True}}}
    client = boto3.client("stepfunctions")
    execution = client.start_execution(stateMachineArn=create(wait, "FATAL"))["executionArn"]
    client.stop_execution(executionArn=execution, error="E", cause="C")
    assert [(e["type"], e["details"]) for e in entries(logs)] == [("ExecutionAborted", {"error": "E", "cause": "C"})]


def test_runs_of_a_machine_share_a_stream(cloud: Cloud, logs: Any, group: None) -> None:
    arn = create(PASS, "ALL")
    for _ in range(3):
        boto3.client("stepfunctions").start_execution(stateMachineArn=arn)
    assert len(entries(logs)) == 12
    assert len(logs.describe_log_streams(logGroupName=GROUP)["logStreams"]) == 2


def test_a_deleted_group_stops_nothing(cloud: Cloud, logs: Any, group: None) -> None:
    arn = create(PASS, "ALL")
    logs.delete_log_group(logGroupName=GROUP)
    client = boto3.client("stepfunctions")
    execution = client.start_execution(stateMachineArn=arn)["executionArn"]
    assert client.describe_execution(executionArn=execution)["status"] == "SUCCEEDED"
    assert logs.describe_log_groups()["logGroups"] == []


def test_a_group_that_is_not_there(cloud: Cloud, logs: Any) -> None:
    """Recorded."""
    with pytest.raises(ClientError) as caught:
        create(PASS, "ALL")
    assert caught.value.response["Error"] == {
        "Code": "InvalidLoggingConfiguration",
        "Message": "Invalid Logging Configuration: Log Destination not found.",
    }
    client = boto3.client("stepfunctions")
    assert client.list_state_machines()["stateMachines"] == []
    arn = client.create_state_machine(name="m", roleArn=ROLE, definition=json.dumps(PASS))["stateMachineArn"]
    with pytest.raises(ClientError, match="Log Destination not found"):
        client.update_state_machine(stateMachineArn=arn, loggingConfiguration=configuration("ALL"))
    assert client.describe_state_machine(stateMachineArn=arn)["loggingConfiguration"]["level"] == "OFF"
    with pytest.raises(ClientError, match="Invalid Log Destination ARN"):
        bad = {"cloudWatchLogsLogGroup": {"logGroupArn": "arn:aws:s3:::bucket"}}
        client.update_state_machine(stateMachineArn=arn, loggingConfiguration={"level": "ALL", "destinations": [bad]})


def test_a_key_is_looked_up(cloud: Cloud) -> None:
    client, kms = boto3.client("stepfunctions"), boto3.client("kms")
    key = kms.create_key()["KeyMetadata"]["KeyId"]
    encryption = {"type": "CUSTOMER_MANAGED_KMS_KEY", "kmsKeyId": "alias/key"}
    request = {"name": "m", "roleArn": ROLE, "definition": json.dumps(PASS), "encryptionConfiguration": encryption}
    with pytest.raises(ClientError, match=r"InvalidEncryptionConfiguration.*alias/key is not found"):
        client.create_state_machine(**request)
    kms.create_alias(AliasName="alias/key", TargetKeyId=key)
    arn = client.create_state_machine(**request)["stateMachineArn"]
    assert client.describe_state_machine(stateMachineArn=arn)["encryptionConfiguration"] == encryption
    client.start_execution(stateMachineArn=arn)
    kms.disable_key(KeyId=key)
    client.start_execution(stateMachineArn=arn)  # with the data key of before
    cloud.clock.advance(300)
    with pytest.raises(client.exceptions.KmsInvalidStateException) as refused:
        client.start_execution(stateMachineArn=arn)
    assert refused.value.response["kmsKeyState"] == "DISABLED"
    assert len(client.list_executions(stateMachineArn=arn)["executions"]) == 2
    kms.enable_key(KeyId=key)
    client.start_execution(stateMachineArn=arn)


def test_who_may_not_use_a_key(cloud: Cloud) -> None:
    kms, client = boto3.client("kms"), boto3.client("stepfunctions")
    everything = {"Effect": "Allow", "Principal": "*", "Action": "kms:*", "Resource": "*"}
    nothing = {"Effect": "Deny", "Principal": "*", "Action": "kms:GenerateDataKey", "Resource": "*"}
    policy = json.dumps({"Version": "2012-10-17", "Statement": [everything, nothing]})
    arn = kms.create_key(Policy=policy)["KeyMetadata"]["Arn"]
    encryption = {"type": "CUSTOMER_MANAGED_KMS_KEY", "kmsKeyId": arn}
    with pytest.raises(client.exceptions.KmsAccessDeniedException, match="kms:GenerateDataKey"):
        client.create_activity(name="a", encryptionConfiguration=encryption)
    with pytest.raises(ClientError, match=r"AccessDeniedException.* is not allowed to be used with Arn"):
        boto3.client("logs").create_log_group(logGroupName="g", kmsKeyId=arn)


def test_an_activity_keeps_its_key(cloud: Cloud) -> None:
    client = boto3.client("stepfunctions")
    encryption = {
        "type": "CUSTOMER_MANAGED_KMS_KEY",
        "kmsKeyId": boto3.client("kms").create_key()["KeyMetadata"]["Arn"],
    }
    arn = client.create_activity(name="a", encryptionConfiguration=encryption)["activityArn"]
    assert client.create_activity(name="a")["activityArn"] == arn
    assert client.describe_activity(activityArn=arn)["encryptionConfiguration"] == encryption
    with pytest.raises(client.exceptions.ActivityAlreadyExists):
        client.create_activity(name="a", encryptionConfiguration={"type": "AWS_OWNED_KEY"})


def test_a_redriven_execution(cloud: Cloud, logs: Any, group: None) -> None:
    """The count of redrives is in each entry; an execution that is redriven writes ExecutionRedriven."""
    task = {
        "Type": "Task",
        "Resource": "arn:aws:states:::lambda:invoke",
        "Parameters": {"FunctionName": "f"},
        "End": True,
    }
    arn = create({"StartAt": "T", "States": {"T": task}}, "ALL")
    client = boto3.client("stepfunctions")
    execution = client.start_execution(stateMachineArn=arn)["executionArn"]
    assert client.describe_execution(executionArn=execution)["status"] == "FAILED"
    cloud.function("f", lambda event, context: "done")
    client.redrive_execution(executionArn=execution)
    assert client.describe_execution(executionArn=execution)["status"] == "SUCCEEDED"
    found = entries(logs)
    assert [entry["id"] for entry in found] == [str(i) for i in range(1, len(found) + 1)]
    kinds = [(entry["type"], entry["redrive_count"]) for entry in found]
    assert ("ExecutionFailed", "0") in kinds
    assert ("ExecutionRedriven", "1") in kinds
    assert kinds[-1] == ("ExecutionSucceeded", "1")
