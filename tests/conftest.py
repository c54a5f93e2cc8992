"""What holds in every test: no socket leaves the machine, no name is looked up, every answer fits botocore's output shape."""

from __future__ import annotations

import gc
import os
import selectors
import socket
import sys
import time
from collections.abc import Generator, Iterator
from pathlib import Path
from types import FrameType
from typing import Any

import pytest
from hypothesis import HealthCheck, settings

from mock_serverless.cloud import Cloud

pytest_plugins = ["pytester"]

Cloud.check_answers = True

settings.register_profile("suite", deadline=None, max_examples=35, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("suite")

BESIDE = Path(__file__).resolve().parents[2] / "shared" / "conformance"
CONFORMANCE = Path(os.environ.get("MOCK_SERVERLESS_CONFORMANCE", BESIDE))
CORPORA = CONFORMANCE.parent / "corpora"

REAL_SLEEP = time.sleep
LOOPBACK = ("127.", "::1", "localhost", "0.0.0.0")


def pytest_addoption(parser: pytest.Parser) -> None:
    """How much is compared with a reference implementation (``-m reference``)."""
    group = parser.getgroup("reference")
    group.addoption("--reference-calls", default=os.environ.get("REFERENCE_CALLS", "20000"), help="calls to compare")
    group.addoption(
        "--reference-seed", default=os.environ.get("REFERENCE_SEED", "1"), help="where to start drawing them"
    )


@pytest.fixture
def no_real_waiting() -> Iterator[None]:
    """Fails a test in whose thread something really sleeps: by ``time.sleep``, or in an event loop until a timer is due.

    Asked of Python's profiler, not of a clock: how busy the machine is doesn't matter.
    """
    waited: list[str] = []

    def look(frame: FrameType, event: str, argument: Any) -> None:
        if event == "c_call" and argument is REAL_SLEEP:
            waited.append(f"time.sleep in {frame.f_code.co_name}")
        elif event == "call" and frame.f_code.co_filename == selectors.__file__ and frame.f_locals.get("timeout"):
            waited.append(f"an event loop, for {frame.f_locals['timeout']} s")

    before = sys.getprofile()
    sys.setprofile(look)
    try:
        yield
    finally:
        sys.setprofile(before)
    assert waited == []


class NetworkUsed(BaseException):
    """A test tried to leave the machine. No ``except Exception`` hides it."""


def _forbid_network() -> None:
    """Connecting elsewhere than to this machine, or looking up a name, raises in every test, and is remembered."""

    def guard(name: str, host_of: Any) -> None:
        owner = socket.socket if hasattr(socket.socket, name) else socket
        real = getattr(owner, name)

        def guarded(*args: Any, **kwargs: Any) -> Any:
            host = host_of(*args)
            if host is not None and not str(host).startswith(LOOPBACK):
                _used.append(f"{name} {host}")
                raise NetworkUsed(f"{name}: {host}")
            return real(*args, **kwargs)

        setattr(owner, name, guarded)

    def address(sock: socket.socket, target: Any, *rest: Any) -> Any:
        return target[0] if isinstance(target, tuple) else None

    guard("connect", address)
    guard("connect_ex", address)
    guard("sendto", lambda sock, data, *rest: rest[-1][0] if rest and isinstance(rest[-1], tuple) else None)
    guard("getaddrinfo", lambda host, *rest: host)
    guard("gethostbyname", lambda host: host)


_used: list[str] = []
_forbid_network()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_teardown() -> Generator[None, Any, Any]:
    """Fails a test that has used the network and hidden it."""
    try:
        return (yield)
    finally:
        used = [*_used]
        _used.clear()
        assert not used, f"the test used the network: {used}"


# ---------------------------------------------------------------------- the suite's own speed


def pytest_configure(config: pytest.Config) -> None:
    """Workers, and the processes that tests start, share compiled modules, also where none are written beside the sources."""
    cache = getattr(config, "cache", None)
    if sys.dont_write_bytecode and cache is not None:
        sys.pycache_prefix = os.environ["PYTHONPYCACHEPREFIX"] = str(cache.mkdir("bytecode"))
        sys.dont_write_bytecode = False
        os.environ.pop("PYTHONDONTWRITEBYTECODE", None)


gc.disable()  # until everything is collected: what is made by then stays


@pytest.hookimpl(trylast=True)
def pytest_collection_finish() -> None:
    """What the collection has made isn't garbage; without this every run of pytest in pytest looks through all of it."""
    gc.set_threshold(20_000, 20, 20)
    gc.enable()
    gc.freeze()


@pytest.fixture
def everything_loaded(_all_services: None) -> None:
    """For tests that run pytest in this process: it forgets modules which a run has loaded, so they are loaded before.

    Each of its runs looks for garbage several times, so that what is there is no longer looked at.
    """
    gc.freeze()


@pytest.fixture(scope="session")
def _all_services() -> None:
    import boto3

    from mock_serverless import mock_cloud
    from mock_serverless.core.operation import load, services

    with mock_cloud() as cloud:
        boto3.client("sts").get_caller_identity()
        assert cloud.http is not None
        for service in services():
            load(service)
