"""Answers and requests of AWS's operations fit botocore's model, whatever the service; answers pass the SDK unchanged."""

from __future__ import annotations

from typing import Any

import boto3
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mock_serverless import NotSupported, mock_cloud
from mock_serverless.core.operation import checker, output_shape
from mock_serverless.core.shapes import problems
from mock_serverless.strategies import requests, responses

# of each protocol, with streams, unions, documents, recursion, patterns with lengths, enums
SAMPLE = [
    ("dynamodb", "Query"),
    ("dynamodb", "DescribeTable"),
    ("lambda", "GetFunction"),
    ("lambda", "CreateEventSourceMapping"),
    ("lambda", "InvokeWithResponseStream"),
    ("apigateway", "GetIntegration"),
    ("stepfunctions", "GetExecutionHistory"),
    ("s3", "GetObject"),
    ("s3", "ListObjectsV2"),
    ("s3", "SelectObjectContent"),
    ("sqs", "ReceiveMessage"),
    ("sns", "ListTopics"),
    ("sts", "AssumeRoleWithSAML"),
    ("iam", "GetUser"),
    ("events", "DescribeRule"),
    ("kinesis", "SubscribeToShard"),
    ("cognito-idp", "AdminGetUser"),
    ("rekognition", "DetectLabels"),
    ("bedrock-runtime", "Converse"),
    ("bedrock-runtime", "ConverseStream"),
    ("cloudformation", "DescribeStacks"),
    ("glue", "GetTable"),
    ("ssm", "GetParameters"),
    ("secretsmanager", "GetSecretValue"),
    ("cloudwatch", "GetMetricData"),
    ("lexv2-models", "DescribeBot"),
]
rekognition = boto3.client("rekognition", "us-east-1", aws_access_key_id="a", aws_secret_access_key="b")
BUDGET = settings(max_examples=8, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])


@pytest.mark.parametrize(("service", "operation"), SAMPLE)
def test_answers_fit_the_output_shape(service: str, operation: str) -> None:
    @BUDGET
    @given(responses(service, operation))
    def check(answer: dict[str, Any]) -> None:
        assert problems(answer, output_shape(service, operation)) == []

    check()


@pytest.mark.parametrize(("service", "operation"), SAMPLE)
def test_requests_satisfy_the_constraints(service: str, operation: str) -> None:
    @BUDGET
    @given(requests(service, operation))
    def check(params: dict[str, Any]) -> None:
        checker(service, operation)(params)

    check()


@BUDGET
@given(responses("rekognition", "DetectLabels"))
def test_an_answer_can_be_stubbed_and_comes_back(answer: dict[str, Any]) -> None:
    with mock_cloud() as cloud:
        cloud.stub("rekognition", "DetectLabels", answer)
        got = rekognition.detect_labels(Image={"Bytes": b"x"})
        del got["ResponseMetadata"]
        assert got == answer


@pytest.mark.parametrize(
    ("service", "operation", "params"),
    [
        ("s3", "ListObjects", {"Bucket": "bucket"}),
        ("s3", "ListObjectsV2", {"Bucket": "bucket"}),
        ("s3", "ListObjectVersions", {"Bucket": "bucket"}),
        ("s3", "GetBucketLocation", {"Bucket": "bucket"}),
        ("iam", "GetRole", {"RoleName": "r"}),
        ("iam", "GetRolePolicy", {"RoleName": "r", "PolicyName": "p"}),
        ("cloudformation", "GetTemplate", {"StackName": "s"}),
        ("ec2", "GetConsoleOutput", {"InstanceId": "i"}),
    ],
)
def test_an_answer_passes_what_botocore_itself_decodes(service: str, operation: str, params: dict[str, str]) -> None:
    @settings(BUDGET, max_examples=20)
    @given(responses(service, operation))
    def check(answer: dict[str, Any]) -> None:
        with mock_cloud() as cloud:
            cloud.stub(service, operation, answer)
            found = clients[service]._make_api_call(operation, params)
            assert set(answer) <= set(found)

    clients = {service: boto3.client(service, "us-east-1", aws_access_key_id="a", aws_secret_access_key="b")}
    check()


def test_unknown_names_are_refused_with_their_neighbours() -> None:
    with pytest.raises(NotSupported, match="Did you mean: PutItem"):
        responses("dynamodb", "PutItm")
    with pytest.raises(NotSupported, match="botocore knows no service 'dinamodb'"):
        requests("dinamodb", "PutItem")


@settings(max_examples=10)
@given(st.data())
def test_names_may_be_boto3s(data: st.DataObject) -> None:
    answer = data.draw(responses("sfn", "list_activities"))
    assert problems(answer, output_shape("stepfunctions", "ListActivities")) == []
