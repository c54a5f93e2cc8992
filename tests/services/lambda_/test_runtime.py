"""What AWS's Python runtime does with code, from cases with their sources."""

from __future__ import annotations

import base64
import json
import logging
import os
import re
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from mock_serverless.cloud import Cloud

CASES = json.loads((Path(__file__).parents[2] / "cases" / "lambda_runtime.json").read_text(encoding="utf-8"))


def _ids_out(value: Any, request_id: str) -> Any:
    return json.loads(json.dumps(value).replace(request_id, "<id>"))


@pytest.mark.parametrize("case", CASES, ids=[c["name"] for c in CASES])
def test_case(case: dict[str, Any], client: Any, deploy: Any) -> None:
    before = dict(os.environ), set(sys.modules), list(sys.path), os.getcwd(), logging.getLogger().level
    settings = {"Timeout": case.get("timeout", 3), "Handler": case.get("handler", "app.handler")}
    if "environment" in case:
        settings["Environment"] = {"Variables": case["environment"]}
    deploy("f", case["files"], **settings)
    answer = client.invoke(FunctionName="f", Payload=json.dumps(case.get("event")), LogType="Tail")
    payload = json.loads(answer["Payload"].read())
    log = base64.b64decode(answer["LogResult"]).decode()
    found = re.search(r"RequestId: (\S+)", log)
    assert found is not None
    log = log.replace(found[1], "<id>")
    if "payload" in case:
        assert payload == case["payload"]
        assert "FunctionError" not in answer
    else:
        assert answer["FunctionError"] == "Unhandled"
        if "error" in case:
            payload = _ids_out(payload, found[1])
            assert payload == case["error"]
        else:
            assert payload["errorType"] == case["error_type"]
            assert payload["stackTrace"][-1].startswith('  File "/var/task/app.py", line 1, in <module>')
    assert case.get("log", "") in log
    assert case.get("not_in_log", "\x00") not in log
    if "whole_log" in case:
        assert log == case["whole_log"]
    assert (dict(os.environ), list(sys.path), os.getcwd(), logging.getLogger().level) == (before[0], *before[2:])
    leaked = {m for m in set(sys.modules) - before[1] if m.partition(".")[0] in ("app", "src", "top", "pkg", "library")}
    assert not leaked


def test_two_functions_may_both_be_app(deploy: Any, call: Any) -> None:
    code = "import helper\nN = 0\ndef handler(event, context):\n    global N\n    N += 1\n    return [helper.WHO, N]\n"
    deploy("one", {"app.py": code, "helper.py": "WHO = 'one'"})
    deploy("two", {"app.py": code, "helper.py": "WHO = 'two'"})
    assert [call("one"), call("two"), call("one"), call("two")] == [["one", 1], ["two", 1], ["one", 2], ["two", 2]]


def test_tracebacks_show_the_functions_own_lines(deploy: Any, call: Any) -> None:
    code = "import traceback\ndef handler(event, context):\n    try: {}\n    except Exception: return traceback.format_exc()\n"
    deploy("one", {"app.py": code.format("[][1]")})
    deploy("two", {"app.py": code.format("{}['two']")})
    for name, line in (("one", "[][1]"), ("two", "{}['two']"), ("one", "[][1]")):
        assert f"try: {line}" in call(name)


def test_functions_call_each_other_and_themselves(deploy: Any, call: Any, cloud: Cloud) -> None:
    code = """
import boto3, json, os
STATE = []
def handler(event, context):
    STATE.append(event)
    if event == 0:
        return os.environ["AWS_LAMBDA_FUNCTION_NAME"], len(STATE)
    other = {"one": "two", "two": "one"}[context.function_name]
    inner = boto3.client("lambda").invoke(FunctionName=other, Payload=json.dumps(event - 1))
    found = json.loads(inner["Payload"].read())
    return [context.function_name, os.environ["AWS_LAMBDA_FUNCTION_NAME"], found]
"""
    deploy("one", code, Timeout=60)
    deploy("two", code, Timeout=60)
    assert call("one", 3) == ["one", "one", ["two", "two", ["one", "one", ["two", 1]]]]
    assert [c.caller for c in cloud.calls(operation="Invoke")] == ["test", "one", "two", "one"]


def test_endless_recursion_is_stopped(deploy: Any, call: Any, cloud: Cloud) -> None:
    code = """
import boto3, json
def handler(event, context):
    try:
        inner = boto3.client("lambda").invoke(FunctionName="f", Payload=json.dumps(event + 1))
    except Exception as e:
        return [event, type(e).__name__]
    return json.loads(inner["Payload"].read())
"""
    deploy("f", code, Timeout=60)
    assert call("f", 1) == [16, "RecursiveInvocationException"]


