"""Flows in virtual time, and their copies: a flow that is rebuilt from its record goes on as the first would have."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mock_serverless.cloud import Cloud
from mock_serverless.core.flow import Flow, FlowTimeout, flow
from mock_serverless.core.scope import Scope

START = datetime(2025, 1, 1)


class World:
    """A cloud and what its flows have said."""

    def __init__(self) -> None:
        self.cloud = Cloud(clock=START)
        self.start = self.cloud.clock.timestamp()
        self.scope = Scope(self.cloud, "test", "123456789012", "us-east-1")
        self.cloud.said = []  # type: ignore[attr-defined]

    @property
    def said(self) -> list[Any]:
        return self.cloud.said  # type: ignore[attr-defined,no-any-return]

    def run(self, body: str, **args: Any) -> int:
        number = self.cloud.kernel.start(f"test:{body}", self.scope, args)
        self.cloud.settle()
        return number


@pytest.fixture
def world() -> World:
    return World()


@flow("test:sleep")
async def sleep(flow: Flow, scope: Scope, seconds: float) -> None:
    start = flow.now()
    await flow.sleep_until(start + seconds)
    scope.cloud.said.append(flow.now() - start)  # type: ignore[attr-defined]


@flow("test:gather")
async def gather(flow: Flow, scope: Scope, delays: list[float], limit: int | None, fail: int | None = None) -> None:
    start = flow.now()

    async def child(n: int, delay: float) -> int:
        await flow.sleep_until(flow.now() + delay)
        if n == fail:
            raise RuntimeError(f"child {n}")
        return n

    try:
        results: Any = await flow.gather([child(n, d) for n, d in enumerate(delays)], limit)
    except RuntimeError as e:
        results = str(e)
    scope.cloud.said.append((results, flow.now() - start))  # type: ignore[attr-defined]


@flow("test:event")
async def event(flow: Flow, scope: Scope, timeout: float | None = None) -> None:
    async def wait() -> Any:
        return await flow.event("key")

    try:
        answer = await (flow.timeout(wait(), timeout) if timeout is not None else wait())
    except (FlowTimeout, ValueError) as e:
        answer = repr(e)
    scope.cloud.said.append(answer)  # type: ignore[attr-defined]


@flow("test:perform")
async def perform(flow: Flow, scope: Scope) -> None:
    first = await flow.perform(lambda: scope.ids.uuid())
    await flow.sleep_until(flow.now() + 10)
    try:
        await flow.perform(lambda: [][1])
    except IndexError:
        pass
    second = await flow.perform(lambda: scope.ids.uuid())
    await flow.event("end")
    scope.cloud.said.append((first, second))  # type: ignore[attr-defined]


def test_sleep_costs_virtual_time_only(world: World) -> None:
    world.run("sleep", seconds=30 * 86400)
    world.cloud.settle(until_idle=True)
    assert world.said == [30 * 86400]
    assert world.cloud.kernel.running() == []


def test_gather_gives_results_in_order(world: World) -> None:
    world.run("gather", delays=[3, 1, 2], limit=None)
    world.cloud.settle(until_idle=True)
    assert world.said == [([0, 1, 2], 3)]


def test_gather_keeps_to_its_limit(world: World) -> None:
    world.run("gather", delays=[3, 3, 3, 3], limit=2)
    world.cloud.settle(until_idle=True)
    assert world.said == [([0, 1, 2, 3], 6)]


def test_the_first_error_cancels_the_others(world: World) -> None:
    world.run("gather", delays=[100, 1, 50], limit=None, fail=1)
    world.cloud.settle(until_idle=True)
    assert world.said == [("child 1", 1)]
    assert world.cloud.clock.timestamp() == world.start + 1
    assert world.cloud.agenda.idle()


def test_gather_of_nothing(world: World) -> None:
    world.run("gather", delays=[], limit=None)
    assert world.said == [([], 0)]


def test_events_are_delivered_once(world: World) -> None:
    world.run("event")
    assert world.cloud.kernel.waits_for("key")
    assert world.cloud.kernel.deliver("key", 42)
    assert not world.cloud.kernel.deliver("key", 43)
    assert world.said == [42]


def test_events_can_fail(world: World) -> None:
    world.run("event")
    assert world.cloud.kernel.fail("key", ValueError("no"))
    assert world.said == ["ValueError('no')"]


def test_timeout(world: World) -> None:
    world.run("event", timeout=5)
    world.cloud.settle(until_idle=True)
    assert world.said == ["FlowTimeout(5)"]
    assert not world.cloud.kernel.waits_for("key")


def test_in_time(world: World) -> None:
    world.run("event", timeout=5)
    world.cloud.clock.advance(4)
    world.cloud.kernel.deliver("key", "in time")
    world.cloud.settle(until_idle=True)
    assert world.said == ["in time"]
    assert world.cloud.clock.timestamp() == world.start + 4


def test_cancel(world: World) -> None:
    number = world.run("event", timeout=5)
    assert world.cloud.kernel.cancel(number)
    assert not world.cloud.kernel.cancel(number)
    world.cloud.settle(until_idle=True)
    assert world.said == []
    assert world.cloud.agenda.idle()


def test_a_copy_goes_on_with_what_was_recorded(world: World) -> None:
    world.run("perform")
    world.cloud.clock.advance(20)
    snapshot = world.cloud.snapshot()
    world.cloud.kernel.deliver("end", None)
    (first,) = world.said
    for _ in range(2):
        world.said.clear()
        world.cloud.restore(snapshot)
        world.cloud.clock.advance(days=1)
        world.cloud.kernel.deliver("end", None)
        assert world.said == [first]


@given(
    st.lists(st.integers(0, 20), min_size=1, max_size=6),
    st.integers(1, 4),
    st.integers(0, 40),
    st.none() | st.integers(0, 5),
)
def test_a_copy_made_at_any_moment_ends_like_the_original(
    delays: list[float], limit: int, moment: int, fail: int | None
) -> None:
    world = World()
    world.run("gather", delays=delays, limit=limit, fail=fail)
    world.cloud.clock.advance(moment)
    snapshot = world.cloud.snapshot()
    world.cloud.settle(until_idle=True)
    expected = list(world.said)
    if not snapshot.parts["kernel"]["flows"]:
        return
    world.said.clear()
    world.cloud.restore(snapshot)
    world.cloud.settle(until_idle=True)
    assert world.said == expected
    assert world.cloud.kernel.running() == []


def test_many_sleepers_wake_in_order(world: World) -> None:
    for n in range(2000):
        world.cloud.kernel.start("test:sleep", world.scope, {"seconds": 2000 - n})
    world.cloud.settle(until_idle=True)
    assert world.said == list(range(1, 2001))
