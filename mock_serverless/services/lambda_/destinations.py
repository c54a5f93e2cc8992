"""Where records of invocations and dead letters go: queues, topics, functions, event buses, buckets."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from ...core.arns import Arn
from ...core.errors import AwsError, MockServerlessError
from ...core.scope import Scope

CALLER = "lambda"


def deliver(scope: Scope, arn: str, record: dict[str, Any], function_arn: str = "") -> None:
    """Send a record to a destination. What goes wrong is reported at the end of the mock, as nobody waits for it."""
    parsed = Arn.parse(arn)
    assert parsed is not None
    _try(scope, arn, lambda: WAYS[parsed.service](scope, parsed, json.dumps(record), function_arn))


def _try(scope: Scope, arn: str, send: Callable[[], Any]) -> None:
    try:
        send()
    except (AwsError, MockServerlessError) as e:
        scope.report_failure(
            f"lambda:destination:{arn}", f"a record of Lambda's could not be delivered to {arn}", str(e)
        )


def _queue_url(scope: Scope, queue: Arn) -> str:
    return f"https://sqs.{queue.region}.{scope.dns_suffix}/{queue.account}/{queue.resource}"


def _where(arn: Arn) -> dict[str, str]:
    return {"account": arn.account, "region": arn.region}


def _to_queue(scope: Scope, arn: Arn, text: str, function_arn: str) -> None:
    params = {"QueueUrl": _queue_url(scope, arn), "MessageBody": text}
    scope.call("sqs", "SendMessage", params, caller=CALLER, **_where(arn))


def _to_topic(scope: Scope, arn: Arn, text: str, function_arn: str) -> None:
    scope.call("sns", "Publish", {"TopicArn": str(arn), "Message": text}, caller=CALLER, **_where(arn))


def _to_function(scope: Scope, arn: Arn, text: str, function_arn: str) -> None:
    params = {"FunctionName": str(arn), "InvocationType": "Event", "Payload": text.encode()}
    scope.call("lambda", "Invoke", params, caller=CALLER, **_where(arn))


def _to_bus(scope: Scope, arn: Arn, text: str, function_arn: str) -> None:
    """https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-retain-records.html"""
    succeeded = json.loads(text)["requestContext"]["condition"] == "Success"
    entry = {
        "EventBusName": str(arn),
        "Source": "lambda",
        "DetailType": f"Lambda Function Invocation Result - {'Success' if succeeded else 'Failure'}",
        "Resources": [str(arn), function_arn],
        "Detail": text,
    }
    scope.call("events", "PutEvents", {"Entries": [entry]}, caller=CALLER, **_where(arn))


WAYS: dict[str, Callable[[Scope, Arn, str, str], None]] = {
    "sqs": _to_queue,
    "sns": _to_topic,
    "lambda": _to_function,
    "events": _to_bus,
}


def to_bucket(scope: Scope, arn: str, key: str, record: dict[str, Any]) -> None:
    """Put a record and the batch with it into a bucket."""
    params = {"Bucket": arn.rpartition(":")[2], "Key": key, "Body": json.dumps(record).encode()}
    _try(scope, arn, lambda: scope.call("s3", "PutObject", params, caller=CALLER))


def dead_letter(scope: Scope, arn: str, payload: bytes, request_id: str, code: int, message: str) -> None:
    """https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-retain-records.html (dead-letter queues)"""
    queue = Arn.parse(arn)
    assert queue is not None
    attributes = {
        "RequestID": {"DataType": "String", "StringValue": request_id},
        "ErrorCode": {"DataType": "Number", "StringValue": str(code)},
        "ErrorMessage": {"DataType": "String", "StringValue": message[:1024]},
    }
    text = payload.decode()
    if queue.service == "sqs":
        params = {"QueueUrl": _queue_url(scope, queue), "MessageBody": text, "MessageAttributes": attributes}
        _try(scope, arn, lambda: scope.call("sqs", "SendMessage", params, caller=CALLER, **_where(queue)))
    else:
        topic = {"TopicArn": arn, "Message": text, "MessageAttributes": attributes}
        _try(scope, arn, lambda: scope.call("sns", "Publish", topic, caller=CALLER, **_where(queue)))
