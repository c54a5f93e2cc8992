"""JSONata in definitions: expressions by cases from tests/cases, and what states make of them."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mock_serverless.services.stepfunctions.language import engine, signatures
from mock_serverless.services.stepfunctions.language.errors import QueryFault
from mock_serverless.services.stepfunctions.language.expressions import Expressions, inside, is_expression
from mock_serverless.services.stepfunctions.language.references import analysed

from .simulation import Simulation, execute

CASES: dict[str, Any] = json.loads(
    (Path(__file__).resolve().parents[2] / "cases" / "stepfunctions_jsonata.json").read_text(encoding="utf-8")
)
NAMES = json.dumps(CASES["names"])
THREW = "threw an error during evaluation"


def evaluate(text: str, names: dict[str, Any] | None = None) -> Any:
    return Expressions(Simulation(), lambda: 1.0).evaluate(text, "Output", CASES["names"] if names is None else names)


@pytest.mark.parametrize("case", CASES["cases"] + CASES["aws"], ids=lambda c: c["expression"][:60])
def test_expression(case: dict[str, Any]) -> None:
    try:
        compare(case)
    finally:
        assert json.dumps(CASES["names"]) == NAMES  # an expression writes into nothing


def compare(case: dict[str, Any]) -> None:
    what = f"The JSONata expression '{case['expression']}' specified for the field 'Output' "
    if "value" in case:
        assert json.dumps(evaluate(case["expression"])) == json.dumps(case["value"])
        return
    wrong, references = analysed(case["expression"])
    if wrong is not None:  # refused when the machine is created
        assert not references
        assert case["error"].partition(": ")[2] == wrong
        return
    with pytest.raises(QueryFault) as caught:
        evaluate(case["expression"])
    if "error" in case:
        end = THREW + (case["error"] if case["error"][0] in ".:" else ". " + case["error"])
    else:
        end = "returned nothing (undefined)." if "undefined" in case else "returned an unsupported result type."
    assert caught.value.message == what + end


def test_endless_loops_end() -> None:
    with pytest.raises(QueryFault, match="Expression evaluation timeout: Check for infinite loop"):
        engine_steps, engine.MOST_STEPS = engine.MOST_STEPS, 10_000
        try:
            evaluate("($f := function($x){ $f($x + 1) }; $f(1))")
        finally:
            engine.MOST_STEPS = engine_steps


def test_what_the_library_does_to_the_process_is_undone() -> None:
    program = (
        "import sys; before = sys.getrecursionlimit()\n"
        "from mock_serverless.services.stepfunctions.language import engine\n"
        "assert sys.getrecursionlimit() == before\n"
        "engine.parse('1 + 1'); assert sys.getrecursionlimit() == before\n"
    )
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0


def test_the_library_is_loaded_when_an_expression_is_met() -> None:
    program = (
        "import sys, mock_serverless.services.stepfunctions.language\n"
        "assert not any(m == 'jsonata' or m.startswith('jsonata.') for m in sys.modules)\n"
    )
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0


@pytest.mark.parametrize(
    ("text", "expression"), [("{% 1 %}", True), ("{%1%}", True), (" {% 1 %}", False), ("{% 1", False), ("{%}", False)]
)
def test_marks(text: str, expression: bool) -> None:
    assert is_expression(text) is expression


def test_inside() -> None:
    assert inside("{%  $a \n%}") == "$a"


@pytest.mark.parametrize(
    ("expression", "references"),
    [
        ("phone", ["'phone' at the top level"]),
        ("$states.input.items[value > 3].x^(y){z: 1}", ["$states.input"]),
        (
            "$map($states.input.a, function($x){ b & c.d })",
            ["$states.input", "'b' at the top level", "'c' at the top level"],
        ),
        ("$$.a", ["'$$'"]),
        ("-q + [r, {'k': s}] ~> $f(?, t)", [f"'{n}' at the top level" for n in "qrst"]),
        ("$states.errorOutput.Error", ["$states.errorOutput"]),
        ("a ? b : ($c := d; $c)", [f"'{n}' at the top level" for n in "abd"]),
        *((text, ["'$' at the top level"]) for text in ("$", "$.phone", "$[0]", "$string($)", "($x := $; $x)")),
        ("$map($states.input.a, function($x){ $ })", ["$states.input", "'$' at the top level"]),
        ("$states.input.a[$ > 1].($)^($){$.b: $}", ["$states.input"]),
        ("**.phone", []),
        ("*", []),
    ],
)
def test_references(expression: str, references: list[str]) -> None:
    wrong, found = analysed(expression)
    assert wrong is None
    assert sorted(found) == sorted(references)


# ---------------------------------------------------------------------- states


def outcome(state: dict[str, Any], input: Any = None, script: Any = None, **others: Any) -> tuple[Any, Simulation]:
    world = Simulation(script)
    states = {"S": {"End": True, **state}, **others}
    return execute({"QueryLanguage": "JSONata", "StartAt": "S", "States": states}, input or {}, world), world


def test_arguments_output_and_assign() -> None:
    done = {"Type": "Pass", "Output": {"sum": "{% $total + $states.input.n %}"}, "End": True}
    state = {
        "Type": "Task",
        "Resource": "r",
        "Arguments": {"all": ["{% $states.input.a %}", 2]},
        "Assign": {"total": "{% $states.result.x %}"},
        "Output": {"n": "{% $states.result.x * 2 %}", "name": "{% $states.context.State.Name %}"},
        "Next": "Done",
    }
    del state["Next"]
    states = {"S": {**state, "Next": "Done"}, "Done": done}
    world = Simulation({"r": [{"output": {"x": 21}}]})
    result = execute({"QueryLanguage": "JSONata", "StartAt": "S", "States": states}, {"a": 1}, world)
    assert world.requests[0].parameters.value == {"all": [1, 2]}
    assert result.output is not None
    assert result.output.value == {"sum": 63}
    assert [d["output"].value for t, _, d in world.events if t == "TaskStateExited"] == [{"n": 42, "name": "S"}]


def test_a_condition_decides_and_its_rule_makes_the_output() -> None:
    rules = [
        {"Condition": "{% $states.input.n > 10 %}", "Output": "big", "Next": "E"},
        {"Condition": "{% $states.input.n > 1 %}", "Output": {"n": "{% $states.input.n %}"}, "Next": "E"},
    ]
    choice = {"Type": "Choice", "Choices": rules, "Default": "E", "Output": "small"}
    end = {"Type": "Succeed"}
    seen = []
    for n in (11, 5, 0):
        definition = {"QueryLanguage": "JSONata", "StartAt": "C", "States": {"C": choice, "E": end}}
        result = execute(definition, {"n": n}, Simulation())
        assert result.output is not None
        seen.append(result.output.value)
    assert seen == ["big", {"n": 5}, "small"]


def test_a_condition_must_be_a_boolean() -> None:
    choice = {"Type": "Choice", "Choices": [{"Condition": "{% 1 %}", "Next": "E"}]}
    definition = {"QueryLanguage": "JSONata", "StartAt": "C", "States": {"C": choice, "E": {"Type": "Succeed"}}}
    result = execute(definition, {}, Simulation())
    assert result.error == "States.QueryEvaluationError"
    assert result.cause == (
        "An error occurred while executing the state 'C' (entered at the event id #2). The JSONata expression '1' "
        "specified for the field 'Choices[0]/Condition' returned an unexpected result type. Expected 'boolean', but was "
        "'number' for value: 1"
    )


def test_a_wait_until_and_for() -> None:
    _, world = outcome({"Type": "Wait", "Seconds": "{% $states.input.s * 2 %}"}, {"s": 30})
    assert world.sleeps == [60]
    _, world = outcome({"Type": "Wait", "Timestamp": "{% $fromMillis(90000) %}"})
    assert world.sleeps == [90]
    failed, _ = outcome({"Type": "Wait", "Seconds": "{% -1 %}"})
    assert failed.error == "States.QueryEvaluationError"


def test_fail_names_its_error() -> None:
    state = {"Type": "Fail", "Error": "{% 'E' & $states.input.n %}", "Cause": "{% $string($states.input) %}"}
    failed, _ = outcome(state, {"n": 1})
    assert (failed.error, failed.cause) == ("E1", '{"n":1}')


def test_a_failing_expression_can_be_caught_and_is_in_the_history() -> None:
    state = {
        "Type": "Task",
        "Resource": "r",
        "Arguments": "{% $nothing %}",
        "Catch": [
            {"ErrorEquals": ["States.QueryEvaluationError"], "Next": "E", "Output": "{% $states.errorOutput.Error %}"}
        ],
    }
    result, world = outcome(state, E={"Type": "Succeed"})
    assert result.output.value == "States.QueryEvaluationError"
    ((_, previous, details),) = [e for e in world.events if e[0] == "EvaluationFailed"]
    assert (previous, details["location"], details["state"]) == (0, "Arguments", "S")


def test_a_map_selects_its_items() -> None:
    state = {
        "Type": "Map",
        "Items": "{% $states.input.l[$ > 1] %}",
        "MaxConcurrency": "{% 1 %}",
        "ItemSelector": {"i": "{% $states.context.Map.Item.Index %}", "v": "{% $states.context.Map.Item.Value %}"},
        "ItemProcessor": {"StartAt": "P", "States": {"P": {"Type": "Pass", "End": True}}},
        "Output": "{% $states.result.v %}",
    }
    result, _ = outcome(state, {"l": [1, 2, 3]})
    assert result.output.value == [2, 3]


def test_variables_are_seen_from_the_next_state_on_by_both_languages() -> None:
    states = {
        "A": {"Type": "Pass", "Assign": {"x": 1, "y": "{% $exists($x) %}"}, "Output": "{% 7 %}", "Next": "B"},
        "B": {"Type": "Pass", "Output": ["{% $x %}", "{% $y %}"], "End": True},
    }
    result = execute({"QueryLanguage": "JSONata", "StartAt": "A", "States": states}, {}, Simulation())
    assert result.output is not None
    assert result.output.value == [1, False]


json_values = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=8,
)


@given(json_values)
def test_what_an_expression_passes_on_is_as_it_was(value: Any) -> None:
    assert evaluate("$states.input.v", {"states": {"input": {"v": value}}}) == value


@given(json_values)
def test_parse_undoes_string(value: Any) -> None:
    assert evaluate("$parse($string({'v': $x})).v", {"x": value}) == value


@given(st.lists(json_values, max_size=4))
def test_no_function_breaks_down_on_any_arguments(arguments: list[Any]) -> None:
    for name, signature in (("sum", "<a<n>:n>"), ("pad", "<s-ns?:s>"), ("match", "<s-f<s:o>n?:a<o>>")):
        error = None
        try:
            signatures.check(name, signature, [engine.inner(a) for a in arguments], None)
        except engine.JException as e:
            error = e.error
        assert error in (None, "T0410", "T0411", "T0412")
