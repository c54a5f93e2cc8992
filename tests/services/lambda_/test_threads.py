"""Functions that run at once in several threads: each has the process to itself, and none waits for another.

Who runs when is forced by events which the functions share through ``builtins.meeting``: real waiting, bounded so that a mistake
fails instead of hanging.
"""

from __future__ import annotations

import builtins
import importlib
import json
import linecache
import logging
import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timezone
from time import sleep as bound_sleep
from typing import Any

import pytest

from mock_serverless import mock_cloud
from mock_serverless.cloud import Cloud

PATIENCE = 20.0


class Meeting:
    """Named events."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._events: dict[str, threading.Event] = {}

    def _event(self, name: str) -> threading.Event:
        with self._lock:
            return self._events.setdefault(name, threading.Event())

    def tell(self, name: str) -> None:
        self._event(name).set()

    def wait(self, name: str) -> None:
        assert self._event(name).wait(PATIENCE), f"nobody said {name!r}"

    def both(self, mine: str, other: str) -> None:
        """Say one and wait for the other."""
        self.tell(mine)
        self.wait(other)


@pytest.fixture
def meeting() -> Iterator[Meeting]:
    meeting: Any = Meeting()
    builtins.meeting = meeting  # type: ignore[attr-defined]  # where code from a zip finds it
    yield meeting
    del builtins.meeting  # type: ignore[attr-defined]


PROCESS = {
    "modules": lambda: sys.modules,
    "path": lambda: sys.path,
    "meta path": lambda: list(sys.meta_path),
    "entries": lambda: list(sys.path),
    "import": lambda: builtins.__import__,
    "import_module": lambda: importlib.import_module,
    "lines": lambda: linecache.cache,
    "environ": lambda: os.environ._data,  # type: ignore[attr-defined]
    "variables": lambda: {k: v for k, v in os.environ.items() if k != "PYTEST_CURRENT_TEST"},
    "putenv": lambda: os.putenv,
    "children": lambda: subprocess.Popen.__init__,
    "stdout": lambda: type(sys.stdout),
    "stderr": lambda: type(sys.stderr),
    "root": lambda: type(logging.root),
    "handlers": lambda: logging.root.handlers,
    "which": lambda: list(logging.root.handlers),
    "level": lambda: logging.root.level,
    "enabled": lambda: logging.Logger.isEnabledFor,
    "folder": os.getcwd,
    "threads": lambda: threading.Thread.start,
    "pools": lambda: ThreadPoolExecutor.submit,
    "sleep": lambda: time.sleep,
    "clock": lambda: time.time,
}


@pytest.fixture
def patch(nothing_stays: None) -> Iterator[pytest.MonkeyPatch]:
    """A monkeypatch that is undone before it is looked what has stayed."""
    with pytest.MonkeyPatch.context() as patch:
        yield patch


@pytest.fixture(autouse=True)
def nothing_stays() -> Iterator[None]:
    """After each test the process is what it was, whatever order the functions ended in."""
    before = {name: look() for name, look in PROCESS.items()}
    environ = _environ()
    yield
    changed = [name for name, look in PROCESS.items() if (now := look()) is not before[name] and now != before[name]]
    assert changed == []
    assert "app" not in sys.modules
    assert _environ() == environ


def _environ() -> str:
    """The process' own table, as a child sees it."""
    return subprocess.run(
        [
            sys.executable,
            "-S",
            "-c",
            "import os; print(sorted((k, v) for k, v in os.environ.items() if 'PYTEST' not in k))",
        ],
        capture_output=True,
        text=True,
        check=True,
    ).stdout


def together(*functions: Callable[[], Any]) -> list[Any]:
    with ThreadPoolExecutor(len(functions)) as pool:
        return [f.result(timeout=2 * PATIENCE) for f in [pool.submit(function) for function in functions]]


def invoking(cloud: Cloud, name: str, event: Any = None) -> Any:
    answer = cloud.call("lambda", "Invoke", {"FunctionName": name, "Payload": json.dumps(event), "LogType": "Tail"})
    return json.loads(answer["Payload"])


def test_a_function_may_wait_for_one_in_another_thread(cloud: Cloud) -> None:
    event = threading.Event()
    cloud.function("waits", lambda e, c: event.wait(PATIENCE))
    cloud.function("sets", lambda e, c: event.set())
    assert together(lambda: invoking(cloud, "waits"), lambda: invoking(cloud, "sets")) == [True, None]


