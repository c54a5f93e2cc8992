"""What SDK integrations call things: as the SDK for Java does."""

from __future__ import annotations

from typing import Any

import boto3
import pytest

from mock_serverless.cloud import Cloud
from mock_serverless.core.operation import service_model
from mock_serverless.services.stepfunctions.integrations import sdk_names
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
            assert to_request(given, shape) == {m: m for m in given.values()}


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
