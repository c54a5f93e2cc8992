"""Kinesis as an event source: https://docs.aws.amazon.com/lambda/latest/dg/with-kinesis.html"""

from __future__ import annotations

import base64
from typing import Any

from ....core.errors import AwsError
from ....core.scope import Scope
from ..errors import invalid
from .registry import Page, Record, StreamSource, source

CALLER = "lambda"
ROLE = "invokeIdentityArn"


def _call(scope: Scope, operation: str, params: dict[str, Any]) -> dict[str, Any]:
    return scope.call("kinesis", operation, params, caller=CALLER)


def check(scope: Scope, arn: str) -> None:
    """Is the stream there?"""
    try:
        _call(scope, "DescribeStreamSummary", {"StreamARN": arn})
    except AwsError as e:
        if e.code != "ResourceNotFoundException":
            raise
        raise invalid(f"Stream not found: {arn}") from None


def shards(scope: Scope, arn: str) -> list[str]:
    """Its shards, parents first."""
    found: list[str] = []
    params: dict[str, Any] = {"StreamARN": arn}
    while True:
        answer = _call(scope, "ListShards", params)
        found += [s["ShardId"] for s in answer["Shards"]]
        if not answer.get("NextToken"):
            return found
        params = {"NextToken": answer["NextToken"]}


def read(scope: Scope, arn: str, shard: str, after: str | None) -> Page:
    """Records of a shard after a sequence number."""
    params: dict[str, Any] = {"StreamARN": arn, "ShardId": shard, "ShardIteratorType": "TRIM_HORIZON"}
    if after is not None:
        params |= {"ShardIteratorType": "AFTER_SEQUENCE_NUMBER", "StartingSequenceNumber": after}
    iterator = _call(scope, "GetShardIterator", params)["ShardIterator"]
    answer = _call(scope, "GetRecords", {"ShardIterator": iterator, "StreamARN": arn})
    region = scope.region
    records = [_record(r, arn, shard, region) for r in answer["Records"]]
    more = bool(records) and answer.get("MillisBehindLatest", 0) > 0
    return Page(records, more, answer.get("NextShardIterator") is None)


def _record(record: dict[str, Any], arn: str, shard: str, region: str) -> Record:
    arrived = record["ApproximateArrivalTimestamp"].timestamp()
    event = {
        "kinesis": {
            "kinesisSchemaVersion": "1.0",
            "partitionKey": record["PartitionKey"],
            "sequenceNumber": record["SequenceNumber"],
            "data": base64.b64encode(record["Data"]).decode(),
            "approximateArrivalTimestamp": arrived,
        },
        "eventSource": "aws:kinesis",
        "eventVersion": "1.0",
        "eventID": f"{shard}:{record['SequenceNumber']}",
        "eventName": "aws:kinesis:record",
        ROLE: "",
        "awsRegion": region,
        "eventSourceARN": arn,
    }
    return Record(record["SequenceNumber"], arrived, event)


source(
    StreamSource(
        "kinesis",
        check,
        shards,
        read,
        body="data",
        batch_info="KinesisBatchInfo",
        positions=("TRIM_HORIZON", "LATEST"),
        role=ROLE,
    )
)
