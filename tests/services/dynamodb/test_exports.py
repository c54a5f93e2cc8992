"""Exports to S3 and imports from it; S3 is a dict behind stubs."""

from __future__ import annotations

import gzip
import json
from datetime import timedelta
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError

from mock_serverless import Cloud

KEY = {
    "KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}],
    "AttributeDefinitions": [{"AttributeName": "id", "AttributeType": "S"}],
    "BillingMode": "PAY_PER_REQUEST",
}
ITEMS = [
    {
        "id": {"S": "1"},
        "all": {"M": {"n": {"N": "1.5"}, "b": {"B": b"x"}, "l": {"L": [{"NULL": True}, {"BOOL": False}]}}},
    },
    {"id": {"S": "it's"}, "sets": {"NS": ["1", "2"]}, "blobs": {"BS": [b"a", b"b"]}, "ss": {"SS": ["x\ny"]}},
]


@pytest.fixture
def dynamodb(cloud: Cloud) -> Any:
    return boto3.client("dynamodb", region_name="us-east-1")


def _table(dynamodb: Any, recovery: bool = True) -> str:
    arn: str = dynamodb.create_table(TableName="source", **KEY)["TableDescription"]["TableArn"]
    if recovery:
        dynamodb.update_continuous_backups(
            TableName="source", PointInTimeRecoverySpecification={"PointInTimeRecoveryEnabled": True}
        )
    for item in ITEMS:
        dynamodb.put_item(TableName="source", Item=item)
    return arn


def _import(dynamodb: Any, name: str = "target", prefix: str = "", **others: Any) -> dict[str, Any]:
    started = dynamodb.import_table(
        S3BucketSource={"S3Bucket": "bucket", "S3KeyPrefix": prefix},
        TableCreationParameters={"TableName": name, **KEY},
        **{"InputFormat": "DYNAMODB_JSON", **others},
    )["ImportTableDescription"]
    assert started["ImportStatus"] == "IN_PROGRESS"
    described: dict[str, Any] = dynamodb.describe_import(ImportArn=started["ImportArn"])["ImportTableDescription"]
    return described


def test_what_is_exported_can_be_imported(cloud: Cloud, dynamodb: Any, bucket: dict[str, bytes]) -> None:
    started = dynamodb.export_table_to_point_in_time(TableArn=_table(dynamodb), S3Bucket="bucket", S3Prefix="out")
    assert started["ExportDescription"]["ExportStatus"] == "IN_PROGRESS"
    done = dynamodb.describe_export(ExportArn=started["ExportDescription"]["ExportArn"])["ExportDescription"]
    assert (done["ExportStatus"], done["ItemCount"]) == ("COMPLETED", 2)
    summary = json.loads(bucket[done["ExportManifest"]])
    files = [json.loads(line) for line in bucket[summary["manifestFilesS3Key"]].splitlines()]
    assert sum(file["itemCount"] for file in files) == summary["itemCount"] == 2
    assert all(gzip.decompress(bucket[file["dataFileS3Key"]]) is not None for file in files)
    folder = done["ExportManifest"].rpartition("/")[0] + "/data/"
    made = _import(dynamodb, prefix=folder, InputCompressionType="GZIP")
    assert (made["ImportStatus"], made["ImportedItemCount"], made["ErrorCount"]) == ("COMPLETED", 2, 0)
    assert cloud.dynamodb.items("target") == cloud.dynamodb.items("source")


def test_exports_are_the_same_bytes_each_time(cloud: Cloud, dynamodb: Any, bucket: dict[str, bytes]) -> None:
    arn = _table(dynamodb)
    written = []
    for _ in range(2):
        bucket.clear()
        dynamodb.export_table_to_point_in_time(TableArn=arn, S3Bucket="bucket", ExportFormat="ION")
        dynamodb.list_exports()
        written.append(sorted(gzip.decompress(body) for key, body in bucket.items() if key.endswith(".ion.gz")))
    assert written[0] == written[1]
    text = b"".join(written[0]).decode()
    assert "{Item:{'id':\"1\",'all':{'n':1.5,'b':{{eA==}},'l':[null,false]}}}" in text
    assert r"""{Item:{'id':"it's",'sets':$dynamodb_NS::[1.,2.],'blobs':$dynamodb_BS::[{{YQ==}},{{Yg==}}],""" in text


