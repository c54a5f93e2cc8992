"""The Amazon States Language alone: cases from tests/cases, and properties."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from mock_serverless.services.stepfunctions.integrations.resources import KNOWN
from mock_serverless.services.stepfunctions.language import (
    Document,
    choice,
    intrinsics,
    paths,
    validate,
    warnings,
)
from mock_serverless.services.stepfunctions.language.document import LIMIT, dumps, place
from mock_serverless.services.stepfunctions.language.errors import Fault
from mock_serverless.services.stepfunctions.language.values import Sources, evaluate

from .simulation import CONTEXT, Simulation, execute

CASES = Path(__file__).resolve().parents[2] / "cases"


def load(name: str) -> dict[str, Any]:
    cases: dict[str, Any] = json.loads((CASES / f"stepfunctions_{name}.json").read_text(encoding="utf-8"))
    return cases


INTRINSICS, PATHS, CHOICE = load("intrinsics"), load("paths"), load("choice")
DEFINITIONS, EXECUTIONS = load("definitions"), load("executions")


def sources(data: Any) -> Sources:
    return Sources(Document(data), lambda: CONTEXT, {}, Simulation())


@pytest.mark.parametrize("case", INTRINSICS["cases"], ids=lambda c: c["call"])
def test_intrinsic_function(case: dict[str, Any]) -> None:
    given = sources(INTRINSICS["input"])
    if "error" in case:
        with pytest.raises(Fault) as caught:
            evaluate(case["call"], "x.$", given)
        assert caught.value.error == case["error"]
        if "argument" in case:
            assert caught.value.message == (
                f"The function '{case['call']}' had the following error: The JsonPath argument for the field "
                f"'{case['argument']}' could not be found in the input '{given.data.text}'"
            )
        assert caught.value.message == case.get("cause", caught.value.message)
    else:
        assert dumps(evaluate(case["call"], "x.$", given)) == dumps(case["value"])


@pytest.mark.parametrize("text", INTRINSICS["refused"])
def test_no_intrinsic_function(text: str) -> None:
    with pytest.raises(intrinsics.SyntaxError):
        intrinsics.parse(text)


@pytest.mark.parametrize("case", PATHS["cases"], ids=lambda c: c["path"])
def test_path(case: dict[str, Any]) -> None:
    path = paths.compile(case["path"])
    if "missing" in case:
        with pytest.raises(paths.NotFound) as caught:
            path.find(PATHS["input"])
        assert str(caught.value) == case["missing"]
    elif "inapplicable" in case:
        with pytest.raises(paths.Inapplicable) as inapplicable:
            path.find(PATHS["input"])
        assert str(inapplicable.value) == case["inapplicable"]
    else:
        expected = PATHS["input"] if case["value"] == "whole" else case["value"]
        assert path.find(PATHS["input"]) == expected


@pytest.mark.parametrize("text", PATHS["refused"])
def test_no_path(text: str) -> None:
    with pytest.raises(paths.PathSyntaxError):
        paths.compile(text)


@pytest.mark.parametrize("rule", CHOICE["holds"], ids=dumps)
def test_choice_rule_holds(rule: dict[str, Any]) -> None:
    assert choice.holds(rule, sources(CHOICE["input"])) is True


@pytest.mark.parametrize("rule", CHOICE["fails"], ids=dumps)
def test_choice_rule_fails(rule: dict[str, Any]) -> None:
    assert choice.holds(rule, sources(CHOICE["input"])) is False


@pytest.mark.parametrize("case", DEFINITIONS["cases"], ids=lambda c: c.get("text") or dumps(c["definition"])[:70])
def test_definition(case: dict[str, Any]) -> None:
    text = case["text"] if "text" in case else json.dumps(case["definition"])
    found = validate(text, case.get("type", "STANDARD"), KNOWN)
    assert [str(p) for p in found] == case["problems"]


@pytest.mark.parametrize("case", DEFINITIONS["warned"], ids=lambda c: c["source"][:30])
def test_warnings(case: dict[str, Any]) -> None:
    found = warnings(json.dumps(case["definition"]))
    assert [[p.code, p.message, p.location] for p in found] == case["warnings"]
    assert {p.severity for p in found} <= {"WARNING"}


@pytest.mark.parametrize("case", EXECUTIONS["cases"], ids=lambda c: c["name"])
def test_execution(case: dict[str, Any]) -> None:
    definition = {"StartAt": next(iter(case["states"])), "States": case["states"]}
    if "timeout" in case:
        definition["TimeoutSeconds"] = case["timeout"]
    input = case["input"] if case["input"] != {"x": 200000} else {"x": "x" * 200_000}
    assert validate(json.dumps(definition)) == []
    world = Simulation(case.get("script"))
    outcome = execute(definition, input, world)
    if "output" in case:
        assert outcome.output is not None, outcome
        assert outcome.output.text == dumps(case["output"])
    else:
        assert outcome.status == case.get("status", "FAILED")
        assert outcome.error == case.get("error")
        assert outcome.cause == case.get("cause", outcome.cause)
    if "events" in case:
        assert [[type, previous] for type, previous, _ in world.events] == case["events"]
    if "exits" in case:
        assert [d["output"].value for t, _, d in world.events if t.endswith("Exited")] == case["exits"]
    if "parameters" in case:
        assert [r.parameters.value for r in world.requests] == case["parameters"]
    assert world.sleeps == case.get("sleeps", world.sleeps if "timeout" in case else [])


def test_a_text_stays_as_it_came_until_somebody_works_on_it() -> None:
    world = Simulation()
    document = Document(text='{"a":   [1, 2]}')
    assert document.value == {"a": [1, 2]}
    assert document.text == '{"a":   [1, 2]}'
    outcome = execute({"StartAt": "P", "States": {"P": {"Type": "Pass", "End": True}}}, {"a": 1}, world)
    assert outcome.output is world.events[0][2]["input"]


def assigning(count: int) -> dict[str, Any]:
    """A machine of states which each set a variable of 250 kB."""
    states = {f"S{i}": {"Type": "Pass", "Assign": {f"v{i}.$": "$"}, "Next": f"S{i + 1}"} for i in range(count)}
    return {"StartAt": "S0", "States": {**states, f"S{count}": {"Type": "Pass", "OutputPath": None, "End": True}}}


def test_variables_have_room_for_10_mebibytes() -> None:
    # https://docs.aws.amazon.com/step-functions/latest/dg/workflow-variables.html
    assert execute(assigning(41), "x" * 250_000, Simulation()).status == "SUCCEEDED"
    assert execute(assigning(42), "x" * 250_000, Simulation()).error == "States.DataLimitExceeded"
    again = assigning(60)
    for state in again["States"].values():
        state["Assign"] = {"v.$": "$"}  # the same one
    assert execute(again, "x" * 250_000, Simulation()).status == "SUCCEEDED"
    two = {"Type": "Pass", "Assign": {"a.$": "$", "b.$": "$"}, "OutputPath": None, "End": True}
    assert (
        execute({"StartAt": "P", "States": {"P": two}}, "x" * 150_000, Simulation()).error == "States.DataLimitExceeded"
    )


def test_documents_know_whether_they_are_too_large() -> None:
    assert not Document("x" * (LIMIT - 2)).too_large()
    assert Document("x" * (LIMIT - 1)).too_large()
    assert Document("é" * (LIMIT // 2)).too_large()
    big = Document({"x": "x" * (LIMIT - 20)})
    assert not big.placed(("y",), Document(1)).too_large()
    assert big.placed(("y",), Document("123456789012")).too_large()


# ---------------------------------------------------------------------- properties

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3),
    max_leaves=10,
)


def places(value: Any, at: tuple[str | int, ...] = ()) -> list[tuple[str | int, ...]]:
    found = [at]
    children = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, item in children:
        found += places(item, (*at, key))
    return found


@given(JSON, st.data())
def test_every_place_is_found_by_its_bracketed_path(value: Any, data: st.DataObject) -> None:
    steps = data.draw(st.sampled_from(places(value)))
    assume(not any(set(s) & set("[]'") for s in steps if isinstance(s, str)))  # there are no escapes
    written = "".join(f"[{s}]" if isinstance(s, int) else f"['{s}']" for s in steps)
    expected = value
    for step in steps:
        expected = expected[step]
    assert paths.compile("$" + written).find(value) == expected


@given(JSON, JSON, st.data())
def test_what_was_placed_is_there_and_the_rest_is_as_it_was(value: Any, new: Any, data: st.DataObject) -> None:
    steps = data.draw(st.sampled_from(places(value)))
    before = dumps(value)
    changed = place(value, steps, new)
    assert dumps(value) == before
    for step in steps:
        changed = changed[step]
    assert changed == new


ARGUMENTS = st.deferred(
    lambda: st.one_of(
        st.integers().map(lambda n: ("value", n)),
        st.sampled_from([True, False, None]).map(lambda w: ("value", w)),
        st.text("abc{}() ,$.", max_size=6).map(lambda t: ("text", t, t)),
        st.sampled_from(["$", "$.a", "$$.State.Name", "$x", "$.a['b, c'][0]", "$.l[?(@.n == 'x')]"]).map(
            lambda p: ("path", p)
        ),
        CALLS,
    )
)
CALLS = st.lists(ARGUMENTS, max_size=3).map(lambda a: ("call", "States.Array", tuple(a)))


def without_texts(node: Any) -> Any:
    return (node[0], node[1], tuple(map(without_texts, node[2]))) if node[0] == "call" else node


@given(CALLS)
def test_a_call_is_parsed_as_it_was_written(call: Any) -> None:
    text = intrinsics.unparse(call)
    try:
        parsed = intrinsics.parse(text)
    except intrinsics.SyntaxError:
        assert text.count("States.Array") > intrinsics.NESTING
    else:
        assert without_texts(parsed) == call


@given(st.lists(st.sampled_from(["Pass", "Wait", "Map", "Parallel"]), min_size=1, max_size=5), JSON)
def test_events_are_a_tree_and_every_state_entered_is_left(kinds: list[str], input: Any) -> None:
    states: dict[str, Any] = {}
    inner = {"StartAt": "i", "States": {"i": {"Type": "Pass", "End": True}}}
    for i, kind in enumerate(kinds):
        state: dict[str, Any] = {"Type": kind, **({"Next": f"s{i + 1}"} if i + 1 < len(kinds) else {"End": True})}
        if kind == "Wait":
            state["Seconds"] = i
        if kind == "Parallel":
            state.update(Branches=[inner, inner], ResultPath=None)
        if kind == "Map":
            state.update(ItemsPath="$.items", Iterator=inner, ResultPath=None)
        states[f"s{i}"] = state
    world = Simulation()
    outcome = execute({"StartAt": "s0", "States": states}, {"items": [input, 1], "x": input}, world)
    assert outcome.status == "SUCCEEDED"
    assert outcome.output is not None
    assert outcome.output.value == {"items": [input, 1], "x": input}
    assert all(previous < id for id, (_, previous, _) in enumerate(world.events, 1))
    entered = [d["name"] for t, _, d in world.events if t.endswith("Entered")]
    left = [d["name"] for t, _, d in world.events if t.endswith("Exited")]
    assert sorted(entered) == sorted(left)


WHOLE: dict[str, Any] = {
    "StartAt": "T",
    "TimeoutSeconds": 9,
    "States": {
        "T": {
            "Type": "Task",
            "Resource": "arn:aws:states:::lambda:invoke",
            "Parameters": {"FunctionName.$": "$.b", "Payload": {"c": [{"d.$": "States.UUID()"}]}},
            "Retry": [{"ErrorEquals": ["A"], "BackoffRate": 1.5}],
            "Catch": [{"ErrorEquals": ["States.ALL"], "ResultPath": "$.e", "Next": "C"}],
            "Credentials": {"RoleArn": "arn"},
            "Next": "C",
        },
        "C": {
            "Type": "Choice",
            "Choices": [
                {
                    "And": [{"Variable": "$.a", "IsNull": True}, {"Not": {"Variable": "$.b", "StringEquals": "x"}}],
                    "Next": "P",
                }
            ],
            "Default": "W",
        },
        "P": {
            "Type": "Parallel",
            "Branches": [{"StartAt": "A", "States": {"A": {"Type": "Pass", "End": True}}}],
            "Next": "M",
        },
        "M": {
            "Type": "Map",
            "ItemProcessor": {
                "ProcessorConfig": {"Mode": "INLINE"},
                "StartAt": "B",
                "States": {"B": {"Type": "Succeed"}},
            },
            "Next": "W",
        },
        "W": {"Type": "Wait", "Timestamp": "2024-01-01T00:00:00Z", "Next": "F"},
        "F": {"Type": "Fail", "ErrorPath": "$.e", "Cause": "c"},
    },
}


@given(st.data(), st.sampled_from([None, True, 0, -1, 1.5, "", "x", "$", [], [1], {}, {"x": 1}]))
def test_whatever_stands_in_a_definition_is_a_problem_and_no_exception(data: st.DataObject, junk: Any) -> None:
    steps = data.draw(st.sampled_from(places(WHOLE)))
    assert validate(json.dumps(WHOLE), check_resource=KNOWN) == []
    changed = place(WHOLE, steps, junk)
    for type in ("STANDARD", "EXPRESS"):
        for problem in validate(json.dumps(changed), type, KNOWN):
            assert problem.code in ("SCHEMA_VALIDATION_FAILED", "MISSING_TRANSITION_TARGET", "MISSING_END_STATE")
