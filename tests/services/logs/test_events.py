"""Reading streams and groups: pages, tokens, order, expiry."""

from __future__ import annotations

from typing import Any

import boto3
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mock_serverless import Cloud
from mock_serverless.services.logs.store import Event, Stream

from .conftest import MILLIS


def put(logs: Any, stream: dict[str, str], *texts: str, at: int = 0, apart: int = 1) -> None:
    events = [{"timestamp": MILLIS + at + i * apart, "message": text} for i, text in enumerate(texts)]
    logs.put_log_events(**stream, logEvents=events)


def texts(answer: Any) -> list[str]:
    return [event["message"] for event in answer["events"]]


def test_a_stream_is_read_from_its_head(logs: Any, stream: dict[str, str]) -> None:
    put(logs, stream, *"abcde")
    first = logs.get_log_events(**stream, startFromHead=True, limit=2)
    second = logs.get_log_events(**stream, startFromHead=True, limit=2, nextToken=first["nextForwardToken"])
    third = logs.get_log_events(**stream, startFromHead=True, limit=2, nextToken=second["nextForwardToken"])
    assert [texts(a) for a in (first, second, third)] == [["a", "b"], ["c", "d"], ["e"]]
    end = logs.get_log_events(**stream, startFromHead=True, limit=2, nextToken=third["nextForwardToken"])
    assert end["events"] == []
    assert end["nextForwardToken"] == third["nextForwardToken"]  # API_GetLogEvents: the end of the stream
    put(logs, stream, "f", at=9)
    assert texts(logs.get_log_events(**stream, nextToken=end["nextForwardToken"])) == ["f"]
    back = logs.get_log_events(**stream, limit=9, nextToken=third["nextBackwardToken"])
    assert texts(back) == ["a", "b", "c", "d"]


def test_and_from_its_end(logs: Any, stream: dict[str, str]) -> None:
    put(logs, stream, *"abcde")
    last = logs.get_log_events(**stream, limit=2)
    before = logs.get_log_events(**stream, limit=2, nextToken=last["nextBackwardToken"])
    assert [texts(last), texts(before)] == [["d", "e"], ["b", "c"]]


def test_start_and_end(logs: Any, stream: dict[str, str]) -> None:
    put(logs, stream, *"abcde")
    times = {"startTime": MILLIS + 1, "endTime": MILLIS + 3}
    assert texts(logs.get_log_events(**stream, **times)) == ["b", "c"]  # the end is not in it
    assert texts(logs.filter_log_events(logGroupName="g", **times)) == ["b", "c", "d"]  # the end is


def test_the_latest_events_first(logs: Any, stream: dict[str, str]) -> None:
    """API_FilterLogEvents: startFromHead; the direction of a nextToken is used."""
    if "startFromHead" not in logs.meta.service_model.operation_model("FilterLogEvents").input_shape.members:
        pytest.skip("this botocore's FilterLogEvents has no startFromHead")
    put(logs, stream, *"abcde")
    first = logs.filter_log_events(logGroupName="g", startFromHead=False, limit=2)
    second = logs.filter_log_events(logGroupName="g", limit=2, nextToken=first["nextToken"])
    third = logs.filter_log_events(logGroupName="g", startFromHead=True, nextToken=second["nextToken"])
    assert [texts(a) for a in (first, second, third)] == [["e", "d"], ["c", "b"], ["a"]]
    assert texts(logs.filter_log_events(logGroupName="g", startFromHead=True, limit=2)) == ["a", "b"]
    with pytest.raises(logs.exceptions.InvalidParameterException):
        logs.filter_log_events(logGroupName="g", startFromHead=False, startTime=1_704_067_199_999)


def test_an_empty_stream(logs: Any, stream: dict[str, str]) -> None:
    answer = logs.get_log_events(**stream)
    assert answer["events"] == []
    put(logs, stream, "a")
    assert texts(logs.get_log_events(**stream, nextToken=answer["nextForwardToken"])) == ["a"]


def test_a_page_has_a_megabyte(logs: Any, stream: dict[str, str]) -> None:
    put(logs, stream, "a" * 700_000)
    put(logs, stream, "b" * 700_000, at=1)
    assert len(logs.get_log_events(**stream)["events"]) == 1
    pages = list(logs.get_paginator("filter_log_events").paginate(logGroupName="g"))
    assert [len(page["events"]) for page in pages] == [1, 1]


