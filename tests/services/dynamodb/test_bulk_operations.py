"""Bulk operations; S3 is a dict behind stubs."""

from __future__ import annotations

import gzip
import json
from datetime import datetime, timedelta, timezone
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError

from mock_serverless import Cloud, NotSupported
from mock_serverless.core.operation import operation_names

pytestmark = pytest.mark.skipif(
    "start_bulk_put_items" not in operation_names("dynamodb"), reason="botocore's model has no bulk operations"
)
KEY = {
    "KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}],
    "AttributeDefinitions": [{"AttributeName": n, "AttributeType": "S"} for n in ("id", "by")],
    "BillingMode": "PAY_PER_REQUEST",
    "GlobalSecondaryIndexes": [
        {
            "IndexName": "by-index",
            "KeySchema": [{"AttributeName": "by", "KeyType": "HASH"}],
            "Projection": {"ProjectionType": "KEYS_ONLY"},
        }
    ],
}


@pytest.fixture
def dynamodb(cloud: Cloud) -> Any:
    client = boto3.client("dynamodb", region_name="us-east-1")
    client.create_table(TableName="target", **KEY)
    return client


def _start(dynamodb: Any, types: tuple[str, ...] = ("ERROR", "CONDITION_CHECK_FAILURE"), **others: Any) -> str:
    given = {
        "TableName": "target",
        "InputS3Configuration": {"S3Bucket": "bucket", "S3KeyPrefix": "in/", "InputFormat": "DYNAMODB_JSON"},
        "OutputS3Configuration": {"S3Bucket": "bucket", "S3KeyPrefix": "out", "OutputType": list(types)},
    }
    begun = dynamodb.start_bulk_put_items(**{**given, **others})["BulkOperationDescription"]
    assert begun["BulkOperationStatus"] == "IN_PROGRESS"
    arn: str = begun["BulkOperationArn"]
    return arn


def _described(dynamodb: Any, arn: str) -> dict[str, Any]:
    shown: dict[str, Any] = dynamodb.describe_bulk_operation(BulkOperationArn=arn)["BulkOperationDescription"]
    return shown


def _lines(*records: Any) -> bytes:
    return "".join(json.dumps(record) + "\n" for record in records).encode()


def test_items_are_written_and_counted(dynamodb: Any, bucket: dict[str, bytes]) -> None:
    items = [{"id": {"S": "1"}, "by": {"S": "x"}, "b": {"B": "eA=="}}, {"id": {"S": "2"}}]
    bucket["in/a"] = _lines({"Item": items[0]})
    bucket["in/b"] = _lines({"Item": items[1]})
    bucket["elsewhere"] = b"nonsense"
    shown = _described(dynamodb, _start(dynamodb, MaxWriteRequestUnits=1024))
    assert shown["BulkOperationStatus"] == "COMPLETED"
    assert (shown["ProcessedItemCount"], shown["FailedItemCount"]) == (2, 0)
    assert shown["ProcessedInputBytes"] == shown["TotalInputBytes"] == len(bucket["in/a"] + bucket["in/b"])
    assert shown["PerformanceTier"] == "STANDARD"
    assert shown["MaxWriteRequestUnits"] == 1024
    assert shown["InputS3Configuration"]["InputCompressionType"] == "NONE"
    # names and values: id 1, by x, b x make 3 + 3 + 2; id 2 makes 3; the index has 6 of the first
    assert shown["BulkOperationUsage"] == [
        {
            "TableName": "target",
            "BulkPutBytes": 17,
            "Table": {"BulkPutBytes": 11},
            "GlobalSecondaryIndexes": {"by-index": {"BulkPutBytes": 6}},
        }
    ]
    assert dynamodb.get_item(TableName="target", Key={"id": {"S": "1"}})["Item"]["b"] == {"B": b"x"}
    assert (
        dynamodb.query(
            TableName="target",
            IndexName="by-index",
            KeyConditionExpression="#b = :x",
            ExpressionAttributeNames={"#b": "by"},
            ExpressionAttributeValues={":x": {"S": "x"}},
        )["Count"]
        == 1
    )
    assert sorted(bucket) == ["elsewhere", "in/a", "in/b"]


