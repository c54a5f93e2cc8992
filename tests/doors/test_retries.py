"""botocore's own retry logic runs on retryable errors, and its back-off costs virtual time only."""

from __future__ import annotations

import io
from collections.abc import Iterator
from datetime import datetime, timezone
from typing import Any

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import (
    ClientError,
    ConnectTimeoutError,
    EndpointConnectionError,
    ReadTimeoutError,
    WaiterError,
)

from mock_serverless import Cloud, mock_cloud

pytestmark = pytest.mark.usefixtures("no_real_waiting")
_START = datetime(2026, 3, 1, tzinfo=timezone.utc)
MODES = ["legacy", "standard", "adaptive"]


def client_of(mode: str, attempts: int = 4, service: str = "sts", **options: Any) -> Any:
    return boto3.client(service, config=Config(retries={"mode": mode, "total_max_attempts": attempts}), **options)


def passed(cloud: Cloud, call: Any) -> float:
    """The virtual seconds that a call takes."""
    began = cloud.clock.timestamp()
    call()
    return cloud.clock.timestamp() - began


@pytest.fixture
def cloud() -> Iterator[Cloud]:
    with mock_cloud(clock=_START) as opened:
        yield opened


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("code", ["Throttling", "ThrottlingException", "InternalFailure", "ServiceUnavailable"])
def test_a_retryable_error_is_retried(cloud: Cloud, mode: str, code: str) -> None:
    cloud.fail("sts", "GetCallerIdentity", code, times=2)
    answer = client_of(mode).get_caller_identity()
    assert answer["Account"] == "123456789012"
    assert answer["ResponseMetadata"]["RetryAttempts"] == 2
    assert answer["ResponseMetadata"]["HTTPStatusCode"] == 200
    assert [c.error_code for c in cloud.calls] == [code, code, None]


@pytest.mark.parametrize("mode", MODES)
def test_attempts_that_run_out_give_aws_s_error(cloud: Cloud, mode: str) -> None:
    cloud.fail("sts", "GetCallerIdentity", "Throttling", message="Rate exceeded")
    with pytest.raises(ClientError) as caught:
        client_of(mode, attempts=3).get_caller_identity()
    response = caught.value.response
    assert (response["Error"]["Code"], response["Error"]["Message"]) == ("Throttling", "Rate exceeded")
    assert response["ResponseMetadata"]["RetryAttempts"] == 2
    assert len(cloud.calls) == 3


@pytest.mark.parametrize("mode", MODES)
def test_other_errors_are_not_retried(cloud: Cloud, mode: str) -> None:
    cloud.fail("sts", "GetCallerIdentity", "AccessDenied")
    with pytest.raises(ClientError) as caught:
        client_of(mode).get_caller_identity()
    assert caught.value.response["ResponseMetadata"]["RetryAttempts"] == 0
    assert len(cloud.calls) == 1


def test_back_off_of_minutes_takes_no_real_time(cloud: Cloud) -> None:
    cloud.fail("sts", "GetCallerIdentity", "InternalFailure", times=8)
    assert passed(cloud, client_of("legacy", attempts=10).get_caller_identity) > 10


@pytest.mark.parametrize("mode", MODES)
def test_the_back_off_is_the_same_in_every_run(mode: str) -> None:
    def run() -> float:
        with mock_cloud(clock=_START) as cloud:
            cloud.fail("sts", "GetCallerIdentity", "Throttling", times=3)
            return passed(cloud, client_of(mode).get_caller_identity)

    assert run() == run() > 0


def test_work_that_falls_due_during_the_back_off_is_done(cloud: Cloud) -> None:
    fault = cloud.fail(
        "sts", "GetCallerIdentity", "Throttling", where=lambda _: cloud.clock.timestamp() < _START.timestamp() + 1
    )
    answer = client_of("legacy", attempts=20).get_caller_identity()
    assert answer["ResponseMetadata"]["RetryAttempts"] == fault.hits > 0


@pytest.mark.parametrize(
    "error",
    [
        EndpointConnectionError(endpoint_url="https://sts.amazonaws.com"),
        ConnectTimeoutError(endpoint_url="https://sts.amazonaws.com"),
        ReadTimeoutError(endpoint_url="https://sts.amazonaws.com"),
        ConnectTimeoutError,
    ],
    ids=["connection", "connect timeout", "read timeout", "class"],
)
@pytest.mark.parametrize("mode", MODES)
def test_connections_that_break_are_retried(cloud: Cloud, mode: str, error: Any) -> None:
    if isinstance(error, type):
        error = error(endpoint_url="https://x")
    cloud.fail("sts", "GetCallerIdentity", error, times=2)
    assert client_of(mode).get_caller_identity()["ResponseMetadata"]["RetryAttempts"] == 2
    cloud.fail("sts", "GetCallerIdentity", error)
    with pytest.raises(type(error)):
        client_of(mode, attempts=2).get_caller_identity()


def test_the_fake_s_own_time_outs(cloud: Cloud) -> None:
    cloud.fail("sts", "GetCallerIdentity", "RequestTimeout", times=1)
    assert client_of("standard").get_caller_identity()["ResponseMetadata"]["RetryAttempts"] == 1


def test_many_throttled_calls_in_adaptive_mode_wait_virtually(cloud: Cloud) -> None:
    client = client_of("adaptive", attempts=2)
    for _ in range(30):
        cloud.fail("sts", "GetCallerIdentity", "Throttling", times=1)
        client.get_caller_identity()
    assert cloud.clock.timestamp() > _START.timestamp()