def test_a_search_goes_over_all_streams_in_the_order_of_time(logs: Any, stream: dict[str, str]) -> None:
    logs.create_log_stream(logGroupName="g", logStreamName="t")
    other = {**stream, "logStreamName": "t"}
    put(logs, stream, "s1", "s3", apart=2)
    put(logs, other, "t2", at=1)
    put(logs, other, "t3", at=2)
    found = logs.filter_log_events(logGroupName="g")
    assert texts(found) == ["s1", "t2", "s3", "t3"]
    assert len({event["eventId"] for event in found["events"]}) == 4
    assert all(len(event["eventId"]) == 56 for event in found["events"])
    assert found["searchedLogStreams"] == []
    assert texts(logs.filter_log_events(logGroupName="g", logStreamNamePrefix="t")) == ["t2", "t3"]
    assert texts(logs.filter_log_events(logGroupName="g", logStreamNames=["s"])) == ["s1", "s3"]
    assert texts(logs.filter_log_events(logGroupName="g", filterPattern="t3")) == ["t3"]
    first = logs.filter_log_events(logGroupName="g", limit=3)
    assert texts(logs.filter_log_events(logGroupName="g", nextToken=first["nextToken"])) == ["t3"]


def test_events_go_when_their_time_is_over(cloud: Cloud, logs: Any, stream: dict[str, str]) -> None:
    put(logs, stream, "a")
    cloud.clock.advance(days=2)
    put(logs, stream, "b", at=2 * 86_400_000)
    logs.put_retention_policy(logGroupName="g", retentionInDays=3)
    assert logs.describe_log_groups()["logGroups"][0]["retentionInDays"] == 3
    assert logs.describe_log_groups()["logGroups"][0]["storedBytes"] == 2 * 27
    cloud.clock.advance(days=1, milliseconds=1)
    assert texts(logs.get_log_events(**stream)) == ["b"]
    assert logs.describe_log_groups()["logGroups"][0]["storedBytes"] == 27
    logs.delete_retention_policy(logGroupName="g")
    cloud.clock.advance(days=4000)
    assert texts(logs.filter_log_events(logGroupName="g")) == ["b"]
    assert "retentionInDays" not in logs.describe_log_groups()["logGroups"][0]


def test_streams_by_their_last_event(cloud: Cloud, logs: Any, stream: dict[str, str]) -> None:
    logs.create_log_stream(logGroupName="g", logStreamName="a")
    put(logs, {**stream, "logStreamName": "a"}, "x", at=5)
    put(logs, stream, "y", "z")
    found = logs.describe_log_streams(logGroupName="g", orderBy="LastEventTime", descending=True)["logStreams"]
    assert [s["logStreamName"] for s in found] == ["a", "s"]
    assert (found[1]["firstEventTimestamp"], found[1]["lastEventTimestamp"]) == (MILLIS, MILLIS + 1)
    assert found[1]["lastIngestionTime"] == MILLIS
    first = logs.describe_log_streams(logGroupName="g", limit=1)
    second = logs.describe_log_streams(logGroupName="g", limit=1, nextToken=first["nextToken"])
    assert [a["logStreams"][0]["logStreamName"] for a in (first, second)] == ["a", "s"]
    assert "nextToken" not in second


def test_groups_are_listed(logs: Any) -> None:
    for name in ("aa/x", "aa/y", "bb/x"):
        logs.create_log_group(logGroupName=name)
    pages = logs.get_paginator("describe_log_groups").paginate(PaginationConfig={"PageSize": 2})
    assert [g["logGroupName"] for page in pages for g in page["logGroups"]] == ["aa/x", "aa/y", "bb/x"]
    if not hasattr(logs, "list_log_groups"):
        pytest.skip("this botocore has no ListLogGroups")
    assert [g["logGroupName"] for g in logs.list_log_groups(logGroupNamePattern="^aa/")["logGroups"]] == [
        "aa/x",
        "aa/y",
    ]
    assert [g["logGroupName"] for g in logs.list_log_groups(logGroupNamePattern="a/x|b/x")["logGroups"]] == [
        "aa/x",
        "bb/x",
    ]


