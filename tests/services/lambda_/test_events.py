"""Asynchronous invocations: retries in virtual time, destinations, dead letters, what is reported."""

from __future__ import annotations

import json
from typing import Any

import pytest

from mock_serverless.cloud import Cloud

QUEUE = "arn:aws:sqs:us-east-1:123456789012:results"
FLAKY = """
import os, time
def handler(event, context):
    if event.get("until", 0) > time.time() or event.get("always"):
        raise RuntimeError("not yet")
    return "done"
"""


@pytest.fixture
def sent(cloud: Cloud) -> list[dict[str, Any]]:
    """What was sent to queues."""
    messages: list[dict[str, Any]] = []

    def send(params: dict[str, Any]) -> dict[str, Any]:
        messages.append(params)
        return {"MessageId": "m"}

    cloud.stub("sqs", "SendMessage", send)
    return messages


def _queue(client: Any, event: Any) -> None:
    answer = client.invoke(FunctionName="f", InvocationType="Event", Payload=json.dumps(event))
    assert (answer["StatusCode"], answer["ResponseMetadata"]["HTTPStatusCode"]) == (202, 202)
    assert "ExecutedVersion" not in answer


def _runs(cloud: Cloud, name: str = "f") -> list[str]:
    return [line for line in cloud.function.logs(name) if line.startswith("START")]


def test_it_runs_at_the_end_of_the_call(cloud: Cloud, client: Any) -> None:
    seen = []
    cloud.function("f", lambda event, context: seen.append(event))
    _queue(client, {"a": 1})
    assert seen == [{"a": 1}]


def test_two_retries_after_one_and_two_minutes(cloud: Cloud, client: Any, deploy: Any) -> None:
    deploy("f", FLAKY)
    _queue(client, {"always": True})
    found = []
    for seconds in (59, 1, 119, 1, 10_000):
        cloud.clock.advance(seconds=seconds)
        found.append(len(_runs(cloud)))
    assert found == [1, 2, 2, 3, 3]
    assert len(set(_runs(cloud))) == 1  # the same request
    ((title, trace),) = cloud.failures.values()
    assert "f, invoked asynchronously, failed (run 3)" in title
    assert "RuntimeError: not yet" in trace
    cloud.failures.clear()


def test_a_retry_that_succeeds_is_no_failure(cloud: Cloud, client: Any, deploy: Any) -> None:
    deploy("f", FLAKY)
    _queue(client, {"until": cloud.clock.timestamp() + 30})
    assert cloud.failures
    cloud.settle(until_idle=True)
    assert not cloud.failures
    assert len(_runs(cloud)) == 2


def test_records_for_destinations(cloud: Cloud, client: Any, deploy: Any, sent: list[dict[str, Any]]) -> None:
    deploy("f", FLAKY)
    destinations = {"OnSuccess": {"Destination": QUEUE}, "OnFailure": {"Destination": QUEUE}}
    client.put_function_event_invoke_config(FunctionName="f", MaximumRetryAttempts=1, DestinationConfig=destinations)
    _queue(client, {})
    _queue(client, {"always": True})
    cloud.settle(until_idle=True)
    assert [m["QueueUrl"] for m in sent] == ["https://sqs.us-east-1.amazonaws.com/123456789012/results"] * 2
    success, failure = (json.loads(m["MessageBody"]) for m in sent)
    assert success == {
        "version": "1.0",
        "timestamp": "2026-01-31T12:00:00.000Z",
        "requestContext": {
            "requestId": success["requestContext"]["requestId"],
            "functionArn": "arn:aws:lambda:us-east-1:123456789012:function:f:$LATEST",
            "condition": "Success",
            "approximateInvokeCount": 1,
        },
        "requestPayload": {},
        "responseContext": {"statusCode": 200, "executedVersion": "$LATEST"},
        "responsePayload": "done",
    }
    assert failure["timestamp"] == "2026-01-31T12:01:00.000Z"
    assert failure["requestContext"]["condition"] == "RetriesExhausted"
    assert failure["requestContext"]["approximateInvokeCount"] == 2
    assert failure["responseContext"]["functionError"] == "Unhandled"
    assert failure["responsePayload"]["errorMessage"] == "not yet"
    assert not cloud.failures


def test_dead_letters(cloud: Cloud, client: Any, deploy: Any, sent: list[dict[str, Any]]) -> None:
    deploy("f", FLAKY, DeadLetterConfig={"TargetArn": QUEUE})
    _queue(client, {"always": True})
    cloud.settle(until_idle=True)
    (letter,) = sent
    assert json.loads(letter["MessageBody"]) == {"always": True}
    attributes = {k: v["StringValue"] for k, v in letter["MessageAttributes"].items()}
    assert (attributes["ErrorCode"], attributes["ErrorMessage"]) == ("200", "not yet")
    assert not cloud.failures


def test_events_grow_old(cloud: Cloud, client: Any, deploy: Any, sent: list[dict[str, Any]]) -> None:
    deploy("f", FLAKY)
    client.put_function_event_invoke_config(
        FunctionName="f", MaximumEventAgeInSeconds=60, DestinationConfig={"OnFailure": {"Destination": QUEUE}}
    )
    _queue(client, {"always": True})
    cloud.settle(until_idle=True)
    assert len(_runs(cloud)) == 2
    assert json.loads(sent[0]["MessageBody"])["requestContext"]["condition"] == "EventAgeExceeded"


def test_no_concurrency_no_retries(cloud: Cloud, client: Any, deploy: Any, sent: list[dict[str, Any]]) -> None:
    deploy("f", FLAKY)
    client.put_function_concurrency(FunctionName="f", ReservedConcurrentExecutions=0)
    client.put_function_event_invoke_config(FunctionName="f", DestinationConfig={"OnFailure": {"Destination": QUEUE}})
    _queue(client, {})
    record = json.loads(sent[0]["MessageBody"])
    assert record["requestContext"]["condition"] == "ZeroReservedConcurrency"
    assert record["requestContext"]["approximateInvokeCount"] == 0


def test_a_function_as_destination(cloud: Cloud, client: Any) -> None:
    seen = []
    cloud.function("f", lambda event, context: event)
    arn = cloud.function("after", lambda event, context: seen.append(event["responsePayload"]))
    client.put_function_event_invoke_config(FunctionName="f", DestinationConfig={"OnSuccess": {"Destination": arn}})
    _queue(client, {"x": 1})
    assert seen == [{"x": 1}]


def test_a_destination_that_is_not_there_is_reported(cloud: Cloud, client: Any) -> None:
    cloud.function("f", lambda event, context: event)
    client.put_function_event_invoke_config(FunctionName="f", DestinationConfig={"OnSuccess": {"Destination": QUEUE}})
    cloud.fail("sqs", "SendMessage", "AccessDenied")
    _queue(client, {})
    ((title, _),) = cloud.failures.values()
    assert "could not be delivered" in title
    cloud.failures.clear()


def test_dry_run(client: Any, deploy: Any, cloud: Cloud) -> None:
    deploy("f", FLAKY)
    answer = client.invoke(FunctionName="f", InvocationType="DryRun")
    assert (answer["StatusCode"], answer["Payload"].read(), _runs(cloud)) == (204, b"", [])