def test_an_incremental_export_has_what_changed(cloud: Cloud, dynamodb: Any, bucket: dict[str, bytes]) -> None:
    arn = _table(dynamodb)
    cloud.clock.advance(seconds=3600)
    dynamodb.delete_item(TableName="source", Key={"id": {"S": "1"}})
    dynamodb.put_item(TableName="source", Item={"id": {"S": "2"}})
    now = cloud.clock.now()
    dynamodb.export_table_to_point_in_time(
        TableArn=arn,
        S3Bucket="bucket",
        ExportType="INCREMENTAL_EXPORT",
        IncrementalExportSpecification={"ExportFromTime": now - timedelta(seconds=1800), "ExportToTime": now},
    )
    dynamodb.list_exports()
    lines = [
        json.loads(line)
        for key, body in bucket.items()
        if "/data/" in key
        for line in gzip.decompress(body).splitlines()
    ]
    assert {line["Keys"]["id"]["S"]: sorted(line) for line in lines} == {
        "1": ["Keys", "Metadata", "OldImage"],
        "2": ["Keys", "Metadata", "NewImage"],
    }


def test_without_s3_nothing_is_called_completed(cloud: Cloud, dynamodb: Any) -> None:
    arn = dynamodb.export_table_to_point_in_time(TableArn=_table(dynamodb), S3Bucket="bucket")["ExportDescription"][
        "ExportArn"
    ]
    failed = dynamodb.describe_export(ExportArn=arn)["ExportDescription"]
    assert (failed["ExportStatus"], failed["FailureCode"]) == ("FAILED", "NotSupported")
    assert "cloud.stub('s3', 'PutObject'" in failed["FailureMessage"]
    made = _import(dynamodb)
    assert (made["ImportStatus"], made["FailureCode"]) == ("FAILED", "NotSupported")
    assert dynamodb.list_tables()["TableNames"] == ["source"]


def test_bad_buckets_fail_later(cloud: Cloud, dynamodb: Any) -> None:
    cloud.fail("s3", "ListObjectsV2", "NoSuchBucket", message="The specified bucket does not exist")
    made = _import(dynamodb)
    assert (made["ImportStatus"], made["FailureCode"]) == ("FAILED", "S3NoSuchBucket")


def test_good_items_are_kept_beside_bad_ones(cloud: Cloud, dynamodb: Any, bucket: dict[str, bytes]) -> None:
    bucket["in/1"] = b'{"Item":{"id":{"S":"1"}}}\n{"Item":{"x":{"S":"no key"}}}\n\n{"Item":{"id":{"S":"2"}}}'
    bucket["in/2"] = b'{"Item":{"id":{"S":"3"}}}\nrubbish\n{"Item":{"id":{"S":"never read"}}}'
    bucket["in/3"] = b'{"Item":{"id":{"S":["odd"]}}}\n{"Item":{"id":[]}}'
    made = _import(dynamodb, prefix="in/")
    assert (made["ImportStatus"], made["FailureCode"]) == ("FAILED", "ItemValidationError")
    assert (made["ProcessedItemCount"], made["ImportedItemCount"]) == (7, 3)
    assert {item["id"] for item in cloud.dynamodb.items("target")} == {"1", "2", "3"}
    # https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/S3DataImport.Validation.html (CloudWatch logs)
    stream = f"{made['ImportArn'].rpartition('/')[2]}/error"
    found = boto3.client("logs").get_log_events(logGroupName="/aws-dynamodb/imports", logStreamName=stream)["events"]
    assert found[0]["message"] == (
        '{"itemS3Pointer":{"bucket":"bucket","key":"in/1","itemIndex":1},"importArn":"' + made["ImportArn"] + '",'
        '"errorMessages":["One or more parameter values were invalid: Missing the key id in the item"]}'
    )
    pointers = [json.loads(event["message"])["itemS3Pointer"] for event in found]
    assert [(one["key"], one["itemIndex"]) for one in pointers] == [("in/1", 1), ("in/2", 1), ("in/3", 0), ("in/3", 1)]


