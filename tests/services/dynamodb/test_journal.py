"""What a table keeps of the past: packed images, the journal and its windows, the items as they were at a time."""

from __future__ import annotations

import copy
import enum
from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mock_serverless import Cloud, mock_cloud
from mock_serverless.services.dynamodb.changes import BLOCK, Journal
from mock_serverless.services.dynamodb.images import item_of, pack, same, size_in, unpack
from mock_serverless.services.dynamodb.sizes import size_of
from mock_serverless.services.dynamodb.table import FOLLOWERS, Table, follower
from mock_serverless.services.dynamodb.values import normalise_item
from mock_serverless.strategies import dynamodb as strategies

DAY = 24 * 3600.0


@pytest.fixture
def cloud() -> Iterator[Cloud]:
    with mock_cloud() as cloud:
        cloud.clock.freeze()
        yield cloud


@pytest.fixture
def table(cloud: Cloud) -> Table:
    boto3.client("dynamodb", region_name="us-east-1").create_table(
        TableName="things",
        KeySchema=[{"AttributeName": "p", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": n, "AttributeType": "S"} for n in ("p", "g")],
        GlobalSecondaryIndexes=[
            {
                "IndexName": "by-g",
                "KeySchema": [{"AttributeName": "g", "KeyType": "HASH"}],
                "Projection": {"ProjectionType": "KEYS_ONLY"},
            }
        ],
        BillingMode="PAY_PER_REQUEST",
    )
    made: Table = cloud.state_of("dynamodb", cloud.account, cloud.region).table("things")
    return made


def put(table: Table, p: str, g: str) -> None:
    item = {"p": {"S": p}, "g": {"S": g}}
    table.write(p, (item, size_of(item)))


@given(strategies.items())
def test_an_image_gives_the_item_back(given: dict[str, Any]) -> None:
    item = normalise_item(given)
    image = pack((item, size_of(item)))
    assert unpack(image) == (item, size_of(item))
    assert list(item_of(image)) == list(item)
    assert size_in(image) == size_of(item)


@given(strategies.items(), strategies.items())
def test_images_are_the_same_when_items_are_equal(one: dict[str, Any], other: dict[str, Any]) -> None:
    a, b = (normalise_item(i) for i in (one, other))
    assert same(pack((a, size_of(a))), pack((copy.deepcopy(a), size_of(a))))
    if size_of(a) != size_of(b):
        assert not same(pack((a, size_of(a))), pack((b, size_of(b))))


def test_sets_are_the_same_in_any_order() -> None:
    a, b, c = ({"s": {"SS": members}} for members in (["x", "y"], ["y", "x"], ["y", "z"]))
    assert same(pack((a, 3)), pack((b, 3)))
    assert not same(pack((a, 3)), pack((c, 3)))


def test_subclasses_of_text_are_kept_as_text() -> None:
    class Colour(str, enum.Enum):
        RED = "red"

    item: Any = {Colour.RED: {"L": [{"S": Colour.RED}, {"BS": [b"x"]}]}}
    kept = item_of(pack((item, 9)))
    assert kept == {"red": {"L": [{"S": "red"}, {"BS": [b"x"]}]}}
    assert type(next(iter(kept))) is str


def test_changes_are_kept_as_long_as_somebody_needs_them() -> None:
    journal = Journal()
    assert not journal.noting
    journal.keep("stream", DAY, 0.0)
    journal.keep("recovery", 2 * DAY, 0.0)
    for n in range(3 * BLOCK):
        assert journal.append(float(n), None, b"%d" % n, None) == n + 1
    journal.keep("recovery", None, 1000.0)
    assert journal.noting
    journal.append(1.9 * DAY, None, b"x", None)
    assert journal.first_number == 1  # the recovery's need has ended, its time has not
    for _ in range(BLOCK):
        journal.append(3.2 * DAY, None, b"x", None)
    assert journal.first_number == 3 * BLOCK + 1
    journal.keep("stream", None, 3.2 * DAY)
    assert not journal.noting


@given(st.lists(st.integers(0, 3), max_size=3 * BLOCK), st.integers(0, 40))
def test_changes_are_found_by_time_and_number(steps: list[int], time: int) -> None:
    journal = Journal()
    journal.keep("recovery", 1e9, 0.0)
    times: list[int] = []
    for step in steps:
        times.append(step + (times[-1] if times else 0))
        journal.append(float(times[-1]), None, b"", "me" if step else None)
    assert journal.number_at(time) == 1 + sum(t < time for t in times)
    assert journal.number_after(time) == 1 + sum(t <= time for t in times)
    assert [c.time for c in journal.since(1, len(times))] == times
    assert [c.by for c in journal.since(1, len(times))] == ["me" if step else None for step in steps]
    assert [c.number for c in journal.back_to(2)] == list(range(len(times), 1, -1))


def test_snapshots_of_a_journal_part_ways() -> None:
    journal = Journal()
    journal.keep("stream", DAY, 0.0)
    for n in range(BLOCK + 5):
        journal.append(float(n), None, b"", None)
    twin = copy.deepcopy(journal)
    journal.append(1000.0, None, b"ours", None)
    twin.append(1001.0, None, b"theirs", "them")
    assert journal.change(BLOCK + 6).after == b"ours"
    assert twin.change(BLOCK + 6).after == b"theirs"
    assert journal.change(BLOCK + 6).by is None


def test_the_items_of_a_moment(cloud: Cloud, table: Table) -> None:
    table.keep("recovery", DAY)
    moments = []
    for p, g in (("a", "x"), ("b", "x"), ("a", "y"), ("a", "x")):
        put(table, p, g)
        moments.append((cloud.clock.timestamp(), cloud.dynamodb.items("things")))
        cloud.clock.advance(1)
    table.write("b", None)
    moments.append((cloud.clock.timestamp(), cloud.dynamodb.items("things")))
    cloud.clock.advance(1)
    for time, items in (*moments, *reversed(moments)):
        store = table.at(time + 0.5)
        found = [item_of(store.items[key]) for key in store.scan(None, 0, 1 << 64)]
        assert [{n: v["S"] for n, v in item.items()} for item in found] == items
        assert store.indexes["by-g"].count == len(items)
        assert cloud.dynamodb.items("things") == moments[-1][1]


def test_followers_are_told_of_what_has_changed(cloud: Cloud, table: Table) -> None:
    told: list[tuple[int, str]] = []

    @follower("test")
    def follow(table: Table, number: int) -> None:
        told.append((number, table.journal.change(number).kind))

    try:
        put(table, "a", "x")
        table.followers = ("test",)
        table.keep("test", 60.0)
        put(table, "a", "x")  # changes nothing
        put(table, "a", "y")
        table.write("a", None)
    finally:
        del FOLLOWERS["test"]
    assert told == [(1, "MODIFY"), (2, "REMOVE")]


def test_a_stream_shows_its_own_window_only(cloud: Cloud, table: Table) -> None:
    client = boto3.client("dynamodb", region_name="us-east-1")
    streams = boto3.client("dynamodbstreams", region_name="us-east-1")
    table.keep("recovery", 35 * DAY)
    put(table, "before", "x")
    made = client.update_table(
        TableName="things", StreamSpecification={"StreamEnabled": True, "StreamViewType": "KEYS_ONLY"}
    )
    arn = made["TableDescription"]["LatestStreamArn"]
    put(table, "early", "x")
    cloud.clock.advance(DAY - 10)
    put(table, "late", "x")
    cloud.clock.advance(20)
    assert keys(streams, arn) == ["late"]
    client.update_table(TableName="things", StreamSpecification={"StreamEnabled": False})
    put(table, "after", "x")
    assert keys(streams, arn) == ["late"]
    assert table.journal.next_number == 5


def keys(streams: Any, arn: str) -> list[str]:
    found: list[str] = []
    for shard in streams.describe_stream(StreamArn=arn)["StreamDescription"]["Shards"]:
        where = {"StreamArn": arn, "ShardId": shard["ShardId"], "ShardIteratorType": "TRIM_HORIZON"}
        records = streams.get_records(ShardIterator=streams.get_shard_iterator(**where)["ShardIterator"])["Records"]
        found += [record["dynamodb"]["Keys"]["p"]["S"] for record in records]
    return found


# ---------------------------------------------------------------------- late reads


def test_late_reads_see_what_was(cloud: Cloud, table: Table) -> None:
    client = boto3.client("dynamodb", region_name="us-east-1")
    item = {"p": {"S": "a"}, "g": {"S": "x"}}

    def seen(**more: Any) -> tuple[int, ...]:
        got = client.get_item(TableName="things", Key={"p": item["p"]}, **more)
        batch = client.batch_get_item(RequestItems={"things": {"Keys": [{"p": item["p"]}], **more}})
        query = client.query(
            TableName="things",
            KeyConditionExpression="p = :p",
            ExpressionAttributeValues={":p": item["p"]},
            **more,
        )
        scan = client.scan(TableName="things", **more)
        return int("Item" in got), len(batch["Responses"]["things"]), query["Count"], scan["Count"]

    def indexed() -> int:
        by_key = client.query(
            TableName="things",
            IndexName="by-g",
            KeyConditionExpression="g = :g",
            ExpressionAttributeValues={":g": item["g"]},
        )
        scan = client.scan(TableName="things", IndexName="by-g")
        assert by_key["Items"] == scan["Items"]
        return int(scan["Count"])

    cloud.dynamodb.read_lag(2)
    client.put_item(TableName="things", Item=item)
    assert seen() == (0, 0, 0, 0)
    assert indexed() == 0
    assert seen(ConsistentRead=True) == (1, 1, 1, 1)
    transaction = client.transact_get_items(TransactItems=[{"Get": {"TableName": "things", "Key": {"p": item["p"]}}}])
    assert "Item" in transaction["Responses"][0]
    client.put_item(TableName="things", Item=item, ConditionExpression="attribute_exists(p)")
    cloud.clock.advance(1.5)
    client.delete_item(TableName="things", Key={"p": item["p"]})
    assert seen() == (0, 0, 0, 0)
    cloud.clock.advance(0.5)
    assert (seen(), indexed()) == ((1, 1, 1, 1), 1)
    assert seen(ConsistentRead=True) == (0, 0, 0, 0)
    cloud.clock.advance(1.5)
    assert (seen(), indexed()) == ((0, 0, 0, 0), 0)


def test_the_lag_of_reads_is_a_setting_of_the_whole_cloud(cloud: Cloud) -> None:
    snapshot = cloud.snapshot()
    cloud.dynamodb.read_lag(5)
    there = boto3.client("dynamodb", region_name="eu-west-1")
    there.create_table(
        TableName="later",
        KeySchema=[{"AttributeName": "p", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "p", "AttributeType": "S"}],
        BillingMode="PAY_PER_REQUEST",
    )
    there.put_item(TableName="later", Item={"p": {"S": "a"}})
    assert there.scan(TableName="later")["Count"] == 0
    cloud.dynamodb.read_lag(0)
    assert there.scan(TableName="later")["Count"] == 1
    cloud.dynamodb.read_lag(5)
    cloud.restore(snapshot)
    there.create_table(
        TableName="later",
        KeySchema=[{"AttributeName": "p", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "p", "AttributeType": "S"}],
        BillingMode="PAY_PER_REQUEST",
    )
    there.put_item(TableName="later", Item={"p": {"S": "a"}})
    assert there.scan(TableName="later")["Count"] == 1
    for wrong in (-1, float("inf"), "2", True):
        with pytest.raises(ValueError, match="the lag of reads is a number of seconds"):
            cloud.dynamodb.read_lag(wrong)  # type: ignore[arg-type]


def test_the_past_has_an_index_which_is_made_after_a_look_at_it(cloud: Cloud) -> None:
    """The past is kept from one look to the next, as long as nothing is written."""
    cloud.dynamodb.read_lag(5)
    client = boto3.client("dynamodb")
    defined = [{"AttributeName": n, "AttributeType": "S"} for n in "pg"]
    client.create_table(
        TableName="later",
        KeySchema=[{"AttributeName": "p", "KeyType": "HASH"}],
        AttributeDefinitions=defined[:1],
        BillingMode="PAY_PER_REQUEST",
    )
    client.put_item(TableName="later", Item={"p": {"S": "a"}, "g": {"S": "b"}})
    assert client.scan(TableName="later")["Count"] == 0
    index = {"IndexName": "by-g", "KeySchema": [{"AttributeName": "g", "KeyType": "HASH"}]}
    create = {"Create": {**index, "Projection": {"ProjectionType": "ALL"}}}
    client.update_table(TableName="later", AttributeDefinitions=defined, GlobalSecondaryIndexUpdates=[create])
    assert client.scan(TableName="later", IndexName="by-g")["Count"] == 0
    cloud.clock.advance(seconds=5)
    assert client.scan(TableName="later", IndexName="by-g")["Count"] == 1
