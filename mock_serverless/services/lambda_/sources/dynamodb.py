"""DynamoDB Streams as an event source: https://docs.aws.amazon.com/lambda/latest/dg/with-ddb.html"""

from __future__ import annotations

import base64
from typing import Any

from ....core.errors import AwsError
from ....core.scope import Scope
from .registry import Page, Record, StreamSource, source
from .stream_calls import StreamCalls

# what one GetRecords gives at most (API_streams_GetRecords)
MOST = 1000
MOST_BYTES = 1024 * 1024


def _listed(answer: dict[str, Any], arn: str) -> tuple[list[dict[str, Any]], dict[str, Any] | None]:
    description = answer["StreamDescription"]
    last = description.get("LastEvaluatedShardId")
    return description["Shards"], {"StreamArn": arn, "ExclusiveStartShardId": last} if last else None


calls = StreamCalls("dynamodbstreams", "StreamArn", "DescribeStream", "DescribeStream", _listed)


def read(scope: Scope, arn: str, shard: str, after: str | None) -> Page:
    """Records of a shard after a sequence number."""
    try:
        iterator = _iterator(scope, arn, shard, after)
    except AwsError as e:
        if e.code != "ResourceNotFoundException" or shard in calls.shards(scope, arn):
            raise
        return Page([], False, True)  # the stream is there, the shard has gone with its records
    answer = calls(scope, "GetRecords", {"ShardIterator": iterator})
    records = [
        Record(
            r["dynamodb"]["SequenceNumber"],
            r["dynamodb"]["ApproximateCreationDateTime"].timestamp(),
            event_record(r, arn),
        )
        for r in answer["Records"]
    ]
    size = sum(r["dynamodb"].get("SizeBytes", 0) for r in answer["Records"])
    return Page(records, len(records) >= MOST or size > MOST_BYTES // 2, answer.get("NextShardIterator") is None)


def _iterator(scope: Scope, arn: str, shard: str, after: str | None) -> str:
    where = {"StreamArn": arn, "ShardId": shard}
    if after is not None:
        try:
            params = {**where, "ShardIteratorType": "AFTER_SEQUENCE_NUMBER", "SequenceNumber": after}
            return str(calls(scope, "GetShardIterator", params)["ShardIterator"])
        except AwsError as e:
            if e.code != "TrimmedDataAccessException":
                raise
    params = {**where, "ShardIteratorType": "TRIM_HORIZON"}
    return str(calls(scope, "GetShardIterator", params)["ShardIterator"])


def event_record(record: dict[str, Any], arn: str) -> dict[str, Any]:
    """A record as functions get it."""
    change = {
        name: _attributes(value) if name in ("Keys", "NewImage", "OldImage") else value
        for name, value in record["dynamodb"].items()
    }
    change["ApproximateCreationDateTime"] = record["dynamodb"]["ApproximateCreationDateTime"].timestamp()
    shown = {
        "eventID": record["eventID"],
        "eventName": record["eventName"],
        "eventVersion": record["eventVersion"],
        "eventSource": record["eventSource"],
        "awsRegion": record["awsRegion"],
        "dynamodb": change,
        "eventSourceARN": arn,
    }
    who = record.get("userIdentity")
    if who is not None:
        shown["userIdentity"] = {"principalId": who["PrincipalId"], "type": who["Type"]}
    return shown


def _attributes(item: dict[str, Any]) -> dict[str, Any]:
    return {name: _value(value) for name, value in item.items()}


def _value(value: dict[str, Any]) -> dict[str, Any]:
    """An attribute value as JSON: binary in base64."""
    ((kind, content),) = value.items()
    if kind == "B":
        return {"B": _base64(content)}
    if kind == "BS":
        return {"BS": [_base64(b) for b in content]}
    if kind == "M":
        return {"M": _attributes(content)}
    if kind == "L":
        return {"L": [_value(v) for v in content]}
    return {kind: list(content) if kind in ("SS", "NS") else content}


def _base64(content: bytes) -> str:
    return base64.b64encode(bytes(content)).decode()


source(
    StreamSource(
        "dynamodb",
        calls.check,
        calls.shards,
        read,
        body="",
        batch_info="DDBStreamBatchInfo",
        positions=("TRIM_HORIZON", "LATEST"),
        chained=True,
    )
)