def test_what_s3_refuses_is_told_as_the_sdk_tells_it(cloud: Cloud, dynamodb: Any) -> None:
    """S3DataImport.Validation.html ("The specified bucket does not exist")."""
    cloud.fail("s3", "ListObjectsV2", "NoSuchBucket", message="The specified bucket does not exist")
    message = _import(dynamodb)["FailureMessage"]
    assert message.startswith(
        "The specified bucket does not exist (Service: Amazon S3; Status Code: 404; Error Code: NoSuchBucket; Request ID: "
    )
    assert message.endswith("; Proxy: null)")


def test_an_import_makes_the_table_that_it_describes(cloud: Cloud, dynamodb: Any, bucket: dict[str, bytes]) -> None:
    bucket["in"] = (
        b'{"Item":{"id":{"S":"1"},"g":{"N":"1"}}}\n{"Item":{"id":{"S":"2"}}}\n{"Item":{"id":{"S":"3"},"g":{"S":"x"}}}'
    )
    key = boto3.client("kms").create_key()["KeyMetadata"]["Arn"]
    index = {"IndexName": "by-g", "KeySchema": [{"AttributeName": "g", "KeyType": "HASH"}]}
    index = {**index, "Projection": {"ProjectionType": "INCLUDE", "NonKeyAttributes": ["x"]}}
    index["ProvisionedThroughput"] = {"ReadCapacityUnits": 5, "WriteCapacityUnits": 6}
    wanted = {
        "TableName": "target",
        "KeySchema": KEY["KeySchema"],
        "AttributeDefinitions": [*KEY["AttributeDefinitions"], {"AttributeName": "g", "AttributeType": "N"}],  # type: ignore[misc]
        "ProvisionedThroughput": {"ReadCapacityUnits": 3, "WriteCapacityUnits": 4},
        "SSESpecification": {"Enabled": True, "SSEType": "KMS", "KMSMasterKeyId": key},
        "GlobalSecondaryIndexes": [index],
    }
    source = {"S3Bucket": "bucket", "S3BucketOwner": "111122223333"}
    arn = dynamodb.import_table(S3BucketSource=source, InputFormat="DYNAMODB_JSON", TableCreationParameters=wanted)[
        "ImportTableDescription"
    ]["TableArn"]
    assert {call.params["ExpectedBucketOwner"] for call in cloud.calls if call.service == "s3"} == {"111122223333"}
    assert dynamodb.list_imports(TableArn=arn)["ImportSummaryList"][0]["ImportStatus"] == "FAILED"
    shown = dynamodb.describe_table(TableName="target")["Table"]
    assert (shown["ItemCount"], shown["SSEDescription"]["KMSMasterKeyArn"]) == (2, key)
    assert shown["ProvisionedThroughput"]["WriteCapacityUnits"] == 4
    assert shown["GlobalSecondaryIndexes"][0]["ItemCount"] == 1
    assert shown["GlobalSecondaryIndexes"][0]["ProvisionedThroughput"]["ReadCapacityUnits"] == 5


def test_csv(cloud: Cloud, dynamodb: Any, bucket: dict[str, bytes]) -> None:
    bucket["a"] = b'id,text\r\n1,"a, ""b"""\r\n2,\r\n'
    made = _import(dynamodb, InputFormat="CSV")
    assert made["ImportStatus"] == "COMPLETED"
    assert sorted(cloud.dynamodb.items("target"), key=lambda item: item["id"]) == [
        {"id": "1", "text": 'a, "b"'},
        {"id": "2"},
    ]
    bucket["a"] = b"3;x\n"
    options = {"Csv": {"Delimiter": ";", "HeaderList": ["id", "t"]}}
    assert _import(dynamodb, "other", InputFormat="CSV", InputFormatOptions=options)["ImportStatus"] == "COMPLETED"
    assert cloud.dynamodb.items("other") == [{"id": "3", "t": "x"}]


