"""Replication between the replicas of a global table, in virtual time: lag, conflicts, isolation, streams, time to live."""

from __future__ import annotations

import json
from datetime import datetime, timezone
from decimal import Decimal
from typing import Any

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError
from hypothesis import given, settings
from hypothesis import strategies as st

from mock_serverless import Cloud, mock_cloud
from mock_serverless.core.errors import AwsError
from mock_serverless.core.operation import service_model

START = datetime(2030, 1, 1, tzinfo=timezone.utc)
REGIONS = ("us-east-1", "us-west-2", "eu-west-1")
pytestmark = pytest.mark.mock_cloud(clock=START)
CONFIG = Config(retries={"max_attempts": 0}, parameter_validation=False)
KEY = [{"AttributeName": "pk", "KeyType": "HASH"}]
DEFINED = [{"AttributeName": "pk", "AttributeType": "S"}]


def client(region: str, service: str = "dynamodb") -> Any:
    return boto3.client(service, region_name=region, config=CONFIG)


def made(regions: tuple[str, ...] = REGIONS, **more: Any) -> dict[str, Any]:
    """A global table ``tab``; its clients by region."""
    clients = {region: client(region) for region in regions}
    first, *others = regions
    definition: dict[str, Any] = {"BillingMode": "PAY_PER_REQUEST", "KeySchema": KEY, "AttributeDefinitions": DEFINED}
    clients[first].create_table(TableName="tab", **{**definition, **more})
    for region in others:
        clients[first].update_table(TableName="tab", ReplicaUpdates=[{"Create": {"RegionName": region}}])
    return clients


def put(table: Any, pk: str, value: str = "", **more: Any) -> None:
    table.put_item(TableName="tab", Item={"pk": {"S": pk}, "value": {"S": value}, **more})


def delete(table: Any, pk: str) -> None:
    table.delete_item(TableName="tab", Key={"pk": {"S": pk}})


def values(cloud: Cloud, region: str) -> dict[str, str]:
    return {item["pk"]: item["value"] for item in cloud.dynamodb.items("tab", region=region)}


def records(region: str) -> list[dict[str, Any]]:
    """All that a replica's stream has."""
    streams = client(region, "dynamodbstreams")
    arn = streams.list_streams(TableName="tab")["Streams"][0]["StreamArn"]
    shard = streams.describe_stream(StreamArn=arn)["StreamDescription"]["Shards"][0]["ShardId"]
    start = streams.get_shard_iterator(StreamArn=arn, ShardId=shard, ShardIteratorType="TRIM_HORIZON")
    found: list[dict[str, Any]] = streams.get_records(ShardIterator=start["ShardIterator"])["Records"]
    return found


def test_a_write_is_everywhere_at_the_end_of_its_call(cloud: Cloud) -> None:
    tables = made()
    for region, table in tables.items():
        put(table, region, "a")
    delete(tables["eu-west-1"], "us-east-1")
    assert [values(cloud, region) for region in REGIONS] == [{"us-west-2": "a", "eu-west-1": "a"}] * 3


def test_a_write_takes_its_lag(cloud: Cloud) -> None:
    tables = made()
    cloud.dynamodb.replication_lag(2)
    put(tables["us-east-1"], "x", "1")
    cloud.clock.advance(seconds=1)
    put(tables["us-east-1"], "y", "2")
    assert values(cloud, "eu-west-1") == {}
    cloud.clock.advance(seconds=1)
    assert values(cloud, "eu-west-1") == {"x": "1"}
    cloud.clock.advance(seconds=1)
    assert values(cloud, "eu-west-1") == {"x": "1", "y": "2"}
    put(tables["us-west-2"], "z", "3")
    cloud.settle(until_idle=True)
    assert values(cloud, "us-east-1") == {"x": "1", "y": "2", "z": "3"}


@pytest.mark.parametrize("lag", [-1, "1", True, float("inf")])
def test_what_is_no_lag(cloud: Cloud, lag: Any) -> None:
    with pytest.raises(ValueError, match="a lag is a number of seconds"):
        cloud.dynamodb.replication_lag(lag)


def test_the_last_writer_wins(cloud: Cloud) -> None:
    tables = made()
    cloud.dynamodb.replication_lag(5)
    put(tables["us-east-1"], "x", "first")
    cloud.clock.advance(seconds=1)
    put(tables["eu-west-1"], "x", "second")
    put(tables["us-west-2"], "y", "put")
    delete(tables["us-west-2"], "y")
    put(tables["us-east-1"], "y", "after the deletion")
    cloud.clock.advance(seconds=10)
    expected = {"x": "second", "y": "after the deletion"}
    assert [values(cloud, region) for region in REGIONS] == [expected] * 3


