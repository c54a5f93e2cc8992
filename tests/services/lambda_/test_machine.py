"""The machine that a function sees: its architecture, and a /tmp of its own size."""

from __future__ import annotations

import errno
import io
import json
import os
import platform
import shutil
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable
from functools import partial
from pathlib import Path
from platform import machine as bound_before
from typing import Any

import pytest

from mock_serverless.cloud import Cloud

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="AWS's machines are Unix's")
MB = 1024 * 1024
Deploy = Callable[..., str]
Call = Callable[..., Any]

SEEN = """
import os, platform, sysconfig
def handler(event, context):
    return [
        platform.machine(), platform.processor(), platform.uname().machine, platform.uname().processor,
        os.uname().machine, sysconfig.get_platform().rpartition("-")[2], platform.platform(),
    ]
"""


# https://docs.aws.amazon.com/lambda/latest/dg/foundation-arch.html
@pytest.mark.parametrize(("architecture", "name"), [("arm64", "aarch64"), ("x86_64", "x86_64")])
def test_architecture(deploy: Deploy, call: Call, architecture: str, name: str) -> None:
    before = (platform.machine(), platform.uname(), platform.platform(), os.uname())
    deploy("f", SEEN, Architectures=[architecture])
    *plain, whole = call("f")
    assert set(plain) == {name}
    assert name in whole
    assert (platform.machine(), platform.uname(), platform.platform(), os.uname()) == before


def test_architecture_of_a_callable_and_its_threads(cloud: Cloud, client: Any, call: Call) -> None:
    found: list[str] = []

    def handler(event: Any, context: Any) -> Any:
        thread = threading.Thread(target=lambda: found.append(platform.machine()))
        thread.start()
        thread.join()
        return [bound_before(), *found]

    cloud.function("f", handler)
    before = bound_before()
    assert call("f") == ["x86_64", "x86_64"]
    assert bound_before() == before


def test_two_architectures(deploy: Deploy, call: Call) -> None:
    inner = "import platform\ndef handler(event, context): return platform.machine()"
    outer = """
import boto3, json, platform
def handler(event, context):
    answer = boto3.client("lambda").invoke(FunctionName="inner")
    return [platform.machine(), json.load(answer["Payload"]), platform.machine()]
"""
    deploy("inner", inner, Architectures=["arm64"])
    deploy("outer", outer)
    assert call("outer") == ["x86_64", "aarch64", "x86_64"]


COUNTS = """
import multiprocessing, os
def handler(event, context):
    counts = [os.cpu_count(), multiprocessing.cpu_count()]
    if hasattr(os, "sched_getaffinity"):
        counts.append(len(os.sched_getaffinity(0)))
    if hasattr(os, "process_cpu_count"):
        counts.append(os.process_cpu_count())
    return counts
"""


# as measured: https://github.com/rwnx/lambda-cpuinfo
@pytest.mark.parametrize(
    ("memory", "count"),
    [(128, 2), (3008, 2), (3009, 3), (5307, 3), (5308, 4), (7076, 4), (7077, 5), (8845, 5), (8846, 6), (10240, 6)],
)
def test_processors(deploy: Deploy, call: Call, memory: int, count: int) -> None:
    before = os.cpu_count()
    deploy("f", COUNTS, MemorySize=memory)
    assert set(call("f")) == {count}
    assert os.cpu_count() == before


# ---------------------------------------------------------------------- /tmp

FREE = """
import os, shutil, tempfile
def handler(event, context):
    status = os.statvfs("/tmp")
    return [list(shutil.disk_usage("/tmp")), list(shutil.disk_usage(tempfile.gettempdir())), status.f_frsize * status.f_blocks]
"""