def test_new_code_starts_cold(client: Any, deploy: Any, call: Any, cloud: Cloud) -> None:
    from .conftest import zipped

    code = "N = 0\ndef handler(event, context):\n    global N\n    N += 1\n    return [%r, N]\n"
    deploy("f", code % "old")
    assert [call("f"), call("f")] == [["old", 1], ["old", 2]]
    client.update_function_code(FunctionName="f", ZipFile=zipped({"app.py": code % "new"}))
    assert [call("f"), call("f")] == [["new", 1], ["new", 2]]
    cloud.clock.advance(seconds=10)
    client.update_function_configuration(FunctionName="f", Description="other")
    assert call("f") == ["new", 1]


def test_a_timeout_ends_the_environment(deploy: Any, call: Any) -> None:
    deploy(
        "f",
        "import time\nN = 0\ndef handler(event, context):\n    global N\n    N += 1\n    time.sleep(event)\n    return N\n",
    )
    assert [call("f", 0), call("f", 0)] == [1, 2]
    assert call("f", 5)[1]["errorType"] == "Sandbox.Timedout"
    assert call("f", 0) == 1


def test_a_restored_cloud_is_cold(cloud: Cloud, deploy: Any, call: Any) -> None:
    deploy("f", "N = 0\ndef handler(event, context):\n    global N\n    N += 1\n    return N\n")
    assert call("f") == 1
    snap = cloud.snapshot()
    assert call("f") == 2
    cloud.restore(snap)
    assert call("f") == 1


def test_the_function_uses_up_its_callers_time(deploy: Any, call: Any) -> None:
    deploy("slow", "import time\ndef handler(event, context):\n    time.sleep(5)\n    return 'slow'\n", Timeout=10)
    deploy(
        "outer",
        "import boto3\ndef handler(event, context):\n    boto3.client('lambda').invoke(FunctionName='slow')\n    return 1\n",
        Timeout=4,
    )
    _, payload = call("outer")
    assert payload["errorMessage"].endswith("Task timed out after 4.00 seconds")


def test_vendored_copies_of_the_sdk_are_left_alone(deploy: Any, call: Any) -> None:
    deploy(
        "f",
        {
            "app.py": "import boto3\ndef handler(event, context):\n    return boto3.__version__ != 'fake'\n",
            "boto3.py": "__version__ = 'fake'",
        },
    )
    assert call("f") is True


def test_a_function_in_another_runtime_is_refused_by_name(deploy: Any, client: Any) -> None:
    from mock_serverless.core.errors import NotSupported

    deploy("f", "", Runtime="nodejs22.x")
    with pytest.raises(NotSupported, match=r"nodejs22\.x"):
        client.invoke(FunctionName="f")


def test_a_service_that_is_not_there_is_no_function_error(deploy: Any, client: Any) -> None:
    from mock_serverless.core.errors import NotSupported

    deploy("f", "import boto3\ndef handler(event, context):\n    boto3.client('rekognition').list_collections()\n")
    with pytest.raises(NotSupported, match="rekognition"):
        client.invoke(FunctionName="f")


def test_json_logs(deploy: Any, client: Any) -> None:
    code = "import logging\ndef handler(event, context):\n    logging.info('hello', extra={'order': 7})\n"
    code += "    raise KeyError('x')\n"
    deploy("f", code, LoggingConfig={"LogFormat": "JSON"})
    answer = client.invoke(FunctionName="f", LogType="Tail")
    lines = [json.loads(line) for line in base64.b64decode(answer["LogResult"]).decode().splitlines()]
    assert [line.get("type") or line["level"] for line in lines] == [
        "platform.start",
        "INFO",
        "ERROR",
        "platform.report",
    ]
    assert (lines[1]["message"], lines[1]["order"], lines[2]["errorType"]) == ("hello", 7, "KeyError")


def test_functions_in_several_threads(deploy: Any, cloud: Cloud) -> None:
    import boto3

    code = "import os, time, helper\ndef handler(event, context):\n    time.sleep(0.5)\n"
    code += "    return [helper.WHO, os.environ['WHO']]\n"
    for name in ("one", "two"):
        deploy(name, {"app.py": code, "helper.py": f"WHO = {name!r}"}, Environment={"Variables": {"WHO": name}})
    fan_out = """
import boto3, json
from concurrent.futures import ThreadPoolExecutor
def invoke(name):
    return json.loads(boto3.client("lambda").invoke(FunctionName=name)["Payload"].read())
def handler(event, context):
    with ThreadPoolExecutor(4) as pool:
        return list(pool.map(invoke, ["one", "two"] * 4))
"""
    deploy("fan", fan_out, Timeout=100)
    client = boto3.client("lambda", region_name="us-east-1")
    before = list(sys.path), dict(os.environ)

    def invoke(name: str) -> Any:
        return json.loads(client.invoke(FunctionName=name)["Payload"].read())

    with ThreadPoolExecutor(4) as pool:
        found = list(pool.map(invoke, ["fan", "one", "two", "one"]))
    assert found == [[["one", "one"], ["two", "two"]] * 4, ["one", "one"], ["two", "two"], ["one", "one"]]
    assert (list(sys.path), dict(os.environ)) == before
    assert "helper" not in sys.modules
    assert {c.caller for c in cloud.calls(operation="Invoke")} == {"test", "fan"}