def test_at_the_same_time_the_later_call_wins(cloud: Cloud) -> None:
    tables = made()
    with cloud.dynamodb.isolate("eu-west-1"):
        put(tables["us-east-1"], "x", "first")
        put(tables["eu-west-1"], "x", "second")
        put(tables["eu-west-1"], "y", "first")
        delete(tables["us-west-2"], "y")
        put(tables["us-west-2"], "y", "second")
    assert [values(cloud, region) for region in REGIONS] == [{"x": "second", "y": "second"}] * 3


def test_an_isolated_region_neither_sends_nor_gets(cloud: Cloud) -> None:
    tables = made()
    isolation = cloud.dynamodb.isolate("us-west-2")
    put(tables["us-east-1"], "east", "1")
    put(tables["us-west-2"], "west", "2")
    cloud.clock.advance(days=3)
    cloud.settle(until_idle=True)
    assert values(cloud, "us-west-2") == {"west": "2"}
    assert values(cloud, "eu-west-1") == values(cloud, "us-east-1") == {"east": "1"}
    isolation.heal()
    assert [values(cloud, region) for region in REGIONS] == [{"east": "1", "west": "2"}] * 3


def test_all_are_healed_when_none_is_named(cloud: Cloud) -> None:
    tables = made()
    cloud.dynamodb.isolate("us-west-2")
    cloud.dynamodb.isolate("eu-west-1")
    put(tables["us-east-1"], "x", "1")
    cloud.dynamodb.heal()
    assert [values(cloud, region) for region in REGIONS] == [{"x": "1"}] * 3


def test_every_replica_has_a_stream_of_its_own(cloud: Cloud) -> None:
    tables = made(REGIONS[:2])
    put(tables["us-east-1"], "x", "1")
    put(tables["us-west-2"], "x", "2")
    delete(tables["us-east-1"], "x")
    for region in REGIONS[:2]:
        found = records(region)
        assert [r["eventName"] for r in found] == ["INSERT", "MODIFY", "REMOVE"]
        assert {r["awsRegion"] for r in found} == {region}
        assert all(region in cloud.dynamodb._database(None, region).tables["tab"].arn for _ in found)
        assert not any("userIdentity" in r for r in found)
    arns = {tables[region].describe_table(TableName="tab")["Table"]["LatestStreamArn"] for region in REGIONS[:2]}
    assert len(arns) == 2


def test_replicated_writes_feed_functions(cloud: Cloud) -> None:
    tables = made(REGIONS[:2])
    seen = []

    def handler(event: Any, context: Any) -> None:
        seen.extend((r["eventName"], r["awsRegion"]) for r in event["Records"])

    cloud.function("on-change", handler, region="us-west-2")
    arn = tables["us-west-2"].describe_table(TableName="tab")["Table"]["LatestStreamArn"]
    client("us-west-2", "lambda").create_event_source_mapping(
        EventSourceArn=arn, FunctionName="on-change", StartingPosition="TRIM_HORIZON"
    )
    put(tables["us-east-1"], "x", "1")
    cloud.settle(until_idle=True)
    assert seen == [("INSERT", "us-west-2")]


def test_a_transaction_is_atomic_in_its_own_region_only(cloud: Cloud) -> None:
    tables = made(REGIONS[:2])
    cloud.dynamodb.replication_lag(1)
    put(tables["us-west-2"], "b", "theirs")
    writes = [{"Put": {"TableName": "tab", "Item": {"pk": {"S": n}, "value": {"S": "ours"}}}} for n in "ab"]
    cloud.clock.advance(seconds=0.5)
    tables["us-east-1"].transact_write_items(TransactItems=writes)
    cloud.clock.advance(seconds=0.25)
    put(tables["us-west-2"], "b", "later")
    cloud.clock.advance(seconds=5)
    assert [values(cloud, region) for region in REGIONS[:2]] == [{"a": "ours", "b": "later"}] * 2


def test_conditions_see_the_item_of_their_region(cloud: Cloud) -> None:
    tables = made(REGIONS[:2])
    cloud.dynamodb.replication_lag(1)
    condition = {"ConditionExpression": "attribute_not_exists(pk)"}
    for region in REGIONS[:2]:
        tables[region].put_item(TableName="tab", Item={"pk": {"S": "x"}, "value": {"S": region}}, **condition)
    cloud.clock.advance(seconds=1)
    assert [values(cloud, region) for region in REGIONS[:2]] == [{"x": "us-west-2"}] * 2


def test_a_new_replica_gets_all(cloud: Cloud) -> None:
    tables = made(REGIONS[:2])
    cloud.dynamodb.replication_lag(10)
    put(tables["us-west-2"], "on its way", "2")
    put(tables["us-east-1"], "here", "1")
    put(tables["us-east-1"], "deleted", "1")
    delete(tables["us-east-1"], "deleted")
    tables["us-east-1"].update_table(TableName="tab", ReplicaUpdates=[{"Create": {"RegionName": "eu-west-1"}}])
    assert values(cloud, "eu-west-1") == {"here": "1"}
    put(tables["us-west-2"], "later", "2")
    cloud.clock.advance(seconds=10)
    assert [values(cloud, r) for r in REGIONS] == [{"here": "1", "on its way": "2", "later": "2"}] * 3


