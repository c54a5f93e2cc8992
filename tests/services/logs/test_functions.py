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
    cloud.function("f", lambda event, context: None)
    client, kms = boto3.client("lambda"), boto3.client("kms")
    arn = kms.create_key()["KeyMetadata"]["Arn"]
    assert client.update_function_configuration(FunctionName="f", KMSKeyArn=arn)["KMSKeyArn"] == arn
    assert kms.list_grants(KeyId=arn)["Grants"] == []
    cloud.clock.advance(2)
    kms.create_alias(AliasName="alias/a", TargetKeyId=arn)
    kms.disable_key(KeyId=arn)
    invalid = "because the KMS key is invalid for CreateGrant. Please check your KMS key settings. KMS Exception: "
    alias = arn.partition("key/")[0] + "alias/a"
    for key, message in {
        arn + "0": f"{invalid}NotFoundException KMS Message: Invalid keyId",
        arn: f"{invalid}DisabledException KMS Message: {arn} is disabled.",
        alias: f"{invalid}InvalidArnException KMS Message: ",
    }.items():
        with pytest.raises(ClientError) as refused:
            client.update_function_configuration(FunctionName="f", KMSKeyArn=key)
        assert refused.value.response["Error"]["Code"] == "InvalidParameterValueException"
        assert message in str(refused.value)


def test_a_new_environment_reads_its_variables(cloud: Cloud) -> None:
    runs: list[str] = []
    cloud.function("f", lambda event, context: runs.append(os.environ["SECRET"]))
    client, kms = boto3.client("lambda"), boto3.client("kms")
    arn = kms.create_key()["KeyMetadata"]["Arn"]

    def configure(**settings: Any) -> None:
        client.update_function_configuration(FunctionName="f", **settings)
        cloud.clock.advance(2)

    configure(KMSKeyArn=arn, Environment={"Variables": {"SECRET": "s"}})
    client.invoke(FunctionName="f")
    kms.disable_key(KeyId=arn)
    client.invoke(FunctionName="f")  # warm
    configure(Description="cold")
    words = f"the KMS key used is disabled. Please .* KMS Exception: DisabledExceptionKMS Message: {arn} is disabled"
    with pytest.raises(client.exceptions.KMSDisabledException, match=words) as refused:
        client.invoke(FunctionName="f")
    assert refused.value.response["ResponseMetadata"]["HTTPStatusCode"] == 502
    client.invoke(FunctionName="f", InvocationType="Event")
    cloud.clock.advance(60)
    assert runs == ["s", "s"]
    kms.enable_key(KeyId=arn)
    cloud.clock.advance(300)
    assert runs == ["s", "s", "s"]
    kms.schedule_key_deletion(KeyId=arn, PendingWindowInDays=7)
    configure(Description="cold again")
    with pytest.raises(client.exceptions.KMSInvalidStateException):
        client.invoke(FunctionName="f")
    cloud.clock.advance(8 * 24 * 3600)
    with pytest.raises(client.exceptions.KMSNotFoundException):
        client.invoke(FunctionName="f")
    configure(KMSKeyArn="")
    client.invoke(FunctionName="f")
    assert len(runs) == 4


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
