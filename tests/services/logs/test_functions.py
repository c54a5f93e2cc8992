"""What functions write to CloudWatch Logs.

https://docs.aws.amazon.com/lambda/latest/dg/monitoring-cloudwatchlogs.html
"""

from __future__ import annotations

import json
import logging
import os
import re
import time
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError

from mock_serverless import Cloud


def invoke(name: str) -> Any:
    return boto3.client("lambda").invoke(FunctionName=name)


def messages(logs: Any, group: str) -> list[str]:
    return [event["message"] for event in logs.filter_log_events(logGroupName=group)["events"]]


def test_a_function_writes_to_its_group(cloud: Cloud, logs: Any) -> None:
    streams: list[str] = []

    def handler(event: Any, context: Any) -> None:
        streams.append(context.log_stream_name)
        print("one\ntwo")
        logging.getLogger().warning("first\nsecond")

    cloud.function("f", handler)
    assert logs.describe_log_groups()["logGroups"] == []
    invoke("f")
    invoke("f")
    assert [g["logGroupName"] for g in logs.describe_log_groups()["logGroups"]] == ["/aws/lambda/f"]
    [stream] = logs.describe_log_streams(logGroupName="/aws/lambda/f")["logStreams"]
    assert [stream["logStreamName"]] * 2 == streams
    assert re.fullmatch(r"2025/03/01/\[\$LATEST\][0-9a-f]{32}", stream["logStreamName"])
    found = messages(logs, "/aws/lambda/f")
    kinds = [re.split(r"[ \t\n]", m)[0] for m in found]
    assert kinds == ["INIT_START", *["START", "one", "two", "[WARNING]", "END", "REPORT"] * 2]
    assert found[1].endswith("Version: $LATEST\n")
    assert found[4].endswith("first\nsecond\n")  # a record of logging is one event
    assert cloud.function.logs("f")[:1] == [found[1].rstrip("\n")]
    assert [c.operation for c in cloud.calls if c.caller == "lambda"] == []


def test_another_group_and_its_stream_comes_again(cloud: Cloud, logs: Any) -> None:
    cloud.function("f", lambda event, context: None)
    boto3.client("lambda").update_function_configuration(FunctionName="f", LoggingConfig={"LogGroup": "mine"})
    invoke("f")
    logs.delete_log_group(logGroupName="mine")
    invoke("f")
    assert [m.split()[0] for m in messages(logs, "mine")] == ["START", "END", "REPORT"]


def test_a_timeout_is_one_event(cloud: Cloud, logs: Any) -> None:
    cloud.function("f", lambda event, context: time.sleep(5), timeout=1)
    invoke("f")
    assert messages(logs, "/aws/lambda/f")[-1].endswith(" Task timed out after 1.00 seconds\n\n")


def test_events_have_their_own_time(cloud: Cloud, logs: Any) -> None:
    def handler(event: Any, context: Any) -> None:
        print("before")
        time.sleep(2)
        print("after")

    cloud.function("f", handler)
    invoke("f")
    times = {e["message"]: e["timestamp"] for e in logs.filter_log_events(logGroupName="/aws/lambda/f")["events"]}
    assert times["after\n"] - times["before\n"] == 2000


def kinds(logs: Any, name: str) -> list[str]:
    return [json.loads(m).get("type", "") for m in messages(logs, f"/aws/lambda/{name}")]


def test_levels_of_the_json_format(cloud: Cloud, logs: Any) -> None:
    """https://docs.aws.amazon.com/lambda/latest/dg/monitoring-cloudwatchlogs-log-level.html"""

    def handler(event: Any, context: Any) -> None:
        logging.getLogger().info("told")
        logging.getLogger().debug("not told")

    client = boto3.client("lambda")
    told = {
        "DEBUG": ["initStart", "initRuntimeDone", "initReport", "start", "", "runtimeDone", "report"],
        "INFO": ["initStart", "start", "", "report"],
        "WARN": [""],
    }
    for level, wanted in told.items():
        cloud.function(level, handler)
        config = {"LogFormat": "JSON", "SystemLogLevel": level, "ApplicationLogLevel": "INFO"}
        client.update_function_configuration(FunctionName=level, LoggingConfig=config)
        invoke(level)
        assert kinds(logs, level) == [f"platform.{kind}" if kind else "" for kind in wanted]
    record = json.loads(messages(logs, "/aws/lambda/INFO")[2])
    assert (record["level"], record["message"], record["logger"]) == ("INFO", "told", "root")


def test_a_failure_is_a_warning(cloud: Cloud, logs: Any) -> None:
    cloud.function("f", lambda event, context: time.sleep(5), timeout=1)
    config = {"LogFormat": "JSON", "SystemLogLevel": "WARN"}
    boto3.client("lambda").update_function_configuration(FunctionName="f", LoggingConfig=config)
    invoke("f")
    found = [json.loads(m) for m in messages(logs, "/aws/lambda/f")]
    assert [(m["type"], m["record"]["status"]) for m in found] == [
        ("platform.runtimeDone", "timeout"),
        ("platform.report", "timeout"),
    ]


def test_a_key_is_looked_up(cloud: Cloud) -> None:
    from mock_serverless import AwsError

    cloud.function("f", lambda event, context: None)
    client, key = boto3.client("lambda"), "arn:aws:kms:us-east-1:123456789012:key/1"
    cloud.stub("kms", "DescribeKey", AwsError("NotFoundException", "no such key"))
    with pytest.raises(ClientError, match="because the KMS key is invalid for CreateGrant"):
        client.update_function_configuration(FunctionName="f", KMSKeyArn=key)
    cloud.stub("kms", "DescribeKey", {"KeyMetadata": {"KeyId": "1"}})
    assert client.update_function_configuration(FunctionName="f", KMSKeyArn=key)["KMSKeyArn"] == key


def test_a_published_version_says_how_it_starts(cloud: Cloud) -> None:
    """https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html"""
    kinds: list[str] = []
    cloud.function("f", lambda event, context: kinds.append(os.environ["AWS_LAMBDA_INITIALIZATION_TYPE"]))
    client = boto3.client("lambda")
    client.update_function_configuration(FunctionName="f", SnapStart={"ApplyOn": "PublishedVersions"})
    cloud.clock.advance(2)
    version = client.publish_version(FunctionName="f")
    assert version["SnapStart"] == {"ApplyOn": "PublishedVersions", "OptimizationStatus": "On"}
    client.invoke(FunctionName="f", Qualifier=version["Version"])
    client.invoke(FunctionName="f")
    assert kinds == ["snap-start", "on-demand"]