def test_a_replica_that_is_being_made_gets_what_is_written_meanwhile(cloud: Cloud) -> None:
    tables = made(REGIONS[:2])
    cloud.dynamodb.latency(replica=60)
    tables["us-east-1"].update_table(TableName="tab", ReplicaUpdates=[{"Create": {"RegionName": "eu-west-1"}}])
    put(tables["us-east-1"], "x", "1")
    west = tables["us-west-2"].describe_table(TableName="tab")["Table"]["Replicas"]
    assert [(r["RegionName"], r["ReplicaStatus"]) for r in west] == [
        ("us-east-1", "UPDATING"),
        ("eu-west-1", "CREATING"),
    ]
    with pytest.raises(ClientError, match="Requested resource not found"):
        put(client("eu-west-1"), "y", "1")
    cloud.clock.advance(seconds=60)
    assert values(cloud, "eu-west-1") == {"x": "1"}
    assert [r["ReplicaStatus"] for r in client("eu-west-1").describe_table(TableName="tab")["Table"]["Replicas"]] == [
        "ACTIVE",
        "ACTIVE",
    ]
    put(client("eu-west-1"), "y", "2")
    assert values(cloud, "us-west-2") == {"x": "1", "y": "2"}


def test_what_is_refused_while_a_replica_is_being_made(cloud: Cloud) -> None:
    """Measured on AWS: ack-api-quirks, DDB-TABLE-306 (at the source), DDB-TABLE-298 (in the new region)."""
    source, there = made(("us-east-1",))["us-east-1"], client("us-west-2")
    cloud.dynamodb.latency(replica=600)
    source.update_table(TableName="tab", ReplicaUpdates=[{"Create": {"RegionName": "us-west-2"}}])

    def replica(kind: str, region: str) -> dict[str, Any]:
        return {"ReplicaUpdates": [{kind: {"RegionName": region}}]}

    expiry = {"TimeToLiveSpecification": {"Enabled": True, "AttributeName": "until"}}
    missing = ("ResourceNotFoundException", "Requested resource not found: Table: tab not found")
    added = (
        "Create/Update/Delete of replica is not allowed while the replica is being added to table with name: tab in "
    )
    for of, operation, params, error in (
        (
            source,
            "update_table",
            replica("Create", "us-west-2"),
            ("ResourceInUseException", "Global table with name: tab"),
        ),
        (
            source,
            "update_table",
            replica("Delete", "us-west-2"),
            ("ResourceInUseException", "The resource which you are "),
        ),
        (source, "update_time_to_live", expiry, ("ValidationException", added)),
        (there, "update_time_to_live", expiry, missing),
        (there, "describe_time_to_live", {}, missing),
        (there, "update_table", {"DeletionProtectionEnabled": True}, missing),
        (there, "update_table", replica("Create", "eu-west-1"), ("ValidationException", added)),
        (
            there,
            "update_table",
            replica("Delete", "us-east-1"),
            ("ValidationException", "Replica cannot be deleted because"),
        ),
        (
            there,
            "delete_table",
            {},
            ("ResourceInUseException", "Attempt to change a resource which is still in use: Table: tab is being used."),
        ),
    ):
        with pytest.raises(ClientError) as caught:
            getattr(of, operation)(TableName="tab", **params)
        assert caught.value.response["Error"]["Code"] == error[0]
        assert caught.value.response["Error"]["Message"].startswith(error[1])
    assert there.describe_table(TableName="tab")["Table"]["TableStatus"] == "CREATING"
    cloud.clock.advance(seconds=600)
    source.update_time_to_live(TableName="tab", **expiry)
    assert there.describe_time_to_live(TableName="tab")["TimeToLiveDescription"]["TimeToLiveStatus"] == "ENABLED"


def test_a_deleted_replica_leaves_a_backup_and_no_policy(cloud: Cloud) -> None:
    tables = made(REGIONS[:2])
    west = tables["us-west-2"]
    west.update_continuous_backups(
        TableName="tab", PointInTimeRecoverySpecification={"PointInTimeRecoveryEnabled": True}
    )
    arn = west.describe_table(TableName="tab")["Table"]["TableArn"]
    statement = {"Effect": "Deny", "Principal": "*", "Action": "dynamodb:PutItem", "Resource": arn}
    west.put_resource_policy(ResourceArn=arn, Policy=json.dumps({"Version": "2012-10-17", "Statement": [statement]}))
    for kind in ("Delete", "Create"):
        tables["us-east-1"].update_table(TableName="tab", ReplicaUpdates=[{kind: {"RegionName": "us-west-2"}}])
    put(west, "x", "1")
    (left,) = west.list_backups(BackupType="SYSTEM")["BackupSummaries"]
    assert left["BackupName"] == "tab$DeletedTableBackup"