def test_imports_take_their_time_and_reserve_no_name(cloud: Cloud, dynamodb: Any, bucket: dict[str, bytes]) -> None:
    cloud.dynamodb.latency(**{"import": 100})
    request = {
        "S3BucketSource": {"S3Bucket": "bucket"},
        "InputFormat": "DYNAMODB_JSON",
        "TableCreationParameters": {"TableName": "target", **KEY},
    }
    arns = [
        dynamodb.import_table(ClientToken=token, **request)["ImportTableDescription"]["ImportArn"] for token in "aba"
    ]
    assert arns[0] == arns[2] != arns[1]
    assert dynamodb.list_tables()["TableNames"] == []
    cloud.clock.advance(seconds=51)
    assert dynamodb.describe_table(TableName="target")["Table"]["TableStatus"] == "CREATING"
    cloud.clock.advance(seconds=51)
    assert dynamodb.describe_table(TableName="target")["Table"]["TableStatus"] == "ACTIVE"
    found = [dynamodb.describe_import(ImportArn=arn)["ImportTableDescription"] for arn in arns[:2]]
    assert [(one["ImportStatus"], one.get("FailureCode")) for one in found] == [
        ("COMPLETED", None),
        ("FAILED", "TableAlreadyExists"),
    ]
    with pytest.raises(ClientError, match="Table already exists: target"):
        dynamodb.import_table(**request)


def test_an_export_completes_when_its_table_is_deleted(cloud: Cloud, dynamodb: Any, bucket: dict[str, bytes]) -> None:
    """Measured on AWS: ack-api-quirks, DDB-TABLE-454."""
    arn = _table(dynamodb)
    cloud.dynamodb.latency(export=600, table=10)
    begun = dynamodb.export_table_to_point_in_time(TableArn=arn, S3Bucket="bucket")["ExportDescription"]["ExportArn"]
    dynamodb.delete_table(TableName="source")
    with pytest.raises(dynamodb.exceptions.TableNotFoundException, match=f"Table not found: {arn}"):
        dynamodb.export_table_to_point_in_time(TableArn=arn, S3Bucket="bucket")
    with pytest.raises(dynamodb.exceptions.TableNotFoundException):
        dynamodb.restore_table_to_point_in_time(
            SourceTableName="source", TargetTableName="other", UseLatestRestorableTime=True
        )
    cloud.clock.advance(seconds=20)
    assert dynamodb.list_tables()["TableNames"] == []
    assert dynamodb.describe_export(ExportArn=begun)["ExportDescription"]["ExportStatus"] == "IN_PROGRESS"
    cloud.clock.advance(seconds=600)
    done = dynamodb.describe_export(ExportArn=begun)["ExportDescription"]
    assert (done["ExportStatus"], done["ItemCount"]) == ("COMPLETED", len(ITEMS))
    assert dynamodb.list_exports(TableArn=arn)["ExportSummaries"] == []


def test_where_and_when_an_export_goes(cloud: Cloud, dynamodb: Any, bucket: dict[str, bytes]) -> None:
    """API_ExportTableToPointInTime: the time, the bucket's owner, the encryption; refusals measured (DDB-EXPORT-001)."""
    arn = _table(dynamodb)
    then = cloud.clock.now()
    cloud.clock.advance(hours=1)
    dynamodb.put_item(TableName="source", Item={"id": {"S": "late"}})
    where = {"S3BucketOwner": "111122223333", "S3SseAlgorithm": "KMS", "S3SseKmsKeyId": "alias/mine"}
    begun = dynamodb.export_table_to_point_in_time(TableArn=arn, S3Bucket="bucket", ExportTime=then, **where)
    done = dynamodb.describe_export(ExportArn=begun["ExportDescription"]["ExportArn"])["ExportDescription"]
    assert {name: done[name] for name in where} == where
    assert done["ItemCount"] == len(ITEMS)
    params = [call.params for call in cloud.calls if call.operation == "PutObject"]
    assert {(p["ExpectedBucketOwner"], p["ServerSideEncryption"], p["SSEKMSKeyId"]) for p in params} == {
        ("111122223333", "aws:kms", "alias/mine")
    }
    for late, message in ((3600, "Export Time is invalid"), (-1, "Point in Time Recovery is not available for")):
        with pytest.raises(dynamodb.exceptions.InvalidExportTimeException, match=message):
            dynamodb.export_table_to_point_in_time(
                TableArn=arn, S3Bucket="bucket", ExportTime=cloud.clock.now() + timedelta(seconds=late)
            )


