"""SnapStart: what runs when a version is published, what when it is restored, and what comes of errors in either."""

from __future__ import annotations

import json
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError

from mock_serverless.cloud import Cloud

# https://docs.aws.amazon.com/lambda/latest/dg/snapstart.html and its pages on hooks, monitoring and troubleshooting
ON = {"ApplyOn": "PublishedVersions"}
HOOKS = """
_before, _after = [], []

def register_before_snapshot(function, *args, **kwargs):
    _before.append((function, args, kwargs))
    return function

def register_after_restore(function, *args, **kwargs):
    _after.append((function, args, kwargs))
    return function

def get_before_snapshot():
    return _before

def get_after_restore():
    return _after
"""
CODE = """
import os, time
from snapshot_restore_py import register_after_restore, register_before_snapshot
SEEN = [("init", time.time())]
print("loaded")
for name in ("first", "second"):
    register_before_snapshot(lambda name: SEEN.append((name, time.time())), name)

@register_after_restore
def connect():
    print("connected")
    SEEN.append(("connect", time.time()))

def handler(event, context):
    print("handled")
    return SEEN
"""
Deploy = Callable[..., str]
Call = Callable[..., Any]


@pytest.fixture
def publish(deploy: Deploy, client: Any) -> Callable[..., dict[str, Any]]:
    """Create a function with SnapStart from code and publish its version 1; what PublishVersion answers."""

    def make(code: str = CODE, name: str = "f", **settings: Any) -> dict[str, Any]:
        deploy(name, {"app.py": code, "snapshot_restore_py.py": HOOKS}, SnapStart=ON, **settings)
        answer: dict[str, Any] = client.publish_version(FunctionName=name)
        return answer

    return make


def state(client: Any, number: str = "1") -> tuple[Any, ...]:
    found = client.get_function_configuration(FunctionName="f", Qualifier=number)
    return found["State"], found.get("StateReasonCode"), found["SnapStart"]["OptimizationStatus"]


def test_init_runs_when_the_version_is_published(publish: Any, client: Any, call: Call, cloud: Cloud) -> None:
    answer = publish()
    assert (answer["State"], answer["StateReasonCode"], answer["Version"]) == ("Pending", "Creating", "1")
    assert state(client) == ("Active", None, "On")
    assert [line for line in cloud.function.logs("f") if line in ("loaded", "connected")] == ["loaded"]
    published = cloud.clock.timestamp()
    cloud.clock.advance(hours=1)
    restored = cloud.clock.timestamp()
    expected = [["init", published], ["second", published], ["first", published], ["connect", restored]]
    assert call("f", Qualifier="1") == expected
    cloud.clock.advance(hours=1)
    assert call("f", Qualifier="1") == expected  # warm
    assert [name for name, _ in call("f")] == ["init"]  # the unpublished version has no snapshot


def test_a_version_that_is_published_at_once(deploy: Deploy, client: Any, call: Call, cloud: Cloud) -> None:
    deploy("f", {"app.py": CODE, "snapshot_restore_py.py": HOOKS}, SnapStart=ON, Publish=True)
    assert state(client) == ("Active", None, "On")
    assert "loaded" in cloud.function.logs("f")
    assert len(call("f", Qualifier="1")) == 4


def test_without_hooks(deploy: Deploy, client: Any, call: Call) -> None:
    deploy("f", "def handler(event, context): return 1", SnapStart=ON, Publish=True)
    assert state(client)[0] == "Active"
    assert call("f", Qualifier="1") == 1