def test_indexes_are_kept_in_every_region(cloud: Cloud) -> None:
    tables = made(REGIONS[:2])
    put(tables["us-east-1"], "x", "1", g={"S": "a"})
    create = {
        "IndexName": "by-g",
        "KeySchema": [{"AttributeName": "g", "KeyType": "HASH"}],
        "Projection": {"ProjectionType": "ALL"},
    }
    tables["us-west-2"].update_table(
        TableName="tab",
        AttributeDefinitions=[{"AttributeName": "g", "AttributeType": "S"}],
        GlobalSecondaryIndexUpdates=[{"Create": create}],
    )
    put(tables["us-west-2"], "y", "2", g={"S": "a"})
    for table in tables.values():
        found = table.query(
            TableName="tab",
            IndexName="by-g",
            KeyConditionExpression="g = :g",
            ExpressionAttributeValues={":g": {"S": "a"}},
        )
        assert sorted(item["pk"]["S"] for item in found["Items"]) == ["x", "y"]


def enable_expiry(table: Any) -> None:
    table.update_time_to_live(TableName="tab", TimeToLiveSpecification={"Enabled": True, "AttributeName": "until"})


def until(seconds: float) -> dict[str, str]:
    return {"N": str(int(START.timestamp() + seconds))}


def test_an_expired_item_is_deleted_in_one_region_and_that_is_replicated(cloud: Cloud) -> None:
    tables = made()
    enable_expiry(tables["eu-west-1"])
    assert {
        t.describe_time_to_live(TableName="tab")["TimeToLiveDescription"]["TimeToLiveStatus"] for t in tables.values()
    } == {"ENABLED"}
    put(tables["us-west-2"], "x", "1", until=until(60))
    cloud.clock.advance(seconds=61)
    assert [values(cloud, region) for region in REGIONS] == [{}] * 3
    by = [records(region)[-1].get("userIdentity", {}).get("PrincipalId") for region in REGIONS]
    assert by == ["dynamodb.amazonaws.com", None, None]
    assert [len(records(region)) for region in REGIONS] == [2, 2, 2]


def test_an_isolated_region_deletes_what_has_expired_by_itself(cloud: Cloud) -> None:
    tables = made(REGIONS[:2])
    enable_expiry(tables["us-east-1"])
    put(tables["us-east-1"], "x", "1", until=until(60))
    with cloud.dynamodb.isolate("us-west-2"):
        put(tables["us-west-2"], "y", "1", until=until(70))
        cloud.clock.advance(seconds=100)
        assert values(cloud, "us-west-2") == values(cloud, "us-east-1") == {}
    assert values(cloud, "us-west-2") == values(cloud, "us-east-1") == {}


def test_an_item_that_was_prolonged_elsewhere_lives(cloud: Cloud) -> None:
    tables = made(REGIONS[:2])
    enable_expiry(tables["us-east-1"])
    put(tables["us-east-1"], "x", "1", until=until(60))
    put(tables["us-west-2"], "x", "2", until=until(600))
    cloud.clock.advance(seconds=100)
    assert values(cloud, "us-east-1") == values(cloud, "us-west-2") == {"x": "2"}


def test_encryption_is_of_one_kind_with_keys_of_their_own(cloud: Cloud) -> None:
    tables = made(REGIONS[:2])
    cloud.dynamodb.latency(table=5)
    kms = boto3.client("kms", region_name="us-east-1")
    for name in ("alias/own", "alias/another"):
        kms.create_alias(AliasName=name, TargetKeyId=kms.create_key()["KeyMetadata"]["KeyId"])
    update = {
        "TableName": "tab",
        "SSESpecification": {"Enabled": True, "SSEType": "KMS", "KMSMasterKeyId": "alias/own"},
    }
    tables["us-east-1"].update_table(**update)
    assert "KMSMasterKeyId" not in tables["us-west-2"].describe_table(TableName="tab")["Table"]["Replicas"][0]
    with pytest.raises(ClientError, match="encryption status is in UPDATING state"):
        tables["us-east-1"].update_table(TableName="tab", ReplicaUpdates=[{"Create": {"RegionName": "eu-west-1"}}])
    cloud.clock.advance(seconds=5)
    own, theirs = (t.describe_table(TableName="tab")["Table"]["SSEDescription"] for t in tables.values())
    assert own["KMSMasterKeyArn"] != theirs["KMSMasterKeyArn"]
    cloud.clock.advance(days=1)
    update["SSESpecification"]["KMSMasterKeyId"] = "alias/another"
    tables["us-east-1"].update_table(**update)
    cloud.clock.advance(seconds=5)
    assert tables["us-west-2"].describe_table(TableName="tab")["Table"]["SSEDescription"] == theirs


