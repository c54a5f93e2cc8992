"""Event source mappings, over a stream whose answers are stubbed: batches, filters, windows, retries, destinations."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any

import pytest

from mock_serverless.cloud import Cloud
from mock_serverless.core.clock import from_timestamp
from mock_serverless.core.errors import AwsError, NotSupported

STREAM = "arn:aws:dynamodb:us-east-1:123456789012:table/orders/stream/2026-01-31T12:00:00.000"
QUEUE = "arn:aws:sqs:us-east-1:123456789012:failures"
SHARD = "shardId-00000001769860800000-0badcafe"


class Stream:
    """A stream of one shard, as dynamodbstreams answers it."""

    def __init__(self, cloud: Cloud) -> None:
        self.cloud = cloud
        self.records: list[dict[str, Any]] = []
        for name in ("DescribeStream", "GetShardIterator", "GetRecords"):
            cloud.stub("dynamodbstreams", name, getattr(self, name))

    def put(self, *values: Any) -> None:
        """Records appear."""
        for value in values:
            now: datetime = from_timestamp(self.cloud.clock.timestamp())
            change = {
                "ApproximateCreationDateTime": now,
                "Keys": {"id": {"S": str(value)}},
                "NewImage": {"id": {"S": str(value)}, "n": {"N": str(value)}, "b": {"B": b"\x00"}},
                "SequenceNumber": f"{len(self.records) + 1:021d}",
                "SizeBytes": 10,
                "StreamViewType": "NEW_IMAGE",
            }
            self.records.append(
                {
                    "eventID": f"e{value}",
                    "eventName": "INSERT",
                    "eventVersion": "1.1",
                    "eventSource": "aws:dynamodb",
                    "awsRegion": "us-east-1",
                    "dynamodb": change,
                }
            )
        self.cloud.state_of("lambda", "123456789012", "us-east-1").scope.notify(STREAM)
        self.cloud.settle()

    def DescribeStream(self, params: dict[str, Any]) -> dict[str, Any]:
        if params["StreamArn"] != STREAM:
            raise AwsError("ResourceNotFoundException", "no")
        return {"StreamDescription": {"StreamArn": STREAM, "Shards": [{"ShardId": SHARD}]}}

    def GetShardIterator(self, params: dict[str, Any]) -> dict[str, Any]:
        return {"ShardIterator": str(int(params.get("SequenceNumber", "0")))}

    def GetRecords(self, params: dict[str, Any]) -> dict[str, Any]:
        return {"Records": self.records[int(params["ShardIterator"]) :], "NextShardIterator": "more"}


@pytest.fixture
def stream(cloud: Cloud) -> Stream:
    return Stream(cloud)


@pytest.fixture
def batches(cloud: Cloud) -> list[Any]:
    """What the function ``f`` got, by the ids of the records; it fails on what is in ``failing``."""
    seen: list[Any] = []
    seen_failing: set[str] = set()

    def handler(event: Any, context: Any) -> Any:
        ids = [r["dynamodb"]["Keys"]["id"]["S"] for r in event["Records"]]
        seen.append((cloud.clock.timestamp() - START, ids))
        if set(ids) & FAILING:
            raise RuntimeError("poison")

    cloud.function("f", handler)
    START = cloud.clock.timestamp()
    FAILING = seen_failing
    handler.failing = seen_failing  # type: ignore[attr-defined]
    seen.append(seen_failing)
    return seen


def _map(client: Any, **settings: Any) -> str:
    given = {"EventSourceArn": STREAM, "FunctionName": "f", "StartingPosition": "TRIM_HORIZON", **settings}
    return str(client.create_event_source_mapping(**given)["UUID"])


def _ids(batches: list[Any]) -> list[list[str]]:
    return [ids for _, ids in batches[1:]]


def test_batches_in_order(client: Any, stream: Stream, batches: list[Any]) -> None:
    stream.put(1, 2, 3)
    _map(client, BatchSize=2)
    assert _ids(batches) == [["1", "2"], ["3"]]
    stream.put(4)
    assert _ids(batches)[2:] == [["4"]]


def test_latest(client: Any, stream: Stream, batches: list[Any]) -> None:
    stream.put(1)
    _map(client, StartingPosition="LATEST")
    stream.put(2)
    assert _ids(batches) == [["2"]]


def test_the_event(client: Any, cloud: Cloud, stream: Stream) -> None:
    seen: list[Any] = []
    cloud.function("f", lambda event, context: seen.append(event))
    stream.put(7)
    _map(client)
    assert seen == [
        {
            "Records": [
                {
                    "eventID": "e7",
                    "eventName": "INSERT",
                    "eventVersion": "1.1",
                    "eventSource": "aws:dynamodb",
                    "awsRegion": "us-east-1",
                    "dynamodb": {
                        "ApproximateCreationDateTime": 1769860800.0,
                        "Keys": {"id": {"S": "7"}},
                        "NewImage": {"id": {"S": "7"}, "n": {"N": "7"}, "b": {"B": "AA=="}},
                        "SequenceNumber": "000000000000000000001",
                        "SizeBytes": 10,
                        "StreamViewType": "NEW_IMAGE",
                    },
                    "eventSourceARN": STREAM,
                }
            ]
        }
    ]


def test_filters(client: Any, stream: Stream, batches: list[Any]) -> None:
    pattern = {"dynamodb": {"NewImage": {"n": {"N": [{"anything-but": "2"}]}}}}
    _map(client, FilterCriteria={"Filters": [{"Pattern": json.dumps(pattern)}]})
    stream.put(1, 2, 3)
    stream.put(2)
    assert _ids(batches) == [["1", "3"]]


def test_a_window_gathers(cloud: Cloud, client: Any, stream: Stream, batches: list[Any]) -> None:
    _map(client, MaximumBatchingWindowInSeconds=10, BatchSize=3)
    stream.put(1)
    cloud.clock.advance(seconds=5)
    stream.put(2)
    assert _ids(batches) == []
    cloud.clock.advance(seconds=5)
    assert batches[1:] == [(10.0, ["1", "2"])]
    stream.put(3, 4, 5)  # full: it doesn't wait
    assert batches[2:] == [(10.0, ["3", "4", "5"])]


def test_a_failing_batch_blocks_its_shard(cloud: Cloud, client: Any, stream: Stream, batches: list[Any]) -> None:
    batches[0].add("1")
    uuid = _map(client, BatchSize=1)
    stream.put(1, 2)
    assert client.get_event_source_mapping(UUID=uuid)["LastProcessingResult"] == "PROBLEM: Function call failed"
    cloud.clock.advance(seconds=5)
    assert batches[1:] == [(0.0, ["1"]), (1.0, ["1"]), (3.0, ["1"])]
    assert any("failed on a batch" in title for title, _ in cloud.failures.values())
    batches[0].clear()
    cloud.settle(until_idle=True)
    assert _ids(batches)[3:] == [["1"], ["2"]]
    assert not cloud.failures


def test_retries_run_out(cloud: Cloud, client: Any, stream: Stream, batches: list[Any]) -> None:
    sent: list[Any] = []
    cloud.stub("sqs", "SendMessage", lambda params: sent.append(json.loads(params["MessageBody"])) or {})
    batches[0].add("2")
    destination = {"OnFailure": {"Destination": QUEUE}}
    _map(client, BatchSize=2, MaximumRetryAttempts=1, DestinationConfig=destination)
    stream.put(1, 2, 3)
    cloud.settle(until_idle=True)
    assert _ids(batches) == [["1", "2"], ["1", "2"], ["3"]]
    (record,) = sent
    assert record["requestContext"]["condition"] == "RetryAttemptsExhausted"
    assert record["requestContext"]["approximateInvokeCount"] == 2
    assert record["responseContext"] == {"statusCode": 200, "executedVersion": "$LATEST", "functionError": "Unhandled"}
    assert record["DDBStreamBatchInfo"] == {
        "shardId": SHARD,
        "startSequenceNumber": "000000000000000000001",
        "endSequenceNumber": "000000000000000000002",
        "approximateArrivalOfFirstRecord": "2026-01-31T12:00:00Z",
        "approximateArrivalOfLastRecord": "2026-01-31T12:00:00Z",
        "batchSize": 2,
        "streamArn": STREAM,
    }
    assert not cloud.failures


def test_bisecting_finds_the_bad_record(cloud: Cloud, client: Any, stream: Stream, batches: list[Any]) -> None:
    batches[0].add("3")
    _map(client, BatchSize=4, MaximumRetryAttempts=1, BisectBatchOnFunctionError=True)
    stream.put(1, 2, 3, 4)
    cloud.settle(until_idle=True)
    assert _ids(batches) == [["1", "2", "3", "4"], ["1", "2"], ["3", "4"], ["3"], ["3"], ["4"]]
    ((title, trace),) = cloud.failures.values()  # though the batches after it succeeded
    assert "discarded: RetryAttemptsExhausted" in title
    assert "poison" in trace
    cloud.failures.clear()


def test_old_records_are_discarded(cloud: Cloud, client: Any, stream: Stream, batches: list[Any]) -> None:
    stream.put(1)
    cloud.clock.advance(seconds=100)
    stream.put(2)
    _map(client, MaximumRecordAgeInSeconds=60)
    assert _ids(batches) == [["2"]]
    ((title, _),) = cloud.failures.values()
    assert "discarded: RecordAgeExceeded" in title
    cloud.failures.clear()


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        (None, [["1", "2", "3"]]),
        ({}, [["1", "2", "3"]]),
        ({"batchItemFailures": []}, [["1", "2", "3"]]),
        ({"batchItemFailures": None}, [["1", "2", "3"]]),
        ({"batchItemFailures": [{"itemIdentifier": f"{2:021d}"}]}, [["1", "2", "3"], ["2", "3"]]),
        ({"batchItemFailures": [{"itemIdentifier": "?"}]}, [["1", "2", "3"], ["1", "2", "3"]]),
        ({"batchItemFailures": [{"itemIdentifier": None}]}, [["1", "2", "3"], ["1", "2", "3"]]),
        ({"batchItemFailures": [{"foo": "1"}]}, [["1", "2", "3"], ["1", "2", "3"]]),
    ],
)
def test_reported_failures(cloud: Cloud, client: Any, stream: Stream, answer: Any, expected: list[list[str]]) -> None:
    seen: list[list[str]] = []
    sent: list[Any] = []
    cloud.stub("sqs", "SendMessage", lambda params: sent.append(json.loads(params["MessageBody"])) or {})

    def handler(event: Any, context: Any) -> Any:
        seen.append([r["dynamodb"]["Keys"]["id"]["S"] for r in event["Records"]])
        return answer

    cloud.function("f", handler)
    destination = {"OnFailure": {"Destination": QUEUE}}
    _map(
        client, FunctionResponseTypes=["ReportBatchItemFailures"], MaximumRetryAttempts=1, DestinationConfig=destination
    )
    stream.put(1, 2, 3)
    cloud.settle(until_idle=True)
    assert seen[: len(expected)] == expected
    for record in sent:  # a failure that is reported is none of the function's (recorded)
        assert record["responseContext"] == {"statusCode": 200, "executedVersion": "$LATEST", "functionError": None}
    assert bool(sent) == (len(expected) > 1)


def test_a_handler_that_sleeps_is_not_run_twice(cloud: Cloud, client: Any, stream: Stream) -> None:
    import time

    seen: list[Any] = []

    def handler(event: Any, context: Any) -> None:
        ids = [r["dynamodb"]["Keys"]["id"]["S"] for r in event["Records"]]
        seen.append(("begin", ids))
        if ids == ["1"]:
            stream.put(2)
        time.sleep(1)
        seen.append(("end", ids))

    cloud.function("f", handler)
    _map(client, BatchSize=1)
    stream.put(1)
    assert seen == [("begin", ["1"]), ("end", ["1"]), ("begin", ["2"]), ("end", ["2"])]


def test_disable_and_enable(cloud: Cloud, client: Any, stream: Stream, batches: list[Any]) -> None:
    uuid = _map(client)
    assert client.get_event_source_mapping(UUID=uuid)["State"] == "Enabled"
    assert client.update_event_source_mapping(UUID=uuid, Enabled=False)["State"] == "Disabling"
    stream.put(1)
    assert client.get_event_source_mapping(UUID=uuid)["State"] == "Disabled"
    assert _ids(batches) == []
    client.update_event_source_mapping(UUID=uuid, Enabled=True)
    assert _ids(batches) == [["1"]]
    assert client.delete_event_source_mapping(UUID=uuid)["State"] == "Deleting"
    stream.put(2)
    assert _ids(batches) == [["1"]]
    assert client.list_event_source_mappings()["EventSourceMappings"] == []


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"ParallelizationFactor": 2}, "ParallelizationFactor"),
        ({"TumblingWindowInSeconds": 30}, "TumblingWindowInSeconds"),
        ({"KMSKeyArn": "arn:aws:kms:us-east-1:123456789012:key/1"}, "KMSKeyArn"),
    ],
)
def test_what_does_not_act_is_refused(
    client: Any, stream: Stream, batches: list[Any], settings: Any, words: str
) -> None:
    with pytest.raises(NotSupported, match=words):
        _map(client, **settings)


def test_a_restored_mapping_goes_on(cloud: Cloud, client: Any, stream: Stream, batches: list[Any]) -> None:
    _map(client)
    stream.put(1)
    snap = cloud.snapshot()
    stream.put(2)
    cloud.restore(snap)
    stream.put(3)
    assert _ids(batches) == [["1"], ["2"], ["2", "3"]]


@pytest.mark.parametrize("qualifier", ["", ":live"])
def test_a_kinesis_stream(cloud: Cloud, client: Any, qualifier: str) -> None:
    """https://docs.aws.amazon.com/lambda/latest/dg/with-kinesis.html (the example event)"""
    arn, role = "arn:aws:kinesis:us-east-1:123456789012:stream/lane", "arn:aws:iam::123456789012:role/readers/reader"
    now = from_timestamp(cloud.clock.timestamp())
    records = [
        {"SequenceNumber": f"{n}", "Data": b"hello", "PartitionKey": "1", "ApproximateArrivalTimestamp": now}
        for n in (1, 2)
    ]
    cloud.stub("kinesis", "DescribeStreamSummary", lambda params: AwsError("ResourceNotFoundException", "no"))
    cloud.stub("kinesis", "ListShards", {"Shards": [SHARD_OF_KINESIS]})
    cloud.stub("kinesis", "GetShardIterator", lambda p: {"ShardIterator": p.get("StartingSequenceNumber", "0")})
    cloud.stub(
        "kinesis", "GetRecords", lambda p: {"Records": records[int(p["ShardIterator"]) :], "NextShardIterator": "x"}
    )
    seen: list[Any] = []
    cloud.function("f", lambda event, context: seen.append(event), role=role)
    client.publish_version(FunctionName="f")
    client.create_alias(FunctionName="f", Name="live", FunctionVersion="1")
    with pytest.raises(client.exceptions.InvalidParameterValueException, match=f"Stream not found: {arn}"):
        _map(client, EventSourceArn=arn)
    summary = {
        "StreamName": "lane",
        "StreamARN": arn,
        "StreamStatus": "ACTIVE",
        "RetentionPeriodHours": 24,
        "StreamCreationTimestamp": now,
        "EnhancedMonitoring": [],
        "OpenShardCount": 1,
    }
    cloud.stub("kinesis", "DescribeStreamSummary", {"StreamDescriptionSummary": summary})
    _map(client, EventSourceArn=arn, FunctionName=f"f{qualifier}", BatchSize=1)
    assert [len(event["Records"]) for event in seen] == [1, 1]
    assert seen[1]["Records"] == [
        {
            "kinesis": {
                "kinesisSchemaVersion": "1.0",
                "partitionKey": "1",
                "sequenceNumber": "2",
                "data": "aGVsbG8=",
                "approximateArrivalTimestamp": now.timestamp(),
            },
            "eventSource": "aws:kinesis",
            "eventVersion": "1.0",
            "eventID": "shardId-000000000000:2",
            "eventName": "aws:kinesis:record",
            "invokeIdentityArn": role,
            "awsRegion": "us-east-1",
            "eventSourceARN": arn,
        }
    ]


