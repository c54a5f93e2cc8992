"""The machines are what they are said to be; and the interpreter brings each to an end, the same way every time."""

from __future__ import annotations

import json
import re
from datetime import datetime, timezone
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mock_serverless import mock_cloud
from mock_serverless.services.stepfunctions.language import validate
from mock_serverless.strategies import state_machines
from mock_serverless.strategies.state_machines import DEFECTS

FEW = settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.too_slow])
MACHINES = state_machines(functions=("good", "moody"))
INPUTS = st.fixed_dictionaries(
    {"items": st.lists(st.integers(0, 5), max_size=4)}, optional={"a": st.integers(-9, 9), "b": st.just({"c": "a"})}
)


def run(machine: dict[str, Any], input: Any) -> Any:
    with mock_cloud(clock=datetime(2025, 1, 1, tzinfo=timezone.utc), seed=1) as cloud:
        calls = 0

        @cloud.function("good")
        def good(event: Any, context: Any) -> Any:
            return {"a": 1}

        @cloud.function("moody")
        def moody(event: Any, context: Any) -> Any:
            nonlocal calls
            calls += 1
            if calls % 2:
                raise ValueError(calls)
            return calls

        result = cloud.stepfunctions.run(machine, input)
        cloud.failures.clear()
        return result


@FEW
@given(MACHINES, INPUTS)
def test_every_machine_ends_the_same_way_each_time(machine: dict[str, Any], input: Any) -> None:
    first = run(machine, input)
    assert first.status in ("SUCCEEDED", "FAILED")
    again = run(machine, input)
    assert (again.status, again.output, again.error, again.timeline) == (
        first.status,
        first.output,
        first.error,
        first.timeline,
    )
    assert first.explain() == again.explain()
    assert first.svg() == again.svg()
    visits = first.visits
    assert not any(visit.status == "IN_PROGRESS" for visit in visits)
    assert all(visit.exited is None or visit.exited >= visit.entered for visit in visits)


@FEW
@given(MACHINES)
def test_they_are_valid(machine: dict[str, Any]) -> None:
    assert [str(p) for p in validate(json.dumps(machine)) if p.severity == "ERROR"] == []


@pytest.mark.parametrize("defect", DEFECTS)
@settings(FEW, max_examples=8)
@given(data=st.data())
def test_a_defect_is_refused(defect: str, data: st.DataObject) -> None:
    machine = data.draw(state_machines(functions=("f",), defect=defect))
    assert [p for p in validate(json.dumps(machine)) if p.severity == "ERROR"]


def test_an_unknown_defect_is_refused() -> None:
    with pytest.raises(ValueError, match=re.escape("a defect is one of no start, ")):
        state_machines(defect="ugly")