def test_snapshots_hold_across_regions(cloud: Cloud) -> None:
    tables = made()
    cloud.dynamodb.replication_lag(5)
    put(tables["us-east-1"], "x", "1")
    before = cloud.snapshot()
    for _ in range(2):
        cloud.dynamodb.isolate("eu-west-1")
        put(tables["us-west-2"], "x", "2")
        cloud.clock.advance(seconds=10)
        assert values(cloud, "us-east-1") == {"x": "2"}
        assert values(cloud, "eu-west-1") == {}
        cloud.restore(before)
        assert values(cloud, "us-west-2") == {}
        cloud.clock.advance(seconds=5)
        assert [values(cloud, region) for region in REGIONS] == [{"x": "1"}] * 3
        put(tables["eu-west-1"], "x", "3")
        cloud.settle(until_idle=True)
        assert values(cloud, "us-east-1") == {"x": "3"}
        cloud.restore(before)


def test_nothing_is_remembered_of_what_has_arrived(cloud: Cloud) -> None:
    """A journal and numbers that grew with every write would make a long run slow."""
    tables = made(REGIONS[:2])
    for number in range(2000):
        cloud.call("dynamodb", "PutItem", {"TableName": "tab", "Item": {"pk": {"S": str(number)}, "value": {"S": "1"}}})
    table = cloud.dynamodb._database(None, "us-east-1").tables["tab"]
    assert not table.membership.orders
    assert not table.membership.latest
    assert tables


ACTS = st.one_of(
    st.tuples(st.just("put"), st.sampled_from(REGIONS), st.sampled_from("abc"), st.integers(0, 3)),
    st.tuples(st.just("delete"), st.sampled_from(REGIONS), st.sampled_from("abc"), st.just(0)),
    st.tuples(st.just("isolate"), st.sampled_from(REGIONS), st.just(""), st.just(0)),
    st.tuples(st.just("heal"), st.sampled_from(REGIONS), st.just(""), st.just(0)),
    st.tuples(st.just("wait"), st.just(""), st.just(""), st.integers(0, 4)),
    st.tuples(st.just("lag"), st.just(""), st.just(""), st.integers(0, 3)),
    st.tuples(st.just("back"), st.just(""), st.just(""), st.just(0)),
)


@settings(max_examples=60)
@given(st.lists(ACTS, max_size=25))
def test_replicas_converge(acts: list[tuple[str, str, str, int]]) -> None:
    with mock_cloud(clock=START) as cloud:
        made()
        snapshots = []
        for act, region, pk, number in acts:
            where = {"region": region}
            if act == "put":
                item = {"pk": {"S": pk}, "value": {"N": str(number)}}
                cloud.call("dynamodb", "PutItem", {"TableName": "tab", "Item": item}, **where)
                assert own(cloud, region, pk) == number
            elif act == "delete":
                cloud.call("dynamodb", "DeleteItem", {"TableName": "tab", "Key": {"pk": {"S": pk}}}, **where)
                assert own(cloud, region, pk) is None
            elif act == "isolate":
                cloud.dynamodb.isolate(region)
            elif act == "heal":
                cloud.dynamodb.heal(region)
            elif act == "wait":
                cloud.clock.advance(seconds=number)
            elif act == "lag":
                cloud.dynamodb.replication_lag(number)
            elif snapshots:
                cloud.restore(snapshots[-1])
            else:
                snapshots.append(cloud.snapshot())
        cloud.dynamodb.heal()
        cloud.settle(until_idle=True)
        first, *others = ({i["pk"]: i["value"] for i in cloud.dynamodb.items("tab", region=r)} for r in REGIONS)
        assert others == [first, first]
        for region in REGIONS:
            membership = cloud.dynamodb._database(None, region).tables["tab"].membership
            assert not membership.orders
            assert not membership.latest


def own(cloud: Cloud, region: str, pk: str) -> int | Decimal | None:
    found = {item["pk"]: item["value"] for item in cloud.dynamodb.items("tab", region=region)}
    return found.get(pk)