@pytest.mark.parametrize(
    ("wanted", "found"),
    [
        ([{"key": "stage"}], ["a", "b"]),
        ([{"key": "stage", "values": ["prod", "other"]}], ["a"]),
        ([{"key": "stage", "values": ["PRO*"]}], ["a"]),
        ([{"key": "stage", "values": ["!prod"]}], ["b"]),
        ([{"key": "stage"}, {"key": "team"}], ["b"]),
        ([{"key": "Stage"}], []),
    ],
)
def test_groups_are_listed_by_tags(logs: Any, wanted: Any, found: list[str]) -> None:
    """API_TagFilter of ListLogGroups."""
    shape = (
        logs.meta.service_model.operation_model("ListLogGroups").input_shape
        if hasattr(logs, "list_log_groups")
        else None
    )
    if shape is None or "logGroupTags" not in shape.members:
        pytest.skip("this botocore's ListLogGroups has no logGroupTags")
    for name, tags in (("a", {"stage": "prod"}), ("b", {"stage": "dev", "team": "x"}), ("c", {"x": "y"})):
        logs.create_log_group(logGroupName=name, tags=tags)
    assert [g["logGroupName"] for g in logs.list_log_groups(logGroupTags=wanted)["logGroups"]] == found


@pytest.mark.parametrize(
    ("keys", "fault"),
    [
        ({"Type": "Service", "Name": "shop", "Environment": "ecs:prod"}, None),
        ({"Type": "AWS::Resource", "ResourceType": "AWS::DynamoDB::Table", "Identifier": "t"}, None),
        ({"Type": "Service", "Name": "shop"}, "MissingRequiredFields"),
        ({"Name": "shop", "Environment": "ecs:prod"}, "MissingRequiredFields"),
        ({"Type": "Shop", "Name": "shop"}, "InvalidTypeValue"),
        ({"Type": "RemoteService", "Name": "shop", "Colour": "blue"}, "InvalidKeyAttributes"),
    ],
)
def test_an_entity_is_checked(logs: Any, stream: dict[str, str], keys: dict[str, str], fault: str | None) -> None:
    """API_PutLogEvents: "When the entity is rejected, the events may still be accepted." """
    events = [{"timestamp": MILLIS, "message": "a"}]
    answer = logs.put_log_events(**stream, logEvents=events, entity={"keyAttributes": keys})
    assert answer.get("rejectedEntityInfo", {}).get("errorType") == fault
    assert texts(logs.get_log_events(**stream)) == ["a"]


def test_a_key_is_looked_up(cloud: Cloud, logs: Any) -> None:
    kms = boto3.client("kms")
    made = kms.create_key()["KeyMetadata"]
    key = made["Arn"]
    logs.create_log_group(logGroupName="g", kmsKeyId=key)
    assert logs.describe_log_groups()["logGroups"][0]["kmsKeyId"] == key
    logs.disassociate_kms_key(logGroupName="g")
    assert "kmsKeyId" not in logs.describe_log_groups()["logGroups"][0]
    kms.disable_key(KeyId=key)
    for wrong in (made["KeyId"], key + "0", key):
        with pytest.raises(logs.exceptions.InvalidParameterException, match=r"KMS Key Id could not be found\. 'g'"):
            logs.associate_kms_key(logGroupName="g", kmsKeyId=wrong)


def test_a_rollback_takes_events_back(cloud: Cloud, logs: Any, stream: dict[str, str]) -> None:
    put(logs, stream, "a")
    with cloud.scratch():
        put(logs, stream, "b", at=1)
        cloud.function("f", lambda event, context: print("x"))
        cloud.call("lambda", "Invoke", {"FunctionName": "f"})
    assert texts(logs.get_log_events(**stream)) == ["a"]
    assert [g["logGroupName"] for g in logs.describe_log_groups()["logGroups"]] == ["g"]


@given(st.lists(st.integers(0, 30), max_size=30))
def test_events_stay_sorted(times: list[int]) -> None:
    stream = Stream("s", 0)
    for order, when in enumerate(times):
        stream.add(Event(when << 144 | order, 0, ""))
    assert stream.events == sorted(stream.events)
    assert [e.timestamp for e in stream.events] == sorted(times)
