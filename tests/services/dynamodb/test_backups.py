"""Backups and point-in-time recovery as they go on over time; what single calls answer is in cases/dynamodb_backups.json."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta, timezone
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError

from mock_serverless import Cloud, mock_cloud

START = datetime(2026, 1, 1, tzinfo=timezone.utc)
INDEX = {
    "IndexName": "by-g",
    "KeySchema": [{"AttributeName": "g", "KeyType": "HASH"}],
    "Projection": {"ProjectionType": "ALL"},
}
LOCAL = {
    "IndexName": "by-l",
    "KeySchema": [{"AttributeName": "p", "KeyType": "HASH"}, {"AttributeName": "l", "KeyType": "RANGE"}],
    "Projection": {"ProjectionType": "KEYS_ONLY"},
}


@pytest.fixture
def cloud() -> Iterator[Cloud]:
    with mock_cloud(clock=START) as cloud:
        yield cloud


@pytest.fixture
def client(cloud: Cloud) -> Any:
    made = boto3.client("dynamodb", region_name="us-east-1")
    made.create_table(
        TableName="things",
        KeySchema=[{"AttributeName": "p", "KeyType": "HASH"}, {"AttributeName": "s", "KeyType": "RANGE"}],
        AttributeDefinitions=[{"AttributeName": n, "AttributeType": "S"} for n in ("p", "s", "g", "l")],
        GlobalSecondaryIndexes=[INDEX],
        LocalSecondaryIndexes=[LOCAL],
        BillingMode="PAY_PER_REQUEST",
        StreamSpecification={"StreamEnabled": True, "StreamViewType": "KEYS_ONLY"},
        SSESpecification={"Enabled": True},
        Tags=[{"Key": "team", "Value": "a"}],
        DeletionProtectionEnabled=True,
    )
    return made


def put(client: Any, s: str, v: str) -> None:
    client.put_item(TableName="things", Item={"p": {"S": "p"}, "s": {"S": s}, "g": {"S": v}, "l": {"S": v}})


def recover(client: Any, **more: Any) -> dict[str, Any]:
    specification = {"PointInTimeRecoveryEnabled": True, **more}
    answer = client.update_continuous_backups(TableName="things", PointInTimeRecoverySpecification=specification)
    shown: dict[str, Any] = answer["ContinuousBackupsDescription"]["PointInTimeRecoveryDescription"]
    return shown


def window(client: Any) -> tuple[timedelta, timedelta]:
    """Earliest and latest restorable time, from the start."""
    answer = client.describe_continuous_backups(TableName="things")
    shown = answer["ContinuousBackupsDescription"]["PointInTimeRecoveryDescription"]
    return shown["EarliestRestorableDateTime"] - START, shown["LatestRestorableDateTime"] - START


def restore(client: Any, target: str, **params: Any) -> dict[str, Any]:
    answer = client.restore_table_to_point_in_time(SourceTableName="things", TargetTableName=target, **params)
    described: dict[str, Any] = answer["TableDescription"]
    return described


def test_every_second_comes_back_as_it_was(cloud: Cloud, client: Any) -> None:
    recover(client)
    moments: list[tuple[datetime, list[dict[str, Any]]]] = []
    for n in range(12):
        if n % 4 == 3:
            client.delete_item(TableName="things", Key={"p": {"S": "p"}, "s": {"S": str(n // 4)}})
        else:
            put(client, str(n % 3), str(n))
            put(client, str(n % 3), str(n + 1))
        moments.append((cloud.clock.now(), cloud.dynamodb.items("things")))
        cloud.clock.advance(1.25)
    cloud.clock.advance(minutes=5)
    for n, (time, _) in enumerate(moments):
        second = time.replace(microsecond=0)  # AWS restores whole seconds
        expected = next(items for t, items in reversed(moments) if t <= second)
        restore(client, f"restored{n}", RestoreDateTime=time)
        assert cloud.dynamodb.items(f"restored{n}") == expected
        found = client.scan(TableName=f"restored{n}", IndexName="by-g")
        assert found["Count"] == len(expected)
        found = client.query(
            TableName=f"restored{n}",
            IndexName="by-l",
            KeyConditionExpression="p = :p",
            ExpressionAttributeValues={":p": {"S": "p"}},
        )
        assert [i["l"]["S"] for i in found["Items"]] == sorted(i["l"] for i in expected)
        assert cloud.dynamodb.items("things") == moments[-1][1]


def test_a_restored_table_lives_on_its_own(cloud: Cloud, client: Any) -> None:
    recover(client)
    put(client, "a", "1")
    cloud.clock.advance(minutes=6)
    restore(client, "restored", UseLatestRestorableTime=True)
    key = {"p": {"S": "p"}, "s": {"S": "a"}}
    client.delete_item(TableName="restored", Key=key)
    put(client, "b", "1")
    assert cloud.dynamodb.items("restored") == []
    assert len(cloud.dynamodb.items("things")) == 2


def test_the_window(cloud: Cloud, client: Any) -> None:
    recover(client)
    assert window(client) == (timedelta(0), timedelta(0))
    cloud.clock.advance(minutes=4)
    assert window(client) == (timedelta(0), timedelta(0))
    cloud.clock.advance(minutes=6)
    assert window(client) == (timedelta(0), timedelta(minutes=5))
    cloud.clock.advance(days=40)
    now = timedelta(days=40, minutes=10)
    assert window(client) == (now - timedelta(days=35), now - timedelta(minutes=5))
    client.update_continuous_backups(
        TableName="things", PointInTimeRecoverySpecification={"PointInTimeRecoveryEnabled": False}
    )
    recover(client)
    assert window(client) == (now, now)


def test_what_a_shorter_period_forgot_stays_forgotten(cloud: Cloud, client: Any) -> None:
    shape = client.meta.service_model.shape_for("PointInTimeRecoverySpecification")
    if "RecoveryPeriodInDays" not in shape.members:
        pytest.skip("this botocore's model doesn't know RecoveryPeriodInDays")
    assert recover(client)["RecoveryPeriodInDays"] == 35
    cloud.clock.advance(days=10)
    assert recover(client, RecoveryPeriodInDays=2)["RecoveryPeriodInDays"] == 2
    assert window(client)[0] == timedelta(days=8)
    recover(client)
    assert window(client)[0] == timedelta(days=8)
    cloud.clock.advance(days=30)
    assert window(client)[0] == timedelta(days=8)
    cloud.clock.advance(days=4)
    assert window(client)[0] == timedelta(days=9)


def test_times_outside_the_window_are_refused(cloud: Cloud, client: Any) -> None:
    recover(client)
    cloud.clock.advance(minutes=10)
    for minutes in (-1, 6, 20):
        time = START + timedelta(minutes=minutes)
        with pytest.raises(ClientError) as caught:
            restore(client, "restored", RestoreDateTime=time)
        assert caught.value.response["Error"] == {
            "Code": "InvalidRestoreTimeException",
            "Message": f"RestoreDateTime '{time:%Y-%m-%dT%H:%M:%SZ}' must be within EarliestRestorableDateTime "
            "'2026-01-01T00:00:00Z' and LatestRestorableDateTime '2026-01-01T00:05:00Z'",
        }
    with pytest.raises(ClientError, match="Both RestoreDateTime and UseLatestRestorableTime cannot be set"):
        restore(client, "restored", RestoreDateTime=START, UseLatestRestorableTime=True)
    assert client.list_tables()["TableNames"] == ["things"]


def test_what_a_restored_table_has_and_has_not(cloud: Cloud, client: Any) -> None:
    client.update_time_to_live(
        TableName="things", TimeToLiveSpecification={"Enabled": True, "AttributeName": "expires"}
    )
    recover(client)
    source = client.describe_table(TableName="things")["Table"]
    answer = restore(client, "restored", UseLatestRestorableTime=True)
    assert answer["RestoreSummary"] == {
        "SourceTableArn": source["TableArn"],
        "RestoreDateTime": START,
        "RestoreInProgress": True,
    }
    shown = client.describe_table(TableName="restored")["Table"]
    for kept in ("KeySchema", "AttributeDefinitions", "SSEDescription", "BillingModeSummary"):
        assert shown[kept] == source[kept]
    assert shown["TableId"] != source["TableId"]
    assert not shown["DeletionProtectionEnabled"]
    assert not {"StreamSpecification", "LatestStreamArn", "TableClassSummary", "RestoreSummary"} & set(shown)
    assert client.list_tags_of_resource(ResourceArn=shown["TableArn"])["Tags"] == []
    left = client.describe_time_to_live(TableName="restored")["TimeToLiveDescription"]
    assert left == {"TimeToLiveStatus": "DISABLED"}
    left = client.describe_continuous_backups(TableName="restored")["ContinuousBackupsDescription"]
    assert left["PointInTimeRecoveryDescription"] == {"PointInTimeRecoveryStatus": "DISABLED"}


def test_a_backup_tells_what_its_table_had(cloud: Cloud, client: Any) -> None:
    client.update_time_to_live(
        TableName="things", TimeToLiveSpecification={"Enabled": True, "AttributeName": "expires"}
    )
    put(client, "a", "1")
    arn = client.create_backup(TableName="things", BackupName="nightly")["BackupDetails"]["BackupArn"]
    put(client, "b", "1")
    shown = client.describe_backup(BackupArn=arn)["BackupDescription"]
    assert shown["SourceTableDetails"]["ItemCount"] == 1
    features = shown["SourceTableFeatureDetails"]
    assert features["StreamDescription"] == {"StreamEnabled": True, "StreamViewType": "KEYS_ONLY"}
    assert features["TimeToLiveDescription"] == {"TimeToLiveStatus": "ENABLED", "AttributeName": "expires"}
    assert features["SSEDescription"]["Status"] == "ENABLED"
    assert features["LocalSecondaryIndexes"] == [LOCAL]
    nothing = {"ReadCapacityUnits": 0, "WriteCapacityUnits": 0}
    assert features["GlobalSecondaryIndexes"] == [{**INDEX, "ProvisionedThroughput": nothing}]


def test_backups_keep_their_items_whatever_happens(cloud: Cloud, client: Any) -> None:
    arns, contents = [], []
    for n in range(4):
        put(client, str(n), str(n))
        put(client, "x", str(n))
        contents.append(cloud.dynamodb.items("things"))
        arns.append(client.create_backup(TableName="things", BackupName="nightly")["BackupDetails"]["BackupArn"])
    snapshot = cloud.snapshot()
    client.delete_item(TableName="things", Key={"p": {"S": "p"}, "s": {"S": "0"}})
    client.delete_backup(BackupArn=arns[3])
    client.update_table(TableName="things", DeletionProtectionEnabled=False)
    client.delete_table(TableName="things")
    for n in (2, 0, 1):
        client.restore_table_from_backup(BackupArn=arns[n], TargetTableName=f"restored{n}")
        assert cloud.dynamodb.items(f"restored{n}") == contents[n]
    cloud.restore(snapshot)
    assert cloud.dynamodb.items("things") == contents[3]
    client.restore_table_from_backup(BackupArn=arns[3], TargetTableName="restored")
    assert cloud.dynamodb.items("restored") == contents[3]


def test_backups_by_time(cloud: Cloud, client: Any) -> None:
    made = []
    for _ in range(3):
        made.append(client.create_backup(TableName="things", BackupName="nightly")["BackupDetails"])
        cloud.clock.advance(1.5)

    def listed(**params: Any) -> list[str]:
        return [b["BackupArn"] for b in client.list_backups(**params)["BackupSummaries"]]

    arns, times = [b["BackupArn"] for b in made], [b["BackupCreationDateTime"] for b in made]
    assert listed(TimeRangeLowerBound=times[1]) == arns[1:]
    assert listed(TimeRangeUpperBound=times[1]) == arns[:1]
    assert listed(TimeRangeLowerBound=times[1], TimeRangeUpperBound=times[2]) == arns[1:2]
    with pytest.raises(ClientError, match="Time range lower bound must be less than or equal to upper bound"):
        listed(TimeRangeLowerBound=times[1], TimeRangeUpperBound=times[0])


def test_indexes_restored_under_other_names(cloud: Cloud, client: Any) -> None:
    put(client, "a", "1")
    arn = client.create_backup(TableName="things", BackupName="nightly")["BackupDetails"]["BackupArn"]
    client.restore_table_from_backup(
        BackupArn=arn,
        TargetTableName="restored",
        GlobalSecondaryIndexOverride=[{**INDEX, "IndexName": "renamed"}],
        LocalSecondaryIndexOverride=[],
    )
    assert client.scan(TableName="restored", IndexName="renamed")["Count"] == 1
    item = {"p": {"S": "p"}, "s": {"S": "b"}, "g": {"S": "2"}}
    client.put_item(TableName="restored", Item=item)
    assert client.scan(TableName="restored", IndexName="renamed")["Count"] == 2
    assert client.scan(TableName="things", IndexName="by-g")["Count"] == 1
    for wrong in (
        {"KeySchema": [{"AttributeName": "l", "KeyType": "HASH"}]},
        {"Projection": {"ProjectionType": "KEYS_ONLY"}},
    ):
        with pytest.raises(ClientError, match="Index by-g does not match a secondary index"):
            client.restore_table_from_backup(
                BackupArn=arn, TargetTableName="another", GlobalSecondaryIndexOverride=[{**INDEX, **wrong}]
            )


@pytest.mark.parametrize("way", ["backup", "recovery"])
def test_what_overrides_do(cloud: Cloud, client: Any, way: str) -> None:
    """API_RestoreTableFromBackup, API_RestoreTableToPointInTime: the overrides of throughput and indexes."""
    put(client, "a", "1")
    recover(client)
    arn = client.create_backup(TableName="things", BackupName="nightly")["BackupDetails"]["BackupArn"]

    def restored(**overrides: Any) -> dict[str, Any]:
        if way == "backup":
            client.restore_table_from_backup(BackupArn=arn, TargetTableName="other", **overrides)
        else:
            restore(client, "other", UseLatestRestorableTime=True, **overrides)
        table: dict[str, Any] = client.describe_table(TableName="other")["Table"]
        client.delete_table(TableName="other")
        return table

    units = {"ReadCapacityUnits": 3, "WriteCapacityUnits": 4}
    index = {**INDEX, "ProvisionedThroughput": {"ReadCapacityUnits": 5, "WriteCapacityUnits": 6}}
    made = restored(
        BillingModeOverride="PROVISIONED",
        ProvisionedThroughputOverride=units,
        GlobalSecondaryIndexOverride=[index],
        LocalSecondaryIndexOverride=[LOCAL],
    )
    assert {name: made["ProvisionedThroughput"][name] for name in units} == units
    assert made["GlobalSecondaryIndexes"][0]["ProvisionedThroughput"]["WriteCapacityUnits"] == 6
    assert made["LocalSecondaryIndexes"][0]["IndexName"] == "by-l"
    more = {"WarmThroughput": {"ReadUnitsPerSecond": 15000}, "OnDemandThroughput": {"MaxWriteRequestUnits": 7}}
    made = restored(
        OnDemandThroughputOverride={"MaxReadRequestUnits": 11}, GlobalSecondaryIndexOverride=[{**INDEX, **more}]
    )
    assert made["OnDemandThroughput"] == {"MaxReadRequestUnits": 11}
    (shown,) = made["GlobalSecondaryIndexes"]
    assert shown["OnDemandThroughput"] == {"MaxWriteRequestUnits": 7}
    assert (shown["WarmThroughput"]["ReadUnitsPerSecond"], shown["WarmThroughput"]["WriteUnitsPerSecond"]) == (
        15000,
        4000,
    )
    made = restored(GlobalSecondaryIndexOverride=[], LocalSecondaryIndexOverride=[])
    assert not {"GlobalSecondaryIndexes", "LocalSecondaryIndexes"} & made.keys()


def test_into_another_region(cloud: Cloud, client: Any) -> None:
    recover(client)
    put(client, "a", "1")
    table = client.describe_table(TableName="things")["Table"]
    arn = client.create_backup(TableName="things", BackupName="nightly")["BackupDetails"]["BackupArn"]
    cloud.clock.advance(minutes=10)
    there = boto3.client("dynamodb", region_name="eu-west-1")
    key = {"Enabled": True, "SSEType": "KMS"}
    there.restore_table_from_backup(BackupArn=arn, TargetTableName="one", SSESpecificationOverride=key)
    there.restore_table_to_point_in_time(
        SourceTableArn=table["TableArn"],
        TargetTableName="two",
        UseLatestRestorableTime=True,
        SSESpecificationOverride=key,
    )
    for name in ("one", "two"):
        shown = there.describe_table(TableName=name)["Table"]
        assert shown["TableArn"] == f"arn:aws:dynamodb:eu-west-1:{cloud.account}:table/{name}"
        assert ":eu-west-1:" in shown["SSEDescription"]["KMSMasterKeyArn"]
        assert cloud.dynamodb.items(name, region="eu-west-1") == cloud.dynamodb.items("things")
    assert client.list_tables()["TableNames"] == ["things"]
    with pytest.raises(ClientError, match="BackupNotFoundException"):
        there.describe_backup(BackupArn=arn)
    moved = arn.replace("us-east-1", "eu-west-1")
    assert client.describe_backup(BackupArn=moved)["BackupDescription"]["BackupDetails"]["BackupArn"] == moved


def test_restores_and_backups_that_take_time(cloud: Cloud, client: Any) -> None:
    cloud.dynamodb.latency(backup=10, restore=60)
    arn = client.create_backup(TableName="things", BackupName="nightly")["BackupDetails"]["BackupArn"]

    def status() -> str:
        return str(client.describe_backup(BackupArn=arn)["BackupDescription"]["BackupDetails"]["BackupStatus"])

    def refused(operation: str, **params: Any) -> str:
        with pytest.raises(ClientError) as caught:
            getattr(client, operation)(**params)
        return f"{caught.value.response['Error']['Code']}: {caught.value.response['Error']['Message']}"

    assert status() == "CREATING"
    assert refused("delete_backup", BackupArn=arn).startswith("BackupInUseException")
    cloud.clock.advance(10)
    assert status() == "AVAILABLE"
    client.restore_table_from_backup(BackupArn=arn, TargetTableName="restored")
    shown = client.describe_table(TableName="restored")["Table"]
    assert (shown["TableStatus"], shown["RestoreSummary"]["RestoreInProgress"]) == ("CREATING", True)
    missing = "Requested resource not found: Table: restored not found"
    expires = {"Enabled": True, "AttributeName": "t"}
    assert refused("update_time_to_live", TableName="restored", TimeToLiveSpecification=expires) == (
        f"ResourceNotFoundException: {missing}"
    )
    assert refused("describe_continuous_backups", TableName="restored") == (
        "TableNotFoundException: Table not found: restored"
    )
    assert refused("restore_table_from_backup", BackupArn=arn, TargetTableName="restored") == (
        f"TableInUseException: Table: restored is already being restored from backup: {arn}"
    )
    assert refused("restore_table_from_backup", BackupArn=arn, TargetTableName="another") == (
        f"BackupInUseException: Backup is being used to restore another table: {arn}"
    )
    assert refused("delete_backup", BackupArn=arn) == (
        f"BackupInUseException: Backup is being used to restore table: {arn}"
    )
    assert refused("delete_table", TableName="restored").startswith("ResourceInUseException")
    create = {
        "KeySchema": [{"AttributeName": "p", "KeyType": "HASH"}],
        "AttributeDefinitions": [{"AttributeName": "p", "AttributeType": "S"}],
        "BillingMode": "PAY_PER_REQUEST",
    }
    assert refused("create_table", TableName="restored", **create) == (
        "ResourceInUseException: Table is being used: restored"
    )
    cloud.clock.advance(60)
    shown = client.describe_table(TableName="restored")["Table"]
    assert (shown["TableStatus"], shown.get("RestoreSummary")) == ("ACTIVE", None)
    client.delete_backup(BackupArn=arn)
