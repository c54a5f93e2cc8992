"""Guests: their time, their event loops, their threads."""

from __future__ import annotations

import asyncio
import threading
import time
from typing import Any

import pytest

from mock_serverless.cloud import Cloud
from mock_serverless.core.guest import TimeIsUp, caller, current_visit


@pytest.fixture
def cloud() -> Cloud:
    return Cloud(clock=from_epoch(1_000_000))


def from_epoch(seconds: float) -> Any:
    from mock_serverless.core.clock import from_timestamp

    return from_timestamp(seconds)


@pytest.mark.usefixtures("no_real_waiting")
def test_sleeping_passes_virtual_time(cloud: Cloud) -> None:
    with cloud.guest("f", 100) as visit:
        time.sleep(60)
        assert time.time() == 1_000_060
        assert (visit.used, visit.left(), caller()) == (60, 40, "f")
    assert caller() == "test"
    assert current_visit() is None


def test_time_is_up_at_the_limit(cloud: Cloud) -> None:
    with pytest.raises(TimeIsUp), cloud.guest("f", 3):
        try:
            time.sleep(5)
        except Exception:
            pytest.fail("held by an except Exception")
    assert cloud.clock.timestamp() == 1_000_003


def test_the_limit_is_reached_by_what_it_calls_too(cloud: Cloud) -> None:
    with cloud.guest("outer", 10) as outer:
        with cloud.guest("inner", 100):
            time.sleep(12)
        assert outer.overdrawn()
        with pytest.raises(TimeIsUp):
            time.sleep(1)


def test_background_work_is_on_nobodys_account(cloud: Cloud) -> None:
    from mock_serverless.core import agenda

    seen = []

    def work(scope: Any) -> None:
        seen.append((caller(), cloud.clock.timestamp()))
        with cloud.guest("background"):
            time.sleep(2)

    agenda.JOBS["test:guest"] = work
    cloud.agenda.put(1_000_001, "test:guest", None, {})
    try:
        with cloud.guest("f") as visit:
            time.sleep(5)
    finally:
        del agenda.JOBS["test:guest"]
    assert seen == [("test", 1_000_001)]
    assert (visit.used, cloud.clock.timestamp()) == (5, 1_000_005)


@pytest.mark.usefixtures("no_real_waiting")
def test_event_loops_of_guests_are_virtual(cloud: Cloud) -> None:
    async def work() -> float:
        loop = asyncio.get_running_loop()
        before = loop.time()
        await asyncio.gather(asyncio.sleep(3600), asyncio.sleep(60))
        return loop.time() - before

    with cloud.guest("f"):
        assert asyncio.run(work()) == pytest.approx(3600)
    assert cloud.clock.timestamp() == pytest.approx(1_003_600)
    loop = asyncio.new_event_loop()
    assert abs(loop.time() - time.monotonic()) < 1
    loop.close()


def test_a_loop_that_waits_for_a_thread_waits_for_real(cloud: Cloud) -> None:
    done = threading.Event()

    async def work() -> str:
        return await asyncio.wait_for(asyncio.to_thread(lambda: "waited" if done.wait(5) else "gave up"), 1000)

    timer = threading.Timer(0.05, done.set)
    timer.start()
    with cloud.guest("f"):
        assert asyncio.run(work()) == "waited"
    timer.join()
    assert cloud.clock.timestamp() == 1_000_000


def test_a_guest_may_run_a_loop_inside_a_running_one(cloud: Cloud) -> None:
    async def inner() -> str:
        await asyncio.sleep(10)
        return "inner"

    async def outer() -> list[str]:
        with cloud.guest("f"):
            found = asyncio.run(inner())
        await asyncio.sleep(0)
        task = asyncio.current_task()
        assert task is not None
        return [found, "outer"]

    assert asyncio.run(outer()) == ["inner", "outer"]


def test_threads_of_a_guest_count_as_it(cloud: Cloud) -> None:
    seen = []

    def work() -> None:
        time.sleep(5)
        seen.append(caller())

    with cloud.guest("f") as visit:
        threads = [threading.Thread(target=work) for _ in range(2)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert seen == ["f", "f"]
    assert visit.used == 10
    assert threading.Thread.start.__module__ == "threading"


def test_time_that_is_up_in_a_thread_is_up_for_the_guest(cloud: Cloud) -> None:
    with cloud.guest("f", 3) as visit:
        thread = threading.Thread(target=lambda: time.sleep(100))
        thread.start()
        thread.join()
        assert visit.overdrawn()
    assert cloud.clock.timestamp() == 1_000_003


def test_a_guest_may_run_in_a_callback_of_a_running_loop(cloud: Cloud) -> None:
    """There no task is current (Python 3.12 has nothing to put aside)."""
    found: list[Any] = []

    async def inner() -> str:
        await asyncio.sleep(5)
        return "ran"

    def callback() -> None:
        with cloud.guest("f", 100):
            found.append(asyncio.run(inner()))

    async def main() -> None:
        asyncio.get_running_loop().call_soon(callback)
        await asyncio.sleep(0)
        await asyncio.sleep(0)

    asyncio.run(main())
    assert found == ["ran"]
    assert caller() == "test"
