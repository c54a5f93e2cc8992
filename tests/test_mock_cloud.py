"""mock_cloud: entering, leaving, nesting, options; what is reported at the end."""

from __future__ import annotations

import os
import subprocess
import sys
import textwrap
import warnings
from collections.abc import Callable
from datetime import datetime, timezone
from typing import Any

import boto3
import pytest

from mock_serverless import BackgroundFailure, BackgroundFailureWarning, Cloud, CloudClosed, mock_cloud
from mock_serverless.core import current
from mock_serverless.core.agenda import job

START = datetime(2026, 3, 1, tzinfo=timezone.utc)


def account() -> str:
    return str(boto3.client("sts").get_caller_identity()["Account"])


def test_a_cloud_is_open_inside_and_closed_after() -> None:
    assert current.open_clouds() == []
    with mock_cloud() as cloud:
        assert isinstance(cloud, Cloud)
        assert not cloud.closed
        assert current.cloud_of_this_thread() is cloud
    assert cloud.closed
    assert current.cloud_of_this_thread() is None
    assert repr(cloud).endswith("0 calls, closed>")


AFTER_THE_END: dict[str, Callable[[Cloud, Any], object]] = {
    "a function": lambda cloud, _: cloud.function("f", print),
    "a decorated function": lambda cloud, _: cloud.function("f"),
    "a stub": lambda cloud, _: cloud.stub("ssm", "GetParameter", {}),
    "a fault": lambda cloud, _: cloud.fail("ssm", "GetParameter", "InternalServerError"),
    "a call": lambda cloud, _: cloud.call("sts", "GetCallerIdentity", {}),
    "an HTTP request": lambda cloud, _: cloud.http.get("https://a.execute-api.us-east-1.amazonaws.com/"),
    "advance": lambda cloud, _: cloud.clock.advance(1),
    "move_to": lambda cloud, _: cloud.clock.move_to(datetime(2100, 1, 1)),
    "freeze": lambda cloud, _: cloud.clock.freeze(),
    "tick": lambda cloud, _: cloud.clock.tick(),
    "travel": lambda cloud, _: cloud.clock.travel().__enter__(),
    "settle": lambda cloud, _: cloud.settle(),
    "skip": lambda cloud, _: cloud.skip(),
    "snapshot": lambda cloud, _: cloud.snapshot(),
    "restore": lambda cloud, snapshot: cloud.restore(snapshot),
    "scratch": lambda cloud, _: cloud.scratch().__enter__(),
    "reset": lambda cloud, _: cloud.reset(),
}


@pytest.mark.parametrize("act", AFTER_THE_END.values(), ids=AFTER_THE_END)
def test_a_closed_cloud_does_nothing_and_says_so(act: Callable[[Cloud, Any], object]) -> None:
    with mock_cloud() as cloud:
        snapshot = cloud.snapshot()
    with pytest.raises(CloudClosed, match="its mock has ended"):
        act(cloud, snapshot)


def test_the_clock_stops_with_the_mock() -> None:
    with mock_cloud() as cloud:
        before = cloud.clock.now()
    assert before <= cloud.clock.now() == cloud.clock.now()
    assert cloud.clock.frozen


def test_a_closed_cloud_can_be_read() -> None:
    with mock_cloud(clock=START) as cloud:
        cloud.function("f", lambda event, context: print("here"))
        boto3.client("lambda").invoke(FunctionName="f")
        scratched = cloud.scratch()
        scratched.__enter__()
    scratched.__exit__(None, None, None)  # late, and no harm done
    assert cloud.clock.now() == START
    assert cloud.calls.operations == ["lambda.Invoke"]
    assert "here" in cloud.function.logs("f")
    assert cloud.stepfunctions.running() == {}


async def test_async_with() -> None:
    async with mock_cloud(account="111122223333") as cloud:
        assert account() == "111122223333"
    assert cloud.closed


def test_nesting_gives_a_world_of_its_own() -> None:
    with mock_cloud(account="111111111111") as outer:
        assert account() == "111111111111"
        with mock_cloud(account="222222222222") as inner:
            assert account() == "222222222222"
        assert account() == "111111111111"
    assert (len(outer.calls), len(inner.calls)) == (2, 1)


def test_the_same_object_can_be_entered_again_and_again() -> None:
    mock = mock_cloud()
    with mock as first:
        account()
        with mock as second:
            account()
            assert second is not first
        assert current.cloud_of_this_thread() is first
    with mock as third:
        assert third is not first
        assert len(third.calls) == 0
    assert [c.closed for c in (first, second, third)] == [True, True, True]


def test_clouds_may_be_left_in_any_order() -> None:
    one, two = mock_cloud(account="111111111111"), mock_cloud(account="222222222222")
    one.__enter__()
    two.__enter__()
    one.__exit__()
    assert account() == "222222222222"
    two.__exit__()
    assert current.open_clouds() == []


def test_what_the_body_raises_comes_out() -> None:
    with pytest.raises(ZeroDivisionError), mock_cloud():
        raise ZeroDivisionError
    assert current.open_clouds() == []