def test_exports_need_recovery_and_keep_their_token(cloud: Cloud, dynamodb: Any, bucket: dict[str, bytes]) -> None:
    arn = _table(dynamodb, recovery=False)
    with pytest.raises(dynamodb.exceptions.PointInTimeRecoveryUnavailableException):
        dynamodb.export_table_to_point_in_time(TableArn=arn, S3Bucket="bucket")
    dynamodb.update_continuous_backups(
        TableName="source", PointInTimeRecoverySpecification={"PointInTimeRecoveryEnabled": True}
    )
    one, two = (
        dynamodb.export_table_to_point_in_time(TableArn=arn, S3Bucket="bucket", ClientToken="t")["ExportDescription"][
            "ExportArn"
        ]
        for _ in range(2)
    )
    assert one == two
    with pytest.raises(dynamodb.exceptions.ExportConflictException):
        dynamodb.export_table_to_point_in_time(TableArn=arn, S3Bucket="elsewhere", ClientToken="t")


def test_lists_have_pages(cloud: Cloud, dynamodb: Any, bucket: dict[str, bytes]) -> None:
    arn = _table(dynamodb)
    for number in range(12):
        dynamodb.export_table_to_point_in_time(TableArn=arn, S3Bucket="bucket")
        _import(dynamodb, f"table-{number}", prefix="nothing")
    first = dynamodb.list_exports(TableArn=arn)
    rest = dynamodb.list_exports(TableArn=arn, NextToken=first["NextToken"])
    assert (len(first["ExportSummaries"]), len(rest["ExportSummaries"]), "NextToken" in rest) == (10, 2, False)
    first = dynamodb.list_imports(PageSize=11)
    assert len(first["ImportSummaryList"]) == 11
    assert len(dynamodb.list_imports(NextToken=first["NextToken"])["ImportSummaryList"]) == 1
    with pytest.raises(ClientError, match="ValidationException"):
        dynamodb.list_imports(NextToken="0" * 112)


def _exported(
    dynamodb: Any, bucket: dict[str, bytes], arn: str, **given: Any
) -> tuple[list[dict[str, Any]], dict[str, Any]]:
    """The lines of an export, and its description."""
    bucket.clear()
    begun = dynamodb.export_table_to_point_in_time(TableArn=arn, S3Bucket="bucket", **given)["ExportDescription"]
    shown = dynamodb.describe_export(ExportArn=begun["ExportArn"])["ExportDescription"]
    assert shown["ExportStatus"] == "COMPLETED"
    files = [gzip.decompress(body) for key, body in sorted(bucket.items()) if "/data/" in key]
    return [json.loads(line) for content in files for line in content.splitlines()], shown


@pytest.fixture
def scores(dynamodb: Any) -> str:
    """A table with four items; 10 bytes each."""
    if (
        "FilterSpecification"
        not in dynamodb.meta.service_model.operation_model("ExportTableToPointInTime").input_shape.members
    ):
        pytest.skip("botocore's model has no FilterSpecification")
    arn: str = dynamodb.create_table(
        TableName="scores",
        KeySchema=[{"AttributeName": "p", "KeyType": "HASH"}, {"AttributeName": "s", "KeyType": "RANGE"}],
        AttributeDefinitions=[{"AttributeName": n, "AttributeType": "S"} for n in ("p", "s")],
        BillingMode="PAY_PER_REQUEST",
    )["TableDescription"]["TableArn"]
    on = {"PointInTimeRecoveryEnabled": True}
    dynamodb.update_continuous_backups(TableName="scores", PointInTimeRecoverySpecification=on)
    for p, s, v in ("ax1", "ay2", "bx1", "bz3"):
        _score(dynamodb, p, s, v)
    return arn


def _score(dynamodb: Any, p: str, s: str, v: str) -> None:
    dynamodb.put_item(TableName="scores", Item={"p": {"S": p}, "s": {"S": s}, "value": {"S": v}})


FILTERS = [
    ({"KeyConditionExpression": "p = :a"}, "ax1 ay2", 20),
    ({"KeyConditionExpression": "p = :a AND begins_with(s, :y)"}, "ay2", 10),
    ({"FilterExpression": "#v = :1"}, "ax1 bx1", 40),
    ({"FilterExpression": "s = :y OR p = :b"}, "ay2 bx1 bz3", 40),
    ({"KeyConditionExpression": "p = :a", "FilterExpression": "#v = :1"}, "ax1", 20),
    ({"ProjectionExpression": "s, #v", "FilterExpression": "p = :b"}, "x1 z3", 40),
]


