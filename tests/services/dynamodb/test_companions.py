"""What stands beside tables, as far as cases cannot say it: records for Kinesis, names of rules, Application Auto Scaling."""

from __future__ import annotations

import base64
import json
from datetime import datetime, timezone
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError

from mock_serverless import Cloud, NotSupported
from mock_serverless.core.errors import AwsError

START = datetime(2030, 1, 1, tzinfo=timezone.utc)
pytestmark = pytest.mark.mock_cloud(clock=START)
STREAM = "arn:aws:kinesis:us-east-1:123456789012:stream/changes"
KEY = [{"AttributeName": "pk", "KeyType": "HASH"}]
DEFINED = [{"AttributeName": "pk", "AttributeType": "S"}]


@pytest.fixture
def table(cloud: Cloud) -> Any:
    client = boto3.client("dynamodb")
    client.create_table(TableName="tab", BillingMode="PAY_PER_REQUEST", KeySchema=KEY, AttributeDefinitions=DEFINED)
    return client


@pytest.fixture
def records(cloud: Cloud) -> list[dict[str, Any]]:
    """What Kinesis has got: its requests."""
    found: list[dict[str, Any]] = []

    def put_record(request: dict[str, Any]) -> dict[str, Any]:
        found.append(request)
        return {"ShardId": "shardId-000000000000", "SequenceNumber": str(len(found))}

    cloud.stub("kinesis", "PutRecord", put_record)
    return found


def enable(table: Any, **more: Any) -> None:
    table.enable_kinesis_streaming_destination(TableName="tab", StreamArn=STREAM, **more)


def disable(table: Any) -> None:
    table.disable_kinesis_streaming_destination(TableName="tab", StreamArn=STREAM)


def put(table: Any, pk: str, **more: Any) -> None:
    table.put_item(TableName="tab", Item={"pk": {"S": pk}, **more})