@settings(max_examples=40)
@given(
    st.lists(
        st.tuples(st.sampled_from(REGIONS), st.sampled_from("ab"), st.none() | st.integers(0, 9)),
        min_size=1,
        max_size=15,
    ),
    st.sampled_from(REGIONS),
    st.integers(0, 2),
)
def test_the_last_of_all_writes_is_what_stays(
    writes: list[tuple[str, str, int | None]], isolated: str, lag: int
) -> None:
    """Every write has a value of its own, so that none of them changes nothing."""
    with mock_cloud(clock=START) as cloud:
        made()
        cloud.dynamodb.replication_lag(lag)
        last: dict[str, str | None] = {}
        with cloud.dynamodb.isolate(isolated):
            for number, (region, pk, wait) in enumerate(writes):
                if wait is None and own(cloud, region, pk) is not None:
                    cloud.call("dynamodb", "DeleteItem", {"TableName": "tab", "Key": {"pk": {"S": pk}}}, region=region)
                    last[pk] = None
                else:
                    item = {"pk": {"S": pk}, "value": {"S": str(number)}}
                    cloud.call("dynamodb", "PutItem", {"TableName": "tab", "Item": item}, region=region)
                    last[pk] = str(number)
                cloud.clock.advance(seconds=(wait or 0) / 4)
        cloud.settle(until_idle=True)
        expected = {pk: value for pk, value in last.items() if value is not None}
        assert [values(cloud, region) for region in REGIONS] == [expected] * 3


@pytest.mark.parametrize("region", ["", "x", None, 1])
def test_what_is_no_region(cloud: Cloud, region: Any) -> None:
    with pytest.raises(ValueError, match="a region is isolated by its name"):
        cloud.dynamodb.isolate(region)


# ---------------------------------------------------------------------- several accounts


MEMBER = "GlobalTableSourceArn"
SEVERAL_ACCOUNTS = MEMBER in service_model("dynamodb").operation_model("CreateTable").input_shape.members
OTHER = "210987654321"
SOURCE = "arn:aws:dynamodb:us-east-1:123456789012:table/tab"


def replicate_to_another_account(cloud: Cloud, region: str = "us-west-2", **more: Any) -> Any:
    request = {"TableName": "tab", MEMBER: SOURCE, "GlobalTableSettingsReplicationMode": "ENABLED", **more}
    return cloud.call("dynamodb", "CreateTable", request, account=OTHER, region=region)


def allowed(cloud: Cloud) -> dict[str, Any]:
    tables = made(REGIONS[:1])
    request = {"TableName": "tab", "GlobalTableSettingsReplicationMode": "ENABLED"}
    cloud.call("dynamodb", "UpdateTable", request)
    return tables


@pytest.mark.skipif(not SEVERAL_ACCOUNTS, reason="this botocore's model doesn't know tables of several accounts")
def test_a_replica_in_another_account(cloud: Cloud) -> None:
    tables = allowed(cloud)
    put(tables["us-east-1"], "x", "1")
    made_there = replicate_to_another_account(cloud)["TableDescription"]
    assert made_there["TableArn"] == f"arn:aws:dynamodb:us-west-2:{OTHER}:table/tab"
    assert (made_there["TableStatus"], made_there["KeySchema"]) == ("CREATING", KEY)
    item = {"pk": {"S": "y"}, "value": {"S": "2"}}
    cloud.call("dynamodb", "PutItem", {"TableName": "tab", "Item": item}, account=OTHER, region="us-west-2")
    put(tables["us-east-1"], "x", "3")
    theirs = {i["pk"]: i["value"] for i in cloud.dynamodb.items("tab", account=OTHER, region="us-west-2")}
    assert theirs == values(cloud, "us-east-1") == {"x": "3", "y": "2"}
    shown = tables["us-east-1"].describe_table(TableName="tab")["Table"]
    assert shown["GlobalTableSettingsReplicationMode"] == "ENABLED"
    assert [r["RegionName"] for r in shown["Replicas"]] == ["us-west-2"]
    cloud.call("dynamodb", "DeleteTable", {"TableName": "tab"}, account=OTHER, region="us-west-2")
    assert "Replicas" not in tables["us-east-1"].describe_table(TableName="tab")["Table"]


@pytest.mark.skipif(not SEVERAL_ACCOUNTS, reason="this botocore's model doesn't know tables of several accounts")
@pytest.mark.parametrize(
    ("more", "message"),
    [
        ({"GlobalTableSettingsReplicationMode": "DISABLED"}, "must be ENABLED when"),
        ({MEMBER: "arn:aws:dynamodb:us-east-1:123456789012:table/other"}, "TableName must be the name"),
        ({MEMBER: f"arn:aws:dynamodb:us-east-1:{OTHER}:table/tab"}, "must be of another account"),
        ({MEMBER: "arn:aws:dynamodb:eu-west-1:123456789012:table/tab"}, "must have GlobalTableSettingsReplicationMode"),
        ({"TableClass": "STANDARD"}, "TableClass can not be specified"),
        ({"region": "us-east-1"}, "has a replica in region us-east-1 already"),
        ({MEMBER: "no arn"}, "Invalid GlobalTableSourceArn"),
    ],
)
def test_what_is_no_source(cloud: Cloud, more: dict[str, Any], message: str) -> None:
    allowed(cloud)
    with pytest.raises(AwsError, match=message):
        replicate_to_another_account(cloud, **more)