def _with_placeholders(expressions: dict[str, str], **more: str) -> dict[str, Any]:
    text = " ".join(expressions.values())
    names = {"#v": "value"} if "#v" in text else {}
    values = {name: {"S": name[1]} for name in (":a", ":b", ":y", ":1") if name in text}
    given: dict[str, Any] = {**expressions, **more}
    if names:
        given["ExpressionAttributeNames"] = names
    if values:
        given["ExpressionAttributeValues"] = values
    return given


@pytest.mark.parametrize(("expressions", "items", "billed"), FILTERS)
def test_an_export_is_filtered(
    dynamodb: Any, bucket: dict[str, bytes], scores: str, expressions: dict[str, str], items: str, billed: int
) -> None:
    """S3DataExport.Filtered of the developer guide; that a filter takes nothing off the bill, a key condition does."""
    given = _with_placeholders(expressions)
    lines, shown = _exported(dynamodb, bucket, scores, FilterSpecification=given)
    texts = ["".join(line["Item"][n]["S"] for n in ("p", "s", "value") if n in line["Item"]) for line in lines]
    assert sorted(texts) == items.split()
    assert (shown["ItemCount"], shown["BilledSizeBytes"]) == (len(texts), billed)
    assert shown["FilterSpecification"] == given


def test_an_incremental_export_is_filtered_by_the_latest_image(
    cloud: Cloud, dynamodb: Any, bucket: dict[str, bytes], scores: str
) -> None:
    cloud.clock.advance(hours=1)
    begin = cloud.clock.now()
    _score(dynamodb, "a", "x", "2")
    _score(dynamodb, "a", "y", "1")
    for s in "xz":
        dynamodb.delete_item(TableName="scores", Key={"p": {"S": "b"}, "s": {"S": s}})
    for s, v in ("x1", "y1", "z2"):
        _score(dynamodb, "c", s, v)
    for s in "yz":
        dynamodb.delete_item(TableName="scores", Key={"p": {"S": "c"}, "s": {"S": s}})
    cloud.clock.advance(hours=1)
    span = {"ExportFromTime": begin, "ExportToTime": cloud.clock.now()}
    given = _with_placeholders({"FilterExpression": "#v = :1", "ProjectionExpression": "#v"})
    lines, _ = _exported(
        dynamodb,
        bucket,
        scores,
        ExportType="INCREMENTAL_EXPORT",
        IncrementalExportSpecification=span,
        FilterSpecification=given,
    )
    one, two = {"value": {"S": "1"}}, {"value": {"S": "2"}}
    found = {
        line["Keys"]["p"]["S"] + line["Keys"]["s"]["S"]: (line.get("OldImage"), line.get("NewImage")) for line in lines
    }
    assert found == {"ay": (two, one), "bx": (one, None), "cx": (None, one), "cy": (None, None)}


@pytest.mark.parametrize(
    ("expressions", "message"),
    [
        ({"KeyConditionExpression": "s = :y"}, "Query condition missed key schema element: p"),
        (
            {"KeyConditionExpression": "p = :a", "FilterExpression": "s = :y"},
            "Filter Expression can only contain non-primary key attributes: Primary key attribute: s",
        ),
        ({"FilterExpression": "nonsense"}, "Invalid FilterExpression: Syntax error"),
        ({"ProjectionExpression": "value"}, "Invalid ProjectionExpression: Attribute name is a reserved keyword"),
    ],
)
def test_filters_that_are_refused(
    dynamodb: Any, bucket: dict[str, bytes], scores: str, expressions: dict[str, str], message: str
) -> None:
    with pytest.raises(ClientError) as caught:
        _exported(dynamodb, bucket, scores, FilterSpecification=_with_placeholders(expressions))
    error = caught.value.response["Error"]
    assert error["Code"] == "ValidationException"
    assert error["Message"].startswith(message)
    assert dynamodb.list_exports()["ExportSummaries"] == []


def test_a_filter_says_something(dynamodb: Any, scores: str) -> None:
    """Measured on AWS: ack-api-quirks, DDB-EXPORT-008."""
    with pytest.raises(ClientError, match="Invalid Request: Invalid FilterSpecification: The specification can not be"):
        dynamodb.export_table_to_point_in_time(TableArn=scores, S3Bucket="bucket", FilterSpecification={})