def test_a_stub_may_wait_for_one_in_another_thread(cloud: Cloud) -> None:
    barrier = threading.Barrier(2)

    def answer(params: dict[str, Any]) -> dict[str, Any]:
        barrier.wait(PATIENCE)
        return {"Name": params["SecretId"]}

    cloud.stub("secretsmanager", "GetSecretValue", answer)
    answers = together(
        *(lambda s=s: cloud.call("secretsmanager", "GetSecretValue", {"SecretId": s})["Name"] for s in "ab")  # type: ignore[misc]
    )
    assert answers == ["a", "b"]


def test_a_fault_may_wait_for_one_in_another_thread(cloud: Cloud) -> None:
    """Also when the call is made inside of another operation, which has the state's lock."""
    barrier = threading.Barrier(2)
    cloud.fail("lambda", "Invoke", "ServiceException", where=lambda params: barrier.wait(PATIENCE) < 0)
    cloud.function("f", lambda e, c: e)
    task = {
        "Type": "Task",
        "Resource": "arn:aws:states:::lambda:invoke",
        "Parameters": {"FunctionName": "f"},
        "End": True,
    }
    arn = cloud.call(
        "stepfunctions",
        "CreateStateMachine",
        {
            "name": "m",
            "definition": json.dumps({"StartAt": "T", "States": {"T": task}}),
            "roleArn": "arn:aws:iam::123456789012:role/r",
            "type": "EXPRESS",
        },
    )["stateMachineArn"]

    def run() -> str:
        answer = cloud.call("stepfunctions", "StartSyncExecution", {"stateMachineArn": arn})
        return str(answer["status"])

    assert together(run, run) == ["SUCCEEDED", "SUCCEEDED"]


# ---------------------------------------------------------------------- modules

LAZY = """
import os
NAME = os.environ["NAME"]
count = 0

def handler(event, context):
    global count
    count += 1
    mine, other = (NAME, "b") if NAME == "a" else (NAME, "a")
    meeting.both(f"{mine} in {count}", f"{other} in {count}")
    import app
    from lib import thing
    import lib.deep.down
    from lib.deep import down as same
    import importlib, sys
    meeting.both(f"{mine} imported {count}", f"{other} imported {count}")
    again = importlib.import_module("lib.deep.down")
    return {
        "app": app.NAME, "thing": thing.NAME, "down": lib.deep.down.NAME, "again": again is same is lib.deep.down,
        "modules": [sys.modules["app"] is app, sys.modules[__name__].NAME, "lib.deep" in sys.modules, "nothing" in sys.modules],
        "relative": lib.deep.down.up.NAME, "count": count, "own": type(lib.deep.down.Own(1)).__module__,
    }
"""


def package(name: str) -> dict[str, str]:
    return {
        "app.py": LAZY,
        "lib/__init__.py": "",
        "lib/thing.py": f"NAME = {name!r}",
        "lib/deep/__init__.py": "from . import down",
        "lib/deep/down.py": f"from dataclasses import dataclass\nfrom .. import thing as up\nfrom . import down as me\n"
        f"NAME = {name!r}\n@dataclass\nclass Own:\n    x: 'int'\n",
    }


def seen(name: str, count: int) -> dict[str, Any]:
    return {
        "app": name,
        "thing": name,
        "down": name,
        "again": True,
        "modules": [True, name, True, False],
        "relative": name,
        "count": count,
        "own": "lib.deep.down",
    }