@pytest.mark.skipif(not SEVERAL_ACCOUNTS, reason="this botocore's model doesn't know tables of several accounts")
def test_how_settings_are_replicated(cloud: Cloud) -> None:
    tables = allowed(cloud)
    assert (
        tables["us-east-1"].describe_table(TableName="tab")["Table"]["GlobalTableSettingsReplicationMode"] == "ENABLED"
    )
    request = {"TableName": "tab", "GlobalTableSettingsReplicationMode": "ENABLED_WITH_OVERRIDES"}
    with pytest.raises(
        AwsError, match="Only ENABLED and DISABLED settings replication are supported for a Regional Table"
    ):
        cloud.call("dynamodb", "UpdateTable", request)
    cloud.call("dynamodb", "UpdateTable", {**request, "GlobalTableSettingsReplicationMode": "DISABLED"})
    with pytest.raises(AwsError, match="must have GlobalTableSettingsReplicationMode ENABLED"):
        replicate_to_another_account(cloud)


# ---------------------------------------------------------------------- version 2017.11.29


def legacy(regions: tuple[str, ...] = REGIONS) -> dict[str, Any]:
    """A global table of version 2017.11.29."""
    clients = {region: client(region) for region in regions}
    for table in clients.values():
        table.create_table(
            TableName="tab",
            BillingMode="PAY_PER_REQUEST",
            KeySchema=KEY,
            AttributeDefinitions=DEFINED,
            StreamSpecification={"StreamEnabled": True, "StreamViewType": "NEW_AND_OLD_IMAGES"},
        )
    clients[regions[0]].create_global_table(
        GlobalTableName="tab", ReplicationGroup=[{"RegionName": region} for region in regions]
    )
    return clients


def test_the_older_version_marks_every_item(cloud: Cloud) -> None:
    tables = legacy(REGIONS[:2])
    cloud.clock.advance(seconds=1.5)
    put(tables["us-west-2"], "x", "1")
    marks = {
        "aws:rep:deleting": False,
        "aws:rep:updateregion": "us-west-2",
        "aws:rep:updatetime": Decimal(f"{int(START.timestamp()) + 1}.500001"),
    }
    for region in REGIONS[:2]:
        assert cloud.dynamodb.items("tab", region=region) == [{"pk": "x", "value": "1", **marks}]
    first = [(r["eventName"], "aws:rep:updatetime" in r["dynamodb"]["NewImage"]) for r in records("us-west-2")]
    assert first == [("INSERT", False), ("MODIFY", True)]
    assert [(r["eventName"], "aws:rep:updatetime" in r["dynamodb"]["NewImage"]) for r in records("us-east-1")] == [
        ("INSERT", True)
    ]
    delete(tables["us-east-1"], "x")
    assert values(cloud, "us-west-2") == {}
    said, gone = records("us-west-2")[-2:]
    assert said["dynamodb"]["NewImage"]["aws:rep:deleting"] == {"BOOL": True}
    assert (gone["eventName"], gone["dynamodb"]["OldImage"]["aws:rep:updateregion"]) == ("REMOVE", {"S": "us-east-1"})


def test_a_replica_of_the_older_version_that_goes_keeps_its_items(cloud: Cloud) -> None:
    tables = legacy(REGIONS[:2])
    put(tables["us-east-1"], "x", "1")
    tables["us-east-1"].update_global_table(
        GlobalTableName="tab", ReplicaUpdates=[{"Delete": {"RegionName": "us-west-2"}}]
    )
    put(tables["us-east-1"], "y", "2")
    assert values(cloud, "us-west-2") == {"x": "1"}


@settings(max_examples=30)
@given(
    st.lists(
        st.tuples(st.sampled_from(REGIONS), st.sampled_from("ab"), st.none() | st.integers(0, 9)),
        min_size=1,
        max_size=12,
    ),
    st.sampled_from(REGIONS),
)
def test_the_older_version_converges_too(writes: list[tuple[str, str, int | None]], isolated: str) -> None:
    with mock_cloud(clock=START) as cloud:
        legacy()
        with cloud.dynamodb.isolate(isolated):
            for region, pk, value in writes:
                if value is None:
                    cloud.call("dynamodb", "DeleteItem", {"TableName": "tab", "Key": {"pk": {"S": pk}}}, region=region)
                else:
                    item = {"pk": {"S": pk}, "value": {"N": str(value)}}
                    cloud.call("dynamodb", "PutItem", {"TableName": "tab", "Item": item}, region=region)
                cloud.clock.advance(seconds=0.25)
        first, *others = (
            {item["pk"]: item for item in cloud.dynamodb.items("tab", region=region)} for region in REGIONS
        )
        assert others == [first, first]