def test_an_adaptive_client_older_than_the_mock_keeps_its_rate_after(monkeypatch: pytest.MonkeyPatch) -> None:
    client = client_of(
        "adaptive", attempts=2, region_name="us-east-1", aws_access_key_id="a", aws_secret_access_key="b"
    )
    for start in (_START, datetime(2020, 1, 1, tzinfo=timezone.utc)):
        with mock_cloud(clock=start) as cloud:
            cloud.clock.advance(days=30)
            for _ in range(3):
                cloud.fail("sts", "GetCallerIdentity", "Throttling", times=1)
                client.get_caller_identity()
            assert cloud.clock.timestamp() - start.timestamp() < 31 * 86400
    waits: list[float] = []
    monkeypatch.setattr("threading.Condition.wait", lambda self, seconds=None: waits.append(seconds))
    bucket = next(
        h.__self__._token_bucket
        for h in client.meta.events._emitter._handlers.prefix_search("before-send")
        if hasattr(getattr(h, "__self__", None), "_token_bucket")
    )
    bucket._clock = type("Clock", (), {"current_time": staticmethod(lambda: next(ticks))})()
    ticks = iter(range(10**9, 10**9 + 100))
    bucket.acquire()
    assert all(seconds < 10 for seconds in waits)


@pytest.mark.parametrize("mode", MODES)
def test_a_stream_in_a_retried_request(cloud: Cloud, mode: str) -> None:
    cloud.stub("s3", "PutObject", {"ETag": '"1"'})
    cloud.fail("s3", "PutObject", "SlowDown", times=2)
    client_of(mode, service="s3").put_object(Bucket="bkt", Key="k", Body=io.BytesIO(b"text"))
    assert [c.params["Body"] for c in cloud.calls] == [b"text"] * 3


def test_a_retried_answer_has_its_streaming_body(cloud: Cloud) -> None:
    cloud.stub("s3", "GetObject", {"Body": b"one\ntwo", "ContentLength": 7, "Metadata": {"a": "b"}})
    cloud.fail("s3", "GetObject", "InternalError", times=1)
    answer = client_of("standard", service="s3").get_object(Bucket="bkt", Key="k")
    assert list(answer["Body"].iter_lines()) == [b"one", b"two"]
    assert answer["Metadata"] == {"a": "b"}


def test_errors_with_members_of_their_own_survive_the_wire(cloud: Cloud) -> None:
    cloud.fail("lambda", "GetFunction", "TooManyRequestsException")
    client = client_of("standard", attempts=2, service="lambda")
    with pytest.raises(client.exceptions.TooManyRequestsException) as caught:
        client.get_function(FunctionName="f")
    assert caught.value.response["ResponseMetadata"]["HTTPStatusCode"] == 429
    assert caught.value.response["ResponseMetadata"]["RetryAttempts"] == 1


def test_a_client_sees_the_retries_in_its_events(cloud: Cloud) -> None:
    seen: list[int] = []
    client = client_of("standard")
    client.meta.events.register("needs-retry", lambda attempts, **_: seen.append(attempts))
    cloud.fail("sts", "GetCallerIdentity", "Throttling", times=2)
    client.get_caller_identity()
    assert seen == [1, 2, 3]


# ---------------------------------------------------------------------- waiters


def test_a_waiter_waits_virtually(cloud: Cloud) -> None:
    state = iter(["CREATING"] * 3 + ["ACTIVE"])
    cloud.stub("kinesis", "DescribeStream", lambda params: {"StreamDescription": description(next(state))})
    waiter = boto3.client("kinesis").get_waiter("stream_exists")
    assert passed(cloud, lambda: waiter.wait(StreamName="s")) == 30


def test_a_waiter_that_gives_up(cloud: Cloud) -> None:
    cloud.stub("kinesis", "DescribeStream", {"StreamDescription": description("CREATING")})
    waiter = boto3.client("kinesis").get_waiter("stream_exists")
    with pytest.raises(WaiterError, match="Max attempts exceeded"):
        waiter.wait(StreamName="s", WaiterConfig={"Delay": 60, "MaxAttempts": 100})
    assert cloud.clock.timestamp() - _START.timestamp() == 99 * 60


def description(status: str) -> dict[str, Any]:
    return {
        "StreamName": "s",
        "StreamARN": "arn:aws:kinesis:us-east-1:123456789012:stream/s",
        "StreamStatus": status,
        "Shards": [],
        "HasMoreShards": False,
        "RetentionPeriodHours": 24,
        "StreamCreationTimestamp": _START,
        "EnhancedMonitoring": [],
    }


def test_what_is_left_alone_waits_for_real(monkeypatch: pytest.MonkeyPatch) -> None:
    from botocore.awsrequest import AWSResponse

    slept: list[float] = []
    monkeypatch.setattr("time.sleep", slept.append)
    body = b"<ErrorResponse><Error><Code>Throttling</Code><Message>m</Message></Error></ErrorResponse>"

    class Raw:
        def stream(self) -> Iterator[bytes]:
            yield body

    monkeypatch.setattr(
        "botocore.httpsession.URLLib3Session.send", lambda self, request: AWSResponse(request.url, 400, {}, Raw())
    )
    with mock_cloud(clock=_START, passthrough=["sts"]) as cloud:
        with pytest.raises(ClientError):
            client_of("standard", attempts=3).get_caller_identity()
        assert len(slept) == 2
        assert cloud.clock.timestamp() == _START.timestamp()
        cloud.stub("kinesis", "ListStreams", {"StreamNames": [], "HasMoreStreams": False})
        cloud.fail("kinesis", "ListStreams", "InternalFailure", times=2)
        client_of("standard", service="kinesis").list_streams()
        assert len(slept) == 2
        assert cloud.clock.timestamp() > _START.timestamp()
