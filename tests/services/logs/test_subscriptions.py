"""Subscription filters: what arrives where."""

from __future__ import annotations

import base64
import gzip
import json
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError

from mock_serverless import AwsError, Cloud, NotSupported

from .conftest import MILLIS

ROLE = "arn:aws:iam::123456789012:role/r"
STREAM = "arn:aws:kinesis:us-east-1:123456789012:stream/k"
FIREHOSE = "arn:aws:firehose:us-east-1:123456789012:deliverystream/k"


def unpacked(data: bytes) -> Any:
    return json.loads(gzip.decompress(data))


def test_a_function_gets_what_matches(cloud: Cloud, logs: Any, stream: dict[str, str]) -> None:
    """https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/SubscriptionFilters.html#LambdaFunctionExample"""
    got: list[Any] = []
    arn = cloud.function("f", lambda event, context: got.append(unpacked(base64.b64decode(event["awslogs"]["data"]))))
    logs.put_subscription_filter(logGroupName="g", filterName="test", filterPattern="{ $.n > 1 }", destinationArn=arn)
    messages = ['{"n": 1}', '{"n": 2}', '{"n": 3}']
    logs.put_log_events(**stream, logEvents=[{"timestamp": MILLIS + i, "message": m} for i, m in enumerate(messages)])
    [message] = got
    ids = [event.pop("id") for event in message["logEvents"]]
    assert message == {
        "messageType": "DATA_MESSAGE",
        "owner": "123456789012",
        "logGroup": "g",
        "logStream": "s",
        "subscriptionFilters": ["test"],
        "logEvents": [
            {"timestamp": MILLIS + 1, "message": '{"n": 2}'},
            {"timestamp": MILLIS + 2, "message": '{"n": 3}'},
        ],
    }
    assert ids == [e["eventId"] for e in logs.filter_log_events(logGroupName="g")["events"][1:]]
    logs.delete_subscription_filter(logGroupName="g", filterName="test")
    logs.put_log_events(**stream, logEvents=[{"timestamp": MILLIS, "message": '{"n": 4}'}])
    assert len(got) == 1


def test_what_functions_log_goes_on_too(cloud: Cloud, logs: Any) -> None:
    got: list[str] = []

    def listen(event: Any, context: Any) -> None:
        got.extend(e["message"] for e in unpacked(base64.b64decode(event["awslogs"]["data"]))["logEvents"])

    cloud.function("talker", lambda event, context: print("ERROR", event))
    arn = cloud.function("listener", listen)
    logs.create_log_group(logGroupName="/aws/lambda/talker")
    logs.put_subscription_filter(
        logGroupName="/aws/lambda/talker", filterName="t", filterPattern="ERROR", destinationArn=arn
    )
    boto3.client("lambda").invoke(FunctionName="talker", Payload=b"1")
    assert got == ["ERROR 1\n"]


def test_kinesis_and_firehose(cloud: Cloud, logs: Any, stream: dict[str, str]) -> None:
    records: list[Any] = []

    def record(request: Any) -> Any:
        records.append(request)
        return {"ShardId": "0", "SequenceNumber": "1"} if "StreamName" in request else {"RecordId": "1"}

    cloud.stub("kinesis", "PutRecord", record)
    cloud.stub("firehose", "PutRecord", record)
    for name, arn in (("k", STREAM), ("f", FIREHOSE)):
        logs.put_subscription_filter(
            logGroupName="g", filterName=name, filterPattern="", destinationArn=arn, roleArn=ROLE
        )
    assert [unpacked(r.get("Data") or r["Record"]["Data"])["messageType"] for r in records] == ["CONTROL_MESSAGE"] * 2
    logs.put_log_events(**stream, logEvents=[{"timestamp": MILLIS, "message": "x"}])
    assert records[2]["StreamName"] == "k"
    assert records[2]["PartitionKey"] == "s"
    assert unpacked(records[2]["Data"])["logEvents"][0]["message"] == "x"
    assert records[3]["DeliveryStreamName"] == "k"
    shown = logs.describe_subscription_filters(logGroupName="g", filterNamePrefix="k")["subscriptionFilters"]
    assert [(f["filterName"], f["destinationArn"], f["roleArn"], f["distribution"]) for f in shown] == [
        ("k", STREAM, ROLE, "ByLogStream")
    ]


def test_a_stream_that_does_not_answer(cloud: Cloud, logs: Any, stream: dict[str, str]) -> None:
    cloud.stub("kinesis", "PutRecord", AwsError("ResourceNotFoundException", "no"))
    with pytest.raises(ClientError, match="Could not deliver test message to specified Kinesis stream"):
        logs.put_subscription_filter(
            logGroupName="g", filterName="k", filterPattern="", destinationArn=STREAM, roleArn=ROLE
        )
    assert logs.describe_subscription_filters(logGroupName="g")["subscriptionFilters"] == []


def test_two_at_most_and_one_by_name(cloud: Cloud, logs: Any, stream: dict[str, str]) -> None:
    """Recorded."""
    arn = cloud.function("f", lambda event, context: None)
    request = {"logGroupName": "g", "filterPattern": "", "destinationArn": arn}
    logs.put_subscription_filter(**request, filterName="test-1")
    logs.put_subscription_filter(**request, filterName="test-2")
    with pytest.raises(ClientError) as caught:
        logs.put_subscription_filter(**request, filterName="test-3")
    assert caught.value.response["Error"] == {"Code": "LimitExceededException", "Message": "Resource limit exceeded."}
    logs.put_subscription_filter(**{**request, "filterPattern": "[]"}, filterName="test-1")
    found = logs.describe_subscription_filters(logGroupName="g")["subscriptionFilters"]
    assert [f["filterPattern"] for f in found] == ["[]", ""]


def test_what_would_never_end_is_refused(cloud: Cloud, logs: Any) -> None:
    arn = cloud.function("f", lambda event, context: None)
    logs.create_log_group(logGroupName="/aws/lambda/f")
    with pytest.raises(NotSupported, match="without an end"):
        logs.put_subscription_filter(logGroupName="/aws/lambda/f", filterName="x", filterPattern="", destinationArn=arn)


def test_a_delivery_that_fails_is_reported(cloud: Cloud, logs: Any, stream: dict[str, str]) -> None:
    arn = cloud.function("f", lambda event, context: None)
    logs.put_subscription_filter(logGroupName="g", filterName="f", filterPattern="", destinationArn=arn)
    boto3.client("lambda").delete_function(FunctionName="f")
    logs.put_log_events(**stream, logEvents=[{"timestamp": MILLIS, "message": "x"}])
    [(title, detail)] = cloud.failures.values()
    assert title == f"events of the log group g were not delivered to {arn}"
    assert detail.startswith("ResourceNotFoundException")
    cloud.failures.clear()