# https://docs.aws.amazon.com/lambda/latest/dg/configuration-ephemeral-storage.html: between 512 MB and 10,240 MB
@pytest.mark.parametrize("size", [None, 512, 10240])
def test_size(deploy: Deploy, call: Call, size: int | None) -> None:
    real = shutil.disk_usage("/tmp")
    deploy("f", FREE, **({"EphemeralStorage": {"Size": size}} if size else {}))
    whole = (size or 512) * MB
    assert call("f") == [[whole, 0, whole], [whole, 0, whole], whole]
    assert shutil.disk_usage("/tmp").total == real.total


FIRST_ASKED = """
import shutil, tempfile
from mock_serverless import mock_cloud

def handler(event, context):
    tempfile.tempdir = None
    return [shutil.disk_usage("/tmp").total, bool(tempfile.gettempdir())]

with mock_cloud() as cloud:
    cloud.function("f", handler)
    print(cloud.call("lambda", "Invoke", {"FunctionName": "f", "Payload": b""})["Payload"].decode())
"""


def test_the_folder_for_temporary_files_may_first_be_asked_for_in_a_function() -> None:
    """tempfile tries folders out with a lock held: what stands in for ``os.open`` must not ask it for the folder meanwhile."""
    done = subprocess.run([sys.executable, "-c", FIRST_ASKED], capture_output=True, text=True, timeout=60)
    assert done.stdout == "[536870912, true]\n", done.stderr


@pytest.fixture
def folder() -> Any:
    with tempfile.TemporaryDirectory(dir="/tmp") as name:
        yield Path(name)


WRITES: dict[str, Callable[[Path, int], Any]] = {
    "open": lambda path, size: path.open("wb").write(bytes(size)),
    "text": lambda path, size: path.write_text("x" * size),
    "bytes": lambda path, size: path.write_bytes(bytes(size)),
    "unbuffered": lambda path, size: _all(open(path, "wb", buffering=0).write, size),  # noqa: SIM115
    "append": lambda path, size: open(path, "ab").write(bytes(size)),  # noqa: SIM115
    "exclusive": lambda path, size: io.open(path, "xb").write(bytes(size)),  # noqa: UP020, SIM115
    "update": lambda path, size: open(path, "w+b").write(bytes(size)),  # noqa: SIM115
    "descriptor": lambda path, size: _with_descriptor(path, size),
    "fdopen": lambda path, size: os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT), "wb").write(bytes(size)),
    "copy": lambda path, size: shutil.copyfile(_sparse(size), path),
    **({"range": lambda path, size: _copied_in_one_go(path, size)} if hasattr(os, "copy_file_range") else {}),
}


def _all(write: Callable[[bytes], int], size: int) -> None:
    content = bytes(size)
    while content:
        content = content[write(content) :]


def _with_descriptor(path: Path, size: int) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT)
    try:
        _all(lambda content: os.write(descriptor, content), size)
    finally:
        os.close(descriptor)


def _sparse(size: int) -> str:
    """A file outside of /tmp."""
    with open("sparse", "wb") as file:
        file.truncate(size)
    return "sparse"


@pytest.fixture
def elsewhere(monkeypatch: pytest.MonkeyPatch) -> Any:
    """A folder outside of /tmp, in which the test is."""
    with tempfile.TemporaryDirectory(dir="/var/tmp") as name:
        monkeypatch.chdir(name)
        yield Path(name)
        monkeypatch.undo()


def _copied_in_one_go(path: Path, size: int) -> None:
    with open(_sparse(size), "rb") as source, open(path, "wb") as target:
        while os.copy_file_range(source.fileno(), target.fileno(), size):
            pass


def _small(monkeypatch: pytest.MonkeyPatch, size: int = MB) -> None:
    """A /tmp of a size that is quickly full; AWS's smallest has 512 MB."""
    from mock_serverless.services.lambda_.runtime import storage

    real = storage.Storage.__init__

    def small(self: Any, megabytes: int) -> None:
        real(self, megabytes)
        self.size = size

    monkeypatch.setattr(storage.Storage, "__init__", small)