SHARD_OF_KINESIS = {
    "ShardId": "shardId-000000000000",
    "HashKeyRange": {"StartingHashKey": "0", "EndingHashKey": "340282366920938463463374607431768211455"},
    "SequenceNumberRange": {"StartingSequenceNumber": "1"},
}


def test_a_queue(cloud: Cloud, client: Any) -> None:
    messages = [
        {"MessageId": f"m{i}", "ReceiptHandle": f"r{i}", "Body": json.dumps({"n": i}), "MD5OfBody": "x"}
        for i in range(4)
    ]
    deleted: list[str] = []
    seen: list[Any] = []

    def receive(params: dict[str, Any]) -> dict[str, Any]:
        most = params["MaxNumberOfMessages"]
        found, messages[:] = messages[:most], messages[most:]
        return {"Messages": found} if found else {}

    def delete(params: dict[str, Any]) -> dict[str, Any]:
        deleted.extend(e["ReceiptHandle"] for e in params["Entries"])
        return {"Successful": [], "Failed": []}

    def handler(event: Any, context: Any) -> Any:
        seen.append([r["body"] for r in event["Records"]])
        return {"batchItemFailures": [{"itemIdentifier": "m2"}]}

    cloud.stub("sqs", "GetQueueAttributes", {"Attributes": {}})
    cloud.stub("sqs", "ReceiveMessage", receive)
    cloud.stub("sqs", "DeleteMessageBatch", delete)
    cloud.function("f", handler)
    client.create_event_source_mapping(
        EventSourceArn=QUEUE,
        FunctionName="f",
        FunctionResponseTypes=["ReportBatchItemFailures"],
        FilterCriteria={"Filters": [{"Pattern": '{"body": {"n": [{"numeric": [">", 0]}]}}'}]},
    )
    assert seen == [['{"n": 1}', '{"n": 2}', '{"n": 3}']]
    assert sorted(deleted) == ["r0", "r1", "r3"]
    cloud.failures.clear()