@pytest.mark.parametrize(
    ("arguments", "options", "message"),
    [
        (("s3",), {}, "takes options by name; 's3' is neither a function nor a class"),
        ((), {"passthrough": "s3"}, r"passthrough is a list of names: passthrough=\['s3'\]"),
        ((), {"passthrough": [8000]}, r"passthrough names services and URLs as texts, not \[8000\]"),
        ((), {"tick": True}, "unexpected keyword argument 'tick'"),
    ],
)
def test_options_that_make_no_sense(arguments: Any, options: Any, message: str) -> None:
    with pytest.raises(TypeError, match=message):
        mock_cloud(*arguments, **options)


@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        ({"time": "fast"}, ValueError, "time is 'tick' or 'skip', not 'fast'"),
        ({"account": "12"}, ValueError, "an account is a text of twelve digits, not '12'"),
        ({"account": 123456789012}, ValueError, "an account is a text of twelve digits, not 123456789012"),
        ({"seed": None}, TypeError, "a seed is a number or a text, not None: the same run must be possible again"),
        ({"clock": "2025-01-01"}, TypeError, "a time is a datetime, or seconds since the epoch, not '2025-01-01'"),
    ],
)
def test_values_that_an_option_does_not_take(options: Any, error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message), mock_cloud(**options):
        pass
    assert current.open_clouds() == []
    assert "AWS_ACCESS_KEY_ID" not in os.environ or os.environ["AWS_ACCESS_KEY_ID"] != "AKIAMOCKSERVERLESS00"


def test_the_same_seed_gives_the_same_run() -> None:
    def run(seed: int | str) -> Any:
        with mock_cloud(clock=START, seed=seed):
            sts = boto3.client("sts")
            return [sts.get_session_token() for _ in range(3)]

    assert run(7) == run(7)
    assert run(7) != run("7")
    assert run(7)[0]["ResponseMetadata"]["RequestId"] != run(7)[1]["ResponseMetadata"]["RequestId"]


# ---------------------------------------------------------------------- what failed in the background


@job("test_mock_cloud:fail")
def _fail(scope: Any, key: str) -> None:
    scope.report_failure(key, f"{key} broke", "Traceback: ...")


def fail_in_background(cloud: Cloud, key: str = "the function f") -> None:
    account()  # so that there is an STS
    cloud.state_of("sts", cloud.account, cloud.region).scope.later(0, "test_mock_cloud:fail", key=key)
    cloud.settle()


def test_a_background_failure_is_a_warning() -> None:
    with pytest.warns(BackgroundFailureWarning) as caught, mock_cloud() as cloud:
        fail_in_background(cloud)
    assert str(caught[0].message) == (
        "1 failed in the background, and nobody looked:\n\nthe function f broke\nTraceback: ..."
    )
    assert caught[0].filename == __file__


def test_a_background_failure_of_a_strict_mock_is_an_error() -> None:
    with pytest.raises(BackgroundFailure, match="2 failed in the background"), mock_cloud(strict=True) as cloud:
        fail_in_background(cloud, "f")
        fail_in_background(cloud, "g")
    assert current.open_clouds() == []


def test_a_failure_that_was_looked_at_is_not_reported() -> None:
    with mock_cloud(strict=True) as cloud:
        fail_in_background(cloud, "f")
        cloud.state_of("sts", cloud.account, cloud.region).scope.looked_at("f")


@pytest.mark.parametrize("strict", [False, True])
def test_a_body_that_raised_keeps_its_own_error(strict: bool) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        with pytest.raises(ZeroDivisionError) as caught, mock_cloud(strict=strict) as cloud:
            fail_in_background(cloud)
            raise ZeroDivisionError
    if sys.version_info >= (3, 11):
        assert "the function f broke" in caught.value.__notes__[0]


def test_failures_outlive_a_rollback() -> None:
    with pytest.raises(BackgroundFailure, match="f broke"), mock_cloud(strict=True) as cloud, cloud.scratch():
        fail_in_background(cloud, "f")


def test_one_that_is_looked_at_after_a_rollback() -> None:
    with mock_cloud(strict=True) as cloud:
        before = cloud.snapshot()
        fail_in_background(cloud, "f")
        cloud.failures.clear()
        cloud.restore(before)


# ---------------------------------------------------------------------- imports


IMPORTS = """
    import sys
    import mock_serverless
    import mock_serverless.pytest_plugin
    from mock_serverless import mock_cloud
    heavy = {"botocore", "hypothesis", "boto3", "requests", "httpx", "aiohttp", "asyncio"} & set(sys.modules)
    assert not heavy, heavy

    class Blocked:
        def find_spec(self, name, path=None, target=None):
            if name.partition(".")[0] in ("boto3", "aioboto3", "aiobotocore", "requests", "httpx", "aiohttp", "time_machine"):
                raise ModuleNotFoundError(name, name=name)
    sys.meta_path.insert(0, Blocked())
    with mock_cloud() as cloud:
        import botocore.session
        sts = botocore.session.get_session().create_client("sts")
        assert sts.get_caller_identity()["Account"] == "123456789012"
    print("fine")
"""


def test_nothing_heavy_is_imported_and_boto3_is_not_needed() -> None:
    code = textwrap.dedent(IMPORTS).replace("import mock_serverless.pytest_plugin\n", "")
    ran = subprocess.run([sys.executable, "-W", "error", "-c", code], capture_output=True, text=True, timeout=60)
    assert ran.stdout == "fine\n", ran.stderr