NEEDS_DISASSOCIATION = pytest.mark.skipif(
    "DisassociationProtectionEnabled"
    not in service_model("dynamodb").operation_model("UpdateTable").input_shape.members,
    reason="botocore's model has no disassociation",
)


def disassociate(table: Any, region: str) -> None:
    table.update_table(TableName="tab", DisassociationProtectionEnabled=False)
    action = {"RegionName": region, "DisassociationMode": "WAIT_FOR_REPLICATION"}
    table.update_table(TableName="tab", ReplicaUpdates=[{"Disassociate": action}])


def status(table: Any) -> tuple[str, dict[str, str]]:
    shown = table.describe_table(TableName="tab")["Table"]
    return shown["TableStatus"], {one["RegionName"]: one["ReplicaStatus"] for one in shown.get("Replicas", ())}


@NEEDS_DISASSOCIATION
def test_what_is_on_its_way_arrives_before_a_replica_is_disassociated(cloud: Cloud) -> None:
    tables = made()
    east, west, europe = tables.values()
    cloud.dynamodb.replication_lag(10)
    put(east, "from the east")
    put(west, "from the west")
    disassociate(east, "us-east-1")
    assert status(east) == ("UPDATING", {"us-west-2": "ACTIVE", "eu-west-1": "ACTIVE"})
    assert status(west) == ("ACTIVE", {"us-east-1": "UPDATING", "eu-west-1": "ACTIVE"})
    with pytest.raises(ClientError, match="in use"):
        west.update_table(TableName="tab", ReplicaUpdates=[{"Delete": {"RegionName": "eu-west-1"}}])
    put(europe, "late")
    cloud.clock.advance(seconds=5)
    put(west, "later")
    cloud.clock.advance(seconds=5)
    assert status(east)[0] == "UPDATING"
    cloud.clock.advance(seconds=5)
    assert status(east) == ("ACTIVE", {})
    assert status(west) == ("ACTIVE", {"eu-west-1": "ACTIVE"})
    put(east, "alone")
    put(west, "together")
    cloud.clock.advance(seconds=10)
    all_have = {"from the east", "from the west", "late", "later"}
    assert set(values(cloud, "us-east-1")) == {*all_have, "alone"}
    assert set(values(cloud, "eu-west-1")) == set(values(cloud, "us-west-2")) == {*all_have, "together"}


@NEEDS_DISASSOCIATION
def test_a_replica_that_is_cut_off_is_disassociated_when_it_is_healed(cloud: Cloud) -> None:
    east, west = made(REGIONS[:2]).values()
    with cloud.dynamodb.isolate("us-west-2"):
        put(west, "a")
        disassociate(east, "us-east-1")
        cloud.clock.advance(hours=1)
        assert status(east)[0] == "UPDATING"
    assert status(east) == status(west) == ("ACTIVE", {})
    assert values(cloud, "us-east-1") == {"a": ""}


@NEEDS_DISASSOCIATION
def test_disassociation_takes_as_long_as_replicas_take(cloud: Cloud) -> None:
    east, west = made(REGIONS[:2]).values()
    cloud.dynamodb.latency(replica=60)
    disassociate(east, "us-east-1")
    assert status(west) == ("ACTIVE", {"us-east-1": "UPDATING"})
    put(west, "meanwhile")
    cloud.clock.advance(seconds=60)
    assert status(east) == status(west) == ("ACTIVE", {})
    assert values(cloud, "us-east-1") == {"meanwhile": ""}
    cloud.dynamodb.latency(replica=0)
    west.delete_table(TableName="tab")
    east.update_table(TableName="tab", ReplicaUpdates=[{"Create": {"RegionName": "us-west-2"}}])
    assert east.describe_table(TableName="tab")["Table"]["DisassociationProtectionEnabled"] is True
    assert set(values(cloud, "us-west-2")) == {"meanwhile"}


@NEEDS_DISASSOCIATION
def test_a_replica_of_another_account_s_table_is_disassociated_there(cloud: Cloud) -> None:
    east = allowed(cloud)["us-east-1"]
    put(east, "x", "1")
    replicate_to_another_account(cloud)
    there: dict[str, Any] = {"account": OTHER, "region": "us-west-2"}
    cloud.call("dynamodb", "UpdateTable", {"TableName": "tab", "DisassociationProtectionEnabled": False}, **there)
    action = {"RegionName": "us-west-2", "DisassociationMode": "WAIT_FOR_REPLICATION"}
    cloud.call("dynamodb", "UpdateTable", {"TableName": "tab", "ReplicaUpdates": [{"Disassociate": action}]}, **there)
    assert status(east) == ("ACTIVE", {})
    put(east, "x", "2")
    assert cloud.dynamodb.items("tab", account=OTHER, region="us-west-2") == [{"pk": "x", "value": "1"}]
