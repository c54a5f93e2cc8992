"""Virtual time: what the clock shows, how it moves, and what runs on the way."""

from __future__ import annotations

import time
from datetime import datetime, timedelta, timezone

import pytest
from freezegun import freeze_time
from hypothesis import given
from hypothesis import strategies as st

from mock_serverless.cloud import Cloud
from mock_serverless.core.clock import Clock

START = datetime(2025, 3, 1, 12, tzinfo=timezone.utc)


def test_it_ticks_with_the_machine() -> None:
    clock = Clock()
    assert abs(clock.timestamp() - time.time()) < 0.1
    assert not clock.frozen
    assert clock.now().tzinfo is timezone.utc


def test_a_start_freezes_it_there() -> None:
    clock = Clock(START)
    assert clock.now() == START == clock.now()
    assert clock.frozen


def test_naive_datetimes_count_as_utc() -> None:
    clock = Clock(START.replace(tzinfo=None))
    assert clock.now() == START
    assert clock.move_to(datetime(2025, 3, 2)) == datetime(2025, 3, 2, tzinfo=timezone.utc)


@pytest.mark.parametrize(
    ("arguments", "seconds"),
    [
        (((timedelta(hours=1),), {}), 3600),
        (((30,), {}), 30),
        (((0.25,), {}), 0.25),
        (((), {"weeks": 1, "days": 1, "hours": 1, "minutes": 1, "seconds": 1, "milliseconds": 500}), 694861.5),
        (((10,), {"minutes": 1}), 70),
    ],
)
def test_advance_takes_any_unit(arguments: tuple[tuple[object, ...], dict[str, float]], seconds: float) -> None:
    clock = Clock(START)
    assert clock.advance(*arguments[0], **arguments[1]) == START + timedelta(seconds=seconds)  # type: ignore[arg-type]


def test_it_only_moves_forward() -> None:
    clock = Clock(START)
    with pytest.raises(ValueError, match="only moves forward"):
        clock.advance(seconds=-1)
    with pytest.raises(ValueError, match="only moves forward: it is 2025-03-01T12:00:00"):
        clock.move_to(START - timedelta(seconds=1))
    assert clock.now() == START


@pytest.mark.parametrize("when", [300_000_000_000.0, float("inf"), float("nan")])
def test_it_ends_where_datetimes_end(when: float) -> None:
    """It could not be read any more, and its mock not be left."""
    with Cloud(clock=START).scratch() as cloud:
        with pytest.raises(ValueError, match="the clock ends with the year 9999"):
            cloud.clock.move_to(when)
        with pytest.raises((ValueError, OverflowError)):
            cloud.clock.advance(when)
        assert cloud.clock.now() == START


@pytest.mark.parametrize("when", ["2025-03-02", None, True])
def test_a_time_is_a_datetime_or_seconds(when: object) -> None:
    with pytest.raises(TypeError, match="a time is a datetime, or seconds since the epoch, not"):
        Clock(START).move_to(when)  # type: ignore[arg-type]


def test_freeze_and_tick() -> None:
    clock = Clock()
    clock.advance(days=1)
    frozen = clock.freeze()
    assert clock.frozen
    assert clock.now() == frozen
    assert clock.tick() == frozen or clock.now() - frozen < timedelta(seconds=1)
    assert not clock.frozen
    assert clock.freeze(frozen + timedelta(days=2)) == frozen + timedelta(days=2)


def test_freezegun_is_the_machine() -> None:
    with freeze_time("2030-01-01") as frozen:
        clock = Clock()
        assert clock.now() == datetime(2030, 1, 1, tzinfo=timezone.utc)
        clock.advance(hours=1)
        frozen.tick(timedelta(minutes=1))
        assert clock.now() == datetime(2030, 1, 1, 1, 1, tzinfo=timezone.utc)


def test_time_machine_is_the_machine() -> None:
    time_machine = pytest.importorskip("time_machine")
    with time_machine.travel(datetime(2031, 1, 1, tzinfo=timezone.utc), tick=False):
        clock = Clock()
        clock.advance(hours=1)
        assert clock.now() == datetime(2031, 1, 1, 1, tzinfo=timezone.utc)


def test_travel_bends_the_tests_own_time() -> None:
    cloud = Cloud(clock=START)
    before = time.time()
    with cloud.clock.travel():
        assert datetime.now(timezone.utc) == START
        assert time.time() == START.timestamp()
        time.sleep(3600)
        cloud.clock.advance(hours=1)
        assert datetime.now(timezone.utc) == START + timedelta(hours=2) == cloud.clock.now()
    assert before <= time.time() < before + 5
    assert cloud.clock.now() == START + timedelta(hours=2)


def test_travel_of_a_ticking_clock_keeps_what_was_advanced() -> None:
    cloud = Cloud()
    cloud.clock.advance(days=30)
    with cloud.clock.travel():
        assert abs(time.time() - cloud.clock.timestamp()) < 0.1
        cloud.clock.advance(days=1)
        assert abs(time.time() - cloud.clock.timestamp()) < 0.1
    assert abs(cloud.clock.timestamp() - time.time() - 31 * 86400) < 0.1


@given(st.lists(st.floats(0, 1e6), max_size=20))
def test_advancing_adds_up(steps: list[float]) -> None:
    clock = Clock(START)
    for step in steps:
        clock.advance(step)
    assert clock.timestamp() == pytest.approx(START.timestamp() + sum(steps), abs=1e-3)


def test_a_state_can_be_gone_back_to() -> None:
    for clock in (Clock(START), Clock()):
        was = clock.state()
        clock.advance(days=3)
        clock.freeze()
        clock.set_state(was)
        assert clock.frozen == (was[1] is not None)
        assert clock.timestamp() == pytest.approx(was[0], abs=0.1)