def test_what_is_not_written_is_reported(dynamodb: Any, bucket: dict[str, bytes]) -> None:
    dynamodb.put_item(TableName="target", Item={"id": {"S": "there"}})
    bucket["in/a"] = gzip.compress(
        _lines(
            {"Item": {"no": {"S": "key"}}},
            {"Item": {"id": {"S": "there"}, "n": {"N": "1"}}, "ConditionExpression": "attribute_not_exists(id)"},
            {"Item": {"id": {"S": "new"}}, "ConditionExpression": "attribute_not_exists(id)"},
            {"Item": {"id": {"S": "x"}, "by": {"N": "1"}}},
            {"Unknown": 1},
            {"Item": {"id": {"S": "never read"}}},
        )
    )
    source = {
        "S3Bucket": "bucket",
        "S3KeyPrefix": "in/",
        "InputFormat": "DYNAMODB_JSON",
        "InputCompressionType": "GZIP",
    }
    arn = _start(dynamodb, InputS3Configuration=source)
    shown = _described(dynamodb, arn)
    assert shown["BulkOperationStatus"] == "COMPLETED_WITH_ERRORS"
    assert "FailureCode" not in shown
    assert (shown["ProcessedItemCount"], shown["FailedItemCount"]) == (5, 3)
    folder = f"out/AWSDynamoDB/{arn.rpartition('/')[2]}"
    errors = [json.loads(line) for line in bucket[f"{folder}/errors.json"].splitlines()]
    assert [error["ErrorMessage"].partition(":")[2].strip() for error in errors[:2]] == [
        "Missing the key id in the item",
        "Type mismatch for Index Key by Expected: S Actual: N IndexName: by-index",
    ]
    assert json.loads(bucket[f"{folder}/condition-check-failures.json"]) == {
        "Item": {"id": {"S": "there"}, "n": {"N": "1"}},
        "ExistingItem": {"id": {"S": "there"}},
    }
    assert [item["id"]["S"] for item in dynamodb.scan(TableName="target")["Items"]] != []
    assert {item["id"]["S"] for item in dynamodb.scan(TableName="target")["Items"]} == {"there", "new"}


def test_only_the_reports_asked_for(dynamodb: Any, bucket: dict[str, bytes]) -> None:
    bucket["in/a"] = b"{"
    assert _described(dynamodb, _start(dynamodb, ("CONDITION_CHECK_FAILURE",)))["FailedItemCount"] == 1
    assert list(bucket) == ["in/a"]


def test_without_s3_it_fails_and_says_so(dynamodb: Any) -> None:
    shown = _described(dynamodb, _start(dynamodb))
    assert (shown["BulkOperationStatus"], shown["FailureCode"]) == ("FAILED", "NotSupported")


def test_an_operation_can_be_cancelled_until_it_is_done(cloud: Cloud, dynamodb: Any, bucket: dict[str, bytes]) -> None:
    cloud.dynamodb.latency(bulk=60)
    bucket["in/a"] = _lines({"Item": {"id": {"S": "1"}}})
    arn = _start(dynamodb)
    answer = dynamodb.cancel_bulk_operation(BulkOperationArn=arn)
    assert (answer["BulkOperationArn"], answer["BulkOperationStatus"]) == (arn, "CANCELLING")
    cloud.clock.advance(120)
    shown = _described(dynamodb, arn)
    assert shown["BulkOperationStatus"] == "CANCELLED"
    assert "EndTime" in shown
    assert dynamodb.scan(TableName="target")["Count"] == 0
    with pytest.raises(ClientError, match="not in progress"):
        dynamodb.cancel_bulk_operation(BulkOperationArn=arn)