@pytest.mark.parametrize("way", WRITES)
@pytest.mark.filterwarnings("ignore::ResourceWarning")
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_a_full_tmp(
    cloud: Cloud, call: Call, client: Any, folder: Path, way: str, monkeypatch: pytest.MonkeyPatch, elsewhere: Path
) -> None:
    _small(monkeypatch)

    def handler(event: Any, context: Any) -> Any:
        path = folder / event["name"]
        try:
            WRITES[way](path, event["size"])
        except OSError as e:
            return [e.errno, str(e).partition(":")[0]]  # shutil adds the files' names
        return path.stat().st_size

    cloud.function("f", handler)
    assert call("f", {"name": "fits", "size": MB // 2}) == MB // 2
    assert call("f", {"name": "large", "size": MB}) == [errno.ENOSPC, "[Errno 28] No space left on device"]
    (folder / "large").unlink()
    assert call("f", {"name": "rest", "size": MB // 2}) == MB // 2
    assert (folder / "fits").stat().st_size == MB // 2  # the test sees what a function has left


# https://docs.aws.amazon.com/lambda/latest/dg/lambda-runtime-environment.html: /tmp stays with the environment
def test_what_an_environment_has_used(cloud: Cloud, call: Call, client: Any, folder: Path) -> None:
    def handler(event: Any, context: Any) -> Any:
        if event:
            with open(folder / event, "ab") as file:
                file.write(bytes(MB))
        return shutil.disk_usage("/tmp").used

    cloud.function("f", handler)
    cloud.function("g", handler)
    assert call("f", "a") == MB
    assert call("f", "a") == 2 * MB
    assert call("f") == 2 * MB
    assert call("g") == 0
    (folder / "a").rename(folder / "b")  # by the test: none of the function's
    assert call("f") == 0


@pytest.mark.parametrize("move", ["os.rename", "os.replace", "shutil.move"])
def test_files_that_are_moved(cloud: Cloud, call: Call, client: Any, folder: Path, move: str) -> None:
    module, _, name = move.partition(".")

    def handler(event: Any, context: Any) -> Any:
        move = getattr(sys.modules[module], name)
        (folder / "inner").mkdir()
        (folder / "inner" / "a").write_bytes(bytes(MB))
        move(folder / "inner", folder / "other")
        move(folder / "other" / "a", folder / "b")
        return shutil.disk_usage(folder).used

    cloud.function("f", handler)
    assert call("f") == MB


MAKE: dict[str, Callable[[], Any]] = {
    "TemporaryFile": tempfile.TemporaryFile,
    "NamedTemporaryFile": tempfile.NamedTemporaryFile,
    "SpooledTemporaryFile": partial(tempfile.SpooledTemporaryFile, max_size=10),
    "mkstemp": lambda: os.fdopen(tempfile.mkstemp()[0], "wb"),
}


@pytest.mark.parametrize("kind", MAKE)
def test_temporary_files(
    cloud: Cloud, call: Call, client: Any, kind: str, monkeypatch: pytest.MonkeyPatch, folder: Path
) -> None:
    _small(monkeypatch)
    monkeypatch.setattr(tempfile, "tempdir", str(folder))

    def handler(event: Any, context: Any) -> Any:
        with MAKE[kind]() as file:
            try:
                file.write(bytes(event))
                file.flush()
            except OSError as e:
                file.truncate(0)
                return e.errno
        return "written"

    cloud.function("f", handler)
    assert call("f", 3 * MB // 4) == "written"
    for path in folder.iterdir():
        path.unlink()
    assert call("f", 3 * MB // 4) == "written"
    assert call("f", 2 * MB) == errno.ENOSPC


def test_files_elsewhere_do_not_count(
    cloud: Cloud, call: Call, client: Any, monkeypatch: pytest.MonkeyPatch, elsewhere: Path
) -> None:
    _small(monkeypatch)
    path = elsewhere / "file"

    def handler(event: Any, context: Any) -> Any:
        path.write_bytes(bytes(2 * MB))
        return path.stat().st_size

    cloud.function("f", handler)
    assert call("f") == 2 * MB


def test_descriptors_that_are_closed_behind_a_files_back(cloud: Cloud, call: Call, client: Any, folder: Path) -> None:
    kept: list[Any] = []

    def handler(event: Any, context: Any) -> Any:
        descriptor = os.open(folder / "a", os.O_WRONLY | os.O_CREAT)
        file = os.fdopen(descriptor, "wb", buffering=0, closefd=False)
        file.write(bytes(MB))
        kept.append(file)
        os.close(descriptor)
        (folder / "a").unlink()
        return shutil.disk_usage("/tmp").used

    cloud.function("f", handler)
    assert call("f") == 0


def test_open_refuses_what_it_refuses(cloud: Cloud, call: Call, client: Any, folder: Path) -> None:
    path = folder / "a"
    wrong: list[tuple[Any, ...]] = [
        ("wr",),
        ("wbt",),
        ("wb", -1, "utf-8"),
        ("w", 0),
        ("wz",),
        ("w", -1, None, None, "x"),
    ]

    def handler(event: Any, context: Any) -> Any:
        return [_error(path, arguments) for arguments in wrong]

    expected = [_error(path, arguments) for arguments in wrong]
    cloud.function("f", handler)
    assert call("f") == expected


def _error(path: Path, arguments: tuple[Any, ...]) -> str:
    try:
        open(path, *arguments)  # noqa: SIM115
    except (ValueError, OSError) as e:
        return f"{type(e).__name__}: {e}"
    return ""


def test_text_files_are_what_they_are(cloud: Cloud, call: Call, client: Any, folder: Path) -> None:
    path = folder / "a"

    def handler(event: Any, context: Any) -> Any:
        with open(path, "w+", encoding="utf-8", newline="") as file:
            json.dump({"a": "ä\n"}, file, ensure_ascii=False)
            file.write("\r\n")
            file.seek(0)
            return [file.read(), file.mode, str(file.name), file.encoding, type(file).__name__]

    cloud.function("f", handler)
    assert call("f") == ['{"a": "ä\\n"}\r\n', "w+", str(path), "utf-8", "TextIOWrapper"]


def test_a_patch_of_the_tests_stays(cloud: Cloud, call: Call, client: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(platform, "machine", lambda: "riscv64")
    cloud.function("f", lambda event, context: platform.machine())
    assert call("f") == "riscv64"
    assert platform.machine() == "riscv64"


def test_a_patch_that_is_older_than_the_first_function(pytester: pytest.Pytester) -> None:
    code = """
import platform
real = platform.machine
platform.machine = lambda: "riscv64"

import json, boto3
from mock_serverless import mock_cloud

def seen():
    answer = boto3.client("lambda", "us-east-1").invoke(FunctionName="f")
    return json.load(answer["Payload"])

with mock_cloud() as cloud:
    cloud.function("f", lambda event, context: [platform.machine(), platform.uname().machine])
    assert seen() == ["riscv64", "x86_64"], seen()
    platform.machine = real
    boto3.client("lambda", "us-east-1").update_function_configuration(FunctionName="f", MemorySize=256)
    assert seen() == ["x86_64", "x86_64"], seen()
assert platform.machine is real
"""
    assert pytester.run(sys.executable, pytester.makepyfile(script=code)).ret == 0


# The runtime catches it as any other exception; a function that really uses all its memory is killed, which isn't measured here
def test_memory_error(cloud: Cloud, call: Call, client: Any) -> None:
    @cloud.function("f")
    def handler(event: Any, context: Any) -> Any:
        raise MemoryError

    kind, payload = call("f")
    assert (kind, payload["errorType"], payload["errorMessage"]) == ("Unhandled", "MemoryError", "")