def test_the_log(publish: Any, client: Any, call: Call, cloud: Cloud) -> None:
    publish()
    before = len(cloud.function.logs("f"))
    assert cloud.function.logs("f") == ["loaded", "INIT_REPORT Init Duration: 0.00 ms"]
    call("f", Qualifier="1")
    lines = cloud.function.logs("f")[before:]
    assert lines[:2] == ["connected", "RESTORE_REPORT Restore Duration: 0.00 ms"]
    assert lines[2].startswith("START RequestId: ")
    assert lines[-1].partition("Max Memory Used: 32 MB")[2] == (
        "\tRestore Duration: 0.00 ms\tBilled Restore Duration: 0 ms\t"
    )
    call("f", Qualifier="1")
    assert "Restore" not in cloud.function.logs("f")[-1]
    events = boto3.client("logs").filter_log_events(logGroupName="/aws/lambda/f")["events"]
    heads = [event["message"].split()[0] for event in events]
    assert [head for head in heads if head.endswith("_START")] == ["INIT_START", "RESTORE_START"]


def test_durations(publish: Any, call: Call, cloud: Cloud) -> None:
    slow = CODE.replace("SEEN.append((name, time.time()))", "time.sleep(30)")
    slow = slow.replace('print("connected")', "time.sleep(1.5)")
    publish(slow)
    assert cloud.function.logs("f")[-1] == "INIT_REPORT Init Duration: 60000.00 ms"
    call("f", Qualifier="1")
    assert cloud.function.logs("f")[-1].partition("\tRestore")[2] == (
        " Duration: 1500.00 ms\tBilled Restore Duration: 1500 ms\t"
    )


def test_the_log_in_json(publish: Any, call: Call, cloud: Cloud) -> None:
    publish(LoggingConfig={"LogFormat": "JSON", "SystemLogLevel": "DEBUG"})
    call("f", Qualifier="1")
    records = [json.loads(line) for line in cloud.function.logs("f") if line.startswith("{")]
    assert [r["type"] for r in records if "type" in r] == [
        "platform.initRuntimeDone",
        "platform.initReport",
        "platform.restoreRuntimeDone",
        "platform.restoreReport",
        "platform.start",
        "platform.runtimeDone",
        "platform.report",
    ]
    assert records[0]["record"]["initializationType"] == "snap-start"
    assert records[-1]["record"]["metrics"]["billedRestoreDurationMs"] == 0


# https://docs.aws.amazon.com/lambda/latest/dg/snapstart-monitoring.html: there are no variables for group and stream
def test_the_environment(publish: Any, call: Call) -> None:
    names = ("AWS_LAMBDA_INITIALIZATION_TYPE", "AWS_LAMBDA_LOG_GROUP_NAME", "AWS_LAMBDA_LOG_STREAM_NAME")
    publish(
        "import os\ndef handler(event, context):\n"
        f"    return [os.environ.get(name) for name in {names!r}] + [context.log_group_name, context.log_stream_name]"
    )
    assert call("f", Qualifier="1") == ["snap-start", None, None, None, None]
    assert call("f")[:2] == ["on-demand", "/aws/lambda/f"]


@pytest.mark.parametrize(
    ("code", "status"),
    [
        ("raise ValueError('no such setting')", "error\tError Type: ValueError"),
        ("def other(event, context): pass", "error\tError Type: Runtime.HandlerNotFound"),
        ("import sys\nsys.exit(3)", "error\tError Type: Runtime.ExitError"),
        ("import time\ntime.sleep(131)", "timeout"),
        (CODE.replace("SEEN.append((name, time.time()))", "SEEN.missing"), "error\tError Type: AttributeError"),
    ],
    ids=["raises", "no handler", "exits", "takes too long", "hook"],
)
def test_a_version_that_can_not_be_initialized(publish: Any, client: Any, code: str, status: str, cloud: Cloud) -> None:
    assert publish(code)["State"] == "Pending"
    found = client.get_function(FunctionName="f", Qualifier="1")["Configuration"]
    assert (found["State"], found["StateReasonCode"]) == ("Failed", "FunctionError")
    assert found["StateReason"] == "An error occurred during function initialization."
    assert cloud.function.logs("f")[-1].endswith(f"\tPhase: init\tStatus: {status}")
    with pytest.raises(client.exceptions.ResourceConflictException, match="in the following state: Failed"):
        client.invoke(FunctionName="f", Qualifier="1")
    with pytest.raises(client.exceptions.ResourceConflictException, match="FunctionError"):
        client.create_alias(FunctionName="f", Name="live", FunctionVersion="1")


