"""Code in virtual time: with time-machine, and without it."""

from __future__ import annotations

import asyncio
import sys
import threading
import time
from datetime import datetime, timezone
from time import sleep as bound_sleep
from typing import Any

import pytest

from mock_serverless.cloud import Cloud
from mock_serverless.core import travel

WHEN = datetime(2030, 1, 1, tzinfo=timezone.utc)


@pytest.fixture(params=["time-machine", "plain"])
def cloud(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Cloud:
    if request.param == "plain":
        monkeypatch.setattr(travel, "_has_time_machine", lambda: False)
        monkeypatch.delitem(sys.modules, "time_machine", raising=False)
    return Cloud(clock=WHEN)


def test_travel_and_back(cloud: Cloud) -> None:
    before = time.time()
    with cloud.clock.travel():
        assert time.time() == WHEN.timestamp()
        assert time.time_ns() == int(WHEN.timestamp() * 1e9)
        time.sleep(3600)
        assert time.time() == WHEN.timestamp() + 3600
        cloud.clock.advance(days=1)
        assert time.time() == WHEN.timestamp() + 3600 + 86400
    assert abs(time.time() - before) < 60
    assert time.sleep is bound_sleep


def test_other_threads_sleep_for_real(cloud: Cloud) -> None:
    took: list[float] = []

    def work() -> None:
        began = time.perf_counter()
        time.sleep(0.05)
        took.append(time.perf_counter() - began)

    with cloud.clock.travel():
        thread = threading.Thread(target=work)
        thread.start()
        thread.join()
    assert took[0] >= 0.04


def test_negative_sleep(cloud: Cloud) -> None:
    with cloud.clock.travel(), pytest.raises(ValueError, match="non-negative"):
        time.sleep(-1)


def test_nested_journeys(cloud: Cloud) -> None:
    with cloud.clock.travel(), cloud.clock.travel():
        time.sleep(1)
        assert time.time() == WHEN.timestamp() + 1
    assert travel.journey() is None


def test_freezegun_is_taken_along() -> None:
    from freezegun import freeze_time

    with freeze_time("2029-05-05") as frozen:
        cloud = Cloud(clock=WHEN)
        with cloud.clock.travel():
            assert datetime.now(timezone.utc) == WHEN
            time.sleep(5)
            assert datetime.now(timezone.utc).second == 5
        assert datetime.now(timezone.utc).year == 2029
        frozen.tick(1)


def test_stand_ins_are_permanent_functions(cloud: Cloud) -> None:
    with cloud.clock.travel():
        from time import sleep as late

        late(2)
        assert cloud.clock.timestamp() == WHEN.timestamp() + 2
    began = time.perf_counter()
    late(0.02)
    assert time.perf_counter() - began >= 0.015


def test_where_this_thread_travels(cloud: Cloud) -> None:
    found: list[Any] = []
    with cloud.clock.travel():
        found.append(travel.journey())
    assert found[0][0] is cloud.clock


@pytest.mark.parametrize("ticking", [True, False])
def test_time_that_the_test_has_stopped_stands_still(ticking: bool) -> None:
    time_machine = pytest.importorskip("time_machine")
    with time_machine.travel(WHEN, tick=ticking):
        cloud = Cloud()
        with cloud.clock.travel():
            before = time.time()
            time.sleep(5)
            assert time.time() - before == 5 if not ticking else 5 < time.time() - before < 60


def test_clocks_that_count_from_some_moment(cloud: Cloud) -> None:
    clocks = ("monotonic", "perf_counter")
    real = {name: getattr(time, name)() for name in clocks}
    with cloud.clock.travel():
        before = {name: (getattr(time, name)(), getattr(time, f"{name}_ns")()) for name in clocks}
        time.sleep(60)
        for name in clocks:
            assert getattr(time, name)() - before[name][0] == 60
            assert abs(getattr(time, f"{name}_ns")() - before[name][1] - 60_000_000_000) < 1000
    for name in clocks:
        assert 0 <= getattr(time, name)() - real[name] < 60


def test_timers_of_the_tests_own_loop_are_the_machines(cloud: Cloud) -> None:
    async def main() -> None:
        with cloud.clock.travel():
            cloud.clock.advance(days=1)
            await asyncio.sleep(0.01)

    asyncio.run(asyncio.wait_for(main(), 10))
