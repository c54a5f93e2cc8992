"""Work for later: its order, its cancelling, and how a cloud works it off."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
from freezegun import freeze_time
from hypothesis import given
from hypothesis import strategies as st

from mock_serverless.cloud import Cloud
from mock_serverless.core import agenda as module
from mock_serverless.core.agenda import Agenda, job
from mock_serverless.core.errors import InternalError
from mock_serverless.core.scope import Scope

DONE: list[Any] = []


@job("test:note")
def note(scope: Scope, what: Any) -> None:
    DONE.append((what, scope.timestamp()))


@job("test:again")
def again(scope: Scope, every: float) -> None:
    DONE.append(scope.timestamp())
    scope.later(every, "test:again", background=True, every=every)


@job("test:endless")
def endless(scope: Scope) -> None:
    scope.later(0, "test:endless")


@pytest.fixture
def scope() -> Scope:
    DONE.clear()
    return Scope(Cloud(clock=datetime(2025, 1, 1)), "test", "123456789012", "us-east-1")


@given(st.lists(st.tuples(st.floats(0, 100), st.booleans()), max_size=40), st.data())
def test_order_is_due_time_then_sequence(entries: list[tuple[float, bool]], data: st.DataObject) -> None:
    agenda = Agenda()
    put = [(due, agenda.put(due, "x", None, {"n": n}), n, cancel) for n, (due, cancel) in enumerate(entries)]
    for _, sequence, _, cancel in put:
        if cancel:
            agenda.cancel(sequence)
            agenda.cancel(sequence)
    expected = [n for due, _, n, cancel in sorted(put, key=lambda p: (p[0], p[1])) if not cancel]
    assert len(agenda) == len(expected)
    assert agenda.idle() == (not expected)
    popped = []
    while (entry := agenda.pop_due(1e9)) is not None:
        popped.append(entry.data["n"])
    assert popped == expected
    assert agenda.idle()


def test_advance_runs_each_thing_at_its_own_time(scope: Scope) -> None:
    start = scope.timestamp()
    scope.later(7, "test:note", what="b")
    scope.later(3, "test:note", what="a")
    scope.later(30, "test:note", what="c")
    scope.cloud.clock.advance(10)
    assert [("a", start + 3), ("b", start + 7)] == DONE
    assert scope.timestamp() == start + 10


def test_settle_until_idle_jumps_from_one_thing_to_the_next(scope: Scope) -> None:
    start = scope.timestamp()
    scope.later(86400, "test:note", what="a")
    scope.later(2 * 86400, "test:note", what="b")
    scope.cloud.settle()
    assert DONE == []
    scope.cloud.settle(until_idle=True)
    assert [("a", start + 86400), ("b", start + 2 * 86400)] == DONE
    assert scope.timestamp() == start + 2 * 86400


def test_a_call_finds_done_what_fell_due_while_the_machines_time_passed() -> None:
    DONE.clear()
    with freeze_time("2030-01-01") as machine:
        scope = Scope(Cloud(), "test", "123456789012", "us-east-1")
        scope.cloud.stub("sts", "GetCallerIdentity", lambda params: {"Account": str(len(DONE))})
        scope.later(60, "test:note", what="a")
        machine.tick(timedelta(seconds=61))
        assert scope.call("sts", "GetCallerIdentity", {}) == {"Account": "1"}


def test_nobody_waits_for_background_work(scope: Scope) -> None:
    start = scope.timestamp()
    scope.later(10, "test:again", background=True, every=10)
    scope.later(25, "test:note", what="x")
    scope.cloud.settle(until_idle=True)
    assert [start + 10, start + 20, ("x", start + 25)] == DONE
    assert not scope.cloud.skip()
    scope.cloud.clock.advance(10)
    assert DONE[-1] == start + 30


def test_work_that_never_ends_is_named(scope: Scope, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("mock_serverless.core.work.ENDLESS", 100)
    scope.later(0, "test:endless")
    with pytest.raises(InternalError, match="test:endless"):
        scope.cloud.settle()


def test_a_snapshot_keeps_pending_work(scope: Scope) -> None:
    scope.later(10, "test:note", what="kept")
    snapshot = scope.cloud.snapshot()
    scope.later(5, "test:note", what="lost")
    scope.cloud.settle(until_idle=True)
    assert [w for w, _ in DONE] == ["lost", "kept"]
    for _ in range(2):
        DONE.clear()
        scope.cloud.restore(snapshot)
        scope.cloud.settle(until_idle=True)
        assert [w for w, _ in DONE] == ["kept"]


def test_two_functions_cannot_want_the_same_work() -> None:
    def other(scope: Scope) -> None: ...

    other.__module__ = "elsewhere"
    with pytest.raises(ValueError, match="test:note"):
        job("test:note")(other)
    assert module.JOBS["test:note"] is note