def test_the_functions_own_limit_is_one_for_init_if_longer(publish: Any, client: Any) -> None:
    publish("import time\ntime.sleep(200)\ndef handler(event, context): pass", Timeout=300)
    assert state(client)[0] == "Active"


@pytest.mark.parametrize(
    ("hook", "code", "status"),
    [
        ("raise OSError('no connection')", "SnapStartException", 400),
        ("time.sleep(10)", "SnapStartTimeoutException", 408),
    ],
)
def test_hooks_after_a_restore_that_fail(
    publish: Any, client: Any, cloud: Cloud, hook: str, code: str, status: int
) -> None:
    publish(CODE.replace('print("connected")', hook))
    assert state(client)[0] == "Active"
    with pytest.raises(ClientError) as refused:
        client.invoke(FunctionName="f", Qualifier="1")
    assert refused.value.response["Error"]["Code"] == code
    assert refused.value.response["ResponseMetadata"]["HTTPStatusCode"] == status
    assert any(line.startswith("RESTORE_REPORT") and "Status: " in line for line in cloud.function.logs("f"))
    assert "handled" not in cloud.function.logs("f")


def test_a_version_is_not_ready_before(deploy: Deploy, client: Any, call: Call) -> None:
    """Inside of a function nothing in the background is done: the version is Pending still."""
    deploy("f", "def handler(event, context): return 1", SnapStart=ON)
    deploy(
        "publisher",
        """
import boto3
def handler(event, context):
    client = boto3.client("lambda")
    client.publish_version(FunctionName="f")
    try:
        client.invoke(FunctionName="f", Qualifier="1")
    except Exception as e:
        return e.response["Error"]
""",
    )
    assert call("publisher") == {
        "Code": "SnapStartNotReadyException",
        "Message": "Lambda is initializing your function. It will be ready to invoke once your function state becomes ACTIVE.",
    }
    assert call("f", Qualifier="1") == 1


def test_further_environments(publish: Any, client: Any, cloud: Cloud, call: Call) -> None:
    code = "import boto3, json\n" + CODE.replace(
        "    return SEEN",
        "    if event:\n"
        "        boto3.client('lambda').invoke(FunctionName='f', Qualifier='1', Payload=json.dumps(event - 1))\n"
        "    return [name for name, _ in SEEN]",
    )
    publish(code)
    assert call("f", 1, Qualifier="1") == ["init", "second", "first", "connect"]
    assert cloud.function.logs("f").count("connected") == 2
    with ThreadPoolExecutor(2) as pool:
        found = list(pool.map(lambda _: call("f", 0, Qualifier="1"), range(4)))
    assert found == [["init", "second", "first", "connect"]] * 4


def test_rollback(publish: Any, call: Call, cloud: Cloud) -> None:
    publish()
    with cloud.scratch():
        assert len(call("f", Qualifier="1")) == 4
    assert len(call("f", Qualifier="1")) == 4


# the words as users report them
@pytest.mark.parametrize("runtime", ["nodejs22.x", "python3.11", "provided.al2023"])
def test_runtimes_without(client: Any, deploy: Deploy, runtime: str) -> None:
    message = f"{runtime} is not supported for SnapStart enabled functions"
    with pytest.raises(client.exceptions.InvalidParameterValueException, match=message):
        deploy("f", "", Runtime=runtime, SnapStart=ON)
    deploy("f", "", Runtime=runtime)
    with pytest.raises(client.exceptions.InvalidParameterValueException, match=message):
        client.update_function_configuration(FunctionName="f", SnapStart=ON)


def test_other_languages_are_published(client: Any, deploy: Deploy) -> None:
    deploy("f", "", Runtime="java21", SnapStart=ON, Publish=True)
    assert state(client) == ("Active", None, "On")