@pytest.mark.mock_cloud(clock=datetime(2030, 1, 1, tzinfo=timezone.utc))
def test_no_more_is_written_in_a_second_than_allowed(cloud: Cloud, dynamodb: Any, bucket: dict[str, bytes]) -> None:
    """MaxWriteRequestUnits of the API reference: "the maximum rate, in write request units per second"."""
    small = [{"Item": {"id": {"S": str(number)}}} for number in range(1000)]
    bucket["in/a"] = _lines(*small, {"Item": {"no": {"S": "key"}}})
    large = {"id": {"S": "large"}, "pad": {"S": "x" * 50_000}, "by": {"S": "y"}}  # 49 units, and one of the index
    bucket["in/b"] = _lines({"Item": large}, *({"Item": {"id": {"S": f"more {number}"}}} for number in range(1000)))
    arn = _start(dynamodb, MaxWriteRequestUnits=1024)
    snapshot = cloud.snapshot()
    written = [1002, 2000, 2002]  # the large one goes on into the next second
    statuses = ["IN_PROGRESS", "IN_PROGRESS", "COMPLETED_WITH_ERRORS"]
    for second in (0, 1, 2):
        if second:
            cloud.clock.advance(seconds=1)
        shown = _described(dynamodb, arn)
        assert (shown["BulkOperationStatus"], shown["ProcessedItemCount"]) == (statuses[second], written[second])
        assert shown["FailedItemCount"] == 1
        assert len(cloud.dynamodb.items("target")) == written[second] - 1
    assert shown["EndTime"] - shown["StartTime"] == timedelta(seconds=2)
    assert shown["BulkOperationUsage"][0]["Table"]["BulkPutBytes"] > 50_000
    assert bucket[f"out/AWSDynamoDB/{arn.rpartition('/')[2]}/errors.json"].count(b"\n") == 1
    cloud.restore(snapshot)
    assert _described(dynamodb, arn)["ProcessedItemCount"] == 1002
    dynamodb.cancel_bulk_operation(BulkOperationArn=arn)
    cloud.clock.advance(seconds=10)
    shown = _described(dynamodb, arn)
    assert (shown["BulkOperationStatus"], shown["ProcessedItemCount"]) == ("CANCELLED", 1002)
    assert len(cloud.dynamodb.items("target")) == 1001


def test_too_many_objects(cloud: Cloud, dynamodb: Any) -> None:
    contents = [{"Key": f"in/{number}"} for number in range(50_001)]
    cloud.stub("s3", "ListObjectsV2", lambda request: {"Contents": contents})
    shown = _described(dynamodb, _start(dynamodb))
    assert (shown["BulkOperationStatus"], shown["ProcessedItemCount"]) == ("FAILED", 0)
    assert "50000" in shown["FailureMessage"]


def test_an_accelerated_operation_is_faster(cloud: Cloud, dynamodb: Any, bucket: dict[str, bytes]) -> None:
    """BulkPutItems.Tiers.html; how much faster isn't documented."""
    cloud.dynamodb.latency(bulk=60)
    bucket["in/a"] = _lines({"Item": {"id": {"S": "1"}}})
    arns = [
        _start(dynamodb, **({"PerformanceTier": tier} if tier else {})) for tier in (None, "STANDARD", "ACCELERATED")
    ]
    cloud.clock.advance(40)
    shown = [_described(dynamodb, arn) for arn in arns]
    assert [one["BulkOperationStatus"] for one in shown] == ["IN_PROGRESS", "IN_PROGRESS", "COMPLETED"]
    assert [one["PerformanceTier"] for one in shown] == ["STANDARD", "STANDARD", "ACCELERATED"]


def test_a_token_begins_one_operation(cloud: Cloud, dynamodb: Any, bucket: dict[str, bytes]) -> None:
    cloud.dynamodb.latency(bulk=60)
    arn = _start(dynamodb, ClientToken="one")
    assert _start(dynamodb, ClientToken="one") == arn
    with pytest.raises(ClientError) as caught:
        _start(dynamodb, ("ERROR",), ClientToken="one")
    assert caught.value.response["Error"]["Code"] == "IdempotentParameterMismatchException"
    cloud.clock.advance(8 * 3600)
    assert _start(dynamodb, ("ERROR",), ClientToken="one") != arn


def test_the_latest_are_listed_first_page_by_page(cloud: Cloud, dynamodb: Any, bucket: dict[str, bytes]) -> None:
    arns = []
    for _ in range(3):
        arns.append(_start(dynamodb))
        cloud.clock.advance(1)
    first = dynamodb.list_bulk_operations(MaxResults=2)
    rest = dynamodb.list_bulk_operations(NextToken=first["NextToken"])
    listed = [*first["BulkOperationsSummaryList"], *rest["BulkOperationsSummaryList"]]
    assert [entry["BulkOperationArn"] for entry in listed] == arns[::-1]
    assert "NextToken" not in rest
    assert {entry["BulkOperationStatus"] for entry in listed} == {"COMPLETED"}
    cloud.clock.advance(91 * 24 * 3600)
    assert dynamodb.list_bulk_operations()["BulkOperationsSummaryList"] == []


