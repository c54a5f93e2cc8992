"""Kinesis as an event source: https://docs.aws.amazon.com/lambda/latest/dg/with-kinesis.html"""

from __future__ import annotations

import base64
from typing import Any

from ....core.scope import Scope
from .registry import Page, Record, StreamSource, source
from .stream_calls import StreamCalls

ROLE = "invokeIdentityArn"


def _listed(answer: dict[str, Any], arn: str) -> tuple[list[dict[str, Any]], dict[str, Any] | None]:
    more = answer.get("NextToken")
    return answer["Shards"], {"NextToken": more} if more else None


calls = StreamCalls("kinesis", "StreamARN", "DescribeStreamSummary", "ListShards", _listed)


def read(scope: Scope, arn: str, shard: str, after: str | None) -> Page:
    """Records of a shard after a sequence number."""
    params: dict[str, Any] = {"StreamARN": arn, "ShardId": shard, "ShardIteratorType": "TRIM_HORIZON"}
    if after is not None:
        params |= {"ShardIteratorType": "AFTER_SEQUENCE_NUMBER", "StartingSequenceNumber": after}
    iterator = calls(scope, "GetShardIterator", params)["ShardIterator"]
    answer = calls(scope, "GetRecords", {"ShardIterator": iterator, "StreamARN": arn})
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
        calls.check,
        calls.shards,
        read,
        body="data",
        batch_info="KinesisBatchInfo",
        positions=("TRIM_HORIZON", "LATEST"),
        role=ROLE,
    )
)
