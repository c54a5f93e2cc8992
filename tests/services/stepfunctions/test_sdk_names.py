"""What SDK integrations call things: as the SDK for Java does."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import boto3
import pytest

from mock_serverless.cloud import Cloud
from mock_serverless.core.operation import service_model
from mock_serverless.services.stepfunctions.integrations import resources, sdk_names
from mock_serverless.services.stepfunctions.integrations.calls import from_response, to_request

# the accessors of the SDK's classes, in https://sdk.amazonaws.com/java/api/latest/
NAMES = {
    "DBInstances": "DbInstances", "VpcSecurityGroupId": "VpcSecurityGroupId", "EndTimecodeSMPTE": "EndTimecodeSMPTE",
    "CACertificateIdentifier": "CaCertificateIdentifier", "SourceDBInstanceIdentifier": "SourceDBInstanceIdentifier",
    "IAMDatabaseAuthenticationEnabled": "IamDatabaseAuthenticationEnabled", "SSEKMSKeyId": "SsekmsKeyId", "ETag": "ETag",
    "EC2SecurityGroups": "Ec2SecurityGroups", "MD5OfMessageBody": "Md5OfMessageBody", "stateMachineArn": "StateMachineArn",
    "ARN": "Arn", "S": "S", "BOOL": "Bool", "SS": "Ss", "M": "M", "VersionId": "VersionId",
}  # fmt: skip
EXCEPTIONS = {
    "DBInstanceNotFoundFault": "DbInstanceNotFoundException", "NoSuchKey": "NoSuchKeyException",
    "EC2ThrottledException": "Ec2ThrottledException", "KMSInternalException": "KmsInternalException",
    "ResourceNotFoundException": "ResourceNotFoundException", "StateMachineDoesNotExist": "StateMachineDoesNotExistException",
}  # fmt: skip


def test_members_and_exceptions() -> None:
    assert {name: sdk_names.accessor(name) for name in NAMES} == NAMES
    assert {name: sdk_names.exception(name) for name in EXCEPTIONS} == EXCEPTIONS


@pytest.mark.parametrize("service", ["rds", "ec2", "iam", "kms", "s3", "sqs", "redshift", "dynamodb"])
def test_what_an_answer_calls_a_member_a_request_may_call_it_too(service: str) -> None:
    model = service_model(service)
    for name in model.shape_names:
        shape = model.shape_for(name)
        if shape.type_name == "structure":
            given = {sdk_names.member(shape, m): m for m, s in shape.members.items() if s.type_name == "string"}
            assert to_request(given, shape, sdk_names.member) == {m: m for m in given.values()}


def test_services_and_the_prefixes_of_their_errors() -> None:
    cases = Path(__file__).resolve().parents[2] / "cases" / "stepfunctions_prefixes.json"
    prefixes = json.loads(cases.read_text())["prefixes"].split()
    names = {prefix: resources.botocore_name(prefix.lower()) for prefix in prefixes}
    assert {prefix: name and sdk_names.client(name) for prefix, name in names.items()} == {p: p for p in prefixes}


def test_words_of_java_are_no_names_of_members() -> None:
    model = service_model("cognito-idp").shape_for("UserPoolType")
    assert {sdk_names.member(model, name) for name in ("default", "Equals", "Static", "Standard")} == {
        "DefaultValue", "EqualsValue", "StaticValue", "Standard"
    }  # fmt: skip


def sdk(cloud: Cloud, action: str, parameters: dict[str, Any]) -> Any:
    task = {"Type": "Task", "Resource": f"arn:aws:states:::aws-sdk:{action}", "Parameters": parameters, "End": True}
    return cloud.stepfunctions.run({"StartAt": "Call", "States": {"Call": task}})


def test_an_answer_and_an_error(cloud: Cloud) -> None:
    cloud.stub("rds", "DescribeDBInstances", {"DBInstances": [{"DBInstanceIdentifier": "one", "KmsKeyId": "k"}]})
    output = sdk(cloud, "rds:describeDBInstances", {"DbInstanceIdentifier": "one"}).output
    assert output == {"DbInstances": [{"DbInstanceIdentifier": "one", "KmsKeyId": "k"}]}
    assert cloud.calls("rds", "DescribeDBInstances").last.params == {"DBInstanceIdentifier": "one"}
    cloud.fail("rds", "DescribeDBInstances", "DBInstanceNotFound")
    assert sdk(cloud, "rds:describeDBInstances", {}).error == "Rds.DbInstanceNotFoundException"


def test_dynamodbs_values(cloud: Cloud) -> None:
    keys = [{"AttributeName": "k", "KeyType": "HASH"}]
    attributes = [{"AttributeName": "k", "AttributeType": "S"}]
    client = boto3.client("dynamodb", region_name="us-east-1")
    client.create_table(
        TableName="things", KeySchema=keys, AttributeDefinitions=attributes, BillingMode="PAY_PER_REQUEST"
    )
    item = {
        "k": {"S": "1"},
        "b": {"Bool": True},
        "n": {"Nul": True},
        "s": {"Ss": ["a"]},
        "m": {"M": {"b": {"Bool": False}}},
    }
    assert sdk(cloud, "dynamodb:putItem", {"TableName": "things", "Item": item}).succeeded
    key = {"TableName": "things", "Key": {"k": {"S": "1"}}}
    assert sdk(cloud, "dynamodb:getItem", key).output["Item"] == item
    task = {"Type": "Task", "Resource": "arn:aws:states:::dynamodb:getItem", "Parameters": key, "End": True}
    optimised = cloud.stepfunctions.run({"StartAt": "Call", "States": {"Call": task}}).output["Item"]
    assert (optimised["b"], optimised["n"]) == ({"BOOL": True}, {"NULL": True})
    shape = service_model("dynamodb").shape_for("AttributeValue")
    assert from_response({"BOOL": True}, shape, sdk_names.member) == {"Bool": True}


def run(cloud: Cloud, resource: str, parameters: dict[str, Any], input: Any) -> Any:
    task = {"Type": "Task", "Resource": f"arn:aws:states:::{resource}", "Parameters": parameters, "End": True}
    catch = [{"ErrorEquals": ["States.ALL"], "Next": "Caught"}]
    caught = {"Type": "Pass", "End": True}
    definition = {"StartAt": "Call", "States": {"Call": {**task, "Catch": catch}, "Caught": caught}}
    return cloud.stepfunctions.run(definition, input)


# the texts are those that machines are refused with, the frame of the cause is reported; Retry and Catch don't help, and nothing
# is scheduled
@pytest.mark.parametrize(
    ("resource", "parameters", "input", "wrong"),
    [
        ("aws-sdk:batch:submitJob", {"JobName": "j", "JobQueue": "q", "JobDefinition": "d", "RetryStrategy.$": "$.retry"},
         {"retry": {"attempts": 2}}, 'The field "attempts" is not supported by Step Functions'),
        ("lambda:invoke", {"FunctionName": "f", "TaskToken.$": "$.t"}, {"t": "x"},
         'The field "TaskToken" is not supported by Step Functions'),
        ("apigateway:invoke", {"ApiEndpoint": "h", "Method": "GET", "QueryParameters.$": "$.q"}, {"q": "?a=b"},
         "The value of the field 'QueryParameters' has an invalid format"),
        ("batch:submitJob", {"JobName": "j", "JobQueue": "q", "JobDefinition": "d", "Parameters.$": "$.p"},
         {"p": {"frame_id": 5}}, "The value for the field 'frame_id' must be a STRING"),
        ("aws-sdk:dynamodb:getItem", {"TableName": "t", "Key.$": "$.key"}, {"key": {"k": {"s": "a"}}},
         'The field "s" is not supported by Step Functions'),
    ],
)  # fmt: skip
def test_parameters_that_do_not_fit_fail_the_execution(
    cloud: Cloud, resource: str, parameters: dict[str, Any], input: Any, wrong: str
) -> None:
    result = run(cloud, resource, parameters, input)
    values = {k.removesuffix(".$"): (input[v[2:]] if k.endswith(".$") else v) for k, v in parameters.items()}
    text = json.dumps(values, separators=(",", ":"))
    assert (result.status, result.error) == ("FAILED", "States.Runtime")
    assert result.cause == (
        "An error occurred while executing the state 'Call' (entered at the event id #2). "
        f"The Parameters '{text}' could not be used to start the Task: [{wrong}]"
    )
    client = boto3.client("stepfunctions")
    events = client.get_execution_history(executionArn=result.arn)["events"]
    assert [e["type"] for e in events] == ["ExecutionStarted", "TaskStateEntered", "ExecutionFailed"]


def test_casing_of_an_api_in_camel_case_and_keys_of_maps(cloud: Cloud) -> None:
    answer = {"jobName": "j", "jobId": "1", "jobArn": "arn:aws:batch:us-east-1:123456789012:job/1"}
    cloud.stub("batch", "SubmitJob", answer)
    given = {"JobName": "j", "JobQueue": "q", "JobDefinition": "d", "Parameters": {"camelCase": "x", "Pascal": "y"},
             "RetryStrategy": {"Attempts": "3", "EvaluateOnExit": [{"OnExitCode": "1", "Action": "RETRY"}]}}  # fmt: skip
    assert sdk(cloud, "batch:submitJob", given).output == {
        "JobName": "j", "JobId": "1", "JobArn": "arn:aws:batch:us-east-1:123456789012:job/1"
    }  # fmt: skip
    assert cloud.calls("batch", "SubmitJob").last.params == {
        "jobName": "j", "jobQueue": "q", "jobDefinition": "d", "parameters": {"camelCase": "x", "Pascal": "y"},
        "retryStrategy": {"attempts": 3, "evaluateOnExit": [{"onExitCode": "1", "action": "RETRY"}]},
    }  # fmt: skip