def test_each_function_imports_its_own_modules(cloud: Cloud, deploy: Any, meeting: Meeting) -> None:
    """Both packages have ``app`` and ``lib``; each imports inside its handler while the other one does."""
    for name in "ab":
        deploy(name, package(name), Environment={"Variables": {"NAME": name}})
    for count in (1, 2, 3):
        answers = together(lambda: invoking(cloud, "a"), lambda: invoking(cloud, "b"))
        assert answers == [seen("a", count), seen("b", count)]
    for number, name in enumerate("abab"):  # the same environments afterwards, one after the other
        meeting.tell(f"{'b' if name == 'a' else 'a'} in {4 + number // 2}")
        meeting.tell(f"{'b' if name == 'a' else 'a'} imported {4 + number // 2}")
        assert invoking(cloud, name) == seen(name, 4 + number // 2)


@pytest.mark.parametrize("leaves_first", ["first", "second"])
def test_whoever_leaves_first(cloud: Cloud, deploy: Any, meeting: Meeting, leaves_first: str) -> None:
    """The one that came first has sys.modules itself, the other a stand-in; either may end before the other."""
    code = """
import os, sys
def handler(event, context):
    meeting.tell(event["name"] + " in")
    for name in event["waits"]:
        meeting.wait(name)
    import late
    print("to", event["name"])
    return [late.NAME, os.environ["NAME"], __import__("app") is sys.modules["app"], sys.path[0]]
"""
    for name in ("first", "second"):
        files = {"app.py": code, "late.py": f"NAME = {name!r}"}
        deploy(name, files, Environment={"Variables": {"NAME": name}})
    waits = {name: [] if name == leaves_first else [f"{leaves_first} out"] for name in ("first", "second")}
    waits["first"] = ["second in", *waits["first"]]

    def run(name: str) -> Any:
        if name == "second":
            meeting.wait("first in")
        try:
            return invoking(cloud, name, {"name": name, "waits": waits[name]})
        finally:
            meeting.tell(f"{name} out")

    assert together(lambda: run("first"), lambda: run("second")) == [
        [name, name, True, "/var/task"] for name in ("first", "second")
    ]


def test_the_test_s_own_modules_are_seen_by_its_own_code(
    cloud: Cloud, deploy: Any, meeting: Meeting, tmp_path: Any, patch: pytest.MonkeyPatch
) -> None:
    """The zip has the process' sys.modules; a callable in another thread imports the test's module of that name."""
    (tmp_path / "contested.py").write_text("NAME = 'test'")
    (tmp_path / "unloaded_contested.py").write_text("NAME = 'test, late'")
    patch.syspath_prepend(str(tmp_path))
    import contested  # type: ignore[import-not-found]  # written above

    def callable(event: Any, context: Any) -> Any:
        import contested
        import unloaded_contested  # type: ignore[import-not-found]  # written above

        return contested.NAME, unloaded_contested.NAME, sys.modules["contested"] is contested, str(tmp_path) in sys.path

    files = {"contested.py": "NAME = 'zip'", "unloaded_contested.py": "NAME = 'zip'"}
    deploy(
        "zip",
        {
            "app.py": "def handler(e, c):\n    meeting.both('in', 'done')\n    import contested, unloaded_contested\n"
            "    return contested.NAME, unloaded_contested.NAME",
            **files,
        },
    )
    cloud.function("callable", callable)

    def other() -> Any:
        meeting.wait("in")
        try:
            return invoking(cloud, "callable")
        finally:
            meeting.tell("done")

    expected = ["test", "test, late", True, True]
    assert together(lambda: invoking(cloud, "zip"), other) == [["zip", "zip"], expected]
    assert sys.modules["contested"] is contested
    for name in ("contested", "unloaded_contested"):
        patch.delitem(sys.modules, name)


def test_a_callable_that_a_zip_calls_sees_the_test_s_modules(
    cloud: Cloud, deploy: Any, tmp_path: Any, patch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "contested.py").write_text("NAME = 'test'")
    patch.syspath_prepend(str(tmp_path))

    def callable(event: Any, context: Any) -> Any:
        import contested

        return contested.NAME, os.environ.get("OUTER")

    cloud.function("callable", callable)
    code = (
        "import boto3, contested\ndef handler(e, c):\n"
        "    found = boto3.client('lambda').invoke(FunctionName='callable')['Payload'].read().decode()\n"
        "    import contested as again\n    return found, again is contested, contested.NAME"
    )
    deploy("zip", {"app.py": code, "contested.py": "NAME = 'zip'"}, Environment={"Variables": {"OUTER": "x"}})
    assert invoking(cloud, "zip") == ['["test", null]', True, "zip"]
    patch.delitem(sys.modules, "contested")


def test_mistakes_in_imports_are_python_s_own(cloud: Cloud, deploy: Any, meeting: Meeting) -> None:
    """Also in the thread that has a stand-in."""
    code = """
def attempt(text):
    try:
        exec(text, {"__package__": "pack", "__name__": "pack.x"})
    except BaseException as e:
        return type(e).__name__, str(e).replace("/private", "")

def handler(event, context):
    meeting.both(*event)
    import sys
    found = [attempt(line) for line in (
        "import nothing_of_that_name", "import app.sub", "from pack import nothing", "import pack.nothing",
        "from pack import broken", "from ... import x", "import broken", "from pack import *",
    )]
    meeting.both(event[0] + " out", event[1] + " out")
    return found, "broken" in sys.modules, "pack.broken" in sys.modules
"""
    files = {
        "pack/__init__.py": "__all__ = ['fine', 'missing']",
        "pack/fine.py": "",
        "pack/broken.py": "1/0",
        "broken.py": "(",
    }
    for name in "ab":
        deploy(name, {"app.py": code, **files})
    first, second = together(lambda: invoking(cloud, "a", "ab"), lambda: invoking(cloud, "b", "ba"))
    assert first == second
    assert [kind for kind, _ in first[0]] == [
        "ModuleNotFoundError",
        "ModuleNotFoundError",
        "ImportError",
        "ModuleNotFoundError",
        "ZeroDivisionError",
        "ImportError",
        "SyntaxError",
        "AttributeError",
    ]
    assert first[1:] == [False, False]


def test_modules_that_import_each_other(cloud: Cloud, deploy: Any, meeting: Meeting) -> None:
    code = """
def handler(event, context):
    meeting.both(*event)
    from ring import one
    import ring.two
    meeting.both(event[0] + " out", event[1] + " out")
    return one.two.one is one, ring.two is one.two, ring.__name__
"""
    ring = {
        "ring/__init__.py": "",
        "ring/one.py": "from . import two",
        "ring/two.py": "from . import one\nimport ring.one as same",
    }
    for name in "ab":
        deploy(name, {"app.py": code, **ring})
    assert (
        together(lambda: invoking(cloud, "a", "ab"), lambda: invoking(cloud, "b", "ba")) == [[True, True, "ring"]] * 2
    )


def test_the_code_around_the_handlers_runs_at_once_too(cloud: Cloud, deploy: Any, meeting: Meeting) -> None:
    """Python locks the import of ``app``; of which one?"""
    for mine, other in ("ab", "ba"):
        deploy(mine, f"meeting.both('init {mine}', 'init {other}')\ndef handler(e, c):\n    return {mine!r}")
    assert together(lambda: invoking(cloud, "a"), lambda: invoking(cloud, "b")) == ["a", "b"]


def test_one_function_at_once_has_two_environments(cloud: Cloud, deploy: Any, meeting: Meeting) -> None:
    """https://docs.aws.amazon.com/lambda/latest/dg/lambda-concurrency.html: one request at a time in each."""
    deploy(
        "f",
        "import os\ncalls = []\ndef handler(event, context):\n    calls.append(event)\n    meeting.both(*event)\n"
        "    return calls, context.log_stream_name == os.environ['AWS_LAMBDA_LOG_STREAM_NAME'], context.log_stream_name",
    )
    answers = together(lambda: invoking(cloud, "f", "ab"), lambda: invoking(cloud, "f", "ba"))
    assert [answer[:2] for answer in answers] == [[["ab"], True], [["ba"], True]]
    assert answers[0][2] != answers[1][2]


def test_threads_of_a_function_are_where_it_is(cloud: Cloud, deploy: Any, meeting: Meeting) -> None:
    code = """
import os, threading
from concurrent.futures import ThreadPoolExecutor
pool = ThreadPoolExecutor(1)

def look():
    import app
    print("by a thread of", os.environ["NAME"])
    return app is __import__("sys").modules["app"] and app.look is look, os.environ["NAME"]

def handler(event, context):
    meeting.both(*event)
    found = [pool.submit(look).result()]
    thread = threading.Thread(target=lambda: found.append(look()))
    thread.start()
    thread.join()
    meeting.both(event[0] + " out", event[1] + " out")
    return found
"""
    for name in "ab":
        deploy(name, code, Environment={"Variables": {"NAME": name}})
    for mine, other in (("a", "b"), ("a2", "b2")):  # the pools of the first time are used again
        assert together(lambda: invoking(cloud, "a", [mine, other]), lambda: invoking(cloud, "b", [other, mine])) == [  # noqa: B023
            [[True, "a"]] * 2,
            [[True, "b"]] * 2,
        ]
    for name in "ab":
        lines = [line for line in cloud.function.logs(name) if "by a thread" in line]
        assert lines == [f"by a thread of {name}"] * 4


def test_the_initializer_of_a_pool_is_the_functions(cloud: Cloud, deploy: Any) -> None:
    code = """
import boto3, os, threading, time
from concurrent.futures import ThreadPoolExecutor
here = threading.local()

def initialize(name):
    time.sleep(2)
    here.found = [name, os.environ["NAME"], boto3.client("sts").get_caller_identity()["Arn"].rpartition("/")[2]]
    print("initialized")

def handler(event, context):
    began = time.time()
    with ThreadPoolExecutor(1, initializer=initialize, initargs=("given",)) as pool:
        return [*pool.submit(lambda: here.found).result(), round(time.time() - began)]
"""
    deploy("f", code, Environment={"Variables": {"NAME": "of the function"}}, Timeout=10)
    assert invoking(cloud, "f") == ["given", "of the function", "f", 2]
    assert "initialized" in cloud.function.logs("f")


# https://docs.aws.amazon.com/lambda/latest/dg/invocation-recursion.html: stopped at about 16 times
def test_a_loop_through_threads_is_stopped(cloud: Cloud) -> None:
    runs: list[str] = []

    def handler(event: Any, context: Any) -> Any:
        runs.append("")
        with ThreadPoolExecutor(1) as pool:
            return pool.submit(invoking, cloud, "f").result()

    cloud.function("f", handler)
    invoking(cloud, "f")
    assert len(runs) == 16


# ---------------------------------------------------------------------- variables, output, folder


def test_environment_variables(cloud: Cloud, patch: pytest.MonkeyPatch) -> None:
    patch.setenv("COMMON", "of the test")
    barrier = threading.Barrier(3)
    child = [
        sys.executable,
        "-S",
        "-c",
        "import os; print(os.environ.get('OWN'), os.environ.get('SET'), 'COMMON' in os.environ)",
    ]

    def look() -> Any:
        own = os.environ.get("OWN"), os.getenv("SET"), "OWN" in os.environ, os.environb.get(b"OWN")
        return [*own, dict(os.environ).get("OWN"), subprocess.run(child, capture_output=True, text=True).stdout.split()]

    def handler(event: Any, context: Any) -> Any:
        barrier.wait(PATIENCE)
        os.environ["SET"] = event
        del os.environ["COMMON"]
        barrier.wait(PATIENCE)
        found = look()
        barrier.wait(PATIENCE)
        return [f.decode() if isinstance(f, bytes) else f for f in found]

    for name in "ab":
        cloud.function(name, handler, environment={"OWN": name})

    def test() -> Any:
        for _ in range(2):
            barrier.wait(PATIENCE)
        found = look()
        barrier.wait(PATIENCE)
        return found

    found = together(lambda: invoking(cloud, "a", "for a"), lambda: invoking(cloud, "b", "for b"), test)
    for name in "ab":
        assert found["ab".index(name)] == [name, f"for {name}", True, name, name, [name, "for", name, "False"]]
    assert found[2] == [None, None, False, None, None, ["None", "None", "True"]]
    assert os.environ["COMMON"] == "of the test"
    assert "SET" not in os.environ


def test_output_and_logging(cloud: Cloud, deploy: Any, meeting: Meeting, capsys: pytest.CaptureFixture[str]) -> None:
    code = """
import logging, sys
logging.getLogger().setLevel(logging.DEBUG if __import__("os").environ["NAME"] == "a" else logging.ERROR)

def handler(event, context):
    name = event[0]
    for i in range(3):
        meeting.both(f"{name}{i}", f"{event[1]}{i}")
        print("printed by", name)
        print("complaint of", name, file=sys.stderr)
        logging.getLogger("shared").info("info of %s", name)
        logging.getLogger("shared").error("error of %s", name)
"""
    for name in "ab":
        deploy(name, code, Environment={"Variables": {"NAME": name}})

    def test() -> None:
        meeting.wait("a0")
        print("printed by the test")
        meeting.wait("a2")

    together(lambda: invoking(cloud, "a", "ab"), lambda: invoking(cloud, "b", "ba"), test)
    for name in "ab":
        lines = [line.split("\t")[-1] for line in cloud.function.logs(name)]
        said = [line for line in lines if " of " in line or "printed" in line]
        info = [f"info of {name}"] if name == "a" else []
        assert said == [f"printed by {name}", f"complaint of {name}", *info, f"error of {name}"] * 3
    shown = capsys.readouterr().out.splitlines()
    assert sorted(line for line in shown if "printed" in line) == sorted(
        [*["printed by a", "printed by b"] * 3, "printed by the test"]
    )


def test_what_a_called_function_writes_is_in_its_own_log(cloud: Cloud) -> None:
    def outer(event: Any, context: Any) -> None:
        print("outer before")
        invoking(cloud, "inner")
        print("outer after")

    cloud.function("outer", outer)
    cloud.function("inner", lambda e, c: print("inner"))
    invoking(cloud, "outer")
    assert [line for line in cloud.function.logs("outer") if line.startswith(("outer", "inner"))] == [
        "outer before",
        "outer after",
    ]
    assert "inner" in cloud.function.logs("inner")


def test_handlers_of_the_root_logger_stay_with_the_environment(cloud: Cloud, deploy: Any) -> None:
    """What the code around the handler adds is there in each invocation, as on AWS, and only there."""
    deploy(
        "f",
        "import logging\nclass Own(logging.Handler):\n    def emit(self, record):\n        print('own', record.msg)\n"
        "logging.getLogger().addHandler(Own())\ndef handler(e, c):\n    logging.getLogger().warning(e)\n",
    )
    for word in ("one", "two"):
        invoking(cloud, "f", word)
    assert [line for line in cloud.function.logs("f") if line.startswith("own")] == ["own one", "own two"]


def test_the_working_directory_is_the_first_one_s_and_then_the_next_one_s(
    cloud: Cloud, deploy: Any, meeting: Meeting
) -> None:
    code = """
import os, subprocess, sys
def look():
    child = subprocess.run(
        [sys.executable, "-S", "-c", "print(*open('data.txt', 'rb', 0))"], capture_output=True, text=True,
    )
    with open("data.txt") as file:
        return [file.read(), child.stdout.strip().strip("b'")]
def handler(event, context):
    if event == "first":
        meeting.both("first in", "second in")
        return look()
    child = look()[1]
    meeting.both("second in", "first out")
    return [child, *look()]
"""
    for name in ("first", "second"):
        deploy(name, {"app.py": code, "data.txt": name})

    def run(name: str) -> Any:
        if name == "second":
            meeting.wait("first in")
        try:
            return invoking(cloud, name, name)
        finally:
            meeting.tell(f"{name} out")

    assert together(lambda: run("first"), lambda: run("second")) == [["first"] * 2, ["second"] * 3]


def test_tracebacks_show_each_function_s_own_lines(cloud: Cloud, deploy: Any, meeting: Meeting) -> None:
    code = """
import traceback
def handler(event, context):
    try:
        raise ValueError("{0}")  # the line of {0}
    except ValueError:
        meeting.both("{0} raised", "{1} raised")
        shown = traceback.format_exc()
        meeting.both("{0} shown", "{1} shown")
        return shown
"""
    for mine, other in ("ab", "ba"):
        deploy(mine, code.format(mine, other))
    for found, name in zip(together(lambda: invoking(cloud, "a"), lambda: invoking(cloud, "b")), "ab", strict=True):
        assert f"# the line of {name}" in found


# ---------------------------------------------------------------------- time


def test_clocks_of_two_clouds() -> None:
    """Each thread is in a cloud of its own, and sees the time of that one."""
    barrier = threading.Barrier(3)

    def handler(event: Any, context: Any) -> Any:
        seen = []
        for _ in range(3):
            barrier.wait(PATIENCE)
            time.sleep(event)
            bound_sleep(event)
            seen.append([time.time(), datetime.now(timezone.utc).timestamp(), time.time_ns() // 10**9])
            barrier.wait(PATIENCE)
        return seen

    def world(year: int, seconds: int) -> Any:
        start = datetime(year, 1, 1, tzinfo=timezone.utc)
        with mock_cloud(clock=start) as cloud:
            cloud.function("f", handler, timeout=900)
            found = invoking(cloud, "f", seconds)
            return [[moment - start.timestamp() for moment in row] for row in found]

    def test() -> Any:
        seen = []
        for _ in range(6):
            barrier.wait(PATIENCE)
            seen += [datetime.now(timezone.utc).timestamp(), time.time()]
        return seen

    before = time.time()
    slow, fast, real = together(lambda: world(2030, 60), lambda: world(2040, 1), test)
    assert slow == [[120.0 * i] * 3 for i in (1, 2, 3)]
    assert fast == [[2.0 * i] * 3 for i in (1, 2, 3)]
    assert all(before <= moment <= time.time() for moment in real)


def test_one_clock_in_two_threads(cloud: Cloud) -> None:
    """What either sleeps both see."""
    turn = threading.Barrier(2)
    start = cloud.clock.timestamp()

    def handler(event: Any, context: Any) -> Any:
        seen = []
        for i in range(4):
            turn.wait(PATIENCE)
            if i % 2 == event:
                time.sleep(10)
            turn.wait(PATIENCE)
            seen.append([time.time() - start, datetime.now(timezone.utc).timestamp() - start, time.monotonic()])
        return seen

    cloud.function("f", handler, timeout=900)
    first, second = together(lambda: invoking(cloud, "f", 0), lambda: invoking(cloud, "f", 1))
    assert first == second
    assert [row[0] for row in first] == [row[1] for row in first] == [10, 20, 30, 40]
    assert first[3][2] - first[0][2] == pytest.approx(30)


def test_names_bound_in_advance_stay_virtual_until_the_last_has_left(cloud: Cloud) -> None:
    """``from time import sleep`` in this module: the first call to end must not give it back to the second."""
    inside, out = threading.Barrier(2), threading.Event()

    def handler(event: Any, context: Any) -> None:
        inside.wait(PATIENCE)
        if event == "stays":
            assert out.wait(PATIENCE)
            bound_sleep(300)

    cloud.function("f", handler, timeout=900)

    def leaves() -> None:
        invoking(cloud, "f", "leaves")
        out.set()

    assert together(lambda: invoking(cloud, "f", "stays"), leaves) == [None, None]
    assert bound_sleep is time.sleep


def test_freezegun_in_two_threads(meeting: Meeting) -> None:
    from freezegun import freeze_time

    with freeze_time("2029-05-05"):

        def world(year: int, mine: str, other: str) -> Any:
            with mock_cloud(clock=datetime(year, 1, 1)) as cloud:

                def handler(event: Any, context: Any) -> Any:
                    meeting.both(mine, other)
                    found = [datetime.now(timezone.utc).year]
                    meeting.both(mine + "2", other + "2")
                    return found

                cloud.function("f", handler)
                return invoking(cloud, "f")

        assert together(lambda: world(2030, "a", "b"), lambda: world(2040, "b", "a")) == [[2030], [2040]]
        assert datetime.now(timezone.utc).year == 2029


# ---------------------------------------------------------------------- ends


def test_one_fails_and_one_times_out_while_others_run(cloud: Cloud, deploy: Any, meeting: Meeting) -> None:
    code = """
import os, time
def handler(event, context):
    meeting.tell(event + " in")
    if event == "fine":
        meeting.wait("done")
        import app
        return app.__name__, os.environ["AWS_LAMBDA_FUNCTION_NAME"]
    meeting.wait("fine in")
    if event == "fails":
        raise ValueError("no")
    time.sleep(100)
"""
    for name in ("fine", "fails", "late"):
        deploy(name, code)
    ended = threading.Barrier(2, action=lambda: meeting.tell("done"))

    def ends(name: str) -> str:
        kind = str(invoking(cloud, name, name)["errorType"])
        ended.wait(PATIENCE)
        return kind

    fine, fails, late = together(lambda: invoking(cloud, "fine", "fine"), lambda: ends("fails"), lambda: ends("late"))
    assert (fine, fails, late) == (["app", "fine"], "ValueError", "Sandbox.Timedout")


def test_many_threads_and_nested_calls(cloud: Cloud, deploy: Any) -> None:
    """No order is forced here: eight threads, each with its own functions, which call each other."""
    code = """
import json, os, boto3
def handler(event, context):
    import part
    if event:
        inner = boto3.client("lambda").invoke(FunctionName=event[0], Payload=json.dumps(event[1:]))["Payload"].read()
        import part as again
        assert again is part and os.environ["NAME"] == part.NAME
        return [part.NAME, *json.loads(inner)]
    return [part.NAME]
"""
    names = [f"f{i}" for i in range(4)]
    for name in names:
        deploy(name, {"app.py": code, "part.py": f"NAME = {name!r}"}, Environment={"Variables": {"NAME": name}})

    def work(thread: int) -> None:
        for i in range(6):
            chain = [names[(thread + i + j * (1 + i % 3)) % 4] for j in range(3)]
            assert invoking(cloud, chain[0], chain[1:]) == chain

    together(*(lambda t=t: work(t) for t in range(8)))  # type: ignore[misc]
