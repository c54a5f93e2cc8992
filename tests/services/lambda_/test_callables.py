"""``cloud.function``: callables of the test as functions."""

from __future__ import annotations

import asyncio
import base64
import json
import os
import time
import unittest
from datetime import datetime, timezone
from time import monotonic, sleep
from time import time as now
from time import time_ns as now_ns
from typing import Any

import pytest

from mock_serverless.cloud import Cloud
from mock_serverless.core.errors import AwsError


def test_decorator(cloud: Cloud, call: Any) -> None:
    @cloud.function("f", timeout=7, memory=256, environment={"TABLE": "t"})
    def handler(event: Any, context: Any) -> Any:
        return [event, context.function_name, context.memory_limit_in_mb, os.environ["TABLE"], os.environ["MY_TEST"]]

    os.environ["MY_TEST"] = "visible"
    try:
        assert call("f", 1) == [1, "f", "256", "t", "visible"]
    finally:
        del os.environ["MY_TEST"]
    assert "TABLE" not in os.environ
    assert callable(handler)


def test_time_is_virtual_even_for_names_bound_before(cloud: Cloud, call: Any) -> None:
    def handler(event: Any, context: Any) -> Any:
        sleep(2)
        return [time.time(), datetime.now(timezone.utc).timestamp()]

    cloud.function("f", handler)
    began = cloud.clock.timestamp()
    assert call("f") == [began + 2, began + 2]
    assert sleep is time.sleep


def test_clocks_bound_before(cloud: Cloud, call: Any) -> None:
    def handler(event: Any, context: Any) -> Any:
        before = monotonic()
        sleep(2)
        return [now(), now_ns(), monotonic() - before]

    cloud.function("f", handler)
    then = cloud.clock.timestamp() + 2
    for _ in range(2):
        assert call("f") == [then, int(then * 1e9), 2]
        then += 2
    assert abs(now() - datetime.now(timezone.utc).timestamp()) < 60
    assert monotonic is time.monotonic


@pytest.mark.parametrize("signal", [KeyboardInterrupt, unittest.SkipTest, pytest.skip.Exception, pytest.exit.Exception])
def test_signals_to_the_test_runner_go_through(cloud: Cloud, client: Any, signal: Any) -> None:
    def handler(event: Any, context: Any) -> None:
        raise signal("stop")

    cloud.function("f", handler)
    with pytest.raises(signal, match="stop"):
        client.invoke(FunctionName="f")
    with pytest.raises(signal, match="stop"):
        client.invoke(FunctionName="f", InvocationType="Event")


def test_a_failed_assertion_is_shown_by_the_journal(cloud: Cloud, client: Any) -> None:
    def handler(event: Any, context: Any) -> None:
        raise AssertionError("not what the test expected")

    cloud.function("f", handler)
    client.invoke(FunctionName="f")
    assert 'FunctionError="Unhandled", Payload="{\\"errorMessage\\": \\"not what' in repr(cloud.calls[-1])


@pytest.mark.parametrize(
    ("name", "settings", "expected"),
    [
        ("no name", {}, (AwsError, "'functionName' failed to satisfy constraint")),
        ("f", {"timeout": 0}, (AwsError, "'timeout' failed to satisfy constraint")),
        ("f", {"timeout": 901}, (AwsError, "less than or equal to 900")),
        ("f", {"timeout": 1.5}, (TypeError, "Timeout: expected a integer, got 1.5")),
        ("f", {"memory": 64}, (AwsError, "'memorySize' failed to satisfy constraint")),
        ("f", {"environment": {"A": 1}}, (TypeError, "expected a string, got 1")),
        ("f", {"environment": {1: "A"}}, (TypeError, "expected a string, got 1")),
        ("f", {"environment": {"no name": ""}}, (AwsError, "failed to satisfy constraint")),
        ("f", {"description": "x" * 257}, (AwsError, "'description' failed to satisfy constraint")),
        ("f", {"tags": {str(i): "" for i in range(51)}}, (AwsError, "exceeds resource tag limit")),
    ],
)
def test_settings_are_checked(cloud: Cloud, name: str, settings: Any, expected: Any) -> None:
    with pytest.raises(expected[0], match=expected[1]):
        cloud.function(name, lambda event, context: None, **settings)


def test_timeout(cloud: Cloud, call: Any) -> None:
    cloud.function("f", lambda event, context: sleep(10), timeout=4)
    began = cloud.clock.timestamp()
    _, payload = call("f")
    assert payload["errorMessage"].endswith("Error: Task timed out after 4.00 seconds")
    assert cloud.clock.timestamp() == began + 4


@pytest.mark.usefixtures("no_real_waiting")
def test_it_may_run_an_event_loop_in_one(cloud: Cloud, client: Any) -> None:
    async def work() -> str:
        await asyncio.sleep(1.5)
        return "worked"

    cloud.function("f", lambda event, context: asyncio.run(work()))

    async def main() -> Any:
        found = json.loads(client.invoke(FunctionName="f")["Payload"].read())
        await asyncio.sleep(0)
        return found

    assert asyncio.run(main()) == "worked"


def test_coroutine_functions_are_refused(cloud: Cloud) -> None:
    async def handler(event: Any, context: Any) -> None: ...

    with pytest.raises(TypeError, match="awaits nothing"):
        cloud.function("f", handler)
    with pytest.raises(TypeError, match="callable"):
        cloud.function("f", "app.handler")  # type: ignore[arg-type]


def test_a_new_callable_takes_the_place_of_the_old(cloud: Cloud, call: Any) -> None:
    cloud.function("f", lambda event, context: "old")
    assert call("f") == "old"
    cloud.function("f", lambda event, context: "new")
    assert call("f") == "new"


def test_client_context(cloud: Cloud, client: Any) -> None:
    cloud.function("f", lambda event, context: [context.client_context.custom, context.client_context.client.app_title])
    given = base64.b64encode(json.dumps({"custom": {"a": 1}, "client": {"app_title": "T"}}).encode()).decode()
    assert json.loads(client.invoke(FunctionName="f", ClientContext=given)["Payload"].read()) == [{"a": 1}, "T"]
    with pytest.raises(client.exceptions.InvalidRequestContentException, match="valid Base64-encoded JSON object"):
        client.invoke(FunctionName="f", ClientContext="!")


def test_traceback_names_the_test(cloud: Cloud, call: Any) -> None:
    def handler(event: Any, context: Any) -> None:
        raise LookupError("here")

    cloud.function("f", handler)
    _, payload = call("f")
    assert (payload["errorType"], payload["errorMessage"]) == ("LookupError", "here")
    assert len(payload["stackTrace"]) == 1
    assert "test_callables.py" in payload["stackTrace"][0]


def test_another_region(cloud: Cloud) -> None:
    import boto3

    cloud.function("f", lambda event, context: os.environ["AWS_REGION"], region="eu-west-1")
    answer = boto3.client("lambda", region_name="eu-west-1").invoke(FunctionName="f")
    assert json.loads(answer["Payload"].read()) == "eu-west-1"
