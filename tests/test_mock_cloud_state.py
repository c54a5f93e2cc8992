"""Journal, roll-back and time of a cloud, as a test sees them through boto3."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError

from mock_serverless import AwsError, Cloud, NotSupported, mock_cloud
from mock_serverless.core.agenda import job

START = datetime(2026, 3, 1, 12, 30, tzinfo=timezone.utc)


@pytest.fixture
def cloud() -> Any:
    with mock_cloud(clock=START) as opened:
        opened.stub("secretsmanager", "GetSecretValue", lambda params: {"Name": params["SecretId"]})
        yield opened


def get(name: str, region: str = "us-east-1") -> Any:
    return boto3.client("secretsmanager", region_name=region).get_secret_value(SecretId=name)


def who() -> Any:
    return boto3.client("sts").get_caller_identity()


# ---------------------------------------------------------------------- journal


def test_every_call_is_in_the_journal(cloud: Cloud) -> None:
    get("a")
    with pytest.raises(NotSupported):
        boto3.client("rekognition").detect_labels(Image={"Bytes": b"x"})
    cloud.fail("sts", "GetCallerIdentity", "AccessDenied")
    with pytest.raises(ClientError):
        who()
    assert cloud.calls.operations == [
        "secretsmanager.GetSecretValue",
        "rekognition.DetectLabels",
        "sts.GetCallerIdentity",
    ]
    first = cloud.calls[0]
    assert (first.params, first.response, first.error, first.error_code) == (
        {"SecretId": "a"},
        {"Name": "a"},
        None,
        None,
    )
    assert (first.account, first.region, first.caller, first.time) == ("123456789012", "us-east-1", "test", START)
    assert [c.error_code for c in cloud.calls] == [None, "NotSupported", "AccessDenied"]


def test_the_journal_is_filtered(cloud: Cloud) -> None:
    get("a")
    get("b", "eu-west-1")
    who()
    assert len(cloud.calls("secretsmanager")) == 2
    assert len(cloud.calls(operation="get_secret_value", region="eu-west-1")) == 1
    assert len(cloud.calls("secretsmanager", "GetSecretValue", where=lambda params: params["SecretId"] == "a")) == 1
    assert len(cloud.calls(failed=True)) == 0
    assert len(cloud.calls(caller="test", account="123456789012", failed=False)) == 3
    assert cloud.calls.filter(service="sts").last.operation == "GetCallerIdentity"
    assert cloud.calls[1:].operations == ["secretsmanager.GetSecretValue", "sts.GetCallerIdentity"]


def test_a_filter_that_could_find_nothing_is_an_error(cloud: Cloud) -> None:
    assert not cloud.calls("sfn", "start_execution")
    assert not cloud.calls("execute-api", "GET /prod")
    with pytest.raises(NotSupported, match=r"knows no service 'dynamodbb'\. Did you mean: dynamodb"):
        cloud.calls("dynamodbb")
    with pytest.raises(NotSupported, match=r"has no operation 'PutItm'.* Did you mean: PutItem"):
        cloud.calls("dynamodb", "PutItm")


def test_the_journal_is_readable(cloud: Cloud) -> None:
    assert repr(cloud.calls) == "<no calls>"
    get("a")
    cloud.fail("sts", "GetCallerIdentity", "AccessDenied", message="no")
    with pytest.raises(ClientError):
        who()
    assert repr(cloud.calls).splitlines() == [
        '   0 2026-03-01 12:30:00.000 test: secretsmanager.GetSecretValue(SecretId="a") -> Name="a"',
        "   1 2026-03-01 12:30:00.000 test: sts.GetCallerIdentity({}) -> AccessDenied: no",
    ]
    get("x" * 500)
    assert len(repr(cloud.calls.last)) < 300


def test_what_a_fault_s_callable_is_given_is_its_own(cloud: Cloud) -> None:
    cloud.stub("secretsmanager", "GetSecretValue", lambda params: {"Name": params["SecretId"]})
    cloud.fail("secretsmanager", "GetSecretValue", "AccessDenied", where=lambda params: params.pop("SecretId") == "b")
    assert get("a")["Name"] == "a"
    assert cloud.calls.last.params == {"SecretId": "a"}


# ---------------------------------------------------------------------- roll-back


def test_a_snapshot_can_be_gone_back_to_as_often_as_wanted(cloud: Cloud) -> None:
    get("before")
    stub = cloud.stub("kinesis", "ListStreams", {"StreamNames": [], "HasMoreStreams": False})
    fault = cloud.fail("sts", "GetCallerIdentity", "AccessDenied", times=1)
    snapshot = cloud.snapshot()
    seen = []
    for _ in range(3):
        with pytest.raises(ClientError) as caught:
            who()
        seen.append((caught.value.response["ResponseMetadata"]["RequestId"], who()["ResponseMetadata"]["RequestId"]))
        boto3.client("kinesis").list_streams()
        cloud.stub("kinesis", "ListStreams", None)
        cloud.clock.advance(days=1)
        assert (stub.hits, fault.hits, len(cloud.calls)) == (1, 1, 4)
        cloud.restore(snapshot)
        assert (stub.hits, fault.hits, len(cloud.calls)) == (0, 0, 1)
        assert cloud.clock.now() == START
    assert seen[0] == seen[1] == seen[2]
    boto3.client("kinesis").list_streams()


def test_scratch_undoes_what_happens_inside(cloud: Cloud) -> None:
    with pytest.raises(ZeroDivisionError), cloud.scratch() as same:
        assert same is cloud
        get("inside")
        cloud.clock.advance(hours=1)
        raise ZeroDivisionError
    assert len(cloud.calls) == 0
    assert cloud.clock.now() == START


def test_a_snapshot_belongs_to_its_cloud(cloud: Cloud) -> None:
    with mock_cloud() as other, pytest.raises(ValueError, match="can only go back to its own"):
        other.restore(cloud.snapshot())


def test_reset_is_as_new(cloud: Cloud) -> None:
    first = who()["ResponseMetadata"]["RequestId"]
    cloud.clock.advance(hours=1)
    cloud.reset()
    assert len(cloud.calls) == 0
    with pytest.raises(NotSupported):
        get("a")
    assert cloud.clock.now() == START + timedelta(hours=1)
    cloud.reset()
    assert who()["ResponseMetadata"]["RequestId"] == first


# ---------------------------------------------------------------------- time


@job("test_mock_cloud_state:note")
def _note(scope: Any, name: str, again: float = 0) -> None:
    scope.call("secretsmanager", "GetSecretValue", {"SecretId": f"{name} at {scope.timestamp() - START.timestamp():g}"})
    if again:
        scope.later(again, "test_mock_cloud_state:note", name=name, again=again, background=True)


def notes(cloud: Cloud) -> list[str]:
    return [c.params["SecretId"] for c in cloud.calls("secretsmanager")]


@pytest.fixture
def later(cloud: Cloud) -> Any:
    return cloud.state_of("sts", cloud.account, cloud.region).scope.later


def test_work_that_is_due_is_done_at_the_end_of_a_call(cloud: Cloud, later: Any) -> None:
    later(0, "test_mock_cloud_state:note", name="a")
    later(5, "test_mock_cloud_state:note", name="b")
    assert notes(cloud) == []
    who()
    assert notes(cloud) == ["a at 0"]


def test_settle_does_what_is_due_and_until_idle_all_the_rest(cloud: Cloud, later: Any) -> None:
    later(86400, "test_mock_cloud_state:note", name="c")
    later(0, "test_mock_cloud_state:note", name="a")
    later(60, "test_mock_cloud_state:note", name="b")
    later(10, "test_mock_cloud_state:note", name="tick", again=50_000, background=True)
    cloud.settle()
    assert notes(cloud) == ["a at 0"]
    cloud.settle(until_idle=True)
    assert notes(cloud) == ["a at 0", "tick at 10", "b at 60", "tick at 50010", "c at 86400"]
    assert cloud.clock.now() == START + timedelta(days=1)


def test_the_clock_does_what_falls_due_on_its_way(cloud: Cloud, later: Any) -> None:
    for seconds in (30, 10, 20):
        later(seconds, "test_mock_cloud_state:note", name="x")
    cloud.clock.advance(timedelta(seconds=20))
    assert notes(cloud) == ["x at 10", "x at 20"]
    cloud.clock.move_to(START + timedelta(minutes=1))
    assert notes(cloud)[2:] == ["x at 30"]
    assert cloud.clock.now() == START + timedelta(minutes=1)


def test_pending_work_is_part_of_a_snapshot(cloud: Cloud, later: Any) -> None:
    later(5, "test_mock_cloud_state:note", name="a")
    snapshot = cloud.snapshot()
    cloud.settle(until_idle=True)
    cloud.restore(snapshot)
    assert notes(cloud) == []
    cloud.settle(until_idle=True)
    assert notes(cloud) == ["a at 5"]


# ---------------------------------------------------------------------- what makes no sense


@pytest.mark.parametrize(
    ("error", "options", "kind", "words"),
    [
        ("", {}, TypeError, "an error is a code of AWS's or an exception, not ''"),
        (503, {}, TypeError, "an error is a code of AWS's or an exception, not 503"),
        (int, {}, TypeError, "an error is a code of AWS's or an exception, not <class 'int'>"),
        ("Throttling", {"times": -1}, ValueError, "times is how often the fault strikes"),
        ("Throttling", {"times": 1.5}, ValueError, "times is how often the fault strikes"),
        ("Throttling", {"where": {"TableName": "a"}}, TypeError, "where is a callable"),
        ("Throttling", {"probability": 1.1}, ValueError, "a probability is between 0 and 1"),
    ],
)
def test_faults_that_could_never_strike(cloud: Cloud, error: Any, options: Any, kind: Any, words: str) -> None:
    with pytest.raises(kind, match=words):
        cloud.fail("sts", "GetCallerIdentity", error, **options)
    assert who()


def test_a_fault_may_be_a_class_of_exceptions(cloud: Cloud) -> None:
    cloud.fail("sts", "GetCallerIdentity", KeyboardInterrupt, times=1)
    with pytest.raises(KeyboardInterrupt):
        who()
    assert who()


def test_helpers_that_name_what_is_not_there(cloud: Cloud) -> None:
    with pytest.raises(AwsError, match="Function not found"):
        cloud.function.logs("nope")
    with pytest.raises(AwsError, match="InvalidArn"):
        cloud.stepfunctions.timeline("nope")
    with pytest.raises(AwsError, match="ResourceNotFoundException"):
        cloud.dynamodb.items("nope")
