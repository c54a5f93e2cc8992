"""SQS as an event source: https://docs.aws.amazon.com/lambda/latest/dg/with-sqs.html"""

from __future__ import annotations

import base64
from typing import Any

from ....core.arns import Arn
from ....core.errors import AwsError
from ....core.scope import Scope
from ..errors import invalid
from .registry import QueueSource, source

CALLER = "lambda"
MOST = 10
"""Messages that SQS gives or deletes in one call."""


def _url(scope: Scope, arn: str) -> str:
    queue = Arn.parse(arn)
    assert queue is not None
    return f"https://sqs.{queue.region}.{scope.dns_suffix}/{queue.account}/{queue.resource}"


def _call(scope: Scope, arn: str, operation: str, params: dict[str, Any]) -> dict[str, Any]:
    account = arn.split(":")[4]
    return scope.call("sqs", operation, {"QueueUrl": _url(scope, arn), **params}, caller=CALLER, account=account)


def check(scope: Scope, arn: str) -> None:
    """Is the queue there?"""
    try:
        _call(scope, arn, "GetQueueAttributes", {"AttributeNames": ["QueueArn"]})
    except AwsError as e:
        code, message = e.code, "The specified queue does not exist."
        if code in ("QueueDoesNotExist", "AWS.SimpleQueueService.NonExistentQueue"):
            code = "AWS.SimpleQueueService.NonExistentQueue"
        else:
            message = e.message
        raise invalid(
            f"Error occurred while ReceiveMessage. SQS Error Code: {code}. SQS Error Message: {message}"
        ) from None


def receive(scope: Scope, arn: str, most: int) -> list[dict[str, Any]]:
    """Messages as the function gets them, at most so many."""
    records: list[dict[str, Any]] = []
    while len(records) < most:
        params = {
            "MaxNumberOfMessages": min(MOST, most - len(records)),
            "AttributeNames": ["All"],
            "MessageAttributeNames": ["All"],
        }
        messages = _call(scope, arn, "ReceiveMessage", params).get("Messages") or []
        if not messages:
            break
        records += [_record(m, arn) for m in messages]
    return records


def _record(message: dict[str, Any], arn: str) -> dict[str, Any]:
    record = {
        "messageId": message["MessageId"],
        "receiptHandle": message["ReceiptHandle"],
        "body": message["Body"],
        "attributes": dict(message.get("Attributes") or {}),
        "messageAttributes": {n: _attribute(a) for n, a in (message.get("MessageAttributes") or {}).items()},
        "md5OfBody": message["MD5OfBody"],
        "eventSource": "aws:sqs",
        "eventSourceARN": arn,
        "awsRegion": arn.split(":")[3],
    }
    if message.get("MD5OfMessageAttributes"):
        record["md5OfMessageAttributes"] = message["MD5OfMessageAttributes"]
    return record


def _attribute(attribute: dict[str, Any]) -> dict[str, Any]:
    shown: dict[str, Any] = {}
    if "StringValue" in attribute:
        shown["stringValue"] = attribute["StringValue"]
    if "BinaryValue" in attribute:
        shown["binaryValue"] = base64.b64encode(attribute["BinaryValue"]).decode()
    return {**shown, "stringListValues": [], "binaryListValues": [], "dataType": attribute["DataType"]}


def delete(scope: Scope, arn: str, records: list[dict[str, Any]]) -> None:
    """They are done."""
    for start in range(0, len(records), MOST):
        entries = [
            {"Id": str(i), "ReceiptHandle": r["receiptHandle"]} for i, r in enumerate(records[start : start + MOST])
        ]
        _call(scope, arn, "DeleteMessageBatch", {"Entries": entries})


source(QueueSource("sqs", check, receive, delete, body="body"))
