"""A history in columns reads like a list of events, and leaves the garbage collector next to nothing to visit."""

from __future__ import annotations

import copy
import gc
import json

import boto3
from hypothesis import given
from hypothesis import strategies as st

from mock_serverless import mock_cloud
from mock_serverless.services.stepfunctions.events import Event, History

EVENTS = st.lists(
    st.builds(
        Event,
        st.sampled_from(["PassStateEntered", "TaskFailed"]),
        st.floats(0, 1e10),
        st.integers(0, 25_000),
        st.dictionaries(st.sampled_from(["name", "input", "error", "cause"]), st.text(max_size=3)),
    ),
    max_size=8,
)


def written(events: list[Event]) -> History:
    history = History()
    for event in events:
        history.append(event.type, event.time, event.previous, event.details)
    return history


@given(EVENTS, st.slices(8))
def test_it_reads_like_a_list(events: list[Event], part: slice) -> None:
    history = written(events)
    assert list(history) == events
    assert len(history) == len(events)
    assert [history[i] for i in range(-len(events), len(events))] == events * 2
    assert history[part] == events[part]
    assert list(reversed(history)) == events[::-1]
    assert [list(e.details) for e in history] == [list(e.details) for e in events]


@given(EVENTS, EVENTS)
def test_a_copy_goes_its_own_way(events: list[Event], more: list[Event]) -> None:
    history = written(events)
    twin = copy.deepcopy(history)
    for event in more:
        twin.append(event.type, event.time, event.previous, event.details)
    assert (list(history), list(twin)) == (events, events + more)


def test_a_transition_leaves_one_object_at_most_for_the_garbage_collector() -> None:
    """With two events of several objects each, executions of 10,000 transitions cost twice as much a transition as short ones."""
    count = {"Type": "Pass", "Parameters": {"n.$": "States.MathAdd($.n, -1)"}, "Next": "B"}
    again = {"Variable": "$.n", "NumericGreaterThan": 0, "Next": "A"}
    choice = {"Type": "Choice", "Choices": [again], "Default": "E"}
    definition = json.dumps({"StartAt": "A", "States": {"A": count, "B": choice, "E": {"Type": "Succeed"}}})
    with mock_cloud() as cloud:
        client = boto3.client("stepfunctions", region_name="us-east-1")
        role = "arn:aws:iam::123456789012:role/r"
        arn = client.create_state_machine(name="m", definition=definition, roleArn=role)["stateMachineArn"]
        left = []
        gc.freeze()  # what was there before is not looked at
        for n in (10, 1_010):
            gc.collect()
            before = len(gc.get_objects())
            assert cloud.stepfunctions.run(arn, {"n": n}).status == "SUCCEEDED"
            gc.collect()
            left.append(len(gc.get_objects()) - before)
    assert left[1] - left[0] <= 2_000 * 1.05