def test_a_table_that_goes_meanwhile_fails_it(cloud: Cloud, dynamodb: Any, bucket: dict[str, bytes]) -> None:
    cloud.dynamodb.latency(bulk=60)
    arn = _start(dynamodb)
    dynamodb.delete_table(TableName="target")
    cloud.clock.advance(60)
    shown = _described(dynamodb, arn)
    assert (shown["BulkOperationStatus"], shown["FailureCode"]) == ("FAILED", "ResourceNotFoundException")


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"TableName": "nothing"}, "ResourceNotFoundException"),
        ({"OutputS3Configuration": {"OutputType": ["ERROR"]}}, "ValidationException"),
        ({"OutputS3Configuration": {"S3Bucket": "bucket", "OutputType": []}}, "ValidationException"),
        (
            {"OutputS3Configuration": {"S3Bucket": "bucket", "OutputType": ["ERROR"], "S3SseKmsKeyId": "key"}},
            "ValidationException",
        ),
    ],
)
def test_what_is_refused(dynamodb: Any, change: dict[str, Any], code: str) -> None:
    with pytest.raises(ClientError) as caught:
        _start(dynamodb, **change)
    assert caught.value.response["Error"]["Code"] == code
    assert dynamodb.list_bulk_operations()["BulkOperationsSummaryList"] == []


@pytest.mark.parametrize("change", [{"InputFormat": "ION"}, {"InputCompressionType": "ZSTD"}])
def test_what_cannot_be_read_is_named(dynamodb: Any, change: dict[str, Any]) -> None:
    with pytest.raises(NotSupported, match=next(iter(change.values()))):
        _start(dynamodb, InputS3Configuration={"S3Bucket": "bucket", "InputFormat": "DYNAMODB_JSON", **change})


def test_an_unknown_operation(dynamodb: Any) -> None:
    for call in (dynamodb.describe_bulk_operation, dynamodb.cancel_bulk_operation):
        with pytest.raises(ClientError, match="ResourceNotFoundException"):
            call(BulkOperationArn="arn:aws:dynamodb:us-east-1:123456789012:table/target/bulk-operation/1")


def test_no_replica_while_an_operation_is_open(cloud: Cloud, dynamodb: Any, bucket: dict[str, bytes]) -> None:
    cloud.dynamodb.latency(bulk=60)
    dynamodb.update_table(
        TableName="target", StreamSpecification={"StreamEnabled": True, "StreamViewType": "NEW_AND_OLD_IMAGES"}
    )
    _start(dynamodb)
    with pytest.raises(ClientError, match="bulk operation in progress"):
        dynamodb.update_table(TableName="target", ReplicaUpdates=[{"Create": {"RegionName": "eu-west-1"}}])
    cloud.clock.advance(60)
    dynamodb.update_table(TableName="target", ReplicaUpdates=[{"Create": {"RegionName": "eu-west-1"}}])
    with pytest.raises(ClientError, match="not supported for global tables"):
        _start(dynamodb)


def test_a_snapshot_keeps_the_operations(cloud: Cloud, dynamodb: Any, bucket: dict[str, bytes]) -> None:
    cloud.dynamodb.latency(bulk=60)
    bucket["in/a"] = _lines({"Item": {"id": {"S": "1"}}})
    arn = _start(dynamodb)
    snapshot = cloud.snapshot()
    cloud.clock.advance(60)
    assert _described(dynamodb, arn)["BulkOperationStatus"] == "COMPLETED"
    cloud.restore(snapshot)
    assert _described(dynamodb, arn)["BulkOperationStatus"] == "IN_PROGRESS"


ODD = [{"S": 5}, {"S": None}, {"N": 5}, {"N": "x"}, {"B": 5}, {"BS": [1]}, {"X": "1"}, {"L": {"S": "1"}}, {"L": [5]}]
ODD += [{"M": []}, {"M": {"a": 5}}, {"SS": "abc"}, {"SS": {"a": 1}}, {"SS": [[]]}, {"NS": [1]}, {"BOOL": "x"}]
ODD += [5, [], None, {}]  # type: ignore[list-item]


@pytest.mark.parametrize("value", ODD, ids=str)
def test_odd_values_are_failures(dynamodb: Any, bucket: dict[str, bytes], value: Any) -> None:
    bucket["in/a"] = _lines({"Item": {"id": value}})
    bucket["in/b"] = _lines({"Item": {"id": {"S": "1"}, "a": value}})
    bucket["in/c"] = _lines(value)
    bucket["in/d"] = _lines(
        {
            "Item": {"id": {"S": "1"}},
            "ConditionExpression": "attribute_not_exists(id) OR id = :v",
            "ExpressionAttributeValues": {":v": value},
        }
    )
    shown = _described(dynamodb, _start(dynamodb))
    assert (shown["ProcessedItemCount"], shown["FailedItemCount"]) == (4, 4)
    assert dynamodb.scan(TableName="target")["Count"] == 0
