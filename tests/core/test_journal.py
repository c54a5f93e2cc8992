"""The journal: older calls are packed, and nobody who reads it notices."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mock_serverless.core import journal
from mock_serverless.core.journal import Call, Calls


@pytest.fixture(autouse=True)
def _small_pages(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(journal, "PAGE", 4)
    monkeypatch.setattr(journal, "RECENT", 6)


def call(number: int, **more) -> Call:
    more = {"response": {"Number": number}, **more}
    return Call("sqs", "SendMessage", {"MessageBody": str(number)}, "1", "us-east-1", "test", float(number), "", **more)


def described(calls) -> list[tuple]:
    return [(c.params["MessageBody"], c.timestamp, c.response, c.error, c.caller) for c in calls]


@given(st.lists(st.integers(-1, 30), max_size=60))
def test_it_is_a_list_of_calls(steps: list[int]) -> None:
    calls, model = Calls(), []
    for number, step in enumerate(steps):
        if step >= 0:
            error = {"response": None, "error": ValueError(number)} if step % 5 == 0 else {}
            calls.append(call(number, **error))
            model.append(calls.last)
        else:
            calls.truncate(len(model) // 2)
            del model[len(model) // 2 :]
        assert len(calls) == len(model)
    assert described(calls) == described(model)
    assert described(calls[2:-2]) == described(model[2:-2])
    assert described(reversed(calls)) == described(reversed(model))
    for position in range(-len(model), len(model)):
        assert described([calls[position]]) == described([model[position]])
    for beyond in (len(model), -len(model) - 1):
        with pytest.raises(IndexError):
            calls[beyond]
    assert described(calls("sqs", "send_message", failed=True)) == described(c for c in model if c.error is not None)


def test_a_call_under_way_is_still_the_same_when_it_ends() -> None:
    calls = Calls()
    outer = call(0, response=None)
    calls.append(outer)
    for number in range(1, 40):
        calls.append(call(number))
    assert calls[0] is outer
    outer.response = {"Ended": True}
    assert calls[0].response == {"Ended": True}


def test_what_cannot_be_packed_is_kept_as_it_is() -> None:
    calls = Calls()
    for number in range(40):
        calls.append(call(number))
        calls.last.params["Anything"] = lambda: None  # no pickle takes it
    assert [c.params["MessageBody"] for c in calls] == [str(n) for n in range(40)]


def test_packed_calls_take_a_fraction_of_the_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(journal, "PAGE", 500)
    page = journal.Page([call(n, response={"Item": {"name": {"S": "x" * 100}}}) for n in range(500)])
    assert len(page._packed) < 500 * 60