def contents(records: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [json.loads(record["Data"]) for record in records]


def test_a_record(cloud: Cloud, table: Any, records: list[dict[str, Any]]) -> None:
    put(table, "before")
    enable(table)
    put(table, "a", b={"B": b"bytes"}, n={"NS": ["1", "2"]}, null={"NULL": True})
    (request,) = records
    assert request["StreamName"] == "changes"
    record = json.loads(request["Data"])
    assert record.pop("eventID")
    numbers = sorted(record["dynamodb"]["NewImage"]["n"].pop("NS"))
    assert numbers == ["1", "2"]
    assert record == {
        "awsRegion": "us-east-1",
        "eventName": "INSERT",
        "userIdentity": None,
        "recordFormat": "application/json",
        "tableName": "tab",
        "dynamodb": {
            "ApproximateCreationDateTime": int(START.timestamp() * 1000),
            "Keys": {"pk": {"S": "a"}},
            "NewImage": {
                "pk": {"S": "a"},
                "b": {"B": base64.b64encode(b"bytes").decode()},
                "n": {},
                "null": {"NULL": True},
            },
            "SizeBytes": 22,
            "ApproximateCreationDateTimePrecision": "MILLISECOND",
        },
        "eventSource": "aws:dynamodb",
    }


def test_changes_come_in_order_and_once(cloud: Cloud, table: Any, records: list[dict[str, Any]]) -> None:
    enable(table)
    for number in range(3):
        put(table, "a", n={"N": str(number)})
    put(table, "a", n={"N": "2"})
    writes = [{"Put": {"TableName": "tab", "Item": {"pk": {"S": pk}}}} for pk in "bc"]
    table.transact_write_items(TransactItems=writes)
    table.delete_item(TableName="tab", Key={"pk": {"S": "a"}})
    shown = [(r["eventName"], r["dynamodb"]["Keys"]["pk"]["S"]) for r in contents(records)]
    assert shown == [
        ("INSERT", "a"),
        ("MODIFY", "a"),
        ("MODIFY", "a"),
        ("INSERT", "b"),
        ("INSERT", "c"),
        ("REMOVE", "a"),
    ]
    keys = [request["PartitionKey"] for request in records]
    assert keys[0] == keys[1] == keys[2] == keys[5]
    assert len(set(keys)) == 3
    assert len({r["eventID"] for r in contents(records)}) == 6
    old = contents(records)[1]["dynamodb"]
    assert (old["OldImage"]["n"], old["NewImage"]["n"]) == ({"N": "0"}, {"N": "1"})


def test_the_precision(cloud: Cloud, table: Any, records: list[dict[str, Any]]) -> None:
    enable(table)
    configuration = {"ApproximateCreationDateTimePrecision": "MICROSECOND"}
    table.update_kinesis_streaming_destination(
        TableName="tab", StreamArn=STREAM, UpdateKinesisStreamingConfiguration=configuration
    )
    cloud.clock.advance(seconds=0.25)
    put(table, "a")
    (record,) = contents(records)
    assert record["dynamodb"]["ApproximateCreationDateTime"] == int(START.timestamp() * 1_000_000) + 250_000
    assert record["dynamodb"]["ApproximateCreationDateTimePrecision"] == "MICROSECOND"


def test_a_disabled_destination_gets_nothing(cloud: Cloud, table: Any, records: list[dict[str, Any]]) -> None:
    enable(table)
    put(table, "a")
    disable(table)
    put(table, "b")
    enable(table)
    put(table, "c")
    assert [r["dynamodb"]["Keys"]["pk"]["S"] for r in contents(records)] == ["a", "c"]


def test_it_is_independent_of_the_tables_stream(cloud: Cloud, table: Any, records: list[dict[str, Any]]) -> None:
    enable(table)
    assert "StreamSpecification" not in table.describe_table(TableName="tab")["Table"]
    table.update_table(TableName="tab", StreamSpecification={"StreamEnabled": True, "StreamViewType": "KEYS_ONLY"})
    put(table, "a")
    table.update_table(TableName="tab", StreamSpecification={"StreamEnabled": False})
    put(table, "b")
    assert ["NewImage" in r["dynamodb"] for r in contents(records)] == [True, True]


def test_who_expired_an_item(cloud: Cloud, table: Any, records: list[dict[str, Any]]) -> None:
    enable(table)
    table.update_time_to_live(TableName="tab", TimeToLiveSpecification={"Enabled": True, "AttributeName": "until"})
    put(table, "a", until={"N": str(int(START.timestamp()) + 5)})
    cloud.clock.advance(seconds=10)
    assert contents(records)[1]["userIdentity"] == {"type": "Service", "principalId": "dynamodb.amazonaws.com"}


def test_it_takes_its_time(cloud: Cloud, table: Any, records: list[dict[str, Any]]) -> None:
    cloud.dynamodb.latency(kinesis=5)

    def status() -> str:
        answer = table.describe_kinesis_streaming_destination(TableName="tab")
        return str(answer["KinesisDataStreamDestinations"][0]["DestinationStatus"])

    enable(table)
    assert status() == "ENABLING"
    with pytest.raises(ClientError, match="must be DISABLED or ENABLE_FAILED"):
        enable(table)
    put(table, "too early")
    cloud.clock.advance(seconds=5)
    assert status() == "ACTIVE"
    put(table, "a")
    disable(table)
    assert status() == "DISABLING"
    disable(table)
    put(table, "too late")
    cloud.clock.advance(seconds=5)
    assert status() == "DISABLED"
    assert [r["dynamodb"]["Keys"]["pk"]["S"] for r in contents(records)] == ["a"]


def test_kinesis_is_asked_about_the_stream(cloud: Cloud, table: Any) -> None:
    cloud.fail("kinesis", "DescribeStreamSummary", "ResourceNotFoundException")
    enable(table)
    (shown,) = table.describe_kinesis_streaming_destination(TableName="tab")["KinesisDataStreamDestinations"]
    assert shown["DestinationStatus"] == "ENABLE_FAILED"
    assert shown["DestinationStatusDescription"] == "User does not have a permission to use kinesis stream"


def test_what_kinesis_refuses_is_put_again(cloud: Cloud, table: Any, records: list[dict[str, Any]]) -> None:
    enable(table)
    cloud.fail("kinesis", "PutRecord", "ProvisionedThroughputExceededException", times=2)
    put(table, "a")
    put(table, "b")
    assert contents(records) == []
    cloud.clock.advance(seconds=5)
    assert [r["dynamodb"]["Keys"]["pk"]["S"] for r in contents(records)] == ["a", "b"]


def test_nobody_answers_for_kinesis(cloud: Cloud, table: Any) -> None:
    enable(table)
    with pytest.raises(NotSupported, match=r"kinesis\.PutRecord"):
        put(table, "a")
    found: list[dict[str, Any]] = []
    answer = {"ShardId": "shardId-000000000000", "SequenceNumber": "1"}
    cloud.stub("kinesis", "PutRecord", lambda request: (found.append(request), answer)[1])
    put(table, "b")
    assert [r["dynamodb"]["Keys"]["pk"]["S"] for r in contents(found)] == ["a", "b"]


def test_a_snapshot_keeps_what_has_been_delivered(cloud: Cloud, table: Any, records: list[dict[str, Any]]) -> None:
    enable(table)
    put(table, "a")
    with cloud.scratch():
        put(table, "b")
        disable(table)
    put(table, "c")
    assert [r["dynamodb"]["Keys"]["pk"]["S"] for r in contents(records)] == ["a", "b", "c"]


# ---------------------------------------------------------------------- contributor insights


def test_the_names_of_rules(cloud: Cloud, table: Any) -> None:
    table.create_table(
        TableName="both",
        BillingMode="PAY_PER_REQUEST",
        KeySchema=[*KEY, {"AttributeName": "sk", "KeyType": "RANGE"}],
        AttributeDefinitions=[*DEFINED, {"AttributeName": "sk", "AttributeType": "S"}],
    )
    expected = {"tab": ["PKC", "PKT"], "both": ["PKC", "SKC", "PKT", "SKT"]}
    for name, kinds in expected.items():
        table.update_contributor_insights(TableName=name, ContributorInsightsAction="ENABLE")
        rules = table.describe_contributor_insights(TableName=name)["ContributorInsightsRuleList"]
        stamp = int(START.timestamp() * 1000)
        assert rules == [f"DynamoDBContributorInsights-{kind}-{name}-{stamp}" for kind in kinds]


def test_more_rules_than_an_account_may_have(cloud: Cloud, table: Any) -> None:
    for number in range(51):
        name = f"table-{number}"
        table.create_table(TableName=name, BillingMode="PAY_PER_REQUEST", KeySchema=KEY, AttributeDefinitions=DEFINED)
        table.update_contributor_insights(TableName=name, ContributorInsightsAction="ENABLE")
    failed = table.describe_contributor_insights(TableName="table-50")
    assert failed["ContributorInsightsStatus"] == "FAILED"
    assert failed["FailureException"]["ExceptionName"] == "LimitExceededException"
    assert "ContributorInsightsRuleList" not in failed
    table.update_contributor_insights(TableName="table-0", ContributorInsightsAction="DISABLE")
    table.update_contributor_insights(TableName="table-50", ContributorInsightsAction="ENABLE")
    again = table.describe_contributor_insights(TableName="table-50")
    assert again["ContributorInsightsStatus"] == "ENABLED"
    assert "FailureException" not in again


def test_insights_take_their_time(cloud: Cloud, table: Any) -> None:
    cloud.dynamodb.latency(insights=10)
    table.update_contributor_insights(TableName="tab", ContributorInsightsAction="ENABLE")
    assert table.describe_contributor_insights(TableName="tab")["ContributorInsightsStatus"] == "ENABLING"
    cloud.clock.advance(seconds=10)
    assert table.describe_contributor_insights(TableName="tab")["ContributorInsightsStatus"] == "ENABLED"


# ---------------------------------------------------------------------- auto scaling


def scaled(resource: str, index: bool = False) -> tuple[dict[str, Any], dict[str, Any]]:
    dimension = f"dynamodb:{'index' if index else 'table'}:WriteCapacityUnits"
    target = {
        "ServiceNamespace": "dynamodb",
        "ResourceId": resource,
        "ScalableDimension": dimension,
        "MinCapacity": 1,
        "MaxCapacity": 10,
        "RoleARN": "arn:aws:iam::123456789012:role/scaling",
        "CreationTime": START,
    }
    policy = {
        "PolicyARN": "arn:aws:autoscaling:us-east-1:123456789012:scalingPolicy:x",
        "PolicyName": "mine",
        "ServiceNamespace": "dynamodb",
        "ResourceId": resource,
        "ScalableDimension": dimension,
        "PolicyType": "TargetTrackingScaling",
        "TargetTrackingScalingPolicyConfiguration": {"TargetValue": 55.0, "DisableScaleIn": True},
        "CreationTime": START,
    }
    return target, policy


def test_a_provisioned_table_whose_writes_are_scaled_gets_replicas(cloud: Cloud) -> None:
    client = boto3.client("dynamodb")
    throughput = {"ReadCapacityUnits": 5, "WriteCapacityUnits": 5}
    index = {
        "IndexName": "by-g",
        "KeySchema": [{"AttributeName": "g", "KeyType": "HASH"}],
        "Projection": {"ProjectionType": "ALL"},
        "ProvisionedThroughput": throughput,
    }
    client.create_table(
        TableName="tab",
        KeySchema=KEY,
        AttributeDefinitions=[*DEFINED, {"AttributeName": "g", "AttributeType": "S"}],
        ProvisionedThroughput=throughput,
        GlobalSecondaryIndexes=[index],
    )
    create: dict[str, Any] = {"TableName": "tab", "ReplicaUpdates": [{"Create": {"RegionName": "us-west-2"}}]}
    pairs = [scaled("table/tab"), scaled("table/tab/index/by-g", index=True)]
    cloud.stub("application-autoscaling", "DescribeScalingPolicies", {"ScalingPolicies": [pairs[0][1]]})
    cloud.stub("application-autoscaling", "DescribeScalableTargets", {"ScalableTargets": [pairs[0][0]]})
    with pytest.raises(ClientError, match=r"GSI write capacity should either be Pay-Per-Request or AutoScaled\."):
        client.update_table(**create)
    cloud.stub("application-autoscaling", "DescribeScalingPolicies", {"ScalingPolicies": [p for _, p in pairs]})
    cloud.stub("application-autoscaling", "DescribeScalableTargets", {"ScalableTargets": [t for t, _ in pairs]})
    client.update_table(**create)
    shown = client.describe_table_replica_auto_scaling(TableName="tab")["TableAutoScalingDescription"]["Replicas"]
    writes = [replica["ReplicaProvisionedWriteCapacityAutoScalingSettings"] for replica in shown]
    assert (
        writes
        == [
            {
                "MinimumUnits": 1,
                "MaximumUnits": 10,
                "AutoScalingRoleArn": "arn:aws:iam::123456789012:role/scaling",
                "ScalingPolicies": [
                    {
                        "PolicyName": "mine",
                        "TargetTrackingScalingPolicyConfiguration": {"TargetValue": 55.0, "DisableScaleIn": True},
                    }
                ],
            }
        ]
        * 2
    )
    assert [replica["GlobalSecondaryIndexes"][0]["IndexName"] for replica in shown] == ["by-g", "by-g"]
    _check_new_indexes_are_scaled(client)


def _check_new_indexes_are_scaled(client: Any) -> None:
    """DDB-TABLE-322 and DDB-TABLE-291 of ack-api-quirks."""

    def add(name: str) -> None:
        index = {
            "IndexName": name,
            "KeySchema": [{"AttributeName": "n", "KeyType": "HASH"}],
            "Projection": {"ProjectionType": "ALL"},
            "ProvisionedThroughput": {"ReadCapacityUnits": 1, "WriteCapacityUnits": 1},
        }
        defined = [{"AttributeName": "n", "AttributeType": "S"}]
        client.update_table(
            TableName="tab", AttributeDefinitions=defined, GlobalSecondaryIndexUpdates=[{"Create": index}]
        )

    add("new")
    shown = client.describe_table_replica_auto_scaling(TableName="tab")["TableAutoScalingDescription"]["Replicas"]
    for replica in shown:
        index = replica["GlobalSecondaryIndexes"][1]
        assert index["ProvisionedReadCapacityAutoScalingSettings"] == {
            "AutoScalingDisabled": True,
            "ScalingPolicies": [],
        }
        writes = index["ProvisionedWriteCapacityAutoScalingSettings"]
        assert (writes["MinimumUnits"], writes["MaximumUnits"]) == (1, 10)
        assert writes["ScalingPolicies"] == [
            {
                "PolicyName": "DynamoDBWriteCapacityUtilization:table/tab/index/new",
                "TargetTrackingScalingPolicyConfiguration": {"TargetValue": 70.0},
            }
        ]
    off = {"AutoScalingDisabled": True}
    client.update_table_replica_auto_scaling(
        TableName="tab",
        GlobalSecondaryIndexUpdates=[{"IndexName": "new", "ProvisionedWriteCapacityAutoScalingUpdate": off}],
    )
    with pytest.raises(ClientError, match=r"GSI write capacity should either be Pay-Per-Request or AutoScaled\."):
        add("another")


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"MinimumUnits": 5, "MaximumUnits": 2}, "Maximum capacity cannot be less than minimum capacity"),
        (
            {"TargetValue": 90.1},
            "For predefined metric type DynamoDBReadCapacityUtilization, target value must be between '10.0' and '90.0', "
            "but was '90.1'.",
        ),
        (
            {"TargetValue": 0.0},
            "For target tracking scaling, target value must be between '8.51592E-109' and '1.174271E108', but was '0.0'.",
        ),
    ],
)
def test_application_auto_scaling_refuses(cloud: Cloud, table: Any, settings: dict[str, Any], message: str) -> None:
    table.update_table(TableName="tab", ReplicaUpdates=[{"Create": {"RegionName": "us-west-2"}}])
    table.update_table(
        TableName="tab",
        BillingMode="PROVISIONED",
        ProvisionedThroughput={"ReadCapacityUnits": 5, "WriteCapacityUnits": 5},
    )
    target = settings.get("TargetValue", 70.0)
    update = {
        "MinimumUnits": settings.get("MinimumUnits", 1),
        "MaximumUnits": settings.get("MaximumUnits", 10),
        "ScalingPolicyUpdate": {"TargetTrackingScalingPolicyConfiguration": {"TargetValue": target}},
    }
    replica = {"RegionName": "us-west-2", "ReplicaProvisionedReadCapacityAutoScalingUpdate": update}
    with pytest.raises(AwsError) as refused:
        cloud.call("dynamodb", "UpdateTableReplicaAutoScaling", {"TableName": "tab", "ReplicaUpdates": [replica]})
    assert refused.value.code == "ValidationException"
    tail = " (Service: AWSApplicationAutoScaling; Status Code: 400; Error Code: ValidationException; Request ID: "
    assert refused.value.message.startswith(message + tail)
